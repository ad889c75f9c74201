"""The heads of ``refused``, fitted so that each part of the answers can be left out of all of them.

The head over sentence vectors weighs the log-odds of the head over words, too: of an answer, those of a head that was
fitted without its part. So it learns how far words can be trusted on a manner or a source that is new.
"""

from __future__ import annotations

from scorers.models.train import sense
from scorers.models.train.linear import Plan, Row
from scorers.models.train.linear import fit as fit_words
from scorers.models.train.refusal_answers import Given
from scorers.reading.encoder import Sense
from scorers.reading.ngrams import Head, Part
from scorers.reading.refusal_signs import SIGNS, signs
from scorers.refusal import DENSE, Heads, dense, plain_in, told_elsewhere, views, worded

PLAN = Plan((Part(3, (4,)), Part(3)), SIGNS, penalty=2.0, dense_penalty=1.0)
#: In other languages, all seven together: parts of words tell where words have many forms, or no blanks between them.
FOREIGN = Plan((Part(2, (2, 3, 4)), Part(2, (3,))), penalty=2.0)
_PENALTY, _DENSE_PENALTY = 2.0, 0.1
#: How much an answer of a source counts, among the words and among the vectors. ``unsaid``: most of its answers decline
#: without saying so.
WEIGHTS = {
    "gptfuzz": (1.0, 1.0),
    "coconot": (1.0, 1.0),
    "own": (1.5, 1.5),
    "in3": (0.5, 1.0),
    "begin": (0.5, 1.0),
    "written": (1.5, 3.0),
    "unsaid": (0.5, 0.5),
    "third author": (1.5, 3.0),
    "fourth author": (1.5, 3.0),
    "fifth author": (1.5, 3.0),
    "seventh author": (1.5, 3.0),
    "eighth author": (1.5, 3.0),
    "ninth author": (1.5, 3.0),
    "tenth author": (1.5, 3.0),
    "eleventh author": (1.5, 3.0),
    "twelfth author": (1.5, 3.0),
    "thirteenth author": (1.5, 3.0),
    "fourteenth author": (1.5, 3.0),
    "fifteenth author": (1.5, 3.0),
    "sixteenth author": (1.5, 3.0),
}


class Crossed:
    """The answers in their parts, for each part heads over words fitted on the others, and the vectors of all."""

    def __init__(
        self, taken: list[Given], encoded: sense.Encoded | None = None, plan: Plan = PLAN, foreign: Plan = FOREIGN
    ) -> None:
        self._fitted = [one for one in taken if not one.held]
        self._rows = [(one.part, _row(one)) for one in self._fitted if one.english]
        self._foreign_rows = [(one.part, _foreign_row(one)) for one in self._fitted if not one.english]
        self._plans = plan, foreign
        parts = dict.fromkeys(one.part for one in taken)
        self.words = {left: self._words(left) for left in parts}
        self.foreign = {left: self._foreign(left) for left in parts}
        self._seen = [(one.part, self._shown(one)) for one in self._fitted]
        self._encoded = encoded or sense.Encoded()

    def _words(self, left: str = "") -> Head:
        return fit_words([row for part, row in self._rows if part != left], self._plans[0])

    def _foreign(self, left: str = "") -> Head:
        return fit_words([row for part, row in self._foreign_rows if part != left], self._plans[1])

    def _shown(self, one: Given) -> sense.Seen:
        return _seen(one, self.words[one.part] if one.english else self.foreign[one.part])

    def _sense(self, left: str = "") -> Sense:
        kept = [row for part, row in self._seen if part != left]
        return sense.fit(kept, self._encoded.of(kept), DENSE, _PENALTY, _DENSE_PENALTY)

    def without(self, left: str) -> Heads:
        """The heads, fitted on all parts but one."""
        return Heads(self.words[left], self._sense(left), self.foreign[left])

    def whole(self) -> Heads:
        """The heads of all parts."""
        return Heads(self._words(), self._sense(), self._foreign())


def _row(one: Given) -> Row:
    texts, shown = signs(one.text)
    return Row(texts, shown, one.positive, WEIGHTS[one.source][0])


def _foreign_row(one: Given) -> Row:
    return Row(worded(one.text), {}, one.positive, WEIGHTS[one.source][1])


def _seen(one: Given, words: Head) -> sense.Seen:
    if one.english:
        grams, shown = signs(one.text)
        told = dense(words.logit(grams, shown), bool(plain_in(one.text, shown)))
    else:
        told, _ = told_elsewhere(one.text, one.language, words)
    return sense.Seen(views(one.text), told, one.positive, WEIGHTS[one.source][1])


def logit(heads: Heads, one: Given) -> float:
    """What the scorer says of an answer with these heads."""
    return heads.english(one.text)[0] if one.english else heads.elsewhere(one.text, one.language)[0]
