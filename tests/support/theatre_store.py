"""A store for the page Theatre: a model's traffic with efforts, tasks and refusals, and its runs of benchmarks."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec

from proxy.exchange import Decision, ExchangeRow, RowBatch, Usage
from proxy.feedback import Feedback, TaskOutcome
from scorers.benchmarks.results import document
from scorers.score import Reason, Result, Score, Verdict
from scorers.store.records import ScoredSample
from scorers.store.runs import Ask, AskKey, AskState, Run, RunState
from scorers.store.store import Store
from support.scoring import exchange, sample

_numbers = itertools.count(1)


def calls(store: Store, model: str, at: float, many: list[dict[str, Any]]) -> None:
    """Answered requests of a model; ``good``: whether their tasks were a success."""
    rows, ends = [], []
    for facts in many:
        number = next(_numbers)
        good = facts.pop("good", None)
        known = {"model_asked": model, "started_at": at, "usage": Usage(input=10, output=20), "cost_usd": 0.01, **facts}
        rows.append(ExchangeRow(exchange(f"t{number}", **known), Decision.SAMPLED_OUT))
        if good is not None:
            outcome = TaskOutcome.SUCCESS if good else TaskOutcome.FAILURE
            ends.append(Feedback(id=f"f{number}", at=at + 1, outcome=outcome, request_id=f"t{number}"))
    store.save_rows(RowBatch(f"b{next(_numbers)}", "p1", next(_numbers), {"sampled_out": len(rows)}, rows))
    store.save_feedback(ends, comments=False)


def refusals(store: Store, model: str, at: float, many: list[tuple[float | None, bool, int]]) -> None:
    """Answers of a model, so many of each: how due a refusal was by the judge (``None``: not judged), and whether it
    refused."""
    for due, refused, count in many:
        for _ in range(count):
            number = next(_numbers)
            kept = sample(f"s{number}", model_asked=model, started_at=at)
            store.save_samples([kept], content=True)
            own = [_score(kept.id, "refused", "1", 0.9 if refused else 0.1)]
            store.save_scores([ScoredSample.of(kept, "refusal", Result.SCORED, own)])
            if due is None:
                continue
            told = f"refusal due: {due:.2f}; as it seems"
            over = 1.0 * refused if due < 0.5 else None
            under = 1.0 * (not refused) if due >= 0.5 else None
            judged = [
                _score(kept.id, "over_refused", "judge:r1:1", over, told),
                _score(kept.id, "under_refused", "judge:r1:1", under, told),
            ]
            store.save_scores([ScoredSample.of(kept, "judge", Result.SCORED, judged)])


def _score(sample_id: str, output: str, version: str, value: float | None, told: str = "") -> Score:
    verdict = None if value is None else Verdict.YES if value >= 0.5 else Verdict.NO
    reason = Reason.NO_OCCASION if value is None else None
    more = {
        "value": value,
        "verdict": verdict,
        "unscored_reason": reason,
        "explanation": told if reason is None else "",
    }
    return Score(sample_id=sample_id, scorer="refusal", output=output, version=version, **more)


def benchmark(store: Store, model: str, at: float, published: int, reworded: int, items: int = 40) -> Run:
    """A run of GSM8K that has ended: so many items right as published, and in other numbers."""
    identity = f"r{next(_numbers)}"
    run = Run(id=identity, purpose="benchmark", subject="gsm8k", version="v", model=model, created_at=at)
    keys = [AskKey(f"gsm8k/{n}", arm) for n in range(items) for arm in ("published", "numbers.1")]
    store.asking.create(run, [(key, None) for key in keys])
    for key in keys:
        place = int(key.case_id.partition("/")[2])
        right = place < (published if key.arm == "published" else reworded)
        marks = [{"marks": {"flexible": right, "strict": right}}]
        ask = Ask(case_id=key.case_id, arm=key.arm, state=AskState.DONE.value, passed=right, checks=marks)
        store.asking.settle(identity, ask)
    found = document(run, store.asking.asks(identity))
    store.asking.finish(identity, RunState.DONE, found)
    return msgspec.structs.replace(run, result=found)
