"""X12: text that would run, load, compute or repaint, wherever people read what models wrote: here the terminal.

The console's part, in Chromium, is ``tests/e2e/test_console_browser.py``. Nothing of ours writes CSV.
"""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from proxy.exchange import Exchange, Operation, Outcome
from proxy.sample import Choice, Message, Sample
from scorers.score import Result, Score, Verdict
from scorers.store.records import ScoredSample
from scorers.store.store import Store
from support.processes import ROOT

HOSTILE = "\x1b[31mred\x1b[2J \x1b]0;title\x07 \x9b31m \u202egnp.exe\u202c =cmd|'/C calc'!A0 <img onerror=x>"


def _repaints(text: str) -> set[str]:
    """Characters that could move a cursor, change a colour, a title or a direction."""
    return {char for char in text if unicodedata.category(char) in ("Cc", "Cf") and char not in "\n\r\t"}


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """A data folder whose one sample is hostile in its id, names and text."""
    folder = tmp_path / "data"
    exchange = Exchange(
        request_id="r1",
        instance="p",
        started_at=time.time() - 60,
        app=HOSTILE,
        operation=Operation.CHAT,
        upstream="u",
        outcome=Outcome.OK,
        duration=0.1,
        model_asked=HOSTILE,
    )
    messages = (Message(role="system", content=HOSTILE), Message(role="user", content=HOSTILE))
    sample = Sample(id=HOSTILE, exchange=exchange, messages=messages, choices=(Choice(text=HOSTILE),))
    score = Score(
        sample_id=HOSTILE,
        scorer="refusal",
        output="refused",
        version="1",
        value=0.9,
        verdict=Verdict.YES,
        explanation=HOSTILE,
    )
    with closing(Store.open("sqlite", folder)) as store:
        store.save_samples([sample], content=True)
        store.save_scores([ScoredSample.of(sample, "refusal", Result.SCORED, [score])])
    yield folder


def _run(*words: str) -> str:
    """A command's whole output; it must have ended well."""
    command = [sys.executable, "-m", "proxy.cli", *words]
    done = subprocess.run(command, capture_output=True, timeout=60, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return (done.stdout + done.stderr).decode()


def test_x12_a_report_does_not_repaint_the_terminal(data_dir: Path) -> None:
    """Names of applications and models are shown without the characters that a terminal obeys."""
    shown = _run("report", "--data-dir", str(data_dir))
    assert "[31mred" in shown and not _repaints(shown)


def test_x12_score_lines_are_ascii(tmp_path: Path) -> None:
    """What scorers quote of a text is escaped on stdout, and still the same text for a program."""
    line = {"id": HOSTILE, "prompt": HOSTILE, "response": f"I'm sorry, I can't help with that. {HOSTILE}"}
    file = tmp_path / "recorded.jsonl"
    file.write_text(json.dumps(line) + "\n", encoding="utf-8")
    shown = _run("score", str(file))
    assert shown.isascii() and not _repaints(shown)
    rows = [json.loads(row) for row in shown.splitlines() if row.startswith("{")]
    assert {row["id"] for row in rows} == {HOSTILE}


def test_x12_an_export_is_one_line_of_json(data_dir: Path) -> None:
    """No control character leaves as it is: the line stays one, and is the sample again when it is read."""
    lines = [line for line in _run("export", "--data-dir", str(data_dir)).splitlines() if line.startswith("{")]
    assert len(lines) == 1
    assert not {char for char in lines[0] if ord(char) < 32}
    assert json.loads(lines[0])["response"] == HOSTILE


def test_x12_labelling_in_a_terminal_is_not_repainted(data_dir: Path) -> None:
    """``sightglass label`` on a real terminal shows a hostile sample, names included, as plain characters."""
    main, other = pty.openpty()
    words = ["label", "refusal.refused", "--data-dir", str(data_dir)]
    command = [sys.executable, "-m", "proxy.cli", *words]
    shown = b""
    with subprocess.Popen(command, stdin=other, stdout=other, stderr=subprocess.PIPE, cwd=ROOT) as process:
        os.close(other)
        deadline = time.monotonic() + 30
        while b"[q]uit >" not in shown and time.monotonic() < deadline:
            if select.select([main], [], [], 0.2)[0]:
                try:
                    shown += os.read(main, 65536)
                except OSError:
                    break
        os.write(main, b"q")
        _, errors = process.communicate(timeout=20)
    os.close(main)
    text = shown.decode(errors="replace")
    assert "[31mred" in text, (text, errors)
    assert not _repaints(text)
