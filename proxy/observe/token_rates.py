"""What tokens cost at one row of a price list: text, caches by their lifetime, sound and pictures. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from proxy.exchange import Unpriced, Usage, UsageDetails
from proxy.observe.price_list import TokenPrices


class Rates:
    """Prices per token, in USD; ``None`` where unknown."""

    __slots__ = (
        "apart",
        "cached",
        "cached_apart",
        "input",
        "output",
        "reasoning",
        "tiers",
        "written",
        "written_1h",
        "written_12h",
    )

    def __init__(self, price: TokenPrices, tiers: Mapping[str, float], own: bool) -> None:
        usual = price.input if own else None
        self.input = price.input / 1e6
        self.output = price.output / 1e6
        self.cached = _per_token(price.cached_input, usual)
        self.written = _per_token(price.cache_write, usual)
        self.written_1h = _per_token(price.cache_write_1h)
        self.written_12h = _per_token(price.cache_write_12h)
        self.reasoning = _per_token(price.reasoning_output, price.output)
        self.tiers = tiers
        #: What sound and pictures cost above text, by the name of their count.
        self.apart: dict[str, tuple[float | None, float]] = {
            "audio_input": (_per_token(price.audio_input), self.input),
            "image_input": (_per_token(price.image_input), self.input),
            "video_input": (_per_token(price.video_input), self.input),
            "audio_output": (_per_token(price.audio_output), self.output),
            "image_output": (_per_token(price.image_output), self.output),
            "video_output": (_per_token(price.video_output), self.output),
        }
        self.cached_apart = {
            "audio": _per_token(price.cached_audio_input),
            "image": _per_token(price.cached_image_input),
            "video": _per_token(price.cached_video_input),
        }


def _per_token(price: float | None, otherwise: float | None = None) -> float | None:
    price = otherwise if price is None else price
    return None if price is None else price / 1e6


def cost_of_tokens(rates: Rates, usage: Usage) -> float | Unpriced:
    """USD for the tokens at the standard tier."""
    if rates.cached is None and usage.cached_input:
        return Unpriced.CACHE_WRITE if usage.cache_write else Unpriced.AMBIGUOUS
    if rates.written is None and usage.cache_write:
        return Unpriced.CACHE_WRITE
    reasoning = rates.reasoning if rates.reasoning is not None else rates.output
    cost = (
        usage.input * rates.input
        + usage.cached_input * (rates.cached or 0.0)
        + usage.cache_write * (rates.written or 0.0)
        + usage.output * rates.output
        + usage.reasoning_output * reasoning
    )
    if usage.details is None:
        return cost
    apart = _apart(rates, usage, usage.details)
    return apart if isinstance(apart, Unpriced) else cost + apart


def _apart(rates: Rates, usage: Usage, details: UsageDetails) -> float | Unpriced:
    """Additional USD for items that have a separate price."""
    more = 0.0
    for count, price in (
        (details.cache_write_1h, rates.written_1h),
        (details.cache_write_12h, rates.written_12h),
    ):
        if count:
            if price is None:
                return Unpriced.CACHE_WRITE
            more += count * (price - (rates.written or 0.0))
    for name, (price, usual) in rates.apart.items():
        count = getattr(details, name)
        if not count or price == usual:
            continue
        if price is None:
            return Unpriced.MODALITY
        if name.endswith("_input"):
            if usage.cache_write or (usage.cached_input and details.cached_apart is None):
                return Unpriced.MODALITY  # nobody says which of it was in the cache
            kind = name.removesuffix("_input")
            if held := (details.cached_apart or {}).get(kind, 0):
                cached = rates.cached_apart[kind]
                if cached is None:
                    return Unpriced.MODALITY
                more += held * (cached - (rates.cached or 0.0))
                count -= held
        if not 0 <= count <= (usage.input if name.endswith("_input") else usage.output):
            return Unpriced.AMBIGUOUS
        more += count * (price - usual)
    return more
