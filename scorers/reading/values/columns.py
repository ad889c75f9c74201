"""Sums and means of the columns and the rows of records, which are sentences by now (``values.records``)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from scorers.reading.values.numbers import canonical, decimal

#: A field whose value is a number, with at most a sign or a word of a currency before it and a unit behind it.
_FIELD = re.compile(
    r"(?:\A|, )(?P<name>[^\W\d_][^:,\n]{0,40}): (?:[$\u20ac\u00a3] ?|[A-Z]{3} )?(?P<number>\d[\d.,']{0,23}\d|\d)"
    r"(?: ?(?:[$\u20ac\u00a3%]|[A-Za-z]{1,8}))?(?=, |\.?\Z)"
)
#: Records and columns that are looked at.
_MOST, _COLUMNS = 2_000, 60
#: Numbers of a record above which they are added up, and records that are.
_IN_A_ROW, _ROWS = 2, 40


def totals(chunks: Iterable[str]) -> list[float]:
    """The sum and the mean of each column that has a number in two records or more, and of each record with several."""
    columns: dict[str, list[float]] = {}
    rows: list[list[float]] = []
    for at, chunk in enumerate(chunks):
        if at >= _MOST:
            break
        if ": " not in chunk:
            continue
        row: list[float] = []
        for match in _FIELD.finditer(chunk):
            number = canonical(match["number"])
            if decimal(number):
                row.append(float(number))
            if decimal(number) and (match["name"] in columns or len(columns) < _COLUMNS):
                columns.setdefault(match["name"], []).append(float(number))
        if len(row) > _IN_A_ROW and len(rows) < _ROWS:
            rows.append(row)
    made = [numbers for numbers in columns.values() if len(numbers) > 1] + rows
    return [total for numbers in made for total in (sum(numbers), sum(numbers) / len(numbers))]
