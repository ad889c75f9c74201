"""Values that documents say in another measure: degrees, miles, cents, a century, a fraction, the years between two."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal

from scorers.reading.values.numbers import Quantity, decimal, times

#: What stands behind a number that is a temperature.
_DEGREES = re.compile(r" ?(?:\u00b0|degrees?)? ?(?P<scale>f|c|fahrenheit|celsius)\b", re.IGNORECASE)
_WORD = re.compile(r"[ -]?(?P<word>[A-Za-z\u00a2]{1,12})")
#: Word behind the number -> words of the other measure, and by what that one is multiplied.
_CONVERTED: dict[str, tuple[frozenset[str], float]] = {
    word: (frozenset(others.split()), factor)
    for words, others, factor in (
        ("km kilometres kilometers kilometre kilometer", "mile miles mi", 1.609344),
        ("mile miles mi", "km kilometres kilometers kilometre kilometer", 1 / 1.609344),
        ("kg kilos kilograms", "lb lbs pounds", 0.45359237),
        ("lb lbs pounds", "kg kilos kilograms", 1 / 0.45359237),
        ("cm centimetres centimeters", "in inch inches", 2.54),
        ("in inch inches", "cm centimetres centimeters", 1 / 2.54),
        ("m metres meters", "ft foot feet", 0.3048),
        ("ft foot feet", "m metres meters", 1 / 0.3048),
        ("l litres liters", "gallon gallons gal", 3.785412),
        ("gallon gallons gal", "l litres liters", 1 / 3.785412),
    )
    for word in words.split()
}
#: How far a converted value may be off, as a share of it, and in degrees.
_OFF, _DEGREES_OFF = 0.02, 0.6
_CENTS = frozenset(("cent", "cents", "pence", "ct", "\u00a2"))
_CENTURY = re.compile(r"(?:st|nd|rd|th)[ -]century\b", re.IGNORECASE)
#: Shares in per cent, and the words that say them.
_FRACTIONS = (
    *((50.0, ("half",)), (100 / 3, ("third",)), (200 / 3, ("two", "thirds")), (25.0, ("quarter",))),
    *((75.0, ("three", "quarters")), (20.0, ("fifth",)), (10.0, ("tenth",))),
)
_SHARE_OFF = 0.7
_OLD = re.compile(r"\b(?:years? old|years? of age|old)\b", re.IGNORECASE)
_FIRST, _LAST, _MOST_YEARS = 1500, 2100, 12
#: What the head of a column or the key of a field multiplies by.
_SCALED = re.compile(r"\b(?P<scale>thousands?|millions?|billions?|mn|bn)\b", re.IGNORECASE)
_SCALES = {"t": 10**3, "m": 10**6, "b": 10**9}


def converted(
    value: Quantity, text: str, numbers: Sequence[float], says: Callable[[str], bool], holds: Callable[[Quantity], bool]
) -> bool:
    """Whether a value of the claim ``text`` is one that the documents say in another measure.

    ``numbers``: the documents', where they are not too many. ``says``: whether they have a word; ``holds``: a quantity.
    """
    if not decimal(value.number):
        return False
    at = float(value.number)
    if value.unit == "%":
        return any(abs(at - share) <= _SHARE_OFF and all(map(says, said)) for share, said in _FRACTIONS)
    found = _DEGREES.match(text, value.end)
    if found is not None and (found["scale"].lower() in ("fahrenheit", "celsius") or "\u00b0" in found[0]):
        fahrenheit = found["scale"].lower()[0] == "f"
        if any(map(says, ("c", "celsius") if fahrenheit else ("f", "fahrenheit"))):
            made = [x * 1.8 + 32 if fahrenheit else (x - 32) / 1.8 for x in numbers]
            return any(abs(at - one) <= _DEGREES_OFF for one in made)
    behind = _WORD.match(text, value.end)
    word = behind["word"].lower() if behind is not None else ""
    if word in _CENTS:
        return _among(at / 100, numbers)
    if word in _CONVERTED:
        others, factor = _CONVERTED[word]
        if any(map(says, others)):
            off = max(_OFF * at, 0.51 * 10.0 ** -len(value.number.partition(".")[2]))
            return any(abs(at - x * factor) <= off for x in numbers)
    if value.unit in ("usd", "eur", "gbp") and at < 1:
        return any(map(says, _CENTS)) and _among(at * 100, numbers)
    if value.unit:
        return False
    if _CENTURY.match(text, value.end):
        return any(_FIRST - 1400 <= x <= _LAST and int(x - 1) // 100 + 1 == at for x in numbers)
    scale = _SCALED.search(text) if not value.mantissa else None
    return scale is not None and holds(Quantity(times(value.number, Decimal(_SCALES[scale["scale"][0].lower()]))))


def years_between(value: Quantity, text: str, numbers: Sequence[float], *, asked: bool) -> bool:
    """Whether a value is the years between two that the documents say; a birthday aside. ``asked``: whether the
    question asks how old or how long."""
    if not value.number.isdigit() or value.unit not in ("", "years", "year"):
        return False
    if not (asked or _OLD.search(text[value.end : value.end + 16])):
        return False
    years = [x for x in numbers if _FIRST <= x <= _LAST and x == int(x)]
    if len(years) > _MOST_YEARS:
        return False
    wanted = int(value.number)
    return any(late - early in (wanted, wanted + 1) for early in years for late in years if late > early)


def _among(wanted: float, numbers: Sequence[float]) -> bool:
    return any(abs(wanted - one) < 1e-9 for one in numbers)
