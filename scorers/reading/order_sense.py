"""Orders in documents by what a sentence says, where its words and signs leave a doubt.

People who plant an order word it in ways that nobody wrote down before. Sentence vectors (``reading.encoder``) tell
them by meaning. A vector costs more than all else that is done for a document, so only the units that look most like an
order are encoded, and only from ``LOW`` on: about one in ten short documents has such a unit.
"""

from __future__ import annotations

from collections.abc import Iterable

from scorers.reading.document_instructions import SIGNS, Piece
from scorers.reading.encoder import Sense

#: Log-odds of the words between which the vectors decide. Above, the words do, where a unit shows one of ``PLAIN``, the
#: signs of an order or a question: without any, formal prose looks like an order to them now and then.
LOW, HIGH = 0.5, 2.0
PLAIN = ("order", "asks", "told_machine", "told_reader", "machine_verb", "override", "forged")
#: Units that are encoded, of all documents of a sample, and the characters of each.
MOST, _LENGTH = 2, 260
#: The most that a unit in doubt counts for when it is not encoded.
_BEYOND = -1.0
#: Log-odds of the words at which they count in full, and the unit that the head takes them in.
_BOUND, _UNIT = 6.0, 4.0
#: What the head knows beside the vector.
DENSE = ("odds", *SIGNS)

Weighed = tuple[float, Piece]


def view(piece: Piece) -> str:
    """What is encoded of a unit."""
    return piece.text[:_LENGTH]


def dense(odds: float, piece: Piece) -> dict[str, float]:
    """What the head knows beside the vector, by name in ``DENSE``. ``odds``: the log-odds of the words."""
    return {"odds": max(-_BOUND, min(_BOUND, odds)) / _UNIT, **piece.shown}


def _sure(odds: float, piece: Piece) -> bool:
    return odds >= HIGH and any(name in piece.shown for name in PLAIN)


def doubtful(found: Iterable[Weighed]) -> list[Weighed]:
    """The units that are encoded, the most suspicious first."""
    return sorted([one for one in found if one[0] >= LOW and not _sure(*one)], key=lambda one: -one[0])[:MOST]


def worst(head: Sense, found: list[Weighed]) -> tuple[float, str]:
    """The highest log-odds of all units with the vectors asked, and that unit; -9 without any."""
    asked = doubtful(found)
    known = {id(one) for _, one in asked}
    told = [(odds if _sure(odds, one) else min(odds, _BEYOND), one.text) for odds, one in found if id(one) not in known]
    told += [(head.logit((view(one),), dense(odds, one)), one.text) for odds, one in asked]
    return max(told, default=(-9.0, ""))
