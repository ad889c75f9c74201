"""Configured regular expressions, run by an engine whose time is linear in the text for every expression.

The engine is RE2. It has no look-around, no back-references and no possessive quantifiers, and its repeat counts stop
at 1,000. Expressions are written for Python's ``re`` and keep that meaning here. The exception is ``\\b``, which knows
only ASCII letters in RE2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import re2

#: Bytes that a compiled pattern and its states may take.
_MEMORY = 16 << 20
_LETTERS = r"\pL\pN_"
_SPACES = r"\s\v\x{1c}-\x{1f}\x{85}\pZ"
#: What Python's classes mean for text of any script, in RE2's syntax: outside and inside of square brackets.
_CLASSES = {
    "d": (r"\p{Nd}", r"\p{Nd}"),
    "D": (r"\P{Nd}", r"\P{Nd}"),
    "w": (f"[{_LETTERS}]", _LETTERS),
    "W": (f"[^{_LETTERS}]", None),
    "s": (f"[{_SPACES}]", _SPACES),
    "S": (f"[^{_SPACES}]", None),
    "Z": (r"\z", None),
}
_BESIDE_BOUNDARY = re.compile(r"\\[bB][^\x00-\x7f]|[^\x00-\x7f][+*?]?\\[bB]")
_WORD_CHAR = re.compile(r"\w")


class Inexpressible(ValueError):
    """The engine cannot run this expression. The message names the unsupported part."""


def translated(pattern: str) -> str:
    """A pattern of Python's ``re`` in RE2 syntax, with the same meaning. Raises ``Inexpressible``."""
    if _BESIDE_BOUNDARY.search(pattern):
        raise Inexpressible(r"\b beside a letter that is not ASCII")
    pieces: list[str] = []
    within, at = False, 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\" and at + 1 < len(pattern):
            piece, at = _escape(pattern, at, within)
            pieces.append(piece)
            continue
        if char == "[" and not within:
            within = True
            opened = re.compile(r"\[\^?\]?").match(pattern, at)
            assert opened is not None
            pieces.append(opened[0].replace("]", r"\]"))
            at = opened.end()
            continue
        if char == "[":
            char = r"\["
        elif char == "]":
            within = False
        elif not within and char == "$":
            char = r"(?:$|\n\z)"
        elif not within and pattern.startswith("{,", at):
            pieces.append("{0,")
            at += 2
            continue
        pieces.append(char)
        at += 1
    return "".join(pieces)


def _escape(pattern: str, at: int, within: bool) -> tuple[str, int]:
    """The escape at ``at`` in RE2 syntax, and the position after it."""
    letter = pattern[at + 1]
    if letter in _CLASSES:
        piece = _CLASSES[letter][within]
        if piece is None:
            raise Inexpressible(f"\\{letter} within square brackets")
        return piece, at + 2
    for letters, digits in (("u", 4), ("U", 8), ("x", 2)):
        if letter in letters:
            return f"\\x{{{pattern[at + 2 : at + 2 + digits]}}}", at + 2 + digits
    if within and letter == "b":
        return r"\x08", at + 2
    return pattern[at : at + 2], at + 2


class LinearPattern:
    """One configured expression. Raises ``Inexpressible``."""

    __slots__ = ("_bounded", "_find")

    def __init__(self, pattern: str) -> None:
        options = re2.Options()
        options.never_capture = True
        options.log_errors = False
        options.max_mem = _MEMORY
        try:
            compiled = re2.compile(translated(pattern), options)
        except re2.error as error:
            said = error.args[0] if error.args else ""
            raise Inexpressible(said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)) from None
        self._find = compiled.finditer
        self._bounded = "\\b" in pattern

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """The spans of all non-empty matches."""
        raw = text.encode("utf-8", "replace")
        plain = len(raw) == len(text)
        done = read = at = 0
        for match in self._find(raw):
            start, end = match.span()
            if start == end:
                continue
            if not plain:
                # Places in UTF-8 become places in the text, each byte read once.
                at += len(raw[read:start].decode())
                read, start = start, at
                at += len(raw[read:end].decode())
                read, end = end, at
                if self._bounded:
                    start, end = _whole_words(text, start, end)
            if end > done:
                yield max(start, done), end
                done = end


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    r"""Extends a match that begins or ends inside a word to the whole word, because RE2's ``\b`` knows only ASCII
    letters.
    """
    if _WORD_CHAR.match(text, start):
        while start and not text[start - 1].isascii() and _WORD_CHAR.match(text, start - 1):
            start -= 1
    if _WORD_CHAR.match(text, end - 1):
        while end < len(text) and not text[end].isascii() and _WORD_CHAR.match(text, end):
            end += 1
    return start, end


def unfit(patterns: Iterable[str]) -> list[tuple[int, str]]:
    """The expressions that cannot be used, by index, each with its error message."""
    found: list[tuple[int, str]] = []
    for number, pattern in enumerate(patterns):
        try:
            LinearPattern(pattern)
        except Inexpressible as error:
            found.append(
                (
                    number,
                    f"{pattern!r} cannot be used ({error}): no look-around, back-references, possessive repeats or "
                    "counts above 1000. Traffic is forwarded, its text is not kept; the next version refuses to start",
                )
            )
    return found
