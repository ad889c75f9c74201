"""The rows of ``/api/costs``: the cost of a success, by feedback on tasks and by the scorers' verdicts on answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from proxy.feedback import TaskOutcome
from proxy.telemetry.label_values import OTHER
from scorers.estimates.model_names import ModelNames
from scorers.estimates.rates import ALL, Rate, compute_between
from scorers.store.records import AppCosts
from scorers.store.store import Store


class TaskCost(msgspec.Struct, frozen=True, kw_only=True):
    """Tasks of one application that ended in a window, by outcome. Only tasks whose every call has a known cost count.

    ``cost_per_success_usd``: the cost of successes and failures together, divided by the number of successes; ``None``
    without one. Unknown outcomes are in neither; ``unknown_ratio`` is their share. ``unmetered`` tasks are in no other
    number.
    """

    app: str
    tasks: dict[TaskOutcome, int]
    cost_usd: dict[TaskOutcome, float]
    unmetered: dict[TaskOutcome, int]
    cost_per_success_usd: float | None
    unknown_ratio: float | None


class AnswerCost(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer costs of which a scorer does not say that the event happened, failed calls and all included.

    ``cost_usd`` over ``requests`` (those of known cost), over the share of answers that is not flagged; the bounds are
    those of the share's 95 % interval. ``None`` where every answer may be flagged.
    """

    app: str
    model: str
    scorer: str
    output: str
    requests: int
    cost_usd: float
    cost_per_unflagged_usd: float | None
    lower: float | None
    upper: float | None


class Costs(msgspec.Struct, frozen=True):
    """Both tables over one window."""

    costs: list[TaskCost]
    answers: list[AnswerCost]


def task_costs(rows: Sequence[AppCosts]) -> list[TaskCost]:
    """One row per application and a last one for all of them, when there is any task."""
    by_app: dict[str, list[AppCosts]] = defaultdict(list)
    for row in rows:
        by_app[row.app].append(row)
        by_app[ALL].append(row)
    return [_task_cost(app, by_app[app]) for app in sorted(by_app, key=lambda name: (name == ALL, name))]


def _task_cost(app: str, rows: list[AppCosts]) -> TaskCost:
    tasks = {outcome: sum(row.tasks for row in rows if row.outcome == outcome) for outcome in TaskOutcome}
    cost = {outcome: sum(row.cost_usd for row in rows if row.outcome == outcome) for outcome in TaskOutcome}
    apart = {outcome: sum(row.unmetered for row in rows if row.outcome == outcome) for outcome in TaskOutcome}
    successes, ended = tasks[TaskOutcome.SUCCESS], sum(tasks.values())
    spent = cost[TaskOutcome.SUCCESS] + cost[TaskOutcome.FAILURE]
    return TaskCost(
        app=app,
        tasks=tasks,
        cost_usd=cost,
        unmetered=apart,
        cost_per_success_usd=spent / successes if successes else None,
        unknown_ratio=tasks[TaskOutcome.UNKNOWN] / ended if ended else None,
    )


def _answer_cost(rate: Rate, requests: int, cost: float) -> AnswerCost:
    def over(share: float | None) -> float | None:
        return cost / requests / (1 - share) if share is not None and share < 1 else None

    return AnswerCost(
        app=rate.app,
        model=rate.model,
        scorer=rate.scorer,
        output=rate.output,
        requests=requests,
        cost_usd=cost,
        cost_per_unflagged_usd=over(rate.ratio),
        lower=over(rate.lower),
        upper=over(rate.upper),
    )


def compute_costs(store: Store, since: float, until: float, names: ModelNames | None = None) -> Costs:
    """Both tables for [since, until), Unix s; ``names``: which models have rows of their own. Blocking."""
    rates = compute_between(store, since, until, names=names)
    own = {rate.model for rate in rates}
    spent: dict[tuple[str, str], tuple[int, float]] = {}
    for row in store.spending(since, until):
        model = row.model if row.model in own else OTHER
        for app in (row.app, ALL):
            requests, cost = spent.get((app, model), (0, 0.0))
            spent[app, model] = (requests + row.requests, cost + row.cost_usd)
    answers = [
        _answer_cost(rate, *spent[rate.app, rate.model])
        for rate in rates
        if rate.ratio is not None and spent.get((rate.app, rate.model), (0, 0.0))[0]
    ]
    return Costs(task_costs(store.costs(since, until)), answers)
