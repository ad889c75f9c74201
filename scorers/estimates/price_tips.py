"""The line to add to a price file for answers whose cost is not known.

Placeholders are in capitals: ``USD`` for a price of one million tokens, and others for what else a row needs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

import msgspec
import yaml

from proxy.config.settings import Settings
from proxy.errors import ConfigError
from proxy.exchange import Unpriced
from proxy.observe.price_list import ModelPrice, TokenPrices
from proxy.observe.pricing import Prices, load_prices
from scorers.store.records import UnpricedAnswers
from scorers.store.store import Store

#: A name that needs no quotes in YAML.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9._/-]*\Z")
_WANTED: dict[str, tuple[str, ...]] = {
    Unpriced.NO_PRICE: ("input: USD", "output: USD"),
    Unpriced.SERVICE_TIER: ("tiers: {TIER: FACTOR}",),
    Unpriced.LONG_CONTEXT: ("long_context: [{above: TOKENS, input: USD, output: USD}]",),
    Unpriced.CACHE_WRITE: ("cache_write: USD", "cache_write_1h: USD"),
    Unpriced.MODALITY: ("audio_input: USD", "audio_output: USD"),
    Unpriced.TOOL_FEE: ("calls: {TOOL: USD_FOR_1000}",),
    Unpriced.AMBIGUOUS: ("cached_input: USD",),
}
_PRICES = tuple(TokenPrices.model_fields)


class Tip(msgspec.Struct, frozen=True):
    """Answers of one model whose cost is not known, and the line that would give them one."""

    model: str
    reason: str
    answers: int
    line: str


def tips(
    rows: Sequence[UnpricedAnswers], prices: Prices, found: Mapping[str, Mapping[str, float]] | None = None
) -> list[Tip]:
    """A line for each row. ``found``: prices from a list that the user has, by name."""
    lists = found or {}
    return [
        Tip(
            it.model, it.reason, it.answers, line_to_add(it.model, it.reason, prices.row(it.model), lists.get(it.model))
        )
        for it in rows
    ]


def unpriced(store: Store, settings: Settings, since: float, until: float) -> list[Tip]:
    """What is unpriced in [since, until), Unix s, with the lines to add. Blocking."""
    rows = store.unpriced(since, until)
    if not rows:
        return []
    try:
        return tips(rows, load_prices(settings.prices))
    except ConfigError:  # the file was changed after the start and is now invalid: still show the rest
        return tips(rows, load_prices(None))


def line_to_add(name: str, reason: str, known: ModelPrice | None, found: Mapping[str, float] | None = None) -> str:
    """The row of ``name`` with placeholders for what it lacks. ``known``: the existing row that was not sufficient.
    ``found``: prices from a list that the user has, by the keys of a row (USD for one million tokens)."""
    wanted = [*_WANTED.get(reason, _WANTED[Unpriced.NO_PRICE])]
    prices: dict[str, float] = {}
    if known is not None and reason != Unpriced.NO_PRICE:
        prices = {key: value for key in _PRICES if (value := getattr(known, key)) is not None}
    elif known is None:
        wanted += [part for part in _WANTED[Unpriced.NO_PRICE] if part not in wanted]
    prices |= {key: value for key, value in (found or {}).items() if key in _PRICES}
    parts = [f"{key}: {number(prices[key])}" for key in _PRICES if key in prices]
    parts += [part for part in wanted if part.partition(":")[0] not in prices]
    if known is not None and known.tiers and reason == Unpriced.SERVICE_TIER:
        told = ", ".join(f"{tier}: {number(factor)}" for tier, factor in known.tiers.items())
        parts = [part.replace("{TIER", f"{{{told}, TIER") for part in parts]
    return f"{_key(name)}: {{{', '.join(parts)}}}"


def number(value: float) -> str:
    """A price in decimal notation."""
    return f"{value:.10g}"


def _key(name: str) -> str:
    shown = "".join(char if char.isprintable() else "?" for char in name)
    plain = _PLAIN.match(shown) and isinstance(
        yaml.safe_load(shown), str
    )  # YAML reads an unquoted ``yes`` as a boolean
    return shown if plain else json.dumps(shown, ensure_ascii=False)
