"""The commands in the documents are real: their options exist, and those that need no provider are run as written."""

from __future__ import annotations

import functools
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from proxy.run.commands import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_NAMES = {command.name for command in COMMANDS}
#: Commands whose second word names what they do.
_WITH_SECOND = {"dead", "drift", "probe", "prices", "run", "stability", "benchmark", "suite"}
_PLACES = re.compile(r"^```(\w*)\n(.*?)^```|`([^`\n]+)`", re.DOTALL | re.MULTILINE)


def _lines(page: Path) -> Iterator[str]:
    """Every shell line of a page: of its blocks, and what stands in single backticks."""
    for language, block, word in _PLACES.findall(page.read_text(encoding="utf-8")):
        if language in ("", "sh", "bash"):
            yield from re.sub(r"\\\n\s*", " ", block).splitlines() if block else [word]


def _commands(page: Path) -> set[str]:
    """Every ``sightglass COMMAND ...`` of a page, up to a redirection, a pipe or a comment."""
    found = set()
    for line in _lines(page):
        match = re.match(r"(?:\.venv/bin/)?sightglass ([a-z][a-z-]*(?: .*)?)$", line)
        if match:
            found.add(re.split(r"\s+[>|#]", match[1])[0])
    return found


@functools.cache
def _help(*words: str) -> str:
    command = [sys.executable, "-m", "proxy.cli", *words, "--help"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def _run(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    words = shlex.split(line.removeprefix(".venv/bin/"))
    assert words[0] == "sightglass"
    command = [sys.executable, "-P", "-m", "proxy.cli", *words[1:]]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_and_options_exist(page: Path) -> None:
    """Each ``sightglass COMMAND --option`` in the documents names a command, and options that its help lists."""
    for line in _commands(page):
        words = shlex.split(line.replace("[", " ").replace("]", " "))
        assert words[0] in _NAMES, f"{page.name}: {line}"
        second = words[1:2] if words[0] in _WITH_SECOND else []
        text = _help(words[0], *second)
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", " ".join(words)):
            assert re.search(rf"{option}\b(?!-)", text), f"{page.name}: {line}: {option}"


def test_make_targets_exist() -> None:
    """Each ``make TARGET`` in the documents is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    asked = {match[1] for page in PAGES for line in _lines(page) if (match := re.match(r"make ([a-z-]+)", line))}
    assert {"demo", "test"} <= asked <= targets


def test_every_page_is_in_the_index() -> None:
    """docs/index.md links every other page of docs/."""
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    linked = {(ROOT / "docs" / target).resolve() for target in re.findall(r"\]\(([^)#]+\.md)", index)}
    assert {page for page in PAGES if page.name != "index.md"} <= linked


def _anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_anchors_exist(page: Path) -> None:
    """Every link to a section of a document leads to a heading there."""
    for target, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", page.read_text(encoding="utf-8")):
        document = (page.parent / target).resolve() if target else page
        assert anchor in _anchors(document), f"{page.name}: {target}#{anchor}"


def test_readme_makes_and_checks_a_configuration(tmp_path: Path) -> None:
    """The README's ``init`` writes a file that its ``check-config`` accepts; its small file is accepted too."""
    lines = [line for line in _lines(ROOT / "README.md") if line.startswith(".venv/bin/sightglass")]
    (made,) = [line for line in lines if " init " in line]
    (checked,) = [line for line in lines if " check-config " in line]
    assert _run(tmp_path, made).returncode == 0
    assert (tmp_path / "sightglass.yaml").exists()
    result = _run(tmp_path, checked.replace(" --probe", ""))
    assert result.returncode == 0, result.stderr
    (small,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "sightglass.yaml").write_text(small, encoding="utf-8")
    assert _run(tmp_path, checked.replace(" --probe", "")).returncode == 0


def test_readme_scores_its_recorded_answers(tmp_path: Path) -> None:
    """The README's ``score`` reads the README's recorded lines; with a refusal above the limit it ends with 1."""
    lines = list(_lines(ROOT / "README.md"))
    recorded = [line for line in lines if line.startswith("{")]
    (scored,) = [line for line in lines if line.startswith(".venv/bin/sightglass score")]
    (tmp_path / "recorded.jsonl").write_text("\n".join(recorded), encoding="utf-8")
    result = _run(tmp_path, scored)
    assert result.returncode == 1, result.stderr
    verdicts = {
        (score["scorer"], score["output"]): score["verdict"] for score in map(json.loads, result.stdout.splitlines())
    }
    assert len(recorded) == 2
    assert verdicts[("groundedness", "ungrounded")] == "no"
    assert "refusal.refused" in result.stderr
