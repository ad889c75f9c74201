"""``sightglass experiment link|raters|votes``: people who compare answers blind, and what may be known of them when."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec

from proxy.config.settings import Settings
from scorers.commands.options import Parser, WrongUsage, add_options, settings_of, user_name
from scorers.experiments.people import VOTER, RaterReport, link_path, look, report
from scorers.store.raters import LINK_HOURS
from scorers.store.runs import Run
from scorers.store.store import Store


def _parser(name: str, said: str) -> Parser:
    parser = Parser(prog=f"sightglass experiment {name}", description=said)
    add_options(parser)
    parser.add_argument("name", metavar="NAME", help="the name of the experiment")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _opened(arguments: argparse.Namespace, settings: Settings, run: Callable[[Store, Run], int]) -> int:
    with closing(Store.open(settings.store, Path(settings.data_dir))) as store:
        found = store.experiments.current(arguments.name)
        if found is None:
            raise WrongUsage(f"{arguments.name}: there is no such experiment; `sightglass experiment list` shows them")
        return run(store, found)


def who() -> str:
    """Whoever runs the command, as this machine knows them."""
    try:
        return f"{user_name()} (command)"
    except (KeyError, OSError):
        return "(command)"


def link(argv: list[str]) -> int:
    """The exit status of ``experiment link``."""
    parser = _parser("link", "Makes a link that lets one person compare answers blind. It works once.")
    parser.add_argument("rater", metavar="RATER", help="the name under which this person votes")
    parser.add_argument("--hours", type=float, metavar="H", default=LINK_HOURS, help="usable for H hours (default: 72)")
    arguments = parser.parse_args(argv)
    if not VOTER.fullmatch(arguments.rater):
        raise WrongUsage("RATER: letters, digits, '.', '_' and '-', at most 64")
    if not 0 < arguments.hours <= 24 * 90:
        raise WrongUsage("--hours: more than 0, at most 2160 (90 days)")
    settings = settings_of(arguments)
    if any(item.name == arguments.rater for item in settings.console_tokens):
        raise WrongUsage("RATER: this is the name of a token of the console")

    def make(store: Store, run: Run) -> int:
        path = link_path(store.raters.link(arguments.name, arguments.rater, who(), arguments.hours))
        url = f"http://{settings.console_listen}{path}"
        if arguments.json:
            made = {"experiment": arguments.name, "voter": arguments.rater, "path": path, "url": url}
            sys.stdout.write(json.dumps(made) + "\n")
        else:
            sys.stdout.write(f"{url}\n")
            sys.stderr.write(
                "It works once. Put the address of your console in front of /ab if people reach another.\n"
            )
        return 0

    return _opened(arguments, settings, make)


def raters(argv: list[str]) -> int:
    """The exit status of ``experiment raters``."""
    said = "Shows how far people are and whether they agree, without their votes by arm."
    arguments = _parser("raters", said).parse_args(argv)

    def show(store: Store, run: Run) -> int:
        found = report(store, run)
        if arguments.json:
            sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
        else:
            _write(found)
        return 0

    return _opened(arguments, settings_of(arguments), show)


def _write(found: RaterReport) -> None:
    for own in found.raters:
        sys.stdout.write(
            f"{own.voter:24} {own.pairs} pairs, {own.skipped} skipped; identical called equal "
            f"{own.identical_ties} of {own.identical}, repeats alike {own.repeats_same} of {own.repeats}\n"
        )
    agreement = "not known yet" if found.kappa is None else f"kappa {found.kappa:.2f}"
    sys.stdout.write(f"{found.pairs} pairs with a vote; agreement: {agreement} (n = {found.n})\n")
    for each in found.looks:
        sys.stdout.write(f"looked before the verdict: {each.who}\n")


def votes(argv: list[str]) -> int:
    """The exit status of ``experiment votes``."""
    said = "Shows votes by arm. Before the verdict this is recorded, with the name of who looks."
    arguments = _parser("votes", said).parse_args(argv)

    def show(store: Store, run: Run) -> int:
        found = look(store, run, who())
        if arguments.json:
            sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
            return 0
        sys.stdout.write(f"candidate {found.candidate}, control {found.control}, equal {found.tie}\n")
        if found.recorded:
            sys.stderr.write("There is no verdict yet; this look was recorded.\n")
        return 0

    return _opened(arguments, settings_of(arguments), show)
