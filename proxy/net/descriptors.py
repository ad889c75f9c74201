"""File descriptors: how many there may be, and whether they are about to run out.

The system gives the lowest number that is free, so that the number of a new socket says how many are in use. New
clients are refused while there is a reserve of two parts, new upstream connections while there is one: queue, log and
metrics go on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
from dataclasses import dataclass, field

log = logging.getLogger("sightglass.proxy")

#: No process is given more; what it costs to have them all is known.
_MOST = 65_536
#: Seconds between two lines of the log.
_SILENCE = 60.0


@dataclass(slots=True)
class Descriptors:
    """Those of one process. ``limit`` is the soft limit at its start."""

    limit: int = field(default_factory=lambda: resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    _told: float | None = None

    @property
    def part(self) -> int:
        """One part of the reserve."""
        return min(64, max(8, self.limit // 16))

    def few_for(self, transport: asyncio.BaseTransport, parts: int) -> bool:
        """Whether this connection has eaten into a reserve of so many parts. It is said once in a while."""
        connection = transport.get_extra_info("socket")
        if self.limit == resource.RLIM_INFINITY or connection is None:
            return False
        if connection.fileno() < self.limit - parts * self.part:
            return False
        self.tell()
        return True

    def tell(self) -> None:
        """Say that there are none left, once a minute at most."""
        now = asyncio.get_running_loop().time()
        if self._told is None or now - self._told > _SILENCE:
            self._told = now
            log.error(
                "file descriptors run out (the limit is %d): requests are refused with 503 until some are free; "
                "raise it with ulimit -n or LimitNOFILE",
                self.limit,
            )


#: This process's.
descriptors = Descriptors()


def raise_limit() -> None:
    """As many as the system allows without asking: the soft limit of many systems is from another time."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST if hard == resource.RLIM_INFINITY else min(hard, _MOST)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    descriptors.limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
