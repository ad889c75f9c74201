"""How the demonstration stops: SIGINT and SIGTERM raise ``KeyboardInterrupt``, but never between steps that belong
together.

This module imports nothing heavy, so that it is active before everything else.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopping:
    """The handler of both signals."""

    def __init__(self) -> None:
        self._held = 0
        self._asked = False

    def install(self) -> None:
        """From now on a signal raises ``KeyboardInterrupt`` in the main thread."""
        for number in _SIGNALS:
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._held:
            self._asked = True
        else:
            raise KeyboardInterrupt

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """A signal waits until the block has ended: a process that was started must be on the list of those to stop."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
        if self._asked and not self._held:
            self._asked = False
            raise KeyboardInterrupt

    @staticmethod
    def ignore() -> None:
        """The demonstration is ending. A second Ctrl-C must not leave a process behind."""
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)


STOPPING = Stopping()
