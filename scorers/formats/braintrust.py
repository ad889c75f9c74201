"""``braintrust``: rows of a dataset, results of ``Eval``, and the spans that an experiment sends (0.48.1).

A span comes as one row or two (``_is_merge``, the same id): halves are put together first. Only the span of type
``eval`` is a case; the scores stand on ``score`` spans beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

import orjson

from scorers.formats.chat import answer, beside, given, is_answer, wanted
from scorers.formats.files import Placed, listed
from scorers.formats.form import Format, each, unread
from scorers.formats.rows import (
    OURS,
    Answer,
    Json,
    Losses,
    Row,
    as_text,
    identity,
    mapping,
    packed,
    texts,
    unpacked,
)

_READ = ("id", "input", "expected", "output", "metadata", "tags", "error", "scores")
#: What the service and its client add of their own.
_ITS_OWN = ("created", "dataset_id", "project_id", "experiment_id", "log_id", "span_id", "root_span_id", "span_parents",
            "span_attributes", "metrics", "context", "classifications", "exc_info", "origin", "is_root", "_xact_id",
            "_is_merge", "_pagination_key", "project_name", "org_id")  # fmt: skip


#: All that a row has.
KEYS = frozenset((*_READ, *_ITS_OWN))
#: Keys that a line of another format has, ours among them.
_OTHERS = {"assert", "weight", "conversation", "stratum", "source", "partial", "parameters", "target", "messages"}


def _row(doc: dict[str, Json], losses: Losses) -> Row:
    unread(doc, (*_READ, *_ITS_OWN), losses)
    metadata = mapping(doc, "metadata")
    scores = mapping(doc, "scores")
    if scores:
        metadata = {**metadata, "scores": scores}
    expected, checks = wanted(doc.get("expected"))
    read = unpacked(
        Row(
            id="" if "experiment_id" in doc else identity(doc),
            input=given(doc.get("input"), "input"),
            expected=expected,
            checks=checks,
            tools=beside(doc.get("input"), "input", losses),
            metadata=metadata,
            tags=texts(doc, "tags"),
            answer=_answer(doc),
        )
    )
    return read


def _answer(doc: Mapping[str, Json]) -> Answer | None:
    error = doc.get("error")
    if error is None and "output" not in doc:
        return None
    return answer(doc.get("output"), "output", error="" if error is None else as_text(error)[:500])


def _values(stream: BinaryIO) -> Iterator[Placed]:
    spans: dict[str, tuple[int, dict[str, Json]]] = {}
    for line, value in _rows(stream):
        identity = value.get("id") if isinstance(value, dict) else None
        if not isinstance(value, dict) or "span_id" not in value or not isinstance(identity, str):
            yield line, value
            continue
        first, known = spans.get(identity, (line, {}))
        merged = value.get("_is_merge")
        spans[identity] = first, {**known, **value} if merged else value
    for line, span in spans.values():
        attributes = span.get("span_attributes")
        if "input" in span and (not isinstance(attributes, dict) or attributes.get("type") in (None, "eval")):
            yield line, span


def _rows(stream: BinaryIO) -> Iterator[Placed]:
    for line, value in listed("results")(stream):
        sent = "rows" if isinstance(value, dict) and "api_version" in value else "events"  # "events": as fetched
        if isinstance(value, dict) and isinstance(rows := value.get(sent), list):
            yield from ((line, row) for row in rows)
        else:
            yield line, value


def _write(rows: Sequence[Row], suite: str, losses: Losses) -> Iterator[bytes]:
    for row in rows:
        own = ["expected"] if is_answer(row.expected) else []
        metadata = packed(row, ("assert", "weight", "conversation", "tools", *own), losses)
        if row.id:  # a result tells it nowhere else
            metadata = {**metadata, OURS: {**metadata.get(OURS, {}), "id": row.id}}
        if len(set(row.tags)) < len(row.tags):
            losses.lost("tags: one that stands twice", "is refused there")
        doc = {
            **({"id": row.id} if row.id else {}),
            "input": row.input,
            "expected": row.expected,
            "metadata": metadata,
            "tags": list(dict.fromkeys(row.tags)),
        }
        yield orjson.dumps(doc) + b"\n"


def _known(doc: Mapping[str, Json]) -> bool:
    if "rows" in doc and "api_version" in doc:
        return True
    if "experiment_id" in doc and "span_id" in doc:
        return True
    if "input" not in doc or not ("expected" in doc or "scores" in doc) or set(doc) & _OTHERS:
        return False
    return isinstance(doc.get("scores"), dict) or "tags" in doc or "dataset_id" in doc


FORMAT = Format(
    name="braintrust",
    envelopes=("results", "events"),
    title="a Braintrust dataset or results of Eval",
    rows=each(_values, _row),
    known=_known,
    write=_write,
)
