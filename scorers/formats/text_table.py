"""Rows of words as aligned text: each column as wide as its longest cell, so that no name breaks the others."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def aligned(rows: Sequence[Sequence[str]], left: Collection[int] = (0,)) -> list[str]:
    """One line a row; the columns in ``left`` begin in line, others end in line. Rows may have fewer cells."""
    widths: dict[int, int] = {}
    for row in rows:
        for place, cell in enumerate(row):
            widths[place] = max(widths.get(place, 0), len(cell))
    return [
        "  ".join(
            cell.ljust(widths[place]) if place in left else cell.rjust(widths[place]) for place, cell in enumerate(row)
        ).rstrip()
        for row in rows
    ]
