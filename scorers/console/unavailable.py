"""What the log says while the store is away: one line a minute, not one for each page that somebody opens."""

from __future__ import annotations

import logging
import math
import time

log = logging.getLogger("sightglass.console")

#: Seconds between two lines.
_EVERY = 60.0


class Unavailable:
    """Tells the log of an outage. One for a console."""

    def __init__(self) -> None:
        self._told_at = -math.inf

    def tell(self, error: Exception) -> None:
        """A request could not be answered."""
        if time.monotonic() - self._told_at >= _EVERY:
            self._told_at = time.monotonic()
            log.warning("the store is unavailable: %s", error)


#: That of this process.
UNAVAILABLE = Unavailable()
