"""A list of prices that the user has, compared with ours: LiteLLM's public JSON form, or a price file of our own form.

Source of the form: BerriAI/litellm ``model_prices_and_context_window.json`` (``sample_spec``); prices there are for one
token.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from proxy.observe.price_list import ModelPrice, TokenPrices, read_list
from scorers.commands.options import WrongUsage

#: Prices of a list by the keys of a row (``tiers.flex``, ``long_context.200000.input``), for one million tokens.
Flat = dict[str, float]

_KEYS = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cached_input",
    "cache_creation_input_token_cost": "cache_write",
    "cache_creation_input_token_cost_above_1hr": "cache_write_1h",
    "cache_creation_input_token_cost_above_12hr": "cache_write_12h",
    "output_cost_per_reasoning_token": "reasoning_output",
    "input_cost_per_audio_token": "audio_input",
    "output_cost_per_audio_token": "audio_output",
    "cache_read_input_audio_token_cost": "cached_audio_input",
    "cache_read_input_image_token_cost": "cached_image_input",
    "input_cost_per_image_token": "image_input",
    "output_cost_per_image_token": "image_output",
}
_TIERS = {"flex": "flex", "priority": "priority", "batches": "batch"}
_ABOVE = re.compile(r"(.+)_above_(\d+)k_tokens\Z")
#: Whose prices are the makers' own: the public list names resellers' beside them, mostly with a prefix.
_MAKERS = ("openai", "anthropic", "gemini", "xai", "deepseek", "moonshot", "zai", "dashscope")
#: Lists round: a factor is the same within a hundredth, a price within a millionth.
_FACTOR, _PRICE = 0.01, 1e-6
_LARGEST = 50_000_000


@dataclass(frozen=True, slots=True)
class Difference:
    """One price on which two lists differ. ``ours`` is ``None`` for what only the other has."""

    model: str
    key: str
    ours: float | None
    theirs: float


def read_public(path: Path) -> dict[str, Flat]:
    """The rows of a file by name. Raises ``WrongUsage`` for what is no list of prices, ``ConfigError`` for a price file
    of our own form that is wrong."""
    if path.suffix in (".yaml", ".yml"):
        return {
            name: flat(row) for row_name, row in read_list(path).models.items() for name in (row_name, *row.snapshots)
        }
    try:
        if path.stat().st_size > _LARGEST:
            raise WrongUsage(f"{path}: larger than {_LARGEST} bytes")
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WrongUsage(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise WrongUsage(f"{path}: not JSON") from None
    rows = {name: row for name, row in document.items() if isinstance(row, dict)} if isinstance(document, dict) else {}
    found = {name: prices for name, row in rows.items() if (prices := _public(row))}
    if not found:
        raise WrongUsage(f"{path}: no prices in LiteLLM's form (input_cost_per_token)")
    for maker in _MAKERS:  # a maker's own row also stands under the name that its API has
        for name in [name for name in found if name.startswith(f"{maker}/")]:
            found.setdefault(name.partition("/")[2], found[name])
    return found


def _public(row: Mapping[str, object]) -> Flat:
    prices = {key: price * 1e6 for key, value in row.items() if (price := _price(value)) is not None}
    found = {ours: prices[theirs] for theirs, ours in _KEYS.items() if theirs in prices}
    if "input" not in found:
        return {}
    for theirs, ours in _TIERS.items():
        price = prices.get(f"input_cost_per_token_{theirs}")
        if price is not None and found["input"]:
            found[f"tiers.{ours}"] = price / found["input"]
    for key, value in prices.items():
        above = _ABOVE.match(key)
        if above is not None and above[1] in _KEYS:
            found[f"long_context.{int(above[2]) * 1000}.{_KEYS[above[1]]}"] = value
    return found


def _price(value: object) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0:
        return float(value)
    return None


def flat(row: ModelPrice) -> Flat:
    """A row of ours in the same form."""
    found = {key: value for key in TokenPrices.model_fields if (value := getattr(row, key)) is not None}
    found |= {f"tiers.{tier}": factor for tier, factor in row.tiers.items()}
    for step in row.long_context:
        for key in TokenPrices.model_fields:
            if (value := getattr(step, key)) is not None:
                found[f"long_context.{step.above}.{key}"] = value
    return found


def differences(model: str, row: ModelPrice, theirs: Flat) -> Iterator[Difference]:
    """Where both have a price and it is not the same, and what theirs has alone. Of a price that changes with the hour
    a list has one of the two."""
    ours, peak = flat(row), row.peak.factor if row.peak is not None else 1.0
    for key, value in theirs.items():
        own = ours.get(key)
        if own is None:
            if key != "reasoning_output" or value != theirs.get("output"):
                yield Difference(model, key, None, value)
            continue
        least = (_FACTOR if key.startswith("tiers.") else _PRICE) * max(own, value)
        if min(abs(own - value), abs(own * peak - value)) > least:
            yield Difference(model, key, own, value)
