"""``sightglass probe run``: batteries of attacks and hard questions, put to copies of what production says.

Exit status: 0; 2 when something is wrong, or when the endpoint accepts nobody. A budget that ends early is no
error: what was asked is shown, and what was not is counted as skipped. One that does not hold the first case is.
"""

from __future__ import annotations

import argparse
import sys
import time

import orjson

from proxy.config.settings import Settings
from proxy.run import cancelled, standard_files
from scorers.asking.engine import break_off
from scorers.asking.manners import ProductionFirst
from scorers.asking.ownership import owned
from scorers.asking.recipient import NoRecipient
from scorers.commands.options import Parser, WrongUsage, add_options, settings_of, user_name
from scorers.commands.progress import AskProgress, kept_anyway
from scorers.commands.subcommands import dispatch, later
from scorers.commands.suite_source import opened
from scorers.probes import result
from scorers.probes.battery import BATTERIES
from scorers.probes.conclude import concluded, judges
from scorers.probes.conduct import WINDOW, Asked, Conductor
from scorers.probes.target import Found, targets
from scorers.store.runs import RunState, micro
from scorers.store.store import Store

_USAGE = """usage: sightglass probe run --app APP ... | label FILE

Puts attacks and hard questions to copies of an application's system prompts. Each command has its own --help.
"""
#: Samples that are looked at for targets.
LOOKED_AT = 5_000
DAYS = 7.0
#: Said once, before the first call.
TERMS = (
    "some providers act against accounts that send attacks, also harmless ones: ask yours, or use a key of its own "
    "(upstreams[].offpath_api_key)"
)


def main(argv: list[str]) -> int:
    """The exit status of ``sightglass probe``."""
    commands = {"run": lambda rest: _run(_arguments(rest)), "label": later("scorers.commands.probe_label")}
    return dispatch("probe", argv, commands, _USAGE)


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = Parser(
        prog="sightglass probe run",
        description="Puts batteries of attacks and hard questions to copies of the system prompts and tool sets that "
        "an application used in the last 7 days. Only for applications that probes.apps lists.",
    )
    add_options(parser)
    add = parser.add_argument
    add("--app", required=True, help="the application to probe; probes.apps must list it")
    add(
        "--battery",
        action="append",
        metavar="NAME",
        help=f"a battery; may be repeated (default: probes.batteries): {', '.join(BATTERIES)}",
    )
    add("--max-usd", type=float, metavar="USD", help="stop before the run costs more (default: probes.max_usd)")
    add("--model", help="only targets of this model (default: all)")
    add(
        "--window",
        type=int,
        default=WINDOW,
        metavar="TOKENS",
        help=f"the context window that stuffing fills (default: {WINDOW})",
    )
    add("--concurrency", type=int, metavar="N", help="calls at the same time (default: offpath.concurrency)")
    add("--json", action="store_true", help="print the result as one JSON object")
    arguments = parser.parse_args(argv)
    for name in arguments.battery or ():
        if name not in BATTERIES:
            raise WrongUsage(f"--battery: expected some of {', '.join(BATTERIES)}, found {name[:64]!r}")
    if arguments.max_usd is not None and not 0 <= arguments.max_usd < 1e9:
        raise WrongUsage(f"--max-usd: expected a number that is not negative, found {arguments.max_usd:g}")
    if not 2_000 <= arguments.window <= 1_000_000:
        raise WrongUsage(f"--window: expected 2000 to 1000000 tokens, found {arguments.window}")
    if arguments.concurrency is not None and not 1 <= arguments.concurrency <= 64:
        raise WrongUsage(f"--concurrency: expected 1 to 64, found {arguments.concurrency}")
    return arguments


def _run(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    app = arguments.app
    if app not in settings.probes.apps:
        raise WrongUsage(f"--app: probes.apps does not list {app!r}, so it is not probed")
    with opened(settings) as store:
        rows = store.suites.pool(app, time.time() - DAYS * 86_400, LOOKED_AT)
        if arguments.model is not None:
            rows = [row for row in rows if row.sample.exchange.model_asked == arguments.model]
        found = targets(rows, settings)
        if not found.targets:
            why = ", ".join(f"{n} {reason}" for reason, n in found.left_out.items()) or "there are none"
            raise WrongUsage(f"{app}: no sample of the last {DAYS:g} days can be copied ({why})")
        store.record_reads(f"probe:{user_name()}", time.time(), list(found.samples))
        return cancelled.run(_perform(arguments, settings, store, found))


async def _perform(arguments: argparse.Namespace, settings: Settings, store: Store, found: Found) -> int:
    budget = settings.offpath.budget_usd_per_day
    asked = Asked(
        app=arguments.app,
        batteries=tuple(dict.fromkeys(arguments.battery or settings.probes.batteries)),
        window=arguments.window,
        concurrency=arguments.concurrency or settings.offpath.concurrency,
        max_usd=settings.probes.max_usd if arguments.max_usd is None else arguments.max_usd,
        day_budget=micro(budget) if budget is not None else None,
    )
    try:
        conductor = Conductor(found, settings, judges(), store.asking, asked)
    except NoRecipient as error:
        raise WrongUsage(str(error)) from None
    conductor.first, conductor.say = ProductionFirst(store.asking, settings), _say
    try:
        usd, calls = conductor.usd(), conductor.calls()
        _say(TERMS)
        for line in conductor.left_out:
            _say(line)
        _say(
            f"{asked.app}: {len(conductor.found.targets)} targets, {calls} calls, about {usd:.4f} USD, "
            f"at most {asked.max_usd:g} USD"
        )
        run, book = conductor.run, store.asking
        with owned(book, run), kept_anyway(book, run, lambda: _break_off(store, run, asked.app), _say):
            conductor.begin()  # it is owned before it is there: killed meanwhile, it is seen as left
            progress = AskProgress(calls)
            conductor.told = progress.told
            try:
                state = await conductor.perform(usd)
            finally:
                progress.close()
            document = concluded(book, run, asked.app, state)
    finally:
        await conductor.close()
    _say(f"the run was kept as {conductor.run}")
    if state is not RunState.DONE:
        _say(f"stopped: {conductor.why}")
    said = orjson.dumps(result.shown(document)).decode() + "\n" if arguments.json else result.table(document)
    standard_files.printed(said)
    return 2 if state is RunState.STOPPED or not document["asked"] else 0


def _break_off(store: Store, run: str, app: str) -> None:
    break_off(store.asking, run, app)
    concluded(store.asking, run, app, RunState.STOPPED)


def _say(line: str) -> None:
    sys.stderr.write(f"sightglass probe run: {line}\n")
