"""The first look at a text: one pass of RE2 that says which kinds it may hold, and none is looked for else.

Every expression here holds for whatever the exact pattern of its kind finds, and for more. Texts are looked at as
ASCII, one byte for each character, so that places found are places in the text.
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
    """How much redaction may still do: about so many characters that patterns look at."""

    __slots__ = ("left",)

    def __init__(self, characters: int) -> None:
        self.left = characters

    def spend(self, characters: int) -> None:
        """Raises ``TooMuch`` when there is none left."""
        self.left -= characters
        if self.left < 0:
            raise TooMuch

    def affords(self, characters: int) -> int:
        """How many things of this cost may still be done."""
        return self.left // characters


class Endless(Patience):
    """Patience of those who can wait."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(0)

    def spend(self, characters: int) -> None:
        """Nothing ends it."""

    def affords(self, characters: int) -> int:
        """More than there ever are."""
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
    """The text with ``?`` for each character that is not ASCII."""
    return text.encode("ascii", "replace")


class Finder:
    """One expression in RE2's syntax, over ``ascii_of`` a text."""

    __slots__ = ("_find",)

    def __init__(self, expression: str) -> None:
        self._find = re2.compile(expression.encode(), _options()).finditer

    def spans(self, text: bytes, patience: Patience) -> Iterator[tuple[int, int]]:
        """Where it matches, from left to right, without overlaps. Raises ``TooMuch``."""
        for match in self._find(text):
            patience.spend(_A_PLACE)
            yield match.span()


class Signs:
    """Many expressions looked for at once."""

    __slots__ = ("_always", "_set")

    def __init__(self, expressions: list[str]) -> None:
        self._set = re2.Set.SearchSet(_options())
        for expression in expressions:
            self._set.Add(expression.encode())
        self._always = len(expressions)
        self._set.Add(b"\\A")
        self._set.Compile()

    def found(self, text: bytes) -> list[int]:
        """The numbers of the expressions that match somewhere. Raises ``MemoryError`` when RE2 gave the text up."""
        found: list[int] | None = self._set.Match(text)
        if not found:
            # RE2 says nothing when its memory does not do, so one expression is there that always matches.
            raise MemoryError("the engine has not looked at a text")
        if len(found) == 1:
            return []
        found.remove(self._always)
        return found
