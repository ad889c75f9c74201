"""Quantities: a number as a canonical decimal, with the unit that stands beside it.

The decimal sign is a point and the comma parts thousands, unless the text says otherwise: ``decimal_comma`` for texts
of languages that write 1.200,00, and any number whose own form leaves no doubt (1.200,00; 12,5).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

import msgspec

#: Longer runs of digits are compared as they stand.
_LONGEST = 24
_COUNTED = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_UNITS_AND_TEENS = {word: number for number, word in enumerate(_COUNTED.split())}
_TENS = {
    f"{stem}ty": 10 * number
    for number, stem in enumerate(["twen", "thir", "for", "fif", "six", "seven", "eigh", "nine"], start=2)
}
_POWERS = {"hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
#: Words that number words are made of; ``one`` alone is too common to count.
SPELLED = frozenset((*_UNITS_AND_TEENS, *_TENS, *_POWERS, "dozen"))
#: What multiplies the number before it: words, and letters that are written right after it.
_SCALES = {word + ending: power for word, power in _POWERS.items() for ending in ("", "s") if word != "hundred"}
_SCALES |= {"mio": 10**6, "mrd": 10**9, "mn": 10**6, "mln": 10**6, "bn": 10**9, "tn": 10**12}
_SCALES |= {"millionen": 10**6, "milliarden": 10**9, "tausend": 10**3, "milliards": 10**9, "mille": 10**3}
SCALE_WORDS = frozenset(_SCALES)
#: What a hundredth is.
SHARE = Decimal("0.01")
_LETTERS = {"k": 10**3, "K": 10**3, "M": 10**6, "B": 10**9}
#: The same only after a sign of a currency: 5m alone is five metres.
_MONEY_LETTERS = {"m": 10**6, "b": 10**9}
_CURRENCIES = {"$": "usd", "€": "eur", "£": "gbp", "¥": "jpy"}
_CURRENCIES |= dict.fromkeys(["usd", "dollar", "dollars"], "usd") | dict.fromkeys(["eur", "euro", "euros"], "eur")
_CURRENCIES |= {"gbp": "gbp", "chf": "chf", "francs": "chf", "jpy": "jpy", "yen": "jpy", "inr": "inr", "rupees": "inr"}
_PERCENT = frozenset(("%", "percent", "pct", "prozent"))
#: Unit -> what it measures and how many of the smallest it is.
_UNITS: dict[str, tuple[str, Decimal]] = {}
for _dimension, _table in {
    "time": "second seconds sec secs=1 minute minutes min mins=60 hour hours hr hrs h=3600 day days=86400"
    " week weeks=604800",
    "length": "mm millimetre millimetres millimeter millimeters=1 cm centimetre centimetres centimeter centimeters=10"
    " m metre metres meter meters=1000 km kilometre kilometres kilometer kilometers=1000000",
    "mass": "mg=0.001 g gram grams=1 kg kilo kilos kilogram kilograms=1000 tonne tonnes=1000000",
    "volume": "ml millilitre millilitres milliliter milliliters=1 cl=10 dl=100 l litre litres liter liters=1000",
    "data": "kb=1 mb=1000 gb=1000000 tb=1000000000",
    "power": "kw=1 mw=1000 gw=1000000",
}.items():
    for _group in re.findall(r"([a-z ]+)=([\d.]+)", _table):
        _UNITS |= dict.fromkeys(_group[0].split(), (_dimension, Decimal(_group[1])))
#: Words of units and currencies.
UNIT_WORDS = frozenset((*_UNITS, *(word for word in _CURRENCIES if word.isalpha())))
#: Words behind a number that make an amount of it.
MEASURES = frozenset((*_UNITS, *_SCALES))
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+$")
# Begins with a class, which the engine looks for much faster than for a repeat.
_DIGITS = re.compile(r"\d\d{0,23}(?:[.,']\d{1,24}){0,8}")
_DECIMAL = re.compile(r"\d{1,24}(?:\.\d{1,24})?$", re.ASCII)
_AFTER = re.compile(r"(?P<glued>[kKmMbB](?![^\W_]))?(?P<gap>[ \t\u00a0\u202f]{0,3}|-)(?P<word>%|[^\W\d_]{1,14})?")
_ROUGHLY = re.compile(
    r"(?:\b(?:about|around|roughly|some|approximately|approx\.?|nearly|almost|over|more than|circa|ca\.|close to|"
    r"just under|well over)|~)\s{0,4}[^\w\s]?\Z"
)
_SECOND = re.compile(r" (?P<word>cent|[^\W\d_]{1,14})")
_SPELLED = re.compile(
    rf"\b(?:(?:{'|'.join(sorted(SPELLED, key=len, reverse=True))})\b(?:[ -](?:and )?(?=[a-z])(?!and))?){{1,8}}"
)


class Quantity(msgspec.Struct, frozen=True):
    """``number`` canonical (no sign, no zeros that say nothing); ``unit``: a currency, ``%``, a unit of a dimension or
    nothing. ``base`` is what equal amounts share (0.5 hours, 30 minutes). ``mantissa`` is the number as it is written
    where a word multiplies it, and ``rough`` whether it may be rounded."""

    number: str
    unit: str = ""
    base: str = ""
    mantissa: str = ""
    rough: bool = False
    start: int = 0
    end: int = 0


def canonical(written: str, decimal_comma: bool = False) -> str:
    """``written`` digits with separators as a plain decimal: 1,200.00 and 1.200,00 are 1200; 12,5 is 12.5."""
    if written.isdigit():
        return written.lstrip("0") or "0"
    if not decimal_comma and _GROUPED.match(written):
        return written.replace(",", "")
    digits = written.replace("'", "")
    comma, point = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and point >= 0:
        last = max(comma, point)
        thousands, decimal = (",", ".") if point == last else (".", ",")
        if digits.count(decimal) > 1:
            return digits
        digits = digits.replace(thousands, "").replace(decimal, ".")
    elif comma >= 0 or point >= 0:
        sign = "," if comma >= 0 else "."
        parts = digits.split(sign)
        grouped = all(len(part) == 3 for part in parts[1:]) and 0 < len(parts[0]) <= 3
        natural = sign == ("." if decimal_comma else ",")  # the sign that parts thousands in this text
        if grouped and (natural or len(parts) > 2) and parts[0] != "0":
            digits = "".join(parts)
        elif len(parts) == 2:
            digits = f"{parts[0] or '0'}.{parts[1]}"
        else:
            return digits  # 1.2.3 is the name of a version
    return _plain(digits)


def _plain(digits: str) -> str:
    if len(digits) > _LONGEST:
        return digits
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    whole, point, rest = digits.partition(".")
    return f"{whole.lstrip('0') or '0'}{point}{rest}"


def decimal(number: str) -> bool:
    """Whether the canonical ``number`` is one; the name of a version is none."""
    return _DECIMAL.match(number) is not None


def times(number: str, factor: Decimal | int) -> str:
    """``number`` times ``factor``, canonical; as it stands when it is none."""
    return _plain(format(Decimal(number) * factor, "f")) if decimal(number) else number


def figures(text: str) -> Iterator[tuple[int, str]]:
    """Where numbers in digits begin that are no part of a word (Q3), and how they are written. Plain signs."""
    for match in _DIGITS.finditer(text):
        start = match.start()
        before = text[start - 1] if start else " "
        if before == "." and not text[max(0, start - 2) : start - 1].isalnum():
            yield start - 1, f".{match[0]}"
        elif not (before.isalpha() or before == "_"):
            yield start, match[0]


def quantities(text: str, decimal_comma: bool = False) -> Iterator[Quantity]:
    """The quantities in digits of ``text`` in order. ``text``: plain signs."""
    for start, written in figures(text):
        yield quantity_at(text, start, written, decimal_comma)


def quantity_at(text: str, start: int, written: str, decimal_comma: bool = False) -> Quantity:
    """The quantity whose digits, ``written``, begin at ``start``."""
    before = text[max(0, start - 4) : start].rstrip(" ").lower()
    money = _CURRENCIES.get(before[-1:], "") or (_CURRENCIES.get(before, "") if len(before) == 3 else "")
    return _quantity(text, canonical(written, decimal_comma), money, start, start + len(written))


def may_measure(text: str, end: int) -> bool:
    """Whether the number in digits that ends here may be an amount (``Quantity.base``): a unit, a word that multiplies
    or a letter stands behind it. Told faster than the quantity is read."""
    after = _AFTER.match(text, end)
    assert after is not None
    word = after["word"]
    if after["glued"]:
        return True
    return word is not None and ((low := word.lower()) in _UNITS or low in _SCALES)


def _quantity(text: str, number: str, money: str, start: int, end: int) -> Quantity:
    after = _AFTER.match(text, end)
    assert after is not None
    scale, word, glued = 1, after["word"] or "", after["glued"] or ""
    if glued and not after["gap"] and word:
        glued, word = "", glued + word
    letters = _LETTERS | _MONEY_LETTERS if money else _LETTERS
    if glued:
        if glued in letters:
            scale, end = letters[glued], after.end("glued")
        else:
            word = glued
    elif word.lower() in _SCALES:
        scale, end = _SCALES[word.lower()], after.end("word")
    if scale != 1:
        again = _SECOND.match(text, end)
        word = word if glued else (again["word"] if again else "")
    low = word.lower()
    unit = money or _CURRENCIES.get(low, "")
    if low in _PERCENT or (low == "per" and text.startswith(" cent", after.end())):
        unit, end = "%", after.end() + (5 if low == "per" else 0)
    elif not unit and low in _UNITS:
        unit = low
    rough = scale != 1 or "." in number or (number.endswith("0") and _is_rough(text, start))
    scaled = times(number, scale) if scale != 1 else number
    return Quantity(scaled, unit, _base(scaled, unit), number if scale != 1 else "", rough, start, end)


def _is_rough(text: str, start: int) -> bool:
    """Whether what stands before a number says that it is rounded."""
    return _ROUGHLY.search(text[max(0, start - 20) : start].lower()) is not None


def _base(number: str, unit: str) -> str:
    if unit not in _UNITS:
        return ""
    dimension, factor = _UNITS[unit]
    return f"{dimension} {times(number, factor)}"


def spelled(text: str, said: Iterable[str], start: int = 0, end: int | None = None) -> Iterator[Quantity]:
    """The quantities in words of ``text``: forty, twenty-five, two hundred thousand, a dozen. ``text``: lower case.

    ``said``: its words, or those between ``start`` and ``end``.
    """
    end = len(text) if end is None else end
    known = SPELLED.intersection(said)
    if not known:
        return
    if len(known) == 1:
        (word,) = known
        at = text.find(word, start, end)
        if at >= 0 and text.find(word, at + 1, end) < 0 and _alone(text, at, at + len(word), end):
            if (alone := _ALONE[word]) is not None:
                yield _in_words(text, alone, at, at + len(word))
            return
    # Only between the first and the last of these words the long pattern has anything to find.
    at, last_word = min(text.find(word, start) for word in known), max(text.rfind(word, 0, end) for word in known)
    while at <= last_word and (match := _SPELLED.search(text, at, end)):
        at = match.end()
        words = re.findall(r"[a-z]+", match[0])
        number = _counted([word for word in words if word != "and"])
        if number is None:
            continue
        yield _in_words(text, number, match.start(), match.start() + len(match[0].rstrip(" -")))


def _alone(text: str, start: int, end: int, limit: int) -> bool:
    """Whether no letter, digit or underscore stands beside ``text[start:end]``, and no "and" behind it; nothing stands
    at ``limit``."""
    before, after = text[start - 1 : start], text[end : end + 1] if end < limit else ""
    return not (
        before.isalnum() or before == "_" or after.isalnum() or after == "_" or text.startswith("and ", end + 1)
    )


def _in_words(text: str, number: int, start: int, end: int) -> Quantity:
    found = _AFTER.match(text, end)
    word = (found["word"] or "") if found else ""
    unit = _CURRENCIES.get(word, "%" if word in _PERCENT else word if word in _UNITS else "")
    return Quantity(str(number), unit, _base(str(number), unit), "", False, start, end)


def _counted(words: list[str]) -> int | None:
    """What the number words say; ``None`` for ``one`` alone, for a power alone and for a list of numbers."""
    if words in (["one"], []) or words[0] in _POWERS:
        return None
    total, part, last = 0, 0, 10**15
    for word in words:
        if word in _POWERS or word == "dozen":
            power = 12 if word == "dozen" else _POWERS[word]
            if power == 100:
                part, last = max(part, 1) * 100, 100
            else:
                total, part, last = total + max(part, 1) * power, 0, 10**15
            continue
        step = _TENS.get(word, _UNITS_AND_TEENS.get(word, 0))
        if step >= last or (last < 100 and step >= 10):
            return None
        part, last = part + step, 10 if word in _TENS else (100 if last == 10**15 and part == 0 else 1)
    return total + part


#: What a number word says that no other stands beside.
_ALONE = {word: _counted([word]) for word in SPELLED}


def conflicting(one: str, other: str) -> bool:
    """Whether two units exclude one another: euros and dollars, hours and minutes, per cent and days."""
    return bool(one and other and one != other and _same(one) != _same(other))


def _same(unit: str) -> str:
    known = _UNITS.get(unit)
    return f"{known[0]} {known[1]}" if known else unit
