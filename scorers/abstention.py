"""Abstention: the answer says that it cannot know (``abstained``), or it qualifies its statements (``hedged``).

Both match phrases sentence by sentence, in English only. ``abstained`` looks for statements of not knowing, not finding
or not having been told. It weighs them against what the answer still claims: "I don't know the year, but ..." followed
by a full answer does not count. ``hedged`` is a rate: hedging words per sentence. Declining for policy reasons is
``refusal``, not abstention.

No public labelled set was available. Both outputs were measured on a small set written for this project only
(docs/scorers.md). As *rates* they can compare models and weeks. For a single text, the degree of hedging means little.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from proxy.config.settings import ScorerSettings
from scorers.reading import hedges, unknowing
from scorers.reading.language import SUPPORTED, Language
from scorers.reading.ngrams import logistic
from scorers.reading.reading import Answer, Reading, ReadingScorer
from scorers.reading.screen import Screen
from scorers.reading.text import Blind, folded, plain, sentences
from scorers.reading.verdicts import Event, judged
from scorers.reading.wanted import reworded
from scorers.score import Reason, Score

VERSION = "abstention-4"
ABSTAINED = Event("abstention", "abstained", VERSION, 0.6)
HEDGED = Event("abstention", "hedged", VERSION, 0.6)
#: Characters and sentences read.
_SEEN, _MOST = 8_000, 60
#: The longest text that may be nothing but what was to be said in other words.
_WORDING = 400
#: Words of claims after which not knowing one thing is a detail.
_CLAIMED = 45
#: Words of claims before a sentence of not knowing that answer the question.
_ANSWERED = 9
#: Characters of a word, with its blank; of a sign, what it says of a word.
_WORD_LENGTH = {
    **dict.fromkeys((Language.FRENCH, Language.SPANISH, Language.PORTUGUESE, Language.ARABIC), 6.0),
    Language.GERMAN: 7.0,
    Language.CHINESE: 1.7,
    Language.JAPANESE: 2.5,
}
_ASKS = re.compile("[?\uff1f\u061f]\\W{0,3}$")

_NOT = r"(?:do(?:es)?n't|do(?:es)? not|did(?:n't| not)|can(?:'?t|not| not)|could(?:n't| not))"
_SOURCE = (
    r"(?:context|documents?|passages?|text|articles?|sources?|information|transcript|table|data|excerpts?|search "
    r"results?|"
    r"knowledge base|records?|file|report|material|dialogue|conversation|question|manual|policy|policies|e-?mail|"
    r"letter|notes?|contract|guide|faq|leaflet|minutes|chat|page|website|spreadsheet|invoice|ticket|message)s?"
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
    r"answer|see|view|look up|pull up|retrieve))|unable to (?:find|see|look up|"
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
    r"|\bit(?:'s(?: not|n't)?| isn't) (?:clear|known|unclear|unknown|certain|uncertain) (?:from|in) (?:the|this|your)\b"
    r"|\bit(?:'s not| isn't) clear (?:whether|if|who|what|when|which|how)\b"
    r"|\b(?:nobody|no one) (?:\w{1,12} )?knows?\b|\bimpossible to (?:say|know|tell|determine|predict)\b"
    r"|\b(?:does not|doesn't|did not|didn't) (?:appear|seem) to (?:exist|be a (?:real|known))\b|\bno (?:such|known|"
    r"verifiable) \w+"
    r"|\b(?:does not|doesn't|did not|didn't|do not|don't) (?:appear|seem) to (?:\w{1,12} ){0,3}?(?:be (?:\w{1,14} )"
    r"{0,4}?(?:known|recogni[sz]ed|real|established|documented|existing|record)|match|correspond|have existed|refer)"
    r"|\b(?:isn't|is not|aren't|are not|wasn't|was not) (?:a |an )?(?:\w{1,14} )?(?:widely|commonly|generally|well|"
    r"publicly)(?: |-)(?:known|recogni[sz]ed|documented|established)|\bnot (?:a |"
    r"an )?(?:\w{1,12} ){0,4}(?:that )?i(?:'m| "
    r"am)?(?: \w{1,12})? (?:recogni[sz]e|know of|familiar|aware)\b|\bi (?:don't|do not|didn't) (?:\w{1,12} )?"
    r"(?:recogni[sz]e|have (?:it|that|this|them) in)\b|\bi (?:haven't|have not) (?:\w{1,12} )?(?:heard|come across|"
    r"seen|"
    r"encountered|found|got)\b|\bi(?:'m| am) (?:\w{1,12} )?(?:having (?:trouble|difficulty) (?:finding|locating)|not "
    r"finding|drawing a blank)|\bi (?:lack|found no|find no|see no|know of no|have no (?:\w{1,12} )?(?:knowledge|"
    r"recollection|memory))\b|\b(?:doesn't|does not) ring a bell\b|\b(?:may|might|could) be (?:a |an )?(?:\w{1,12} )?"
    r"(?:fictional|fictitious|made[- ]up|invented|misspell\w+|typo|hypothetical|mistaken)\b|\bno (?:\w{1,14} ){0,3}"
    r"(?:record|information|evidence|mention|trace|sources?|references?|results?|data|documentation) (?:of|on|"
    r"about|for|"
    r"that|regarding|in my|available|was|were|could)\b|\b(?:nothing|not anything) (?:\w{1,12} )?(?:about|on|in my|by) "
    r"|\b(?:as of|up to|at) my (?:\w{1,12} ){0,3}(?:cut-?off|update|training)\b[^.!?\n]{0,80}\b(?:no|not|n't|any|"
    r"unaware|unfamiliar)\b"
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
    r"\b(?:he|she|they|who|scientists|the \w{2,20}|people|users?) (?:said|says(?! nothing)|claimed|replied|answered|"
    r"admitted|wrote|told)\b"
    r"|\bif (?:you|the|it|there)\b|\bwhen you\b|\b(?:know|sure) (?:that )?you(?:'re| are| will|'ll)\b",
)
_QUOTED = re.compile(r'"[^"\n]{1,300}"|```.{0,20000}?(?:```|$)', re.DOTALL)
_SCREEN = Screen({"abstains": _ABSTAINS_PATTERN, **hedges.PATTERNS})


@dataclass(frozen=True, slots=True)
class Said:
    """The sentences of an answer that are examined, one per line, and the kinds of phrases that may occur in them."""

    pieces: list[str]
    lines: str
    maybe: frozenset[str]


def read(text: str) -> Said:
    """The answer without its quotations."""
    seen = folded(text[:_SEEN])
    pieces = sentences(_unquoted(seen))[:_MOST]
    lines = "\n".join(pieces)
    return Said(pieces, lines, _SCREEN.maybe(lines.lower()))


def _unquoted(seen: str) -> str:
    return _QUOTED.sub('"..."', seen) if '"' in seen or "```" in seen else seen


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
        elif first >= 0 and _SUPPOSES.search(piece):
            continue
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


#: After not knowing: what could be, what to try, what to tell. No claims.
_SUPPOSES = Blind(
    r"^(?:it(?:'s| is| may| might| could)|that|this|the name|perhaps|maybe|possibly|if|could|can|would|please|"
    r"alternatively|however, (?:if|it|you|i)|there (?:may|might|could)|you|i(?:'d| would| can| could| recommend|"
    r" suggest)|for (?:the|more)|to (?:find|get|learn|help)|without)\b[^.!?\n]{0,60}\b(?:may|might|could|possible|"
    r"likely|mean|meant|referring|provide|clarify|share|tell|try|check|consult|contact|search|look|recommend|suggest|"
    r"help|spelling|details|context|information|sources?)\b"
)


def abstains_in(text: str, language: Language) -> tuple[float, str]:
    """``abstains`` for a language with patterns of its own (``reading.unknowing``)."""
    pattern = unknowing.PATTERNS[language]
    shown, claimed, first = "", 0.0, -1
    before = after = 0.0
    for at, piece in enumerate(sentences(_unquoted(folded(text[:_SEEN])))[:_MOST]):
        if pattern.search(piece) and not unknowing.OTHERS.search(piece) and not _ASKS.search(piece):
            if first < 0:
                first, before = at, claimed
                rest = unknowing.BUT.search(piece)
                after = len(piece[rest.end() :]) / _WORD_LENGTH[language] if rest is not None else 0.0
                claimed += after
            shown = shown or piece
        elif not unknowing.COURTEOUS.search(piece):
            claimed += len(piece) / _WORD_LENGTH[language]
    if first < 0:
        return 0.0, ""
    # Behind an answer, or with one behind it in the same sentence, it is a detail that nobody knows.
    points = 2.2 if first > 1 or before >= _ANSWERED or after >= _ANSWERED / 2 else 3.0
    return points - 1.6 * min(2.0, claimed / _CLAIMED) * (0.8 if first == 0 else 1.0), shown


def hedging(answer: str | Said) -> tuple[float, str]:
    """The mean reservation of the sentences, in [0, 1] (``reading.hedges``), and the plain ones found.

    A sentence of not knowing is one of full reservation.
    """
    said = read(answer) if isinstance(answer, str) else answer
    if not said.maybe & hedges.PATTERNS.keys():
        return 0.0, ""
    grades, found = hedges.reservations(said.pieces, said.maybe)
    unknown = "abstains" in said.maybe
    total = size = 0.0
    for piece, grade in zip(said.pieces, grades, strict=True):
        words = len(piece.split())
        if words < 3:
            continue
        # Long sentences say more, but not in proportion.
        weight = math.sqrt(min(words, 40))
        total += weight * (1.0 if unknown and _ABSTAINS.search(piece) else grade)
        size += weight
    return total / max(1.0, size), ", ".join(dict.fromkeys(found))


def abstention(settings: ScorerSettings) -> ReadingScorer:
    """The scorer: ``abstained`` and ``hedged`` per choice, weight 1/n. The threshold in the settings applies to
    ``abstained``."""
    event = ABSTAINED.at(settings)

    def score(reading: Reading) -> list[Score]:
        return [made for answer in reading.answers for made in _scores(reading, answer, event)]

    return ReadingScorer(score)


def _unknowing(text: str) -> bool:
    """Whether a text that is to be said in other words says that somebody does not know."""
    return bool(text) and any(one.search(plain(text)) for one in (_ABSTAINS, *unknowing.PATTERNS.values()))


def _scores(reading: Reading, answer: Answer, event: Event) -> list[Score]:
    sample, choice = reading.sample, answer.choice
    reason = answer.unscorable
    if reason is None and answer.language not in SUPPORTED:
        reason = Reason.UNSUPPORTED_LANGUAGE
    if reason is not None:
        return [judged(sample, choice, event, reason), judged(sample, choice, HEDGED, reason)]
    wording = len(answer.text) <= _WORDING and _unknowing(reworded(reading.asked))
    if answer.language is not Language.ENGLISH:
        points, sentence = (0.0, "") if wording else abstains_in(answer.text, answer.language)
        return [
            judged(sample, choice, event, logistic(2.0 * (points - 1.4)), sentence),
            judged(sample, choice, HEDGED, Reason.UNSUPPORTED_LANGUAGE),
        ]
    said = read(answer.text)
    points, sentence = (0.0, "") if wording else abstains(said)
    rate, doubts = hedging(said)
    return [
        judged(sample, choice, event, logistic(2.0 * (points - 1.4)), sentence),
        judged(sample, choice, HEDGED, logistic(6.0 * (rate - 0.42)), doubts),
    ]
