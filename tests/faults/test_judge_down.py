"""W04: a judge that limits, fails, hangs, babbles or declines. Whatever it does, no score is made up."""

from __future__ import annotations

import time
from typing import Any

import pytest

from proxy.sample import encode
from scorers.judge.client import Pause
from scorers.score import OnLoop, Reason, Result
from scorers.worker.progress import Progress
from scorers.worker.runner import LoopRunner
from support import replies
from support.judging import Question, always, bench, completion, judge, sample, saying
from support.upstream import CUT, STALL, Recorded

ANSWERS: dict[str, tuple[Any, Result, int]] = {
    "429": (lambda r: replies.error(429, {"retry-after": "0.1"}), Result.JUDGE_ERROR, 3),
    "500": (lambda r: replies.error(500), Result.JUDGE_ERROR, 3),
    "cut": (lambda r: [CUT], Result.JUDGE_ERROR, 1),  # it may have been paid for
    "hangs": (lambda r: [STALL], Result.TIMEOUT, 1),
    "no JSON": (lambda r: completion("I think it is fine."), Result.UNPARSEABLE, 1),
    "no completion": (lambda r: replies.http(200, b"<html>welcome</html>"), Result.UNPARSEABLE, 1),
    "declines": (lambda r: completion(None, refusal="I can not rate this."), Result.UNPARSEABLE, 1),
    "empty": (lambda r: replies.http(200, b'{"choices": []}'), Result.UNPARSEABLE, 1),
    "deep": (lambda r: completion("[" * 100_000), Result.UNPARSEABLE, 1),
    "huge": (lambda r: replies.http(200, b"x" * 2_000_000), Result.UNPARSEABLE, 1),
}


@pytest.mark.parametrize("kind", ANSWERS)
async def test_w04_a_judge_that_fails_leaves_a_reason(kind: str) -> None:
    """The result has its own name in the ledger, there is no value, and tries are bounded."""
    script, expected, tries = ANSWERS[kind]
    with judge(script) as server:
        async with bench(server.url, timeout=1.5) as made:
            runner = LoopRunner("judge", OnLoop(made.scorer), 10.0, Progress())
            outcome = (await runner.run([encode(sample())]))[0]
    assert outcome.scored is not None
    assert outcome.scored.result is expected
    assert [score.value for score in outcome.scored.scores] == [None, None, None]
    assert len(server.requests) == tries


async def test_w04_a_limit_holds_everybody_back() -> None:
    """After 429 with retry-after nobody asks before the time is over; then it works."""
    times: list[float] = []

    def script(request: Recorded) -> Any:
        times.append(time.monotonic())
        return replies.error(429, {"retry-after": "0.6"}) if len(times) == 1 else saying(Question(request), {})

    with judge(script) as server:
        async with bench(server.url, timeout=5.0) as made:
            scores = await made.scorer(sample())
            await made.scorer(sample("r2"))
    assert scores[0].value == 0.0
    assert times[1] - times[0] >= 0.55


async def test_w04_retries_have_a_budget() -> None:
    """An outage is answered with a tenth more calls once the saved-up retries are used, not with thrice as many."""
    with judge(lambda r: replies.http(500, b"{}")) as server:
        async with bench(server.url, timeout=20.0) as made:
            made.client._retries = 2.0
            for i in range(10):
                await made.scorer(sample(f"r{i}"))
    assert 10 <= len(server.requests) <= 14


@pytest.mark.parametrize(
    ("reply", "pause"),
    [
        (replies.error(401), Pause.KEY),
        (replies.error(402), Pause.MONEY),
        (replies.error(404), Pause.MODEL),
        (replies.error(429, code="insufficient_quota"), Pause.MONEY),
    ],
    ids=["401", "402", "404", "quota"],
)
async def test_w04_what_does_not_pass_by_itself_pauses_the_judge(reply: Any, pause: Pause) -> None:
    """One call finds out; the others are not sent, and say why. After the pause one call tries again."""
    with judge(lambda r: reply) as server:
        async with bench(server.url) as made:
            results = [await made.scorer(sample(f"r{i}")) for i in range(5)]
            assert len(server.requests) == 1
            assert (made.client.paused, made.pauses) == (pause, [pause])
            assert {score.unscored_reason for scores in results for score in scores} == {Reason.JUDGE_ERROR}
            assert made.store.judging.spent()["support"] == pytest.approx(0.0)
            made.client._pause_until = 0.0
            server.script = always(refused=1.0)
            assert (await made.scorer(sample("r9")))[0].value == 1.0
            assert (made.client.paused, made.pauses) == (None, [pause, None])
