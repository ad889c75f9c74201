"""The distribution's name is ours, and no document sends anybody to somebody else's project."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_distribution_has_a_name_of_its_own() -> None:
    """The command stays ``sightglass``; what is installed here is this project, and it alone has the command."""
    assert _PROJECT["name"] == "sightglass-proxy"
    assert _PROJECT["scripts"] == {"sightglass": "proxy.cli:main"}
    owners = [item.dist.name for item in metadata.entry_points(group="console_scripts", name="sightglass") if item.dist]
    assert owners == ["sightglass-proxy"]


def test_no_text_installs_another_project() -> None:
    """Every ``install sightglass`` in documents and messages means ``sightglass-proxy``, or warns."""
    files = [ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("deploy/**/*.md"), *ROOT.glob("*/**/*.py")]
    wrong = [
        (file.name, line)
        for file in files
        if file.name != Path(__file__).name
        for line in file.read_text(encoding="utf-8").splitlines()
        if re.search(r"(install|uninstall)\s+['\"`]?sightglass(?!-proxy)\b", line) and "Never" not in line
    ]
    assert wrong == []
