"""``sightglass run list|show|export``: what was asked, of whom, and what came of it."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from proxy.config.settings import Settings
from scorers.asking.run_store import FileBook, RunFile, read_run
from scorers.benchmarks.results import table as benchmark_table
from scorers.commands.options import Parser, WrongUsage, add_options, is_there, settings_of
from scorers.commands.subcommands import dispatch
from scorers.files.whole_file import write_whole
from scorers.probes.result import table as probe_table
from scorers.stability.result import table as stability_table
from scorers.store.runs import Ask, Purpose, Run, RunState
from scorers.store.store import Store
from scorers.suites import report
from scorers.suites.verdict import Asked, drop_of, results_of
from scorers.suites.verdict import document as result_document
from scorers.suites.verdict import judge as judged

_USAGE = """usage: sightglass run list|show RUN|export RUN --output FILE

Shows and exports earlier runs: of suites, stability, probes and benchmarks. Each command has its own --help.
"""


def main(argv: list[str]) -> int:
    """The exit status of ``sightglass run``."""
    return dispatch("run", argv, {"list": _list, "show": _show, "export": _export}, _USAGE)


def _parser(name: str, said: str) -> Parser:
    parser = Parser(prog=f"sightglass run {name}", description=said)
    add_options(parser)
    return parser


def _list(argv: list[str]) -> int:
    parser = _parser("list", "Lists the newest runs in the store and in ./sightglass-runs.")
    parser.add_argument("--suite", metavar="NAME", help="only runs of this suite")
    parser.add_argument("-n", type=int, metavar="N", default=50, help="list at most N runs (default: 50)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args(argv)
    if arguments.n < 1:
        raise WrongUsage("-n: expected at least 1")
    settings = settings_of(arguments)
    folder = Path(settings.data_dir)
    unended = {found.run.id: found.run for found in FileBook().unended()}
    runs = [found.run for found in FileBook().all() if found.run.id not in unended] + list(unended.values())
    if _has_store(settings, arguments):
        with closing(Store.open(settings.store, folder)) as store:
            runs += _as_left(store.asking.runs(arguments.suite, limit=arguments.n), store.asking.left())
    runs = [run for run in runs if arguments.suite in (None, run.subject)]
    runs = sorted(runs, key=lambda run: run.created_at, reverse=True)[: arguments.n]
    if arguments.json:
        sys.stdout.write(json.dumps({"runs": [_brief(run) for run in runs]}) + "\n")
        return 0
    if not runs:
        sys.stderr.write("sightglass run list: there is no run yet; suite run and benchmark run make one\n")
    for run in runs:
        brief = _brief(run)
        rate = "-" if brief["pass_rate"] is None else f"{brief['pass_rate']:.1%}"
        when = datetime.fromtimestamp(run.created_at, UTC).isoformat(timespec="minutes")
        # A run may come in a file of somebody else's.
        model, name = report.plain(run.model or "-"), report.plain(run.name or "")
        words = f"{run.id}  {when}  {run.purpose:10} {report.plain(run.subject):20} {run.version}  {model:24}"
        sys.stdout.write(f"{words} {run.state:13} {brief['verdict'] or '-':12} {rate:>6}  {name}\n")
    return 0


def _as_left(runs: list[Run], left: list[str]) -> list[Run]:
    """The runs; those that were killed are stopped, also where no worker has closed them yet."""
    stopped = {"state": RunState.STOPPED.value}
    killed = {run.id for run in runs if run.id in left and run.state == RunState.RUNNING.value}
    return [msgspec.structs.replace(run, **stopped) if run.id in killed else run for run in runs]


def _has_store(settings: Settings, arguments: argparse.Namespace) -> bool:
    """Whether there is a store beside the runs in files. Raises ``WrongUsage`` where ``--data-dir`` names none."""
    folder = Path(settings.data_dir)
    if settings.store != "sqlite" or is_there(folder, "store.db"):
        return True
    if arguments.data_dir is not None:
        raise WrongUsage(f"{folder}: there is no store here; without --data-dir, runs in ./sightglass-runs are found")
    return False


def _brief(run: Run) -> dict[str, Any]:
    result = run.result or {}
    return {
        "run": run.id,
        "name": run.name,
        "purpose": run.purpose,
        "suite": run.subject,
        "version": run.version,
        "model": run.model,
        "state": run.state,
        "created_at": run.created_at,
        "ended_at": run.ended_at,
        "planned": run.planned,
        "cost_usd": result.get("cost_usd"),
        "pass_rate": result.get("pass_rate"),
        "verdict": result.get("verdict"),
    }


def _find(named: str, arguments: argparse.Namespace) -> RunFile:
    """A run with its asks: of a file, of the store, or of ``./sightglass-runs``."""
    if Path(named).is_file():
        return read_run(Path(named))
    settings = settings_of(arguments)
    folder = Path(settings.data_dir)
    if _has_store(settings, arguments):
        with closing(Store.open(settings.store, folder)) as store:
            run = store.asking.run(named)
            if run is not None:
                return RunFile(run, store.asking.asks(run.id), store.asking.ledger(run.id))
    unended = {found.run.id: found for found in FileBook().unended()}
    found = unended.get(named) or FileBook().find(named)
    if found is None:
        raise WrongUsage(f"{named}: there is no such run; `sightglass run list` shows what there is")
    return found


def _show(argv: list[str]) -> int:
    parser = _parser(
        "show", "Shows one run: its result, and how many calls ended in each state. --json adds every call."
    )
    parser.add_argument("run", metavar="RUN", help="the run: its id, its name, or its file")
    parser.add_argument("--json", action="store_true", help="print one JSON object, with every call and its answer")
    arguments = parser.parse_args(argv)
    found = _find(arguments.run, arguments)
    if arguments.json:
        shown = {**_brief(found.run), "ledger": found.ledger, "result": found.run.result}
        shown["asks"] = [_ask(ask) for ask in found.asks]
        sys.stdout.write(json.dumps(shown, ensure_ascii=False) + "\n")
        return 0
    ledger = ", ".join(f"{name} {n}" for name, n in found.ledger.items())
    try:
        results = results_of(found.run, found.asks)
    except ValueError:
        sys.stdout.write(f"run {found.run.id}   {found.run.purpose} {found.run.subject}\n")
        if found.run.result:
            sys.stdout.write(_result_table(found.run.purpose, found.run.result))
        sys.stdout.write(f"ledger: {ledger}\n")
        return 0
    result = found.run.result or _unended(found.run, found.asks)
    sys.stdout.write(report.table(result, results) + f"ledger: {ledger}\n")
    return 0


def _result_table(purpose: str, result: dict[str, Any]) -> str:
    """The result of a run that is no suite's, for people; nothing for one that has a page of its own."""
    if purpose == Purpose.BENCHMARK.value:
        return benchmark_table(result, ())
    tables = {Purpose.STABILITY.value: stability_table, Purpose.PROBE.value: probe_table}
    return tables[purpose](result) if purpose in tables else ""


def _unended(run: Run, asks: list[Ask]) -> dict[str, Any]:
    """What a run says that did not end."""
    results = results_of(run, asks)
    mde = drop_of([case.case for case in results.cases], int(run.plan.get("repeats", 1)))
    return result_document(results, None, judged(results, None, Asked()), mde)


def _ask(ask: Ask) -> dict[str, Any]:
    row: dict[str, Any] = msgspec.to_builtins(ask)
    return row


def _export(argv: list[str]) -> int:
    parser = _parser(
        "export", "Writes one run with all of its calls to a file. `suite run --against` reads such a file."
    )
    parser.add_argument("run", metavar="RUN", help="the run: its id, its name, or its file")
    parser.add_argument(
        "--format",
        choices=["json", "jsonl"],
        default="json",
        help="json: one document, for --against (default); jsonl: one call per line",
    )
    parser.add_argument("--output", required=True, metavar="FILE", help="output file; - for stdout")
    arguments = parser.parse_args(argv)
    found = _find(arguments.run, arguments)
    if arguments.format == "json":
        data = msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n"
    else:
        rows = ({"run": found.run.id, "model": found.run.model, **_ask(ask)} for ask in found.asks)
        data = b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
    if arguments.output == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        write_whole(Path(arguments.output), data)
    sys.stderr.write(f"sightglass run export: {found.run.id}: {len(found.asks)} calls\n")
    return 0
