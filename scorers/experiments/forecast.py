"""What a verdict takes before anything is asked: pairs, USD, days, and whether it can be reached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from proxy.exchange import Usage
from proxy.sample import Sample
from scorers.experiments.enrol import arms_of
from scorers.experiments.parts import Parts
from scorers.experiments.spec import Spec
from scorers.judge.selection import CHARACTERS_A_TOKEN
from scorers.statistics.planning import Means, plan

_WEEK, _DAY = 7 * 86_400.0, 86_400.0
#: Tokens of a usual answer where nothing is known of it.
_USUAL_ANSWER = 250


def forecast(
    spec: Spec, parts: Parts, samples: Sequence[Sample], beside: tuple[float, Callable[[Sample, int], float]]
) -> dict[str, Any]:
    """The plan by its first ``samples``, as it is kept with the run. Blocking; raises ``StoreError``.

    ``beside``: the time (Unix s), and what judging a pair of a sample costs, with answers of so many tokens, in USD.
    """
    now, judged_usd = beside
    arms = sum(_usd(sample, spec, parts) for sample in samples) / len(samples)
    usd = arms + sum(judged_usd(sample, _usage(sample).output) for sample in samples) / len(samples)
    conversations, span = parts.store.experiments.pace(spec.settings.app, now - _WEEK)
    # Less than a day says nothing about the days to come.
    pace = conversations / span * _DAY * spec.settings.share if span >= _DAY else None
    days = spec.settings.until / _DAY
    day_cap = parts.settings.offpath.budget_usd_per_day
    budgets = [spec.settings.budget_usd, None if day_cap is None else day_cap * max(1.0, days)]
    budget = min((own for own in budgets if own is not None), default=None)
    made = plan(spec.settings.margin, len(spec.guards), Means(usd, budget, pace, days))
    return {
        "usd_per_pair": usd,
        "usd_of_arms": arms,
        "pairs": made.pairs,
        "usd": made.usd,
        "days": made.days,
        "reachable": made.reachable,
        "because": made.because,
        "instead": list(made.instead),
    }


def _usd(sample: Sample, spec: Spec, parts: Parts) -> float:
    """What a pair is estimated to cost: both arms, with as many tokens as were served."""
    arms = arms_of(sample, spec)
    assert arms is not None
    clients = [parts.clients.get(arm.upstream, arm.model) for arm in arms.values()]
    return sum(client.cost(_usage(sample), None) or 0.0 for client in clients)


def _usage(sample: Sample) -> Usage:
    """Tokens of the request and of an answer like the one that was served; nothing cached."""
    usage = sample.exchange.usage
    if usage is None:
        said = sum(len(message.content) for message in sample.messages) / CHARACTERS_A_TOKEN
        return Usage(input=round(said), output=_USUAL_ANSWER)
    whole = usage.input + usage.cached_input + usage.cache_write
    return Usage(input=whole, output=usage.output + usage.reasoning_output)
