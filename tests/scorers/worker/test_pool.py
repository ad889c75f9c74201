"""Scorer processes: what one sample does to its process costs that sample alone, and nobody waits for ever."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from proxy.config.settings import ScorerSettings
from proxy.sample import encode
from scorers.worker.child import groups
from scorers.worker.pool import Pool, PoolError, PoolRunner
from scorers.worker.process import Work
from scorers.worker.process_protocol import Mark, Outcome, Stage, mark_file
from scorers.worker.progress import Progress
from support.patience import patient
from support.scoring import sample

HOSTILE = {
    "refusal": "support.hostile:hostile",
    "format": "support.hostile:hostile",
    "abstention": "support.hostile:unbuildable",
    "clarification": "support.hostile:unmakeable",
    "groundedness": "support.hostile:hostile_parts",
}
SETTINGS = dict.fromkeys(HOSTILE, ScorerSettings().model_dump_json())
MB = 1 << 20


@asynccontextmanager
async def pool(processes: int = 1, memory: int = 300 * MB) -> AsyncIterator[Pool]:
    """A pool of hostile scorers."""
    made = Pool(HOSTILE, SETTINGS, processes, memory)
    try:
        yield made
    finally:
        await made.close()


def payloads(*answers: str) -> list[bytes]:
    """A sample for each answer."""
    return [encode(sample(f"r{number}", answer)) for number, answer in enumerate(answers)]


async def finish(of: Pool, batch: list[bytes], timeout: float = 5.0, name: str = "refusal") -> list[Outcome]:
    """Every outcome of a batch, asking again for what is missing, as the worker does."""
    found: dict[int, Outcome] = {}
    runner = PoolRunner(of, name, timeout, Progress())
    while len(found) < len(batch):
        waiting = [index for index in range(len(batch)) if index not in found]
        await runner.ready()
        try:
            outcomes = await runner.run([batch[index] for index in waiting])
        finally:
            runner.release()
        found |= {waiting[index]: outcome for index, outcome in outcomes.items()}
    return [found[index] for index in range(len(batch))]


def results(outcomes: list[Outcome]) -> list[str]:
    """What became of each sample."""
    return [(each.scored.result if each.scored else each.failed).value for each in outcomes]


async def test_a_batch_is_scored_in_one_process() -> None:
    """Scores come back whole, with the facts of their samples and the time that each took."""
    async with pool() as made:
        outcomes = await finish(made, payloads("fine", "no", "sleep 0.2", "empty", "nothing"))
    assert results(outcomes) == ["scored", "scored", "scored", "not_applicable", "not_applicable"]
    scored = outcomes[0].scored
    assert scored is not None
    assert (scored.sample_id, scored.app, scored.scores[0].value) == ("r0", "support", 0.9)
    assert outcomes[2].seconds > 0.19
    assert outcomes[0].seconds < outcomes[2].seconds
    assert outcomes[0].ended == 1_800_000_000.5


@pytest.mark.parametrize("answer", ["raise", "nan", "junk", "huge", "surrogate", "memory"])
async def test_what_a_scorer_gets_wrong_is_a_crash_of_one_sample(answer: str) -> None:
    """An exception, a value that is no probability, what is no score, too long a text: its neighbours are scored."""
    async with pool() as made:
        outcomes = await finish(made, payloads("fine", answer, "fine"))
    assert results(outcomes) == ["scored", "crashed", "scored"]
    assert "zebra" not in repr(outcomes)
    assert outcomes[1].error


@pytest.mark.parametrize("answer", ["segfault", "exit"])
async def test_a_sample_that_kills_its_process_is_tried_once_more(
    answer: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Twice in a row it was at fault; the others are run again in another process."""
    with caplog.at_level(logging.ERROR):
        async with pool() as made:
            outcomes = await finish(made, payloads("fine", "fine", answer, "fine", "fine"))
    assert results(outcomes) == ["scored", "scored", "crashed", "scored", "scored"]
    assert len([record for record in caplog.records if "was ended" in record.message]) == 2


async def test_a_process_that_somebody_else_killed_costs_nothing(tmp_path: Path) -> None:
    """The sample in hand is run again and scored."""
    async with pool() as made:
        outcomes = await finish(made, payloads("fine", f"killed-once {tmp_path}/mark", "fine"))
    assert results(outcomes) == ["scored", "scored", "scored"]


@pytest.mark.parametrize("answer", ["loop", "block"])
async def test_a_sample_that_does_not_end_is_timed_out(answer: str) -> None:
    """Busy or asleep: after its time-out the process is ended, and its neighbours are scored."""
    begun = time.monotonic()
    async with pool() as made:
        outcomes = await finish(made, payloads("fine", answer, "fine"), timeout=0.5)
    assert results(outcomes) == ["scored", "timeout", "scored"]
    assert time.monotonic() - begun < patient(15)
    assert 0.4 < outcomes[1].seconds < patient(5)


async def test_each_sample_has_the_whole_time_out() -> None:
    """A batch may take longer than one sample."""
    async with pool() as made:
        outcomes = await finish(made, payloads(*["sleep 0.3"] * 4), timeout=0.8)
    assert results(outcomes) == ["scored"] * 4


async def test_a_leak_within_one_sample_ends_the_process() -> None:
    """Past its bound it is ended before the machine's memory is; the sample that leaked crashed."""
    async with pool(memory=60 * MB) as made:
        outcomes = await finish(made, payloads("fine", "leak-and-stay 200", "fine"), timeout=30)
    assert results(outcomes) == ["scored", "crashed", "scored"]
    assert outcomes[1].error == "memory"


async def test_a_slow_leak_is_nobodys_fault() -> None:
    """A process that has grown is replaced between two samples, and every sample is scored."""
    async with pool(memory=100 * MB) as made:
        outcomes = await finish(made, payloads(*["leak 20"] * 12), timeout=30)
    assert results(outcomes) == ["scored"] * 12


async def test_what_a_scorer_prints_goes_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    """It may quote a sample, and must not break the pipe either."""
    async with pool() as made:
        assert results(await finish(made, payloads("print", "fine"))) == ["scored", "scored"]
    captured = capfd.readouterr()
    assert "zebra" not in captured.out + captured.err


@pytest.mark.parametrize(
    "payload", [b"", b"{", b'{"id":"x","other":' + b"[" * 100_000, b'{"id":"\\ud800"}', b'{"id":NaN}']
)
async def test_what_is_no_sample_is_dead(payload: bytes) -> None:
    """It is found out in the process, not on the loop."""
    async with pool() as made:
        assert results(await finish(made, [payload, *payloads("fine")])) == ["dead", "scored"]


async def test_a_scorer_that_hangs_does_not_hold_the_others() -> None:
    """One process, two scorers: while each sample of one is timed out, the other has its turn in between."""
    async with pool() as made:
        await finish(made, payloads("fine"))
        hanging = asyncio.create_task(finish(made, payloads(*["block"] * 20), timeout=0.2))
        for _ in range(3):
            assert results(await finish(made, payloads(*["fine"] * 50), name="format")) == ["scored"] * 50
        assert not hanging.done()
        hanging.cancel()
        await asyncio.gather(hanging, return_exceptions=True)


@pytest.mark.parametrize("name", ["abstention", "clarification"])
async def test_a_scorer_that_can_not_be_made_is_an_outage(name: str) -> None:
    """Nothing is held against its samples, and the others go on."""
    async with pool() as made:
        with pytest.raises(PoolError, match="before the first sample"):
            await finish(made, payloads("fine"), name=name)
        assert results(await finish(made, payloads("fine"))) == ["scored"]


async def test_why_a_scorer_can_not_be_made_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What its factory raises; and that the identifier of languages has no temporary folder to be unpacked in."""
    async with pool() as made:
        with pytest.raises(PoolError, match=r"cannot be built: RuntimeError: no model"):
            await finish(made, payloads("fine"), name="clarification")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        (tmp_path / "sitecustomize.py").write_text("import tempfile\ntempfile.tempdir = '/proc/self/nowhere'\n")
        with pytest.raises(PoolError, match=r"language identifier is unpacked there .* '/proc/self/nowhere'"):
            await finish(made, payloads("fine"))


def test_the_mark_needs_no_temporary_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that has become full would end the worker at its first look at the mark."""
    monkeypatch.setattr(tempfile, "tempdir", "/proc/self/nowhere")
    descriptor = mark_file()
    try:
        Mark(descriptor).write(Stage.SCORING, 3, 7, 1.5, 9)
        assert Mark(descriptor).read() == (Stage.SCORING, 3, 7, 1.5, 9)
    finally:
        os.close(descriptor)


async def test_an_idle_process_that_was_killed_is_replaced() -> None:
    """Nobody notices."""
    async with pool() as made:
        (first,) = await finish(made, payloads("pid"))
        assert first.scored is not None
        os.kill(int(first.scored.scores[0].explanation), signal.SIGKILL)
        assert results(await finish(made, payloads("fine", "fine"))) == ["scored", "scored"]


async def test_what_a_scorer_started_ends_with_its_process(tmp_path: Path) -> None:
    """A time-out leaves no grandchild behind."""
    async with pool() as made:
        await finish(made, payloads(f"fork-and-block {tmp_path}/pid"), timeout=0.5)
        group = int((tmp_path / "pid").read_text())
        deadline = time.monotonic() + patient(5)
        while time.monotonic() < deadline:
            try:
                os.killpg(group, 0)
            except ProcessLookupError:
                break
            await asyncio.sleep(0.05)
        else:
            pytest.fail("its group is still there")


async def test_closing_ends_every_process() -> None:
    """Idle or busy."""
    async with pool(2) as made:
        busy = asyncio.create_task(finish(made, payloads("pid", "block"), timeout=30))
        (idle,) = await finish(made, payloads("pid"))
        assert idle.scored is not None
        busy.cancel()
        await asyncio.gather(busy, return_exceptions=True)
    with pytest.raises(ProcessLookupError):
        os.kill(int(idle.scored.scores[0].explanation), 0)


def test_samples_are_read_together_up_to_a_number_and_a_size() -> None:
    """Each sample is in one group, in order; a large one is alone."""
    assert list(groups([])) == []
    assert list(groups([b"x"] * 70)) == [range(0, 32), range(32, 64), range(64, 70)]
    assert list(groups([b"x", b"y" * 300_000, b"z", b"z"])) == [range(0, 1), range(1, 2), range(2, 4)]


async def test_each_scorer_reads_every_sample_that_wants_it() -> None:
    """In a batch of several groups, one scorer after another: all units, and the facts of a sample once."""
    batch = payloads(*(f"answer {number}" for number in range(40)))
    names = ("refusal", "format")
    async with pool() as of:
        await of.enter()
        work = Work(names, (5.0, 5.0), batch, [1 if number % 3 else 3 for number in range(40)], True)
        outcomes, blamed = await of.run(work)
    assert blamed is None
    assert sorted(outcomes) == list(work.units())
    for unit, outcome in outcomes.items():
        sample, place = work.of(unit)
        assert outcome.scored is not None
        assert (outcome.scored.sample_id, outcome.scored.scorer) == (f"r{sample}", names[place])
        assert (outcome.facts is not None) == (place == 0)


async def test_what_a_part_of_a_reading_gets_wrong_is_of_one_sample() -> None:
    """An exception, a hang, the end of the process: its neighbours are scored, and a part's time is the sample's."""
    async with pool() as made:
        batch = payloads("fine", "raise", "sleep 0.2", "block", "segfault", "fine")
        outcomes = await finish(made, batch, 1.0, "groundedness")
    assert results(outcomes) == ["scored", "crashed", "scored", "timeout", "crashed", "scored"]
    assert outcomes[1].error == ZeroDivisionError.__name__
    assert outcomes[2].seconds > 0.19
    assert outcomes[0].seconds < outcomes[2].seconds


async def test_batches_follow_the_speed_of_the_scorer() -> None:
    """A fast scorer claims many samples, a slow one as many as half a second holds."""
    async with pool() as made:
        runner = PoolRunner(made, "refusal", 5.0, Progress())
        await runner.ready()
        for _ in range(8):
            await runner.run(payloads(*["fine"] * 32))
        assert runner.limit == 64
        for _ in range(2):
            await runner.run(payloads("sleep 0.7"))
        assert runner.limit <= 3
        runner.release()


async def test_progress_is_that_of_those_in_front() -> None:
    """Who waits for a place is not wedged while those who have one get on."""
    async with pool() as made:
        progress = Progress()
        runner = PoolRunner(made, "refusal", 5.0, progress)
        await made.take("format")
        waiting = asyncio.create_task(runner.ready())
        await asyncio.sleep(0.3)
        assert progress.age > 0.25
        made.progress.note()
        assert progress.age < 0.1
        made.leave()
        await waiting
        runner.release()
