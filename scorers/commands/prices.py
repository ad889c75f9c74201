"""``sightglass prices check``: our prices beside a list that the user has, and the line to add for what is unpriced.

Exit status: 0; 1 when a price differs, a pattern takes a sibling, or answers are unpriced; 2 when an argument or a file
is wrong.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from proxy.config.settings import Settings
from proxy.observe.price_list import builtin_list
from proxy.observe.pricing import Prices, load_prices
from scorers.commands.options import Parser, WrongUsage, add_options, is_there, settings_of
from scorers.commands.price_diff import Difference, Flat, differences, read_public
from scorers.estimates.price_tips import Tip, number, tips
from scorers.store.records import UnpricedAnswers
from scorers.store.store import Store

_DAY = 86_400.0


class Report(msgspec.Struct, frozen=True):
    """Everything that the command found. ``compared``: models that both lists have; ``takes``: models that a pattern of
    the user's own file takes at another price than the built-in list has for them."""

    compared: int
    differs: list[dict[str, object]]
    lacks: list[dict[str, object]]
    unpriced: list[Tip]
    takes: list[dict[str, str]]


def main(argv: list[str]) -> int:
    """The exit status of ``sightglass prices`` with these arguments. Raises ``ConfigError``."""
    try:
        arguments = _arguments(argv)
        settings = settings_of(arguments)
        theirs = read_public(arguments.file) if arguments.file is not None else {}
        prices = load_prices(settings.prices, settings.upstreams)
        report = _report(
            prices, theirs, _unpriced(settings, arguments.days, arguments.data_dir is not None), arguments.model
        )
    except WrongUsage as error:
        sys.stderr.write(f"sightglass prices: {error}\n")
        return 2
    text = msgspec.json.encode(report).decode() + "\n" if arguments.json else "".join(_lines(report))
    # A name from traffic may hold characters that repaint a terminal.
    sys.stdout.write("".join(char if char.isprintable() or char == "\n" else "?" for char in text))
    sys.stderr.write(_summary(report, arguments.file))
    return 1 if report.differs or report.unpriced or report.takes else 0


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = Parser(prog="sightglass prices", description="Compares price lists, and finds models without a price.")
    actions = parser.add_subparsers(dest="action", required=True, metavar="check")
    check = actions.add_parser(
        "check", help="compare a price list with the built-in one, and print the lines to add for unpriced models"
    )
    check.add_argument(
        "file",
        nargs="?",
        type=Path,
        metavar="FILE",
        help="price list in LiteLLM's JSON format, or a price file (.yaml)",
    )
    check.add_argument("--model", action="append", default=[], metavar="NAME", help="only this model; can be repeated")
    check.add_argument(
        "--days", type=float, default=7, metavar="N", help="look at unpriced answers of the last N days (default: 7)"
    )
    check.add_argument("--json", action="store_true", help="print one JSON object")
    add_options(check)
    arguments = parser.parse_args(argv)
    if not 0 < arguments.days <= 3660:
        raise WrongUsage("--days: more than 0, at most 3660")
    return arguments


def _unpriced(settings: Settings, days: float, given: bool) -> list[UnpricedAnswers]:
    """What the store says; nothing where there is none yet and none was named (``given``)."""
    folder = Path(settings.data_dir)
    if settings.store == "sqlite" and not is_there(folder, "store.db"):
        if given and not folder.is_dir():
            raise WrongUsage(f"{folder}: there is no store here; give --config or --data-dir")
        return []
    now = time.time()
    with closing(Store.open(settings.store, folder)) as store:
        return store.unpriced(now - days * _DAY, now + _DAY)


def _report(
    prices: Prices, theirs: dict[str, Flat], unpriced: Sequence[UnpricedAnswers], models: Sequence[str]
) -> Report:
    ours = {name: row for name in _names(prices) if (row := prices.row(name)) is not None}
    chosen = set(models)
    both = [name for name in ours if name in theirs and (not chosen or name in chosen)]
    found = [difference for name in both for difference in differences(name, ours[name], theirs[name])]
    seen = [row for row in unpriced if not chosen or row.model in chosen]
    seen += [
        UnpricedAnswers(name, "no_price", 0)
        for name in models
        if name not in ours and name not in {row.model for row in seen}
    ]
    return Report(
        len(both),
        [_told(it) for it in found if it.ours is not None],
        [_told(it) for it in found if it.ours is None],
        tips(seen, prices, theirs),
        [{"pattern": pattern, "model": name} for name, pattern in prices.taken() if not chosen or name in chosen],
    )


def _names(prices: Prices) -> list[str]:
    built = builtin_list().models
    names = [name for model, row in built.items() for name in (model, *row.snapshots)]
    return [*prices.own_names(), *names]


def _told(found: Difference) -> dict[str, object]:
    told: dict[str, object] = {"model": found.model, "key": found.key, "file": round(found.theirs, 10)}
    return told if found.ours is None else {**told, "ours": round(found.ours, 10)}


def _lines(report: Report) -> list[str]:
    lines = [f"differs   {it['model']}  {it['key']}: ours {it['ours']}, file {it['file']}\n" for it in report.differs]
    lines += [f"lacks     {it['model']}  {it['key']}: file {it['file']}\n" for it in report.lacks]
    lines += [
        f"takes     {it['model']}  by the pattern {it['pattern']}: the built-in price differs\n" for it in report.takes
    ]
    for tip in report.unpriced:
        times = f"{tip.answers} answers" if tip.answers else "no row"
        lines += [f"unpriced  {tip.model}  {tip.reason}, {times}; the line to add:\n", f"  {tip.line}\n"]
    return lines


def _summary(report: Report, file: Path | None) -> str:
    compared = ""
    if file is not None:
        compared = f"{number(report.compared)} models are in both lists, {len(report.differs)} prices differ; "
    return f"sightglass prices: {compared}{len(report.unpriced)} unpriced\n"
