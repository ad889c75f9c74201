"""The benchmarks' files as they are published: JSON lines, gzipped or not. A wrong file is one clear error.

Nothing of them is part of this project. ``SOURCES`` says where each comes from, and under which licence.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

_LARGEST = 200_000_000
_Row = TypeVar("_Row", bound=msgspec.Struct)


class BadData(ValueError):
    """A file of a benchmark that is missing or wrong; the message is one line."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a benchmark: its name in the folder of ``--data``, what it holds, where it is published."""

    file: str
    benchmark: str
    rows: int
    origin: str
    licence: str
    needed: str = "always"


SOURCES = (
    Source(
        file="gsm8k_test.jsonl",
        benchmark="gsm8k",
        rows=1_319,
        origin="github.com/openai/grade-school-math, grade_school_math/data/test.jsonl",
        licence="MIT",
    ),
    Source(
        file="gsm8k_train.jsonl",
        benchmark="gsm8k",
        rows=7_473,
        origin="github.com/openai/grade-school-math, grade_school_math/data/train.jsonl",
        licence="MIT",
        needed="never; where it is, --shots takes its first items instead of Sightglass's own examples",
    ),
    Source(
        file="HumanEval.jsonl.gz",
        benchmark="humaneval",
        rows=164,
        origin="github.com/openai/human-eval, data/HumanEval.jsonl.gz",
        licence="MIT",
    ),
    Source(
        file="HumanEvalPlus-Mini.jsonl.gz",
        benchmark="humaneval",
        rows=164,
        origin="github.com/evalplus/humanevalplus_release, HumanEvalPlus-Mini.jsonl.gz",
        licence="Apache-2.0",
        needed="with --plus",
    ),
    Source(
        file="mmlu_test.jsonl.gz",
        benchmark="mmlu",
        rows=14_042,
        origin="github.com/hendrycks/test (data.tar), the CSV files as JSON lines: subject, question, choices, answer",
        licence="MIT",
    ),
    Source(
        file="mmlu_dev.jsonl.gz",
        benchmark="mmlu",
        rows=285,
        origin="github.com/hendrycks/test (data.tar), the CSV files as JSON lines: subject, question, choices, answer",
        licence="MIT",
        needed="with --shots",
    ),
)


def find(folder: Path, name: str) -> Path | None:
    """The file of this name in a folder, gzipped or not."""
    bare = name.removesuffix(".gz")
    return next((path for path in (folder / name, folder / bare, folder / f"{bare}.gz") if path.is_file()), None)


def needed(folder: Path, name: str) -> Path:
    """The file of this name. Raises ``BadData`` where there is none."""
    if not folder.is_dir():
        raise BadData(f"{folder}: there is no such folder")
    found = find(folder, name)
    if found is None:
        raise BadData(f"{folder / name}: there is no such file; `sightglass benchmark data` says where it is published")
    return found


def rows(path: Path, form: type[_Row]) -> list[_Row]:
    """Every line of a file as a ``form``. Raises ``BadData`` with the line and the member that is wrong."""
    found: list[_Row] = []
    decoder = msgspec.json.Decoder(form)
    for number, line in _lines(path):
        try:
            found.append(decoder.decode(line))
        except (msgspec.DecodeError, RecursionError) as error:
            raise BadData(f"{path}: line {number}: {error}") from None
    if not found:
        raise BadData(f"{path}: expected JSON lines, found none")
    return found


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
        with gzip.open(path) if packed else path.open("rb") as stream:
            data = stream.read(_LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        said = getattr(error, "strerror", None) or error
        raise BadData(f"{path}: {said}") from None
    if len(data) > _LARGEST:
        raise BadData(f"{path}: larger than {_LARGEST:,} bytes")
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.strip():
            yield number, line


def listed() -> list[Mapping[str, Any]]:
    """``SOURCES`` as JSON."""
    return [msgspec.to_builtins(source) for source in SOURCES]
