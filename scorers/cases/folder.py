"""A suite as files: one JSONL file, or a folder that holds ``cases.jsonl`` and ``manifest.json`` for a repository.

The manifest names the version, a hash of the content. A folder whose cases are others than it says is refused, so that
a run never compares what was changed by accident. Nothing is half read: one wrong line, and there is no suite.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import orjson

from scorers.cases import case as cases
from scorers.cases.case import Case
from scorers.cases.suite import BadSuite, Suite, checked_name, doubles
from scorers.files.whole_file import write_whole

MANIFEST, CASES = "manifest.json", "cases.jsonl"
_FORMAT, _FORMAT_VERSION = "sightglass-suite", 1
#: Cases of one suite, and bytes of a manifest.
MOST_CASES, _LONGEST_MANIFEST = 100_000, 1_000_000


class _Manifest(msgspec.Struct, forbid_unknown_fields=True):
    """``manifest.json``."""

    format: str
    format_version: int
    name: str
    version: str
    cases: int
    app: str | None = None
    about: dict[str, Any] = {}


def is_suite(path: Path) -> bool:
    """Whether there is something at ``path`` that ``load`` reads."""
    return path.is_file() or path.is_dir()


def load(path: Path, name: str | None = None) -> Suite:
    """The suite in a folder or a JSONL file; ``name`` replaces its own. Raises ``BadSuite``."""
    if path.is_dir():
        return _folder(path, name)
    with _open(path) as stream:
        found = read_cases(stream, str(path))
    return Suite(name=name or name_of(path), cases=found)


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise BadSuite([f"{path}: {error.strerror}"]) from None


def name_of(path: Path) -> str:
    """A suite name out of a file name."""
    made = "".join(char if char.isascii() and (char.isalnum() or char in "-_.") else "-" for char in path.stem)
    return made.lstrip("-_.")[:64] or "suite"


def read_cases(stream: BinaryIO, name: str) -> tuple[Case, ...]:
    """All cases of a JSONL stream, which messages call ``name``. Raises ``BadSuite`` where one line is wrong."""
    found: list[Case] = []
    places: list[tuple[str, str]] = []
    problems: list[str] = []
    for number, line in _lines(stream):
        place = f"{name}: line {number}"
        try:
            if line is None:
                raise ValueError(f"the case: expected at most {cases.LONGEST_CASE:,} bytes, found more")
            item = cases.checked(cases.decode(line))
        except ValueError as error:
            problems.append(f"{place}: {error}")
            continue
        found.append(item)
        places.append((place, item.id))
        if len(found) > MOST_CASES:
            problems.append(f"{name}: expected at most {MOST_CASES:,} cases, found more")
            break
    problems += doubles(places)
    if not found and not problems:
        problems.append(f"{name}: expected at least one case, found none")
    if problems:
        raise BadSuite(problems)
    return tuple(found)


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Lines that are not empty with their numbers; ``None`` for one that is too long, which is never held whole."""
    number = 0
    while line := stream.readline(cases.LONGEST_CASE + 2):
        number += 1
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line.endswith(b"\n") and len(line) > cases.LONGEST_CASE:
            while (rest := stream.readline(cases.LONGEST_CASE)) and not rest.endswith(b"\n"):
                pass
            yield number, None
        elif stripped := line.strip():
            yield number, stripped


def _folder(folder: Path, name: str | None) -> Suite:
    manifest = _manifest(folder / MANIFEST)
    with _open(folder / CASES) as stream:
        found = read_cases(stream, str(folder / CASES))
    suite = Suite(name=name or manifest.name, cases=found, app=manifest.app, about=manifest.about)
    if suite.version != manifest.version:
        raise BadSuite(
            [
                f"{folder / MANIFEST}: version: expected {suite.version}, the hash of the {len(found)} cases in {CASES}"
                f", found {manifest.version}; if the cases were changed on purpose, write the manifest anew: "
                f"sightglass suite export {folder / CASES} --format jsonl --name {manifest.name} --output {folder}"
            ]
        )
    return suite


def _manifest(path: Path) -> _Manifest:
    with _open(path) as stream:
        data = stream.read(_LONGEST_MANIFEST + 1)
    if len(data) > _LONGEST_MANIFEST:
        raise BadSuite([f"{path}: expected at most {_LONGEST_MANIFEST:,} bytes, found more"])
    try:
        manifest = msgspec.json.decode(data, type=_Manifest)
        if manifest.format != _FORMAT or manifest.format_version != _FORMAT_VERSION:
            raise ValueError(f"format: expected {_FORMAT} {_FORMAT_VERSION}, found {manifest.format[:64]}")
        checked_name(manifest.name)
    except (ValueError, RecursionError) as error:
        raise BadSuite([f"{path}: {error}"]) from None
    return manifest


def save(suite: Suite, folder: Path) -> None:
    """Write the suite into ``folder``, which is made; each file is replaced whole. Raises ``OSError``."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = _Manifest(
        format=_FORMAT,
        format_version=_FORMAT_VERSION,
        name=suite.name,
        version=suite.version,
        cases=len(suite.cases),
        app=suite.app,
        about=suite.about,
    )
    write_whole(folder / CASES, lines_of(suite))
    indented = orjson.dumps(msgspec.to_builtins(manifest), option=orjson.OPT_INDENT_2)
    write_whole(folder / MANIFEST, indented + b"\n")


def lines_of(suite: Suite) -> bytes:
    """The cases as JSONL."""
    return b"".join(item.encode() + b"\n" for item in suite.cases)
