"""deploy/ci: each pipeline by the schema of its service."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.processes import ROOT

CI = ROOT / "deploy" / "ci"
#: File -> the schema that check-jsonschema keeps of its service, and how the file is read before.
SCHEMAS = {
    "github-actions.yaml": ("vendor.github-workflows", ()),
    "gitlab-ci.yaml": ("vendor.gitlab-ci", ("--data-transform", "gitlab-ci")),
}


def _checked(file: Path, schema: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *words, str(file)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


def test_every_pipeline_has_a_schema() -> None:
    """No file in the folder goes unchecked."""
    assert {file.name for file in CI.iterdir()} == set(SCHEMAS)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_pipeline_is_what_its_service_takes(name: str, tmp_path: Path) -> None:
    """The file is valid by the service's schema, and the check is one that fails."""
    schema, words = SCHEMAS[name]
    done = _checked(CI / name, schema, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    broken = tmp_path / name
    broken.write_text((CI / name).read_text().replace("runs-on:", "runs-at:").replace("  script:", "  scripts:"))
    assert _checked(broken, schema, *words).returncode == 1
