"""Recorded samples of a file, whatever tool wrote it: our own lines, or the answers of another tool's file as such.

A file of a known tool that is given as ours is told for what it is at its first line, not line by line.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import orjson

from scorers.formats.files import MAX_DOCUMENT, begins_with, lines, listed, one_document, peeked
from scorers.formats.rows import Json, Losses, Row, Wrong
from scorers.formats.table import FORMATS, recognised, unread


class NotOurs(ValueError):
    """The file is of another tool, and no format was named; the message is one line that says what to do."""


class Recorded:
    """One pass over a file: the lines of its recorded samples, and their problems in words.

    ``form``: the name of the format; None is our own. ``losses``: what of it no sample can hold, counted.
    """

    def __init__(self, stream: BinaryIO, name: str, form: str | None) -> None:
        self.losses = Losses()
        self._stream, self._name, self._form = stream, name, form
        self._head = b"" if form else peeked(stream)
        self._first: int | None = None

    def __iter__(self) -> Iterator[tuple[int, bytes | Wrong]]:
        """Line numbers with lines of the recorded format; what is none stands there as ``Wrong``."""
        if self._form:
            found = recorded_lines(self._stream, self._form, self.losses)
        else:
            held = one_document(self._head) or begins_with(self._head, ("samples",))
            found = _ours(self._stream) if held else lines(self._stream, MAX_DOCUMENT)
        for number, line in found:
            self._first = number if self._first is None else self._first
            yield number, line

    def problem(self, number: int, line: bytes | Wrong, error: ValueError) -> str:
        """What is wrong with a line, with its place. Raises ``NotOurs`` where it shows another tool's file."""
        if number == self._first and not self._form:
            whole = line if isinstance(line, bytes) else b""
            said = hint(max(self._head, whole, key=len), self._name)  # a line may be longer than what was looked at
            if said:
                raise NotOurs(said)
        return f"{self._name}: {error}" if isinstance(error, Wrong) else f"{self._name}: line {number}: {error}"


def _ours(stream: BinaryIO) -> Iterator[tuple[int, bytes | Wrong]]:
    """The samples of one document, a list or what ``POST /api/samples`` takes, as lines; each with where it begins."""
    for number, value in listed("samples")(stream):
        yield number, value if isinstance(value, Wrong) else orjson.dumps(value)


def hint(head: bytes, file: str) -> str | None:
    """What to do with a file that is none of ours, where its beginning tells what it is; None elsewhere."""
    name = recognised(head, file)
    if name == "jsonl":
        return f"{file}: this looks like {FORMATS[name].title}, without answers: it is for suite run and suite import"
    if name is not None:
        found = f"{file}: this looks like {FORMATS[name].title}"
        return f"{found}; take its answers with --format {name}, or its cases with: suite import --format {name}"
    return unread(head, file)


def recorded_lines(stream: BinaryIO, name: str, losses: Losses) -> Iterator[tuple[int, bytes | Wrong]]:
    """The answers of a file as lines of the recorded format, with the lines that they stand on."""
    used: dict[str, int] = {}
    taken: set[str] = set()
    for row in FORMATS[name].rows(stream, losses):
        if isinstance(row, Wrong):
            yield row.line, row
        elif row.answer is None:
            yield row.line, Wrong("", "expected an answer to score, found a case without one", row.line)
        elif row.answer.error:
            losses.lost("a case that ended in an error", "has no answer to score")
        else:
            identity = row.id
            while identity and identity in taken:  # asked again, under a name that no other case has
                used[row.id] = used.get(row.id, 0) + 1
                identity = f"{row.id}#{used[row.id]}"
            taken.add(identity)
            yield row.line, orjson.dumps(_recorded(row, identity))


def _recorded(row: Row, identity: str) -> dict[str, Json]:
    assert row.answer is not None
    doc: dict[str, Json] = {
        "id": identity,
        "model": row.answer.model,
        "messages": list(row.answer.asked) or row.messages,
        "tools": list(row.tools),
        "tool_calls": list(row.answer.tool_calls),
    }
    return {**{key: value for key, value in doc.items() if value}, "response": row.answer.text}
