"""``politeness``: "please" before a request, "thank you" after a question; or taken away where it stands."""

from __future__ import annotations

import re
from random import Random

from scorers.rewrites.asking_part import Place
from scorers.rewrites.guard import frozen
from scorers.rewrites.vocabulary import IMPERATIVES, QUESTION_WORDS

NAME = "politeness"
#: The only words that this family adds or takes away.
WORDS = frozenset({"please", "thank", "thanks", "you", "in", "advance"})

_PLEASE = re.compile(r"\Aplease,? (?=[a-z])", re.IGNORECASE)
_PLEASE_AFTER = re.compile(r",? please(?=[.!?]?\Z)", re.IGNORECASE)
_THANKS = re.compile(r"(?<=[.?!])\s{1,4}thank(?:s| you)(?: in advance)?[.!]?\Z", re.IGNORECASE)
_FIRST = re.compile(r"\A[A-Za-z]+(?:'[a-z]+)?")
_SEEKS = re.compile(r"\b(?:looking for|want to know|need help|help me|need information|want to learn)\b", re.IGNORECASE)


def rewrite(text: str, chance: Random, place: Place) -> str | None:
    """``text`` with or without a polite word. ``None`` where no rule applies."""
    closed = frozen(text)
    taken = _PLEASE.match(text)
    if taken:
        rest = text[taken.end() :]
        return rest[0].upper() + rest[1:] if text[0].isupper() else rest
    for pattern in (_THANKS, _PLEASE_AFTER):
        match = pattern.search(text)
        if place.last and match and not closed.holds(*match.span()):
            return text[: match.start()] + text[match.end() :]
    if re.search(r"\b(?:please|thank)", text, re.IGNORECASE):
        return None
    first = _FIRST.match(text)
    if first is None or closed.holds(*first.span()):
        return None
    word = first[0].lower()
    if word in IMPERATIVES and not _is_noun(text, first.end()):
        return f"Please {word}{text[first.end() :]}" if text[0].isupper() else f"please {text}"
    asks = text.endswith("?") and word in QUESTION_WORDS
    seeks = word in ("i", "i'm") and _SEEKS.search(text) is not None and text[-1] in ".?"
    if place.last and (asks or seeks) and not closed.holds(len(text) - 1, len(text)):
        return text + chance.choice((" Thank you.", " Thanks in advance."))
    return None


def _is_noun(text: str, end: int) -> bool:
    """Whether the first word is a heading or a noun ("Design Patterns", "Report:", "Form of ...") and no request."""
    return re.match(r"\s+(?:[A-Z]|of |is |are |was |has |and |for \w+\Z)|\s*(?:[:,?]|\Z)", text[end:]) is not None
