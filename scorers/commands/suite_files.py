"""``sightglass suite list|show|import|export``: suites of the store and of files, one into the other."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from scorers.cases import folder
from scorers.cases.suite import BadSuite, Suite, checked_name, version_of
from scorers.commands.options import Parser, WrongUsage, add_options, settings_of
from scorers.commands.suite_source import forms, is_file, load_any, load_file, load_version, opened, ours
from scorers.files.whole_file import write_whole
from scorers.formats import table
from scorers.formats.files import begins_with, one_document
from scorers.suites.conduct import asks_of
from scorers.suites.report import plain
from scorers.suites.select import covered

#: Cases that ``show`` lists one by one.
_SHOWN = 20
JSONL = "jsonl"


def list_(argv: list[str]) -> int:
    """``suite list``."""
    parser = Parser(prog="sightglass suite list", description="Lists the suites in the store.")
    add_options(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args(argv)
    with opened(settings_of(arguments)) as store:
        found = store.suites.all()
    if arguments.json:
        rows = [_brief(msgspec.to_builtins(suite)) for suite in found]
        sys.stdout.write(json.dumps({"suites": rows}) + "\n")
        return 0
    for suite in found:
        when = datetime.fromtimestamp(suite.changed_at, UTC).isoformat(timespec="minutes")
        gone = f"  ({suite.tombstones} forgotten)" if suite.tombstones else ""
        sys.stdout.write(f"{suite.name:24} {suite.version}  {suite.cases:6} cases  {when}  {suite.app or '-'}{gone}\n")
    if not found:
        sys.stderr.write("sightglass suite list: there is no suite yet; make one with suite make or suite import\n")
    return 0


def _brief(row: dict[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in ("name", "app", "version", "cases", "versions", "changed_at", "tombstones")}


def show(argv: list[str]) -> int:
    """``suite show NAME|FILE``."""
    parser = Parser(prog="sightglass suite show", description="Shows a suite, and how much of production it covers.")
    add_options(parser)
    parser.add_argument(
        "suite",
        metavar="NAME|FILE",
        help="a suite in the store, or NAME@VERSION for one of its versions; a JSONL file, or a folder",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, with every case")
    arguments = parser.parse_args(argv)
    versions: list[tuple[str, float, int]] = []
    tombstones = 0
    if is_file(arguments.suite):
        suite = load_file(arguments.suite, "suite show")
    else:
        with opened(settings_of(arguments)) as store:
            suite, version, tombstones = load_version(store, arguments.suite)
            versions = store.suites.versions(suite.name)
            versions.sort(key=lambda one: one[0] != version)  # the one that is shown, first
    found = _shown(suite, versions, tombstones)
    sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n" if arguments.json else _table(suite, found))
    return 0


#: So many other versions are named.
_VERSIONS = 5


def _shown(suite: Suite, versions: list[tuple[str, float, int]], tombstones: int) -> dict[str, Any]:
    coverage = suite.about.get("coverage")
    return {
        "suite": suite.name,
        "version": versions[0][0] if versions else suite.version,
        "app": suite.app,
        "cases": len(suite.cases),
        "labelled": sum(case.labelled for case in suite.cases),
        "conversations": len({case.cluster for case in suite.cases}),
        "weight": sum(case.weight for case in suite.cases),
        "tombstones": tombstones,
        "coverage": covered(coverage, suite.cases) if isinstance(coverage, dict) else None,
        "left_out": coverage.get("left_out", {}) if isinstance(coverage, dict) else {},
        "versions": [{"version": v, "made_at": at, "cases": n} for v, at, n in versions],
        "items": [case.document() for case in suite.cases],
    }


def _table(suite: Suite, found: dict[str, Any]) -> str:
    lines = [
        f"suite {found['suite']} version {found['version']}   app {found['app'] or '-'}",
        f"{found['cases']} cases in {found['conversations']} conversations, {found['labelled']} with an expectation"
        + (f", {found['tombstones']} forgotten" if found["tombstones"] else ""),
    ]
    mix = found["coverage"]
    if mix is not None:
        lines.append(
            f"its kinds of request are {mix['covered']:.1%} of production; "
            f"their mix differs from production's by {mix['distance']:.1%}"
        )
        lines.append(f"  {'production':>10} {'suite':>8} {'cases':>6}  kind of request")
        lines += [
            f"  {row['production']:10.1%} {row['suite']:8.1%} {row['cases']:6}  {plain(row['stratum'], 70)}"
            for row in mix["strata"][:_SHOWN]
        ]
    if len(found["versions"]) > 1:
        others = [f"{suite.name}@{row['version']} ({row['cases']} cases)" for row in found["versions"][1:]]
        more = f", and {len(others) - _VERSIONS} more" if len(others) > _VERSIONS else ""
        lines.append("other versions: " + ", ".join(others[:_VERSIONS]) + more)
    if found["left_out"]:
        lines.append("left out: " + ", ".join(f"{n} {reason}" for reason, n in found["left_out"].items()))
    for case in suite.cases[:_SHOWN]:
        mark = " " if case.labelled else "?"
        lines.append(f"{mark} {plain(case.id, 36):36} {plain(asks_of(case), 70)}")
    if len(suite.cases) > _SHOWN:
        lines.append(f"  and {len(suite.cases) - _SHOWN} more cases (--json lists all)")
    return "\n".join(lines) + "\n"


def import_(argv: list[str]) -> int:
    """``suite import FILE --format F --name NAME``."""
    parser = Parser(
        prog="sightglass suite import",
        description="Imports a suite from a file. When one line is wrong, nothing is imported.",
    )
    add_options(parser)
    parser.add_argument("file", metavar="FILE", help="a file, or a folder with a manifest")
    parser.add_argument(
        "--format", choices=forms.formats(), help="format of the file (default: detected from its content)"
    )
    parser.add_argument("--name", help="name of the suite (default: the name of the file)")
    parser.add_argument("--app", help="the application that the suite is for")
    arguments = parser.parse_args(argv)
    suite, notes = _read(arguments)
    with opened(settings_of(arguments), make=True) as store:
        before = next((kept for kept in store.suites.all() if kept.name == suite.name), None)
        app = arguments.app or suite.app or (before.app if before is not None else None)
        version = store.suites.save(msgspec.structs.replace(suite, app=app))
        forgotten = load_version(store, suite.name).forgotten
    for note in notes:
        sys.stderr.write(f"sightglass suite import: {note}\n")
    replaced = ""
    if before is not None and before.version != version:
        old = f"{before.name}@{before.version}"
        replaced = f"; version {before.version} with {before.cases} cases was replaced (suite export {old})"
    gone = f" without {forgotten} whose user was forgotten" if forgotten else ""
    there = len(suite.cases) - forgotten
    sys.stderr.write(f"sightglass suite import: {suite.name} version {version}: {there} cases{gone}{replaced}\n")
    return 0


def _read(arguments: argparse.Namespace) -> tuple[Suite, list[str]]:
    path = Path(arguments.file)
    try:
        name = checked_name(arguments.name) if arguments.name is not None else None
    except ValueError as error:
        raise WrongUsage(f"--name: {error}") from None
    if path.is_dir():
        return folder.load(path, name), []
    try:
        with path.open("rb") as stream:
            head = table.beginning(stream)
    except OSError as error:
        raise BadSuite([f"{path}: {error.strerror}"]) from None
    form = arguments.format or table.recognised(head, str(path)) or JSONL
    known = arguments.format is not None or table.recognised(head, str(path)) is not None
    if not known and (said := table.unread(head, str(path))) is not None:
        raise BadSuite([said])
    plain = b'"response"' not in head and not one_document(head) and not begins_with(head, ("cases",))
    if form == JSONL and plain:  # else recorded samples, whose answers may be accepted, or a list of cases
        return folder.load(path, name), []
    if arguments.format is None and (suite := ours(path, name, head, form)) is not None:
        return suite, []
    with path.open("rb") as stream:
        found = forms.read(stream, str(path), form)
    return Suite(name=name or folder.name_of(path), cases=found.cases), found.notes


def export(argv: list[str]) -> int:
    """``suite export NAME|FILE --format F --output FILE``."""
    parser = Parser(
        prog="sightglass suite export", description="Exports a suite to a file, or to a folder that can be kept in git."
    )
    add_options(parser)
    parser.add_argument(
        "suite",
        metavar="NAME|FILE",
        help="a suite in the store, or NAME@VERSION for one of its versions; a JSONL file, or a folder",
    )
    parser.add_argument(
        "--format", choices=table.WRITABLE, default=JSONL, help="format of the file (default: jsonl, Sightglass's own)"
    )
    parser.add_argument("--name", help="write this name instead of the suite's")
    parser.add_argument(
        "--output",
        required=True,
        metavar="FILE",
        help="output file; - for stdout. With jsonl, a name without .jsonl makes a folder with a manifest",
    )
    arguments = parser.parse_args(argv)
    suite = load_any(arguments.suite, arguments, "suite export")
    if arguments.name is not None:
        try:
            suite = msgspec.structs.replace(suite, name=checked_name(arguments.name))
        except ValueError as error:
            raise WrongUsage(f"--name: {error}") from None
    notes = _export(suite, arguments.format, arguments.output)
    for note in notes:
        sys.stderr.write(f"sightglass suite export: {note}\n")
    version = version_of(case.digest() for case in suite.cases)
    sys.stderr.write(f"sightglass suite export: {suite.name} version {version}: {len(suite.cases)} cases\n")
    return 0


def _export(suite: Suite, form: str, output: str) -> list[str]:
    if form == JSONL and output != "-" and not output.endswith(".jsonl"):
        folder.save(suite, Path(output))
        return []
    notes: list[str] = []
    if form == JSONL:
        data = folder.lines_of(suite)
    else:
        try:
            data, notes = forms.write(suite, form)
        except ValueError as error:
            raise WrongUsage(str(error)) from None
    if output == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        write_whole(Path(output), data)
    return notes
