"""Aligned text."""

from __future__ import annotations

from scorers.formats.text_table import aligned


def test_columns_are_as_wide_as_their_longest_cell() -> None:
    """Names begin in line, numbers end in line, and a short row is fine; no line ends with a blank."""
    rows = [("output", "n", "why"), ("a.very_long_name", "7", "-"), ("  part", "1200", "")]
    assert aligned(rows, left=(0, 2)) == [
        "output               n  why",
        "a.very_long_name     7  -",
        "  part            1200",
    ]
    assert aligned([]) == []
