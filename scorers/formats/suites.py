"""Suites from everybody's files and into them: rows to cases and back. Nothing is half read.

``read`` is what ``suite import`` does, ``write`` what ``suite export`` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

import msgspec
import orjson

from scorers.cases import case as cases
from scorers.cases.case import Case
from scorers.cases.suite import BadSuite, Suite
from scorers.formats.form import MAX_ROWS
from scorers.formats.jsonl import document
from scorers.formats.rows import REST, Losses, Row, Wrong
from scorers.formats.table import FORMATS, WRITABLE


class Read(msgspec.Struct, frozen=True):
    """What a file has given: its cases, and a sentence for each kind of thing that a case cannot hold."""

    cases: tuple[Case, ...]
    notes: list[str]


def read(stream: BinaryIO, file: str, name: str) -> Read:
    """All cases of a file in the format ``name``. Raises ``BadSuite`` where one of them is wrong."""
    found: list[Case] = []
    lines: dict[str, int] = {}
    problems: list[str] = []
    losses = Losses()
    for row in FORMATS[name].rows(stream, losses):
        try:
            if isinstance(row, Wrong):
                raise row
            if row.answer is not None and (row.repeat or not _accepted(row)):
                losses.lost("answer", f"is no part of a case (import FILE --format {name} takes it as a sample)")
            if row.repeat and (not row.id or row.id in lines):
                continue  # asked again: the same case
            made = _case(row)
            if made.id not in lines:
                lines[made.id] = row.line
                found.append(made)
            elif row.id:
                again = f"expected each id once, found {made.id[:60]!a} again (first at line {lines[made.id]})"
                raise Wrong("id", again, row.line)
            else:
                losses.lost("a case without an id that stands twice", "is in a suite once")
            if len(found) > MAX_ROWS:
                raise Wrong("", f"expected at most {MAX_ROWS:,} cases, found more")
        except Wrong as error:
            problems.append(f"{file}: {error}")
            if len(found) > MAX_ROWS:
                break
    if not found and not problems:
        problems.append(f"{file}: expected {FORMATS[name].title}, found no case")
    if problems:
        raise BadSuite(problems)
    return Read(tuple(found), list(losses))


def _accepted(row: Row) -> str:
    """The answer that people may accept as the expected one, where nobody has said what is expected."""
    said = row.answer.text if row.answer is not None and not row.answer.error else ""
    return "" if row.checks or row.expected is not None else said


def _case(row: Row) -> Case:
    value = document(row)
    if answer := _accepted(row):
        value["source"] = {**row.rest.get("source", {}), "answer": answer}
    try:
        encoded = orjson.dumps(value)
        if len(encoded) > cases.LONGEST_CASE:
            raise Wrong("the case", f"expected at most {cases.LONGEST_CASE:,} bytes, found {len(encoded):,}", row.line)
        return cases.checked(cases.read(value))
    except Wrong:
        raise
    except (ValueError, TypeError) as error:
        raise Wrong("", str(error), row.line) from None
    except RecursionError:
        raise Wrong("", "nested too deeply", row.line) from None


def row_of(case: Case) -> Row:
    """A case as a row, which every format can write."""
    doc = case.document()
    return Row(
        id=case.id,
        input=case.messages,
        expected=case.expected,
        checks=tuple(doc.get("assert", ())),
        metadata=case.metadata,
        tags=case.tags,
        weight=case.weight,
        conversation=case.conversation or "",
        tools=case.tools,
        rest={key: doc[key] for key in REST if key in doc},
    )


def write(suite: Suite, name: str) -> tuple[bytes, list[str]]:
    """A file in the format ``name``, and a sentence for each kind of thing that it cannot carry.

    Raises ``ValueError`` with one line: a format to read only, or nothing that the format could hold.
    """
    writer = FORMATS[name].write if name in FORMATS else None
    if writer is None:
        raise ValueError(f"{name}: expected a format that can be written, one of {', '.join(WRITABLE)}")
    losses = Losses()
    data = b"".join(writer([row_of(case) for case in suite.cases], suite.name, losses))
    notes = [*FORMATS[name].advice, *losses]
    if not data:
        raise ValueError("; ".join([f"{name}: none of the {len(suite.cases)} cases can be written", *losses]))
    return data, notes


def formats() -> Sequence[str]:
    """The names that ``--format`` takes, those that can be written first."""
    return [*WRITABLE, *(name for name in FORMATS if name not in WRITABLE)]
