"""``python -m scorers.models.train.order_sense --data DIR``: fit ``indirect_sense.json``; each author is left out.

The units of each part get the log-odds of a head over words that was fitted on the other parts: the authors, our own
documents, the ordinary ones, and BIPIA in thirds of its kinds of attack.
"""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scorers.models.train import document_instructions as orders
from scorers.models.train import layered
from scorers.models.train.data import folder, rows
from scorers.models.train.linear import Row, fit
from scorers.models.train.own_code import advised, attacked, code
from scorers.models.train.own_documents import documents
from scorers.models.train.own_hidden import attacks, placed
from scorers.models.train.own_notices import notices
from scorers.models.train.own_talks import talks
from scorers.models.train.sense import Encoded, Seen
from scorers.prompt_injection import indirect
from scorers.reading.document_instructions import pieces
from scorers.reading.layered import Layered
from scorers.reading.ngrams import FOLDER, Head
from scorers.reading.order_sense import DENSE, Units, Weighed, dense, views

_PENALTY, _DENSE_PENALTY = 2.0, 0.3
#: Units of a document that are learned from, the most suspicious ones.
_MOST = 3
_OWN_SHARE, _CALM_SHARE, _BIPIA_SHARE = 0.5, 1.0, 0.8
#: Our own documents with an attack put into them.
_HIDDEN = 300
#: Documents of each ordinary set, and their characters.
_CALM, _LENGTH = 150, 4_000
OWN, CALM = "own", "calm"


@dataclass(frozen=True, slots=True)
class Document:
    """A text, the order in it (or nothing), how much its units count, and its id where it has one."""

    text: str
    order: str
    share: float = 1.0
    id: str = ""


def author(number: int) -> str:
    """The name of the part of one author."""
    return f"author {number}"


def kinds(at: int) -> str:
    """The name of the part of BIPIA with one third of the kinds of attack, and of the clean documents."""
    return f"kinds {at}"


def parts(data: Path) -> dict[str, list[Row]]:
    """What the head over words is fitted on, in parts that are left out in turn."""
    found = {author(number): list(orders.planted_by(number)) for number in orders.AUTHORS}
    bipia = {name: list(orders.labelled(taken)) for name, taken in _thirds(data)}
    return {**found, OWN: orders.own(), CALM: list(orders.calm(data)), **bipia}


def read(data: Path) -> dict[str, list[Document]]:
    """The documents that the head over vectors is fitted on, in the same parts."""
    found = {
        author(number): [Document(one["context"], one["planted"]) for one in orders.apart(number)]
        for number in orders.AUTHORS
    }
    coin, calm = random.Random(7), [*(text for _, text in documents(20, seed=77)), *notices(90, seed=77)]
    hidden = [(placed(calm[at % len(calm)], attack, coin), attack) for at, attack in enumerate(attacks(_HIDDEN))]
    harmless = [*(text for _, text in documents(30)), *code(40), *advised(40), *talks(40), *notices(60), *calm]
    own = [*attacked(100), *hidden, *((text, "") for text in harmless)]
    ordinary = [Document(text, "", _CALM_SHARE) for text in orders.modules()]
    for name, _, key, _ in orders.CALM_SETS:
        texts = dict.fromkeys(one[key][:_LENGTH] for one in rows(data, name))
        ordinary += [Document(text, "", _CALM_SHARE) for text in list(texts)[:_CALM]]
    bipia = {
        name: [Document(one["context"], one.get("attack_text") or "", _BIPIA_SHARE, one["id"]) for one in taken]
        for name, taken in _thirds(data)
    }
    return {**found, OWN: [Document(*one, _OWN_SHARE) for one in own], CALM: ordinary, **bipia}


def _thirds(data: Path) -> list[tuple[str, list[dict[str, Any]]]]:
    names = [kinds(at) for at in range(3)]
    return [one for one in orders.parts(list(rows(data, "bipia_indirect"))) if one[0] in names]


Heads = tuple[Head, Layered]


class Crossed:
    """Parts of the rows, for each a head over words fitted on the others, and the vectors of all."""

    def __init__(self, data: Path) -> None:
        self._rows = parts(data)
        self._bipia = list(rows(data, "bipia_indirect"))
        self.documents = read(data)
        self._words = {left: fit(self._rows_but(left), orders.PLAN) for left in self.documents}
        self._seen = {
            name: [(one.id, seen) for one in taken for seen in _units(self._words[name], one)]
            for name, taken in self.documents.items()
        }
        self._encoded = Encoded()

    def without(self, left: str) -> Heads:
        """Both heads, fitted on all parts but one."""
        return self._words[left], self.fit(left)

    def without_rows(self, ids: Collection[str]) -> Heads:
        """Both heads, fitted on all but these rows of BIPIA."""
        others = self._rows_but(*map(kinds, range(3)))
        kept = orders.labelled([one for one in self._bipia if one["id"] not in ids])
        return fit([*others, *kept], orders.PLAN), self.fit(ids=ids)

    def fit(self, left: str = "", ids: Collection[str] = ()) -> Layered:
        """The head over vectors of all parts but one, and without some rows of BIPIA."""
        parts_ = [taken for name, taken in self._seen.items() if name != left]
        seen = [one for taken in parts_ for row, one in taken if row not in ids]
        return layered.fit(seen, self._encoded.of(seen), DENSE, _PENALTY, _DENSE_PENALTY)

    def _rows_but(self, *left: str) -> list[Row]:
        return [row for name, taken in self._rows.items() if name not in left for row in taken]


def value(heads: Heads, text: str) -> float:
    """Log-odds of a document by both heads."""
    return indirect((text,), heads[0], sense=heads[1])[0]


def main() -> None:
    """Each part left out of both heads in turn; then the fit on all."""
    crossed = Crossed(folder(__doc__ or ""))
    for name, taken in crossed.documents.items():
        heads = crossed.without(name)
        told = [(bool(one.order), value(heads, one.text)) for one in taken]
        orders.say(f"without {name}", [odds for yes, odds in told if yes], [odds for yes, odds in told if not yes])
    layered.write(crossed.fit(), FOLDER / "indirect_sense.json")


def _units(words: Head, document: Document) -> list[Seen]:
    """The most suspicious units. What stands beside an order in its document may belong to it: it is left out."""
    units = Units(pieces(document.text))
    found = [Weighed(words.logit_of(one.tokens, one.shown), units, at) for at, one in enumerate(units.pieces)]
    found.sort(key=lambda one: -one.suspicion)
    told = []
    for one in found[:_MOST]:
        order = orders.belongs(one.piece, document.order)
        if order or not document.order:
            told.append(Seen(views(one), dense(one), order, document.share))
    return told


if __name__ == "__main__":
    main()
