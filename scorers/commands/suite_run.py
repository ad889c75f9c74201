"""``sightglass suite run NAME|FILE``: every case asked of a model, and a gate over what came of it.

Exit status: 0 ``pass``, 1 ``regression``, 3 ``inconclusive``; 2 when something is wrong. Before money is spent it says
how many calls there will be, what they cost, and the smallest drop that the run can find.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from proxy.config.settings import Settings
from proxy.observe.identity import judge_guard, load_secret
from proxy.run import cancelled, standard_files
from scorers import registry
from scorers.asking.client import Client, Target
from scorers.asking.ownership import LONGEST_WAIT, owned
from scorers.asking.recipient import PATIENCE
from scorers.asking.run_store import RUNS, Book, FileBook, read_run
from scorers.cases.suite import Suite
from scorers.commands import endpoint
from scorers.commands.options import Parser, WrongUsage, settings_of
from scorers.commands.progress import performed
from scorers.commands.suite_source import is_file, load_file, load_version, opened
from scorers.files.whole_file import write_whole
from scorers.judge.budget import JudgeBudget
from scorers.judge.client import JudgeClient
from scorers.statistics.paired import Gate
from scorers.store.runs import AskKey, Purpose, RunState, micro
from scorers.store.store import Store
from scorers.suites import report
from scorers.suites.checker import Checker
from scorers.suites.conduct import Conductor, Forecast
from scorers.suites.conduct import Settings as RunSettings
from scorers.suites.rubric import RubricJudge
from scorers.suites.verdict import Asked, Results, compare, document, drop_of, judge, measured, results_of

_EXIT = {Gate.PASS: 0, Gate.REGRESSION: 1, Gate.INCONCLUSIVE: 3}


@dataclass(slots=True)
class Place:
    """What a run is made of: the suite and its version, where it is kept, the settings, and the store where there is
    one. ``forgotten``: cases of the version whose users were forgotten."""

    suite: Suite
    book: Book
    settings: Settings
    store: Store | None
    version: str
    forgotten: int = 0


def main(argv: list[str]) -> int:
    """The exit status of ``suite run``."""
    arguments = _arguments(argv)
    with _place(arguments) as place:
        earlier = _earlier(arguments.against, place) if arguments.against is not None else None
        if earlier is not None:
            _comparable(place.suite, earlier, arguments.against)
        if arguments.resume is not None:
            _as_begun(arguments, place)
        arguments.repeats = arguments.repeats or 1
        return cancelled.run(_run(arguments, place, earlier))


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = Parser(
        prog="sightglass suite run",
        description="Sends every case of a suite to a model, and prints a verdict. Exit status: 0 pass, 1 regression, "
        "2 an error, 3 inconclusive.",
    )
    add = parser.add_argument
    add("suite", metavar="NAME|FILE", help="a suite in the store, a JSONL file, or a folder with a manifest")
    add("--model", required=True, help="the model to test")
    add("--base-url", metavar="URL", help="base URL of an OpenAI-compatible endpoint (default: $OPENAI_BASE_URL)")
    add("--api-key-env", metavar="NAME", help="environment variable with the API key (default: OPENAI_API_KEY)")
    add("--against", metavar="RUN|FILE", help="compare with this earlier run: its id, its --name or its file")
    add("--repeats", type=int, metavar="N", help="send each case N times (default: 1)")
    add(
        "--margin",
        type=float,
        default=0.05,
        metavar="SHARE",
        help="the largest drop of the pass rate that still passes (default: 0.05)",
    )
    add("--min-pass-rate", type=float, metavar="SHARE", help="the lowest pass rate that passes (default: none)")
    add(
        "--fail-on",
        choices=["regression", "inconclusive"],
        default="inconclusive",
        help="regression: exit with 0 instead of 3 when the suite is too small to tell",
    )
    add("--max-usd", type=float, metavar="USD", help="stop before the run costs more than this (default: no limit)")
    add("--price", metavar="IN,OUT", help="USD per million tokens, input and output (default: the price lists)")
    add("--concurrency", type=int, default=4, metavar="N", help="calls at the same time (default: 4)")
    add(
        "--requests-per-minute",
        type=float,
        default=0.0,
        metavar="N",
        help="at most N calls per minute (default: no limit)",
    )
    add("--timeout", type=float, default=120.0, metavar="SECONDS", help="time limit of one call (default: 120)")
    add("--retries", type=int, default=5, metavar="N", help="retries of a call after a temporary error (default: 5)")
    add("--seed", type=int, metavar="N", help="seed to send; each repeat sends the next number")
    add("--temperature", type=float, metavar="T", help="temperature to send, instead of what the cases say")
    add("--max-tokens", type=int, metavar="N", help="longest answer, of cases without a limit (default: 1024 or more)")
    add("--name", help="name of this run, for a later --against")
    add("--resume", metavar="RUN", help="continue a run that was stopped")
    add("--json", action="store_true", help="print the result as one JSON object")
    add("--junit", type=Path, metavar="FILE", help="also write JUnit XML")
    add("--markdown", type=Path, metavar="FILE", help="also write a summary in Markdown")
    add("--config", type=Path, help="configuration file (default: $SIGHTGLASS_CONFIG)")
    add("--data-dir", metavar="DIR", help="folder of queue and store (default: ./sightglass-data)")
    add("--upstream", metavar="URL", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    _check(arguments)
    return arguments


def _check(arguments: argparse.Namespace) -> None:
    limits = (("repeats", 1, 100), ("concurrency", 1, 256), ("retries", 0, 20), ("max_tokens", 1, 1_000_000))
    for name, least, most in limits:
        value = getattr(arguments, name)
        if value is not None and not least <= value <= most:
            raise WrongUsage(f"--{name.replace('_', '-')}: expected {least} to {most}, found {value}")
    for name in ("margin", "min_pass_rate"):
        value = getattr(arguments, name)
        if value is not None and not 0 <= value <= 1:
            raise WrongUsage(f"--{name.replace('_', '-')}: expected a share from 0 to 1, found {value:g}")
    for name in ("max_usd", "requests_per_minute"):
        value = getattr(arguments, name)
        if value is not None and not 0 <= value < 1e9:
            raise WrongUsage(f"--{name.replace('_', '-')}: expected a number that is not negative, found {value:g}")
    if arguments.temperature is not None and not 0 <= arguments.temperature <= 2:
        raise WrongUsage(f"--temperature: expected 0 to 2, found {arguments.temperature:g}")
    for name in ("junit", "markdown"):
        path = getattr(arguments, name)
        if path is not None and not path.parent.is_dir():
            raise WrongUsage(f"--{name}: {path.parent}: there is no such folder")
        if path is not None and path.is_dir():
            raise WrongUsage(f"--{name}: {path}: expected a file, found a folder")
    endpoint.check(arguments)


@contextmanager
def _place(arguments: argparse.Namespace) -> Iterator[Place]:
    settings = settings_of(arguments)
    if is_file(arguments.suite):
        suite = load_file(arguments.suite, "suite run")
        yield Place(suite, FileBook(), settings, None, suite.version)
        return
    with opened(settings) as store:
        suite, version, forgotten = load_version(store, arguments.suite)
        yield Place(suite, store.asking, settings, store, version, forgotten)


def _earlier(named: str, place: Place) -> Results:
    """The run that ``--against`` names: in the store, in ``./sightglass-runs``, or in a file."""
    if place.store is not None:
        run = place.store.asking.run(named)
        if run is not None:
            return _results(run.id, place.store.asking)
    if Path(named).is_file():
        found = read_run(Path(named))
    else:
        kept = FileBook().find(named)
        if kept is None:
            raise WrongUsage(f"--against {named}: there is no such run; `sightglass run list` shows what there is")
        found = kept
    try:
        return results_of(found.run, found.asks)
    except ValueError as error:
        raise WrongUsage(f"--against {error}") from None


def _comparable(suite: Suite, earlier: Results, named: str) -> None:
    """Raise ``WrongUsage`` where no case could be compared, before any of them costs anything."""
    before = {item.case.id: item.case.digest for item in earlier.cases if item.mean is not None}
    if not any(before.get(case.id) == case.digest() for case in suite.cases):
        raise WrongUsage(f"--against {named}: it has no answered case in common with this suite; no call was made")


def _results(run: str, book: Book) -> Results:
    found = book.run(run)
    assert found is not None
    try:
        return results_of(found, book.asks(run))
    except ValueError as error:
        raise WrongUsage(str(error)) from None


async def _run(arguments: argparse.Namespace, place: Place, earlier: Results | None) -> int:
    target = Target(
        base_url=arguments.base_url,
        model=arguments.model,
        api_key=endpoint.api_key(arguments.api_key_env),
        timeout=arguments.timeout,
        tries=arguments.retries + 1,
        patience=PATIENCE if arguments.retries else 0.0,
        requests_per_minute=arguments.requests_per_minute,
        counted=endpoint.counted(place.settings, place.store),
    )
    client = Client(target, endpoint.prices(arguments, place.settings, "suite run"), _say)
    rubric = _rubric(place)
    conductor = Conductor(
        suite=place.suite,
        version=place.version,
        client=client,
        checker=Checker(registry.build(place.settings, _asked_of(place.suite)), rubric),
        book=place.book,
        settings=_settings(arguments, place),
        judge=rubric,
        users=place.store.suites.users(place.suite.name) if place.store is not None else {},
        before=endpoint.production_first(place.settings, place.store, client, "suite run"),
    )
    try:
        if place.forgotten:
            _say(f"{place.forgotten} cases are left out because their users were forgotten")
        _possible(conductor)
        forecast = conductor.forecast()
        if arguments.resume is None:
            _announce(arguments, conductor, forecast)
        run = str(arguments.resume or conductor.run)
        _say(f"run {run}")
        with owned(place.book, run, LONGEST_WAIT, _say):  # before it is there: killed meanwhile, it is seen as left
            waiting = _waiting(arguments, conductor, run)
            if arguments.resume is not None:  # what is left is known now
                forecast, kept = conductor.forecast(waiting), place.book.run(run)
                _announce(arguments, conductor, forecast, kept.spent_micro if kept is not None else 0)
            ended = await performed("suite run", conductor, run, waiting, forecast.usd)
            return _conclude(arguments, place, ended, earlier)
    finally:
        await client.close()
        if rubric is not None:
            await rubric.close()


def _waiting(arguments: argparse.Namespace, conductor: Conductor, run: str) -> list[AskKey]:
    """What is to be asked: all of a new run, which is begun, or what is left of one that is resumed."""
    book, most = conductor.book, arguments.max_usd
    if arguments.resume is None:
        conductor.begin()
        return [ask.key for ask in book.asks(run) if ask.state == "pending"]
    waiting = book.reopen(run, conductor.suite.app or "", None if most is None else micro(most))
    return conductor.still_there(run, waiting)


def _settings(arguments: argparse.Namespace, place: Place) -> RunSettings:
    day = place.settings.offpath.budget_usd_per_day
    return RunSettings(
        repeats=arguments.repeats,
        seed=arguments.seed,
        temperature=arguments.temperature,
        max_tokens=arguments.max_tokens,
        concurrency=arguments.concurrency,
        max_usd=arguments.max_usd,
        name=arguments.name,
        day_budget=micro(day) if day is not None else None,
    )


def _asked_of(suite: Suite) -> set[str]:
    """Names of the scorers that assertions ask: only they are loaded."""
    asked = (item.value for case in suite.cases for item in case.assertions if item.kind == "score")
    return {name.partition(".")[0] for value in asked for name in value}


def _rubric(place: Place) -> RubricJudge | None:
    wanted = any(item.kind == "rubric" for case in place.suite.cases for item in case.assertions)
    own = place.settings.judge
    if own is None or not wanted:
        return None
    secret = load_secret(Path(place.settings.data_dir) / "secret") if place.store is not None else b""
    cap = place.settings.offpath.budget_usd_per_day
    judge_budget = JudgeBudget(place.store.judging, own, cap=cap) if place.store is not None else None
    return RubricJudge(JudgeClient(own, judge_guard(secret)), judge_budget, place.suite.app or "other")


def _possible(conductor: Conductor) -> None:
    """Raise ``WrongUsage`` for a run that cannot come to anything."""
    suite = conductor.suite
    if not suite.cases:
        raise WrongUsage(f"{suite.name}: the users of all its cases were forgotten; no call was made")
    if not any(case.labelled for case in suite.cases):
        raise WrongUsage(f"{suite.name}: no case has a label; set what is expected with `sightglass suite label`")
    rubrics = sum(any(item.kind == "rubric" for item in case.assertions) for case in suite.cases)
    if rubrics and conductor.judge is None:
        raise WrongUsage(
            f"{suite.name}: {rubrics} cases have a rubric, and no judge is configured; "
            "set `judge` in the file of --config"
        )


def _announce(
    arguments: argparse.Namespace, conductor: Conductor, forecast: Forecast, spent: int | None = None
) -> None:
    """Say what the run will be. ``spent``: micro-dollars that one which is resumed was charged so far. Raises
    ``WrongUsage`` for a new one that its budget does not hold."""
    suite, left = conductor.suite, "" if spent is None else " are left"
    money = "cost not known"
    if forecast.usd is not None and forecast.usd_at_most is not None:
        money = f"about {forecast.usd:.4f} USD (at most {forecast.usd_at_most:.4f})"
    if spent:
        money = f"{money}, beside {spent / 1e6:.4f} USD spent before"
    found = f"{forecast.mde:.1%}" if forecast.mde is not None else "none: too few conversations"
    _say(
        f"{suite.name} version {conductor.version}: {forecast.calls} calls to {arguments.model}{left}, "
        f"{money}; smallest drop that it can find (with 80 % power): {found}"
    )
    if forecast.unlabelled:
        _say(f"{forecast.unlabelled} cases are skipped because they have no label")
    budget = arguments.max_usd
    if budget is not None and forecast.usd is not None and forecast.usd > budget and spent is None:
        raise WrongUsage(
            f"--max-usd: the run needs about {forecast.usd:.4f} USD, and {budget:g} is allowed; no call was made"
        )


def _as_begun(arguments: argparse.Namespace, place: Place) -> None:
    """The options with which the run of ``--resume`` was begun. Raises ``WrongUsage`` for a run that cannot be resumed
    so."""
    kept = place.book.run(arguments.resume)
    if kept is None or kept.purpose != Purpose.SUITE:
        raise WrongUsage(
            f"--resume {arguments.resume}: there is no such run of a suite; `sightglass run list` shows what there is"
        )
    # A run that was begun after a user was forgotten may have the hash of what was left for its version.
    if kept.version not in (place.version, place.suite.version) or kept.model != arguments.model:
        raise WrongUsage(
            f"--resume {kept.id}: it is a run of version {kept.version} with {kept.model}, "
            f"not of version {place.version} with {arguments.model}"
        )
    endpoint.as_begun(kept, arguments.base_url)
    for name in ("repeats", "seed", "temperature", "max_tokens"):
        given = getattr(arguments, name)
        begun = kept.plan.get(name, given)
        if given not in (None, begun):
            raise WrongUsage(f"--resume {kept.id}: it was begun with --{name.replace('_', '-')} {begun}, not {given}")
        setattr(arguments, name, begun)
    arguments.resume = kept.id


def _conclude(
    arguments: argparse.Namespace, place: Place, ended: tuple[str, RunState, str], earlier: Results | None
) -> int:
    run, state, why = ended
    place.book.finish(run, state, None)
    results = _results(run, place.book)
    _tell_left_out(place.book, run)
    if state is RunState.STOPPED:
        sys.stderr.write(f"sightglass suite run: stopped: {why}; continue with --resume {run}\n")
        return 2
    comparison = compare(results, earlier) if earlier is not None else None
    verdict = judge(results, comparison, Asked(arguments.margin, arguments.min_pass_rate))
    if state is RunState.OUT_OF_BUDGET:
        verdict = (Gate.INCONCLUSIVE, why)
    mde = drop_of([case.case for case in results.cases], arguments.repeats)
    found = document(results, comparison, verdict, mde)
    place.book.finish(run, state, found)
    if place.store is None:
        sys.stderr.write(f"sightglass suite run: the run was written to {RUNS / run}.json\n")
    lenient = arguments.fail_on == "regression" and verdict[0] is Gate.INCONCLUSIVE
    passes = lenient and measured(results, comparison)
    _write(arguments, found, results, passes)
    return 0 if passes else _EXIT[verdict[0]]


def _tell_left_out(book: Book, run: str) -> None:
    """Say which settings of the cases the endpoint refused, and how many answers were given without them."""
    names = Counter(name for ask in book.asks(run) for name in (ask.answer or {}).get("left_out") or ())
    for name, count in sorted(names.items()):
        _say(f"{name}: the endpoint refuses it; {count} answers were given without it")


def _write(arguments: argparse.Namespace, found: dict[str, Any], results: Results, passes: bool) -> None:
    """Write what was asked for; ``passes``: an inconclusive gate lets the job pass."""
    if arguments.junit is not None:
        write_whole(arguments.junit, report.junit(found, results, passes).encode())
    if arguments.markdown is not None:
        write_whole(arguments.markdown, report.markdown(found).encode())
    standard_files.printed(orjson.dumps(found).decode() + "\n" if arguments.json else report.table(found, results))


def _say(line: str) -> None:
    sys.stderr.write(f"sightglass suite run: {line}\n")
