"""``inspect``: datasets and logs of inspect_ai (0.3.285).

A log is a ZIP whose members are Zstandard (which Python's own reader lacks before 3.14), or one JSON document.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

import msgspec
import orjson
import zstandard

from scorers.formats.chat import said
from scorers.formats.files import MAX_DOCUMENT, Placed, csv_rows, listed, parse, peeked, whole
from scorers.formats.form import Format, each, unread
from scorers.formats.inspect_messages import MESSAGES, from_inspect, restored, to_inspect
from scorers.formats.rows import (
    Answer,
    Json,
    Losses,
    Message,
    Row,
    Wrong,
    as_text,
    identity,
    items,
    mapping,
    one_of,
    packed,
    unpacked,
    wrong,
)

_READ = ("id", "input", "target", "metadata", "choices")
#: What a log has of each sample beside the case and its answer.
_LOGGED = ("epoch", "output", "messages", "scores", "error", "events", "events_data", "attachments", "store", "uuid",
           "model_usage", "role_usage", "turn_count", "started_at", "completed_at", "total_time", "working_time",
           "limit", "error_retries", "working_start", "invalidation", "timelines")  # fmt: skip
_ZSTD = 93
_MODEL = "model of the log"


def _row(doc: dict[str, Json], losses: Losses) -> Row:
    unread(doc, (*_READ, *(_LOGGED if "epoch" in doc else ()), _MODEL), losses)
    if (given := doc.get("input")) is None:
        raise Wrong("input", "expected text or a list of messages, found none")
    metadata = doc.get("metadata")
    if isinstance(metadata, str):  # a table holds it as text
        try:
            metadata = parse(metadata) if metadata else {}
        except ValueError:
            raise wrong("metadata", "an object, or its JSON", metadata) from None
    if metadata is not None and not isinstance(metadata, dict):
        raise wrong("metadata", "an object", metadata)
    metadata = metadata or {}
    if choices := doc.get("choices"):
        metadata = {**metadata, "choices": choices}
        losses.noted("choices", "kept in metadata.choices; the input does not show them")
    target, checks = one_of(doc.get("target"), "target", losses)
    if choices and checks:  # letters that are right together
        losses.lost("target: further ones that are right as well", "has no place in a case")
        checks = ()
    logged = "epoch" in doc or "output" in doc
    if logged and (scores := mapping(doc, "scores")):
        metadata = {**metadata, "scores": {name: _value(score) for name, score in scores.items()}}
    return unpacked(
        Row(
            id=identity(doc),
            input=given if isinstance(given, str) else _messages(given, metadata, losses, doc.get("attachments")),
            expected=None if target == "" else target,
            checks=checks,
            metadata=metadata,
            answer=_answer(doc, losses) if logged else None,
            repeat=epoch - 1 if isinstance(epoch := doc.get("epoch"), int) and epoch > 1 else 0,
        )
    )


def _messages(given: Json, metadata: Mapping[str, Json], losses: Losses, attachments: Json) -> tuple[Message, ...]:
    return restored(from_inspect(given, "input", losses, attachments), metadata)


def _value(score: Json) -> Json:
    return score.get("value") if isinstance(score, dict) else score


def _answer(doc: Mapping[str, Json], losses: Losses) -> Answer:
    model = next((name for name in (doc.get(_MODEL), mapping(doc, "output").get("model")) if isinstance(name, str)), "")
    if error := doc.get("error"):
        return Answer(model=model, error=as_text(error.get("message") if isinstance(error, dict) else error)[:500])
    choices = items(mapping(doc, "output"), "choices", "output.")
    message = choices[0].get("message") if choices and isinstance(choices[0], dict) else None
    if not isinstance(message, dict):
        return Answer(model=model, error="no answer in the log")
    attachments = doc.get("attachments")
    (found,) = from_inspect([message], "output.choices[0].message", losses, attachments)
    answer = said(found, "output.choices[0].message", model=model)
    asked = from_inspect(before, "messages", Losses(), attachments) if (before := _before(doc, message)) else ()
    return msgspec.structs.replace(answer, asked=asked)


def _before(doc: Mapping[str, Json], message: Mapping[str, Json]) -> list[Json]:
    """The conversation before its answer: prompts of solvers, calls and results of an agent; empty where it is not."""
    found = items(doc, "messages")
    by = "id" if message.get("id") else "content"
    for place in range(len(found) - 1, 0, -1):
        one = found[place]
        if isinstance(one, dict) and one.get("role") == "assistant" and one.get(by) == message.get(by):
            return found[:place]
    return []


# --- the values of a file ----------------------------------------------------------------------------------------


def _values(stream: BinaryIO) -> Iterator[Placed]:
    head = peeked(stream)
    if head.startswith(b"PK\x03\x04"):
        yield from _members(stream)
    elif not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")) and b"input" in head.partition(b"\n")[0]:
        try:
            yield from _table(whole(stream))
        except Wrong as error:
            yield error.line, error
    else:
        yield from _json(stream)


def _json(stream: BinaryIO) -> Iterator[Placed]:
    for line, value in listed("samples")(stream):
        if isinstance(value, dict) and isinstance(value.get("eval"), dict) and "input" not in value:
            samples = value.get("samples")  # a log on one line
            yield from ((line, one) for one in (samples if isinstance(samples, list) else []))
        else:
            yield line, value


def _table(body: bytes) -> Iterator[Placed]:
    rows = csv_rows(body)
    _, names = next(rows)
    for line, cells in rows:
        if len(cells) > len(names):
            yield line, Wrong("", f"expected {len(names)} cells, as the first line has, found {len(cells)}")
        elif any(cells):
            yield line, {name: cell for name, cell in zip(names, cells, strict=False) if cell}


def _members(stream: BinaryIO) -> Iterator[Placed]:
    """The samples of a ``.eval`` log; the place of one is its number, since it has no line."""
    try:
        with zipfile.ZipFile(stream) as archive:
            names = [info for info in archive.infolist() if info.filename.startswith("samples/")]
            header = next((info for info in archive.infolist() if info.filename == "header.json"), None)
            head = parse(_content(archive, stream, header)) if header else {}
            run = head.get("eval") if isinstance(head, dict) else None
            model = run.get("model") if isinstance(run, dict) else None
            for number, info in enumerate(names, 1):
                try:
                    value = parse(_content(archive, stream, info))
                except Wrong as error:
                    yield number, Wrong(info.filename[:80], error.expected)
                except ValueError as error:
                    yield number, Wrong(info.filename[:80], f"expected JSON, found what is {error}")
                else:
                    yield number, {**value, _MODEL: model} if isinstance(value, dict) else value
    except (zipfile.BadZipFile, OSError, EOFError, ValueError) as error:
        yield 0, error if isinstance(error, Wrong) else Wrong("", f"expected a log of Inspect (a ZIP), found: {error}")


def _content(archive: zipfile.ZipFile, stream: BinaryIO, info: zipfile.ZipInfo) -> bytes:
    """The bytes of a member, at most ``MAX_DOCUMENT``. Raises ``Wrong``."""
    most = MAX_DOCUMENT
    if info.compress_type != _ZSTD:
        try:
            with archive.open(info) as member:
                return whole(member, most)  # type: ignore[arg-type]
        except (NotImplementedError, RuntimeError, zipfile.BadZipFile) as error:
            raise Wrong("", f"expected a member that can be read, found: {error}") from None
    stream.seek(info.header_offset)
    local = stream.read(30)
    if len(local) < 30:
        raise Wrong("", "expected a member, found the end of the file")
    stream.seek(int.from_bytes(local[26:28], "little") + int.from_bytes(local[28:30], "little"), 1)
    packed_bytes = stream.read(min(info.compress_size, most))
    try:
        with zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(packed_bytes) as reader:
            found: bytes = reader.read(most + 1)
    except (zstandard.ZstdError, MemoryError) as error:
        raise Wrong("", f"expected Zstandard, found: {error}") from None
    if len(found) > most:
        raise Wrong("", f"expected at most {most:,} bytes, found more")
    return found


# --- writing -----------------------------------------------------------------------------------------------------


def _write(rows: Sequence[Row], suite: str, losses: Losses) -> Iterator[bytes]:
    for row in rows:
        fields = ["assert", "tags", "weight", "conversation", "tools"]
        if not isinstance(row.expected, str) or not row.expected:  # an empty target is none
            fields.append("expected")
        given, kept = (row.input, {}) if isinstance(row.input, str) else to_inspect(row.input, losses)
        whole_row = msgspec.structs.replace(row, rest={**row.rest, **({MESSAGES: kept} if kept else {})})
        doc = {
            **({"id": row.id} if row.id else {}),
            "input": given,
            "target": "" if row.expected is None else as_text(row.expected),
            "metadata": packed(whole_row, fields, losses),
        }
        yield orjson.dumps(doc) + b"\n"


def _known(doc: Mapping[str, Json]) -> bool:
    if isinstance(doc.get("eval"), dict) and "plan" in doc and "status" in doc:
        return True
    if "input" not in doc or not isinstance(doc["input"], str | list) or "assert" in doc:
        return False
    return "target" in doc and not {"expected", "messages", "actual_output"} & set(doc)


FORMAT = Format(
    name="inspect",
    title="a dataset or a log of Inspect",
    rows=each(_values, _row),
    known=_known,
    head=lambda head: (
        (head.startswith(b"PK\x03\x04") and b".json" in head[:200])
        or (head.lstrip().startswith(b"{") and b'"eval"' in head and b'"plan"' in head)
        or {b"input", b"target"} <= set(head.partition(b"\n")[0].strip().split(b","))
    ),
    suffixes=(".eval",),
    write=_write,
    advice=("json_dataset goes by the end of the name, which must be .jsonl",),
)
