"""Cost: which price is found, what an answer costs, and that no price is never a price of zero."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from proxy.errors import ConfigError
from proxy.exchange import Usage
from proxy.pricing import Prices, load_prices
from proxy.settings import Price

DAY = datetime.date(2025, 8, 15)
USAGE = Usage(input=1_000_000, cached_input=2_000_000, cache_write=500_000, output=100_000, reasoning_output=300_000)


def _cost(usage: Usage = USAGE, **price: float) -> float | None:
    return Prices([{"m": Price(**price)}], DAY).cost("m", usage)


def test_each_type_has_its_price() -> None:
    """Every type of token is charged at its own price, reasoning as output, once each."""
    cost = _cost(input=2.0, output=10.0, cached_input=0.5, cache_write=4.0)
    assert cost == pytest.approx(1 * 2.0 + 2 * 0.5 + 0.5 * 4.0 + 0.4 * 10.0)


def test_cache_without_a_price_of_its_own() -> None:
    """Where no price for the cache is given, its tokens cost what input costs; a price of zero is a price."""
    assert _cost(input=2.0, output=0) == pytest.approx(3.5 * 2.0)
    assert _cost(input=2.0, output=0, cached_input=0, cache_write=0) == pytest.approx(2.0)


def test_unpriced_and_unmetered_are_not_zero() -> None:
    """Without a model, without usage or without a price there is no cost; with all three a cost of zero is one."""
    prices = Prices([{"m": Price(input=0, output=0)}], DAY)
    assert prices.cost(None, USAGE) is None
    assert prices.cost("m", None) is None
    assert prices.cost("other", USAGE) is None
    assert prices.cost("m", USAGE) == 0


@pytest.mark.parametrize(
    ("model", "price"), [("lamp-4", 1), ("lamp-4-mini", 2), ("lamp-4-mini-2025", 3), ("lamp-5", 4), ("LAMP-4", None)]
)
def test_which_price_is_found(model: str, price: float | None) -> None:
    """An exact name wins over a pattern, a longer pattern over a shorter one; case counts."""
    table = {"lamp-*": 4, "lamp-4": 1, "lamp-4-mini": 2, "lamp-4-mini-*": 3, "lamp-4*": 5}
    prices = Prices([{name: Price(input=value, output=0) for name, value in table.items()}], DAY)
    cost = prices.cost(model, Usage(input=1_000_000))
    assert cost == (None if price is None else pytest.approx(price))


def test_the_user_s_table_comes_first(tmp_path: Path) -> None:
    """A pattern of the user's own wins over an exact name of the built-in table; the rest of that table stays."""
    file = tmp_path / "prices.yaml"
    file.write_text("as_of: 2026-01-01\nmodels:\n  gpt-4o*: {input: 7, output: 8}\n", encoding="utf-8")
    prices, builtin = load_prices(str(file)), load_prices(None)
    assert prices.cost("gpt-4o", Usage(input=1_000_000)) == pytest.approx(7)
    assert prices.cost("o3", USAGE) == builtin.cost("o3", USAGE) is not None
    assert prices.as_of == datetime.date(2026, 1, 1)


def test_the_built_in_table() -> None:
    """The built-in table is dated, and a dated snapshot of a model costs what the model costs."""
    prices = load_prices(None)
    assert prices.as_of.year >= 2025
    for model, snapshot in (("gpt-4o", "gpt-4o-2024-08-06"), ("gpt-4.1", "gpt-4.1-2025-04-14")):
        assert prices.cost(model, USAGE) == prices.cost(snapshot, USAGE) is not None
    assert prices.cost("gpt-4o-mini", USAGE) != prices.cost("gpt-4o", USAGE)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("as_of: 2026-01-01\nmodels: {m: {input: -1, output: 1}}", "models.m.input"),
        ("as_of: 2026-01-01\nmodels: {m: {input: 1}}", "models.m.output"),
        ("as_of: 2026-01-01\nmodels: {m: {input: 1, output: 1, per: day}}", "models.m.per"),
        ("models: {}", "as_of"),
        ("as_of: soon\nmodels: {}", "as_of"),
        ("models: [", "not YAML"),
        ("", "dictionary"),
        ("- 1", "dictionary"),
    ],
)
def test_a_wrong_table_names_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    """A table that is wrong fails with one line each that begins with ``prices`` and names the key."""
    file = tmp_path / "prices.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_prices(str(file))
    (problem,) = caught.value.problems
    assert problem.startswith("prices")
    assert said in problem
    assert "\n" not in problem


def test_a_missing_table(tmp_path: Path) -> None:
    """A table that is not there is said to be missing."""
    with pytest.raises(ConfigError, match="No such file"):
        load_prices(str(tmp_path / "none.yaml"))
