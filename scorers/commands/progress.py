"""The calls of a run in a terminal: a bar with what they cost so far, and a line where they are interrupted."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from scorers.commands.options import bar
from scorers.store.records import StoreUnavailable
from scorers.store.runs import Ask, AskKey, RunState

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
    except asyncio.CancelledError:
        sys.stderr.write(f"sightglass {command}: interrupted; continue with --resume {run}\n")
        raise
    except (OSError, StoreUnavailable):  # whoever gets it says why
        sys.stderr.write(f"sightglass {command}: broken off; continue with --resume {run}\n")
        raise
    finally:
        progress.close()
    return run, state, conductor.why
