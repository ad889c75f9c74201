"""The sentences of an answer that say something a document could hold."""

from __future__ import annotations

import re

from scorers.reading.features.concepts import concept
from scorers.reading.features.marks import unmarked
from scorers.reading.features.politeness import phrased, polite
from scorers.reading.features.remarks import remark, remarked, without_remarks
from scorers.reading.text import (
    NUMBER_WORDS,
    STOPWORDS,
    Wordings,
    content,
    informative,
    plain,
    sentences,
    stem,
    unwrapped,
    words,
)

_SHOWN = 200
#: More sentences than this are looked at together first.
_SEVERAL = 4
#: Declining, not knowing and courtesy say nothing about the documents.
_COURTESY = re.compile(
    r"\bi(?:'m| am) (?:(?:\w{1,12} )?not (?:\w{1,12} )?sure|sorry|afraid|unable|not able|happy|glad)"
    r"|\bi (?:can't|cannot|can not|don't (?:know|have)|do not (?:know|have)|couldn't|could not|apologi[sz]e)"
    r"|\bunfortunately, i\b|\b(?:let me know|feel free|hope (?:this|that)|happy to (?:help|assist)|here to help)\b"
    r"|\b(?:does|do|did|is|are) ?n[o']t (?:\w{1,12} )?(?:mention|contain|provide|specif|state|say|includ|enough)"
    r"|\bno (?:information|mention|data|rows?|records?|entry|entries) (?:about|on|of|in|is|are|for)\b"
    r"|\b(?:unable|not possible|impossible) to (?:answer|find|determine|tell|say|provide)\b"
    r"|\bcan(?:not|'t| not) be (?:determined|answered|found)\b"
    r"|^(?:so )?i(?: would|'d) (?:first )?(?:check|try|look|start|raise|lower|restart|run|test|compare|verify|use)\b"
    r"[^\d]*$"
    r"|\bi (?:did not|didn't|have not|haven't|will not|won't) (?:follow|act|carr|chang|touch|run|execut|open|obey)",
    re.IGNORECASE,
)
#: Where the reader may turn next. Names, numbers and further clauses are claims.
_NEXT_STEP = re.compile(
    r"^(?:(?:please|so|then|otherwise|if (?:in doubt|unsure|not)),? ){0,2}"
    r"(?:(?:you (?:could|can|may|might|should)|you had better|i(?: would|'d)? (?:suggest|recommend|advise)"
    r"(?: (?:that )?you| to)?|it is best to) )?"
    r"(?:(?:want|wish|also|always|just|simply|try)(?: to)? ){0,2}"
    r"(?:ask|asking|call|calling|phone|phoning|contact|contacting|consult|consulting|check with|checking with"
    r"|reach out|speak (?:to|with)|speaking (?:to|with)|talk (?:to|with)|talking (?:to|with)|get in touch|seek"
    r"|arrange for)\b(?-i:(?:(?!\bfor\b)[^A-Z\d,;:!?.]){0,70})[.!]?$",
    re.IGNORECASE,
)
_STEPS = """ask asking call calling phone phoning contact contacting consult consulting check checking reach
    speak speaking talk talking touch seek arrange"""
#: A sentence without any of these names no such step.
_NEXT_CUES = frozenset(_STEPS.split())
#: A sentence without any of these is no courtesy. Some are what is left of n't, and of words that were run together.
_COURTESY_CUES = frozenset(
    (
        *(
            "i",
            "unfortunately",
            "let",
            "feel",
            "hope",
            "happy",
            "here",
            "no",
            "not",
            "t",
            "unable",
            "impossible",
            "cannot",
        ),
        *("doesnot", "donot", "didnot", "isnot", "arenot"),
    )
)
#: What answers a question of yes or no before it says anything: it denies the question, and no document.
_REPLY = re.compile(r"no(?:pe)?(?:, (?:sorry|unfortunately))?(?:\.(?= [A-Z])|[,;:!]| -) ?(?=\w)", re.IGNORECASE)
#: Short forms behind which a sentence may go on.
_SHORT = re.compile(
    r"(?:\b[ap]\.m|\b(?:no|nos|approx|max|min|incl|excl|dept|tel|rd|ave|apt|est|avg|hrs?|vol|pp?|ca|sec|ch|resp|ext|art|al)"
    r"|\bU\.S)\.\Z",
    re.IGNORECASE,
)
_LIST_MARK = re.compile(r"^(?:[#>*\u2022\s-]{0,8})(?:\(?\d{1,3}[.)](?=\s)|[*\u2022-](?=\s))?[\s*_]{0,6}")
_DIGIT = re.compile(r"\d")
_NAMED = re.compile(r"\d|[A-Z][a-z]")
#: Number words that count something; ``one`` is too common.
_COUNTED = NUMBER_WORDS.keys() - {"one"}
_CITATION = re.compile(
    r"\[\^?\d{1,3}(?:[,;\s-]{1,3}\d{1,3}){0,8}\]|\((?:source|see|passage|document) \d{1,3}\)", re.IGNORECASE
)
#: Words of taste and talk; a sentence that has no others claims little.
_LIGHT = """yeah yep nope sure wow lol haha hi hello hey thanks thank know knew heard hear believe guess suppose hope
    like love enjoy pretty cool nice great good awesome amazing interesting interested fun funny true right exactly
    totally definitely absolutely honestly actually probably apparently basically favorite favourite glad happy wish
    feel remember wonder agree bet sound sounds lot lots bit kind sort anything everything something of course"""
#: What answers say about documents and people in them without claiming anything of the matter.
_GLUE = """based according passage passages document documents context text article source sources provided given
    following mentioned mention mentions stated states described describes describe information answer question summary
    overall conclusion additionally furthermore therefore moreover including include includes various several different
    example specifically note discuss discusses discussed discussing discussion talk talks talking conversation topic
    topics speaker speakers author speak speaks spoke suggest suggests suggested propose proposes recommend recommends
    decide decides decided plan plans planning intend intends explain explains explained tell tells told report reports
    reported regarding related particular person people someone others also well involve involves variety range numerous
    way part type types aspect aspects detail details highlight highlights emphasize emphasizes appear appears become
    becomes make makes use uses using used able however especially result despite due throughout within
    located pm"""


def _stems(listed: str) -> frozenset[str]:
    return frozenset(stem(word) for word in listed.split()) - STOPWORDS


GLUE = _stems(_GLUE)
#: Units are compared with their values.
_UNITS = """euro euros eur dollar dollars pound pounds pence cent cents percent second seconds minute minutes hour hours
    metre metres meter meters kilometre kilometres kilometer kilometers km kg half"""
#: The same as concepts, and units.
GLUE_CONCEPTS = frozenset(map(concept, (*_GLUE.split(), *_UNITS.split()))) - STOPWORDS
LIGHT = _stems(_LIGHT) | GLUE


def rejoined(pieces: list[str]) -> list[str]:
    """``sentences`` with those together that a short form parts which ``sentences`` does not know: 3 p.m. would,
    no. 12. Only where what follows begins with a small letter or a digit."""
    found: list[str] = []
    for piece in pieces:
        if (
            found
            and (piece[0].islower() or piece[0].isdigit())
            and found[-1].endswith(".")
            and _SHORT.search(found[-1])
        ):
            found[-1] = f"{found[-1]} {piece}"
        else:
            found.append(piece)
    return found


def bare(sentence: str) -> str:
    """``sentence`` without its list mark, its citations, whose numbers claim nothing, and the no it begins with."""
    if not sentence[:1].isalpha() and (match := _LIST_MARK.match(sentence)):
        sentence = sentence[match.end() :]
    if sentence[:1] in ("n", "N") and (match := _REPLY.match(sentence)):
        sentence = sentence[match.end() :]
    return _CITATION.sub(" ", sentence) if "[" in sentence or "(" in sentence else sentence


def claims(text: str) -> list[str]:
    """The sentences that say something checkable: two words of content, or a number; no questions, no politeness.

    Citation marks, lists of sources, headings and heads of tables are taken out before (``features.marks``).
    Small talk (nothing but words of taste) and lines that announce a list are claims only when nothing else is. An
    answer of at most three words that begins with a capital is one claim.
    """
    kept = unmarked(text)
    return claims_of(kept, sentences(unwrapped(plain(kept))), Manners())


class Manners:
    """The sentences of one answer: the words of each, and whether it is polite or courteous, looked at once."""

    def __init__(self, wordings: Wordings | None = None) -> None:
        """``wordings``: the words of texts, where others need them, too."""
        self._words = Wordings() if wordings is None else wordings
        self._polite: dict[str, bool] = {}
        self._courteous: dict[str, bool] = {}
        self._phrased = True

    def look(self, found: list[str]) -> None:
        """Look at all sentences of the answer, with single blanks, together: whether one may be polite."""
        self._phrased = phrased(found)

    def words(self, sentence: str) -> list[str]:
        """Its words in order."""
        return self._words[sentence]

    def polite(self, sentence: str) -> bool:
        """Whether it is nothing but politeness. ``sentence``: with single blanks."""
        known = self._polite.get(sentence)
        if known is None:
            known = self._polite[sentence] = polite(sentence, self.words(sentence), self._phrased)
        return known

    def courteous(self, sentence: str) -> bool:
        """Whether it declines, says that the documents are silent, or is polite."""
        known = self._courteous.get(sentence)
        if known is None:
            said = sentence if "  " not in sentence and sentence.isprintable() else " ".join(sentence.split())
            known = self._courteous[sentence] = self._is_courteous(said.strip(" "))
        return known

    def remark(self, sentence: str) -> bool:
        """Whether it says nothing of the matter, though it counts something."""
        return remark(sentence, self.words(sentence), names=True)

    def _is_courteous(self, said: str) -> bool:
        tokens = self.words(said)
        cued = not said.isascii() or not _COURTESY_CUES.isdisjoint(tokens)
        if cued and _COURTESY.search(said[:_SHOWN]):
            return True
        if remark(said, tokens, names=bool(_NAMED.search(said, 1))):
            return True
        return bool(not _NEXT_CUES.isdisjoint(tokens) and _NEXT_STEP.search(said)) or self.polite(said)


def claims_of(text: str, found: list[str], manners: Manners) -> list[str]:
    """``claims`` where the sentences of the plain, unwrapped ``text`` are known."""
    pieces = [" ".join(piece.split()) for piece in found]
    if remarked(text):
        pieces = [without_remarks(piece) for piece in pieces]
    elif len(pieces) > _SEVERAL:
        manners.look(pieces)
    said, firm = [], []
    for piece in pieces:
        if piece.endswith("?"):
            continue
        own = bare(piece)
        tokens = manners.words(own)
        stems = set(content(tokens))
        counted = _DIGIT.search(own) is not None or not _COUNTED.isdisjoint(tokens)
        counting = manners.polite(piece) or (not _DIGIT.search(own) and manners.remark(piece))
        if not (counting if counted else len(stems) < 2 or manners.courteous(piece)):
            said.append(piece)
            if (counted or len(stems - LIGHT) >= 2) and not piece.endswith(":"):
                firm.append(piece)
    if not said and len(words(text)) <= 3 and text.strip()[:1].isupper() and informative(text):
        return [piece for piece in pieces if not manners.courteous(piece)]
    return firm or said


def courteous(sentence: str) -> bool:
    """Whether the sentence declines, says that the documents are silent, or is polite."""
    return Manners().courteous(sentence)
