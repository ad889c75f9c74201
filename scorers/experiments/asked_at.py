"""Whom the arms of a run have asked, and at what price: two providers, or two prices, are never in one figure.

An upstream is a name, and what stands behind it may change while an experiment runs. Another address is another
provider, so the run ends. At another price answers are what they were: the run goes on, and only ``cost`` begins anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from proxy.config.offpath import Price
from proxy.config.values import host_of
from scorers.asking.manners import Clients
from scorers.experiments.enrol import Arm
from scorers.judge.client import endpoint

#: In the plan of a run: whom it has asked, and the number of the first pair whose cost counts.
ASKED, COST_FROM = "arms", "cost_from"
#: Arms that are remembered.
_MOST = 100


def address(base_url: str) -> dict[str, str]:
    """What tells an address from another, without what in it may be a key."""
    return {"host": host_of(base_url), "address": _digest(endpoint(base_url))}


def newly_asked(plan: Mapping[str, Any], arms: Iterable[Arm], clients: Clients) -> list[dict[str, Any]] | None:
    """All that the run has asked with ``arms``, for its plan; ``None`` where nothing is new."""
    known = {(own["upstream"], own["model"]): own for own in plan.get(ASKED, ())}
    before = len(known)
    for arm in arms:
        if (arm.upstream, arm.model) not in known and len(known) < _MOST:
            known[arm.upstream, arm.model] = _asked(arm, clients)
    return list(known.values()) if len(known) > before else None


def moved(plan: Mapping[str, Any], clients: Clients) -> str | None:
    """Which upstream has another address than when the run asked it, in words; ``None``: none has."""
    for own in plan.get(ASKED, ()):
        now = clients.base_url(own["upstream"])
        if now is not None and address(now)["address"] != own["address"]:
            return f"{own['upstream']} was {own['host']}, and has another address now ({host_of(now)})"
    return None


def repriced(plan: Mapping[str, Any], clients: Clients) -> tuple[list[dict[str, Any]], str] | None:
    """What the run has asked, with the prices of now, and which have changed, in words; ``None``: none has."""
    before = plan.get(ASKED, ())
    # What has no price now, or is no more there, is asked no more.
    now = [_asked(Arm(own["upstream"], own["model"]), clients) for own in before]
    changed = [new for old, new in zip(before, now, strict=True) if new["price"] not in (None, old["price"])]
    if not changed:
        return None
    kept = [old if new["price"] is None else new for old, new in zip(before, now, strict=True)]
    return kept, ", ".join(f"{own['model']} at {own['upstream']}" for own in changed)


def _asked(arm: Arm, clients: Clients) -> dict[str, Any]:
    price = clients.price(arm.upstream, arm.model)
    told = {"upstream": arm.upstream, "model": arm.model, "price": None if price is None else _priced(price)}
    return {**told, **address(clients.base_url(arm.upstream) or "")}


def _priced(price: Price) -> str:
    return _digest(orjson.dumps(price.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS).decode())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
