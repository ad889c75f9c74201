"""Orders inside documents: the sentence that most looks like a request to the assistant that reads the document.

Each line and sentence is seen by itself: its words, whether it begins like an order or a question, whether it speaks
of "your answer", whether it is prose among table rows or code. The highest one decides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scorers.reading.ngrams import tokens_of
from scorers.reading.screen import Screen
from scorers.reading.text import Blind, folded, sentences

#: Sentences looked at; of more, the beginning, the end and evenly spread ones.
_MOST = 150
_PIECE = 260

_VERBS = (
    r"add|adopt|anagram|answer|append|apply|ask|augment|begin|blend|break|call|change|combine|compare|complete|compose|"
    r"consider|convert|craft|create|define|deliver|deploy|describe|design|develop|disregard|do|draft|employ|embed|"
    r"encode|"
    r"encourage|end|engage|enhance|ensure|execute|explain|finish|forget|format|forward|generate|give|group|help|ignore|"
    r"imagine|implement|include|incorporate|infuse|inject|insert|integrate|leave|list|make|mention|merge|misspell|"
    r"modify|"
    r"omit|outline|pretend|print|produce|promote|propose|provide|put|recommend|remind|remove|repeat|replace|reply|"
    r"respond|"
    r"return|reverse|rewrite|run|say|scramble|send|share|show|shuffle|spell|start|state|substitute|suggest|"
    r"summari[sz]e|swap|"
    r"take|teach|tease|tell|translate|turn|urge|use|utili[sz]e|warn|weave|write"
)
_PATTERNS = {
    "order": rf"\W{{0,6}}(?:please |now |then |also |instead,? |first,? |finally,? |always |never |do not |don't |"
    r"important: ?)?"
    rf"(?:{_VERBS})\b",
    "asks": r"\W{0,6}(?:what|who|how|why|when|where|which|can you|could you|would you|do you|is|are|"
    r"does)\b[^?\n]{2,200}\?",
    "answer": r"\b(?:your|the|each|every|this|all)(?: \w{1,12})? (?:answers?|repl(?:y|ies)|responses?|outputs?|"
    r"messages?|summary|"
    r"solution|codebase|implementation|algorithm|completion)\b",
    "code_block": r"\b(?:code (?:block|snippet|excerpt|section|segment|fragment|piece|below)|(?:following|subsequent|"
    r"next|below) "
    r"(?:code|snippet|block|lines))\b",
    "machine": r"\b(?:ai|assistants?|language models?|llms?|chatbots?|gpt)\b|\binstructions?\b|\bthe (?:user|reader|"
    r"question)\b",
    "override": r"\b(?:ignore|disregard|forget|instead of|do not answer|skip)\b",
    "link": r"https?://|www\.|\b[\w-]{2,30}\.(?:com|net|org|xyz|example|io|info)\b|\b[\w.]{1,30}@\w",
    "promote": r"\b(?:recommend|suggest|encourage|promote|mention|advertise|highlight|emphasi[sz]|invit|remind|urg|"
    r"express|apprais|"
    r"donat|subscrib|download|sign up)\w*",
    "me": r"\b(?:me|my|i)\b",
    "digits": r"\d{2}",
    "cells": r"\|",
    "script": r"[;{}]\s*$|\w\([^()]{0,60}\)|[\w\])] ?= ?\S|^\s*(?:import|from|def|class|return|#|//)\b",
}
_FOUND = {name: Blind(pattern) for name, pattern in _PATTERNS.items()}
#: Looked for at the beginning of a piece.
_BEGIN = ("order", "asks")
_SCREEN = Screen(
    {name: f"(?m)^(?:{pattern})" if name in _BEGIN else f"(?m){pattern}" for name, pattern in _PATTERNS.items()}
)
Search = tuple[str, Callable[[str], object]]
#: How each is looked for: in any text, and in ASCII in lower case.
_ANY_CASE: list[Search] = [(name, one.match if name in _BEGIN else one.search) for name, one in _FOUND.items()]
_LOWERED: list[Search] = [
    (name, one.lowered.match if name in _BEGIN else one.lowered.search) for name, one in _FOUND.items()
]
#: Pieces that are screened together.
_TOGETHER = 8
#: What ``signs`` names; the head has a weight for each.
SIGNS = (*_PATTERNS, "order_answer", "asks_short", "edge", "alone", "short")
_NONE = dict.fromkeys(SIGNS, 0.0)


@dataclass(slots=True)
class Piece:
    """One sentence or line of a document, its tokens for a head's n-grams, and its signs, each in [0, 1]."""

    text: str
    tokens: list[str]
    shown: dict[str, float]


def pieces(document: str, split: Callable[[str], list[str]] = sentences) -> list[Piece]:
    """Sentences of ``document`` (at most ``_MOST``) with their signs; cells of tables stay one line.

    ``split`` gives the sentences of a text, where they may be known already.
    """
    found = [piece[:_PIECE] for piece in split(folded(document))]
    if len(found) > _MOST:
        step = (len(found) - 80) / (_MOST - 80)
        found = found[:40] + [found[40 + int(at * step)] for at in range(_MOST - 80)] + found[-40:]
    read = [one for at in range(0, len(found), _TOGETHER) for one in _read(found[at : at + _TOGETHER])]
    # Prose in a table or in code is out of place; in prose nothing is.
    strange = sum(one.shown["cells"] or one.shown["script"] for one in read) > 0.5 * len(read)
    for at, one in enumerate(read):
        one.shown["edge"] = float(at == 0 or at == len(read) - 1)
        one.shown["alone"] = float(strange and not one.shown["cells"] and not one.shown["script"])
    return read


def _read(found: list[str]) -> list[Piece]:
    """Neighbouring pieces. One screening tells what none of those in ASCII can have."""
    lowered = [piece.lower() for piece in found]
    ascii_lines = "\n".join([piece for piece in lowered if piece.isascii()])
    maybe = _SCREEN.maybe(ascii_lines) if ascii_lines else frozenset()
    some = [(name, search) for name, search in _LOWERED if name in maybe]
    return [
        Piece(piece, tokens_of(lower), _shown(lower, some) if lower.isascii() else _shown(piece, _ANY_CASE))
        for piece, lower in zip(found, lowered, strict=True)
    ]


def _shown(piece: str, maybe: list[Search]) -> dict[str, float]:
    shown = _NONE.copy()
    for name, search in maybe:
        if search(piece):
            shown[name] = 1.0
    shown["order_answer"] = shown["order"] * max(shown["answer"], shown["code_block"], shown["machine"])
    if len(piece) < 100:
        shown["short"] = 1.0
        shown["asks_short"] = shown["asks"] * float(len(piece) < 80)
    return shown
