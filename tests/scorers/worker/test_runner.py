"""One scorer over one sample: whatever it does, exactly one result; and scorers that wait on the loop."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from proxy.sample import Sample, encode
from scorers.score import OnLoop, Reason, Result, Score, TryAgain
from scorers.store.records import ScoredSample
from scorers.worker.process_protocol import Outcome
from scorers.worker.progress import Progress
from scorers.worker.runner import LoopRunner, evaluate, pause
from support.patience import patient
from support.scoring import sample, score


def giving(*scores: Any) -> Any:
    """A scorer that gives these, whatever they are."""

    async def scorer(of: Sample) -> list[Score]:
        return list(scores)

    return scorer


async def made_of(scorer: Any, of: Sample) -> ScoredSample:
    """What the scorer makes of the sample."""
    return (await evaluate("refusal", scorer, of))[0]


async def on_loop(scorer: Any, of: Sample | bytes, timeout: float = 1.0) -> Outcome:
    """What becomes of one sample on the loop."""
    payload = of if isinstance(of, bytes) else encode(of)
    return (await LoopRunner("refusal", OnLoop(scorer), timeout, Progress()).run([payload]))[0]


async def test_what_a_scorer_gives_is_kept_with_the_facts_of_its_sample() -> None:
    """Scored when any output has a value; app, model, probability and stratum come from the sample."""
    of = sample("r1", probability=0.25, stratum="error", app="search")
    result = await made_of(giving(score(of, None, Reason.NO_TEXT), score(of, 0.9)), of)
    assert (result.result, result.reason, len(result.scores)) == (Result.SCORED, None, 2)
    assert (result.app, result.model, result.probability, result.stratum) == ("search", "gpt-x", 0.25, "error")


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (Reason.NO_EVIDENCE, Result.NOT_APPLICABLE),
        (Reason.TOOL_CALL_ONLY, Result.NOT_APPLICABLE),
        (Reason.BUDGET, Result.BUDGET),
        (Reason.JUDGE_ERROR, Result.JUDGE_ERROR),
        (Reason.UNPARSEABLE, Result.UNPARSEABLE),
    ],
)
async def test_unscored_keeps_its_reason(reason: Reason, expected: Result) -> None:
    """No value: the result says whether that is the sample's nature or a failure, and the reason is kept."""
    of = sample("r1")
    result = await made_of(giving(score(of, None, reason)), of)
    assert (result.result, result.why) == (expected, reason.value)


async def test_nothing_to_say_is_not_applicable() -> None:
    """A scorer that gives no score at all leaves a result all the same."""
    assert (await made_of(giving(), sample("r1"))).result is Result.NOT_APPLICABLE


async def test_a_crash_is_a_result_and_its_message_stays_here() -> None:
    """The kind of error is told, and never what the error says: it may quote the sample."""

    async def scorer(of: Sample) -> list[Score]:
        raise ValueError("the customer wrote: my password is zebra")

    result, error = await evaluate("refusal", scorer, sample("r1"))
    assert (result.result, result.reason, error) == (Result.CRASHED, "crashed", "ValueError")
    assert "zebra" not in repr(result)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, 1.5])
async def test_a_value_that_is_no_probability_is_a_crash(value: float) -> None:
    """NaN and numbers outside 0 to 1 are stopped where the score is made."""

    async def scorer(of: Sample) -> list[Score]:
        return [score(of, value)]

    assert (await made_of(scorer, sample("r1"))).result is Result.CRASHED


@pytest.mark.parametrize("given", [None, 0.5, ["yes"]], ids=repr)
async def test_what_is_no_list_of_scores_is_a_crash(given: Any) -> None:
    """A scorer that breaks its contract costs its own result, not the worker."""

    async def scorer(of: Sample) -> Any:
        return given

    assert (await made_of(scorer, sample("r1"))).result is Result.CRASHED


async def test_cancellation_goes_through() -> None:
    """A worker that stops is not told that its scorer crashed."""
    running = asyncio.create_task(on_loop(lambda of: asyncio.sleep(30), sample("r1"), 60))
    await asyncio.sleep(0.05)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_scorer_that_does_not_end_is_timed_out() -> None:
    """After its time-out the sample is unscored with that reason."""
    begun = time.monotonic()
    outcome = await on_loop(lambda of: asyncio.sleep(30), sample("r1"), 0.05)
    assert time.monotonic() - begun < patient(1)
    assert outcome.scored is not None
    assert (outcome.scored.result, outcome.scored.reason, outcome.scored.scores) == (Result.TIMEOUT, "timeout", [])


async def test_those_that_wait_wait_together() -> None:
    """As many as the scorer allows are under way at once, and no more; results keep their order."""
    under_way, most = 0, 0

    async def scorer(of: Sample) -> list[Score]:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.05)
        under_way -= 1
        return [score(of)]

    runner = LoopRunner("refusal", OnLoop(scorer, 3), 5.0, Progress())
    assert runner.limit == 3
    outcomes = await runner.run([encode(sample(f"r{number}")) for number in range(9)])
    assert [outcomes[number].scored.sample_id for number in range(9)] == [f"r{number}" for number in range(9)]  # type: ignore[union-attr]
    assert most == 3


async def test_what_may_pass_is_tried_again() -> None:
    """After a pause; the third answer counts."""
    asked = []

    async def scorer(of: Sample) -> list[Score]:
        asked.append(time.monotonic())
        if len(asked) < 3:
            raise TryAgain(Reason.JUDGE_ERROR)
        return [score(of)]

    outcome = await on_loop(scorer, sample("r1"), 10.0)
    assert outcome.scored is not None
    assert outcome.scored.result is Result.SCORED
    assert asked[1] - asked[0] > 0.09
    assert asked[2] - asked[1] > 0.19


async def test_what_does_not_pass_keeps_its_reason() -> None:
    """It is given up within the time-out, and is no crash and no time-out."""

    async def scorer(of: Sample) -> list[Score]:
        raise TryAgain(Reason.JUDGE_ERROR)

    begun = time.monotonic()
    outcome = await on_loop(scorer, sample("r1"), 0.5)
    assert time.monotonic() - begun < patient(2)
    assert outcome.scored is not None
    assert (outcome.scored.result, outcome.scored.why) == (Result.JUDGE_ERROR, "judge_error")


@pytest.mark.parametrize(
    "payload", [b"", b"{", b"[]", b'{"id": 7}', b"\xff\xfe", b"null", b'{"id":"x","y":' + b"[" * 100_000]
)
async def test_what_is_no_sample_is_dead(payload: bytes) -> None:
    """It is no crash of the scorer, which is not asked."""
    assert await on_loop(giving(), payload) == Outcome(None, failed=Result.DEAD)


def test_pauses_grow_and_differ() -> None:
    """Doubled up to a bound, each drawn from half of it up."""
    for attempt, longest in ((1, 0.2), (2, 0.4), (3, 0.8), (9, 5.0), (10_000, 5.0)):
        drawn = [pause(attempt) for _ in range(50)]
        assert longest / 2 <= min(drawn) < max(drawn) <= longest
