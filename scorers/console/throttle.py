"""How often an address may be wrong about a token. Pure but for the clock; of bounded size."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

#: Within so many seconds ...
WINDOW = 60.0
#: ... so many addresses are remembered; the one that was wrong longest ago makes way.
_ADDRESSES = 2_000


class Way(StrEnum):
    """How a token was shown: by the login's form, or in a header."""

    FORM = "login"
    HEADER = "Authorization header"


#: Wrong tokens of one address in a window. A program with an old token sends the same one again and again, which is no
#: guess; a form is filled in by hand.
LIMITS = {Way.FORM: 15, Way.HEADER: 30}


@dataclass(frozen=True, slots=True)
class _Wrong:
    at: float
    token: bytes


class Throttle:
    """The wrong tokens of the last minute, by address (of IPv6: by its network of 64 bits)."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: OrderedDict[tuple[Way, str], deque[_Wrong]] = OrderedDict()

    def wait(self, way: Way, address: str) -> float:
        """Seconds until this address is heard again; 0.0 when it is heard."""
        found = self._recent((way, _network(address)))
        if len(found) < LIMITS[way]:
            return 0.0
        return max(0.001, found[0].at + WINDOW - self._clock())

    def wrong(self, way: Way, address: str, digest: bytes) -> int | None:
        """Note a wrong token (its digest); how many of this address there were within a minute. ``None`` when a header
        showed one that it has shown before."""
        key = (way, _network(address))
        found = self._recent(key)
        if way is Way.HEADER and any(each.token == digest for each in found):
            return None
        found.append(_Wrong(self._clock(), digest))
        self._wrong[key] = found
        self._wrong.move_to_end(key)
        while len(self._wrong) > _ADDRESSES:
            self._wrong.popitem(last=False)
        return len(found)

    def _recent(self, key: tuple[Way, str]) -> deque[_Wrong]:
        found = self._wrong.get(key) or deque(maxlen=LIMITS[key[0]])
        while found and found[0].at <= self._clock() - WINDOW:
            found.popleft()
        if not found:
            self._wrong.pop(key, None)
        return found


def _network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
