"""Production first: when requests of our own must wait, and with whose key and price an upstream is asked.

Where an upstream has no ``offpath_api_key``, its quota is production's. Then nothing is asked for five minutes after
production got a 429 there, and while less than a fifth of the quota is left, as production's answers and ours say.
Where answers say how many requests are left, production also keeps as many as it makes in a minute at its highest pace
of the last one. Who was told to go ahead since then counts as having used a request.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import date

from proxy.config.offpath import Price
from proxy.config.settings import Settings, Upstream
from proxy.config.values import host_of
from proxy.observe.pricing import Prices, load_prices
from proxy.upstream.quota import shared_quotas
from scorers.asking.client import Client, QuotaTold, Target
from scorers.judge.client import endpoint
from scorers.store.asking import AskStore
from scorers.store.pressure import LIMITED_SECONDS, TOLD_SECONDS

#: Less than this share of a quota is production's alone.
LEAST_LEFT = 0.2
#: Production's pace is the highest of any so many seconds of the last minute: its rows come late at times, and it may
#: stop for a moment. What is asked beside is left aside.
_MINUTE, _SPANS, _IN_FLIGHT = 60.0, (5.0, 15.0), 4
#: Leaves to ask that are remembered for an upstream.
_MOST_LEAVES = 10_000
#: How long an answer of the store is taken for true, in seconds.
_FRESH = 0.5
#: Clients that are kept open; the one that was not used for longest is closed.
_MOST_CLIENTS = 32


class ProductionFirst:
    """Whether an upstream may be asked now. ``clock`` returns Unix seconds; ``shared``: the upstreams whose quota is
    production's, where that does not follow from the configuration alone."""

    def __init__(
        self,
        store: AskStore,
        settings: Settings,
        clock: Callable[[], float] = time.time,
        shared: frozenset[str] | None = None,
    ) -> None:
        self._store = store
        self._shared = shared_quotas(settings) if shared is None else shared
        self._clock = clock
        self._known: dict[str, tuple[float, str | None]] = {}
        #: When each question was let through, by upstream. The caller's answers have not told of the newest yet.
        self._leaves: dict[str, deque[float]] = {}

    async def waits(self, upstream: str, told: QuotaTold | None = None) -> str | None:
        """Why the upstream must not be asked now, in words; ``None`` when it may, once.

        ``told``: what an answer to us said of the quota. Raises ``StoreError``.
        """
        if upstream not in self._shared:
            return None
        why = await self._why(upstream, told)
        if why is None:
            self._leaves.setdefault(upstream, deque(maxlen=_MOST_LEAVES)).append(self._clock())
        return why

    async def _why(self, upstream: str, told: QuotaTold | None) -> str | None:
        now = self._clock()
        fresh = told is not None and -_MINUTE < now - told.at < TOLD_SECONDS
        if told is not None and fresh and told.share < LEAST_LEFT:
            return _quota(upstream, told.share)
        at, why = self._known.get(upstream, (0.0, None))
        if not 0 <= now - at < _FRESH:
            why = await asyncio.to_thread(self._look, upstream, now)
            self._known[upstream] = (now, why)
        if why is None and told is not None and fresh and told.requests is not None:
            times = await asyncio.to_thread(self._store.recent, upstream, now - _MINUTE - max(_SPANS))
            return self._keeps(upstream, told.requests, told.at, sorted(times))
        return why

    def _keeps(self, upstream: str, left: float, at: float, times: list[float]) -> str | None:
        """Whether production needs what is left of the quota for the next minute. ``times``: of its requests."""
        pace = pace_of(times, self._clock())
        asked = sum(leave >= at for leave in self._leaves.get(upstream, ()))
        left -= _since(times, at) + asked + _IN_FLIGHT
        if left > pace:
            return None
        said = f"about {max(0.0, left):.0f} requests of the quota of {upstream} are left"
        return f"{said}; production makes {pace:.0f} a minute"

    def _look(self, upstream: str, now: float) -> str | None:
        found = self._store.pressure(upstream, now)
        if found.limited_at is not None and now - found.limited_at < LIMITED_SECONDS:
            return f"production got a 429 from {upstream}; asking waits five minutes after it"
        if found.quota_left is not None and found.quota_left < LEAST_LEFT:
            return _quota(upstream, found.quota_left)
        return None


def pace_of(times: Sequence[float], now: float) -> float:
    """Requests a minute: those of the last minute, or the highest pace of any ``_SPANS`` in it. ``times``: Unix s,
    sorted, of somewhat more than the last minute."""
    pace = float(_since(times, now - _MINUTE))
    for span in _SPANS:
        first = 0
        for place, time_ in enumerate(times):
            while times[first] < time_ - span:
                first += 1
            if time_ > now - _MINUTE:  # so many intervals of so many requests; one request has no pace
                pace = max(pace, (place - first) * _MINUTE / span)
    return pace


def _since(times: Iterable[float], at: float) -> int:
    return sum(time_ > at for time_ in times)


async def until_free(
    first: ProductionFirst, upstream: str, client: Client, say: Callable[[str], object], every: float = 1.0
) -> None:
    """Return when the upstream may be asked. ``say`` gets the reason once, where there is one to wait. Raises
    ``StoreError``."""
    told = False
    while (why := await first.waits(upstream, client.quota_told)) is not None:
        if not told:
            say(why)
            told = True
        await asyncio.sleep(every)


def _quota(upstream: str, left: float) -> str:
    return f"{left:.0%} of the quota of {upstream} is left; asking waits while it is below {LEAST_LEFT:.0%}"


def upstream_at(settings: Settings, base_url: str, api_key: str | None) -> str | None:
    """The upstream of production whose quota is used by who asks ``base_url`` with this key; ``None``: there is none.

    Another key than the upstream's has a quota of its own. An upstream without a key gets those of clients.
    """
    for upstream in settings.upstreams:
        own = upstream.api_key.get_secret_value() if upstream.api_key is not None else None
        if endpoint(upstream.base_url) == endpoint(base_url) and own in (None, api_key):
            return upstream.name
    return None


def prices_of(settings: Settings, upstream: Upstream, model: str) -> Prices:
    """The prices for requests of our own: that of the upstream, else the lists. Raises ``ConfigError``."""
    if upstream.price is not None:
        return Prices([{model: upstream.price, "*": upstream.price}], date.min)
    return load_prices(settings.prices, settings.upstreams)


class Clients:
    """Clients by (upstream, model), with the key for requests of our own. Used on one loop."""

    def __init__(self, settings: Settings, timeout: float = 120.0, tries: int = 3) -> None:
        self._settings = settings
        self._upstreams = {upstream.name: upstream for upstream in settings.upstreams}
        self._timeout, self._tries = timeout, tries
        self._open: dict[tuple[str, str], Client] = {}
        self._lists = load_prices(settings.prices, settings.upstreams)

    def has_price(self, upstream: str, model: str) -> bool:
        """Whether the cost of this model at this upstream is known."""
        return self.price(upstream, model) is not None

    def price(self, upstream: str, model: str) -> Price | None:
        """The price of this model at this upstream; ``None`` where it is not known."""
        found = self._upstreams.get(upstream)
        if found is None:
            return None
        return found.price if found.price is not None else self._lists.price(model, host_of(found.base_url))

    def base_url(self, upstream: str) -> str | None:
        """The address of an upstream; ``None`` for one that the configuration does not have."""
        found = self._upstreams.get(upstream)
        return None if found is None else found.base_url

    def knows(self, upstream: str) -> bool:
        """Whether the configuration still has this upstream."""
        return upstream in self._upstreams

    def get(self, upstream: str, model: str) -> Client:
        """The client of one arm. Raises ``KeyError`` for an upstream that the configuration does not have."""
        client = self._open.pop((upstream, model), None)
        if client is None:
            found = self._upstreams[upstream]
            key = found.offpath_api_key or found.api_key
            target = Target(
                base_url=found.base_url,
                model=model,
                api_key=key.get_secret_value() if key is not None else None,
                timeout=self._timeout,
                tries=self._tries,
            )
            client = Client(target, self._lists if found.price is None else prices_of(self._settings, found, model))
        self._open[upstream, model] = client
        return client

    async def trim(self) -> None:
        """Close what is open beyond the bound. To be called while nothing is asked."""
        while len(self._open) > _MOST_CLIENTS:
            await self._open.pop(next(iter(self._open))).close()

    async def close(self) -> None:
        """Close all connections."""
        while self._open:
            await self._open.popitem()[1].close()
