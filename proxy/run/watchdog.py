"""Detects a process whose event loop is stuck. The process sends heartbeats, and the supervisor kills it if they stop.

The event loop of the process writes one byte into a pipe each second. After ``PATIENCE`` seconds without a byte, the
supervisor has the process print its stacks (function names, no values), and kills it.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import os
import signal
from collections.abc import Callable

#: Seconds between two beats, and without one until the process is ended.
BEAT, PATIENCE = 1.0, 10.0
#: What a process is told before it is ended; it prints its stacks to stderr, whatever it is at.
LAST_WORDS = signal.SIGUSR2


def beat(pipe: int) -> None:
    """Send heartbeats on ``pipe`` from the running event loop, and prepare to print the stacks."""
    faulthandler.register(LAST_WORDS, all_threads=True)
    os.set_blocking(pipe, False)
    loop = asyncio.get_running_loop()

    def again() -> None:
        with contextlib.suppress(BlockingIOError):  # nobody has read for a while
            try:
                os.write(pipe, b".")
            except BrokenPipeError:  # the supervisor has died, which is found elsewhere
                return
        loop.call_later(BEAT, again)

    again()


class Watch:
    """The supervisor's end. ``stuck`` is called once, if no heartbeat came for ``patience`` seconds after the first."""

    def __init__(self, patience: float, stuck: Callable[[], None]) -> None:
        self._patience = patience
        self._stuck = stuck
        self._loop = asyncio.get_running_loop()
        self._read, self.write = os.pipe()
        os.set_blocking(self._read, False)
        self._loop.add_reader(self._read, self._on_beat)
        self._last: float | None = None
        self._looked = self._loop.time()
        self._timer = self._loop.call_later(patience / 10, self._look)

    def close_write(self) -> None:
        """The process has its end by now."""
        if self.write >= 0:
            os.close(self.write)
            self.write = -1

    def close(self) -> None:
        """The process has ended."""
        self._timer.cancel()
        self._loop.remove_reader(self._read)
        self.close_write()
        os.close(self._read)

    def _on_beat(self) -> None:
        self._last = self._loop.time()
        if not os.read(self._read, 4096):
            self._loop.remove_reader(self._read)

    def _look(self) -> None:
        now = self._loop.time()
        if self._last is not None and now - self._looked > self._patience / 2:
            self._last = now  # it is we who did not run: nobody has read what it said
        self._looked = now
        if self._last is not None and now - self._last > self._patience:
            self._stuck()
            return
        self._timer = self._loop.call_later(self._patience / 10, self._look)
