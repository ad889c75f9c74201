"""File descriptors: how many are allowed, and whether they are about to run out.

The system assigns the lowest free number, so the number of a new socket shows how many are in use. The reserve has two
parts. New clients are refused when the first part is reached, new upstream connections when the second is. The queue,
the log and the metrics keep working.
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
    """The file descriptors of one process. ``limit`` is the soft limit at its start."""

    limit: int = field(default_factory=lambda: resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    _told: float | None = None

    @property
    def part(self) -> int:
        """One part of the reserve."""
        return min(64, max(8, self.limit // 16))

    def few_for(self, transport: asyncio.BaseTransport, parts: int) -> bool:
        """Whether this connection uses the reserve of this number of parts. Logged at most once a minute."""
        connection = transport.get_extra_info("socket")
        if self.limit == resource.RLIM_INFINITY or connection is None:
            return False
        if connection.fileno() < self.limit - parts * self.part:
            return False
        self.tell()
        return True

    def tell(self) -> None:
        """Log that no descriptors are left, at most once a minute."""
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
    """Raise the soft limit to the hard limit, up to ``_MOST``. The default of many systems is too low today."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST if hard == resource.RLIM_INFINITY else min(hard, _MOST)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    descriptors.limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
