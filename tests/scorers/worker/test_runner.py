"""One scorer over one sample: whatever it does, exactly one result."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import pytest

from proxy.queue.protocol import Item, Kind
from proxy.sample import Sample
from scorers.score import Reason, Result, Score
from scorers.worker.runner import MAX_DELIVERIES, run_scorer, score_item
from support.scoring import claimed, item, sample, score


def giving(*scores: Any) -> Any:
    """A scorer that gives these, whatever they are."""

    async def scorer(of: Sample) -> list[Score]:
        return list(scores)

    return scorer


async def test_what_a_scorer_gives_is_kept_with_the_facts_of_its_sample() -> None:
    """Scored when any output has a value; app, model, probability and stratum come from the sample."""
    of = sample("r1", probability=0.25, stratum="error", app="search")
    result = await run_scorer("refusal", giving(score(of, None, Reason.NO_TEXT), score(of, 0.9)), of, 1.0)
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
    result = await run_scorer("refusal", giving(score(of, None, reason)), of, 1.0)
    assert (result.result, result.why) == (expected, reason.value)


async def test_nothing_to_say_is_not_applicable() -> None:
    """A scorer that gives no score at all leaves a result all the same."""
    assert (await run_scorer("refusal", giving(), sample("r1"), 1.0)).result is Result.NOT_APPLICABLE


async def test_a_scorer_that_does_not_end_is_timed_out() -> None:
    """After its time-out the sample is unscored with that reason."""

    async def scorer(of: Sample) -> list[Score]:
        await asyncio.sleep(30)
        return []

    begun = time.monotonic()
    result = await run_scorer("refusal", scorer, sample("r1"), 0.05)
    assert time.monotonic() - begun < 1
    assert (result.result, result.reason, result.scores) == (Result.TIMEOUT, "timeout", [])


async def test_a_crash_is_a_result_and_its_message_stays_here(caplog: pytest.LogCaptureFixture) -> None:
    """The log names the kind of error and the sample, and never what the error says: it may quote the sample."""

    async def scorer(of: Sample) -> list[Score]:
        raise ValueError("the customer wrote: my password is zebra")

    with caplog.at_level(logging.ERROR):
        result = await run_scorer("refusal", scorer, sample("r1"), 1.0)
    assert (result.result, result.reason) == (Result.CRASHED, "crashed")
    assert "zebra" not in caplog.text
    assert "ValueError" in caplog.text
    assert "r1" in caplog.text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, 1.5])
async def test_a_value_that_is_no_probability_is_a_crash(value: float) -> None:
    """NaN and numbers outside 0 to 1 are stopped where the score is made."""

    async def scorer(of: Sample) -> list[Score]:
        return [score(of, value)]

    assert (await run_scorer("refusal", scorer, sample("r1"), 1.0)).result is Result.CRASHED


@pytest.mark.parametrize("given", [None, 0.5, ["yes"]], ids=repr)
async def test_what_is_no_list_of_scores_is_a_crash(given: Any) -> None:
    """A scorer that breaks its contract costs its own result, not the worker."""

    async def scorer(of: Sample) -> Any:
        return given

    assert (await run_scorer("refusal", scorer, sample("r1"), 1.0)).result is Result.CRASHED


async def test_cancellation_goes_through() -> None:
    """A worker that stops is not told that its scorer crashed."""
    running = asyncio.create_task(run_scorer("refusal", lambda of: asyncio.sleep(30), sample("r1"), 60))
    await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_sample_delivered_too_often_is_dead() -> None:
    """It has taken its worker down before, so the scorer is not asked again; its facts are kept."""
    asked = []

    async def scorer(of: Sample) -> list[Score]:
        asked.append(of.id)
        return [score(of)]

    of = sample("r1", app="search")
    result, _, _ = await score_item("refusal", scorer, claimed(item(of), MAX_DELIVERIES), 1.0)
    assert (result.result, asked) == (Result.SCORED, ["r1"])
    result, _, _ = await score_item("refusal", scorer, claimed(item(of), MAX_DELIVERIES + 1), 1.0)
    assert (result.result, result.reason, asked) == (Result.DEAD, "deliveries", ["r1"])
    assert (result.app, result.at) == ("search", of.exchange.started_at)


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b'{"id": 7}', b"\xff\xfe", b"null"])
async def test_an_unreadable_item_is_dead_at_once(payload: bytes) -> None:
    """What is no sample is no crash: it is dead with its reason, dated by when it was published."""
    unreadable = claimed(Item("r1", Kind.SAMPLE, payload), age=60.0)
    result, none, _ = await score_item("refusal", giving(), unreadable, 1.0)
    assert (result.result, result.reason, none) == (Result.DEAD, "not_a_sample", None)
    assert abs(time.time() - 60 - result.at) < 5
