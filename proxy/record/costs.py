"""What the answer to a finished request costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import structs

from proxy.exchange import Unpriced, Usage
from proxy.observe.pricing import Answer, Prices, told_tiers
from proxy.observe.provider_steps import cost_of, hops_of, steps_beyond
from proxy.record.cleaning import clean_name
from proxy.record.progress import Progress
from proxy.wire.usage import Dropped

#: Tiers that an answer tells whose price is that of the list, and members of a request that ask for another.
_USUAL_TIERS = (None, "default")
_TIERED = frozenset(("service_tier", "speed", "inference_geo"))


class Costs:
    """The costs of answers under one set of prices. ``dropped`` is told of steps that are not priced."""

    def __init__(self, prices: Prices, dropped: Callable[[Dropped], None]) -> None:
        self._prices = prices
        self._dropped = dropped

    def usual(self, progress: Progress, served: str | None, asked: str | None) -> float | None:
        """USD for an answer whose cost depends only on its tokens; ``None`` for any other, which ``of`` reckons.

        ``served``, ``asked``: the model as served and as requested.
        """
        facts = progress.facts
        usage = facts.usage
        if usage is None or usage.reasoning_output or usage.cache_write:
            return None
        if facts.calls or facts.speed or facts.geo or facts.service_tier not in _USUAL_TIERS:
            return None
        if not _TIERED.isdisjoint(progress.document) or facts.iterations is not None:
            return None
        return self._prices.usual(served, asked, self._prices.hosts.get(progress.upstream, ""), usage)

    def of(self, progress: Progress, names: tuple[str | None, str | None]) -> dict[str, Any]:
        """The fields of the Exchange that tell the cost or why it is unknown; none without usage.

        ``names``: the model as served and as requested.
        """
        usage = progress.facts.usage
        if usage is None:
            return {}
        return self._reckoned(progress, names, usage, self._prices.hosts.get(progress.upstream, ""))

    def _reckoned(
        self, progress: Progress, names: tuple[str | None, str | None], usage: Usage, host: str
    ) -> dict[str, Any]:
        facts, document = progress.facts, progress.document
        unclear = None
        if usage.cache_write and not facts.written_for_is_told and progress.tap is not None:
            unclear = Unpriced.CACHE_WRITE if progress.tap.asks_for_long_cache() else None
        tiers = told_tiers(
            (facts.service_tier, facts.speed, facts.geo),
            (document.get("service_tier"), document.get("speed"), document.get("inference_geo")),
        )
        began = progress.started_at
        answer = Answer(
            *names,
            usage,
            tiers,
            facts.calls,
            tools=document.get("tools"),
            host=host,
            began=began,
            ended=began + progress.duration,
            unclear=unclear,
        )
        usd = self._prices.quote(answer)
        if facts.iterations is not None:
            hops = hops_of(facts.iterations, *names, lambda model, of: self._step(answer, model, of))
            if hops:
                cleaned = (structs.replace(hop, model=clean_name(hop.model) if hop.model else None) for hop in hops)
                # The price of what is not kept is not known.
                lost = steps_beyond(facts.iterations)
                self._dropped(Dropped(step=lost))
                return {**_told(Unpriced.AMBIGUOUS if lost else cost_of(hops, usd)), "hops": tuple(cleaned)}
        if not usage.reasoning_output or not isinstance(usd, float):
            return _told(usd)
        without = self._prices.quote(answer._replace(usage=structs.replace(usage, reasoning_output=0)))
        if not isinstance(without, float) or without >= usd:
            return _told(usd)
        return {"cost_usd": usd, "reasoning_cost_usd": usd - without}

    def _step(self, answer: Answer, model: str | None, usage: Usage) -> float | Unpriced:
        """The cost of one step of an answer. Another model may have run it."""
        return self._prices.quote(answer._replace(served=model, asked=None, usage=usage, calls={}))


def _told(usd: float | Unpriced | None) -> dict[str, Any]:
    """The fields for a cost in USD, or for the reason why it is unknown."""
    if usd is None:
        return {}
    return {"unpriced": usd} if isinstance(usd, Unpriced) else {"cost_usd": usd}
