"""The formats by name, what a file is by its beginning, and the one way to read and write them.

Order matters for what is recognised: the first that knows a line has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

import msgspec
import orjson

from scorers.formats import (
    braintrust,
    humanloop,
    inspect,
    jsonl,
    langfuse,
    lm_eval,
    openai_evals,
    openai_finetune,
    promptfoo,
)
from scorers.formats.files import parse
from scorers.formats.form import MAX_ROWS, Format
from scorers.formats.rows import Json, Losses, Row, Wrong

#: Wrong lines that are told one by one.
TOLD = 20
#: Bytes of a file that its format is recognised by.
HEAD = 65_536

FORMATS: dict[str, Format] = {
    found.name: found
    for found in (
        lm_eval.FORMAT,
        promptfoo.FORMAT,
        openai_evals.FORMAT,
        langfuse.FORMAT,
        humanloop.FORMAT,
        inspect.FORMAT,
        braintrust.FORMAT,
        openai_finetune.FORMAT,
        jsonl.FORMAT,
    )
}
WRITABLE = tuple(name for name, found in FORMATS.items() if found.write)

#: Files of tools that we know and do not read: one of their lines has all of these keys.
_FOREIGN = (
    ("DeepEval", ("input", "actual_output")),
    ("DeepEval", ("input", "expected_output")),
    ("DeepEval", ("scenario", "turns")),
    ("Ragas", ("user_input",)),
    ("MLflow", ("inputs", "expectations")),
    ("MLflow", ("info", "data")),
    ("EvalPlus", ("task_id", "solution")),
    ("HumanEval", ("task_id", "completion")),
    ("garak", ("entry_type",)),
    ("OpenAI's batches", ("custom_id",)),
    ("Langfuse (scores, without the texts)", ("traceId", "dataType")),
    ("GSM8K", ("question", "answer")),
    ("ShareGPT", ("conversations",)),
)


class Loaded(msgspec.Struct, frozen=True):
    """A file that was read to its end. ``problems``: at most ``TOLD`` sentences and, where there were more, a count."""

    rows: list[Row]
    problems: list[str]
    wrong: int
    losses: Losses


def load(name: str, stream: BinaryIO, file: str, *, unique: bool = True) -> Loaded:
    """All rows of a file in the format ``name``.

    ``unique``: an id that stands twice is wrong, unless the case was asked again.
    """
    losses, problems, rows, wrong = Losses(), list[str](), list[Row](), 0
    for found in _checked(FORMATS[name].rows(stream, losses), unique):
        if isinstance(found, Row):
            rows.append(found)
            continue
        wrong += 1
        if wrong <= TOLD:
            problems.append(f"{file}: {found}")
    if wrong > TOLD:
        problems.append(f"{file}: and {wrong - TOLD} more errors")
    if not rows and not wrong:
        problems, wrong = [f"{file}: expected {FORMATS[name].title}, found no case"], 1
    return Loaded(rows, problems, wrong, losses)


def _checked(found: Iterable[Row | Wrong], unique: bool) -> Iterator[Row | Wrong]:
    seen: dict[str, int] = {}
    for count, row in enumerate(found, 1):
        if count > MAX_ROWS:
            yield Wrong("", f"expected at most {MAX_ROWS:,} cases, found more")
            return
        if isinstance(row, Row) and row.id and row.repeat == 0 and unique:
            first = seen.setdefault(row.id, row.line)
            if first != row.line:
                yield Wrong(
                    "id", f"expected one case with the id {row.id[:60]!r}, found it in line {first} too", row.line
                )
                continue
        yield row


def write(name: str, rows: Sequence[Row], suite: str) -> tuple[Iterator[bytes], Losses]:
    """The pieces of a file in the format ``name``, and what they lose, which is complete after the last of them.

    Raises ``ValueError`` where the format is one to read only.
    """
    writer = FORMATS[name].write
    if writer is None:
        raise ValueError(f"{name} is a format to read only; there are {', '.join(WRITABLE)}")
    losses = Losses()
    return writer(rows, suite, losses), losses


# --- recognising -------------------------------------------------------------------------------------------------


def recognised(head: bytes, file: str = "") -> str | None:
    """The name of the format of a file that begins with ``head`` (at most ``HEAD`` bytes), or None."""
    head = head[:HEAD].removeprefix(b"\xef\xbb\xbf")
    for found in FORMATS.values():
        if found.suffixes and file.endswith(found.suffixes):
            return found.name
    if (doc := _first(head)) is not None and (name := recognised_line(doc)) is not None:
        return name
    return next((found.name for found in FORMATS.values() if found.head(head)), None)


def recognised_line(doc: Json) -> str | None:
    """The name of the format whose line this object is, or None."""
    return next((found.name for found in FORMATS.values() if found.known(doc)), None) if isinstance(doc, dict) else None


def foreign(head: bytes) -> str | None:
    """The name of a tool whose files we know and do not read."""
    doc = _first(head[:HEAD].removeprefix(b"\xef\xbb\xbf"))
    if not isinstance(doc, dict):
        return None
    return next((tool for tool, keys in _FOREIGN if all(key in doc for key in keys)), None)


def _first(head: bytes) -> Json:
    """The first object of a file: its first line, or of a list or an object over many lines the first element."""
    start = head.lstrip()
    try:
        found = parse(start.partition(b"\n")[0])
    except ValueError:
        found = _first_of_many(start)
    if isinstance(found, list):
        found = found[0] if found else None
    return found if isinstance(found, dict) else None


def _first_of_many(start: bytes) -> Json:
    if start.startswith(b"["):
        start = start[1:].lstrip()
    try:
        return orjson.loads(start)
    except ValueError:
        pass
    end = 0
    for match in re.finditer(rb"\}[ \t]*(?=[,\r\n\]])", start):
        end += 1
        if end > 64:
            return None
        try:
            return parse(start[: match.end()].rstrip())
        except ValueError:
            continue
    return None
