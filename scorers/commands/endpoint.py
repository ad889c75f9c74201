"""What commands that ask a model share: the endpoint's key, and what its answers cost."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

from proxy.config.offpath import Price
from proxy.config.settings import Settings
from proxy.config.values import host_of, http_url
from proxy.observe.identity import counted_mark, load_secret
from proxy.observe.pricing import Prices, load_prices
from scorers.asking.client import Client
from scorers.asking.manners import ProductionFirst, until_free, upstream_at
from scorers.asking.recipient import is_local
from scorers.commands.options import WrongUsage
from scorers.judge.client import endpoint as endpoint_url
from scorers.store.runs import Run
from scorers.store.store import Store

#: USD for a million tokens, above which a price is a slip of the pen.
_MOST_USD = 1e6


def api_key(name: str | None) -> str | None:
    """The key for the endpoint, from the environment. Raises ``WrongUsage``."""
    if name is not None and name not in os.environ:
        raise WrongUsage(f"--api-key-env: the environment has no variable {name!r}")
    name = name or "OPENAI_API_KEY"
    key = os.environ.get(name, "").strip()
    if not (key.isascii() and (key.isprintable() or not key)):
        raise WrongUsage(f"{name}: expected an API key of printable ASCII characters, found others")
    return key or None


def as_begun(run: Run, base_url: str) -> None:
    """Raise ``WrongUsage`` where a run was begun at another address: two providers are never in one figure."""
    begun = run.plan.get("base_url")
    if begun is not None and endpoint_url(begun) != endpoint_url(base_url):
        raise WrongUsage(f"--resume {run.id}: it was begun with --base-url {begun}, not {base_url}")


def counted(settings: Settings, store: Store | None) -> str | None:
    """What tells the own proxy that the worker counts the requests; ``None`` where a run is not in the store."""
    secret = Path(settings.data_dir) / "secret"
    return counted_mark(load_secret(secret)) if store is not None and secret.is_file() else None


def check(arguments: argparse.Namespace) -> None:
    """Fill in the base URL from the environment; look at it, at the model and the time-out. Raises ``WrongUsage``."""
    if not arguments.model.strip():
        raise WrongUsage("--model: expected the name of a model, found none")
    if not arguments.timeout > 0:
        raise WrongUsage(f"--timeout: expected seconds above 0, found {arguments.timeout:g}")
    arguments.base_url = arguments.base_url or os.environ.get("OPENAI_BASE_URL")
    if not arguments.base_url:
        raise WrongUsage("--base-url: missing; give the base URL of an endpoint, or set OPENAI_BASE_URL")
    try:
        http_url(arguments.base_url, "an endpoint")
    except ValueError as error:
        raise WrongUsage(f"--base-url: {error}") from None


def production_first(
    settings: Settings, store: Store | None, client: Client, command: str
) -> Callable[[], Awaitable[None]] | None:
    """What is awaited before each case where the endpoint is an upstream of production with the same key; ``None``
    where there is nothing to wait for, or no store that tells of production."""
    name = upstream_at(settings, client.target.base_url, client.target.api_key)
    if store is None or name is None:
        return None
    first = ProductionFirst(store.asking, settings, shared=frozenset({name}))

    def say(why: str) -> None:
        sys.stderr.write(f"sightglass {command}: waiting: {why}\n")

    return lambda: until_free(first, name, client, say)


def _own_price(arguments: argparse.Namespace, settings: Settings) -> Price | None:
    """``upstreams[].price`` of the endpoint: of the upstream that takes this model, else of the first that stands
    there."""
    url = endpoint_url(arguments.base_url)
    there = [item for item in settings.upstreams if endpoint_url(item.base_url) == url and item.price is not None]
    taking = (item for item in there if any(fnmatchcase(arguments.model, pattern) for pattern in item.models))
    chosen = next(taking, there[0] if there else None)
    return chosen.price if chosen is not None else None


def prices(arguments: argparse.Namespace, settings: Settings, command: str) -> Prices:
    """What the model's answers cost: ``--price``, else the price of the upstream that the endpoint is, else the price
    lists. A local endpoint that no list knows is free; any other one does not start."""
    if arguments.price is not None:
        try:
            given = [float(part) for part in arguments.price.split(",")]
            if len(given) != 2 or max(given) > _MOST_USD:
                raise ValueError
            price = Price(input=given[0], output=given[1])
        except ValueError:
            raise WrongUsage(f"--price: expected IN,OUT in USD, such as 0.15,0.6, found {arguments.price!r}") from None
        return Prices([{arguments.model: price}], date.min)
    own = _own_price(arguments, settings)
    if own is not None:
        return Prices([{arguments.model: own}], date.min)
    listed = load_prices(settings.prices, settings.upstreams)
    if listed.price(arguments.model, host_of(arguments.base_url)) is not None:
        return listed
    if not is_local(host_of(arguments.base_url)):
        raise WrongUsage(f"--model: no price is known for {arguments.model!r}; give it with --price IN,OUT")
    sys.stderr.write(
        f"sightglass {command}: no price is known for {arguments.model!r}; "
        "the endpoint is local, so the price is taken as 0 USD\n"
    )
    return Prices([{arguments.model: Price(input=0.0, output=0.0)}], date.min)
