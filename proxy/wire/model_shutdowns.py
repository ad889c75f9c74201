"""Shutdown dates of models, read from a provider's model list. Sans-I/O.

Sources: openai-python 3.57.0 ``Model.shutdown_date``; anthropic-sdk-python 2.14.0 ``ModelInfo.retires_at``;
openrouter.ai "List all models" ``expiration_date``.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from proxy.wire.facts import Facts, items, load, text

_WORDS = ("shutdown_date", "retires_at", "expiration_date")
#: A list without any of these words says of no model when it ends, and is not parsed.
_MARKS = tuple(f'"{word}"'.encode() for word in _WORDS)
_MOST = 2000


def take_shutdowns(data: bytes, facts: Facts) -> None:
    """Add the shutdown date of each listed model to ``facts``: Unix seconds, or ``None`` if none is announced."""
    if not any(mark in data for mark in _MARKS):
        return
    doc = load(data)
    listed = items(doc, "data") or ([doc] if isinstance(doc, dict) else [])
    facts.shutdowns = dict(_dates(listed[:_MOST]))
    facts.shutdowns_dropped = len(listed[_MOST:])


def _dates(listed: list[dict[str, Any]]) -> Iterator[tuple[str, float | None]]:
    for item in listed:
        name = text(item, "id")
        if name:
            yield name, next((at for word in _WORDS if (at := _moment(item.get(word))) is not None), None)


def _moment(value: object) -> float | None:
    """Unix seconds of an ISO 8601 date (midnight UTC) or timestamp; ``None`` for anything else."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
