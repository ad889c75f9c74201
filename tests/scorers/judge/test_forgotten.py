"""A user who is forgotten while the judge is at work: nothing of their text is sent from then on."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from scorers.judge import scorer as scorer_module
from scorers.score import Reason, Score
from scorers.store.store import Store
from support import replies
from support.judging import Question, bench, judge, sample, saying
from support.upstream import Recorded, Step

NOW = 1_800_000_000.0


def first_then(first: Callable[[], object], then: Callable[[Recorded], Iterable[Step]]) -> object:
    """A judge at whose first question something happens."""
    waiting = [first]

    def script(request: Recorded) -> Iterable[Step]:
        if waiting:
            waiting.pop()()
        return then(request)

    return script


def unscored(scores: list[Score]) -> set[Reason | None]:
    """Why there are no scores."""
    return {score.unscored_reason for score in scores}


async def test_a_forgotten_user_is_not_judged(sqlite_store: Store) -> None:
    """What a worker has claimed already, and what arrives of the user within the time of grace, has no text any more;
    what another user said, or nobody, is judged. No money is kept for what was not asked."""
    sqlite_store.forget_user("ann")
    with judge(lambda request: saying(Question(request), {"refused": 0.9})) as server:
        async with bench(server.url, store=sqlite_store) as made:
            assert unscored(await made.scorer(sample("r1", user_hash="ann"))) == {Reason.NO_TEXT}
            assert server.requests == []
            assert sqlite_store.judging.spent()[""] == 0.0
            assert unscored(await made.scorer(sample("r2", user_hash="bo"))) != {Reason.NO_TEXT}
            assert unscored(await made.scorer(sample("r3"))) != {Reason.NO_TEXT}
    assert len(server.requests) >= 2


async def test_a_question_is_not_sent_again_once_its_user_is_forgotten(sqlite_store: Store) -> None:
    """An endpoint that is busy, or does not take the form, is asked again: not about somebody who is gone."""
    for number, status in enumerate((503, 429, 500, 400)):
        user = f"ann-{number}"
        script = first_then(
            lambda user=user: sqlite_store.forget_user(user),
            lambda request, status=status: replies.error(status, {"retry-after-ms": "60"}),
        )
        with judge(script) as server:  # type: ignore[arg-type]
            async with bench(server.url, store=sqlite_store) as made:
                assert unscored(await made.scorer(sample(f"r{number}", user_hash=user))) == {Reason.NO_TEXT}
        assert len(server.requests) == 1, status


async def test_the_check_of_an_answer_is_not_sent_once_its_user_is_forgotten(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first answer counts as it is."""
    monkeypatch.setattr(scorer_module, "RECHECKED", 1.1)
    script = first_then(
        lambda: sqlite_store.forget_user("ann"), lambda request: saying(Question(request), {"refused": 0.9})
    )
    with judge(script) as server:  # type: ignore[arg-type]
        async with bench(server.url, store=sqlite_store) as made:
            scores = await made.scorer(sample(user_hash="ann"))
    assert {score.value for score in scores if score.output == "refused"} == {0.9}
    assert len(server.requests) == 1
