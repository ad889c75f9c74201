"""Whom requests of ours go to: an upstream of the configuration, with its key for them and its price."""

from __future__ import annotations

import ipaddress
from datetime import date

from proxy.config.offpath import Price
from proxy.config.settings import Settings, Upstream
from proxy.config.values import host_of
from proxy.observe.pricing import Prices, load_prices
from scorers.asking.client import Target

#: Seconds for which a call waits for a quota (429) before that counts as a failed try.
PATIENCE = 300.0


class NoRecipient(Exception):
    """An upstream that cannot be asked; the message is one line, ``reason`` a word for the ledger."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def upstream_of(settings: Settings, name: str) -> Upstream:
    """The upstream of this name. Raises ``NoRecipient``."""
    found = next((upstream for upstream in settings.upstreams if upstream.name == name), None)
    if found is None:
        raise NoRecipient("no_upstream", f"no upstream is named {name!r}")
    return found


def consented(settings: Settings, app: str, name: str) -> bool:
    """Whether text of ``app`` may be sent to the upstream ``name``."""
    return settings.offpath.allowed(app, name)


def target_of(settings: Settings, name: str, model: str, timeout: float = 120.0) -> Target:
    """How the upstream is asked: by its key for requests of ours, else by the key that it has."""
    upstream = upstream_of(settings, name)
    key = upstream.offpath_api_key or upstream.api_key
    secret = key.get_secret_value() if key is not None else None
    return Target(base_url=upstream.base_url, model=model, api_key=secret, timeout=timeout, patience=PATIENCE)


def prices_of(settings: Settings, name: str, model: str) -> Prices:
    """What the upstream's answers cost: its own price, else the price lists; a local endpoint that no list knows costs
    nothing. Raises ``NoRecipient`` where no price is known."""
    upstream = upstream_of(settings, name)
    if upstream.price is not None:
        return Prices([{model: upstream.price}], date.min)
    prices = load_prices(settings.prices, settings.upstreams)
    if prices.price(model, host_of(upstream.base_url)) is not None:
        return prices
    if is_local(host_of(upstream.base_url)):
        return Prices([{model: Price(input=0.0, output=0.0)}], date.min)
    raise NoRecipient("no_price", f"no price is known for {model!r}; set upstreams[].price of {name} (0 is a price)")


def is_local(host: str) -> bool:
    """Whether a host is of one's own machine or network."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))
