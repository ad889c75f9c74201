"""``python -m scorers.models.train.order_sense --data DIR``: fit ``indirect_sense.json``; each author is left out.

The units of each part get the log-odds of a head over words that was fitted on the other parts. BIPIA is in no row of
this head, so that it can be left out of the head over words alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from scorers.models.train import document_instructions as orders
from scorers.models.train import sense
from scorers.models.train.data import folder, rows
from scorers.models.train.linear import Row, fit
from scorers.models.train.own_code import attacked, code
from scorers.models.train.own_documents import documents
from scorers.models.train.sense import Encoded, Seen
from scorers.prompt_injection import indirect
from scorers.reading.document_instructions import pieces
from scorers.reading.encoder import Sense
from scorers.reading.ngrams import FOLDER, Head
from scorers.reading.order_sense import DENSE, dense, view

_PENALTY, _DENSE_PENALTY = 10.0, 0.3
#: Taken off the log-odds: at most 3 % of READMEs and of modules of packages are then flagged at the threshold.
_LOWERED = 0.4
#: Units of a document that are learned from, the most suspicious ones.
_MOST = 3
_OWN_SHARE, _CALM_SHARE = 0.3, 0.7
#: Documents of each ordinary set, and their characters.
_CALM, _LENGTH = 150, 4_000
OWN, CALM, BIPIA = "own", "calm", "bipia"


@dataclass(frozen=True, slots=True)
class Document:
    """A text, the order in it (or nothing), and how much its units count."""

    text: str
    order: str
    share: float = 1.0


def author(number: int) -> str:
    """The name of the part of one author."""
    return f"author {number}"


def parts(data: Path) -> dict[str, list[Row]]:
    """What the head over words is fitted on, in parts that are left out in turn."""
    found = {author(number): list(orders.planted_by(number)) for number in orders.AUTHORS}
    bipia = list(orders.labelled(list(rows(data, "bipia_indirect"))))
    return {**found, OWN: orders.own(), CALM: list(orders.calm(data)), BIPIA: bipia}


def read(data: Path) -> dict[str, list[Document]]:
    """The documents that the head over vectors is fitted on, in the same parts."""
    found = {
        author(number): [Document(one["context"], one["planted"]) for one in orders.apart(number)]
        for number in orders.AUTHORS
    }
    own = [*((text, "") for _, text in documents(30)), *attacked(40), *((text, "") for text in code(40))]
    ordinary = [Document(text, "", _CALM_SHARE) for text in orders.modules()]
    for name, _, key, _ in orders.CALM_SETS:
        texts = dict.fromkeys(one[key][:_LENGTH] for one in rows(data, name))
        ordinary += [Document(text, "", _CALM_SHARE) for text in list(texts)[:_CALM]]
    return {**found, OWN: [Document(*one, _OWN_SHARE) for one in own], CALM: ordinary}


class Crossed:
    """Parts of the rows, for each a head over words fitted on the others, and the vectors of all."""

    def __init__(self, data: Path) -> None:
        self._rows = parts(data)
        self.documents = read(data)
        self.words = {left: self._without(left) for left in self.documents}
        self._seen = {
            name: [seen for one in taken for seen in _units(self.words[name], one)]
            for name, taken in self.documents.items()
        }
        self._encoded = Encoded()

    def rows_but(self, left: str) -> list[Row]:
        """What the head over words is fitted on without one part."""
        return [row for name, taken in self._rows.items() if name != left for row in taken]

    def _without(self, left: str) -> Head:
        return fit(self.rows_but(left), orders.PLAN)

    def fit(self, left: str = "") -> Sense:
        """The head over vectors of all parts but one."""
        seen = [one for name, taken in self._seen.items() if name != left for one in taken]
        made = sense.fit(seen, self._encoded.of(seen), DENSE, _PENALTY, _DENSE_PENALTY)
        return replace(made, bias=round(made.bias - _LOWERED, 3))


def value(heads: tuple[Head, Sense], text: str) -> float:
    """Log-odds of a document by both heads."""
    return indirect((text,), heads[0], sense=heads[1])[0]


def main() -> None:
    """Each author left out of both heads in turn, the ordinary sets and our own documents; then the fit on all."""
    crossed = Crossed(folder(__doc__ or ""))
    for name, taken in crossed.documents.items():
        heads = crossed.words[name], crossed.fit(name)
        told = [(bool(one.order), value(heads, one.text)) for one in taken]
        orders.say(f"without {name}", [odds for yes, odds in told if yes], [odds for yes, odds in told if not yes])
    sense.write(crossed.fit(), FOLDER / "indirect_sense.json")


def _units(words: Head, document: Document) -> list[Seen]:
    """The most suspicious units. What stands beside an order in its document may belong to it: it is left out."""
    found = [(words.logit_of(one.tokens, one.shown), one) for one in pieces(document.text)]
    found.sort(key=lambda one: -one[0])
    told = []
    for odds, one in found[:_MOST]:
        order = orders.belongs(one, document.order)
        if order or not document.order:
            told.append(Seen((view(one),), dense(odds, one), order, document.share))
    return told


if __name__ == "__main__":
    main()
