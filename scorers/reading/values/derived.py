"""Values that a claim works out itself: the length of a list it gives, and sums, differences and changes in per cent of
other values that it says. They need no document of their own; what they are made of does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations

from scorers.reading.values.numbers import Quantity, decimal
from scorers.reading.values.values import Value

#: The longest list that is counted, and the most values that are worked with.
_LONGEST, _MOST = 12, 8
#: Behind the number: what is counted, the mark before the list, and the list up to the word before its last item.
_LIST = re.compile(r"(?P<of>[^,:;(.!?]{0,60})(?P<mark>[,:(])(?P<items>[^:;.!?()]{1,200}?)(?P<last>,?) (?:and|or) ")
#: What says that a figure is worked out of others, and signs that do.
WORK = re.compile(
    r"\b(?:total|sum|together|combined|altogether|in all|plus|minus|differ\w*|more|less|fewer|ris\w*|rose|fall\w*|fell"
    r"|cheaper|longer|shorter|larger|smaller|spen[dt]\w*|free|each|both|by how much|how (?:long|far)|compar\w*"
    r"|grew|grow\w*|increas\w*|decreas\w*|drop\w*|gain\w*|up|down|higher|lower|change\w*|left|remain\w*|average|mean)\b",
    re.IGNORECASE,
)
_SIGN = re.compile(r"\d ?[+*×=] ?\d|\bfrom \S{1,12} to \d|\d:? [+*×] ?\d")


def derived(text: str, values: Sequence[Value], new: Sequence[Value]) -> list[Value]:
    """Those of ``new`` that ``text`` works out itself from what it says. ``values``: all of it, ``new`` among them."""
    if not new:
        return []
    found: list[Value] = [value for value in new if isinstance(value, Quantity) and _counts(text, value)]
    numbers = [one for one in values if isinstance(one, Quantity) and one not in new and decimal(one.number)]
    if 2 <= len(numbers) <= _MOST and (WORK.search(text) or _SIGN.search(text)):
        made = _made([float(one.number) for one in numbers])
        found += [value for value in new if isinstance(value, Quantity) and value not in found and _is(value, made)]
    return found


def worked_out(new: Sequence[Value], operands: Sequence[float]) -> list[Value]:
    """Those of ``new`` that are the sum, difference, product, mean, share or change of two of the ``operands``."""
    if len(operands) < 2:
        return []
    made = _made(operands)
    made[0].update(one * other for one, other in combinations(operands, 2))
    return [value for value in new if isinstance(value, Quantity) and _is(value, made)]


def multiplied(new: Sequence[Value], asked: Sequence[float], operands: Sequence[float]) -> list[Value]:
    """Those of ``new`` that are a number of the question times one of the ``operands``."""
    made: tuple[set[float], set[float]] = {one * other for one in asked for other in operands}, set()
    return [value for value in new if isinstance(value, Quantity) and _is(value, made)]


def between(value: Quantity, clocks: Sequence[int]) -> bool:
    """Whether the value is the time between two of the ``clocks`` (minutes), or the hours or the minutes of it."""
    spans = {late - early for early, late in combinations(clocks, 2)}
    written = {"h": {span // 60 for span in spans}, "m": {span % 60 for span in spans} | spans}
    return value.number in {f"{span}" for span in written.get(value.unit[:1], ())}


def _counts(text: str, value: Quantity) -> bool:
    """Whether the value is the number of items of the list that follows it."""
    if not value.number.isdigit() or value.unit or not 2 <= int(value.number) <= _LONGEST:
        return False
    match = _LIST.match(text, value.end)
    if match is None or not match["of"].strip():
        return False
    return match["items"].count(",") + 2 == int(value.number)


def _made(numbers: Sequence[float]) -> tuple[set[float], set[float]]:
    """What is worked out of the numbers: amounts, and shares in per cent."""
    amounts, shares = {sum(numbers), sum(numbers) / len(numbers)}, set()
    for one, other in combinations(numbers, 2):
        amounts |= {one + other, abs(one - other), (one + other) / 2}
        for a, b in ((one, other), (other, one)):
            if b:
                shares |= {abs(a - b) / abs(b) * 100, abs(a / b) * 100}
    return amounts, shares


def _is(value: Quantity, made: tuple[set[float], set[float]]) -> bool:
    """Whether the value is one of what was worked out, rounded as it is written."""
    if not decimal(value.number):
        return False
    step = 10.0 ** -len(value.number.partition(".")[2])
    amounts, shares = made
    at = float(value.number)
    return any(abs(one - at) <= step / 2 + 1e-9 for one in (shares if value.unit == "%" else amounts))
