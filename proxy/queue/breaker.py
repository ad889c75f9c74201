"""A circuit breaker: after a failure all callers pause. Then one caller probes, and its result decides for all."""

from __future__ import annotations

from collections.abc import Callable


class Breaker:
    """Closed, open or half open. ``clock`` returns seconds. The pause doubles from ``shortest`` to ``longest`` seconds.

    Each admitted caller reports its result with exactly one of ``succeeded``, ``failed`` and ``left``.
    """

    def __init__(self, clock: Callable[[], float], shortest: float = 0.25, longest: float = 1.0) -> None:
        self._clock = clock
        self._shortest, self._longest = shortest, longest
        self._pause = 0.0
        self._until = 0.0
        self._probing = False

    def __repr__(self) -> str:
        state = "closed" if not self._pause else "half open" if self._probing else "open"
        return f"<Breaker {state}>"

    def admit(self) -> bool:
        """Whether the caller may try. While the breaker is half open, only one probe may."""
        if not self._pause:
            return True
        if self._probing or self._clock() < self._until:
            return False
        self._probing = True
        return True

    def succeeded(self) -> None:
        """Close the breaker: all callers may try again."""
        self._pause, self._probing = 0.0, False

    def failed(self) -> None:
        """Open the breaker until the pause is over. Failures of callers admitted together count once."""
        if self._pause and not self._probing:
            return
        self._pause = min(max(self._shortest, self._pause * 2), self._longest)
        self._until = self._clock() + self._pause
        self._probing = False

    def left(self) -> None:
        """The caller was cancelled without a result: the next caller may probe."""
        self._probing = False
