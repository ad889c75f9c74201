"""Answers of our own about records and passages, by construction: what the documents say, and one value or word wrong.

The same every time. Names and values are made up. Each document stands in four forms: JSON, CSV, a table, sentences.
"""

from __future__ import annotations

import csv
import io
import json
import random

_PLACES = (
    *("Orrin", "Marl", "Brenn", "Skaldby", "Tolva", "Henmoor", "Vissel"),
    *("Ardley", "Quoyle", "Fenwick", "Lorring", "Sundal", "Perrin", "Oakhurst"),
)
_THINGS = (
    ("harbour", ("berths", "ferries", "visitors")),
    ("library", ("books", "readers", "desks")),
    ("bakery", ("ovens", "loaves", "bakers")),
    ("school", ("pupils", "teachers", "classrooms")),
    ("hospital", ("beds", "nurses", "wards")),
    ("warehouse", ("pallets", "docks", "forklifts")),
)
_MARKS = (
    "",
    "",
    " [1]",
    " [2][3]",
    " (source 1)",
    "\u30104:0\u2020list.pdf\u3011",
    " ([register](https://r.example/a))",
)
_FORMS = ("json", "csv", "table", "text")


def _document(form: str, rows: list[dict[str, str | int]], thing: str) -> str:
    names = list(rows[0])
    if form == "json":
        return json.dumps(rows, indent=2 if len(rows) % 2 else None)
    if form == "csv":
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([names, *(list(row.values()) for row in rows)])
        return out.getvalue()
    if form == "table":
        cells = [names, ["---"] * len(names), *([str(cell) for cell in row.values()] for row in rows)]
        return "\n".join(f"| {' | '.join(line)} |" for line in cells)
    said = []
    for row in rows:
        place, opened, *counts = row.items()
        told = " and ".join(f"{value:,} {name}" for name, value in counts if isinstance(value, int))
        said.append(f"The {thing} of {place[1]} opened in {opened[1]}. It has {told}.")
    return " ".join(said)


def rows(count: int = 240, seed: int = 17) -> list[tuple[str, str, str, bool]]:
    """(form, document, answer, whether the documents do not say it), half of each label."""
    coin, found = random.Random(seed), []
    for number in range(count):
        thing, names = _THINGS[number % len(_THINGS)]
        taken = coin.sample(_PLACES, coin.randrange(3, 8))
        lines: list[dict[str, str | int]] = [
            {thing: place, "opened": coin.randrange(1850, 2020), **{name: coin.randrange(2, 60_000) for name in names}}
            for place in taken
        ]
        form, line, mark = _FORMS[number % 4], coin.choice(lines), coin.choice(_MARKS)
        document = _document(form, lines, thing)
        name, other = coin.sample(names, 2)
        for wrong in (False, True):
            value, year = int(line[name]), int(line["opened"])
            if wrong and coin.random() < 0.7:
                value = value + coin.randrange(3, 900)
            elif wrong:
                year += coin.randrange(3, 40)
            answer = coin.choice(
                (
                    f"The {thing} in {line[thing]} opened in {year} and has {value:,} {name}{mark}.",
                    f"{line[thing]} has {value} {name}{mark}. Its {thing} has been open since {year}.",
                    f"# {thing.title()}\n\n- {line[thing]}: {value:,} {name}, {line[other]:,} {other}, "
                    f"opened {year}{mark}",
                )
            )
            found.append((form, document, answer, wrong))
    return found
