"""The first scan of a text: one pass of RE2 that determines which kinds the text may contain. Other kinds are skipped.

Every expression here matches whatever the exact pattern of its kind matches, and more. Texts are scanned as ASCII, with
one byte per character, so that positions in the scan are positions in the text.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import re2

_MEMORY = 64 << 20
#: What one place costs that is looked at closely, in characters of a pattern.
_A_PLACE = 200


class TooMuch(Exception):
    """Redacting this takes longer than the caller can wait."""


class Patience:
    """The remaining cost budget of a redaction: roughly the number of characters that patterns may scan."""

    __slots__ = ("left",)

    def __init__(self, characters: int) -> None:
        self.left = characters

    def spend(self, characters: int) -> None:
        """Spend a part of the budget. Raises ``TooMuch`` if nothing is left."""
        self.left -= characters
        if self.left < 0:
            raise TooMuch

    def affords(self, characters: int) -> int:
        """How many operations of this cost are still possible."""
        return self.left // characters


class Endless(Patience):
    """An unlimited budget, for callers that can wait."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(0)

    def spend(self, characters: int) -> None:
        """Does nothing: the budget is unlimited."""

    def affords(self, characters: int) -> int:
        """A number that is never reached."""
        return sys.maxsize - 1


ENDLESS = Endless()


def _options() -> re2.Options:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.never_capture = True
    options.log_errors = False
    options.max_mem = _MEMORY
    return options


def ascii_of(text: str) -> bytes:
    """The text with each non-ASCII character replaced by ``?``."""
    return text.encode("ascii", "replace")


class Finder:
    """One expression in RE2 syntax, applied to ``ascii_of`` a text."""

    __slots__ = ("_find",)

    def __init__(self, expression: str) -> None:
        self._find = re2.compile(expression.encode(), _options()).finditer

    def spans(self, text: bytes, patience: Patience) -> Iterator[tuple[int, int]]:
        """All matches from left to right, without overlaps. Raises ``TooMuch``."""
        for match in self._find(text):
            patience.spend(_A_PLACE)
            yield match.span()


class Signs:
    """Many expressions, searched in one pass."""

    __slots__ = ("_always", "_set")

    def __init__(self, expressions: list[str]) -> None:
        self._set = re2.Set.SearchSet(_options())
        for expression in expressions:
            self._set.Add(expression.encode())
        self._always = len(expressions)
        self._set.Add(b"\\A")
        self._set.Compile()

    def found(self, text: bytes) -> list[int]:
        """The indexes of the expressions that match. Raises ``MemoryError`` if RE2 gave up on the text."""
        found: list[int] | None = self._set.Match(text)
        if not found:
            # RE2 says nothing when its memory does not do, so one expression is there that always matches.
            raise MemoryError("the engine has not looked at a text")
        if len(found) == 1:
            return []
        found.remove(self._always)
        return found
