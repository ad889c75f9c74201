"""``verb``: another verb of the same meaning, only where what follows leaves no doubt which meaning it is."""

from __future__ import annotations

import re
from random import Random

from scorers.rewrites.asking_part import Place, about_form
from scorers.rewrites.guard import frozen

NAME = "verb"

_THE = r"(?= (?:the|this|these|my|our|a|an|how|why|what) )"
_SOME = r"(?= (?:an?|the|some|\d+|two|three|four|five|six|seven|eight|nine|ten) )"
_TEXTS = r"(?= an? (?:[a-z-]+ ){0,3}(?:poem|song|letter|e-?mail|essay|haiku|sonnet|ballad|limerick|speech)\b)"
_PROGRAMS = r"(?= an? (?:[\w+#-]+ ){0,2}(?:function|method|algorithm|class)\b)"
_THINGS = (
    r"(?= an? (?:[a-z0-9-]+ ){0,3}(?:list|table|chart|plan|schedule|recipe|website|web page|checklist|timeline|menu|"
    r"budget|spreadsheet|playlist|map|roadmap|calendar|routine|poster|logo|diagram|game|quiz|template|slide|app)\b)"
)
_ASKED = r"(?= (?:what|who|where|when|why|how|if|whether) )"
_INTO = r"(?= (?:the|this|a|an) [^.?!\n]{1,80} into )"
_IS = r"(?= (?:the|a|an|your|my|this) )"

#: What stands there, what follows it, and what takes its place. Both are lower case; the first letter is kept.
_RULES: tuple[tuple[str, str, str], ...] = (
    ("write", _PROGRAMS, "implement"),
    ("implement", _PROGRAMS, "write"),
    ("write", _TEXTS, "compose"),
    ("compose", _TEXTS, "write"),
    ("summari[sz]e", _THE, "sum up"),
    ("sum up", _THE, "summarize"),
    ("create", _THINGS, "make"),
    ("make", _THINGS, "create"),
    ("generate", _SOME, "produce"),
    ("produce", _SOME, "generate"),
    ("provide (me|us) with", "(?= )", r"give \1"),
    (
        "give (me|us)",
        r"(?= (?:an?|some|the) (?:[a-z-]+ ){0,3}(?:list|example|overview|summary|explanation|idea|recipe)s?\b)",
        r"provide \1 with",
    ),
    ("provide", r"(?= (?:an?|some|two|three|\d+) )", "give"),
    (
        "give",
        r"(?= (?:an?|some|two|three|\d+) (?:[a-z-]+ ){0,2}(?:examples?|overview|summary|description|reasons?|tips?)\b)",
        "provide",
    ),
    ("tell me about", "(?= )", "give me information about"),
    ("give me information (?:about|on)", "(?= )", "tell me about"),
    ("tell me", _ASKED, "let me know"),
    ("classify", _THE, "categorize"),
    ("categori[sz]e", _THE, "classify"),
    ("choose", _THE, "pick"),
    ("select", _THE, "choose"),
    ("suggest", _SOME, "recommend"),
    ("recommend", _SOME, "suggest"),
    ("explain", _THE, "give an explanation of"),
    ("describe", _THE, "give a description of"),
    ("outline", _THE, "give an outline of"),
    ("calculate", _THE, "compute"),
    ("compute", _THE, "calculate"),
    ("convert", _INTO, "turn"),
    ("turn", _INTO, "convert"),
    ("come up with", _SOME, "think up"),
    ("compare", r"(?= [^.?!\n]{1,60} and [^.?!\n]{1,60}[.?!]?\Z)", "draw a comparison between"),
    ("discuss", _THE, "talk about"),
    ("list", r"(?= (?:two|three|four|five|six|seven|eight|nine|ten|\d+) )", "name"),
    ("name", r"(?= (?:two|three|four|five|six|seven|eight|nine|ten|\d+) )", "list"),
    (
        "construct",
        r"(?= an? (?:[a-z-]+ ){0,2}(?:model|house|bridge|table|timeline|website|database|argument|sentence)\b)",
        "build",
    ),
    ("research", r"(?= (?:the|this) )", "do research on"),
    ("plan", r"(?= an? )", "make a plan for"),
    ("teach me", r"(?= how to )", "show me"),
    ("show me", r"(?= how to )", "teach me"),
    ("determine", r"(?= (?:the|if|whether|how|what|which) )", "work out"),
    ("locate", r"(?= (?:the|a|an) )", "find"),
    ("search for", "(?= )", "look for"),
    ("look for", "(?= )", "search for"),
    ("i'm looking for", "(?= )", "i am looking for"),
    ("i am looking for", "(?= )", "i'm looking for"),
    ("what's", _IS, "what is"),
    ("what is", _IS, "what's"),
    ("who's", _IS, "who is"),
    ("who is", _IS, "who's"),
    ("where's", _IS, "where is"),
    ("where is", _IS, "where's"),
)
#: Only where a request begins: at the start, after a sentence, or after "please" and "I want you to".
_BEGINS = r"(?:\A|(?<=[.!?] )|(?<=\n))(?P<lead>please,? |i want you to |can you |could you |would you |will you )?"
_COMPILED = [
    (re.compile(rf"{_BEGINS}(?P<verb>{verb}){after}", re.IGNORECASE), re.compile(verb, re.IGNORECASE), other)
    for verb, after, other in _RULES
]
#: The words of both sides: no other word ever comes or goes.
WORDS = frozenset(
    word
    for verb, _, other in _RULES
    for word in re.findall(
        r"[a-z']+", f"{verb} {other} me us with on categorise summarise categorize summarize".lower()
    )
)


def rewrite(text: str, chance: Random, place: Place) -> str | None:
    """``text`` with one verb replaced; ``None`` where no rule applies."""
    if about_form(text):
        return None
    closed = frozen(text)
    found: list[str] = []
    for pattern, verb, other in _COMPILED:
        for match in pattern.finditer(text):
            start, end = match.span("verb")
            if closed.holds(start, end):
                continue
            there = text[start:end]
            made = verb.sub(other, there, count=1)
            if there[0].isupper() or made.startswith("i"):
                made = made[0].upper() + made[1:] if there[0].isupper() or made[:2] in ("i ", "i'") else made
            found.append(text[:start] + made + text[end:])
    return chance.choice(found) if found else None
