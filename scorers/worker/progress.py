"""Progress: when something was last finished. Liveness is made of it, for a loop that turns may still do nothing."""

from __future__ import annotations

import time


class Progress:
    """Noted whenever something was finished, and also when it was found that there is nothing to do."""

    def __init__(self) -> None:
        self._at = time.monotonic()
        #: Whoever we wait for, while we do: as long as that one moves, so do we.
        self.behind: Progress | None = None

    def note(self) -> None:
        """Something was finished just now."""
        self._at = time.monotonic()

    @property
    def age(self) -> float:
        """Seconds since then."""
        own = time.monotonic() - self._at
        return min(own, self.behind.age) if self.behind is not None else own
