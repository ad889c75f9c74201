"""GSM8K items with other numbers: as hard as the published ones, and with an answer that follows from the steps.

Each changed number keeps its number of digits, its zeros at the end and its decimals. All numbers of the question keep
their order. Each result of a step keeps its sign, its number of digits, and whether it is whole. The answer differs.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from fractions import Fraction

from scorers.benchmarks.gsm8k_marks import WORDS, Number, Sums, results_of, written

_TRIES = 4_000
_AN = re.compile(r"\b(an?)\s+\$?$", re.IGNORECASE)
_VOWEL = re.compile(r"8|11(?:$|,\d{3}$)|18(?:$|,\d{3}$)|eight|eleven")


def changed(sums: Sums, seed: str) -> tuple[str, str] | None:
    """Question and answer with other numbers; ``None`` where none were found. The same for the same ``seed``."""
    chance = random.Random(seed)
    old = [number.value for number in sums.numbers]
    before = results_of(sums, old)
    assert before is not None
    choices = {place: _choices(sums, sums.numbers[place]) for place in sums.used}
    if not all(choices.values()):
        return None
    for _ in range(_TRIES):
        values = list(old)
        for place, possible in choices.items():
            values[place] = chance.choice(possible)
        if not _alike(old, values):
            continue
        results = results_of(sums, values)
        if results is None or results[-1] == before[-1] or set(results) & set(values):
            continue
        if all(_same_kind(one, other) for one, other in zip(before, results, strict=True)):
            return written(sums, values), _answer(results[-1])
    return None


def _choices(sums: Sums, number: Number) -> list[Fraction]:
    """The values that may stand in the place of a number."""
    if number.word:
        whole = range(2, 10) if number.value < 10 else range(10, len(WORDS) + 2)
        found = [Fraction(value) for value in whole]
    else:
        digits = number.text.replace(",", "")
        scale = 10 ** len(digits.partition(".")[2])
        bare = digits.replace(".", "").lstrip("0") or "0"
        zeros = len(bare) - len(bare.rstrip("0"))
        step = 10**zeros
        least, most = 10 ** (len(bare) - 1), 10 ** len(bare)
        first = -(-least // step) * step
        limit = min(most, first + step * 20_000)
        found = [Fraction(value, scale) for value in range(first, limit, step)]
    before = _AN.search(sums.question[: number.start])
    kept = [value for value in found if value > 1 or number.value < 1]
    kept = [value for value in kept if number.cap is None or number.value > number.cap or value <= number.cap]
    if before is not None:
        sound = before[1].lower() == "an"
        kept = [value for value in kept if (_VOWEL.match(_spoken(number, value)) is not None) == sound]
    return kept if number.value != 1 else []


def _spoken(number: Number, value: Fraction) -> str:
    return WORDS[int(value) - 2] if number.word else f"{int(value):,}"


def _alike(old: Sequence[Fraction], new: Sequence[Fraction]) -> bool:
    """Whether the numbers keep their order, equal ones stay equal, and at least one is another."""
    if list(old) == list(new):
        return False
    places = range(len(old))
    return all(
        (old[a] < old[b]) == (new[a] < new[b]) and (old[a] == old[b]) == (new[a] == new[b])
        for a in places
        for b in places
        if a < b
    )


def _same_kind(old: Fraction, new: Fraction) -> bool:
    """Whether two results are alike: sign, digits, whole or not."""
    if (old > 0) != (new > 0) or (old == 0) != (new == 0) or len(str(abs(int(old)))) != len(str(abs(int(new)))):
        return False
    if old.denominator == 1 or new.denominator == 1:
        return old.denominator == new.denominator
    return (old * 100).denominator == 1 and (new * 100).denominator == 1


def _answer(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.2f}".rstrip("0")
