"""docs/suites.md: the tutorial, run as it is written, from traffic to a red job; and the job of deploy/ci as well."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from scorers.cases import case
from support import replies
from support.processes import ROOT, free_ports
from support.suites import DECLINES, STEADY, WORSE, heat
from support.upstream import Recorded, ScriptedUpstream, Step

TUTORIAL = (ROOT / "docs" / "suites.md").read_text().partition("## What a case is")[0]


def bakery(request: Recorded) -> Iterable[Step]:
    """Answers every question about a loaf; the worse model declines one in three."""
    body = request.json()
    number = int(re.findall(r"loaf (\d+)", body["messages"][-1]["content"])[-1])
    return replies.chat_json(DECLINES if body["model"] == WORSE and number % 3 == 0 else heat(number))


@pytest.fixture
def provider() -> Iterator[ScriptedUpstream]:
    """The provider of the tutorial."""
    with ScriptedUpstream(bakery) as server:
        yield server


def _environment(folder: Path) -> dict[str, str]:
    """A shell's, in which ``sightglass`` is a command and nothing else is set."""
    bin = folder / "bin"
    bin.mkdir()
    command = bin / "sightglass"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m proxy.cli "$@"\n')
    command.chmod(0o755)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SIGHTGLASS_", "OPENAI_", "OTEL_"))}
    return {**kept, "PATH": f"{bin}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "no_proxy": "127.0.0.1"}


def test_the_tutorial_ends_in_a_red_job(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """Each block of the page, in its order, in one shell: the last one has status 1, and so have both jobs."""
    blocks = re.findall(r"```bash\n(.*?)```", TUTORIAL, re.DOTALL)
    assert len(blocks) == 7
    ports = free_ports(3)
    chosen = f"export PROVIDER={provider.url}/v1 MODEL={STEADY} CANDIDATE={WORSE}\n"
    listeners = zip(("--listen", "--metrics-listen", "--console-listen"), ports, strict=True)
    words = " ".join(f"{option} 127.0.0.1:{port}" for option, port in listeners)
    script = "".join([chosen, *blocks[1:]]).replace("127.0.0.1:8080", f"127.0.0.1:{ports[0]}")
    script = script.replace("sightglass serve ", f"sightglass serve {words} ")
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    environment = _environment(tmp_path)
    ended = "trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT\n"
    done = _shell("set -eu\n" + ended + script, tmp_path, environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "exit status 1" in done.stdout
    assert "regression" in done.stdout
    failed = ElementTree.parse(tmp_path / "suite.xml").getroot()
    assert failed.find(".//testcase[@name='verdict']/failure") is not None
    assert "regression" in (tmp_path / "suite.md").read_text()
    staged = subprocess.run(["git", "diff", "--cached", "--name-only"], cwd=tmp_path, check=True, capture_output=True)
    assert staged.stdout.decode().split() == [
        "suites/bakery-baseline.json",
        "suites/bakery/cases.jsonl",
        "suites/bakery/manifest.json",
    ]
    _jobs(provider, tmp_path, environment)


def _jobs(provider: ScriptedUpstream, folder: Path, environment: dict[str, str]) -> None:
    """The commands of both pipelines: red for the worse model, green for the same one."""
    github = yaml.safe_load((ROOT / "deploy" / "ci" / "github-actions.yaml").read_text())
    gitlab = yaml.safe_load((ROOT / "deploy" / "ci" / "gitlab-ci.yaml").read_text())
    (script,) = [s["run"] for s in github["jobs"]["suite"]["steps"] if s.get("name") == "Run the suite"]
    job = gitlab["suite"]
    for command, variables in ((script, github["env"]), ("\n".join(job["script"]), job["variables"])):
        for model, status in ((STEADY, 0), (WORSE, 1)):
            own = {"SUITE": "suites/bakery", "BASELINE": "suites/bakery-baseline.json", "MODEL": model}
            env = {**environment, **variables, **own, "BASE_URL": f"{provider.url}/v1", "OPENAI_API_KEY": "k"}
            done = _shell(command, folder, env)
            assert done.returncode == status, done.stdout + done.stderr


def _shell(script: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, check=False, capture_output=True, text=True, timeout=300
    )


def test_the_example_of_a_case_is_one() -> None:
    """The case of the page is read as it stands there."""
    (shown,) = re.findall(r"```\n(\{\"id\".*?)```", (ROOT / "docs" / "suites.md").read_text(), re.DOTALL)
    assert case.read(json.loads(shown)).id == "loaf-7"
