"""GSM8K items whose numbers can be changed: what their own calculator marks (``<<48/2=24>>``) say of the sums.

An item is taken only when there is one way to read it: each operand of each step is one number of the question, or the
result of one earlier step, and nothing else in the question could be meant (``twice``, a week's 7 days); each step's
stated result is what it computes; the last result is the answer; and the question, put together again from its parts,
is what it was. So a new answer follows from the recomputed steps. Everything else is left as published.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from scorers.benchmarks.gsm8k import Row, plain

#: Numbers as words that are read and written.
WORDS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_WORD = {word: number for number, word in enumerate(WORDS, 2)}
_NUMBER = re.compile(
    r"(?P<digits>(?<![\w.,/])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\w/]|[.,:]\d))|(?<![\w-])(?P<word>"
    + "|".join(WORDS)
    + r")(?![\w])(?!-(?:"
    + "|".join(WORDS)
    + r"))",
    re.IGNORECASE,
)
_MARK = re.compile(r"<<([^<>=]*)=([^<>=]*)>>")
_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d*)?|\.\d+)|([-+*/()]))")
#: Number words that are not read, and would be left as they are.
_LARGE = re.compile(
    r"(?<!\w)(?:(?:thir|four|fif|six|seven|eigh|nine)teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundreds?|thousands?"
    r"|millions?|billions?)(?!\w)",
    re.IGNORECASE,
)
#: A number up to here that several steps use may be meant by something else in one of them ("2 tickets", "2 parents").
_SMALL = 12
#: What a question may speak of, and the numbers that it may mean by it without saying them.
_UNSAID: tuple[tuple[str, tuple[int, ...]], ...] = (
    (r"twice|doubl\w*|two-\w+|half|halves|halv\w+|pairs?|couples?|both|twins?|second|other|another", (2,)),
    (r"thrice|tripl\w*|thirds?|three-\w+", (3,)),
    (r"quarters?|quadrupl\w*|fourths?|four-\w+|seasons?", (4, 25, 3)),
    (r"fifths?|weekdays?|work\s?days?|school days?|nickels?|hands?|fingers?", (5,)),
    (r"sixths?", (6,)),
    (r"week\w*|sevenths?|monday|tuesday|wednesday|thursday|friday|saturday|sunday", (7, 5, 2)),
    (r"eighths?|legs?|spiders?", (8, 4, 2)),
    (r"tenths?|dimes?|decades?", (10,)),
    (r"dozens?|inch\w*|foot|feet|noon|midnight|morning|evening|a\.?m\.?|p\.?m\.?", (12, 24)),
    (r"months?|monthly|year\w*|annual\w*", (12, 52, 365, 30, 4)),
    (r"days?|daily", (24, 7)),
    (r"hours?|hourly|minutes?|seconds", (60, 24)),
    (r"per\s?cent\w*|cents?|penn\w+|centur\w+|meters?", (100, 10)),
    (r"pounds?|ounces?|gallons?|quarts?|pints?|cups?", (16, 2, 4, 8)),
    (r"yards?", (3, 36)),
    (r"square|rectang\w+|sides?|perimeter|wheels?|triang\w+|area", (2, 3, 4)),
    (r"once|one|a single|first|herself|himself|self|including", (1,)),
)
#: The largest number that makes sense at a place, by what follows it.
_CAPS: tuple[tuple[str, int], ...] = (
    (r"\s*(?:school |work(?:ing)? |week)?days?\b[^.?!]{0,20}\b(?:a|per|each|every|of the|in a|one) week", 7),
    (r"\s*hours?\b[^.?!]{0,20}\b(?:a|per|each|every|of the|in a|one) (?:day|night|morning|evening)", 12),
    (r"\s*months?\b[^.?!]{0,20}\b(?:a|per|each|every|of the|in a) year", 12),
    (r"\s*(?:weeks?|times?)\b[^.?!]{0,20}\b(?:a|per|each|every|of the|in a) month", 9),
    (r"\s*(?:%|percent|per cent)", 99),
    (r"-?\s*(?:years?|yrs)[ -]old", 90),
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the question: where it stands, and its value. ``word``: it is written as one. ``cap``: the largest
    value that makes sense there."""

    start: int
    end: int
    text: str
    value: Fraction
    word: bool
    cap: int | None = None


#: An operand: ``("q", n)`` the n-th number of the question, ``("s", n)`` the result of step n; or an operator.
Part = tuple[str, int] | str


@dataclass(frozen=True, slots=True)
class Step:
    """One mark: its parts in the order in which they are written, and its result."""

    parts: tuple[Part, ...]
    result: Fraction


@dataclass(frozen=True, slots=True)
class Sums:
    """An item whose numbers can be changed. ``used``: the numbers of the question that the steps use."""

    question: str
    numbers: tuple[Number, ...]
    steps: tuple[Step, ...]
    used: tuple[int, ...]


def numbers_of(question: str) -> tuple[Number, ...]:
    """The numbers of a question, as digits or as words, in order."""
    found = []
    for match in _NUMBER.finditer(question):
        text = match[0]
        word = match["word"] is not None
        value = Fraction(_WORD[text.lower()]) if word else Fraction(Decimal(text.replace(",", "")))
        after = question[match.end() :]
        cap = next((most for pattern, most in _CAPS if re.match(pattern, after, re.IGNORECASE)), None)
        found.append(Number(match.start(), match.end(), text, value, word, cap))
    return tuple(found)


def read(row: Row) -> Sums | None:
    """How the answer follows from the numbers of the question; ``None`` where there is not one way to read it."""
    numbers = numbers_of(row.question)
    marks = _MARK.findall(row.answer)
    if not marks or _LARGE.search(row.question):
        return None
    unsaid = _unsaid(row.question) | _loose(row.question, numbers)
    steps: list[Step] = []
    for expression, stated in marks:
        step = _step(expression, stated, (numbers, steps, unsaid))
        if step is None:
            return None
        steps.append(step)
    used = tuple(
        sorted({part[1] for step in steps for part in step.parts if not isinstance(part, str) and part[0] == "q"})
    )
    found = Sums(row.question, numbers, tuple(steps), used)
    return found if used and not _doubtful(found) and _round_trip(found, row) else None


def _doubtful(sums: Sums) -> bool:
    """Whether a number is left over, which some step that has no mark may use; or a small one is used by several."""
    times = Counter(
        part[1] for step in sums.steps for part in step.parts if not isinstance(part, str) and part[0] == "q"
    )
    return any(
        number.value != 1 and (not times[place] or (times[place] > 1 and number.value <= _SMALL))
        for place, number in enumerate(sums.numbers)
    )


def _unsaid(question: str) -> set[Fraction]:
    found: set[Fraction] = set()
    for words, values in _UNSAID:
        if re.search(rf"(?<![\w-])(?:{words})(?!\w)", question, re.IGNORECASE):
            found |= {Fraction(value) for value in values}
    return found | ({Fraction(100)} if "%" in question else set())


def _loose(question: str, numbers: Sequence[Number]) -> set[Fraction]:
    """Numbers that stand in the question in some other form: fractions, times, ranges, ``3rd``."""
    rest = list(question)
    for number in numbers:
        rest[number.start : number.end] = " " * (number.end - number.start)
    return {Fraction(int(text)) for text in re.findall(r"\d+", "".join(rest))}


def _step(expression: str, stated: str, known: tuple[Sequence[Number], Sequence[Step], set[Fraction]]) -> Step | None:
    numbers, steps, unsaid = known
    tokens = _tokens(expression)
    if tokens is None:
        return None
    parts: list[Part] = []
    for token in tokens:
        if isinstance(token, str):
            parts.append(token)
            continue
        sources: list[Part] = [("q", place) for place, number in enumerate(numbers) if number.value == token]
        sources += [("s", place) for place, step in enumerate(steps) if step.result == token]
        if len(sources) != 1 or token in unsaid:
            return None
        parts.append(sources[0])
    operands = [part for part in parts if not isinstance(part, str)]
    # Each operand once: of a number that stands twice in one sum, one may be meant by something else.
    if len(operands) < 2 or len(set(operands)) < len(operands):
        return None
    try:
        result = Fraction(Decimal(plain(stated.strip())))
    except (ArithmeticError, ValueError):
        return None
    computed = evaluate(parts, [number.value for number in numbers], [step.result for step in steps])
    return Step(tuple(parts), result) if computed == result else None


def _tokens(expression: str) -> list[Fraction | str] | None:
    """Numbers and operators; ``None`` where there is anything else."""
    text = expression.replace(",", "").replace("$", "").strip()
    found: list[Fraction | str] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            return None
        found.append(Fraction(Decimal(match[1])) if match[1] else match[2])
        at = match.end()
    return found


def evaluate(parts: Sequence[Part], numbers: Sequence[Fraction], results: Sequence[Fraction]) -> Fraction | None:
    """What a step computes, exactly; ``None`` where it is no sum, or divides by 0."""
    reader = _Reader([_value(part, numbers, results) for part in parts])
    try:
        value = reader.sum()
    except (ZeroDivisionError, ValueError):
        return None
    return value if reader.done else None


def _value(part: Part, numbers: Sequence[Fraction], results: Sequence[Fraction]) -> Fraction | str:
    if isinstance(part, str):
        return part
    kind, place = part
    return numbers[place] if kind == "q" else results[place]


class _Reader:
    """Sums of products of numbers and brackets."""

    def __init__(self, tokens: Sequence[Fraction | str]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def done(self) -> bool:
        return self._at == len(self._tokens)

    def sum(self) -> Fraction:
        value = self._product()
        while (sign := self._next("+-")) is not None:
            other = self._product()
            value = value + other if sign == "+" else value - other
        return value

    def _product(self) -> Fraction:
        value = self._one()
        while (sign := self._next("*/")) is not None:
            other = self._one()
            value = value * other if sign == "*" else value / other
        return value

    def _one(self) -> Fraction:
        if self._next("-") is not None:
            return -self._one()
        if self._next("(") is not None:
            value = self.sum()
            if self._next(")") is None:
                raise ValueError("a bracket is not closed")
            return value
        token = None if self.done else self._tokens[self._at]
        if not isinstance(token, Fraction):
            raise ValueError("a number is missing")
        self._at += 1
        return token

    def _next(self, wanted: str) -> str | None:
        if self.done:
            return None
        token = self._tokens[self._at]
        if not isinstance(token, str) or token not in wanted:
            return None
        self._at += 1
        return token


def results_of(sums: Sums, values: Sequence[Fraction]) -> list[Fraction] | None:
    """The results of all steps with these numbers; ``None`` where one cannot be computed."""
    found: list[Fraction] = []
    for step in sums.steps:
        result = evaluate(step.parts, values, found)
        if result is None:
            return None
        found.append(result)
    return found


def _round_trip(sums: Sums, row: Row) -> bool:
    """Whether the item comes out as it was: its answer by its steps, its question by its parts; and whether the steps
    lead to the answer: each result but the last is used later, and no number tells a result beforehand."""
    values = [number.value for number in sums.numbers]
    results = results_of(sums, values)
    try:
        final = Fraction(Decimal(plain(row.final)))
    except (ArithmeticError, ValueError):
        return False
    if results is None or results[-1] != final or written(sums, values) != row.question:
        return False
    later = {part for step in sums.steps for part in step.parts}
    if any(("s", place) not in later for place in range(len(sums.steps) - 1)):
        return False
    return not set(results) & {number.value for number in sums.numbers}


def written(sums: Sums, values: Sequence[Fraction]) -> str:
    """The question with these numbers, each in the form of the one whose place it takes."""
    pieces = []
    at = 0
    for number, value in zip(sums.numbers, values, strict=True):
        pieces += [sums.question[at : number.start], _form(number, value)]
        at = number.end
    return "".join([*pieces, sums.question[at:]])


def _form(number: Number, value: Fraction) -> str:
    if value == number.value:
        return number.text
    if number.word and value.denominator == 1 and 2 <= value <= len(WORDS) + 1:
        word = WORDS[int(value) - 2]
        return word.capitalize() if number.text[0].isupper() else word
    decimals = len(number.text.partition(".")[2])
    comma = "," if "," in number.text else ""
    return format(Decimal(value.numerator) / Decimal(value.denominator), f"{comma}.{decimals}f")
