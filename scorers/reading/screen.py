"""Which of several patterns a text matches, found in one pass by RE2 where that is possible.

RE2 runs all patterns at once and in time linear in the text, whatever they are. It knows no look-around, so patterns go
in without: what it finds is at least what they match, and where there was none just that. Its words and boundaries are
those of ASCII, so a text that is not ASCII is left to the patterns themselves.
"""

from __future__ import annotations

from collections.abc import Mapping

import re2

from scorers.reading.text import Blind

_LOOKS = ("(?=", "(?!", "(?<=", "(?<!")
#: Bytes that one screen may use for what it remembers of its patterns; with fewer, large screens run ten times slower.
_MEMORY = 16 << 20


class Screen:
    """Patterns by name, in lower case, for texts whose white space is blanks, tabs and line ends."""

    def __init__(self, patterns: Mapping[str, str]) -> None:
        self._blind = {name: Blind(pattern) for name, pattern in patterns.items()}
        self._names = tuple(patterns)
        options = re2.Options()
        options.max_mem = _MEMORY
        options.log_errors = False
        self._set = re2.Set.SearchSet(options)
        plain = {name: without_looks(pattern) for name, pattern in patterns.items()}
        for pattern in plain.values():
            self._set.Add(pattern)
        self._set.Compile()
        self._exact = frozenset(name for name in patterns if plain[name] == patterns[name])

    def maybe(self, lowered: str) -> frozenset[str]:
        """Names of the patterns that may match a text in lower case: every one, for a text that is not ASCII."""
        if not lowered.isascii():
            return frozenset(self._names)
        return frozenset([self._names[index] for index in self._set.Match(lowered) or ()])

    def found(self, text: str) -> frozenset[str]:
        """Names of the patterns that match somewhere in ``text``, blind to case."""
        maybe = self.maybe(text.lower())
        if not maybe or (text.isascii() and maybe <= self._exact):
            return maybe
        sure = self._exact if text.isascii() else frozenset()
        return frozenset([name for name in maybe if name in sure or self._blind[name].search(text)])


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
