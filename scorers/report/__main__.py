"""``python -m scorers.report --data FOLDER``: every output on every set of the folder, as tables and as JSON.

Exit status: 0; 1 when the tables of ``--docs`` say something else (cost aside); 2 when an argument or the data is
wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import msgspec
from tqdm import tqdm

from proxy.config.settings import ScorerSettings
from proxy.run.command_line import Parser
from scorers.datasets.sets import SETS
from scorers.registry import FACTORIES
from scorers.report import ordinary
from scorers.report.held_out import left_out
from scorers.report.measure import measure
from scorers.report.table import Row, differing, tables, written

T = TypeVar("T")
#: Rows of a set with ``--quick``.
QUICK = 150


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = Parser(prog="score-report", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of labelled sets, one JSON object a line")
    parser.add_argument("--json", type=Path, metavar="FILE", help="everything as one JSON object")
    parser.add_argument("--docs", type=Path, metavar="FILE", help="compare with the tables between the marks of FILE")
    parser.add_argument("--write", action="store_true", help="write the tables into FILE instead")
    parser.add_argument(
        "--quick", action="store_true", help=f"at most {QUICK} rows of a set, nothing left out and fitted"
    )
    arguments = parser.parse_args(argv)
    if not arguments.data.is_dir():
        parser.error(f"--data {arguments.data}: no such folder")
    missing = sorted({data.file for data in SETS if not (arguments.data / data.file).is_file()})
    if missing:
        parser.error(f"--data {arguments.data}: without {', '.join(missing)}")
    if arguments.docs is not None and arguments.quick:
        parser.error("--docs with --quick: figures of a part cannot be compared")
    return arguments


async def _measured(folder: Path, most: int | None) -> list[Row]:
    found = []
    scorers = {name: factory(ScorerSettings()) for name, factory in FACTORIES.items()}
    for data in (bar := _bar(SETS)):
        bar.set_description(f"{data.output} {data.name}")
        found.append((await measure(scorers[data.output.partition(".")[0]], data, folder, most)).row)
    return found


async def _ordinary() -> ordinary.Counts:
    scorers = {name: factory(ScorerSettings()) for name, factory in FACTORIES.items()}
    return await ordinary.counted(scorers, _bar(ordinary.exchanges()))


def _refitted(folder: Path) -> list[Row]:
    found = []
    for output, rows in (bar := _bar(list(left_out()))):
        bar.set_description(f"{output}, fitted again")
        found += rows(folder)
    return found


def _bar(items: Iterable[T]) -> tqdm[T]:
    return tqdm(items, disable=not sys.stderr.isatty(), leave=False, file=sys.stderr)


def main(argv: list[str] | None = None) -> int:
    """Measure, print, and compare or write. The exit status."""
    arguments = _arguments(sys.argv[1:] if argv is None else argv)
    try:
        if arguments.docs is not None:
            written(arguments.docs.read_text(encoding="utf-8"), "")  # what is wrong is said before minutes of work
        rows = asyncio.run(_measured(arguments.data, QUICK if arguments.quick else None))
        unseen = [] if arguments.quick else _refitted(arguments.data)
        everyday = asyncio.run(_ordinary())
        text = f"{tables(rows, unseen)}\n\n{ordinary.tables(everyday)}"
        sys.stdout.write(f"{text}\n")
        if arguments.json is not None:
            arguments.json.parent.mkdir(parents=True, exist_ok=True)
            arguments.json.write_bytes(
                msgspec.json.format(msgspec.json.encode({"sets": rows, "left_out": unseen, "ordinary": everyday}))
                + b"\n"
            )
        if arguments.docs is None:
            return 0
        document = arguments.docs.read_text(encoding="utf-8")
        if arguments.write:
            arguments.docs.write_text(written(document, text), encoding="utf-8")
            return 0
        found = differing(document, text)
    except KeyError as error:
        sys.stderr.write(f"score-report: {arguments.data}: a line without {error}\n")
        return 2
    except (OSError, ValueError) as error:
        sys.stderr.write(f"score-report: {error}\n")
        return 2
    for line in found:
        sys.stderr.write(f"{line}\n")
    if found:
        sys.stderr.write(f"score-report: {arguments.docs} says something else; --write puts it right\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
