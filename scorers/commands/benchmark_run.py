"""``sightglass benchmark run NAMES``: items of public benchmarks and their variants, asked of a model.

The run is kept in the store where there is one, else in ``./sightglass-runs``; ``--resume RUN`` goes on with one that
was stopped. With a store, the report shows production's own figures of the model beside the scores.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import orjson

from proxy.config.settings import Settings
from proxy.observe.pricing import Prices
from proxy.run import cancelled, standard_files
from scorers.asking.client import Client, Target
from scorers.asking.ownership import LONGEST_WAIT, owned
from scorers.asking.recipient import PATIENCE
from scorers.asking.run_store import RUNS, Book, FileBook
from scorers.benchmarks import files, humaneval, plan, production, results, sandbox
from scorers.benchmarks.conduct import Conductor
from scorers.benchmarks.conduct import Settings as RunSettings
from scorers.benchmarks.marking import Marker
from scorers.benchmarks.plan import Plan, Wanted
from scorers.commands import endpoint
from scorers.commands.options import Parser, WrongUsage, is_there, settings_of
from scorers.commands.progress import performed
from scorers.estimates.model_names import ModelNames
from scorers.store.runs import Ask, AskKey, AskState, Purpose, Run, RunState, micro
from scorers.store.store import Store
from scorers.suites.report import plain

_COMMAND = "benchmark run"
#: Earlier runs whose versions are compared.
_LISTED = 200


@dataclass(slots=True)
class Place:
    """Where a run is kept, the settings, and the store where there is one."""

    book: Book
    settings: Settings
    store: Store | None


def main(argv: list[str]) -> int:
    """The exit status of ``benchmark run``."""
    arguments = _arguments(argv)
    wanted = _wanted(arguments)
    with _place(arguments) as place:
        prices = endpoint.prices(arguments, place.settings, _COMMAND)
        made, box = _planned(wanted)
        return cancelled.run(_run(arguments, place, (wanted, made, box), prices))


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = Parser(
        prog=f"sightglass {_COMMAND}",
        description="Asks a model the items of public benchmarks, as published and reworded, and prints the scores and "
        "the gap between them. Exit status: 0, or 2 when the run could not be ended.",
    )
    add = parser.add_argument
    add("benchmarks", metavar="NAMES", help=f"comma-separated: {','.join(plan.NAMES)}")
    add("--model", required=True, help="the model to ask")
    add("--base-url", metavar="URL", help="base URL of an OpenAI-compatible endpoint (default: $OPENAI_BASE_URL)")
    add("--api-key-env", metavar="NAME", help="environment variable with the API key (default: OPENAI_API_KEY)")
    add("--data", type=Path, required=True, metavar="DIR", help="folder of the files; see `sightglass benchmark data`")
    add("--sample", type=int, metavar="N", help="N items of each benchmark, drawn at random (default: all)")
    add("--variants", type=int, default=1, metavar="N", help="N variants of each kind for each item (default: 1)")
    add("--plus", action="store_true", help="also mark HumanEval with the added inputs of HumanEvalPlus-Mini")
    add(
        "--shots",
        type=int,
        default=0,
        metavar="N",
        help="worked examples before an item, not HumanEval's (default: 0)",
    )
    add("--repeats", type=int, default=1, metavar="N", help="answers to each item (default: 1); from 5 on with pass@5")
    add("--seed", type=int, default=0, metavar="N", help="seed of the sample and the variants (default: 0)")
    add("--max-usd", type=float, metavar="USD", help="stop before the run costs more than this (default: no limit)")
    add("--price", metavar="IN,OUT", help="USD per million tokens, input and output (default: the price lists)")
    add("--max-tokens", type=int, default=8_192, metavar="N", help="most tokens of an answer with its reasoning (8192)")
    add("--temperature", type=float, metavar="T", help="temperature to send (default: none is sent)")
    add("--effort", metavar="WORD", help="reasoning effort to send, such as low (default: none is sent)")
    add("--concurrency", type=int, default=4, metavar="N", help="calls at the same time (default: 4)")
    add("--requests-per-minute", type=float, default=0.0, metavar="N", help="at most N calls per minute (no limit)")
    add("--timeout", type=float, default=300.0, metavar="SECONDS", help="time limit of one call (default: 300)")
    add("--retries", type=int, default=5, metavar="N", help="retries of a call after a temporary error (default: 5)")
    add("--name", help="name of this run")
    add("--resume", metavar="RUN", help="continue a run that was stopped")
    add("--json", action="store_true", help="print the result as one JSON object")
    add("--config", type=Path, help="configuration file (default: $SIGHTGLASS_CONFIG)")
    add("--data-dir", metavar="DIR", help="folder of queue and store (default: ./sightglass-data)")
    add("--upstream", metavar="URL", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    _check(arguments)
    return arguments


_BOUNDS = {
    "sample": (1, 1_000_000),
    "variants": (0, 20),
    "shots": (0, 100),
    "repeats": (1, 1_000),
    "concurrency": (1, 256),
    "retries": (0, 20),
    "max_tokens": (16, 1_000_000),
    "max_usd": (0, 1e9),
    "requests_per_minute": (0, 1e9),
    "temperature": (0, 2),
}


def _check(arguments: argparse.Namespace) -> None:
    for name, (least, most) in _BOUNDS.items():
        value = getattr(arguments, name)
        if value is not None and not least <= value <= most:
            raise WrongUsage(f"--{name.replace('_', '-')}: expected {least} to {most:g}, found {value:g}")
    endpoint.check(arguments)


def _wanted(arguments: argparse.Namespace) -> Wanted:
    names = [name.strip() for name in arguments.benchmarks.split(",")]
    for name in names:
        if name not in plan.NAMES:
            raise WrongUsage(f"{name[:64]!r}: there is no such benchmark; expected some of {', '.join(plan.NAMES)}")
    return Wanted(
        benchmarks=tuple(name for name in plan.NAMES if name in names),
        folder=arguments.data,
        sample=arguments.sample,
        variants=arguments.variants,
        plus=arguments.plus,
        shots=arguments.shots,
        seed=arguments.seed,
    )


@contextmanager
def _place(arguments: argparse.Namespace) -> Iterator[Place]:
    settings = settings_of(arguments)
    folder = Path(settings.data_dir)
    if settings.store == "sqlite" and not is_there(folder, "store.db"):
        if arguments.data_dir or arguments.config:
            raise WrongUsage(f"{folder}: there is no store; without --data-dir and --config a run is kept in files")
        yield Place(FileBook(), settings, None)
        return
    with closing(Store.open(settings.store, folder)) as store:
        yield Place(store.asking, settings, store)


def _planned(wanted: Wanted) -> tuple[Plan, sandbox.Sandbox | None]:
    """The plan, and the sandbox for HumanEval; where there is none it says so, and that benchmark is not run."""
    box, why = None, ""
    if humaneval.NAME in wanted.benchmarks:
        try:
            box = sandbox.find()
        except sandbox.NoSandbox as reason:
            why = str(reason)
            sys.stderr.write(f"sightglass {_COMMAND}: humaneval is not run: {why}\n")
    try:
        return plan.make(wanted, box, why), box
    except files.BadData as error:
        raise WrongUsage(str(error)) from None


async def _run(
    arguments: argparse.Namespace, place: Place, planned: tuple[Wanted, Plan, sandbox.Sandbox | None], prices: Prices
) -> int:
    wanted, made, box = planned
    target = Target(
        base_url=arguments.base_url,
        model=arguments.model,
        api_key=endpoint.api_key(arguments.api_key_env),
        timeout=arguments.timeout,
        tries=arguments.retries + 1,
        patience=PATIENCE if arguments.retries else 0.0,
        requests_per_minute=arguments.requests_per_minute,
        counted=endpoint.counted(place.settings, place.store),
        max_tokens=arguments.max_tokens,
    )
    client = Client(target, prices, _say)
    conductor = Conductor(made, wanted, client, Marker(box), place.book, _settings(arguments, place))
    conductor.before = endpoint.production_first(place.settings, place.store, client, _COMMAND)
    try:
        usd: float | None = None
        if arguments.resume is None:
            calls, usd = conductor.forecast()
            _announce(arguments, made, calls, usd)
        run = _chosen(arguments, conductor, place)
        with owned(place.book, run, LONGEST_WAIT, _say):  # before it is there: killed meanwhile, it is seen as left
            waiting = _waiting(arguments, conductor, run)
            if arguments.resume is not None:  # what is left is known now
                (calls, usd), kept = conductor.forecast(waiting), place.book.run(run)
                _announce(arguments, made, calls, usd, kept.spent_micro if kept is not None else 0)
            ended = await performed(_COMMAND, conductor, run, waiting, usd)
            return _conclude(arguments, place, ended, made)
    finally:
        await client.close()


def _waiting(arguments: argparse.Namespace, conductor: Conductor, run: str) -> list[AskKey]:
    """What is to be asked: all of a new run, which is begun, or what is left of one that is resumed."""
    book, most = conductor.book, arguments.max_usd
    if arguments.resume is None:
        conductor.begin()
        return [ask.key for ask in book.asks(run) if ask.state == "pending"]
    return conductor.left(run, book.reopen(run, budget=None if most is None else micro(most)))


def _settings(arguments: argparse.Namespace, place: Place) -> RunSettings:
    day = place.settings.offpath.budget_usd_per_day
    return RunSettings(
        repeats=arguments.repeats,
        max_tokens=arguments.max_tokens,
        temperature=arguments.temperature,
        concurrency=arguments.concurrency,
        max_usd=arguments.max_usd,
        name=arguments.name,
        effort=arguments.effort,
        day_budget=micro(day) if day is not None else None,
    )


def _announce(
    arguments: argparse.Namespace, made: Plan, calls: int, usd: float | None, spent: int | None = None
) -> None:
    """Say what the run will be. ``spent``: micro-dollars that one which is resumed was charged so far. Raises
    ``WrongUsage`` for a new one that cannot be paid."""
    for note in made.notes:
        _say(note)
    money = "cost not known" if usd is None else f"about {usd:.4f} USD (more for a model that thinks)"
    left = "" if spent is None else " are left"
    before = f", beside {spent / 1e6:.4f} USD spent before" if spent else ""
    _say(f"{calls} calls to {arguments.model}{left}, {money}{before}")
    budget = arguments.max_usd
    if budget is not None and usd is not None and usd > budget and spent is None:
        raise WrongUsage(f"--max-usd: the run needs about {usd:.4f} USD, and {budget:g} is allowed; no call was made")


def _chosen(arguments: argparse.Namespace, conductor: Conductor, place: Place) -> str:
    """The run to perform: a new one, or that of ``--resume``. Raises ``WrongUsage`` for one that cannot be resumed."""
    if arguments.resume is None:
        _say(f"run {conductor.run}")
        return conductor.run
    kept = place.book.run(arguments.resume)
    if kept is None or kept.purpose != Purpose.BENCHMARK:
        raise WrongUsage(
            f"--resume {arguments.resume}: there is no such benchmark run; `sightglass run list` shows all"
        )
    if (kept.version, kept.model) != (conductor.plan.version(), arguments.model):
        raise WrongUsage(
            f"--resume {kept.id}: it asks {kept.model} other items than these; give the benchmarks, the files and the "
            "options with which it was begun"
        )
    endpoint.as_begun(kept, arguments.base_url)
    for name in ("repeats", "max_tokens", "temperature", "effort"):
        if kept.plan.get(name, getattr(arguments, name)) != getattr(arguments, name):
            option = f"--{name.replace('_', '-')}"
            raise WrongUsage(
                f"--resume {kept.id}: it was begun with {option} {kept.plan.get(name)}, not {getattr(arguments, name)}"
            )
    return kept.id


def _conclude(arguments: argparse.Namespace, place: Place, ended: tuple[str, RunState, str], made: Plan) -> int:
    run, state, why = ended
    kept, asks = place.book.run(run), place.book.asks(run)
    assert kept is not None
    found = results.document(kept, asks)
    found["production"], found["correlation"] = _production(place, kept, found)
    place.book.finish(run, state, found)
    if place.store is None:
        sys.stderr.write(f"sightglass {_COMMAND}: the run was written to {RUNS / run}.json\n")
    _tell_failures(asks)
    cut = sum(bool(ask.answer and ask.answer.get("cut")) for ask in asks)
    if cut:
        sys.stderr.write(
            f"sightglass {_COMMAND}: {cut} answers were cut at {arguments.max_tokens} tokens and count as they are; "
            "--max-tokens takes more\n"
        )
    said = orjson.dumps(found).decode() + "\n" if arguments.json else results.table(found, made.notes)
    standard_files.printed(said)
    if state is RunState.DONE:
        return 0
    sys.stderr.write(f"sightglass {_COMMAND}: stopped: {why}; continue with --resume {run}\n")
    return 2


def _tell_failures(asks: Sequence[Ask]) -> None:
    """Say how many calls had no answer, and for each reason what was said of one."""
    failed: dict[str, list[Ask]] = defaultdict(list)
    for ask in asks:
        if ask.state == AskState.FAILED.value:
            failed[ask.reason or ask.state].append(ask)
    for reason, found in failed.items():
        why = next((str(check["error"]) for ask in found for check in ask.checks if check.get("error")), "")
        _say(f"{len(found)} calls without an answer: {reason}" + (f": {plain(why, 240)}" if why else ""))


def _production(place: Place, kept: Run, found: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Production's figures of the model, and how scores and figures order the versions; without a store neither."""
    if place.store is None:
        return {}, {"versions": 0, "verdict": production.TOO_FEW, "pairs": []}
    earlier = place.store.asking.runs(purpose=Purpose.BENCHMARK.value, limit=_LISTED)
    runs = production.newest([msgspec.structs.replace(kept, state=RunState.DONE.value, result=found), *earlier])
    figures = production.figures(place.store, list(runs), time.time(), ModelNames.of(place.settings))
    return figures.get(str(kept.model), {}), production.correlation(runs, figures)


def _say(line: str) -> None:
    sys.stderr.write(f"sightglass {_COMMAND}: {line}\n")
