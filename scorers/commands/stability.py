"""``sightglass stability run``: requests of production asked again, as they were and in other words.

Exit status: 0; 2 when something is wrong, or when the run stopped before its end.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

import orjson

from proxy.config.settings import Settings
from proxy.run import cancelled, standard_files
from scorers import registry
from scorers.asking.client import Client
from scorers.asking.engine import break_off
from scorers.asking.manners import ProductionFirst
from scorers.asking.ownership import owned
from scorers.asking.recipient import NoRecipient, prices_of, target_of
from scorers.commands.options import Parser, WrongUsage, add_options, settings_of, user_name
from scorers.commands.progress import AskProgress, kept_anyway
from scorers.commands.subcommands import dispatch
from scorers.commands.suite_source import opened
from scorers.rewrites.rewrite import FAMILIES
from scorers.stability import result
from scorers.stability.conduct import Asked, Conductor
from scorers.stability.plan import Chosen, choose
from scorers.store.runs import RunState, micro
from scorers.store.store import Store

_USAGE = """usage: sightglass stability run --app APP ...

Measures how much answers change by themselves, and when a request is put in other words. See `stability run --help`.
"""
#: Samples that are looked at; the prompts are drawn from them.
LOOKED_AT = 5_000


def main(argv: list[str]) -> int:
    """The exit status of ``sightglass stability``."""
    return dispatch("stability", argv, {"run": lambda rest: _run(_arguments(rest))}, _USAGE)


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = Parser(
        prog="sightglass stability run",
        description="Asks requests of production again, as they were and in other words, and measures how much the "
        "answers change. Sends only what offpath.apps allows. The number of calls is printed before the first one.",
    )
    add_options(parser)
    add = parser.add_argument
    add("--app", required=True, help="the application whose requests are asked again")
    add("-n", type=int, default=50, metavar="N", help="at most N prompts (default: 50)")
    add("--repeats", type=int, metavar="N", help="ask each prompt N times (default: stability.repeats)")
    add("--rewrites", metavar="LIST", help=f"families, separated by commas (default: all): {', '.join(FAMILIES)}")
    add("--model", help="only requests for this model (default: the one with most requests)")
    add("--days", type=float, default=7.0, help="only requests of the last DAYS days (default: 7)")
    add("--seed", type=int, default=0, help="seed of the choice of prompts and of the rewrites (default: 0)")
    add("--max-usd", type=float, metavar="USD", help="stop before the run costs more than this (default: no limit)")
    add("--concurrency", type=int, metavar="N", help="calls at the same time (default: offpath.concurrency)")
    add("--json", action="store_true", help="print the result as one JSON object")
    arguments = parser.parse_args(argv)
    for name, least, most in (("n", 1, 10_000), ("repeats", 2, 20), ("concurrency", 1, 64)):
        value = getattr(arguments, name)
        if value is not None and not least <= value <= most:
            raise WrongUsage(f"-{'-' * (len(name) > 1)}{name}: expected {least} to {most}, found {value}")
    if not arguments.days > 0:
        raise WrongUsage(f"--days: expected more than 0, found {arguments.days:g}")
    if arguments.max_usd is not None and not 0 <= arguments.max_usd < 1e9:
        raise WrongUsage(f"--max-usd: expected a number that is not negative, found {arguments.max_usd:g}")
    return arguments


def _families(arguments: argparse.Namespace, settings: Settings) -> tuple[str, ...]:
    if arguments.rewrites is None:
        return tuple(settings.stability.rewrites)
    named = tuple(dict.fromkeys(part.strip() for part in arguments.rewrites.split(",") if part.strip()))
    for name in named or ("",):
        if name not in FAMILIES:
            raise WrongUsage(f"--rewrites: expected some of {', '.join(FAMILIES)}, found {name[:64]!r}")
    return named


def _run(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    app = arguments.app
    if app not in settings.offpath.apps:
        raise WrongUsage(f"--app: offpath.apps does not list {app!r}, so its text may be sent nowhere")
    families = _families(arguments, settings)
    with opened(settings) as store:
        rows = store.suites.pool(app, time.time() - arguments.days * 86_400, LOOKED_AT)
        if arguments.model is not None:
            rows = [row for row in rows if row.sample.exchange.model_asked == arguments.model]
        chosen = choose(rows, settings, families, arguments.n, arguments.seed)
        if not chosen.prompts:
            why = ", ".join(f"{n} {reason}" for reason, n in chosen.left_out.items()) or "there are none"
            whose = app if arguments.model is None else f"{app}, {arguments.model}"
            raise WrongUsage(f"{whose}: no sample of the last {arguments.days:g} days can be asked again ({why})")
        store.record_reads(f"stability:{user_name()}", time.time(), [prompt.id for prompt in chosen.prompts])
        return cancelled.run(_perform(arguments, settings, store, chosen, families))


async def _perform(
    arguments: argparse.Namespace, settings: Settings, store: Store, chosen: Chosen, families: tuple[str, ...]
) -> int:
    first = chosen.prompts[0]
    try:
        client = Client(
            target_of(settings, first.upstream, first.model), prices_of(settings, first.upstream, first.model), _say
        )
    except NoRecipient as error:
        raise WrongUsage(str(error)) from None
    budget = settings.offpath.budget_usd_per_day
    asked = Asked(
        app=arguments.app,
        repeats=arguments.repeats or settings.stability.repeats,
        families=families,
        seed=arguments.seed,
        concurrency=arguments.concurrency or settings.offpath.concurrency,
        max_usd=arguments.max_usd,
        day_budget=micro(budget) if budget is not None else None,
    )
    conductor = Conductor(chosen, client, registry.build(settings), store.asking, asked)
    conductor.first, conductor.say = ProductionFirst(store.asking, settings), _say
    try:
        usd = conductor.usd()
        _say(
            f"{arguments.app}: {len(chosen.prompts)} prompts, {conductor.calls()} calls to {first.model} at "
            f"{first.upstream}, about {usd or 0.0:.4f} USD"
        )
        if asked.max_usd is not None and usd is not None and usd > asked.max_usd:
            raise WrongUsage(
                f"--max-usd: the run needs about {usd:.4f} USD, and {asked.max_usd:g} is allowed; no call was made"
            )
        run, book = conductor.run, store.asking
        with owned(book, run), kept_anyway(book, run, lambda: _break_off(store, run, asked.app), _say):
            conductor.begin()  # it is owned before it is there: killed meanwhile, it is seen as left
            progress = AskProgress(conductor.calls())
            conductor.told = progress.told
            try:
                state = await conductor.perform(run, usd)
            finally:
                progress.close()
            found = _keep(store, run, state)
    finally:
        await client.close()
    _show(arguments, found, run)
    if state is not RunState.DONE:
        _say(f"stopped: {conductor.why}")
        return 2
    return 0


def _break_off(store: Store, run: str, app: str) -> None:
    break_off(store.asking, run, app)
    _keep(store, run, RunState.STOPPED)


def _keep(store: Store, run: str, state: RunState) -> dict[str, Any]:
    """End a run; its result, which the store keeps."""
    stored = store.asking.run(run)
    assert stored is not None
    found = result.document(stored, store.asking.asks(run))
    store.asking.finish(run, state, found)
    return found


def _show(arguments: argparse.Namespace, found: dict[str, Any], run: str) -> None:
    _say(f"the run was kept as {run}")
    for line in result.warnings(found):
        _say(line)
    if arguments.json:
        standard_files.printed(orjson.dumps({key: found[key] for key in result.KEYS}).decode() + "\n")
    else:
        standard_files.printed(result.table(found))


def _say(line: str) -> None:
    sys.stderr.write(f"sightglass stability run: {line}\n")
