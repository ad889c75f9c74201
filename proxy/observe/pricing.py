"""The cost of one answer from dated price lists. Any unknown part makes it unpriced, with a reason; never zero."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from time import time
from typing import NamedTuple

from proxy.config.offpath import Price
from proxy.config.settings import Settings, Upstream
from proxy.config.values import host_of
from proxy.errors import ConfigError
from proxy.exchange import Unpriced, Usage, UsageDetails
from proxy.observe.price_list import LongContext, ModelPrice, TokenPrices, builtin_list, is_other_kind, read_list
from proxy.observe.token_rates import Rates, cost_of_tokens

#: What providers call the tier of their price list.
_STANDARD = frozenset({"", "default", "standard", "on_demand", "standard_only", "global", "not_available"})
_USUAL = ((None, None, None), ("default", None, None))
#: Hosts that sell models of the built-in list by lists of their own, by the end of their name.
_OTHER_LISTS = (
    ".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com", ".amazonaws.com", ".googleapis.com",
    ".api.openai.com",
)  # fmt: skip
#: Hosts in spite of that.
_LISTED = frozenset({"generativelanguage.googleapis.com"})


class Answer(NamedTuple):
    """The inputs for the cost of an answer.

    ``tiers``: as the answer names them; ``None`` in place of a tier that was requested but that the answer does not
    confirm. ``calls``: tool calls that the answer shows. ``tools``: the tools in the request. ``host``: the host that
    answered. ``began``, ``ended``: Unix seconds. ``unclear``: why no price list can give the cost.
    """

    served: str | None
    asked: str | None
    usage: Usage
    tiers: Sequence[str | None] = ()
    calls: Mapping[str, int] = {}
    tools: object = None
    host: str = ""
    began: float = 0.0
    ended: float = 0.0
    unclear: Unpriced | None = None


@dataclass(slots=True)
class _Row:
    """A row prepared for calculation. ``plain``: for most answers, the token counts determine the cost."""

    price: ModelPrice
    base: Rates
    steps: list[tuple[int, Rates]]
    free: bool
    plain: bool
    then: _Row | None
    until: float | None

    @classmethod
    def of(cls, price: ModelPrice, own: bool) -> _Row:
        steps = [(step.above, Rates(step, _tiers(step, price), own)) for step in reversed(price.long_context)]
        until = None
        if price.until is not None:
            midnight = datetime.datetime.combine(price.until, datetime.time(), datetime.UTC)
            until = (midnight + datetime.timedelta(days=1)).timestamp()
        free = not any(value for name, value in price if name in TokenPrices.model_fields) and not (
            steps or price.calls
        )
        then = cls.of(price.then, own) if price.then is not None else None
        plain = not (free or steps or price.max_input or price.peak or price.fee_tools)
        return cls(price, Rates(price, price.tiers, own), steps, free, plain, then, until)


def _tiers(step: LongContext, row: ModelPrice) -> Mapping[str, float]:
    return row.tiers if step.tiers is None else step.tiers


class Prices:
    """Price lists in order of precedence: the user's ``tables``, the cost stated by the provider, the built-in list.

    A user's table can have patterns. An exact name takes precedence, then the longest pattern.
    """

    def __init__(
        self,
        tables: Sequence[Mapping[str, Price]],
        as_of: datetime.date,
        builtin: Mapping[str, ModelPrice] | None = None,
        hosts: Mapping[str, str] | None = None,
    ) -> None:
        self.as_of = as_of
        #: The host of each upstream, by its name.
        self.hosts = hosts or {}
        self._tables = [{name: _row(price) for name, price in table.items()} for table in tables]
        self._builtin: dict[str, _Row] = {}
        for name, price in (builtin or {}).items():
            row = _Row.of(price, own=False)
            self._builtin |= dict.fromkeys((name, *price.snapshots), row)
        self._find = lru_cache(maxsize=1024)(self._search)
        self._rows = lru_cache(maxsize=1024)(self._both)

    def price(self, model: str, host: str = "") -> Price | None:
        """The token prices of a model; ``None`` if unknown."""
        row = _valid(self._find(model) or self._listed(model, host), time())
        if row is None:
            return None
        plain = row.price.model_fields_set <= Price.model_fields.keys()
        return Price(**row.price.model_dump(include=set(Price.model_fields))) if plain else row.price

    def row(self, model: str) -> ModelPrice | None:
        """The row of a model name for any host; ``None`` if no list has it."""
        row = self._find(model) or self._builtin.get(model)
        return row.price if row is not None else None

    def taken(self) -> list[tuple[str, str]]:
        """Built-in model names that a user's pattern matches at another price, each with its pattern."""
        found = []
        for name, listed in self._builtin.items():
            own = self._find(name)
            if own is not None and name not in self.own_names() and not own.free:
                same = (own.price.input, own.price.output) == (listed.price.input, listed.price.output)
                found += [] if same else [(name, self._pattern(name))]
        return found

    def _pattern(self, model: str) -> str:
        tables = ([pattern for pattern in table if fnmatchcase(model, pattern)] for table in self._tables)
        return max(next((matching for matching in tables if matching), [model]), key=len)

    def own_names(self) -> list[str]:
        """The exact names in the user's tables."""
        return [name for table in self._tables for name in table if not set("*?[") & set(name)]

    def cost(self, model: str | None, usage: Usage | None) -> float | None:
        """USD at the standard tier, at the current time; ``None`` if the answer is unmetered or unpriced."""
        if model is None or usage is None:
            return None
        now = time()
        found = self.quote(Answer(model, None, usage, began=now, ended=now))
        return found if isinstance(found, float) else None

    def usual(self, served: str | None, asked: str | None, host: str, usage: Usage) -> float | None:
        """USD if the cost depends only on tokens, without tiers, tools or unclear parts; ``None`` if ``quote`` is
        needed.
        """
        row, listed = self._rows(served, asked, host)
        row = row or listed
        if row is None or not row.plain or row.until is not None or usage.details is not None:
            return None
        cost = cost_of_tokens(row.base, usage)
        return cost if isinstance(cost, float) else None

    def quote(self, answer: Answer) -> float | Unpriced:
        """USD, or the reason why the cost is unknown."""
        row, listed = self._rows(answer.served, answer.asked, answer.host)
        if row is None:
            details = answer.usage.details
            if details is not None and details.stated_usd is not None:
                return details.stated_usd
            if details is not None and details.ambiguous is not None:
                return Unpriced.AMBIGUOUS
            row = listed
        if row is not None and row.until is not None:
            row = _valid(row, answer.began)
        return Unpriced.NO_PRICE if row is None else _reckon(row, answer)

    def _both(self, served: str | None, asked: str | None, host: str) -> tuple[_Row | None, _Row | None]:
        """The user's row and the built-in row. If another model answered, the latter ignores the requested alias."""
        own = self._find(served) if served is not None else None
        if own is None and asked is not None:
            own = self._find(asked)
        return own, self._listed(served or asked or "", host)

    def _listed(self, model: str, host: str) -> _Row | None:
        row = self._builtin.get(model.removeprefix("models/"))
        if row is None or (host.endswith(_OTHER_LISTS) and host not in _LISTED):
            return None
        return None if row.price.hosts and host not in row.price.hosts else row

    def _search(self, model: str) -> _Row | None:
        for table in self._tables:
            if model in table:
                return table[model]
            matching = [pattern for pattern in table if fnmatchcase(model, pattern)]
            if matching:
                best = max(matching, key=len)
                return table[best] if table[best].free or not is_other_kind(model, best) else None
        return None


def _row(price: Price) -> _Row:
    if not isinstance(price, ModelPrice):
        price = ModelPrice(**price.model_dump())
    return _Row.of(price, own=True)


def _valid(row: _Row | None, at: float) -> _Row | None:
    while row is not None and row.until is not None and at >= row.until:
        row = row.then
    return row


def _reckon(row: _Row, answer: Answer) -> float | Unpriced:
    if row.plain and not answer.tiers and answer.usage.details is None and not answer.calls and answer.unclear is None:
        return cost_of_tokens(row.base, answer.usage)
    if row.free:
        return 0.0
    if answer.unclear is not None:
        return answer.unclear
    usage = answer.usage
    rates = row.base
    if row.steps or row.price.max_input is not None:
        taken = usage.input + usage.cached_input + usage.cache_write
        if row.price.max_input is not None and taken > row.price.max_input:
            return Unpriced.LONG_CONTEXT
        rates = next((step for above, step in row.steps if taken > above), rates)
    tokens = cost_of_tokens(rates, usage)
    if isinstance(tokens, Unpriced):
        return tokens
    if answer.tiers:
        factor = _factor(rates, answer.tiers)
        if factor is None:
            return Unpriced.SERVICE_TIER if rates is row.base else Unpriced.LONG_CONTEXT
        tokens *= factor
    if row.price.peak is not None:
        peak = row.price.peak.holds(answer.began)
        if peak is not row.price.peak.holds(answer.ended):
            return Unpriced.AMBIGUOUS
        tokens *= row.price.peak.factor if peak else 1.0
    if row.price.fee_tools and _asks_for(row.price.fee_tools, answer.tools):
        return Unpriced.TOOL_FEE
    if usage.details is None and not answer.calls:
        return tokens
    fees = _fees(row.price, usage.details, answer.calls)
    return fees if isinstance(fees, Unpriced) else tokens + fees


def _asks_for(kinds: Sequence[str], tools: object) -> bool:
    listed = tools if isinstance(tools, list) else []
    return any(isinstance(tool, dict) and tool.get("type") in kinds for tool in listed)


def _factor(rates: Rates, tiers: Sequence[str | None]) -> float | None:
    """The price factor for these tiers; ``None`` if unknown."""
    factor = 1.0
    for tier in tiers:
        if tier is None or (tier == "auto" and rates.tiers):
            return None
        if tier in _STANDARD or tier == "auto":
            continue
        if tier not in rates.tiers:
            return None
        factor *= rates.tiers[tier]
    return factor


def _fees(price: ModelPrice, details: UsageDetails | None, seen: Mapping[str, int]) -> float | Unpriced:
    """USD for calls of tools that the provider ran.

    Where usage counts calls, they are the calls that the answer shows.
    """
    counted = details.calls if details is not None else {}
    fees = 0.0
    for name in {*counted, *seen}:
        if name not in price.calls:
            return Unpriced.TOOL_FEE
        fees += max(counted.get(name, 0), seen.get(name, 0)) * price.calls[name] / 1000
    return fees


def told_tiers(told: tuple[str | None, ...], asked: tuple[object, ...]) -> tuple[str | None, ...]:
    """The tiers for ``Answer.tiers``. ``None``: a non-standard tier that was requested, but not confirmed."""
    if told in _USUAL and asked == (None, None, None):
        return ()
    found: list[str | None] = []
    for said, wanted in zip(told, asked, strict=True):
        if said is not None:
            if (word := said.lower()) not in _STANDARD:
                found.append(word)
        elif isinstance(wanted, str) and wanted.lower() not in _STANDARD and wanted.lower() != "auto":
            found.append(None)
    return tuple(found)


def load_prices(path: str | None, upstreams: Sequence[Upstream] = ()) -> Prices:
    """The built-in list, preceded by the user's list. Raises ``ConfigError``."""
    builtin, hosts = builtin_list(), {upstream.name: host_of(upstream.base_url) for upstream in upstreams}
    if path is None:
        return Prices([], builtin.as_of, builtin.models, hosts)
    own = read_list(Path(path))
    # A row's snapshots stand behind every name that is spelled out.
    named: dict[str, Price] = {name: row for row in own.models.values() for name in row.snapshots}
    return Prices([{**named, **own.models}], own.as_of, builtin.models, hosts)


def price_warnings(settings: Settings) -> list[str]:
    """One line for each pattern in the user's file that gives models another price than the built-in list."""
    taken: dict[str, list[str]] = {}
    for name, pattern in load_prices(settings.prices).taken() if settings.prices is not None else ():
        taken.setdefault(pattern, []).append(name)
    return [
        f"prices: {pattern} also takes {', '.join(names[:3])}{' and others' if len(names) > 3 else ''}, "
        "for which the built-in list has another price"
        for pattern, names in taken.items()
    ]


def priced(settings: Settings) -> Settings:
    """The settings with a missing judge price filled in, so that its budget can be enforced. Raises ``ConfigError``."""
    prices, judge = load_prices(settings.prices), settings.judge
    if judge is None or judge.price is not None:
        return settings
    price = prices.price(judge.model, host_of(judge.base_url))
    if price is None:
        raise ConfigError([f"judge.price: no price is known for {judge.model!r}, so that its budget could be kept"])
    return settings.model_copy(update={"judge": judge.model_copy(update={"price": price})})
