"""Which part of a user turn asks. What comes after "the following:" is material, and is left as it is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from scorers.rewrites.guard import Frozen
from scorers.rewrites.vocabulary import ABOUT_FORM

#: The last speaker of a transcript: what he says is what is asked.
_SPEAKER = re.compile(r"(?:\A|\n)[ \t]{0,8}(?:Q|Question|User|Human)[ \t]?:[ \t]{0,8}")
_COLON = re.compile(r":(?=\s|\Z)")
#: A sentence that points at material, and its end.
_POINTS = re.compile(
    r"\b(?:following|below|(?:this|these|given|provided|the) (?:\w{1,20} )?(?:sentences?|texts?|paragraphs?|passages?|"
    r"phrases?|articles?|quotes?|statements?|lists?|words?|codes?|inputs?|data|emails?|messages?|reviews?|tweets?|poems?|"
    r"stor(?:y|ies)|conversations?|dialogues?|documents?|descriptions?|equations?|arrays?|strings?|snippets?))\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?](?=\s|\Z)|\n")
_PARAGRAPH = re.compile(r"\n[ \t]{0,8}\n")
_LONGEST = 4_000
_WORD = re.compile(r"[A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the part that asks stands in its turn: nothing but blanks before it (``first``), after it (``last``)."""

    first: bool = True
    last: bool = True


@dataclass(frozen=True, slots=True)
class Part:
    """A span of a text: ``text[start:end]`` asks."""

    start: int
    end: int
    place: Place


def asking(text: str) -> Part | None:
    """The part of ``text`` that asks; ``None`` where none is found."""
    start = 0
    for match in _SPEAKER.finditer(text):
        start = match.end()
    start += len(text[start:]) - len(text[start:].lstrip())
    end = min(len(text.rstrip()), start + _LONGEST)
    if end <= start:
        return None
    closed = Frozen(text[start:end])
    part = text[start:end]
    for match in _COLON.finditer(part):
        if not closed.holds(match.start(), match.end()):
            part = part[: match.start()]
            break
    pointing = _POINTS.search(part)
    if pointing is not None:
        stop = _SENTENCE_END.search(part, pointing.end())
        if stop is not None:
            part = part[: stop.end()]
    paragraph = _PARAGRAPH.search(part)
    if paragraph is not None and len(part) - paragraph.end() > 2 * paragraph.start():
        part = part[: paragraph.start()]  # a line, and a long text under it
    end = start + len(part.rstrip())
    if end <= start:
        return None
    return Part(start, end, Place(not text[:start].strip(), not text[end:].strip()))


def about_form(text: str) -> bool:
    """Whether the request may be about letters, spelling or wording itself."""
    return any(word.lower() in ABOUT_FORM for word in _WORD.findall(text))
