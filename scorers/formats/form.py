"""``Format``: what a tool's files are to us: how they are known, read and written. Each has a small file of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import BinaryIO

import msgspec

from scorers.cases.fields import BadField
from scorers.cases.folder import MOST_CASES
from scorers.formats.files import Reader
from scorers.formats.rows import Json, Losses, Row, Wrong, kind

#: Cases that a file may hold.
MAX_ROWS = MOST_CASES

#: From a file to its rows, what is wrong standing in its place; what has no place in a row goes into the losses.
Rows = Callable[[BinaryIO, Losses], Iterator[Row | Wrong]]
#: From rows and the name of their suite to the pieces of a file.
Writer = Callable[[Sequence[Row], str, Losses], Iterator[bytes]]


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """One tool's files.

    ``known``: whether a JSON object is one of its lines. ``head``: whether a file that begins so is one of its
    documents. ``suffixes``: ends of the names of files that it alone has. ``write`` is None where we only read;
    ``envelopes``: members of an object around its lines. ``advice`` is said once to who has written one.
    """

    name: str
    title: str
    rows: Rows
    known: Callable[[Mapping[str, Json]], bool] = lambda _: False
    head: Callable[[bytes], bool] = lambda _: False
    suffixes: tuple[str, ...] = ()
    envelopes: tuple[str, ...] = ()
    write: Writer | None = None
    advice: tuple[str, ...] = ()


def each(reader: Reader, row: Callable[[dict[str, Json], Losses], Row | None]) -> Rows:
    """Rows of a file whose every value is one case; None says that a value is none and is left out."""

    def read(stream: BinaryIO, losses: Losses) -> Iterator[Row | Wrong]:
        for line, value in reader(stream):
            if isinstance(value, Wrong):
                yield value.at(line)
                continue
            try:
                if not isinstance(value, dict):
                    raise Wrong("", f"expected an object, found {kind(value)}")
                made = row(value, losses)
            except Wrong as error:
                yield error.at(line)
                continue
            except BadField as error:
                yield Wrong("", str(error), line)
                continue
            except RecursionError:
                yield Wrong("", "nested too deeply", line)
                continue
            if made is not None:
                yield msgspec.structs.replace(made, line=line)

    return read


def unread(doc: Mapping[str, Json], read: Sequence[str], losses: Losses, prefix: str = "") -> None:
    """Count each key that has something in it and that nobody has read."""
    for key, value in doc.items():
        if key not in read and value not in (None, "", [], {}):
            losses.lost(f"{prefix}{key[:60]}", "has no place in a case")
