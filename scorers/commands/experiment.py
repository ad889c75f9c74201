"""``sightglass experiment list|status|stop|resume``: how a candidate compares with production, and an end to it.

``link``, ``raters`` and ``votes`` are in ``experiment_raters``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from scorers.commands.options import Parser, WrongUsage, add_options, settings_of
from scorers.commands.subcommands import dispatch, later
from scorers.commands.suite_source import opened
from scorers.experiments.dear import accept
from scorers.experiments.standing import status_of
from scorers.statistics.planning import money
from scorers.store.runs import Run, RunState
from scorers.store.store import Store

_USAGE = """usage: sightglass experiment list|status NAME|stop NAME|resume NAME|link NAME RATER|raters NAME|votes NAME
       [--json]

Shows and stops experiments on live traffic, and lets people compare answers. Each command has its own --help.
"""


def main(argv: list[str]) -> int:
    """The exit status of ``sightglass experiment``."""
    commands: dict[str, Callable[[list[str]], int]] = {"list": _list, "status": _status, "stop": _stop}
    commands["resume"] = _resume
    commands |= {name: later("scorers.commands.experiment_raters", name) for name in ("link", "raters", "votes")}
    return dispatch("experiment", argv, commands, _USAGE)


def _parser(name: str, said: str) -> Parser:
    parser = Parser(prog=f"sightglass experiment {name}", description=said)
    add_options(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


@contextmanager
def _opened(arguments: Any) -> Iterator[Store]:  # noqa: ANN401 - argparse.Namespace
    with opened(settings_of(arguments)) as store:
        yield store


def _found(store: Store, name: str) -> Run:
    run = store.experiments.current(name)
    if run is None:
        raise WrongUsage(f"{name}: there is no such experiment; `sightglass experiment list` shows what there is")
    return run


def _list(argv: list[str]) -> int:
    arguments = _parser("list", "Lists the experiments that the worker has begun.").parse_args(argv)
    with _opened(arguments) as store:
        found = [status_of(run) for run in store.experiments.all()]
    if arguments.json:
        sys.stdout.write(json.dumps({"experiments": found}) + "\n")
        return 0
    for status in found:
        sys.stdout.write(_line(status))
    if not found:
        sys.stderr.write(
            "sightglass experiment list: no experiment has begun; set `experiments` in the configuration\n"
        )
    return 0


def _line(status: dict[str, Any]) -> str:
    more = "" if status["more_pairs"] in (None, 0) else f", about {status['more_pairs']} more"
    return (
        f"{status['name']:24} {status['app']:20} {status['state']:14} {status['verdict']:14} "
        f"{status['pairs']} pairs{more}, {status['cost_usd']:.4f} USD\n"
    )


def _status(argv: list[str]) -> int:
    parser = _parser("status", "Shows how one experiment stands: outcomes with their bounds, the verdict and why.")
    parser.add_argument("name", metavar="NAME", help="the name of the experiment")
    arguments = parser.parse_args(argv)
    with _opened(arguments) as store:
        run = _found(store, arguments.name)
        ledger = store.asking.ledger(run.id)
    status = status_of(run)
    if arguments.json:
        sys.stdout.write(json.dumps(status) + "\n")
        return 0
    sys.stdout.write(_line(status))
    for item in status["outcomes"]:
        mean = "-" if item["mean"] is None else f"{item['mean']:+.3f}"
        which = "primary" if item["primary"] else ""
        sys.stdout.write(
            f"  {item['outcome']:36} {mean:>7} [{item['lower']:+.3f}, {item['upper']:+.3f}] n {item['n']:6} "
            f"{item['verdict']:11} {which}\n"
        )
    sys.stdout.write(_beside((run.result or {}).get("beside")))
    if "because" in run.plan:
        sys.stdout.write(f"plan: {run.plan['because']}\n")
    for reason in status["reasons"]:
        sys.stdout.write(f"because: {reason}\n")
    skipped = ", ".join(f"{reason} {n}" for reason, n in status["skipped"].items())
    sys.stdout.write(f"left out: {skipped or 'none'}\n")
    sys.stdout.write(f"calls: {', '.join(f'{name} {n}' for name, n in ledger.items())}\n")
    return 0


def _beside(found: dict[str, Any] | None) -> str:
    """Costs, lengths and cuts by arm, a line each."""
    lines = []
    for arm, own in (found or {}).get("arms", {}).items():
        length = "-" if own["characters"] is None else f"{own['characters']:.0f} characters"
        seconds = "-" if own["seconds"] is None else f"{own['seconds']:.2f} s"
        lines.append(
            f"{arm}: {own['answers']} answers, {own['cost_usd']:.4f} USD, {length}, {seconds}, "
            f"{own['cut']} cut by the limit of tokens\n"
        )
    return "".join(lines)


def _stop(argv: list[str]) -> int:
    parser = _parser("stop", "Stops an experiment. It stays stopped until its configuration changes.")
    parser.add_argument("name", metavar="NAME", help="the name of the experiment")
    arguments = parser.parse_args(argv)
    with _opened(arguments) as store:
        run = _found(store, arguments.name)
        if run.state == RunState.RUNNING.value:
            store.asking.finish(run.id, RunState.STOPPED, run.result)
        status = status_of(_found(store, arguments.name))
    if arguments.json:
        sys.stdout.write(json.dumps(status) + "\n")
    else:
        sys.stdout.write(_line(status))
    return 0


def _resume(argv: list[str]) -> int:
    said = "Goes on with an experiment that waits because it costs more than was estimated."
    parser = _parser("resume", f"{said} What its pairs have cost so far is the estimate from then on.")
    parser.add_argument("name", metavar="NAME", help="the name of the experiment")
    arguments = parser.parse_args(argv)
    with _opened(arguments) as store:
        run = _found(store, arguments.name)
        if run.state != RunState.RUNNING.value:
            state = status_of(run)["state"]
            raise WrongUsage(f"{arguments.name} is {state}; a changed configuration begins a new run")
        usd = accept(store, run)
        if usd is None:
            raise WrongUsage(f"{arguments.name} does not wait for anybody: it costs about what was estimated")
        status = status_of(run)
    if arguments.json:
        sys.stdout.write(json.dumps(status) + "\n")
    else:
        sys.stdout.write(f"{arguments.name} goes on at {money(usd)} USD a pair\n")
    return 0
