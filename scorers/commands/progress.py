"""A bar over the calls of a run, with what they cost so far."""

from __future__ import annotations

from scorers.commands.options import bar
from scorers.store.runs import Ask


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
