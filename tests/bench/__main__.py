"""``python -m tests.bench``: exit status 1 when a contender answered wrongly, 2 when a part is missing."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.bench import cpu, evaluate, keep_up, reads, score
from tests.bench.cells import CELLS, Cell
from tests.bench.contenders import Contender, contenders
from tests.bench.figures import Result, Run, table
from tests.bench.latency import answers_right, run_latency
from tests.bench.load import run_load
from tests.support.processes import ROOT

_REPORT = Path("build") / "bench.json"
EVALUATE, SERVERS, SCORE, READS, KEEP_UP = "evaluate", "evaluate-servers", "score", "reads", "keep-up"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    names = [*(cell.name for cell in CELLS), EVALUATE, SERVERS, SCORE, READS, KEEP_UP]
    parser.add_argument("--only", action="append", choices=names, metavar="CELL", help=f"of {', '.join(names)}")
    parser.add_argument("--seconds", type=float, default=float(os.environ.get("BENCH_SECONDS", "30")), help="a cell")
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("BENCH_ROUNDS", "5")))
    parser.add_argument("--pace", type=int, default=keep_up.MUST, help="requests a second of keep-up")
    parser.add_argument("--tree", type=Path, default=ROOT, help="the checkout that is measured (default: this one)")
    parser.add_argument("--against", type=Path, help="another checkout, measured beside it in the same rounds")
    return parser.parse_args()


def _measure(cell: Cell, who: Contender, number: int, seconds: int, folder: Path) -> Run:
    """One contender under load, with what the load leaves it to do."""
    before = cpu.seconds(who.pids)
    load = run_load(cell, who.port, seconds, folder)
    cpu.settle(who.pids)
    used = cpu.seconds(who.pids) - before
    return Run(who.name, number, load.requests, load.errors, used / max(1, load.requests), load.requests / load.seconds)


def _rounds(cell: Cell, field: list[Contender], arguments: argparse.Namespace, folder: Path) -> list[Run]:
    """All rounds; in each one contender follows the other, so that a change of the machine's speed meets all."""
    runs: list[Run] = []
    share = arguments.seconds / arguments.rounds
    for number in range(arguments.rounds):
        if cell.kind == "latency":
            medians, counts, wrong = run_latency([who.port for who in field], cell, share / 2)
            for who, median, count, errors in zip(field, medians, counts, wrong, strict=True):
                runs.append(Run(who.name, number, count, errors, median, 1 / median))
        else:
            seconds = max(1, round(share / len(field)))
            runs += [_measure(cell, who, number, seconds, folder) for who in field]
    return runs


def _trees(arguments: argparse.Namespace) -> dict[str, Path]:
    return {"sightglass": arguments.tree} | ({"against": arguments.against} if arguments.against else {})


def _evaluate(arguments: argparse.Namespace, servers: bool) -> list[evaluate.Evaluation]:
    """The cell ``evaluate`` or ``evaluate-servers`` at each of its rates, printed."""
    found = []
    for rate in evaluate.RATES:
        with tempfile.TemporaryDirectory(prefix="bench-") as name:
            share = arguments.seconds / 30 * 5 / arguments.rounds
            found.append(evaluate.run(rate, arguments.rounds, share, _trees(arguments), Path(name), servers))
        print(evaluate.table(found[-1]), flush=True)
    return found


def _score(arguments: argparse.Namespace) -> list[score.Scoring]:
    """The cell ``score`` at each of its sizes, printed."""
    found = []
    for kilobytes in score.SIZES:
        with tempfile.TemporaryDirectory(prefix="bench-") as name:
            found.append(score.run(kilobytes, arguments.rounds, _trees(arguments), Path(name)))
        print(score.table(found[-1]), flush=True)
    return found


def _reads(arguments: argparse.Namespace) -> list[reads.Reads]:
    """The cell ``reads``, printed."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        found = reads.run(_trees(arguments), Path(name))
    print(reads.table(found), flush=True)
    return found


def _keep_up(arguments: argparse.Namespace) -> list[keep_up.Kept]:
    """The cell ``keep-up``, printed."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        found = keep_up.run(arguments.pace, round(arguments.seconds), _trees(arguments), Path(name))
    print(keep_up.table(found), flush=True)
    return found


def _bench(cell: Cell, arguments: argparse.Namespace) -> Result:
    trees = _trees(arguments)
    result = Result(cell)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        with contenders(folder, cell, trees) as field:
            for who in field:  # warm, and right
                if cell.kind == "latency":
                    run_latency([who.port], cell, 0.5)
                else:
                    run_load(cell, who.port, 1, folder)
                cpu.settle(who.pids)
            result.runs = _rounds(cell, field, arguments, folder)
            for who in field:
                if cell.kind != "streams" and not answers_right(who.port, cell):
                    result.problems.append(f"{who.name}: not the upstream's answer")
                requests = sum(run.requests for run in result.of(who.name))
                result.problems += [f"{who.name}: {problem}" for problem in who.problems(requests)]
    return result


def main() -> int:
    """Measure, print, write."""
    arguments = _arguments()
    wanted = arguments.only or [*(cell.name for cell in CELLS if cell.by_default), EVALUATE, SCORE]
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    tools = ("nginx", "wrk") if set(wanted) != {SCORE} else ()
    if absent := [tool for tool in tools if shutil.which(tool, path=path) is None]:
        print(f"bench: {' and '.join(absent)} missing; tests/bench/install.sh installs them", file=sys.stderr)
        return 2
    begun = time.monotonic()
    results = []
    for cell in CELLS:
        if cell.name in wanted:
            results.append(_bench(cell, arguments))
            print(table(results[-1:]), flush=True)
    evaluations = [
        found for cell in (EVALUATE, SERVERS) if cell in wanted for found in _evaluate(arguments, cell == SERVERS)
    ]
    scorings = _score(arguments) if SCORE in wanted else []
    read = _reads(arguments) if READS in wanted else []
    kept = _keep_up(arguments) if KEEP_UP in wanted else []
    report = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": {"processors": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()},
        "seconds": arguments.seconds,
        "rounds": arguments.rounds,
        "took": round(time.monotonic() - begun, 1),
        "cells": {result.cell.name: result.json() for result in results},
        EVALUATE: [found.json() for found in evaluations],
        SCORE: [found.json() for found in scorings],
        READS: [found.json() for found in read],
        KEEP_UP: [found.json() for found in kept],
    }
    _REPORT.parent.mkdir(exist_ok=True)
    _REPORT.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(f"{report['took']} s; written to {_REPORT}")
    wrong = any(found.problems for found in [*evaluations, *kept])
    wrong = wrong or any(result.problems or any(run.errors for run in result.runs) for result in results)
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AssertionError as problem:  # something did not start, or did not stop
        print(f"bench: {problem}", file=sys.stderr)
        sys.exit(2)
