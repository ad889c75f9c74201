"""``langfuse``: items of a dataset, as they are sent and as the API lists them (5.0.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import orjson

from scorers.formats.chat import given
from scorers.formats.files import listed, parse
from scorers.formats.form import Format, each, unread
from scorers.formats.rows import Json, Losses, Row, identity, packed, unpacked

_READ = ("id", "input", "expectedOutput", "metadata", "datasetName", "status")
_ITS_OWN = ("datasetId", "createdAt", "updatedAt", "mediaReferences", "projectId")


def _row(doc: dict[str, Json], losses: Losses) -> Row | None:
    if doc.get("status") == "ARCHIVED":
        losses.lost("an archived item", "is no case of the dataset any more")
        return None
    unread(doc, (*_READ, *_ITS_OWN), losses)
    metadata = doc.get("metadata")
    if metadata is None:
        metadata = {}
    return unpacked(
        Row(
            id=identity(doc),
            input=given(_structured(doc.get("input")), "input"),
            expected=doc.get("expectedOutput"),
            metadata=metadata if isinstance(metadata, dict) else {"metadata": metadata},
        )
    )


def _structured(value: Json) -> Json:
    """Where a list of messages stands as JSON text, the list: attributes of spans hold it so."""
    if isinstance(value, str) and value.startswith(("[{", '{"messages"')):
        try:
            found = parse(value)
        except ValueError:
            return value
        asked = found.get("messages") if isinstance(found, dict) else found
        if isinstance(asked, list) and all(isinstance(item, dict) and "role" in item for item in asked):
            return asked
    return value


def _write(rows: Sequence[Row], suite: str, losses: Losses) -> Iterator[bytes]:
    for row in rows:
        doc = {
            "datasetName": suite,
            "id": row.id or None,
            "input": row.input,
            "expectedOutput": row.expected,
            "metadata": packed(row, ("assert", "tags", "weight", "conversation", "tools"), losses) or None,
            "sourceTraceId": None,
            "sourceObservationId": None,
            "status": None,
        }
        yield orjson.dumps(doc) + b"\n"


def _known(doc: Mapping[str, Json]) -> bool:
    if "expectedOutput" in doc or ("datasetName" in doc and "input" in doc):
        return True
    data = doc.get("data")
    return isinstance(data, list) and bool(data) and isinstance(data[0], dict) and "expectedOutput" in data[0]


FORMAT = Format(
    name="langfuse",
    title="items of a Langfuse dataset",
    rows=each(listed("data"), _row),
    known=_known,
    write=_write,
)
