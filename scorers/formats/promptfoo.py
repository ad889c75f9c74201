"""``promptfoo``: tests, whole configurations (OpenAI's hosted evals leave as one), and results (0.123.1).

In a text prompt, and anywhere in a configuration, text that looks like a template is rendered, and can reach the
environment and the files of whoever runs it. So recorded text leaves as an object in a file of tests, never in a
configuration: ``promptfoo eval -t FILE -p PROMPT -r PROVIDER``, where PROMPT is a file with ``PROMPT`` below.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

import msgspec
import orjson

from scorers.formats.assertions import to_promptfoo
from scorers.formats.form import Format
from scorers.formats.promptfoo_files import values
from scorers.formats.promptfoo_tests import TEST, cases, known_as
from scorers.formats.rows import OURS, Json, Losses, Row, Wrong, mapping, packed

#: The prompt that sends the messages of an exported case as they are.
PROMPT = "{{messages | dump | safe}}"


def _rows(stream: BinaryIO, losses: Losses) -> Iterator[Row | Wrong]:
    names = _Names()
    for line, value in values(stream):
        if isinstance(value, Wrong):
            yield value.at(line)
            continue
        try:
            for row in cases(value, losses):
                named = names.of(row, known_as(mapping(value, "testCase") if row.answer is not None else value))
                if named.repeat and row.answer is None:
                    losses.lost("a test that stands twice", "is in a suite once")
                else:
                    yield msgspec.structs.replace(named, line=line)
        except Wrong as error:
            yield error.at(line)
        except RecursionError:
            yield Wrong("", "nested too deeply", line)


class _Names:
    """Which rows are the same case, and a name for each: a description is no id, and may stand over several tests."""

    def __init__(self) -> None:
        self._repeats: dict[tuple[str, bytes], int] = {}
        self._taken: dict[tuple[str, bytes], str] = {}
        self._used: dict[str, int] = {}

    def of(self, row: Row, known: str) -> Row:
        """The row with its number of the repeat; with a name of its own, unless it is ``known`` by an id."""
        asked = row.input if isinstance(row.input, str) else list(row.input)
        content = orjson.dumps([asked, row.expected, *([] if row.answer is not None else [list(row.checks)])])
        key = row.id, hashlib.blake2b(content, digest_size=16).digest()
        if known and row.answer is None:
            return row
        self._repeats[key] = repeat = self._repeats.get(key, -1) + 1
        if row.id and key not in self._taken:
            self._taken[key] = self._free(row.id)
        return msgspec.structs.replace(row, repeat=repeat, id=self._taken.get(key, ""))

    def _free(self, name: str) -> str:
        while name in self._used:
            base = name
            self._used[base] += 1
            name = f"{base}#{self._used[base]}"
        self._used[name] = 1
        return name


# --- writing -----------------------------------------------------------------------------------------------------


def _write(rows: Sequence[Row], suite: str, losses: Losses) -> Iterator[bytes]:
    for row in rows:
        checks, kept = to_promptfoo(row, losses)
        packable = msgspec.structs.replace(row, checks=())
        metadata = packed(packable, ("tags", "weight", "conversation", "tools"), losses)
        ours = {**metadata.get(OURS, {}), **kept}
        doc: dict[str, Json] = {
            "description": row.id[:60],
            "vars": {"messages": row.messages},
            "metadata": {**metadata, **({"id": row.id} if row.id else {}), **({OURS: ours} if ours else {})},
            "options": {"disableVarExpansion": True},
        }
        yield orjson.dumps({**doc, "assert": checks} if checks else doc) + b"\n"


def _known(doc: Mapping[str, Json]) -> bool:
    if "promptIdx" in doc and "testIdx" in doc:
        return True
    if "evalId" in doc and isinstance(doc.get("results"), dict):
        return True
    if "tests" in doc and ("prompts" in doc or "providers" in doc):
        return True
    return isinstance(doc.get("vars"), dict) and set(doc) <= {*TEST, "provider", "id", "tags"}


def _head(head: bytes) -> bool:
    if head.lstrip().startswith(b"{"):
        return b'"evalId"' in head or (b'"tests"' in head and b'"prompts"' in head)
    keys = re.findall(rb"(?m)^(prompts|providers|tests|targets|defaultTest):", head)
    return len(set(keys)) >= 2 or bool(re.match(rb"\s*-\s+(vars|description|assert):", head)) or b"__expected" in head


FORMAT = Format(
    name="promptfoo",
    title="promptfoo tests, a configuration, or results",
    rows=_rows,
    known=_known,
    head=_head,
    write=_write,
    advice=(
        f"to run it: put {PROMPT} into prompt.txt, then promptfoo eval -t FILE -p prompt.txt -r PROVIDER "
        "(promptfoo goes by the end of the name, which must be .jsonl)",
    ),
)
