"""``sightglass suite make NAME --app X``: cases from traffic, with the requests of production that each stands for."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime

from scorers.cases.suite import Suite, checked_name
from scorers.commands.options import Parser, WrongUsage, add_options, settings_of, user_name
from scorers.commands.suite_source import opened
from scorers.store.pool import PoolRow
from scorers.store.store import Store
from scorers.suites.select import SOURCES, Drawn, covered, select

#: Newest samples that a suite is chosen from.
_POOL = 20_000


def main(argv: list[str]) -> int:
    """The exit status of ``suite make``."""
    arguments = _arguments(argv)
    with opened(settings_of(arguments)) as store:
        since = time.time() - arguments.days * 86_400
        rows = store.suites.pool(arguments.app, since, _POOL)
        if not rows:
            rows = store.suites.pool(arguments.app, since, _POOL, imported=True)
            if rows:
                _say(
                    "there are no samples of traffic; the cases come from imported samples, "
                    "whose mix is not production's"
                )
        if not rows:
            whose = f"of {arguments.app}" if arguments.app else "of any application"
            raise WrongUsage(
                f"there is no sample with text {whose} in the last {arguments.days:g} days; try a larger --days"
            )
        selection = select([_drawn(row) for row in rows], arguments.sources, arguments.n, arguments.seed)
        if not selection.cases:
            left = ", ".join(f"{n} {reason}" for reason, n in selection.coverage["left_out"].items())
            why = left or f"none is among {', '.join(arguments.sources)} (--from)"
            raise WrongUsage(f"none of {len(rows)} samples can be a case: {why}")
        made = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "from": list(arguments.sources),
            "days": arguments.days,
            "seed": arguments.seed,
        }
        suite = Suite(
            name=arguments.name,
            cases=tuple(selection.cases),
            app=arguments.app,
            about={"made": made, "coverage": selection.coverage},
        )
        _keep(store, suite, selection.users, arguments.replace)
    return 0


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = Parser(prog="sightglass suite make", description="Makes a suite: chooses its cases from traffic.")
    add_options(parser)
    parser.add_argument("name", metavar="NAME", help="name of the suite")
    parser.add_argument("--app", help="only traffic of this application (default: all)")
    parser.add_argument(
        "--from",
        dest="sources",
        default=",".join(SOURCES),
        metavar="LIST",
        help=f"which samples to choose from, separated by commas: {', '.join(SOURCES)} (default: all)",
    )
    parser.add_argument("-n", type=int, default=200, metavar="N", help="at most N cases (default: 200)")
    parser.add_argument("--days", type=float, default=7.0, help="only samples of the last DAYS days (default: 7)")
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        help="seed of the random choice: the same seed chooses the same cases (default: 0)",
    )
    parser.add_argument("--replace", action="store_true", help="replace the suite of this name with a new version")
    arguments = parser.parse_args(argv)
    arguments.sources = tuple(part.strip() for part in arguments.sources.split(",") if part.strip())
    for name in arguments.sources or ("",):
        if name not in SOURCES:
            raise WrongUsage(f"--from: expected some of {', '.join(SOURCES)}, found {name[:64]!r}")
    if not 1 <= arguments.n <= 10_000:
        raise WrongUsage(f"-n: expected 1 to 10000, found {arguments.n}")
    if not arguments.days > 0:
        raise WrongUsage(f"--days: expected more than 0, found {arguments.days:g}")
    try:
        checked_name(arguments.name)
    except ValueError as error:
        raise WrongUsage(str(error)) from None
    return arguments


def _drawn(row: PoolRow) -> Drawn:
    return Drawn(
        sample=row.sample,
        weight=1 / row.probability,
        conversation=row.conversation,
        user=row.user_hash,
        failed=row.failed,
        flagged=row.flagged,
        unsure=row.unsure,
    )


def _keep(store: Store, suite: Suite, users: dict[str, str], replace: bool) -> None:
    if not replace and store.suites.load(suite.name) is not None:
        raise WrongUsage(f"{suite.name}: a suite of this name exists already; use --replace, or another name")
    ids = [str(case.source["sample_id"]) for case in suite.cases]
    store.record_reads(f"suite:{user_name()}", time.time(), ids)
    version = store.suites.save(suite, users)
    mix = covered(suite.about["coverage"], suite.cases)
    left = ", ".join(f"{n} {reason}" for reason, n in suite.about["coverage"]["left_out"].items())
    _say(
        f"{suite.name} version {version}: {len(suite.cases)} cases; their kinds of request are "
        f"{mix['covered']:.0%} of production" + (f"; left out: {left}" if left else "")
    )
    _say(f"next, set what is expected of each case: sightglass suite label {suite.name}")


def _say(line: str) -> None:
    sys.stderr.write(f"sightglass suite make: {line}\n")
