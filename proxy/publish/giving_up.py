"""When a batch that the queue does not accept is given up, so that what waits behind it may try."""

from __future__ import annotations

from collections.abc import Callable

from proxy.queue.protocol import REMEMBERED, QueueError, Unwritten

#: Seconds for which a batch is tried that the queue may have got, although it did not say so: well within the time in
#: which a second copy is known to be one.
ABANDON_AFTER = 0.8 * REMEMBERED
#: The share of that time after which it is given up where room is short. Of a batch that would never be accepted, such
#: as one that is larger than what is left of the disk, smaller ones get their turn.
_PRESSED = 1 / 8


class Trials:
    """The trials of one batch. ``clock`` returns seconds.

    While it is certain that nothing of it was written, and there is room for what comes, the batch is kept: dropping it
    would win nothing.
    """

    def __init__(self, clock: Callable[[], float], abandon_after: float) -> None:
        self._clock = clock
        self._abandon_after = abandon_after
        self._began = clock()
        self._doubtful = False

    def failed(self, error: QueueError, pressed: bool) -> bool:
        """Whether to give up after this failure. ``pressed``: little room is left for what comes."""
        self._doubtful = self._doubtful or not isinstance(error, Unwritten)
        waited = self._clock() - self._began
        if self._doubtful and waited > self._abandon_after:
            return True
        return pressed and waited > self._abandon_after * _PRESSED
