"""Progress: when work was last finished. The liveness probe uses it, because a running loop may still do nothing."""

from __future__ import annotations

import time


class Progress:
    """Updated whenever work was finished, and also when there was found to be nothing to do."""

    def __init__(self) -> None:
        self._at = time.monotonic()
        #: The progress that we are waiting for, if any: while it advances, we count as advancing too.
        self.behind: Progress | None = None

    def note(self) -> None:
        """Record that work was finished just now."""
        self._at = time.monotonic()

    @property
    def age(self) -> float:
        """Seconds since the last progress."""
        own = time.monotonic() - self._at
        return min(own, self.behind.age) if self.behind is not None else own
