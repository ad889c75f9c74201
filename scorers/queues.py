"""The queue that the settings name, opened for a command."""

from __future__ import annotations

from proxy.errors import ConfigError
from proxy.processes import private_folder
from proxy.queue.protocol import SampleQueue
from proxy.queue.sqlite import SqliteQueue
from proxy.settings import Settings


def open_queue(settings: Settings) -> SampleQueue:
    """The queue, to be closed by the caller. Raises ``ConfigError``."""
    if settings.queue != "sqlite":
        raise ConfigError(["queue: only sqlite is built in this version"])
    return SqliteQueue(private_folder(settings.data_dir) / "queue.db", settings.limits.queue_bytes)
