"""Which of several patterns a text matches, found in one pass by RE2 where that is possible.

RE2 runs all patterns at once and in time linear in the text, whatever they are. It knows no look-around, so patterns go
in without: what it finds is at least what they match, and where there was none just that. Its words, digits, blanks and
boundaries are those of ASCII. A text that is not ASCII is screened by wider patterns, which match at least as much.

An automaton of many patterns that count their gaps (``[^.]{0,40}``) has more states than memory holds on real texts: it
is thrown away and made anew all the time, a hundred times slower. Such patterns are screened with gaps of any length
(``loose``), in automata of few patterns each (``apart``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import re2

from scorers.reading.lazy import Patterns, lazy
from scorers.reading.text import Blind

#: Most texts have nothing of what is looked for.
_NONE: frozenset[str] = frozenset()
#: A repetition with an upper bound above 1, and what stands for it without.
_COUNTED = re.compile(r"\{(\d+),(?:[2-9]|\d\d+)\}")
_UNBOUNDED = {"0": "*", "1": "+"}
_LOOKS = ("(?=", "(?!", "(?<=", "(?<!")
#: Bytes that one screen may use for what it remembers of its patterns; with fewer, large screens run ten times slower.
_MEMORY = 16 << 20
#: What is left in lower case of letters that match others when case does not count (``text.Blind``).
_ODD_CASE = re.compile("[\u0131\u017f\u0307]")
#: What a class of ASCII lacks of the same one of Unicode, or more.
_BEYOND = r"\x{80}-\x{10ffff}"
_BLANKS = r"\s\x0b\x1c-\x1f"
_WIDER = {r"\w": rf"\w{_BEYOND}", r"\d": rf"\d{_BEYOND}", r"\s": _BLANKS + _BEYOND}
_ENDS = {"$": r"\n?$", r"\Z": r"\z", r"\S": rf"[^{_BLANKS}]"}
_BOUNDARIES = frozenset((r"\b", r"\B"))
#: In a class of what is not meant, these would take away more than they should.
_NARROWER = frozenset((r"\W", r"\D", r"\S"))


class _Part(NamedTuple):
    """Patterns that one automaton looks for, and their names in its order."""

    names: tuple[str, ...]
    set: re2.Set

    def maybe(self, seen: bytes) -> list[str]:
        return [self.names[index] for index in self.set.Match(seen) or ()]


class Screen(Patterns):
    """Patterns by name. For ``found`` they are written in lower case."""

    def __init__(
        self, patterns: Mapping[str, str], apart: Sequence[Sequence[str]] = (), *, loose: bool = False
    ) -> None:
        """``apart``: names that get an automaton of their own, the rest have one. ``loose``: gaps may be longer."""
        super().__init__()
        self._blind = {name: Blind(pattern) for name, pattern in patterns.items()}
        self._all = frozenset(patterns)
        plain = {name: without_looks(pattern) for name, pattern in patterns.items()}
        self._plain = {name: loosened(pattern) for name, pattern in plain.items()} if loose else plain
        rest = tuple(name for name in patterns if name not in set(chain.from_iterable(apart)))
        self._named = [names for names in (*map(tuple, apart), rest) if names]
        #: Names of those that are screened as they are: what is found of them in ASCII, they match.
        self.exact = frozenset(name for name in patterns if self._plain[name] == patterns[name])

    def _compiled(self, *, wider: bool = False) -> list[_Part]:
        return [
            _Part(names, _compiled(translated(self._plain[name], wider=wider) for name in names))
            for names in self._named
        ]

    @lazy
    def _parts(self) -> list[_Part]:
        return self._compiled()

    @lazy
    def _wider(self) -> list[_Part]:
        return self._compiled(wider=True)

    def compile(self) -> None:
        """The automata for ASCII."""
        _ = self._parts

    def maybe(self, lowered: str) -> frozenset[str]:
        """Names of the patterns that may match a text; in lower case, if they are to be blind to case."""
        parts = self._parts
        if not lowered.isascii():
            if _ODD_CASE.search(lowered):
                return self._all
            parts = self._wider
        try:
            seen = lowered.encode()
        except UnicodeEncodeError:  # a lone surrogate
            return self._all
        found = [name for part in parts for name in part.maybe(seen)]
        return frozenset(found) if found else _NONE

    def each(self, lowered: Sequence[str]) -> list[frozenset[str]]:
        """``maybe`` of each of these lines. What the patterns find in one, they must find in several, a line each."""
        together = "\n".join(lowered)
        if not together.isascii():
            return list(map(self.maybe, lowered))
        seen = together.encode()
        parts = [part for part in self._parts if part.set.Match(seen)]
        if not parts:
            return [_NONE] * len(lowered)
        return [frozenset([name for part in parts for name in part.maybe(line.encode())]) for line in lowered]

    def found(self, text: str) -> frozenset[str]:
        """Names of the patterns that match somewhere in ``text``, blind to case."""
        maybe = self.maybe(text.lower())
        if not maybe or (text.isascii() and maybe <= self.exact):
            return maybe
        sure = self.exact if text.isascii() else frozenset()
        return frozenset([name for name in maybe if name in sure or self._blind[name].search(text)])


def _compiled(patterns: Iterable[str]) -> re2.Set:
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    made = re2.Set.SearchSet(options)
    for pattern in patterns:
        made.Add(pattern)
    made.Compile()
    return made


def translated(pattern: str, *, wider: bool = False) -> str:
    """``pattern``, without look-arounds, for RE2: it matches the same in ASCII, ``wider`` at least that in any text.

    White space and the ends of texts are those of Python.
    """
    found: list[str] = []
    at, opened, negated = 0, -1, False
    classes = _WIDER if wider else {r"\s": _BLANKS}
    while at < len(pattern):
        step = 2 if pattern[at] == "\\" else 1
        part = pattern[at : at + step]
        inside = opened >= 0
        if part == "[" and not inside:
            opened, negated = at, pattern.startswith("[^", at)
            found.append("[^" if negated else "[")
            step += negated
        elif part == "]" and inside and at > opened + 1 + negated:
            opened = -1
            if found[-1] == "[^":  # nothing is left that it excludes
                found[-1] = "(?s:.)"
            else:
                found.append("]")
        elif inside and negated and part == r"\s":
            found.append(_BLANKS)
        elif part in classes and not (inside and negated):
            found.append(classes[part] if inside else f"[{classes[part]}]")
        elif part in _ENDS and not inside:
            found.append(_ENDS[part])
        elif not (wider and (part in _BOUNDARIES if not inside else negated and part in _NARROWER)):
            found.append(part)
        at += step
    return "".join(found)


def loosened(pattern: str) -> str:
    """``pattern`` without upper bounds on repetitions but ``{0,1}``, so that it matches at least as much."""
    return _COUNTED.sub(lambda counted: _UNBOUNDED.get(counted[1], f"{{{counted[1]},}}"), pattern)


def without_looks(pattern: str) -> str:
    """``pattern`` without its look-arounds, so that it matches at least as much."""
    found: list[str] = []
    at, depth, bracket = 0, 0, -1
    while at < len(pattern):
        step = 2 if pattern[at] == "\\" else 1
        sign = pattern[at]
        if bracket < 0 and depth == 0 and pattern.startswith(_LOOKS, at):
            depth = 1
        elif depth == 0:
            found.append(pattern[at : at + step])
        elif bracket < 0:
            depth += (sign == "(") - (sign == ")")
        if sign == "[" and bracket < 0:
            bracket = at
        elif sign == "]" and bracket >= 0 and at > bracket + 1 + (pattern[bracket + 1] == "^"):
            bracket = -1
        at += step
    return "".join(found)
