"""An experiment in a store, with pairs whose arms have answered: for votes, pages and their pictures."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable

from scorers.statistics.betting import ConfidenceSequence
from scorers.statistics.joint import verdict_of
from scorers.store.experiments import ARMS, CANDIDATE, CONTROL, Enrolment, Pair, PairState
from scorers.store.runs import Ask, AskKey, Run
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


def decide(store: Store, verdict: str = "undecided", run: str = RUN, name: str = NAME, people: bool = False) -> None:
    """How the experiment stands, as its worker keeps it: sequences over 600 conversations that a fixed seed draws."""
    chance = random.Random(7)
    shares = {"judge": 0.62, "refusal.refused": 0.5, "cost": 0.9, **({"people": 0.6} if people else {})}
    outcomes, trails = [], {}
    for number, (outcome, win) in enumerate(shares.items()):
        sequence = ConfidenceSequence(0.05 if not number else 0.02)
        for _ in range(600):
            sequence.add(0.0 if chance.random() < 0.3 else 1.0 if chance.random() < win else -1.0)
        found = sequence.interval
        facts = {"outcome": outcome, "primary": not number, "verdict": verdict_of(found, 0.1).value}
        outcomes.append({**facts, "mean": found.mean, "lower": found.lower, "upper": found.upper, "n": found.n})
        trails[outcome] = [[point.n, point.mean, point.lower, point.upper] for point in sequence.trail]
    arm = {"answers": 600, "cut": 2, "characters": 640.0, "lists": 1.5, "marks": 3.0, "seconds": 1.25}
    arm |= {"first_token": 0.31, "tokens": 150.0, "cached_tokens": 20.0, "cost_usd": 1.2}
    status = {
        "name": name,
        "kind": "shadow",
        "app": "ferry",
        "state": "running",
        "pairs": 600,
        "skipped": {"tools_hosted": 12, "not_text": 3},
        "cost_usd": 1.9,
        "outcomes": outcomes,
        "verdict": verdict,
        "more_pairs": 420,
        "noise": {"refusal.refused": {"mean": 0.01, "lower": -0.04, "upper": 0.06, "n": 590}},
        "reasons": ["refusal.refused may still be worse by more than 0.1 (at least -0.120)"],
    }
    beside = {
        "arms": {"control": arm, "candidate": {**arm, "cost_usd": 0.4, "seconds": 0.9, "characters": 720.0}},
        "total_cost_ratio": 0.33,
        "length_ratio": 1.12,
        "whole": {"pairs": 550, "mean": 0.17},
        "redacted": {"pairs": 50, "mean": 0.11},
    }
    store.experiments.result(run, {"status": status, "trails": trails, "beside": beside})
