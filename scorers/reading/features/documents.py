"""Documents, and what people and the application said beside them: what a claim is compared with."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from itertools import compress, count

from scorers.reading.features.concepts import concepts
from scorers.reading.features.index import Index, Window
from scorers.reading.lazy import lazy
from scorers.reading.text import plain, words
from scorers.reading.values.calendar import Period, periods
from scorers.reading.values.columns import totals
from scorers.reading.values.dates import Date
from scorers.reading.values.derived import asks_for_work, factors_of
from scorers.reading.values.numbers import Quantity, decimal
from scorers.reading.values.values import MANY_NUMBERS, VALUE_WORDS, Held, Value

#: A stem in more chunks than this counts as held by every window, which bounds the work a claim costs.
_COMMON = 1000
#: Places in the documents that one trigram is followed from, which bounds the search for runs.
_PLACES = 32
#: Numbers of an answer that are kept.
_EARLIER = 12
_OPEN = re.compile(r"(?<![\d.,:/-])([01]?\d|2[0-4]) ?(?:-|to|until) ?([01]?\d|2[0-4])(?![\d:/-]|[.,]\d)")
_YEARS = re.compile(r"\b(?:how (?:old|long|many years)|what age|at (?:what|which) age)\b", re.IGNORECASE)
_HOURS = re.compile(r"\bhow (?:many (?:more )?(?:hours|minutes)|long)\b", re.IGNORECASE)


class Evidence:
    """Documents, and what people said beside them.

    ``asked`` is what people said: no evidence, yet an answer that repeats its numbers and names invents nothing. The
    same holds for ``told``, what the application said; nothing is worked out of it.
    """

    def __init__(self, documents: tuple[str, ...] | Index, asked: str, told: str = "") -> None:
        self._index = documents if isinstance(documents, Index) else Index(documents)
        self.chunks = self._index.chunks
        #: Whether all that the documents hold is records.
        self.records = self._index.records
        self.said = self._index.said
        self.judged = self._index.judged
        self.wordings = self._index.wordings
        asked = plain(asked)
        said = words(asked)
        self.asked = frozenset(concepts(said))
        self._said = said
        self._plain = asked
        self._told = plain(told)
        #: Numbers that the answer has said so far, the last ones.
        self.earlier: list[float] = []

    @lazy
    def _asked_words(self) -> frozenset[str]:
        return frozenset(self._said)

    def says(self, word: str) -> bool:
        """Whether it is a word of the documents, of people or of the application."""
        return self._index.says(word) or word in self._asked_words or word in self._told_words

    def prints(self, word: str) -> bool:
        """Whether a document has ``word``, letter by letter and by itself."""
        text, size = self._index.text, len(word)
        at = text.find(word)
        while at >= 0:
            before, after = text[at - 1 : at], text[at + size : at + size + 1]
            if not (before.isalnum() or before == "_" or after.isalnum() or after == "_"):
                return True
            at = text.find(word, at + 1)
        return False

    @lazy
    def _asked_values(self) -> Held:
        return Held([self._plain], [self._said])

    @lazy
    def _asked_any(self) -> bool:
        """Whether the question may hold a value at all; most hold none."""
        return _may_hold(self._said)

    def stand_for(self, value: Value) -> str:
        """As ``Index.stand_for``."""
        return self._index.stand_for(value)

    def holds_value(self, value: Value) -> bool:
        """Whether a document, the question or the application says the value."""
        return self.holds(self.stand_for(value)) or self.asks_value(value) or self._tells_value(value)

    def asks_value(self, value: Value) -> bool:
        """Whether the question says the value."""
        return self._asked_any and bool(self._asked_values.places(value))

    @lazy
    def _told_words(self) -> frozenset[str]:
        return frozenset(words(self._told)) if self._told else frozenset()

    @lazy
    def _told_values(self) -> Held | None:
        """What the application says of values; ``None`` where it may hold none."""
        said = words(self._told)
        return Held([self._told], [said]) if _may_hold(said) else None

    @lazy
    def beside(self) -> tuple[str, str]:
        """What else decides whether a value is new: what people said, and the application where it may say a value."""
        telling = self._told_values is not None or "percent" in self._told_words
        return self._plain, self._told if telling else ""

    def _tells_value(self, value: Value) -> bool:
        return self._told_values is not None and bool(self._told_values.places(value))

    @property
    def tokens(self) -> list[str]:
        """All words of the documents in order."""
        return self._index.tokens

    def weigh(self, tokens: Iterable[str]) -> dict[str, float]:
        """Each token's rarity among the chunks, at least 1."""
        rarity = self._index.rarity
        return {token: rarity[token] for token in tokens}

    def best_window(self, weights: dict[str, float], chunks: int = 2) -> tuple[float, int]:
        """Share of the weight that the best one or two neighbouring ``chunks`` hold, and the first one's position."""
        return self.best_windows(weights, (chunks,))[0]

    def best_windows(self, weights: dict[str, float], sizes: tuple[int, ...] = (2, 1)) -> list[tuple[float, int]]:
        """``best_window`` for each of these numbers of chunks."""
        index, everywhere = self._index, 0.0
        total = math.fsum(weights.values())
        if total == 0.0:
            return [(0.0, 0)] * len(sizes)
        places = index.places
        found = [(weights[token], token) for token in sorted(weights) if token in places]
        if len(self.chunks) > _COMMON:
            for weight, token in found:
                everywhere += weight if len(places[token]) > _COMMON else 0.0
            found = [one for one in found if len(places[one[1]]) <= _COMMON]
        if not found:
            return [(min(1.0, everywhere / total), 0)] * len(sizes)
        windows, wanted = [], tuple(found)
        for chunks in sizes:
            # Place n of two: a window that begins at chunk n - 1.
            most, place = index.fullest(wanted, chunks == 2)
            windows.append((min(1.0, (everywhere + most) / total), max(0, place - 1) if chunks == 2 else place))
        return windows

    def known(self, weights: dict[str, float]) -> float:
        """Share of the weight that is anywhere in the documents, longer words by their first five letters."""
        total = math.fsum(weights.values())
        places, holds = self._index.places, self.holds
        found = math.fsum([weight for token, weight in weights.items() if token in places or holds(token)])
        return min(1.0, found / total) if total else 0.0

    def holds(self, token: str) -> bool:
        """Whether the stem, or for longer ones another with the same first five letters, is anywhere."""
        return token in self._index.places or (len(token) > 4 and token[0] != "=" and token[:5] in self._index.prefixes)

    def begins(self, letters: str) -> bool:
        """Whether a stem begins with these four letters; fewer never match a longer word."""
        return letters in self._index.shorter

    def quoted(self, text: str) -> bool:
        """Whether it is a sentence of the documents, letter by letter."""
        return self._index.quoted(text)

    def copied(self, grams: list[int]) -> float | None:
        """Share of these hashed trigrams that the documents have, each counted once; ``None`` when there are none."""
        own = set(grams)
        return len(own & self._index.trigrams) / len(own) if own else None

    @lazy
    def operands(self) -> list[float]:
        """Numbers that an answer may work something out of: the documents', where they are few, and the question's."""
        own = self._index.values.few_numbers()
        return own and sorted({*own, *self.asked_numbers})

    @property
    def many_numbers(self) -> list[float]:
        """The numbers of the documents, where they are not too many to be put together with those of a question."""
        return self._index.values.few_numbers(MANY_NUMBERS)

    @lazy
    def asked_numbers(self) -> list[float]:
        """The numbers that the question says."""
        return self._asked_values.few_numbers() if self._asked_any else []

    def say(self, values: Iterable[Value]) -> None:
        """Keep the numbers that the answer has said, for what it works out of them later."""
        for value in values:
            if isinstance(value, Quantity) and decimal(value.number):
                number = float(value.number)
                if number not in self.earlier:
                    self.earlier.append(number)
        del self.earlier[:-_EARLIER]

    @lazy
    def clocks(self) -> list[int]:
        """The times of day that documents and question say, in minutes, where they are few."""
        own = self._index.values.few_clocks()
        return sorted({*own, *self._asked_values.few_clocks()}) if self._asked_any else own

    @lazy
    def hours(self) -> list[int]:
        """``clocks``, and the hours from and to which the documents say that something is (10-17), in minutes."""
        found = _OPEN.findall(self._index.text) if len(self.many_numbers) <= MANY_NUMBERS else []
        return sorted({*self.clocks, *(60 * int(hour) for hours in found[:_EARLIER] for hour in hours)})

    @property
    def asked_text(self) -> str:
        """What people said, in plain signs."""
        return self._plain

    @lazy
    def asked_factors(self) -> list[float]:
        """What the question multiplies by, in words."""
        return factors_of(self._plain)

    @property
    def dates(self) -> list[Date]:
        """The dates that the documents say, where they are few."""
        return self._index.values.few_dates()

    @lazy
    def asked_dates(self) -> list[Date]:
        """The dates that the question says."""
        return self._asked_values.few_dates() if self._asked_any else []

    @lazy
    def asked_periods(self) -> list[Period]:
        """The periods that the question says, the first ones."""
        return periods(self._plain.lower())

    @lazy
    def periods(self) -> list[Period]:
        """The periods that documents and question say, the first ones."""
        return [*self._index.periods, *self.asked_periods]

    @lazy
    def shares(self) -> bool:
        """Whether documents or question speak of percentages."""
        return "%" in self._index.text or "%" in self._plain or self.says("percent")

    @lazy
    def asks_for_work(self) -> bool:
        """Whether the question asks for something to be worked out."""
        return asks_for_work(self._plain)

    @lazy
    def asks_for_hours(self) -> bool:
        """Whether the question asks for a time between two."""
        return bool(_HOURS.search(self._plain))

    @lazy
    def asks_for_years(self) -> bool:
        """Whether the question asks for the years between two."""
        return bool(_YEARS.search(self._plain))

    @lazy
    def totals(self) -> list[float]:
        """Sums and means of the columns of records (``values.columns``)."""
        return totals(self.chunks)

    def repeats(self, grams: Iterable[int]) -> bool:
        """Whether the documents have one of these hashed trigrams."""
        return not self._index.trigrams.isdisjoint(grams)

    def places_of(self, grams: list[int]) -> dict[int, list[int]]:
        """For each of these hashed trigrams that the documents have: where in ``tokens`` it is, ascending, the first
        places."""
        wanted = self._index.trigrams.intersection(grams)
        if not wanted:
            return {}
        runs = self._index.runs
        found: dict[int, list[int]] = {run: [] for run in wanted}
        for place in compress(count(), map(wanted.__contains__, runs)):
            found[runs[place]].append(place)
        for places in found.values():
            del places[_PLACES:]
        return found

    def window(self, position: int) -> Window:
        """The two chunks from ``position``."""
        return self._index.window(position)


def _may_hold(said: list[str]) -> bool:
    """Whether a text of these words may hold a value."""
    return not (all(map(str.isalpha, said)) and VALUE_WORDS.isdisjoint(said))
