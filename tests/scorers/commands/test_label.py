"""``sightglass label`` through a real terminal, and who is drawn to be labelled."""

from __future__ import annotations

import os
import pty
import random
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from proxy.sample import Sample
from scorers.commands.label import draw
from scorers.store.labelling import Candidate
from scorers.store.records import ScoredSample
from scorers.store.store import Store

MakeSample = Callable[..., Sample]
MakeScored = Callable[..., ScoredSample]


def test_the_drawing_knows_its_probabilities() -> None:
    """About as many as asked, unsure ones more often, and each weighted by its probability stands for the pool."""
    pool = [Candidate(f"r{i}", "a", (0.02, 0.5, 0.98)[i % 3]) for i in range(900)]
    chance = random.Random(1)
    total, counts, kinds = 0.0, [], {0.02: 0, 0.5: 0, 0.98: 0}
    for _ in range(50):
        drawn = draw(pool, 60, chance)
        counts.append(len(drawn))
        total += sum(1 / q for _, q in drawn)
        for candidate, _ in drawn:
            kinds[candidate.value] += 1
    assert set(counts) == {60}
    assert total / 50 == pytest.approx(900, rel=0.1)
    assert kinds[0.5] > kinds[0.98] > kinds[0.02] > 0


def test_a_small_pool_is_drawn_whole() -> None:
    """Asked for more than there are, everything comes with probability 1."""
    drawn = draw([Candidate(f"r{i}", "a", i / 10) for i in range(10)], 50, random.Random(1))
    assert sorted(candidate.sample_id for candidate, _ in drawn) == sorted(f"r{i}" for i in range(10))
    assert {q for _, q in drawn} == {1.0}


class Terminal:
    """The command in a pseudo-terminal of its own."""

    def __init__(self, *words: str) -> None:
        self._master, child = pty.openpty()
        command = [sys.executable, "-m", "scorers", "label", *words]
        environ = {**os.environ, "COLUMNS": "100"}
        self.process = subprocess.Popen(command, stdin=child, stdout=child, stderr=child, env=environ, close_fds=True)
        os.close(child)
        self.text = ""

    def until(self, wanted: str, seconds: float = 60.0) -> str:
        """Everything since the last call, up to ``wanted``."""
        deadline = time.monotonic() + seconds
        while wanted not in self.text:
            assert time.monotonic() < deadline, self.text
            if select.select([self._master], [], [], 0.1)[0]:
                try:
                    self.text += os.read(self._master, 65536).decode()
                except OSError:  # the other end has closed
                    break
        before, found, self.text = self.text.partition(wanted)
        assert found, before
        return before

    def press(self, key: str) -> None:
        """One key."""
        os.write(self._master, key.encode())

    def close(self) -> int:
        """Wait for the end."""
        try:
            return self.process.wait(30)
        finally:
            self.process.kill()
            self.process.wait()
            os.close(self._master)


@pytest.fixture
def data_dir(tmp_path: Path, make_sample: MakeSample, make_scored: MakeScored) -> Path:
    """A store with three scored samples, one of which would repaint a terminal."""
    store = Store.open("sqlite", tmp_path / "data")
    for i, answer in enumerate(("A cat.", "A dog.", "A \x1b[31mred\x1b[0m bird.")):
        sample = make_sample(f"r{i}", answer=answer, started_at=time.time() - 60)
        store.save_samples([sample], True)
        store.save_scores([make_scored(sample, 0.5)])
    store.close()
    return tmp_path / "data"


def labels(data_dir: Path) -> list[tuple[str, str, float | None]]:
    """(sample, verdict, probability) of every label."""
    store = Store.open("sqlite", data_dir)
    rows = store._database
    with rows.read() as connection:
        found = connection.exec_driver_sql(
            "SELECT sample_id, verdict, probability FROM labels ORDER BY sample_id"
        ).all()
    store.close()
    return [tuple(row) for row in found]


def test_one_key_a_verdict(data_dir: Path) -> None:
    """Each sample is shown with the question and where one is; y, n and u are kept at once, other keys do nothing."""
    terminal = Terminal("refusal.refused", "--data-dir", str(data_dir), "--annotator", "ida")
    pages = [terminal.until("[q]uit > ")]
    for key in ("y", "x"):
        terminal.press(key)
    pages.append(terminal.until("[q]uit > "))
    terminal.press("n")
    pages.append(terminal.until("[q]uit > "))
    terminal.press("u")
    terminal.until("3 labels kept for refusal.refused")
    assert terminal.close() == 0
    assert all("What is in the box?" in page and "Did it happen: refusal.refused?" in page for page in pages)
    assert "1 of 3, 0 labelled" in pages[0]
    assert "3 of 3, 2 labelled" in pages[2]
    assert not any("\x1b[31m" in page for page in pages)
    found = labels(data_dir)
    assert sorted(verdict for _, verdict, _ in found) == ["no", "unsure", "yes"]
    assert {probability for _, _, probability in found} == {1.0}


def test_who_leaves_early_lowers_the_probabilities(data_dir: Path) -> None:
    """One of three labelled: it stands for all three. The next session shows what is left, and the reading is kept."""
    terminal = Terminal("refusal.refused", "--data-dir", str(data_dir), "--annotator", "ida")
    terminal.until("[q]uit > ")
    terminal.press("y")
    terminal.until("[q]uit > ")
    terminal.press("q")
    terminal.until("1 label kept")
    assert terminal.close() == 0
    ((_, verdict, probability),) = labels(data_dir)
    assert (verdict, probability) == ("yes", pytest.approx(1 / 3))
    again = Terminal("refusal.refused", "--data-dir", str(data_dir), "--annotator", "ida")
    assert "1 of 2, 0 labelled" in again.until("[q]uit > ")
    again.press("q")
    assert again.close() == 0
    store = Store.open("sqlite", data_dir)
    with store._database.read() as connection:
        who = connection.exec_driver_sql("SELECT DISTINCT who FROM reads").scalar_one()
    store.close()
    assert who.startswith("label:")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["refusal.nothing"], "not SCORER.OUTPUT"),
        (["refusal.refused", "--count", "0"], "at least 1"),
        (["refusal.refused", "--days", "nan"], "--days: expected more than 0, found nan"),
        (["refusal.refused", "--data-dir", "/nonexistent"], "there is no store here"),
        ([], "required"),
    ],
)
def test_wrong_words_are_one_line(words: list[str], said: str) -> None:
    """Exit status 2 and one line."""
    terminal = Terminal(*words)
    terminal.until(said)
    assert terminal.close() == 2


def test_without_a_terminal_it_says_so(data_dir: Path) -> None:
    """A pipe can press no keys."""
    command = [sys.executable, "-m", "scorers", "label", "refusal.refused", "--data-dir", str(data_dir)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (2, "sightglass label: labelling needs a terminal\n")
