"""Experiments in the store: pairs end once, in the order of enrolment, and a forgotten user's text is in none."""

from __future__ import annotations

import pytest

from proxy.config.settings import Retention
from scorers.store.experiments import ARMS, CANDIDATE, CONTROL, Enrolment, Pair, PairState
from scorers.store.runs import Ask, AskKey, Run
from scorers.store.store import Store
from tests.scorers.conftest import MOMENT


def a_run(identity: str = "e1", name: str = "thinner") -> Run:
    return Run(id=identity, purpose="shadow", subject=name, version="v1", model=None, name=name, app="ferry")


def a_pair(number: int, run: str = "e1", **changes: object) -> Pair:
    facts = {
        "run": run,
        "number": number,
        "id": f"{run}-{number:03}",
        "conversation": f"talk-{number}",
        "sample_id": f"s-{number}",
        "enrolled_at": MOMENT + number,
        "whole": True,
        "first_arm": CONTROL,
        "left_arm": CANDIDATE,
        "user_hash": f"u{number % 2}",
        "request": {"messages": [{"role": "user", "content": f"When does ferry {number} leave?"}]},
        "served": {"text": "At noon."},
    }
    return Pair(**{**facts, **changes})


@pytest.fixture
def begun(store: Store) -> Store:
    """A store with a run of four pairs; both arms of all but the last have answered."""
    store.experiments.begin(a_run(), Enrolment(MOMENT))
    store.experiments.enrol("e1", [a_pair(n) for n in range(4)], Enrolment(MOMENT + 9, "s-3", 7, {"cut": 3}))
    for number in range(3):
        for arm in ARMS:
            key = AskKey(f"e1-{number:03}", arm)
            store.asking.reserve("e1", [key], 5)
            store.asking.settle(
                "e1", Ask(case_id=key.case_id, arm=arm, state="done", answer={"text": f"{arm} {number}"})
            )
    return store


def test_what_was_drawn_and_what_was_left_out_is_kept(begun: Store) -> None:
    """The place in the store, the counts and the asks are written with the pairs, in one step."""
    found = begun.experiments.enrolment("e1")
    assert found == Enrolment(MOMENT + 9, "s-3", 7, {"cut": 3})
    assert begun.asking.ledger("e1") == {"planned": 8, "done": 6, "skipped": 0, "failed": 0, "pending": 2}
    run = begun.experiments.current("thinner")
    assert run is not None
    assert (run.id, run.planned) == ("e1", 8)
    assert begun.experiments.conversations("e1", {"talk-1", "talk-9"}) == {"talk-1"}


def test_a_pair_has_both_answers_and_ends_once(begun: Store) -> None:
    """Answers come from the asks; the first ending counts, and pairs are read in the order of enrolment."""
    store = begun.experiments
    (first, second, *_) = store.pairs("e1", [PairState.PENDING.value])
    assert first.answers == {arm: {"text": f"{arm} 0"} for arm in ARMS}
    for pair in (second, first):
        store.close(_ended(pair, {"refusal.refused": 1.0, "judge": None}))
    store.close(_ended(first, {"refusal.refused": -1.0}))
    done = store.pairs("e1")
    assert [pair.number for pair in done] == [0, 1]
    assert done[0].outcomes == {"refusal.refused": 1.0, "judge": None}
    assert [pair.number for pair in store.pairs("e1", after=0, text=False)] == [1]
    assert store.counts("e1") == {("done", None): 2, ("pending", None): 2}


def _ended(pair: Pair, outcomes: dict[str, float | None]) -> Pair:
    changed = {"state": PairState.DONE.value, "outcomes": outcomes, "extra": {"words": 3}}
    return Pair(**{**{name: getattr(pair, name) for name in pair.__struct_fields__}, **changed})


def test_a_new_run_of_a_name_closes_the_old_one(begun: Store) -> None:
    """The newest run of a name is the current one; the older has ended and keeps its pairs."""
    begun.experiments.begin(a_run("e2"), Enrolment(MOMENT + 50))
    current = begun.experiments.current("thinner")
    assert current is not None
    assert current.id == "e2"
    old = begun.asking.run("e1")
    assert old is not None
    assert (old.state, old.ended_at is not None) == ("stopped", True)
    assert [run.id for run in begun.experiments.all()] == ["e2"]
    assert len(begun.experiments.pairs("e1", [PairState.PENDING.value])) == 4


def test_a_forgotten_user_is_in_no_pair(begun: Store) -> None:
    """Question, served answer and both answers are erased; what was found of the pair stays."""
    begun.experiments.close(_ended(begun.experiments.pairs("e1", [PairState.PENDING.value])[1], {"judge": 1.0}))
    begun.forget_user("u1")
    (pair,) = begun.experiments.pairs("e1")
    assert (pair.request, pair.served, pair.answers, pair.extra, pair.outcomes) == (None, None, {}, {}, {"judge": 1.0})
    other = begun.experiments.pair("e1-002")
    assert other is not None
    assert other.request is not None
    assert other.answers


def test_text_is_kept_as_long_as_samples(begun: Store) -> None:
    """Pairs lose their text with retention; others keep theirs."""
    begun.expire(Retention(samples=1e9, exchanges=1e9))
    assert begun.experiments.pairs("e1", [PairState.PENDING.value])[0].request is not None
    begun._clock = begun.asking._clock = lambda: MOMENT + 101.5
    begun.expire(Retention(samples=100, exchanges=100))
    texts = [pair.request for pair in begun.experiments.pairs("e1", [PairState.PENDING.value])]
    assert [text is None for text in texts] == [True, True, False, False]
    assert begun.experiments.pairs("e1", [PairState.PENDING.value])[0].answers == {}
