"""One line in the log for each outage, not one for each try."""

from __future__ import annotations

import logging


class Outage:
    """What waits while the store does not answer. ``said`` is the beginning of the line."""

    def __init__(self, log: logging.Logger, level: int, said: str) -> None:
        self._log = log
        self._level = level
        self._said = said
        self._told = False

    def told(self, error: Exception) -> None:
        """A try failed."""
        if not self._told:
            self._log.log(self._level, "%s: %s", self._said, error)
        self._told = True

    def over(self) -> None:
        """A try succeeded: the next failure is another outage."""
        self._told = False
