"""Whether a window of unlikely characters is disorder, as in an optimiser's suffix, or text of a kind that is rare.

Headers, stubs, logs, badges, lists of names and settings are as unlikely as suffixes to a model of characters. But in
them words come again, brackets close, marks come in the pairs that a grammar wants, and lines are short. A suffix has
none of that: pieces of words that never meet, and marks of every kind. A head over these measures decides.
"""

from __future__ import annotations

import re
from collections import Counter

from scorers.reading.ngrams import Head

#: What the head weighs: shares of words that come again, and counts in the window, each up to ``_MOST``.
MEASURES = ("again", "open", "marks", "lines", "pairs", "commas", "capitals", "humps", "joined", "commands", "bits")
_MOST = 10
_RUN = re.compile(r"[A-Za-z]{2,}")
_WORD = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{2,}(?![a-z])")
_SHORTEST = 3
_MARK = re.compile(r"[^\w\s\x7f]")
#: Two marks as the grammars of code, data and markup have them.
_PAIRS = re.compile(
    r"""",|":|\("|"\)|'\)|\('|\(\)|__|::|->|=>|/>|="|\],|\):|==|',|\["|\['|</|";|\]\(|\.\.|},|{{|}}|`,|:`"""
)
#: Words of a command line: flags, pipes, variables, settings, paths and patterns of files, quoted arguments.
_COMMAND = re.compile(
    r"(?<!\S)(?:--?[A-Za-z][\w-]{0,40}(?:=\S{1,60})?|&&|\|\|?|>{1,2}|[A-Za-z_]\w{0,40}=\S{1,60}|\$[\w({]\S{0,40}|"
    r"[\w.~*-]{0,30}/[\w./$~*+:-]{1,60}|\*\.\w{1,8}|[\w.-]{1,40}[:@][\w.:/@-]{1,60}|'[^'\s]{1,40}'?)(?!\S)"
)
_CAPITALS = re.compile(r"[A-Z]{2,}")
_HUMP = re.compile(r"[a-z][A-Z]")
_CLOSES = {")": "(", "]": "[", "}": "{"}
DISORDER = Head.read("disorder")


def words_of(text: str) -> Counter[str]:
    """How often each word of three letters or more is in ``text``; words in one name count apart."""
    return Counter(word.lower() for run in _RUN.findall(text) for word in _WORD.findall(run) if len(word) >= _SHORTEST)


def measures(window: str, said: Counter[str], bits: float) -> dict[str, float]:
    """``MEASURES`` of a window of a text whose words are ``said``. ``bits``: its mean cost of a character."""
    own = words_of(window)
    again = sum(count for word, count in own.items() if count > 1 or said[word] > count)
    counts = {
        "open": _unclosed(window),
        "marks": len(set(_MARK.findall(window))),
        "lines": window.count("\n"),
        "pairs": len(_PAIRS.findall(window)),
        "commas": window.count(", ") + window.count(",\n"),
        "capitals": len(_CAPITALS.findall(window)),
        "humps": len(_HUMP.findall(window)),
        "joined": window.count("_"),
        "commands": len(_COMMAND.findall(window)),
    }
    shown: dict[str, float] = {name: min(_MOST, count) / _MOST for name, count in counts.items()}
    return {"again": again / max(1, own.total()), "bits": min(bits, 12.0) / 12.0, **shown}


def disorder(window: str, said: Counter[str], bits: float, head: Head = DISORDER) -> float:
    """Log-odds that the window is disorder."""
    return head.logit((), measures(window, said, bits))


def _unclosed(window: str) -> int:
    """Brackets that do not close, or close nothing."""
    opened: list[str] = []
    wrong = 0
    for mark in window:
        if mark in _CLOSES.values():
            opened.append(mark)
        elif mark in _CLOSES:
            if opened and opened[-1] == _CLOSES[mark]:
                opened.pop()
            else:
                wrong += 1
    return wrong + len(opened)
