"""What a running process takes over when its configuration is read again, and what only a restart changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from proxy.config.settings import Settings

#: Keys that a running process cannot change; all others take effect on SIGHUP. A part of a section stands with a dot.
RESTART_KEYS = (
    "listen",
    "metrics_listen",
    "console_listen",
    "console_token",
    "console_tokens",
    "data_dir",
    "queue",
    "store",
    "retention",
    "content",
    "scorers",
    "judge",
    "drift",
    "processes",
    "access_log",
    "task_idle_seconds",
    "redaction",
    "evidence",
    "offpath",
    "experiments",
    "stability",
    "probes",
    "traceparent_header",
    "limits.drain_seconds",
    "limits.ring_bytes",
    "limits.queue_bytes",
)
#: Keys of the others that a worker uses.
_OF_WORKER = ("apps", "models", "upstreams", "prices", "scorer_processes", "limits.scorer_memory_bytes")


def fixed(before: Settings, after: Settings) -> list[str]:
    """The keys that changed and take effect only after a restart."""
    return _changed(before, after, RESTART_KEYS)


def kept(before: Settings, after: Settings, keys: Iterable[str]) -> Settings:
    """``after``, with ``keys`` as they were ``before``."""
    for key in keys:
        section, _, part = key.partition(".")
        value = getattr(before, section)
        if part:
            value = getattr(after, section).model_copy(update={part: getattr(value, part)})
        after = after.model_copy(update={section: value})
    return after


def concerns_worker(before: Settings, after: Settings) -> bool:
    """Whether a key changed that a worker uses and that needs no restart of everything."""
    return bool(_changed(before, after, _OF_WORKER))


def _changed(before: Settings, after: Settings, keys: Iterable[str]) -> list[str]:
    return [key for key in keys if _value(before, key) != _value(after, key)]


def _value(settings: Settings, key: str) -> Any:  # noqa: ANN401 - a value of any key
    found: Any = settings
    for name in key.split("."):
        found = getattr(found, name)
    return found
