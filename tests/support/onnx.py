"""A small ONNX model written byte by byte (protobuf): logits are the mean of the tokens' rows in a table."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from pathlib import Path

_FLOAT, _INT64 = 1, 7
_ATTRIBUTE_INT, _ATTRIBUTE_INTS = 2, 7


def _varint(value: int) -> bytes:
    found = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        found.append(low | (0x80 if value else 0))
        if not value:
            return bytes(found)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes | str) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(raw)) + raw


def _value(name: str, kind: int, dimensions: Sequence[int | str]) -> bytes:
    sizes = [_number(1, size) if isinstance(size, int) else _bytes(2, size) for size in dimensions]
    shape = b"".join(_bytes(1, size) for size in sizes)
    return _bytes(1, name) + _bytes(2, _bytes(1, _number(1, kind) + _bytes(2, shape)))


def model_bytes(rows: Sequence[Sequence[float]]) -> bytes:
    """A model with a row of logits for each token id."""
    width = len(rows[0])
    flat = struct.pack(f"<{len(rows) * width}f", *(value for row in rows for value in row))
    table = _number(1, len(rows)) + _number(1, width) + _number(2, _FLOAT) + _bytes(8, "table") + _bytes(9, flat)
    gather = _bytes(1, "table") + _bytes(1, "input_ids") + _bytes(2, "rows") + _bytes(4, "Gather")
    axes = _bytes(1, "axes") + _number(8, 1) + _number(20, _ATTRIBUTE_INTS)
    keep = _bytes(1, "keepdims") + _number(3, 0) + _number(20, _ATTRIBUTE_INT)
    mean = _bytes(1, "rows") + _bytes(2, "logits") + _bytes(4, "ReduceMean") + _bytes(5, axes) + _bytes(5, keep)
    graph = _bytes(1, gather) + _bytes(1, mean) + _bytes(2, "small") + _bytes(5, table)
    graph += _bytes(11, _value("input_ids", _INT64, [1, "tokens"])) + _bytes(12, _value("logits", _FLOAT, [1, width]))
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, _bytes(1, "") + _number(2, 13))


def write_model(folder: Path, words: dict[str, Sequence[float]], **card: object) -> Path:
    """A model directory: each word has its logits, every other word zeros."""
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = {"[UNK]": 0} | {word: index for index, word in enumerate(words, 1)}
    width = len(next(iter(words.values())))
    (folder / "model.onnx").write_bytes(model_bytes([[0.0] * width, *words.values()]))
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"},
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    given = {"task": "refusal.refused", "labels": ["no", "yes"], "positive": "yes", **card}
    (folder / "scorer.json").write_text(json.dumps(given))
    return folder
