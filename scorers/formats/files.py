"""Files of other tools as JSON values with the lines where they begin: JSON lines, JSON, YAML, CSV.

Everything is bounded: a line, a document, the values that a YAML file becomes once its aliases are followed. What
cannot be read is a ``Wrong`` in its place, so that a reader goes on and tells of the next one as well.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import BinaryIO

import orjson
import yaml

from scorers.formats.rows import Json, Wrong

#: Bytes of one case, of a document that is read as one piece, of one in YAML (which is slow).
MAX_LINE, MAX_DOCUMENT, MAX_YAML = 4_000_000, 64_000_000, 8_000_000
#: Values that a YAML document may hold once its aliases are followed.
MAX_NODES = 1_000_000
_CHUNK = 65_536
_BOM = b"\xef\xbb\xbf"

#: A value and the line that it begins on, from 1; what could not be read stands there as ``Wrong``.
Placed = tuple[int, Json]
#: From a file to its values.
Reader = Callable[[BinaryIO], Iterator[Placed]]


def parse(line: bytes | str) -> Json:
    """One JSON value. Raises ``ValueError``: not JSON, or nested too deeply.

    Lone surrogates, which other encoders write as \\ud8.., are no UTF-8; they are replaced, the line is kept. NaN and
    Infinity, which Python writes, are null.
    """
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as strict:
        try:
            whole = line.decode("utf-8") if isinstance(line, bytes) else line
            found = json.loads(whole, parse_constant=lambda _: None)
            return orjson.loads(json.dumps(found, ensure_ascii=False).encode("utf-8", "replace"))
        except UnicodeDecodeError as error:
            raise ValueError(f"not JSON: no UTF-8 at byte {error.start + 1}") from None
        except ValueError:
            raise ValueError(f"not JSON: {strict.msg}") from None
        except RecursionError:
            raise ValueError("nested too deeply") from None


def lines(stream: BinaryIO, most: int = MAX_LINE) -> Iterator[tuple[int, bytes | Wrong]]:
    """The lines with something on them, without their ends; one longer than ``most`` bytes is skipped and told of."""
    number = 0
    while line := stream.readline(most + 2):
        number += 1
        if len(line) > most and not line.endswith(b"\n"):
            while (rest := stream.readline(_CHUNK)) and not rest.endswith(b"\n"):
                pass
            yield number, Wrong("", f"expected at most {most:,} bytes on a line, found more", number)
            continue
        if stripped := (line.removeprefix(_BOM) if number == 1 else line).strip():
            yield number, stripped


def json_lines(stream: BinaryIO) -> Iterator[Placed]:
    """One JSON value a line."""
    for number, line in lines(stream):
        if isinstance(line, Wrong):
            yield number, line
            continue
        try:
            yield number, parse(line)
        except ValueError as error:
            yield number, Wrong("", f"expected one JSON object, found what is {error}", number)


def peeked(stream: BinaryIO) -> bytes:
    """The beginning of a stream (some kilobytes), which stays to be read; nothing where it cannot be looked at."""
    return stream.peek(_CHUNK)[:_CHUNK] if isinstance(stream, io.BufferedReader) else b""


def whole(stream: BinaryIO, most: int = MAX_DOCUMENT) -> bytes:
    """All of a file. Raises ``Wrong`` where it is longer than ``most`` bytes."""
    found = stream.read(most + 1)
    if len(found) > most:
        raise Wrong("", f"expected at most {most:,} bytes, found more")
    return found.removeprefix(_BOM)


def listed(*path: str) -> Reader:
    """A reader of one JSON document: the list at ``path``, or the document where it is a list; else of JSON lines.

    Which of them it is, the beginning of the file says.
    """

    def read(stream: BinaryIO) -> Iterator[Placed]:
        head = peeked(stream)
        long = begins_with(head, path) and b"\n" not in head.strip()
        if not (long or _one_document(head)):
            yield from _held_in_lines(stream, path)
            return
        body = whole(stream)
        try:
            document = parse(body)
        except ValueError as error:
            if long and b"\n" in body.strip():  # several documents, a line each
                yield from _held_in_lines(io.BytesIO(body), path)
                return
            yield 0, Wrong("", f"expected JSON, found what is {error}")
            return
        yield from _elements(document, body, path)

    return read


def _held_in_lines(stream: BinaryIO, path: tuple[str, ...]) -> Iterator[Placed]:
    """The value of each line, or those of the list at ``path`` in it."""
    for line, value in json_lines(stream):
        held = _at(value, path)
        yield from ((line, one) for one in held) if path and isinstance(held, list) else [(line, value)]


def begins_with(head: bytes, path: tuple[str, ...]) -> bool:
    """Whether a file begins with an object whose first member is the list at ``path``."""
    if len(path) != 1:
        return False
    start = head.removeprefix(_BOM).lstrip()
    return re.match(rb'\{\s*"' + re.escape(path[0].encode()) + rb'"\s*:\s*\[', start) is not None


def one_document(head: bytes) -> bool:
    """Whether a file is for certain one document: a list, or an object whose first line is its brace alone."""
    start = head.removeprefix(_BOM).lstrip()
    return start.startswith(b"[") or start.partition(b"\n")[0].strip() == b"{"


def _one_document(head: bytes) -> bool:
    """Whether a file that begins so is one document: a list, or an object that its first line does not end."""
    start = head.removeprefix(_BOM).lstrip()
    if start.startswith(b"["):
        return True
    first, newline, _ = start.partition(b"\n")
    if not newline:
        return False  # a line that goes on: an object of its own
    try:
        parse(first)
    except ValueError:
        return first.strip() in (b"{", b"{}") or not first.rstrip().endswith(b"}")
    return False


def _elements(document: Json, body: bytes, path: tuple[str, ...]) -> Iterator[Placed]:
    found = document if isinstance(document, list) else _at(document, path)
    if not isinstance(found, list):
        yield 1, document  # one object over many lines
        return
    places = starts(body, path if isinstance(document, dict) else ())
    for place, value in enumerate(found):
        yield places[place] if place < len(places) else 1, value


def _at(document: Json, path: tuple[str, ...]) -> Json:
    """What stands at ``path``, None where there is nothing."""
    for step in path:
        document = document.get(step) if isinstance(document, dict) else None
    return document


def starts(body: bytes, path: tuple[str, ...]) -> list[int]:
    """The lines on which the elements of the list at ``path`` begin, of a document that is known to be JSON."""
    decoder, content = json.JSONDecoder(), body.decode("utf-8", "replace")
    place, found, last, line = 0, list[int](), 0, 1
    try:
        for step in path:
            place = _value_of(decoder, content, place, step)
        place = _skip(content, place, "[")
        while content[place] != "]":
            line, last = line + content.count("\n", last, place), place
            found.append(line)
            _, place = decoder.raw_decode(content, place)
            place = _skip(content, place, ",")
    except (IndexError, ValueError, RecursionError):
        pass
    return found


def _skip(content: str, place: int, also: str) -> int:
    while content[place] in " \t\r\n" or content[place] in also:
        place += 1
    return place


def _value_of(decoder: json.JSONDecoder, content: str, place: int, key: str) -> int:
    """Where the value of ``key`` begins in the object at ``place``."""
    place = _skip(content, place, "{")
    while content[place] != "}":
        found, place = decoder.raw_decode(content, place)
        place = _skip(content, place, ":")
        if found == key:
            return place
        _, place = decoder.raw_decode(content, place)
        place = _skip(content, place, ",")
    raise ValueError(key)


# --- YAML --------------------------------------------------------------------------------------------------------


def yaml_document(body: bytes) -> tuple[Json, Callable[..., list[int]]]:
    """A YAML document as JSON values, and the lines on which the elements of a list of it begin, by the list's path.

    Raises ``Wrong``: not YAML, tags of a language, or more values than ``MAX_NODES`` once aliases are followed.
    """
    if len(body) > MAX_YAML:
        raise Wrong("", f"expected at most {MAX_YAML:,} bytes of YAML, found more")
    loader = yaml.CSafeLoader(body) if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader(body)
    try:
        node = loader.get_single_node()
        if node is None:
            return None, lambda _: []
        value = _plain(loader.construct_document(node), [MAX_NODES])
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise Wrong("", f"expected YAML, found: {error.problem}", line) from None
    except (yaml.YAMLError, UnicodeError, ValueError, OverflowError) as error:
        if isinstance(error, Wrong):
            raise
        raise Wrong("", "expected YAML, found characters or values that it does not have") from None
    except RecursionError:
        raise Wrong("", "nested too deeply") from None
    finally:
        loader.dispose()
    return value, lambda *path: _yaml_starts(node, path)


def _yaml_starts(node: yaml.Node, path: tuple[str, ...]) -> list[int]:
    for step in path:
        if isinstance(node, yaml.MappingNode):
            node = next((value for name, value in node.value if name.value == step), node)
    return [element.start_mark.line + 1 for element in node.value] if isinstance(node, yaml.SequenceNode) else []


def _plain(value: Json, left: list[int]) -> Json:
    """A value of YAML as JSON has it; ``left`` counts down, so that aliases of aliases end."""
    left[0] -= 1
    if left[0] < 0:
        raise Wrong("", f"expected at most {MAX_NODES:,} values, found more (aliases count as often as they stand)")
    if isinstance(value, dict):
        return {str(_plain(key, left)): _plain(inner, left) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner, left) for inner in value]
    if isinstance(value, set):
        return sorted(str(inner) for inner in value)
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**64:
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


# --- CSV ---------------------------------------------------------------------------------------------------------


def csv_rows(body: bytes) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file, its head among them, with the lines on which they begin. Raises ``Wrong``."""
    csv.field_size_limit(MAX_LINE)
    reader = csv.reader(io.StringIO(body.decode("utf-8", "replace"), newline=""), strict=False)
    last = 0
    try:
        for row in reader:
            yield last + 1, row
            last = reader.line_num
    except csv.Error as error:
        raise Wrong("", f"expected CSV, found: {error}", last + 1) from None


def texts_of(rows: Iterable[bytes]) -> bytes:
    """Lines as the bytes of a file."""
    return b"".join(row + b"\n" for row in rows)
