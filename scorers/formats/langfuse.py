"""``langfuse``: items of a dataset, as they are sent and as the API lists them (5.0.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import orjson

from scorers.formats.chat import beside, given, is_answer, wanted
from scorers.formats.files import listed, parse
from scorers.formats.form import Format, each, unread
from scorers.formats.rows import Json, Losses, Row, identity, packed, unpacked

_READ = ("id", "input", "expectedOutput", "metadata", "datasetName", "status")
_KEPT = ("assert", "tags", "weight", "conversation", "tools")
_ITS_OWN = ("datasetId", "createdAt", "updatedAt", "mediaReferences", "projectId")


def _row(doc: dict[str, Json], losses: Losses) -> Row | None:
    if doc.get("status") == "ARCHIVED":
        losses.lost("an archived item", "is no case of the dataset any more")
        return None
    unread(doc, (*_READ, *_ITS_OWN), losses)
    metadata = doc.get("metadata")
    if metadata is None:
        metadata = {}
    asked = _structured(doc.get("input"))
    expected, checks = wanted(_structured(doc.get("expectedOutput")))
    return unpacked(
        Row(
            id=identity(doc),
            input=given(asked, "input"),
            expected=expected,
            checks=checks,
            tools=beside(asked, "input", losses),
            metadata=metadata if isinstance(metadata, dict) else {"metadata": metadata},
        )
    )


def _structured(value: Json) -> Json:
    """Where messages stand as JSON text, or one of an assistant, those: attributes of spans hold them so."""
    if isinstance(value, str) and value.startswith(("[{", '{"messages"', '{"tools"', '{"role"')):
        try:
            found = parse(value)
        except ValueError:
            return value
        if is_answer(found):
            return found
        asked = found.get("messages") if isinstance(found, dict) else found
        if isinstance(asked, list) and all(isinstance(item, dict) and "role" in item for item in asked):
            return found
    return value


def _write(rows: Sequence[Row], suite: str, losses: Losses) -> Iterator[bytes]:
    for row in rows:
        doc = {
            "datasetName": suite,
            "id": row.id or None,
            "input": row.input,
            "expectedOutput": row.expected,
            "metadata": packed(row, (*_KEPT, *(["expected"] if is_answer(row.expected) else ())), losses) or None,
            "sourceTraceId": None,
            "sourceObservationId": None,
            "status": None,
        }
        yield orjson.dumps(doc) + b"\n"


def _known(doc: Mapping[str, Json]) -> bool:
    return "expectedOutput" in doc or ("datasetName" in doc and "input" in doc)


FORMAT = Format(
    name="langfuse",
    envelopes=("data",),
    title="items of a Langfuse dataset",
    rows=each(listed("data"), _row),
    known=_known,
    write=_write,
)
