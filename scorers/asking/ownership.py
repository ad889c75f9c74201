"""The process that performs a run owns it, and renews that every few seconds. So no second one goes on with the same
run, and a worker closes what a killed process has left.

Runs in files need none of this: the journal is locked while its process lives (``run_store``).
"""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections.abc import Callable, Iterator

from scorers.asking.run_store import Book
from scorers.store.asking import AskStore
from scorers.store.records import StoreError
from scorers.store.runs import RunTaken

#: Seconds for which a run is owned without being renewed, and how often it is.
OWNED = 20.0
_RENEWED = OWNED / 5
#: Seconds after which a run that was left is free for certain; the rest is for a slow store.
LONGEST_WAIT = OWNED + 2.0


@contextlib.contextmanager
def owned(book: Book, run: str, wait: float = 0.0, say: Callable[[str], object] = lambda line: None) -> Iterator[None]:
    """Own a run for as long as the block lasts. A run that has not ended then is stopped, so that it can be resumed.

    Raises ``RunTaken`` when another process owns it, after so many seconds (``wait``) as are needed to see that it was
    not killed, and ``StoreError``. ``say``: called with a line before it waits.
    """
    if not isinstance(book, AskStore):
        yield
        return
    holder = secrets.token_hex(8)
    _take(book, (run, holder), wait, say)
    over = threading.Event()
    renewal = threading.Thread(target=_renew, args=(book, run, holder, over), daemon=True, name="run-owner")
    renewal.start()
    try:
        yield
    finally:
        over.set()
        renewal.join()
        with contextlib.suppress(StoreError):  # it then runs out by itself, and the worker closes the run
            book.leave(run, holder)


def _take(book: AskStore, claim: tuple[str, str], wait: float, say: Callable[[str], object]) -> None:
    run, holder = claim
    until, said = time.monotonic() + wait, False
    while not book.own(run, holder, OWNED):
        if time.monotonic() >= until:
            raise RunTaken(f"{run}: another process performs this run")
        if not said:
            say(f"{run} was performed by another process; up to {wait:.0f} s to see whether it still is")
            said = True
        time.sleep(min(0.5, wait))


def _renew(book: AskStore, run: str, holder: str, over: threading.Event) -> None:
    while not over.wait(_RENEWED):
        with contextlib.suppress(StoreError):
            book.own(run, holder, OWNED)
