"""All values of a text, and which of them documents hold, and where."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain, starmap
from operator import attrgetter

from scorers.reading.lazy import lazy
from scorers.reading.values.dates import MONTH_WORDS, Clock, Date, clocks, dates
from scorers.reading.values.numbers import (
    MEASURES,
    SCALE_WORDS,
    SHARE,
    SPELLED,
    Quantity,
    canonical,
    conflicting,
    decimal,
    figures,
    may_measure,
    quantities,
    quantity_at,
    spelled,
    times,
)

Value = Quantity | Date | Clock

_WORD = re.compile(r"[^\W_]+")
_DIGIT = re.compile(r"\d")
_start = attrgetter("start")
_MULTIPLIED = re.compile(r"\d(?:[kKmMbB]|bn|mn|mln|tn)\b")
#: A text without one of these holds no date, and without one of those no time.
# Begins with a class, which the engine looks for much faster.
_DATED = re.compile(r"\d(?:[-/.]\d{1,2}[-/.]\d|(?<!\w.)(?:(?<=1)9|(?<=2)0)\d\d-(?:0[1-9]|1[0-2])(?![-/.]?\d))")
_TIMED = re.compile(
    r"[\donm](?:(?<=\d)(?:[:.h]\d\d| ?[ap]\.?m\b)|(?<=o)'clock|(?<!\w.)(?:(?<=n)oon|(?<=m)id(?:day|night))\b)"
)
HALVES = frozenset(("am", "pm", "noon", "midday", "midnight", "clock"))
#: A text without a digit holds a value only with one of these words.
VALUE_WORDS = MONTH_WORDS | SPELLED | HALVES - {"clock", "am", "pm"}
#: At most so many places of one value.
_PLACES = 64
#: What parts dates and times of day.
_PARTING = frozenset(":/-")
#: Among more numbers than this, nearly every small one is the sum or the difference of two.
_FEW_NUMBERS = 16
#: How far a number with zeros at its end may be from the one that it rounds, as a share of it.
_ROUGH = 0.06
#: The most numbers that are asked for.
MANY_NUMBERS = 60


def lowered(text: str) -> str:
    """``text`` in lower case, of the same length."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(c.lower() if c.isascii() else c for c in text)


def values_of(text: str, said: Iterable[str] | None = None, decimal_comma: bool = False) -> list[Value]:
    """Dates, times and quantities of ``text`` in order; no part of it is in two. ``text``: plain signs.

    ``said``: its words in lower case, where they are known.
    """
    low = lowered(text)
    words = frozenset(_WORD.findall(low) if said is None else said)
    found: list[Value] = []
    digits = bool(_DIGIT.search(low))
    if not MONTH_WORDS.isdisjoint(words) or (digits and _DATED.search(low)):
        found += dates(low)
    if (":" in low or "m" in words or not HALVES.isdisjoint(words)) and _TIMED.search(low):
        found += _free(clocks(low), found)
    if digits:
        found += _free(quantities(text, decimal_comma), found)
    if not SPELLED.isdisjoint(words):
        found += _free(spelled(low, words), found)
    return sorted(found, key=_start) if len(found) > 1 else found


def _free(found: Iterable[Value], taken: list[Value]) -> list[Value]:
    """Those that overlap none of ``taken``."""
    if not taken:
        return list(found)
    ordered = sorted(taken, key=_start)
    starts = list(map(_start, ordered))
    kept = []
    for value in found:
        at = bisect_left(starts, value.end)
        if at == 0 or ordered[at - 1].end <= value.start:
            kept.append(value)
    return kept


def name_of(value: Value) -> str:
    """A word that stands for the value beside the words of a text; no word of a text looks like it."""
    if isinstance(value, Date):
        return f"={value.year}-{value.month}-{value.day}"
    if isinstance(value, Clock):
        return "=" + "/".join(map(str, sorted(value.minutes)))
    return f"={value.number}{value.unit}"


def rival(one: Value, other: Value) -> bool:
    """Whether two values are of a kind, so that one may stand in the place of the other, and are not the same."""
    if isinstance(one, Date):
        return isinstance(other, Date) and not (one.said_by(other) or other.said_by(one))
    if isinstance(one, Clock):
        return isinstance(other, Clock) and one.minutes.isdisjoint(other.minutes)
    if not isinstance(other, Quantity):
        return False
    if one.base and other.base:
        return one.base != other.base and one.base.split()[0] == other.base.split()[0]
    return one.number != other.number and (one.unit == other.unit or not one.unit or not other.unit)


class Held:
    """The values of many short texts (chunks), looked up one by one. What no look-up needs is never computed."""

    def __init__(
        self,
        texts: Sequence[str],
        said: Sequence[Sequence[str]],
        decimal_comma: bool = False,
        words: AbstractSet[str] | None = None,
    ) -> None:
        """``said``: the words of each of the ``texts``, in lower case; ``words``: all of them, where they are known."""
        self._comma = decimal_comma
        self._words = frozenset(chain.from_iterable(said)) if words is None else words
        marks = {word for word in self._words if not word.isalpha()} | (VALUE_WORDS & self._words)
        self._marks = marks
        self._positions = [at for at, own in enumerate(said) if not marks.isdisjoint(own)]
        self._said = [said[at] for at in self._positions]
        self._text = "\n".join(texts[at] for at in self._positions)
        self._starts = [0]
        for at in self._positions:
            self._starts.append(self._starts[-1] + len(texts[at]) + 1)

    def _spans(self, wanted: frozenset[str]) -> Iterator[tuple[Sequence[str], int, int]]:
        """The texts that have one of these words: their words, and where they are."""
        if wanted.isdisjoint(self._words):
            return
        for at, own in enumerate(self._said):
            if not wanted.isdisjoint(own):
                yield own, self._starts[at], self._starts[at + 1] - 1

    def _place(self, offset: int) -> int:
        return self._positions[bisect_right(self._starts, offset) - 1]

    @lazy
    def _low(self) -> str:
        return lowered(self._text)

    @lazy
    def _digits(self) -> list[tuple[int, str]]:
        """Where each number in digits begins, and how it is written."""
        return list(figures(self._text))

    @lazy
    def _figures(self) -> dict[str, list[tuple[int, str]]]:
        """Canonical number -> where it begins, and how it is written."""
        found: dict[str, list[tuple[int, str]]] = {}
        for start, written in self._digits:
            number = (written.lstrip("0") or "0") if written.isdigit() else canonical(written, self._comma)
            if number in found:
                found[number].append((start, written))
            else:
                found[number] = [(start, written)]
        return found

    @lazy
    def _others(self) -> dict[str, list[Quantity]]:
        """Canonical number -> the quantities that scale words and letters make, and those in words."""
        found: dict[str, list[Quantity]] = {}
        made = [quantity for quantity in self._measured if quantity.mantissa]
        if made and (self._scaled or _MULTIPLIED.search(self._text)):
            for quantity in made:
                found.setdefault(quantity.number, []).append(quantity)
        if not SPELLED.isdisjoint(self._words):
            for said, start, end in self._spans(SPELLED):
                for quantity in spelled(self._low, said, start, end):
                    found.setdefault(quantity.number, []).append(quantity)
        return found

    @lazy
    def _measured(self) -> list[Quantity]:
        """The quantities in digits that may be amounts, or that a word or a letter multiplies."""
        # Without a unit, a word that multiplies and a word of digits and letters there are none.
        if MEASURES.isdisjoint(self._words) and all(word.isalpha() or word.isdecimal() for word in self._marks):
            return []
        text = self._text
        return [
            quantity_at(text, start, written, self._comma)
            for start, written in self._digits
            if may_measure(text, start + len(written))
        ]

    @lazy
    def _amounts(self) -> dict[str, list[Quantity]]:
        """Base -> quantities of that amount."""
        found: dict[str, list[Quantity]] = {}
        others = (one for own in self._others.values() for one in own)
        for quantity in (*self._measured, *others):
            if quantity.base:
                found.setdefault(quantity.base, []).append(quantity)
        return found

    def _quantities(self, number: str) -> list[Quantity]:
        """The quantities of one canonical number, in digits and in words."""
        known = self._figures.get(number, ())[:_PLACES]
        read = [quantity_at(self._text, start, written, self._comma) for start, written in known]
        return [*(one for one in read if one.number == number), *self._others.get(number, ())]

    @lazy
    def _dates(self) -> list[Date]:
        spans = {(start, end) for _, start, end in self._spans(MONTH_WORDS)}
        for match in _DATED.finditer(self._low):
            at = bisect_right(self._starts, match.start()) - 1
            spans.add((self._starts[at], self._starts[at + 1] - 1))
        return [date for start, end in sorted(spans) for date in dates(self._low, start, end)]

    @lazy
    def _clocks(self) -> list[Clock]:
        return list(clocks(self._low)) if _TIMED.search(self._low) else []

    @lazy
    def _scaled(self) -> bool:
        """Whether the texts speak of thousands or millions anywhere, as the head of a column does."""
        return not SCALE_WORDS.isdisjoint(self._words)

    def few_numbers(self, most: int = _FEW_NUMBERS) -> list[float]:
        """The numbers, ascending; none where they are more than ``most`` (at most ``MANY_NUMBERS``), too many to say
        what is worked out of them. Parts of dates and of times of day are none."""
        found = self._plain_numbers
        return found if len(found) <= most else []

    @lazy
    def _plain_numbers(self) -> list[float]:
        """The numbers; where they are more than ``MANY_NUMBERS``, one more than that."""
        found = {float(number) for number in self._others if decimal(number)}
        for number, places in self._figures.items():
            if len(found) > MANY_NUMBERS:
                break
            if any(starmap(self._by_itself, places)) and decimal(number):
                found.add(float(number))
        return sorted(found)

    def _by_itself(self, start: int, written: str) -> bool:
        text, end = self._text, start + len(written)
        return not (
            (text[end : end + 1] in _PARTING and text[end + 1 : end + 2].isdecimal())
            or (text[start - 1 : start] in _PARTING and text[start - 2 : start - 1].isdecimal())
        )

    def few_clocks(self) -> list[int]:
        """The times of day in minutes from midnight; none where they are too many to say what lies between two."""
        found = {minute for clock in self._clocks for minute in clock.minutes}
        return sorted(found) if len(found) <= _FEW_NUMBERS else []

    def few_dates(self) -> list[Date]:
        """The dates; none where they are too many to say what lies between two."""
        return self._dates if len(self._dates) <= _FEW_NUMBERS else []

    def numbers(self) -> frozenset[str]:
        """All numbers in digits, canonical."""
        return frozenset(self._figures)

    def places(self, value: Value) -> list[int]:
        """The positions of the texts that say the value, ascending; none where it is not said."""
        if isinstance(value, Date):
            starts = [date.start for date in self._dates if value.said_by(date)]
            if value.year and not any(date.year for date in self._dates if value.said_by(date)):
                starts = starts if str(value.year) in self._figures else []
        elif isinstance(value, Clock):
            starts = [clock.start for clock in self._clocks if not value.minutes.isdisjoint(clock.minutes)]
        else:
            starts = self._exact(value)
        return sorted({self._place(start) for start in starts[:_PLACES]})

    def _exact(self, value: Quantity) -> list[int]:
        if not value.mantissa and not value.unit:
            known = self._figures.get(value.number)
            if known and not value.rough:
                return [start for start, _ in known]
        starts = [own.start for own in self._quantities(value.number) if not conflicting(value.unit, own.unit)]
        return starts or self._equal(value)

    def _equal(self, value: Quantity) -> list[int]:
        """Where the same amount is said in another unit, as a share, rounded, or under a head that scales it."""
        if value.base and value.base in self._amounts:
            return [own.start for own in self._amounts[value.base]]
        if value.unit == "%":
            share = self._quantities(times(value.number, SHARE))
            if found := [own.start for own in share if own.unit in ("", "%") and own.number != "0"]:
                return found
        elif not value.unit:
            hundredfold = self._quantities(times(value.number, 100))
            if found := [own.start for own in hundredfold if own.unit == "%"]:
                return found
        if value.mantissa and self._scaled and value.mantissa in self._figures:
            scaled = self._quantities(value.mantissa)
            if found := [own.start for own in scaled if not own.unit or not conflicting(own.unit, value.unit)]:
                return found
        return self._rounded(value) if value.rough else []

    def _rounded(self, value: Quantity) -> list[int]:
        """Where a number is said that the value is the rounding of, to the places that it is written with."""
        written = value.mantissa or value.number
        if not (decimal(written) and decimal(value.number)):
            return []
        scale = float(value.number) / float(written) if value.mantissa and float(written) else 1.0
        step = 10.0 ** -len(written.partition(".")[2]) * scale
        at = float(value.number)
        if not value.mantissa and "." not in written:  # "about 12,300"
            step = min(10.0 ** (len(written) - len(written.rstrip("0"))), 2 * _ROUGH * at)
        near = [
            number
            for number in (*self._figures, *self._others)
            if decimal(number) and abs(float(number) - at) <= step / 2
        ]
        return [
            own.start for number in near for own in self._quantities(number) if not conflicting(own.unit, value.unit)
        ]
