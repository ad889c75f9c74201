"""Steps that a provider took within one request, as reported in Anthropic's ``usage.iterations``.

Examples: a model that declined and its fallback, a summary of a context that grew too long, the answer of an advisor.
Each step is priced as an answer of its own model. Turns of one model in a tool loop are not steps here, because the
overall usage counts them. Sources: anthropic-sdk-python 2.12.0 ``BetaIterationsUsage``, according to which
``compaction`` is not part of the overall usage; platform.claude.com, "Refusals and fallback".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from proxy.exchange import Hop, Unpriced, Usage
from proxy.wire.facts import string, text
from proxy.wire.usage import usage_of

#: Steps of an answer that are kept and priced.
MOST_STEPS = 32
_FALLBACK = "fallback_message"
#: Kinds whose tokens are not in the usage of the whole.
_BESIDE = frozenset({"compaction", "advisor_message"})
_KINDS = frozenset({"message", _FALLBACK, *_BESIDE})

Quote = Callable[[str | None, Usage], float | Unpriced]


def hops_of(iterations: object, served: str | None, asked: str | None, quote: Quote) -> tuple[Hop, ...]:
    """The steps of one answer that are kept, in order; empty if there was only one. ``quote``: what a step costs."""
    return tuple(_hop(step, served, asked, quote) for step in _steps(iterations)[:MOST_STEPS])


def steps_beyond(iterations: object) -> int:
    """How many steps of one answer are neither kept nor priced, because there are too many."""
    return max(0, len(_steps(iterations)) - MOST_STEPS)


def _steps(iterations: object) -> list[dict[str, Any]]:
    steps = [step for step in iterations if isinstance(step, dict)] if isinstance(iterations, list) else []
    kinds = {string(step, "type") for step in steps}
    return steps if len(steps) > 1 and kinds & (_BESIDE | {_FALLBACK}) else []


def _hop(step: dict[str, Any], served: str | None, asked: str | None, quote: Quote) -> Hop:
    kind = string(step, "type")
    model = text(step, "model") or (served if kind != "message" else asked or served)
    usage = usage_of(step) or Usage()
    cost = quote(model, usage)
    # A model that declined before it said anything is paid for or not, by what was asked: nobody tells.
    priced = isinstance(cost, float) and (kind != "message" or usage.output + usage.reasoning_output > 0)
    return Hop(kind if kind in _KINDS else "other", model, usage, cost if priced and isinstance(cost, float) else None)


def cost_of(hops: tuple[Hop, ...], whole: float | Unpriced) -> float | Unpriced:
    """USD for an answer with these steps.

    ``whole``: the cost by the overall usage, which covers only the final model.
    """
    beside = [hop for hop in hops if hop.kind in _BESIDE]
    if any(hop.kind == _FALLBACK for hop in hops):
        # What the first model had in its cache is credited where the next one had to write it again.
        if any(hop.kind == _FALLBACK and hop.usage.cache_write for hop in hops):
            return Unpriced.AMBIGUOUS
        beside, whole = list(hops), 0.0
    costs = [hop.cost_usd for hop in beside]
    if isinstance(whole, Unpriced) or any(cost is None for cost in costs):
        return whole if isinstance(whole, Unpriced) else Unpriced.AMBIGUOUS
    return whole + sum(cost for cost in costs if cost is not None)
