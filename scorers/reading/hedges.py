"""Reservations of an English sentence, graded: shields, modal verbs, approximators, evidence, attribution. Pure.

The classes are those of the literature on hedging (approximators and shields; modal, evidential and attributive
hedges). The grades and the boosters that take something back were set by hand, on sentences of our own.
"""

from __future__ import annotations

from scorers.reading.text import Blind

_SHIELD = (
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
    r"perhaps|maybe|possibly|probably|presumably|apparently|supposedly|arguably|conceivably|might|seemingly|uncertain|"
    r"unclear|not certain|it depends(?! on [^.:\n]{1,40}:)|hard to (?:say|know|tell)|no guarantee|(?:my|a|at) best "
    r"guess|i would(?:n't| not) "
    r"(?:bet|swear)|for all (?:i|we) know|i have a (?:feeling|hunch|suspicion)|i (?:can't|cannot) (?:say|be|promise) "
    r"(?:for sure|certain|sure)|i (?:may|might|could) be (?:wrong|mistaken)|(?:please )?double-check|it might)\b"
)
_MODAL = (
    r"\b(?:may|might|could|would|likely|unlikely|potentially|plausibl[ey]|tentatively|theoretically|in theory|"
    r"can (?:vary|depend|be (?:difficult|hard|affected))|varies|vary|depends? on|depending on|not always|"
    r"there is a chance|chances are|if i)\b"
)
_ATTRIBUTED = (
    r"\b(?:according to|some (?:\w{1,14} )?(?:say|said|believe|argue|suggest|claim|think|people|experts|scholars|"
    r"researchers|sources|studies)|(?:is|are|was|were) (?:often |widely |generally |commonly )?(?:said|believed|"
    r"thought|"
    r"considered|reported|rumou?red|assumed|estimated|alleged|expected) (?:to|that)|reportedly|allegedly|purportedly|"
    r"by (?:most|many|some|all) accounts|from what (?:people|they|others) say|(?:rumou?r|word|legend) has it|"
    r"it has been (?:suggested|argued|claimed)|studies suggest|evidence suggests|appears?|seems?|suggests?|"
    r"indicates?)\b"
)
_APPROXIMATE = (
    r"\b(?:roughly|approximately|about|around|generally|usually|typically|tends? to|often|sometimes|somewhat|mostly|"
    r"largely|in (?:most|many|some) cases|more or less|sort of|kind of|or so|relatively|fairly|estimated?|almost|"
    r"nearly|as a rule|broadly|give or take|more often than not|by and large|for the most part|on the whole)\b"
)
_SURE = (
    r"\b(?:definitely|certainly|clearly|undoubtedly|absolutely|without (?:a |any )?doubt|of course|obviously|always|"
    r"never|guaranteed|in fact|indeed|must|proven|exactly|precisely)\b"
)
#: Class -> pattern, for a screen of a whole text; ``sure`` alone makes no reservation.
PATTERNS = {"shield": _SHIELD, "modal": _MODAL, "attributed": _ATTRIBUTED, "approximate": _APPROXIMATE}
_GRADES = {"shield": 0.75, "modal": 0.3, "attributed": 0.3, "approximate": 0.15}
_BLIND = {name: Blind(pattern) for name, pattern in PATTERNS.items()}
_BOOST = Blind(_SURE)
#: What is left of a reservation beside a word of certainty.
_LEFT = 0.7
#: Hedges of one class that count in one sentence.
_MOST = 3


def reservations(pieces: list[str], maybe: frozenset[str]) -> tuple[list[float], list[str]]:
    """How much of each sentence is held back, in [0, 1], and the shields found. Each further hedge holds back a share
    of the rest. ``maybe``: the classes that may be found; no sentence holds a line break."""
    rest = [1.0] * len(pieces)
    shields: list[str] = []
    lines = "\n".join(pieces)
    for name in PATTERNS:
        if name not in maybe:
            continue
        at, end, seen = 0, len(pieces[0]), 0
        for match in _BLIND[name].finditer(lines):
            while match.start() > end:
                at, seen = at + 1, 0
                end += 1 + len(pieces[at])
            seen += 1
            if seen <= _MOST:
                rest[at] *= 1.0 - _GRADES[name]
            if name == "shield":
                shields.append(match[0].lower())
    held = [1.0 - left for left in rest]
    return [
        grade * _LEFT if grade and _BOOST.search(piece) else grade for grade, piece in zip(held, pieces, strict=True)
    ], shields
