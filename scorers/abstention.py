"""Abstention: the answer says that it cannot know (``abstained``), or it qualifies its statements (``hedged``).

Both match phrases sentence by sentence, in English only. ``abstained`` looks for statements of not knowing, not finding
or not having been told. It weighs them against what the answer still claims: "I don't know the year, but ..." followed
by a full answer does not count. ``hedged`` is a rate: hedging words per sentence. Declining for policy reasons is
``refusal``, not abstention.

No public labelled set was available. Both outputs were measured on a small set written for this project only
(docs/scorers.md). As *rates* they can compare models and weeks. For a single text, the degree of hedging means little.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from proxy.config.settings import ScorerSettings
from scorers.reading.language import Language
from scorers.reading.ngrams import logistic
from scorers.reading.reading import Answer, Reading, ReadingScorer
from scorers.reading.screen import Screen
from scorers.reading.text import Blind, folded, sentences
from scorers.reading.verdicts import Event, judged
from scorers.score import Reason, Score

VERSION = "abstention-1"
ABSTAINED = Event("abstention", "abstained", VERSION, 0.6)
HEDGED = Event("abstention", "hedged", VERSION, 0.6)
#: Characters and sentences read.
_SEEN, _MOST = 8_000, 60
#: Words of claims after which not knowing one thing is a detail.
_CLAIMED = 45

_NOT = r"(?:do(?:es)?n't|do(?:es)? not|did(?:n't| not)|can(?:'?t|not| not)|could(?:n't| not))"
_SOURCE = (
    r"(?:context|documents?|passages?|text|articles?|sources?|information|transcript|table|data|excerpts?|search "
    r"results?|"
    r"knowledge base|records?|file|report|material|dialogue|conversation|question)s?"
)
_ABSTAINS_PATTERN = (
    rf"\bi (?:really |honestly |simply |just |also |currently )?{_NOT} (?:actually |really )?(?:know|have (?:any |"
    rf"enough |the |"
    r"sufficient |specific |access |real-time |current |up-to-date |reliable |that )?(?:\w{1,14} "
    r"){0,3}?(?:information|data|details|"
    r"knowledge|answer|access|records?|context|idea|memory|reference)|recall|remember|find|locate|see any|determine|"
    r"tell|confirm|"
    r"verify|say (?:for|with|whether|which|who|what|when|if)|be (?:sure|certain)|answer)\b(?! (?:you )?how )"
    r"|\bi(?:'m| am) (?:not (?:aware|familiar|certain|sure|able to (?:find|determine|verify|confirm|locate|tell|"
    r"answer))|unable to (?:find|"
    r"determine|verify|confirm|locate|tell|answer)|unaware|unfamiliar|unsure|uncertain)\b(?! (?:i |what you|if "
    r"(?:that|this) helps))"
    r"|\bi have (?:no (?:\w{1,12} )?(?:idea|information|knowledge|data|record|way of)|not (?:found|heard|been "
    r"(?:told|given)))"
    r"|\bi(?:'ve| have) never heard of\b|\bi wish i knew\b"
    rf"|\b{_SOURCE} (?:\w{{1,12}} ){{0,3}}?(?:{_NOT}|fails? to) (?:\w{{1,12}} ){{0,2}}?(?:mention|say|state|provide|"
    r"contain|specif|include|give|indicate|tell|explain|describe|reveal|list|name|address|answer|cover|discuss|have)"
    rf"|\b{_SOURCE} (?:\w{{1,12}} ){{0,3}}?(?:has no|have no|contains? no|lacks?|gives? no|says? nothing|makes? no|"
    r"provides? no)\b"
    r"|\b(?:there is|there's|there are|i see|i find|i found|we have) (?:no|not enough|insufficient|nothing|n't "
    r"(?:any|enough)) "
    r"(?:\w{1,14} ){0,3}?(?:information|mention|record|evidence|details?|data|answer|indication|way to (?:know|tell)|"
    r"reference)\b"
    r"|\b(?:is|are|was|were|has|have)(?: not|n't) (?:been )?(?:\w{1,12} )?(?:mentioned|specified|stated|provided|"
    r"disclosed|known|available(?! (?:in|on|for|to|with|at))|publicly|"
    r"documented|recorded|possible to (?:determine|know|say|tell|answer))\b"
    r"|\b(?:cannot|can't|can not|could not|couldn't) be (?:determined|known|answered|verified|confirmed|found|"
    r"established)\b"
    r"|\b(?:it|that|this|the answer|(?:his|her|their|its|the) \w{2,20}(?: of \w{2,20})?) "
    r"(?:is|remains|are) (?:currently |still |largely )?(?:unknown|unclear|"
    r"uncertain|a mystery|not clear|undisclosed|unanswerable)\b"
    r"|\b(?:nobody|no one) (?:\w{1,12} )?knows?\b|\bimpossible to (?:say|know|tell|determine|predict)\b"
    r"|\b(?:does not|doesn't|did not|didn't) (?:appear|seem) to (?:exist|be a (?:real|known))\b|\bno (?:such|known|"
    r"verifiable) \w+"
    r"|\b(?:beyond|outside|after) my (?:knowledge|training|last update)\b|\bmy (?:knowledge|training) (?:cut-?off|"
    r"ends|only)"
)
_ABSTAINS = Blind(_ABSTAINS_PATTERN)
_BARE = re.compile(
    r"(?:not|never) (?:mentioned|specified|stated|provided|given) (?:in|by|on) the \w{2,20}(?: \w{2,20})?\W{0,4}|"
    r"\W{0,4}(?:unknown|not (?:known|sure|mentioned|stated|given|specified|available|provided)|n/?a|no (?:answer|"
    r"idea|information)|"
    r"unanswerable|(?:i )?(?:have )?no idea|don't know|dunno|insufficient (?:information|data)|cannot answer)\W{0,4}",
    re.IGNORECASE,
)
#: What somebody else did not know.
_OTHERS = Blind(
    r"\b(?:he|she|they|who|scientists|the \w{2,20}|people|users?) (?:said|says|claimed|replied|answered|admitted|"
    r"wrote|told)\b"
    r"|\bif (?:you|the|it|there)\b|\bwhen you\b|\b(?:know|sure) (?:that )?you(?:'re| are| will|'ll)\b",
)
_QUOTED = re.compile(r'"[^"\n]{1,300}"|```.{0,20000}?(?:```|$)', re.DOTALL)
_DOUBTS_PATTERN = (
    r"\b(?:i (?:think|believe|suspect|guess|suppose|assume|imagine)|i(?:'m| am) (?:not (?:entirely|completely|quite|"
    r"fully|100%|really)? ?"
    r"(?:sure|certain)|fairly (?:sure|certain)|inclined)|in my (?:opinion|view)|as far as i (?:know|can tell|am "
    r"aware)|to (?:the best of )?"
    r"my knowledge|(?:i|we) (?:could|may|might) be (?:wrong|mistaken)|if i (?:remember|recall) correctly|from what i "
    r"(?:know|understand)|"
    r"it (?:seems|appears|looks like|is possible|is likely|could be|might be|may be)|it(?:'s| is) (?:hard|difficult) "
    r"to say|"
    r"not (?:necessarily|entirely clear)|don't quote me|take this with|(?:please )?(?:verify|double-check|check) "
    r"(?:this|with|the)|"
    r"perhaps|maybe|possibly|probably|presumably|apparently|supposedly|arguably|conceivably|might|seemingly)\b"
)
_DOUBTS = Blind(_DOUBTS_PATTERN)
_MILD_PATTERN = (
    r"\b(?:may|could|likely|unlikely|appears?|seems?|suggests?|roughly|approximately|about|around|generally|usually|"
    r"tends? to|"
    r"often|sometimes|potentially|somewhat|estimated?|reportedly)\b"
)
_MILD = Blind(_MILD_PATTERN)
_SCREEN = Screen({"abstains": _ABSTAINS_PATTERN, "doubts": _DOUBTS_PATTERN, "mild": _MILD_PATTERN})


@dataclass(frozen=True, slots=True)
class Said:
    """The sentences of an answer that are examined, one per line, and the kinds of phrases that may occur in them."""

    pieces: list[str]
    lines: str
    maybe: frozenset[str]


def read(text: str) -> Said:
    """The answer without its quotations."""
    seen = folded(text[:_SEEN])
    if '"' in seen or "```" in seen:
        seen = _QUOTED.sub('"..."', seen)
    pieces = sentences(seen)[:_MOST]
    lines = "\n".join(pieces)
    return Said(pieces, lines, _SCREEN.maybe(lines.lower()))


def abstains(answer: str | Said) -> tuple[float, str]:
    """Points of evidence that an answer abstains (2 or more: it does), and the sentence that shows it."""
    said = read(answer) if isinstance(answer, str) else answer
    pieces = said.pieces
    if len(pieces) == 1 and _BARE.fullmatch(pieces[0]):
        return 3.0, pieces[0]
    if "abstains" not in said.maybe:
        return 0.0, ""
    shown, claimed, first = "", 0, -1
    for at, piece in enumerate(pieces):
        if _ABSTAINS.search(piece) and not _OTHERS.search(piece) and "?" not in piece[-3:]:
            first = at if first < 0 else first
            shown = shown or piece
            claimed += len(piece.partition(", but ")[2].split())
        elif not _COURTESY.search(piece):
            claimed += len(piece.split())
    if first < 0:
        return 0.0, ""
    points = 3.0 if first < 2 else 2.2
    return points - 1.6 * min(2.0, claimed / _CLAIMED) * (0.8 if first == 0 else 1.0), shown


_COURTESY = Blind(
    r"\?\W{0,3}$|\b(?:let me know|feel free|please (?:provide|check|consult|share|try|contact|visit|refer)|i(?:'d| "
    r"would) (?:be happy|"
    r"recommend|suggest)|you (?:could|can|may|might|should) (?:try|check|contact|consult|look|find|want to|ask|also|"
    r"refer|search)|"
    r"i(?:'m| am) (?:sorry|afraid)|i apologi[sz]e|unfortunately|as an ai|if you (?:can|could|have|provide|share|give|"
    r"tell))\b",
)


def hedging(answer: str | Said) -> tuple[float, str]:
    """Hedging words per sentence (plain ones count 1, mild ones a quarter), and the plain ones found."""
    said = read(answer) if isinstance(answer, str) else answer
    # No phrase goes over the end of a line.
    found = [match[0].lower() for match in _DOUBTS.finditer(said.lines)] if "doubts" in said.maybe else []
    mild = _MILD.count(said.lines) if "mild" in said.maybe else 0
    size = max(1, sum(len(piece.split()) > 2 for piece in said.pieces))
    return (len(found) + 0.25 * mild) / size, ", ".join(dict.fromkeys(found))


def abstention(settings: ScorerSettings) -> ReadingScorer:
    """The scorer: ``abstained`` and ``hedged`` per choice, weight 1/n. The threshold in the settings applies to
    ``abstained``."""
    event = ABSTAINED.at(settings)

    def score(reading: Reading) -> list[Score]:
        return [made for answer in reading.answers for made in _scores(reading, answer, event)]

    return ReadingScorer(score)


def _scores(reading: Reading, answer: Answer, event: Event) -> list[Score]:
    sample, choice = reading.sample, answer.choice
    reason = answer.unscorable
    if reason is None and answer.language is not Language.ENGLISH:
        reason = Reason.UNSUPPORTED_LANGUAGE
    if reason is not None:
        return [judged(sample, choice, event, reason), judged(sample, choice, HEDGED, reason)]
    said = read(answer.text)
    points, sentence = abstains(said)
    rate, doubts = hedging(said)
    return [
        judged(sample, choice, event, logistic(2.0 * (points - 1.4)), sentence),
        judged(sample, choice, HEDGED, logistic(5.0 * (rate - 0.45)), doubts),
    ]
