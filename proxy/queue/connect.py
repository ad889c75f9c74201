"""Chooses the queue named in Settings. Modules that only one queue needs are imported only for that queue."""

from __future__ import annotations

import importlib
from pathlib import Path

from proxy.config.settings import Settings
from proxy.queue.protocol import SampleQueue
from proxy.queue.sqlite import SqliteQueue


def open_queue(settings: Settings, data_dir: Path, timeout: float = 0.25) -> SampleQueue:
    """The queue that ``settings.queue`` names, not yet connected. ``timeout``: seconds for a call to Redis.

    Raises ``ConfigError``.
    """
    if settings.queue == "sqlite":
        return SqliteQueue(data_dir / "queue.db", settings.limits.queue_bytes)
    made: SampleQueue = importlib.import_module("proxy.queue.redis").RedisQueue(
        settings.queue, settings.limits.queue_bytes, timeout
    )
    return made
