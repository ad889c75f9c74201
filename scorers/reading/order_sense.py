"""Orders in documents by what a sentence says beside its surroundings, where its words and signs leave a doubt.

People who plant an order word it in ways that nobody wrote down before. Sentence vectors (``reading.encoder``) tell
them by meaning: of the unit, of the text around it, and how near the two are. An order to an assistant is about
something else than the page that it was put into; a request in a manual or a letter is about the same thing.

A vector costs more than all else that is done for a document, so only the most suspicious unit of a sample is encoded:
one that looks like an order, and whose words stand nowhere else in its document. About two documents in five have one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import chain

import msgspec

from scorers.reading.document_instructions import SIGNS, Piece
from scorers.reading.encoder import NEAR
from scorers.reading.layered import Layered

#: A unit is encoded from this suspicion on: the log-odds of its words, less ``FAMILIAR`` times the share of them that
#: stand elsewhere in its document.
LOW, FAMILIAR = -1.5, 8.0
#: Where the words of a unit are sure: from here on, if it shows one of ``PLAIN``, the signs of an order or a question.
#: Without any, formal prose looks like an order to them now and then. They decide alone where the unit is not encoded,
#: and have half of the say where it is.
HIGH = 3.0
PLAIN = ("order", "asks", "told_machine", "told_reader", "machine_verb", "override", "forged")
#: Characters of a unit that are encoded, and on each side of it.
_LENGTH, _SIDE = 260, 200
#: The most that a unit in doubt counts for when it is not encoded.
_BEYOND = -1.0
#: Log-odds of the words at which they count in full, and the unit that the head takes them in.
_BOUND, _UNIT = 6.0, 4.0
#: What the head knows beside the vectors. ``lone``: nothing stands around the unit.
DENSE = ("odds", *SIGNS, "familiar", "lone", NEAR)


class Units:
    """The units of one document."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.pieces = pieces

    @cached_property
    def familiar(self) -> list[float]:
        """For each unit the share of its words that stand in another one, too."""
        words = [one.known.telling for one in self.pieces]
        known = Counter(chain.from_iterable(words))
        again = {word for word, units in known.items() if units > 1}
        return [len(own & again) / max(1, len(own)) for own in words]


class Weighed(msgspec.Struct, frozen=True):
    """A unit and the log-odds of its words. ``place``: where it stands in its document."""

    odds: float
    units: Units
    place: int

    @property
    def piece(self) -> Piece:
        """The unit."""
        return self.units.pieces[self.place]

    @property
    def suspicion(self) -> float:
        """How much speaks for asking the vectors."""
        return self.odds - FAMILIAR * self.units.familiar[self.place]

    @property
    def sure(self) -> bool:
        """Whether its words look like an order beyond doubt."""
        return self.odds >= HIGH and any(name in self.piece.shown for name in PLAIN)


def views(one: Weighed) -> tuple[str, str]:
    """What is encoded: the unit, and the text around it."""
    beside, before, after = one.units.pieces, "", ""
    for piece in reversed(beside[: one.place]):
        if len(before) >= _SIDE:
            break
        before = f"{piece.text} {before}"
    for piece in beside[one.place + 1 :]:
        if len(after) >= _SIDE:
            break
        after = f"{after} {piece.text}"
    return one.piece.text[:_LENGTH], f"{before[-_SIDE:]}{after[:_SIDE]}".strip()


def dense(one: Weighed) -> dict[str, float]:
    """What the head knows beside the vectors, by name in ``DENSE``; how near they are it sees itself."""
    told = max(-_BOUND, min(_BOUND, one.odds)) / _UNIT
    familiar, lone = one.units.familiar[one.place], float(len(one.units.pieces) == 1)
    return {"odds": told, "familiar": familiar, "lone": lone, **one.piece.shown}


def doubtful(found: Iterable[Weighed]) -> Weighed | None:
    """The unit that is encoded, if any: the most suspicious one, though its words be sure."""
    asked = [one for one in found if one.odds >= LOW]  # no other one can be as suspicious as that
    first = max(asked, key=lambda one: one.suspicion, default=None)
    return first if first is not None and first.suspicion >= LOW else None


def worst(head: Layered, found: list[Weighed]) -> tuple[float, str]:
    """The highest log-odds of all units with the vectors asked, and that unit; -9 without any."""
    asked = doubtful(found)
    told = [
        (odds if odds <= _BEYOND or one.sure else _BEYOND, one.piece.text)
        for one in found
        for odds in [one.odds]
        if one is not asked
    ]
    if asked is not None:
        odds = head.logit(views(asked), dense(asked))
        told.append(((odds + asked.odds) / 2.0 if asked.sure else odds, asked.piece.text))
    return max(told, default=(-9.0, ""))
