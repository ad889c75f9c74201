"""``sightglass drift simulate``: false tickets a month and delays on traffic like one's own, by simulation.

Exit status: 0; 2 when an argument is wrong or there is nothing to simulate. The bar goes to stderr, what was found to
stdout.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from proxy.config.settings import Settings
from scorers.commands.options import Parser, WrongUsage, add_options, bar, is_there, settings_of
from scorers.drift.monitor import SignalView, views
from scorers.drift.signals import Kind, Plan, kind_of
from scorers.drift.simulate import Traffic, delay, false_tickets
from scorers.formats.text_table import aligned
from scorers.store.store import Store

#: More is not simulated one by one: what false tickets and delays in conversations depend on is the budget.
MOST_PER_DAY = 1000.0
_RUNS = 9
_DAYS = 60.0


class Delay(msgspec.Struct, frozen=True):
    """How a shift of a share is seen: the median over runs, ``None`` when most runs did not see it in 60 days."""

    to: float
    conversations: float | None
    days: float | None


class Row(msgspec.Struct, frozen=True):
    """One signal of the simulation."""

    signal: str
    app: str
    model: str
    per_day: float
    share: float
    false_tickets_per_month: float
    delays: list[Delay]


class Report(msgspec.Struct, frozen=True):
    """What was simulated: ``false_tickets_per_month`` over all signals against the ``budget``."""

    months: int
    budget: float
    false_tickets_per_month: float
    signals: list[Row]


def main(argv: list[str]) -> int:
    """The exit status of ``sightglass drift ...``."""
    try:
        if argv[:1] in (["-h"], ["--help"]):
            argv = ["simulate", "--help"]
        if argv[:1] != ["simulate"]:
            raise WrongUsage("usage: sightglass drift simulate [--help]")
        return simulate(argv[1:])
    except SystemExit as ended:  # argparse has printed its help
        return int(ended.code or 0)
    except WrongUsage as error:
        sys.stderr.write(f"sightglass drift: {error}\n")
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="sightglass drift simulate",
        description="Simulates healthy months and shifts, on the signals in the store or on signals that you describe.",
    )
    add_options(parser)
    parser.add_argument("--months", type=int, default=20, help="healthy months to simulate (default: 20)")
    parser.add_argument("--per-day", type=float, help="described traffic: conversations per day; needs --share")
    parser.add_argument("--share", type=float, help="described traffic: the share of events, between 0 and 1")
    parser.add_argument(
        "--signals", type=int, default=1, help="described traffic: the number of such signals (default: 1)"
    )
    parser.add_argument(
        "--to", type=float, help="the share to shift to (default: one shift to twice the share, one to ten points more)"
    )
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same figures")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    return parser


def simulate(argv: list[str]) -> int:
    """Simulate, and tell."""
    arguments = _parser().parse_args(argv)
    _check(arguments)
    settings = settings_of(arguments)
    names: list[tuple[str, str]]
    if arguments.per_day is not None:
        traffics = [Traffic(arguments.per_day, arguments.share)] * arguments.signals
        names = [("", "")] * arguments.signals
    else:
        found = _of_store(settings)
        traffics = [traffic for traffic, _ in found]
        names = [(view.app, view.model) for _, view in found]
    drift = settings.drift
    plan = Plan(drift.false_alarms_per_month, len(traffics), drift.baseline.min_days, drift.baseline.min_samples)
    rows = _rows(traffics, names, plan, arguments)
    total = sum(row.false_tickets_per_month for row in rows)
    report = Report(arguments.months, plan.alarms_per_month, round(total, 4), rows)
    sys.stdout.write(msgspec.json.encode(report).decode() + "\n" if arguments.json else _table(report))
    return 0


def _check(arguments: argparse.Namespace) -> None:
    if (arguments.per_day is None) != (arguments.share is None):
        raise WrongUsage("--per-day and --share go together")
    for name, value in (("share", arguments.share), ("to", arguments.to)):
        if value is not None and not 0 < value < 1:
            raise WrongUsage(f"--{name}: a share between 0 and 1")
    if arguments.per_day is not None and not 0 < arguments.per_day < 1e9:
        raise WrongUsage("--per-day: a number above 0")
    if not 1 <= arguments.months <= 1000 or not 1 <= arguments.signals <= 500:
        raise WrongUsage("--months: 1 to 1000; --signals: 1 to 500")


def _of_store(settings: Settings) -> list[tuple[Traffic, SignalView]]:
    """Traffic like that of each signal in the store."""
    folder = Path(settings.data_dir)
    if settings.store == "sqlite" and not is_there(folder, "store.db"):
        raise WrongUsage(f"{folder}: there is no store here; give --config or --data-dir, or --per-day and --share")
    with closing(Store.open(settings.store, folder)) as store:
        known = views(store, settings, time.time())
    found = []
    for view in known:
        level = view.baseline_median if kind_of(view.signal) is Kind.QUANTILE else view.baseline
        if level is not None and view.per_day > 0:
            share = level if kind_of(view.signal) is Kind.QUANTILE else min(0.98, max(0.002, level))
            found.append((Traffic(view.per_day, share, signal=view.signal), view))
    if not found:
        raise WrongUsage("the store has no signal yet; give --per-day and --share")
    return found


def _rows(
    traffics: Sequence[Traffic], names: Sequence[tuple[str, str]], plan: Plan, arguments: argparse.Namespace
) -> list[Row]:
    rng = random.Random(arguments.seed)
    rows: list[Row] = []
    with bar(len(traffics) * (arguments.months + 1), " months") as progress:
        for traffic, (app, model) in zip(traffics, names, strict=True):
            capped = _capped(traffic)
            tickets = 0
            for _ in range(arguments.months):
                tickets += false_tickets([capped], plan, rng)
                progress.update()
            delays = rows[-1].delays if rows and arguments.per_day else _delays(capped, plan, arguments.to, rng)
            progress.update()
            row = Row(
                signal=traffic.signal,
                app=app,
                model=model,
                per_day=traffic.per_day,
                share=traffic.share,
                false_tickets_per_month=tickets / arguments.months,
                delays=delays,
            )
            rows.append(row)
    return rows


def _capped(traffic: Traffic) -> Traffic:
    """``traffic`` with no more conversations a day than are simulated."""
    return Traffic(min(MOST_PER_DAY, traffic.per_day), traffic.share, traffic.volume, traffic.shares, traffic.signal)


def _delays(traffic: Traffic, plan: Plan, to: float | None, rng: random.Random) -> list[Delay]:
    if kind_of(traffic.signal) is not Kind.SHARE:
        return []
    shifts = [to] if to is not None else sorted({min(0.99, 2 * traffic.share), min(0.99, traffic.share + 0.1)})
    found = []
    for shifted in shifts:
        runs = [delay(traffic, shifted, plan, rng, _DAYS) for _ in range(_RUNS)]
        never = (float("inf"), float("inf"))
        conversations, days = (statistics.median(run[i] for run in (r or never for r in runs)) for i in (0, 1))
        seen = conversations != float("inf")
        found.append(Delay(round(shifted, 4), conversations if seen else None, round(days, 2) if seen else None))
    return found


def _table(report: Report) -> str:
    rows = [("signal", "app", "model", "a day", "share", "false/month", "seen after a shift")]
    for row in report.signals:
        told = [
            f"to {100 * it.to:.3g} %: "
            + (f"{it.conversations:.0f} conversations, {it.days:.3g} days" if it.days is not None else "not in 60 days")
            for it in row.delays
        ]
        numbers = (f"{row.per_day:.4g}", f"{row.share:.3g}", f"{row.false_tickets_per_month:.3f}")
        rows.append((row.signal, row.app or "-", row.model or "-", *numbers, "; ".join(told or ["-"])))
    lines = aligned(rows, left=(0, 1, 2, 6))
    lines.append(
        f"{report.months} healthy months: {report.false_tickets_per_month:.3f} false tickets a month over "
        f"{len(report.signals)} signals, the budget is {report.budget:g}"
    )
    # A name from traffic may hold characters that repaint a terminal.
    return "".join(char if char.isprintable() or char == "\n" else "?" for char in "\n".join(lines)) + "\n"
