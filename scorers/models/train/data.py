"""Reading the labelled data folder and its figures: rows of a set, the threshold for a specificity, shares."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any


def folder(description: str) -> Path:
    """The ``--data`` argument of a training command. Exits with status 2 when it is no folder."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, required=True, help="folder of labelled sets, one JSON object a line")
    data: Path = parser.parse_args().data
    if not data.is_dir():
        parser.error(f"--data: {data} is no folder")
    return data


def rows(data: Path, name: str) -> Iterator[dict[str, Any]]:
    """The rows of ``<name>.jsonl`` in order. Raises ``OSError`` or ``ValueError``."""
    with (data / f"{name}.jsonl").open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def threshold_at(negative: Sequence[float], specificity: float) -> float:
    """The smallest negative value that at least ``specificity`` of the negatives are below or at."""
    ordered = sorted(negative)
    return ordered[min(len(ordered) - 1, int(specificity * len(ordered)))]


def share(found: Sequence[float], threshold: float) -> float:
    """Share of the values at or above the threshold; 0 of none."""
    return sum(value >= threshold for value in found) / max(1, len(found))
