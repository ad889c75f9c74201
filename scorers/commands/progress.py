"""The calls of a run in a terminal: a bar with what they cost so far, and a line where they are interrupted or broken
off."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from scorers.asking.run_store import Book
from scorers.commands.options import bar
from scorers.store.records import StoreError, StoreUnavailable
from scorers.store.runs import Ask, AskKey, RunState, RunTaken

if TYPE_CHECKING:
    from scorers.benchmarks import conduct as benchmarks
    from scorers.suites import conduct as suites


class AskProgress:
    """A bar with the cost so far; silent where stderr is no terminal."""

    def __init__(self, calls: int) -> None:
        self._bar = bar(calls, " calls")
        self._usd = 0.0
        self._failed = 0

    def told(self, ask: Ask) -> None:
        """Count one result."""
        self._usd += ask.cost_usd or 0.0
        self._failed += ask.state == "failed"
        self._bar.set_postfix_str(f"{self._usd:.4f} USD, {self._failed} failed", refresh=False)
        self._bar.update()

    def close(self) -> None:
        """Wipe it."""
        self._bar.close()


@contextlib.contextmanager
def kept_anyway(book: Book, run: str, keep: Callable[[], object], say: Callable[[str], object]) -> Iterator[None]:
    """``keep`` a run that cannot be resumed with what was asked of it, whatever ends the block before its end: a signal
    at any moment, or a store that failed. Where the store still fails, a worker does it later. A run that another
    process has taken is left to it."""
    whole = taken = False
    try:
        yield
        whole = True
    except RunTaken:
        taken = True
        raise
    finally:
        if not whole and not taken:
            said = f"a worker closes run {run}"
            with contextlib.suppress(StoreError):
                if book.run(run) is None:
                    said = "nothing was asked"
                else:
                    keep()
                    said = f"what was asked until then is kept as {run}"
            say(f"interrupted; {said}")


async def performed(
    command: str,
    conductor: suites.Conductor | benchmarks.Conductor,
    run: str,
    waiting: Sequence[AskKey],
    estimate: float | None,
) -> tuple[str, RunState, str]:
    """Ask what is pending; the run, how it ended, and why."""
    progress = AskProgress(len(waiting))
    conductor.told = progress.told
    try:
        state = await conductor.perform(run, waiting, estimate)
    except (asyncio.CancelledError, KeyboardInterrupt):  # the latter in the midst of a step
        sys.stderr.write(f"sightglass {command}: interrupted; continue with --resume {run}\n")
        raise
    except (OSError, StoreUnavailable):  # whoever gets it says why
        sys.stderr.write(f"sightglass {command}: broken off; continue with --resume {run}\n")
        raise
    finally:
        progress.close()
    return run, state, conductor.why
