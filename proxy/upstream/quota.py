"""How much of a provider's quota is left, as an answer's headers say. Pure.

OpenAI and most others send ``x-ratelimit-limit-KIND`` and ``x-ratelimit-remaining-KIND`` (requests, tokens, ...),
Anthropic ``anthropic-ratelimit-KIND-limit`` and ``...-remaining``. A kind without a limit tells only that nothing is
left.
"""

from __future__ import annotations

from proxy.config.settings import Settings
from proxy.upstream.fast_head import Head

_OPENAI, _ANTHROPIC = b"x-ratelimit-", b"anthropic-ratelimit-"
_LIMIT, _REMAINING = b"limit", b"remaining"
#: More kinds than any provider has; the rest of a longer list is not read.
_MOST = 16


def quota_left(head: Head) -> float | None:
    """The smallest share of a quota that is left (0 to 1); ``None`` where the answer does not say."""
    shares = [share for kind in _told(head).values() if (share := _share(kind)) is not None]
    return min(shares, default=None)


def requests_left(head: Head) -> float | None:
    """How many requests are left, as the answer says; ``None`` where it does not."""
    return _told(head).get(b"requests", {}).get(_REMAINING)


def _told(head: Head) -> dict[bytes, dict[bytes, float]]:
    """Kind -> limit and remaining."""
    if head.block is not None and b"ratelimit-" not in head.block.lower():
        return {}
    told: dict[bytes, dict[bytes, float]] = {}
    for name, value in head.headers:
        found = _kind(name.lower())
        if found is not None and len(told) < _MOST and (number := _number(value)) is not None:
            told.setdefault(found[0], {})[found[1]] = number
    return told


def _kind(name: bytes) -> tuple[bytes, bytes] | None:
    """(the kind of quota, limit or remaining) of a header."""
    if name.startswith(_OPENAI):
        which, _, kind = name.removeprefix(_OPENAI).partition(b"-")
    elif name.startswith(_ANTHROPIC):
        kind, _, which = name.removeprefix(_ANTHROPIC).rpartition(b"-")
    else:
        return None
    return (kind, which) if which in (_LIMIT, _REMAINING) else None


def _number(value: bytes) -> float | None:
    digits = value.strip()
    return float(digits) if digits.isdigit() and len(digits) <= 15 else None


def _share(kind: dict[bytes, float]) -> float | None:
    left, limit = kind.get(_REMAINING), kind.get(_LIMIT)
    if left is None:
        return None
    if not limit:
        return 0.0 if left == 0 else None
    return min(1.0, left / limit)


def shared_quotas(settings: Settings) -> frozenset[str]:
    """The upstreams whose quota requests of our own would share with production."""
    asked = bool(settings.offpath.apps)
    return frozenset(upstream.name for upstream in settings.upstreams if asked and upstream.offpath_api_key is None)
