"""Labelled exchanges that were written apart: by authors who had not looked at the scorers. Weights are fitted on them.

``scorers/datasets/ordinary`` holds those that are only measured on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).resolve().parent


def written(name: str) -> Iterator[dict[str, Any]]:
    """The lines of ``<name>.jsonl`` in order: ``id, manner, language, messages, response, label`` (``yes``, ``no``); of
    ``planted*``: ``id, author, kind, context, planted``, and ``language`` of those that are measured alone."""
    with (_FOLDER / f"{name}.jsonl").open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)
