"""What Ctrl-C does to a command: at first it ends it at once and quietly, later it is an exception like any other.

Python's own handler raises wherever the main thread stands, while modules are imported for instance, and prints a
traceback. An event loop of ours replaces either handler by its own.
"""

from __future__ import annotations

import os
import signal
from types import FrameType

#: What a shell reports of a command that SIGINT ended.
INTERRUPTED = 130


def ends_quietly() -> None:
    """From here on SIGINT ends the process with status 130 and says nothing; one that was held back does so now."""
    signal.signal(signal.SIGINT, _end)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def raises() -> None:
    """From here on SIGINT raises ``KeyboardInterrupt``, also while a read from a terminal is waited for.

    Not by Python's default handler: ``asyncio.run`` replaces that one by a cancellation, which a blocking read never
    sees."""
    signal.signal(signal.SIGINT, _raise)


def held_back() -> None:
    """Hold SIGINT back until the program that replaces this one has a handler for it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _end(number: int, frame: FrameType | None) -> None:
    os._exit(INTERRUPTED)


def _raise(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
