"""SIGHUP in a worker: the configuration is read again. Where that changes what the worker uses, it finishes its batch
and starts again in place, so that its figures and its own requests follow the same configuration as the proxy's.

A file that is invalid, or changes what only a restart may change, leaves the worker as it is, and the log says why.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable
from pathlib import Path

from proxy.config.reload import concerns_worker, fixed
from proxy.config.settings import Settings
from proxy.errors import ConfigError
from proxy.run.processes import on_signal

log = logging.getLogger("sightglass.worker")


def hold_back() -> None:
    """Keep SIGHUP waiting until ``Reload.listen``, also across a start in place: by default it ends a process."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})


class Reload:
    """Whether the worker is to start again. ``reread`` reads the configuration. Raises ``ConfigError``."""

    def __init__(self, settings: Settings, reread: Callable[[], Settings]) -> None:
        self._settings = settings
        self._reread = reread
        self._prices = _prices(settings)
        #: Whether a start in place follows when the worker has stopped.
        self.wanted = False

    def listen(self, stop: asyncio.Event) -> None:
        """Take SIGHUP from now on; ``stop`` is set when the worker is to start again."""
        on_signal(signal.SIGHUP, self._read, stop)

    def _read(self, stop: asyncio.Event) -> None:
        if stop.is_set():
            return
        try:
            settings = self._reread()
        except ConfigError as error:
            for problem in error.problems:
                log.error("the configuration was not reloaded: %s", problem)
            return
        changed = concerns_worker(self._settings, settings) or _prices(settings) != self._prices
        keys = fixed(self._settings, settings)
        if keys and changed:
            log.warning(
                "the worker keeps its configuration; these keys take effect after a restart: %s", ", ".join(keys)
            )
        elif changed:
            log.info("the configuration was reloaded: the worker starts again with it")
            self.wanted = True
            stop.set()


def _prices(settings: Settings) -> bytes:
    """What the user's price file holds."""
    try:
        return Path(settings.prices).read_bytes() if settings.prices is not None else b""
    except OSError:
        return b""
