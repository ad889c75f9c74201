"""Parses the judge's answer: the expected fields of one JSON object with this call's mark, or no score at all."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import msgspec

from scorers.judge.prompt import Asked, normalised
from scorers.judge.rubrics import Rubric
from scorers.reading.text import answer_text

#: Longest note that is kept, in characters.
_NOTE = 160
_FENCED = re.compile(r"\A```(?:json)?\s*\n(.*)\n```\Z", re.DOTALL | re.IGNORECASE)
#: A quotation with fewer letters proves nothing.
_SHORTEST_QUOTE = 12


class Unreadable(ValueError):
    """The judge's answer does not have the requested form. The message says how, and quotes nothing."""


class Reading(msgspec.Struct, frozen=True):
    """The facts with the judge's note, safe to store and to show."""

    facts: dict[str, float]
    note: str


def read(content: str, asked: Asked, rubric: Rubric) -> Reading:
    """The facts in ``content``. Raises ``Unreadable``: a malformed answer is never a verdict."""
    document = _object(content)
    if document.get("mark") != asked.mark:
        raise Unreadable("the mark is not this call's")
    facts = {name: _probability(document.get(name)) for name in rubric.facts}
    if rubric.needs_documents and rubric.quotes(facts):
        _check_quote(document.get("quote"), asked.evidence)
    note = document.get("note")
    return Reading(facts, harmless(note) if isinstance(note, str) else "")


def _object(content: str) -> dict[str, Any]:
    """The whole content as one object. A BOM, reasoning in any form and one code fence are allowed around it."""
    text = answer_text(content.replace("\ufeff", "")).strip()
    fenced = _FENCED.match(text)
    try:
        document = msgspec.json.decode((fenced[1] if fenced else text).encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError):
        raise Unreadable("no JSON object") from None
    if not isinstance(document, dict):
        raise Unreadable("no JSON object")
    return document


def _probability(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise Unreadable("a fact is missing or no probability")
    return float(value)


def _check_quote(quote: object, evidence: str) -> None:
    if not isinstance(quote, str) or sum(map(str.isalnum, quote)) < min(_SHORTEST_QUOTE, len(evidence) // 4):
        raise Unreadable("no quotation from the documents")
    if _squeezed(quote) not in _squeezed(evidence):
        raise Unreadable("the quotation is not in the documents")


def _squeezed(text: str) -> str:
    """Letters and digits only, because line breaks, quotes and dashes are copied inconsistently."""
    return "".join(char for char in normalised(text).casefold() if char.isalnum())


def harmless(note: str) -> str:
    """A note on one line without control, direction or private-use characters, truncated."""
    line = " ".join("".join(c if unicodedata.category(c)[0] != "C" else " " for c in note).split())
    return line[:_NOTE]
