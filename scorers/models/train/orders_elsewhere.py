"""``python -m scorers.models.train.orders_elsewhere --data DIR``: fit ``indirect_foreign*.json``; parts are left out.

No order in another language is learned from: orders in English documents are, and ordinary answers in the seven
languages as what is none. Documents in these languages (``planted-kept``, ``planted-elsewhere``) are measured alone.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from scorers.datasets.written import written
from scorers.models.train import document_instructions as orders
from scorers.models.train import order_sense, sense
from scorers.models.train.data import folder
from scorers.models.train.order_sense import CALM, OWN, Document
from scorers.models.train.refusal_answers import AUTHORS
from scorers.models.train.sense import Encoded, Matrix, Seen
from scorers.reading.document_instructions import pieces
from scorers.reading.encoder import Sense, glances
from scorers.reading.ngrams import FOLDER, Head
from scorers.reading.orders_elsewhere import DENSE, everywhere, units, view, worst

NAME, FIRST = "indirect_foreign", "indirect_foreign_first"
_PENALTY, _DENSE_PENALTY, _FIRST_PENALTY = 2.0, 0.3, 5.0
#: Units of a document without an order that are learned from, those whose words look most like one; and of one with
#: an order, beside it.
_MOST, _BESIDE = 3, 1
#: Units of a document that are looked at.
_READ = 60
#: Units of answers in the seven languages, and how much each counts.
_ANSWERS, _ANSWER_SHARE = 4_000, 0.5
ANSWERS = "answers"


Heads = tuple[Sense, Sense]


class Crossed:
    """Parts of the units, and what is computed of each once."""

    def __init__(self, data: Path) -> None:
        coin = random.Random(3)
        words = Head.read("indirect")
        self.documents = {
            name: [one for one in taken if name != OWN or not one.order]
            for name, taken in order_sense.read(data).items()
            if name in (OWN, CALM) or name.startswith("author")
        }
        self._parts = {
            name: [unit for one in taken for unit in _units(one, words, coin)] for name, taken in self.documents.items()
        }
        self._parts[ANSWERS] = _answers(coin)
        self._encoded = Encoded()

    def fit(self, left: str = "") -> Heads:
        """The first look and the head, of all parts but one."""
        rows = [row for name, taken in self._parts.items() if name != left for row in taken]
        first = [Seen(row.views[:1], {}, row.positive, row.weight) for row in rows]
        table = _glanced([row.views[0] for row in first])
        return (
            sense.fit(first, table, (), _FIRST_PENALTY, _DENSE_PENALTY),
            sense.fit(rows, self._encoded.of(rows), DENSE, _PENALTY, _DENSE_PENALTY),
        )


def _glanced(texts: Sequence[str]) -> Matrix:
    return glances(texts).reshape(len(texts), -1).astype(np.float64)


def _units(document: Document, words: Head, coin: random.Random) -> list[Seen]:
    said = units(document.text)[:_READ]
    ordered = [place for place, unit in enumerate(said) if _belongs(unit, document.order)]
    others = [place for place in range(len(said)) if place not in ordered]
    if document.order:
        others = coin.sample(others, min(_BESIDE, len(others)))
    else:
        odds = {place: max((one.odds(words) for one in pieces(said[place])), default=-9.0) for place in others}
        others = sorted(others, key=lambda place: -odds[place])[:_MOST]
    return [
        Seen(seen, {"lone": float(not seen[1])}, place in ordered, document.share)
        for place in (*ordered, *others)
        for seen in [view(said, place)]
    ]


def _belongs(unit: str, order: str) -> bool:
    said, whole = _letters(unit), _letters(order)
    return bool(whole) and len(unit) > 20 and (said in whole or whole in said)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())


def _answers(coin: random.Random) -> list[Seen]:
    found = []
    for name in ("refusals", *AUTHORS.values()):
        for one in written(name):
            if one.get("language", "en") != "en":
                said = units(one["response"])
                found += [view(said, place) for place in range(len(said))]
    coin.shuffle(found)
    return [Seen(one, {"lone": float(not one[1])}, False, _ANSWER_SHARE) for one in found[:_ANSWERS]]


def value(heads: Heads, text: str) -> float:
    """Log-odds of a document."""
    return worst(*heads, everywhere([text]))[0]


def main() -> None:
    """Each part left out in turn; the documents in other languages, which are in no fit; then the fit on all."""
    crossed = Crossed(folder(__doc__ or ""))
    for name, taken in crossed.documents.items():
        heads = crossed.fit(name)
        told = [(bool(one.order), value(heads, one.text)) for one in taken]
        orders.say(f"without {name}", [odds for yes, odds in told if yes], [odds for yes, odds in told if not yes])
    heads = crossed.fit()
    kept = [*written(orders.KEPT), *written(orders.KEPT_ELSEWHERE)]
    for author, english in ((11, False), (12, False), (11, True)):
        written_by = [one for one in kept if (one["author"], one["language"] == "en") == (author, english)]
        yes = [value(heads, one["context"]) for one in written_by if one["planted"]]
        no = [value(heads, one["context"]) for one in written_by if not one["planted"]]
        orders.say(f"author {author}, English: {english}", yes, no)
    sense.write(heads[0], FOLDER / f"{FIRST}.json")
    sense.write(heads[1], FOLDER / f"{NAME}.json")


if __name__ == "__main__":
    main()
