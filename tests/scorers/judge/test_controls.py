"""Items with known answers: a good judge, one that moved, and what the health says of them."""

from __future__ import annotations

from typing import Any

import pytest

from scorers.judge.controls import APP, ITEMS, Item, health, kappa, run_round
from scorers.judge.rubrics import BY_SCORER
from scorers.score import OUTPUTS, Reason
from scorers.store.judging import Control
from support import replies
from support.judging import SCORERS, Question, bench, judge, saying
from support.upstream import Recorded


def item_of(question: Question) -> Item:
    """The control item that a question is about."""
    wanted = (question.parts["REQUEST"], question.parts["ANSWER"], question.parts.get("DOCUMENTS", ""))
    (found,) = [item for item in ITEMS if (item.request, item.answer, item.documents) == wanted]
    return found


def knowing(request: Recorded) -> Any:
    """A judge that knows every answer: the facts are turned back from the expected events."""
    question = Question(request)
    expected = item_of(question).expected
    facts = {name: float(happened) for name, happened in expected.items()}
    facts["claims"] = 1.0
    facts["should_refuse"] = float("under_refused" in expected)
    facts["needed"] = float("missed" in expected or question.parts["REQUEST"].startswith("Book me"))
    return saying(question, facts)


def test_items_are_sound() -> None:
    """Names are unique, outputs exist, every rubric has items with and without an event."""
    assert len({item.name for item in ITEMS}) == len(ITEMS)
    for item in ITEMS:
        assert set(item.expected) <= set(OUTPUTS[item.scorer])
        assert bool(item.documents) or not BY_SCORER[item.scorer].needs_documents
    for scorer in BY_SCORER:
        assert {happened for item in ITEMS if item.scorer == scorer for happened in item.expected.values()} == {
            True,
            False,
        }


async def test_a_judge_that_knows_agrees_with_all() -> None:
    """Every item is one paid call like any other, and nothing in it says that it is a control."""
    with judge(knowing) as server:
        async with bench(server.url, SCORERS, budget_usd_per_day=5.0) as made:
            controls = await run_round(made.scorer, SCORERS, 7)
            spent = made.store.judging.spent()
    found = health(controls)
    wrong = [control for control in controls if control.reason]
    assert {
        scorer: round(one.agreement, 2) for scorer, one in found.items() if scorer != "clarification"
    } == dict.fromkeys(set(SCORERS) - {"clarification"}, 1.0), wrong
    assert found["refusal"].kappa == 1.0
    assert found["refusal"].consistency is None
    assert len(server.requests) == len(ITEMS)
    assert spent[APP] == pytest.approx(0.0014 * len(ITEMS))
    assert not any(b"control" in request.body.lower() for request in server.requests)


async def test_a_round_is_kept_once_and_a_judge_that_moves_shows() -> None:
    """Two rounds of a steady judge are consistent; then it turns round, and both numbers fall."""
    with judge(knowing) as server:
        async with bench(server.url, ("refusal",)) as made:
            for number in (1, 2):
                made.store.judging.save_controls(await run_round(made.scorer, ["refusal"], number))
            made.store.judging.save_controls(await run_round(made.scorer, ["refusal"], 2))
            steady = health(made.store.judging.controls(0))["refusal"]
            server.script = lambda request: saying(Question(request), {"refused": 1.0, "should_refuse": 1.0})
            made.store.judging.save_controls(await run_round(made.scorer, ["refusal"], 3))
            moved = health(made.store.judging.controls(0))["refusal"]
    assert (steady.items, steady.agreement, steady.consistency) == (16, 1.0, 1.0)
    assert moved.agreement < 0.9
    assert moved.consistency is not None
    assert moved.consistency < 0.8


async def test_a_judge_that_is_down_has_no_verdicts() -> None:
    """An outage is no disagreement: nothing is counted."""
    with judge(lambda request: replies.error(401)) as server:
        async with bench(server.url, ("refusal",)) as made:
            controls = await run_round(made.scorer, ["refusal"], 1)
    assert {control.reason for control in controls} == {Reason.JUDGE_ERROR.value}
    assert health(controls) == {}


def test_another_version_starts_anew() -> None:
    """A new prompt is not held against what the old one said."""
    old = [Control(1, "refusal-1.refused", "refusal", "judge:m:p1:r", "yes", 0.0)]
    new = [Control(2, "refusal-1.refused", "refusal", "judge:m:p2:r", "yes", 1.0)]
    found = health(old + new)["refusal"]
    assert (found.items, found.agreement, found.consistency) == (1, 1.0, None)


def test_kappa() -> None:
    """1 for full agreement, 0 for chance, none where chance explains everything."""
    assert kappa([(True, True), (False, False)]) == 1.0
    assert kappa([(True, True), (True, False), (False, True), (False, False)]) == 0.0
    assert kappa([(True, True)]) is None
    assert kappa([]) is None
