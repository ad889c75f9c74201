"""``sightglass benchmark run|data``: public benchmarks beside production, and the gap to their reworded forms.

Exit status: 0; 2 when an argument, a file or the endpoint is wrong, or a budget has ended the run before its end.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import orjson

from scorers.benchmarks import files
from scorers.commands.options import Parser, WrongUsage
from scorers.commands.subcommands import dispatch, later

_USAGE = """usage: sightglass benchmark run NAMES|data ...

Runs public benchmarks (gsm8k, humaneval, mmlu) with a model, and reworded forms of their items. Each command has its
own --help.

  run    ask the items, mark the answers, print scores and gaps
  data   list the files that are needed, where they are published, and their licences
"""


def main(argv: list[str]) -> int:
    """The exit status of ``sightglass benchmark``."""
    return dispatch("benchmark", argv, {"run": later("scorers.commands.benchmark_run"), "data": _data}, _USAGE)


def _data(argv: list[str]) -> int:
    parser = Parser(
        prog="sightglass benchmark data",
        description="Lists the files of the benchmarks, where they are published, and their licences. Nothing is "
        "downloaded, and nothing of them is part of Sightglass.",
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="also check the files in this folder")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args(argv)
    found = [{**source, "present": _present(arguments, str(source["file"]))} for source in files.listed()]
    if arguments.json:
        sys.stdout.write(orjson.dumps({"files": found}).decode() + "\n")
        return 0
    for source in found:
        there = {None: "", True: "  (there)", False: "  (not there)"}[source["present"]]
        sys.stdout.write(
            f"{source['file']}{there}\n  {source['benchmark']}, {source['rows']:,} rows, {source['licence']}"
        )
        sys.stdout.write(f"\n  {source['origin']}\n  needed: {source['needed']}\n")
    return 0


def _present(arguments: argparse.Namespace, name: str) -> bool | None:
    if arguments.data is None:
        return None
    if not arguments.data.is_dir():
        raise WrongUsage(f"--data {arguments.data}: there is no such folder")
    return files.find(arguments.data, name) is not None
