"""``order``: documents without numbers in another order. What is in a document does not change."""

from __future__ import annotations

import re
from itertools import pairwise
from random import Random

from scorers.rewrites.asking_part import Place

NAME = "order"

_TAG = "document|doc|context|passage|source|article|result|search_result|file|chunk|snippet"
_BLOCK = re.compile(rf"<(?P<tag>{_TAG})(?P<more>[^<>\n]{{0,200}})>.{{1,100000}}?</(?P=tag)>", re.DOTALL | re.IGNORECASE)
_TITLED = re.compile(r"(?m)^(?P<label>Document|Passage|Source|Article|Context|Excerpt)(?P<more>[^\n:]{0,80}):(?=\s)")
_NUMBERED = re.compile(r"\d")
#: A text that speaks of a document by its place.
_BY_PLACE = re.compile(
    r"\[\d{1,3}\]|\b(?:first|second|third|fourth|fifth|last|next|previous|former|latter|above|below|earlier|later|other"
    r"|preceding|following)\b[^.\n]{0,30}\b(?:documents?|passages?|sources?|articles?|contexts?|excerpts?|files?|results?)\b"
    r"|\b(?:documents?|passages?|sources?|articles?|excerpts?)\b[^.\n]{0,12}(?:\d|\babove\b|\bbelow\b|\bone\b|\btwo\b)",
    re.IGNORECASE,
)

_NEIGHBOUR = re.compile(r"\b(?:previous|next|preceding|following) (?:document|passage|article|source)\b")
#: The first word of a piece that goes on with what stood before it.
_GOES_ON = re.compile(
    r"[a-z]|(?:He|She|It|They|His|Her|Its|Their|This|That|These|Those|Then|However|Also|Therefore|Moreover|But|And|In"
    r" contrast|After that|Afterwards|Later)\b"
)


def blocks(text: str) -> list[tuple[int, int]]:
    """The spans of neighbouring documents without numbers in ``text``; fewer than two: nothing can be exchanged."""
    for found in (_tagged(text), _titled(text)):
        if len(found) >= 2:
            return found
    return []


def _tagged(text: str) -> list[tuple[int, int]]:
    matches = list(_BLOCK.finditer(text))
    if any(_NUMBERED.search(match["more"]) for match in matches):
        return []
    spans = [match.span() for match in matches]
    for (_, end), (start, _) in pairwise(spans):
        if text[end:start].strip():
            return []
    return spans


def _titled(text: str) -> list[tuple[int, int]]:
    """Paragraphs under the same label, without a number; the last one ends with its paragraph."""
    matches = list(_TITLED.finditer(text))
    if len(matches) < 2 or len({match["label"] for match in matches}) > 1:
        return []
    if any(_NUMBERED.search(match["more"]) for match in matches):
        return []
    ends = [match.start() for match in matches[1:]]
    last = text.find("\n\n", matches[-1].end())
    ends.append(last if last >= 0 else len(text))
    spans = []
    for match, end in zip(matches, ends, strict=True):
        piece = text[match.start() : end].rstrip()
        if "\n\n" in piece:  # more than one paragraph: where the document ends is not certain
            return []
        spans.append((match.start(), match.start() + len(piece)))
    return spans


def rewrite(text: str, chance: Random, place: Place) -> str | None:
    """``text`` with its documents in another order; ``None`` where there are fewer than two, or where it matters."""
    spans = blocks(text)
    if len(spans) < 2:
        return None
    moved = exchanged([text[start:end] for start, end in spans], _around(text, spans), chance)
    if moved is None:
        return None
    made, at = [], 0
    for (start, end), piece in zip(spans, moved, strict=True):
        made += [text[at:start], piece]
        at = end
    return "".join([*made, text[at:]])


def exchanged(documents: list[str], around: str, chance: Random) -> list[str] | None:
    """``documents`` in another order; ``None`` where they are all the same, or where the text ``around`` them or one of
    them speaks of a document by its place."""
    if len(set(documents)) < 2 or _BY_PLACE.search(around) or any(map(_refers, documents)):
        return None
    moved = documents
    while moved == documents:
        moved = chance.sample(documents, len(documents))
    return moved


def _around(text: str, spans: list[tuple[int, int]]) -> str:
    return text[: spans[0][0]] + "\n" + text[spans[-1][1] :]


def _refers(document: str) -> bool:
    """Whether a document goes on with another one: it speaks of one by its place, or begins in the middle of a text."""
    inside = re.sub(r"\A<[^<>]{0,220}>|\A\w{1,12}[^\n:]{0,80}:(?=\s)", "", document.lstrip()).lstrip()
    return _GOES_ON.match(inside) is not None or _NEIGHBOUR.search(document) is not None
