"""An experiment in a store, with pairs whose arms have answered: for votes, pages and their pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from scorers.store.asking import Ask, AskKey, Run
from scorers.store.experiments import ARMS, CANDIDATE, CONTROL, Enrolment, Pair, PairState
from scorers.store.store import Store

RUN, NAME, MOMENT = "run-1", "thinner", 1_800_000_000.0
Answers = Callable[[int, str], str]


def plain(number: int, arm: str) -> str:
    """An answer that tells its arm only to a test: tea is of the control."""
    return f"{'Tea' if arm == CONTROL else 'Rye'} number {number}."


def begin(
    store: Store, count: int, answers: Answers = plain, swapped: bool = False, run: str = RUN, name: str = NAME
) -> list[Pair]:
    """An experiment with ``count`` pairs that are done. ``swapped``: each arm has the other's answers and side."""
    arms = (CONTROL, CANDIDATE)
    own = Run(id=run, purpose="shadow", subject=name, version="v1", model=None, name=name, app="ferry")
    store.experiments.begin(own, Enrolment(MOMENT))
    made = [
        Pair(
            run=run,
            number=number,
            id=hashlib.sha256(f"{run} {number}".encode()).hexdigest()[:32],
            conversation=f"talk-{number}",
            user_hash=f"u{number}",
            sample_id=f"s-{number}",
            enrolled_at=MOMENT + number,
            whole=True,
            first_arm=arms[number % 2],
            left_arm=arms[(number // 2 + swapped) % 2],
            request={
                "messages": [
                    {"role": "system", "content": "You sell tickets."},
                    {"role": "user", "content": f"When does ferry {number} leave? <b>soon</b>"},
                ]
            },
            served={"text": "At noon."},
        )
        for number in range(count)
    ]
    store.experiments.enrol(run, made, Enrolment(MOMENT + count, "s-last", count))
    for pair in made:
        for arm in ARMS:
            store.asking.reserve(run, [AskKey(pair.id, arm)], 5)
            said = answers(pair.number, _other(arm) if swapped else arm)
            told = {"text": said, "model": f"model-of-{arm}", "seconds": 1.0 if arm == CONTROL else 2.0}
            store.asking.settle(run, Ask(case_id=pair.id, arm=arm, state="done", answer=told, cost_usd=0.01))
        closed = {"state": PairState.DONE.value, "outcomes": {"judge": 1.0, "refusal.refused": 0.0}}
        store.experiments.close(Pair(**{**_fields(pair), **closed}))
    return made


def _fields(pair: Pair) -> dict[str, object]:
    return {name: getattr(pair, name) for name in pair.__struct_fields__}


def _other(arm: str) -> str:
    return CONTROL if arm == CANDIDATE else CANDIDATE
