"""Cost of one answer by a dated price table. No known price means unpriced (``None``), never zero."""

from __future__ import annotations

import datetime
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from proxy.errors import ConfigError
from proxy.exchange import Usage
from proxy.settings import Price, Settings


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    as_of: datetime.date
    models: dict[str, Price]


class Prices:
    """Price tables in order of precedence, each looked up by exact name, then by its longest matching pattern."""

    def __init__(self, tables: list[dict[str, Price]], as_of: datetime.date) -> None:
        self.as_of = as_of
        self._tables = tables
        self._find = lru_cache(maxsize=1024)(self._search)

    def price(self, model: str) -> Price | None:
        """What a model's tokens cost; ``None`` where that is not known."""
        return self._find(model)

    def cost(self, model: str | None, usage: Usage | None) -> float | None:
        """USD, or ``None`` when the answer is unmetered or the model has no price."""
        if model is None or usage is None:
            return None
        price = self._find(model)
        if price is None:
            return None
        cached = price.cached_input if price.cached_input is not None else price.input
        written = price.cache_write if price.cache_write is not None else price.input
        return (
            usage.input * price.input
            + usage.cached_input * cached
            + usage.cache_write * written
            + (usage.output + usage.reasoning_output) * price.output
        ) / 1e6

    def _search(self, model: str) -> Price | None:
        for table in self._tables:
            if model in table:
                return table[model]
            matching = [pattern for pattern in table if fnmatchcase(model, pattern)]
            if matching:
                return table[max(matching, key=len)]
        return None


def _read(path: Path) -> _Table:
    try:
        return _Table.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError([f"prices: {path}: {error.strerror}"]) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError([f"prices: {path}: not YAML: {' '.join(str(error).split())}"]) from None
    except ValidationError as error:
        found = [(".".join(str(part) for part in item["loc"]), item["msg"]) for item in error.errors()]
        raise ConfigError(
            [f"prices: {path}: {key}: {said}" if key else f"prices: {path}: {said}" for key, said in found]
        ) from None


def load_prices(path: str | None) -> Prices:
    """The built-in table, with the user's in front. Raises ``ConfigError``."""
    builtin = _read(Path(__file__).with_name("prices.yaml"))
    if path is None:
        return Prices([builtin.models], builtin.as_of)
    own = _read(Path(path))
    return Prices([own.models, builtin.models], own.as_of)


def priced(settings: Settings) -> Settings:
    """The settings with the judge's price from the tables where it has none of its own, so that its budget can be kept.
    Raises ``ConfigError``."""
    prices, judge = load_prices(settings.prices), settings.judge
    if judge is None or judge.price is not None:
        return settings
    price = prices.price(judge.model)
    if price is None:
        raise ConfigError([f"judge.price: no price is known for {judge.model!r}, so that its budget could be kept"])
    return settings.model_copy(update={"judge": judge.model_copy(update={"price": price})})
