"""``format``: line breaks, a label, the marks of a list, the mark at the end. No word of the request changes."""

from __future__ import annotations

import re
from random import Random

from scorers.rewrites.asking_part import Place, about_form
from scorers.rewrites.guard import frozen
from scorers.rewrites.vocabulary import IMPERATIVES, QUESTION_WORDS

NAME = "format"
#: The only words that this family adds.
WORDS = frozenset({"question", "task"})

_SENTENCE = re.compile(r"(?<=[a-z)]{2}[.?!])[ ]{1,2}(?=[A-Z])")
_ABBREVIATED = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Prof|St|vs|etc|approx|Inc|Ltd|No|Fig|Jr|Sr|incl|est)\.\Z")
_BULLET = re.compile(r"^([ \t]{0,8})([-*])([ \t]+)(?=\S)", re.MULTILINE)
_FIRST = re.compile(r"\A[A-Za-z]+(?:'[a-z]+)?")
_LABELLED = re.compile(r"\A\W{0,4}\w{1,20}:")


def rewrite(text: str, chance: Random, place: Place) -> str | None:
    """``text`` laid out in another way; ``None`` where no rule applies."""
    found = [made for rule in (_bullets, _lines, _label, _mark) for made in rule(text, place) if made != text]
    return chance.choice(found) if found else None


def _bullets(text: str, place: Place) -> list[str]:
    """The other mark before the items of a list."""
    closed = frozen(text)
    items = [match for match in _BULLET.finditer(text) if not closed.holds(*match.span())]
    marks = {match[2] for match in items}
    if len(items) < 2 or len(marks) != 1:
        return []
    other = "*" if marks == {"-"} else "-"
    for match in reversed(items):
        text = text[: match.start(2)] + other + text[match.end(2) :]
    return [text]


def _lines(text: str, place: Place) -> list[str]:
    """Each sentence on a line of its own."""
    if "\n" in text or about_form(text):
        return []
    closed = frozen(text)
    breaks = [
        match
        for match in _SENTENCE.finditer(text)
        if not closed.holds(*match.span()) and not _ABBREVIATED.search(text[: match.start()])
    ]
    if not breaks:
        return []
    for match in reversed(breaks):
        text = text[: match.start()] + "\n" + text[match.end() :]
    return [text]


def _label(text: str, place: Place) -> list[str]:
    """``Question:`` or ``Task:`` on a line before it."""
    kind = _kind_of(text)
    if not place.first or kind is None or _LABELLED.match(text):
        return []
    return [f"{kind}:\n{text}"]


def _mark(text: str, place: Place) -> list[str]:
    """A full stop or a question mark at the end of a single sentence, there or not."""
    kind = _kind_of(text)
    if not place.last or kind is None or "\n" in text or about_form(text):
        return []
    if text[-1].isalnum() and not frozen(text).holds(len(text) - 1, len(text)):
        return [text + (".", "?")[kind == "Question"]] if not re.search(r"[.?!] ", text) else []
    return []


def _kind_of(text: str) -> str | None:
    first = _FIRST.match(text)
    if first is None:
        return None
    word = first[0].lower()
    if word in QUESTION_WORDS and (text.endswith("?") or not re.search(r"[.?!:]", text)):
        return "Question"
    return "Task" if word in IMPERATIVES or word == "please" else None
