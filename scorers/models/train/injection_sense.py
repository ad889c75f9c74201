"""The head over sentence vectors of ``prompt_injection.attempted``: fitted on log-odds that its words did not see.

Each part of the rows gets the log-odds of a head over words that was fitted on the other parts. So the vectors learn
how far to trust the words on prompts of a manner or a source that is new.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from scorers.models.train import sense
from scorers.models.train.linear import Plan, Row
from scorers.models.train.linear import fit as fit_words
from scorers.models.train.sense import Encoded, Seen
from scorers.reading.attack_sense import DENSE, dense, views
from scorers.reading.encoder import Sense
from scorers.reading.injection_signs import ATTACKS
from scorers.reading.language import Language, language_of
from scorers.reading.ngrams import Head

_PENALTY, _DENSE_PENALTY = 5.0, 0.1
#: Log-odds are lowered by so much, in English and elsewhere: at most 1 % and 2 % of false alarms at the shipped
#: threshold on ordinary prompts, full of the words of attacks, in manners that were left out.
LOWERED, LOWERED_ELSEWHERE = 2.1, 1.1


@dataclass(frozen=True, slots=True)
class Prompt:
    """One training text: what the head over words reads, how much it counts among the vectors, and its language."""

    row: Row
    share: float
    language: Language


def prompt(row: Row, share: float) -> Prompt:
    """The same with its language told from what is read of it."""
    return Prompt(row, share, language_of(row.texts[0][:1_000]))


class Crossed:
    """Parts of the rows, for each a head over words fitted on the others, and the vectors of all."""

    def __init__(self, parts: dict[str, list[Prompt]], plan: Plan, encoded: Encoded | None = None) -> None:
        self.parts = parts
        self.words = {left: self._without(left, plan) for left in parts}
        self._encoded = encoded or Encoded()
        self._seen = {name: [self._read(name, one) for one in taken] for name, taken in parts.items()}

    def _without(self, left: str, plan: Plan) -> Head:
        return fit_words([one.row for name, taken in self.parts.items() if name != left for one in taken], plan)

    def _read(self, part: str, one: Prompt) -> Seen:
        row = one.row
        attacks = any(row.dense[name] for name in ATTACKS)
        words = self.words[part]
        read = views(row.texts[0], words)
        shown = dense(row.texts[0], read, words.logit(row.texts, row.dense), words, one.language, attacks)
        return Seen(read, shown, row.positive, one.share)

    def fit(self, left: str = "", without: Language | None = None) -> Sense:
        """The head over vectors of all parts but one, perhaps without a language."""
        seen = [
            one
            for name, taken in self._seen.items()
            if name != left
            for one, known in zip(taken, self.parts[name], strict=True)
            if known.language is not without
        ]
        made = sense.fit(seen, self._encoded.of(seen), DENSE, _PENALTY, _DENSE_PENALTY)
        english = made.dense["english"] - LOWERED + LOWERED_ELSEWHERE
        return replace(
            made, bias=round(made.bias - LOWERED_ELSEWHERE, 3), dense={**made.dense, "english": round(english, 3)}
        )
