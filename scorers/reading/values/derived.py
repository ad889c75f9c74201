"""Values that a claim works out: the length of a list it gives, and sums, differences, products, quotients and shares
of values that it, the question, earlier sentences of the answer or few numbers of the documents say. They need no
document of their own; what they are made of does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

import msgspec

from scorers.reading.screen import Screen
from scorers.reading.values.numbers import Quantity, decimal
from scorers.reading.values.values import Value

#: The longest list that is counted, the most values that are worked with, and that are put together by threes.
_LONGEST, _MOST, _FEW = 12, 12, 6
#: How often what was worked out is worked with again; numbers up to this are many things by chance; the whole.
_ROUNDS, _SMALL, _WHOLE = 4, 12, 100
#: Behind the number: what is counted, the mark before the list, and the list up to the word before its last item.
_LIST = re.compile(r"(?P<of>[^,:;(.!?]{0,60})(?P<mark>[,:(])(?P<items>[^:;.!?()]{1,200}?)(?P<last>,?) (?:and|or) ")
#: What says that a figure is worked out of others, and signs that do.
_WORK = re.compile(
    r"\b(?:total|sum|together|combined|altogether|in all|plus|minus|differ\w*|more|less|fewer|ris\w*|rose|fall\w*|fell"
    r"|cheaper|longer|shorter|larger|smaller|(?:light|heav|fast|slow|old|young|tall|wid|big|deep|lat|earl)\w{0,3}er"
    r"|(?:beat|won|lost|led|lead|improv|widen|narrow|worsen)\w{0,4}|spen[dt]\w*|free|each|both|by how much"
    r"|how (?:long|far)|compar\w*|whole (?:year|month|week|day)|over the (?:year|month|week)|overall|account\w* for"
    r"|shares? of"
    r"|grew|grow\w*|increas\w*|decreas\w*|drop\w*|gain\w*|up|down|higher|lower|change\w*|left|remain\w*|average|mean"
    r"|too (?:high|low|much|many|few|long|little|big|small)|(?:after|earlier|later|ahead|over|under) by)\b",
    re.IGNORECASE,
)
#: The same where the parts stand in the answer or in the question.
_MADE = re.compile(
    r"\b(?:mak\w+|comes? to|costs?|pays?|price|per|double|twice|half|times|worth|works? out|needs?|old|passed)\b|\d ?%",
    re.IGNORECASE,
)
#: Words that multiply.
FACTORS = {"half": 0.5, "double": 2.0, "twice": 2.0, "triple": 3.0, "three times": 3.0, "quarter": 0.25}
#: A longer time, a shorter one, and how many there are.
_RATES = (
    ("weeks?|weekly", "days?|daily", 7.0),
    ("months?|monthly", "days?|daily", 30.0),
    ("months?|monthly", "weeks?|weekly", 4.0),
    ("years?|yearly|annual(?:ly)?", "months?|monthly", 12.0),
    ("years?|yearly|annual(?:ly)?", "weeks?|weekly", 52.0),
    ("years?|yearly|annual(?:ly)?", "days?|daily", 365.0),
    ("days?|daily", "hours?|hourly", 24.0),
    ("hours?|hourly", "minutes?", 60.0),
)
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d\b")
_SIGN = re.compile(
    r"(?i:\b(?:plus|minus|times|makes?|add(?:s|ed|ing)?|divided)\b)|[+*×·÷=] ?[^\w\s]{0,3}\d|\bfrom \S{1,12} to \d"
    r"|\d [x-] \d"
)


#: What says the same again, in figures.
_EXPLAINS = re.compile(
    r"\bi\.?e\b|\bthat(?:'s| is| means| would be)\b|\bwhich (?:is|means|equals)\b|\bequal", re.IGNORECASE
)
_SCREEN = Screen({"explains": _EXPLAINS.pattern, "work": _WORK.pattern, "made": _MADE.pattern, "sign": _SIGN.pattern})


class Known(msgspec.Struct, frozen=True):
    """The numbers that a claim may work something out of.

    ``said``: those of the claim itself that are not new; ``asked``: the question's; ``earlier``: those of the answer
    before it; ``documents``: the documents', where they are few; ``anywhere``: the same where they are more;
    ``factors``: what the question multiplies by, in words, and how many of a time a longer one has; ``totals``: the
    sums and means of columns. ``worked``: whether the question asks for work; ``shares``: whether somebody speaks of
    percentages.
    """

    said: Sequence[float]
    asked: Sequence[float] = ()
    earlier: Sequence[float] = ()
    documents: Sequence[float] = ()
    anywhere: Sequence[float] = ()
    factors: Sequence[float] = ()
    totals: Sequence[float] = ()
    worked: bool = False
    shares: bool = False


class _Work(msgspec.Struct, frozen=True):
    """How a claim works: ``signs``: with signs or words of reckoning; ``worked``: it or the question asks for work;
    ``made``: it speaks of what something comes to; ``explains``: it says something in other words."""

    signs: bool
    worked: bool
    made: bool
    explains: bool


def derived(text: str, new: Sequence[Value], known: Known) -> list[Value]:
    """Those of ``new`` that the claim ``text`` works out of what is ``known``, and of what it worked out before."""
    wanted = [value for value in new if isinstance(value, Quantity)]
    found: list[Value] = [value for value in wanted if _counts(text, value)]
    if len(found) == len(wanted):
        return found
    factors = factors_of(text)
    maybe = _SCREEN.maybe(text.lower())
    signs = "sign" in maybe and _SIGN.search(text) is not None
    worked = known.worked or signs or bool(factors) or ("work" in maybe and _WORK.search(text) is not None)
    explains = "explains" in maybe and _EXPLAINS.search(text) is not None
    speaks = worked or explains or ("made" in maybe and _MADE.search(text) is not None)
    work = _Work(signs, worked, speaks, explains)
    said = [*known.said, *factors]
    for _ in range(_ROUNDS):
        rest = [value for value in wanted if value not in found and decimal(value.number)]
        made = [value for value in rest if any(_is(value, one) for one in _ways(value, text, said, known, work))]
        if not made:
            break
        found += made
        said += [float(value.number) for value in made]
    return found


def factors_of(text: str) -> list[float]:
    """What the text multiplies by, in words."""
    low = text.lower()
    return [factor for word, factor in FACTORS.items() if word in low]


def rates_of(text: str, beside: str) -> list[float]:
    """By what a rate is multiplied where ``text`` says one of a longer time than ``beside``: a week of days."""
    low, known = text.lower(), beside.lower()
    longer = [one for one in _RATES if re.search(rf"\b(?:{one[0]})\b", low)]
    return [factor for _, shorter, factor in longer if re.search(rf"\b(?:{shorter})\b", f"{low} {known}")]


def asks_for_work(text: str) -> bool:
    """Whether the text says that a figure is worked out of others."""
    return "work" in _SCREEN.maybe(text.lower()) and _WORK.search(text) is not None


def _ways(value: Quantity, text: str, said: Sequence[float], known: Known, work: _Work) -> Iterator[Iterable[float]]:
    """What a value may be the result of, the likeliest first: fewer ways for small numbers, which are many things by
    chance, and for years, which are moved by years. Of a value in per cent only shares, in per cent."""
    asked, share = known.asked, value.unit == "%"
    if not work.signs and _YEAR.match(text, value.start):
        if not share:
            yield _moved([*said, *asked])
        return

    def make(numbers: Sequence[float], *, quotients: bool, products: bool = False) -> Iterable[float]:
        return _shares(numbers) if share else _amounts(numbers, known.shares, quotients, products)

    if work.worked and known.totals:
        yield _parts(known.documents or known.anywhere, known.totals) if share else known.totals
    if work.worked or share:
        yield make(said[:_MOST], quotients=work.signs)
        yield make(known.documents, quotients=False, products=True)
    elif asked:
        yield _products(asked, known.documents)
    if known.factors and not share:
        yield _products(known.factors, known.anywhere)
    telling = float(value.number) > _SMALL or "." in value.number
    if not (work.made and (telling or work.signs)):
        return
    yield make([*said, *asked][:_MOST], quotients=work.signs, products=True)
    if not share and work.signs:
        yield _crossed(asked, known.anywhere)
    if telling:
        yield make([*said, *asked, *known.earlier][-_MOST:], quotients=work.signs, products=True)
    if share:
        return
    if telling and work.explains:
        yield _products([*said, *known.earlier], known.documents)
    if telling and len(said) <= _FEW:
        yield _chained([*said, *asked][:_FEW])
    if work.worked and float(value.number) >= _WHOLE and len(known.documents) <= _MOST:
        yield _chained(known.documents)


def _moved(numbers: Sequence[float]) -> set[float]:
    """Years that lie some years before or after others."""
    years = [number for number in numbers if _YEAR.match(f"{number:g}")]
    return {year + way for year in years for number in numbers if number < _WHOLE for way in (number, -number)}


def _products(some: Sequence[float], others: Sequence[float]) -> set[float]:
    return {one * other for one in some for other in others}


def _crossed(some: Sequence[float], others: Sequence[float]) -> set[float]:
    return {made for one in some for other in others for made in (abs(one - other), one * other)}


def _chained(numbers: Sequence[float]) -> set[float]:
    """Products of two and a third, and sums of two products: the bill of two things."""
    found: set[float] = set()
    for one, other in combinations(numbers, 2):
        rest = [number for number in numbers if number not in (one, other)]
        found.update(one * other + third for third in rest)
        found.update(one * other - third for third in rest)
        found.update(one * other + a * b for a, b in combinations(rest, 2))
    return found


def _counts(text: str, value: Quantity) -> bool:
    """Whether the value is the number of items of the list that follows it."""
    if not value.number.isdigit() or value.unit or not 2 <= int(value.number) <= _LONGEST:
        return False
    match = _LIST.match(text, value.end)
    if match is None or not match["of"].strip():
        return False
    return match["items"].count(",") + 2 == int(value.number)


def _parts(numbers: Sequence[float], totals: Sequence[float]) -> list[float]:
    """Which shares of the totals the numbers are, in per cent."""
    return [number / total * 100 for number in numbers for total in totals if total > number]


def _amounts(numbers: Sequence[float], percent: bool, quotients: bool, products: bool) -> list[float]:
    """Amounts that are worked out of the numbers. ``percent``: somebody speaks of percentages."""
    if len(numbers) < 2:
        return []
    pairs = list(combinations(numbers, 2))
    found = [sum(numbers), sum(numbers) / len(numbers)]
    found += [one + other for one, other in pairs]
    found += [abs(one - other) for one, other in pairs]
    found += [(one + other) / 2 for one, other in pairs]
    if products or quotients:
        found += [one * other for one, other in pairs]
    both = [*pairs, *[(other, one) for one, other in pairs]]
    if quotients:
        found += [a / b for a, b in both if b]
    if percent:
        for a, b in both:
            if b <= _WHOLE:
                found += (a * b / 100, a * (100 - b) / 100, a * (100 + b) / 100)
    return found


def _shares(numbers: Sequence[float]) -> list[float]:
    """Shares in per cent that are worked out of the numbers."""
    pairs = list(combinations(numbers, 2))
    both = [(a, b) for a, b in (*pairs, *[(other, one) for one, other in pairs]) if b]
    return [made for a, b in both for made in (abs(a - b) / abs(b) * 100, abs(a / b) * 100)]


def _is(value: Quantity, made: Iterable[float]) -> bool:
    """Whether the value is one of what was worked out, rounded as it is written."""
    if not decimal(value.number):
        return False
    most = 10.0 ** -len(value.number.partition(".")[2]) / 2 + 1e-9
    at = float(value.number)
    return any(abs(one - at) <= most for one in made)
