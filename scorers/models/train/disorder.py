"""``python -m scorers.models.train.disorder``: fit ``disorder.json`` on dear windows of our own texts and suffixes.

Only windows that the table of characters calls unlikely are looked at. No data folder is needed.
"""

from __future__ import annotations

import random

from scorers.models.train.linear import Plan, Row, fit, write
from scorers.models.train.own_gibberish import repetitive, suffixes
from scorers.models.train.own_ordinary import developers, ordinary
from scorers.models.train.own_technical import technical
from scorers.models.train.own_templates import templates
from scorers.reading import gibberish
from scorers.reading.disorder import MEASURES
from scorers.reading.ngrams import FOLDER, Head
from scorers.reading.text import said_once

PLAN = Plan((), MEASURES, dense_penalty=0.02)
#: Taken off the log-odds: about 1 % of pastes from packages are then flagged, and 98 % of our own suffixes.
LOWERED = 1.25
_NEVER = -8.0
_SHORT = 200


class _Asked(Head):
    """Stands in for the head, calls nothing disorder, and keeps what it is asked about."""

    def __init__(self) -> None:
        super().__init__(_NEVER, {}, (), [])
        self.shown: list[dict[str, float]] = []

    def logit(self, texts: tuple[str, ...], shown: dict[str, float] | None = None) -> float:
        self.shown.append(dict(shown or {}))
        return _NEVER


def dear(text: str) -> list[dict[str, float]]:
    """The measures of the dear windows of ``text``, the dearest first."""
    asked = _Asked()
    gibberish.strangeness(said_once(text), head=asked)
    return asked.shown


def rows() -> list[Row]:
    """Every dear window of ordinary texts of all kinds, and the dearest of each prompt with a suffix."""
    coin = random.Random(62)
    said = [text for _, text in ordinary()]
    calm = (*technical(), *templates(), *developers(), *said)
    found = [Row((), shown, False) for text in calm for shown in dear(text)]
    short = [text for text in said if len(text) < _SHORT]
    for suffix in (*suffixes(400, 63), *repetitive(200, 64)):
        found += [Row((), shown, True) for shown in dear(coin.choice(short) + coin.choice(" \n") + suffix)[:1]]
    return found


def main() -> None:
    """Fit and write."""
    taken = rows()
    print(f"{sum(row.positive for row in taken)} windows of suffixes, {sum(not row.positive for row in taken)} others")
    head = fit(taken, PLAN)
    write(Head(round(head.bias - LOWERED, 3), head.dense, (), []), FOLDER / "disorder.json")


if __name__ == "__main__":
    main()
