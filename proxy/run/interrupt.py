"""What Ctrl-C does to a command: early on it ends the command at once and silently, later it raises an exception.
Where a command says so, SIGTERM does the same.

Python's default handler raises wherever the main thread is, for example during an import, and prints a traceback. The
event loops of Sightglass replace either handler by their own.
"""

from __future__ import annotations

import os
import signal
from types import FrameType

#: What a shell reports of a command that SIGINT ended.
INTERRUPTED = 130


class Ended(KeyboardInterrupt):
    """A signal ended the command. ``status``: its exit status, as a shell reports it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.status = 128 + number


def ends_quietly() -> None:
    """From now on SIGINT ends the process silently with status 130. A SIGINT that was held back does so at once."""
    signal.signal(signal.SIGINT, _end)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def raises(*more: signal.Signals) -> None:
    """From now on SIGINT raises ``Ended``, also during a blocking read from a terminal. So do the signals of ``more``.

    This does not use Python's default handler: ``asyncio.run`` replaces it by a cancellation, which a blocking read
    never notices.
    """
    for number in (signal.SIGINT, *more):
        signal.signal(number, raise_ended)


def held_back() -> None:
    """Block SIGINT until the program that replaces this one has a handler for it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _end(number: int, frame: FrameType | None) -> None:
    os._exit(INTERRUPTED)


def raise_ended(number: int, frame: FrameType | None) -> None:
    """The handler of ``raises``. Raises ``Ended``."""
    raise Ended(number)
