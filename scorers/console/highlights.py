"""Which sentence of a text is meant: what a scorer names, found in the answer and in the evidence. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from proxy.sample import Sample
from scorers.reading.text import informative, sentences
from scorers.score import Score, Verdict

#: Shorter quotations would mark any text.
_SHORTEST, _LONGEST_TEXT, _MAX_WORDS = 8, 200_000, 80
GROUNDED = "groundedness"
#: A sentence of the evidence is shown as the nearest when it shares at least so much of the claim's words.
_NEAR = 0.2
#: Between two quoted words: blanks, and citation marks, which quotations leave out.
_GAP = (
    r"(?:\s|\[\^?[^\[\]\n]{1,40}\](?:\([^()\s]{0,200}\))?|\u3010[^\u3010\u3011\n]{1,80}\u3011|</?\w[^<>\n]{0,80}>"
    r"|\((?:\[[^\[\]\n]{1,200}\]\([^()\s]{1,200}\)|[^()\n]{1,80})\))+"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text; ``mark`` says what it was marked for, empty when it was not. ``strong``: a verdict yes."""

    text: str
    mark: str = ""
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence that a score names."""

    text: str
    mark: str
    strong: bool


def quotes(scores: Iterable[Score]) -> list[Quote]:
    """The sentences that scores name; where two outputs name the same one, it has both marks."""
    found: dict[str, Quote] = {}
    for score in scores:
        quoted = score.explanation.strip()
        if score.verdict is None or len(quoted) < _SHORTEST:
            continue
        strong = score.verdict is Verdict.YES
        if not strong and score.scorer != GROUNDED:
            continue
        name = score.output.replace("_", " ") if strong else "the least grounded sentence, still below the threshold"
        known = found.get(quoted)
        if known is None or (strong and not known.strong):
            found[quoted] = Quote(quoted, name, strong)
        elif strong and known.strong:
            found[quoted] = Quote(quoted, f"{known.mark}, {name}", True)
    return list(found.values())


def pieces(text: str, wanted: Sequence[Quote]) -> list[Piece]:
    """``text`` cut where quotations begin and end; the first of two that overlap wins. Blanks count as equal."""
    if len(text) > _LONGEST_TEXT:
        return [Piece(text)]
    spans: list[tuple[int, int, Quote]] = []
    for quote in sorted(wanted, key=lambda quote: not quote.strong):
        span = _find(text, quote.text)
        if span and all(span[1] <= start or span[0] >= end for start, end, _ in spans):
            spans.append((*span, quote))
    found, at = [], 0
    for start, end, quote in sorted(spans, key=lambda span: span[0]):
        found += [Piece(text[at:start]), Piece(text[start:end], quote.mark, quote.strong)]
        at = end
    return [piece for piece in [*found, Piece(text[at:])] if piece.text]


def _find(text: str, quote: str) -> tuple[int, int] | None:
    words = quote.split()[:_MAX_WORDS]
    match = re.search(r"\s+".join(re.escape(word) for word in words), text)
    if match is None:
        match = re.search(_GAP.join(re.escape(word) for word in words), text)
    return match.span() if match else None


def nearest(claim: str, evidence: Sequence[str]) -> Quote | None:
    """The sentence of the evidence that shares most of the claim's words; ``None`` when none shares enough."""
    wanted = set(informative(claim))
    best, share = "", _NEAR
    for text in evidence:
        for sentence in sentences(text[:_LONGEST_TEXT]) if wanted else ():
            own = len(wanted.intersection(informative(sentence))) / len(wanted)
            if own > share:
                best, share = sentence, own
    return Quote(best, f"nearest to that sentence, {share:.0%} of its words", False) if best else None


def claim_of(scores: Iterable[Score]) -> Quote | None:
    """The worst sentence of the answer, as groundedness names it."""
    named = [score for score in scores if score.scorer == GROUNDED]
    found = quotes(sorted(named, key=lambda score: score.verdict is not Verdict.YES))
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Marked:
    """A sample's texts in pieces: of each message, of each choice, of each document."""

    messages: list[list[Piece]]
    choices: list[list[Piece]]
    evidence: list[list[Piece]]
    claim: Quote | None


def marked(sample: Sample, evidence: Sequence[str], scores: Sequence[Score]) -> Marked:
    """The sample with what its scores name."""
    named = quotes(scores)
    claim = claim_of(scores)
    near = nearest(claim.text, evidence) if claim else None
    foreign = [quote for quote in named if quote.strong]
    return Marked(
        [pieces(message.content, foreign if message.role != "assistant" else []) for message in sample.messages],
        [pieces(choice.text, named) for choice in sample.choices],
        [pieces(text, [*foreign, *([near] if near else [])]) for text in evidence],
        claim,
    )
