"""``sightglass dead``: what was given up is listed without its text, and replayed once."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from proxy.queue.protocol import Item, Kind
from proxy.queue.sqlite import SqliteQueue
from scorers.commands.dead import main


async def bury(folder: Path) -> None:
    """Two dead letters of the refusal group and one of the store's."""
    queue = SqliteQueue(folder / "queue.db", 2_000_000_000)
    for group in ("store", "refusal"):
        await queue.ensure_group(group, (Kind.SAMPLE,))
    await queue.publish([Item("r1", Kind.SAMPLE, b"zebra"), Item("r2\x1b[2J", Kind.SAMPLE, b"zebra")])
    for group, number in (("refusal", 2), ("store", 1)):
        claimed = await queue.claim(group, "w1", number, 15)
        await queue.bury(group, "w1", [each.sequence for each in claimed], "not_a_sample")
    await queue.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with dead letters."""
    asyncio.run(bury(tmp_path))
    return tmp_path


def run(folder: Path, *words: str) -> int:
    """The command on that folder."""
    return main([words[0], "--data-dir", str(folder), *words[1:]])


def test_letters_are_listed_without_their_text(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Group, id, reason, deliveries, age and size; characters that repaint a terminal are not shown as such."""
    assert run(folder, "list") == 0
    captured = capsys.readouterr()
    assert [line.split("  ")[:4] for line in captured.out.splitlines()] == [
        ["store", "r1", "sample", "not_a_sample"],
        ["refusal", "r1", "sample", "not_a_sample"],
        ["refusal", "r2?[2J", "sample", "not_a_sample"],
    ]
    assert "zebra" not in captured.out + captured.err
    assert "refusal: 2 kept, 0 dropped" in captured.err


def test_a_machine_reads_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One object a line."""
    assert run(folder, "list", "--json", "--group", "refusal", "--limit", "1") == 0
    (line,) = capsys.readouterr().out.splitlines()
    found = json.loads(line)
    assert found.pop("age_seconds") >= 0
    assert found == {
        "group": "refusal",
        "id": "r1",
        "kind": "sample",
        "reason": "not_a_sample",
        "deliveries": 1,
        "bytes": 5,
    }


def test_a_replay_hands_them_out_again_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One by its id, then all that are left, then none."""
    assert run(folder, "replay", "--group", "refusal", "r1") == 0
    assert run(folder, "replay") == 0
    assert run(folder, "replay", "--group", "refusal") == 0
    assert capsys.readouterr().out.splitlines() == [
        "refusal: 1 replayed",
        "store: 1 replayed",
        "refusal: 1 replayed",
        "refusal: 0 replayed",
    ]


def test_ids_that_nobody_knows_are_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever mistypes an id learns it; nothing is handed out."""
    assert run(folder, "replay", "r9") == 2
    assert "none of these ids is a dead letter" in capsys.readouterr().err
    assert run(folder, "replay", "r9", "r1") == 0
    assert capsys.readouterr().out == "store: 1 replayed\nrefusal: 1 replayed\n"


@pytest.mark.parametrize("words", [["list", "--limit", "0"], ["list", "--group", "nobody"], ["bury"], []])
def test_a_wrong_argument_is_one_line(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Status 2, and no traceback."""
    assert main(words) == 2
    assert capsys.readouterr().err.startswith("sightglass dead: ")


def test_the_command_is_there(folder: Path) -> None:
    """From the outside, through ``sightglass``."""
    command = [sys.executable, "-P", "-m", "proxy.cli", "dead", "list", "--data-dir", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 3), done.stderr
