"""Records as sentences: JSON, CSV, Markdown tables and ``key: value`` lines; one a record, with its field names.

So a row is compared as one piece, whatever its form: ``ship: Heron, built: 1987.`` Long prose inside a field stays
prose. What looks like none of these stays as it is.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

import orjson

from scorers.reading.values.dates import MONTHS

#: A field with more words is prose; a text with more records than this keeps the rest as it is.
_PROSE_WORDS = 30
_MOST_RECORDS = 20_000
_DEEPEST = 40
_CSV_SIGNS = ",;\t|"
_RULE = re.compile(r"^[ \t]*\|?[ \t]*:?-{1,80}:?[ \t]*(?:\|[ \t]*:?-{1,80}:?[ \t]*)*\|?[ \t]*$")
_KEYED = re.compile(r"^[ \t]*(?:- )?([A-Za-z][\w .()/-]{0,30}?)[ \t]*: (\S[^\n]{0,120})$")
_NOT_A_WORD = re.compile(r"[_\-.]+|(?<=[a-z])(?=[A-Z])")

#: What psql and mysql draw: a border, the rule under the names, and how many rows there are.
_BORDER = re.compile(r"\+(?:-+\+)+\s*$")
_UNDER = re.compile(r"\s*-+(?:\+-+)*\s*$")
_COUNTED = re.compile(r"\(\d+ rows?\)\s*$")


def as_sentences(text: str) -> tuple[str, bool]:
    """``text`` with its records as sentences, and whether all of it is records."""
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    head = text.lstrip()[:1]
    if head in ("{", "["):
        found = _json(text)
        if found is not None:
            return found, True
    if "---" in text:
        text = _result(text)
    if "|" in text and "---" in text:
        text, whole = _tables(text)
        if whole:
            return text, True
    first = text.lstrip("\n").partition("\n")[0]
    if any(sign in first for sign in _CSV_SIGNS) and "\n" in text.strip():
        rows = _csv(text)
        if rows is not None:
            return rows, True
    return _keyed(text) if ": " in text and "\n" in text else (text, False)


_FENCED = re.compile(r"\A\s*```(?:json)?[ \t]*\n(?P<data>.{2,200000})\n```\s*\Z", re.DOTALL)


def as_text(text: str) -> str:
    """An answer that is nothing but JSON, with or without a fence, as sentences; any other as it is."""
    fenced = _FENCED.match(text) if "```" in text[:40] else None
    data = fenced["data"] if fenced is not None else text
    if data.lstrip()[:1] not in ("{", "["):
        return text
    return _json(data) or text


def _result(text: str) -> str:
    """The result of a query, as psql and mysql print it, as a Markdown table; any other text as it stands."""
    lines = [line for line in text.strip("\n").splitlines() if not _BORDER.match(line)]
    if len(lines) < len(text.strip("\n").splitlines()):  # mysql
        rows = [line.strip().strip("|").split("|") for line in lines if "|" in line]
    elif len(lines) > 2 and _UNDER.match(lines[1]) and _COUNTED.match(lines[-1]):
        rows = [line.split("|") for line in (lines[0], *lines[2:-1])]
    else:
        return text
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        return text
    cells = [[cell.strip() for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in (cells[0], ["---"] * len(rows[0]), *cells[1:]))


def _json(text: str) -> str | None:
    try:
        documents = [orjson.loads(text)]
    except orjson.JSONDecodeError:
        try:
            documents = [orjson.loads(line) for line in text.splitlines() if line.strip()]
        except orjson.JSONDecodeError:
            return None
        if not all(isinstance(one, dict) for one in documents):
            return None
    if not isinstance(documents[0], dict | list):
        return None
    said = [sentence for document in documents for sentence in _records(document, "", 0)]
    return "\n".join(said[:_MOST_RECORDS])


def _records(node: object, name: str, depth: int) -> Iterator[str]:
    """A sentence of each object with its plain fields; then what is in it."""
    if depth > _DEEPEST:
        return
    if isinstance(node, dict):
        fields: list[str] = []
        inner: list[tuple[str, object]] = []
        prose: list[str] = []
        for key, value in node.items():
            _field(key, value, fields, inner, prose)
        if fields:
            yield f"{name + ' - ' if name else ''}{', '.join(fields)}."
        yield from prose
        for key, value in inner:
            yield from _records(value, readable_key(key), depth + 1)
    elif isinstance(node, list):
        plain = [value for value in node if not isinstance(value, dict | list)]
        if plain:
            yield from _list(name, plain)
        for value in node:
            if isinstance(value, dict | list):
                yield from _records(value, name, depth + 1)
    elif node is not None:
        yield f"{name + ': ' if name else ''}{_said(name, node)}."


def _field(key: str, value: object, fields: list[str], inner: list[tuple[str, object]], prose: list[str]) -> None:
    if isinstance(value, dict):
        # The plain fields of a small object belong to the object around it.
        flat = [(f"{key} {own}", one) for own, one in value.items()]
        if len(flat) <= 6 and not any(isinstance(one, dict | list) for _, one in flat):
            for own, one in flat:
                _field(own, one, fields, inner, prose)
        else:
            inner.append((key, value))
    elif isinstance(value, list):
        if value and len(value) <= 8 and not any(isinstance(one, dict | list) for one in value):
            fields.append(f"{readable_key(key)}: {' and '.join(_said(key, one) for one in value)}")
        else:
            inner.append((key, value))
    elif isinstance(value, str) and len(value) > 3 * _PROSE_WORDS and len(value.split()) > _PROSE_WORDS:
        prose.append(value)
    else:
        fields.append(f"{readable_key(key)}: {_said(key, value)}")


def _list(name: str, values: list[object]) -> Iterator[str]:
    for value in values:
        yield f"{name + ': ' if name else ''}{_said(name, value)}."


def readable_key(key: str) -> str:
    """``unit_price`` and ``unitPrice`` in words."""
    return _NOT_A_WORD.sub(" ", key)


def _said(key: str, value: object) -> str:
    """A value in words: the number of a month with its name, true and false with what they are said of."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else f"no, not {readable_key(key)}"
    text = str(value).strip()
    if "month" in key.lower() and text.isdigit() and 1 <= int(text) <= 12:
        return f"{text} ({MONTHS[int(text) - 1]})"
    return " ".join(text.split())


def _row(names: list[str], cells: list[str]) -> str:
    said = [
        f"{readable_key(name)}: {_said(name, cell)}" if name else cell
        for name, cell in zip(names, cells, strict=False)
        if cell
    ]
    return ", ".join(said).rstrip(".") + "." if said else ""


def cells_of(line: str) -> list[str]:
    """The cells of one line of a Markdown table."""
    return [cell.strip().strip("*_`").strip() for cell in line.strip().strip("|").split("|")]


def _tables(text: str) -> tuple[str, bool]:
    lines, found, other = text.split("\n"), [], False
    names: list[str] | None = None
    for at, line in enumerate(lines):
        if "|" in line and names is not None:
            if not _RULE.match(line):
                found.append(_row(names, cells_of(line)))
            continue
        names = None
        if "|" in line and at + 1 < len(lines) and "-" in lines[at + 1] and _RULE.match(lines[at + 1]):
            names = cells_of(line)
            continue
        other = other or bool(line.strip())
        found.append(line)
    return "\n".join(found), not other


def _csv(text: str) -> str | None:
    """Rows of a text of which every line has as many fields as the first one, and the first has short names alone."""
    lines = text.strip("\n").split("\n")
    if not 2 <= len(lines) <= _MOST_RECORDS:
        return None
    for sign in _CSV_SIGNS:
        width = lines[0].count(sign) + 1
        if width < 2 or lines[1].count(sign) + 1 < width:
            continue
        try:
            rows = list(csv.reader((line.replace("\x00", " ") for line in lines), delimiter=sign))
        except csv.Error:  # a field beyond the reader's limit
            continue
        names = [name.strip() for name in rows[0]]
        if all(len(row) == width for row in rows if row) and all(map(_name, names)):
            return "\n".join(_row(names, [cell.strip() for cell in row]) for row in rows[1:] if row)
    return None


def _name(cell: str) -> bool:
    return bool(cell) and len(cell) <= 40 and len(cell.split()) <= 4 and cell[-1] not in ".!?:"


def _keyed(text: str) -> tuple[str, bool]:
    """Runs of ``key: value`` lines with different keys, as one sentence each; lines of a talk repeat theirs."""
    lines, whole = text.split("\n"), True
    found: list[str] = []
    run: list[str] = []
    seen: set[str] = set()
    changed = False

    def close() -> None:
        nonlocal changed
        changed = changed or len(run) > 1
        found.append(", ".join(run) + "." if len(run) > 1 else run[0] if run else "")
        if not run:
            found.pop()
        run.clear()
        seen.clear()

    talk = _talk(lines)
    for line in lines:
        match = None if talk else _KEYED.match(line)
        if match and match[2][-1] not in ".!?" and len(match[2].split()) <= 8:
            if match[1].lower() in seen:
                close()
            seen.add(match[1].lower())
            run.append(f"{readable_key(match[1])}: {_said(match[1], match[2])}")
            continue
        close()
        whole = whole and not line.strip()
        found.append(line)
    close()
    return ("\n".join(found), whole) if changed else (text, False)


def _talk(lines: list[str]) -> bool:
    """Whether the lines are those of a talk: few speakers, each with many turns."""
    keys = [match[1].lower() for line in lines[:60] if (match := _KEYED.match(line))]
    return len(keys) > 3 and len(set(keys)) * 2 <= len(keys) and not all(len(line.split()) <= 4 for line in lines[:60])
