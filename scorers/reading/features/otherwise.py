"""What a claim may say though its words stand in no document: names that the documents abbreviate, numbers in names,
ordinals, decades, quarters and hours in another form, counts of a few; and which words are the speaker's own."""

from __future__ import annotations

import re

from scorers.reading.features.concepts import CONCEPTS
from scorers.reading.features.documents import Evidence
from scorers.reading.features.index import hashed
from scorers.reading.values.converted import converted, years_between
from scorers.reading.values.dates import MONTHS, Clock, Date
from scorers.reading.values.numbers import Quantity
from scorers.reading.values.values import Value

#: Who speaks of themselves rests on no document; what they heard, know or think may.
_OWN = re.compile(
    r"\b(?:me|my|we|our"
    r"|(?<!War )(?<![-'])i(?!'d\b| would\b| suggest| recommend| advise)(?!(?: ?'ve| have| am| was)?(?: \w{1,12})? "
    r"(?:think|thought|heard|hear|know|knew|believe|guess|read|learned|see|mean|agree|bet|sure)\b))\b",
    re.IGNORECASE,
)
#: A claim in ASCII without any of these words does not speak of its speaker.
_OWN_CUES = frozenset(("me", "my", "we", "our", "i"))
_ALONE = frozenset(("me", "my", "i"))
_TITLE = re.compile(r"\b[A-Z][a-z]+(?: (?:(?:of|and|the|for|in) ){0,2}[A-Z][a-z]+){1,7}")
_QUARTER = re.compile(r"[QH]\d?\b")
_ORDINAL, _DECADE = re.compile(r"(?:st|nd|rd|th)\b"), re.compile(r"'?s\b")
_NTH = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
_ORDINALS = {str(at): word for at, word in enumerate(_NTH.split(), 1)}
#: What a claim may count by itself, in words.
_FEW = frozenset("234")


def speaks_of_itself(text: str, tokens: list[str], evidence: Evidence) -> bool:
    """Whether the claim speaks of its speaker in words that no document has."""
    if (text.isascii() and _OWN_CUES.isdisjoint(tokens)) or not _OWN.search(text):
        return False
    if _ALONE.isdisjoint(tokens) and any(map(str.isdigit, text)):
        return False  # figures of a firm that speaks of itself
    grams = hashed(tokens)
    return not any(
        evidence.repeats(grams[max(0, at - 2) : at + 1]) for at, word in enumerate(tokens) if word in _OWN_CUES
    )


def abbreviated(text: str, evidence: Evidence) -> set[str]:
    """Words of names that the documents say by their initials alone: United States, US or U.S."""
    found: set[str] = set()
    for match in _TITLE.finditer(text):
        said = match[0].removeprefix("The ").split()
        initials = "".join(word[0] for word in said if word[0].isupper())
        if evidence.prints(initials) or evidence.prints(".".join(initials)):
            found.update(word.lower() for word in said)
    return found


def _listed(value: Date, evidence: Evidence) -> bool:
    """Whether the documents name the day in a list of days of its month: 14 of "14 and 15 May"."""
    if not (value.day and value.month):
        return False
    months = {MONTHS[value.month - 1], MONTHS[value.month - 1][:3]}
    days = [f"{value.day}{ending}" for ending in ("", "st", "nd", "rd", "th")]
    if not (any(map(evidence.says, months)) and any(map(evidence.says, days))):
        return False
    day, more = r"\d{1,2}(?:st|nd|rd|th)?", r"(?:,| and| or| to| until|-) ?(?:and |or )?"
    listed = re.compile(rf"\b{value.day}(?:st|nd|rd|th)?{more}(?:{day}{more}){{0,6}}{day} (?:{'|'.join(months)})\b")
    return any(listed.search(chunk.lower()) for chunk in evidence.chunks)


def said_otherwise(value: Value, text: str, evidence: Evidence) -> bool:
    """Whether a value that no document says is a part of a name, or is said there in another way."""
    if isinstance(value, Clock):
        return value.half and any(
            evidence.holds_value(Quantity(str(m // 60 % 12 or 12))) for m in value.minutes if not m % 60
        )
    if isinstance(value, Date):
        return _listed(value, evidence)
    if converted(value, text, evidence.many_numbers, evidence.says, evidence.holds_value) or years_between(
        value, text, evidence.many_numbers, asked=evidence.asks_for_years
    ):
        return True
    return not value.unit and _written_otherwise(value, text, evidence)


def _written_otherwise(value: Quantity, text: str, evidence: Evidence) -> bool:
    """``said_otherwise`` of a number without a unit."""
    before, after = text[max(0, value.start - 5) : value.start], text[value.end : value.end + 3]
    if any(map(evidence.says, (f"v{value.number}", f"no{value.number}"))):
        return True
    if before[-1:] == "-" and (before[-2:-1].isalpha() or (before[:4].isdigit() and len(value.number) < 3)):
        return True
    if value.number in ("0", "1"):
        return True
    if _ORDINAL.match(after) or _QUARTER.match(after):
        return value.number in _ORDINALS and evidence.holds(CONCEPTS[_ORDINALS[value.number]])
    if len(value.number) == 2 and _DECADE.match(after):
        return any(evidence.holds_value(Quantity(century + value.number)) for century in ("19", "20"))
    return value.number in _FEW and text[value.start : value.start + 1].isalpha()
