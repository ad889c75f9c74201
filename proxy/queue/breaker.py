"""A circuit breaker: after a failure nobody tries for a while, then one caller does, and its luck decides for all."""

from __future__ import annotations

from collections.abc import Callable


class Breaker:
    """Closed, open or half open. ``clock`` gives seconds; the pause doubles from ``shortest`` to ``longest`` seconds.

    Whoever was admitted says how it went with exactly one of ``succeeded``, ``failed`` and ``left``.
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
        """Whether the caller may try. While the breaker is half open only the one probe may."""
        if not self._pause:
            return True
        if self._probing or self._clock() < self._until:
            return False
        self._probing = True
        return True

    def succeeded(self) -> None:
        """Everybody may try again."""
        self._pause, self._probing = 0.0, False

    def failed(self) -> None:
        """Nobody tries until the pause is over. Failures of callers that were admitted together count once."""
        if self._pause and not self._probing:
            return
        self._pause = min(max(self._shortest, self._pause * 2), self._longest)
        self._until = self._clock() + self._pause
        self._probing = False

    def left(self) -> None:
        """The caller was cancelled and knows nothing: the next one may probe."""
        self._probing = False
