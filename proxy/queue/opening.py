"""Which queue the Settings mean."""

from __future__ import annotations

from pathlib import Path

from proxy.queue.protocol import SampleQueue
from proxy.queue.sqlite import SqliteQueue
from proxy.settings import Settings


def open_queue(settings: Settings, data_dir: Path) -> SampleQueue:
    """The queue that ``settings.queue`` names; nothing is connected to yet. Raises ``ConfigError``."""
    return SqliteQueue(data_dir / "queue.db", settings.limits.queue_bytes)
