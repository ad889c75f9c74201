"""``sightglass dead list|replay``: what each consumer group gave up, and replaying it. Shows no text of a sample.

Exit status: 0; 1 when the queue cannot be reached; 2 when an argument is wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from proxy.config.settings import Settings
from proxy.queue.connect import open_queue
from proxy.queue.protocol import DeadLetter, QueueError, SampleQueue
from proxy.run.processes import private_folder
from scorers.commands.options import Parser, WrongUsage, add_options, is_there, settings_of
from scorers.score import OUTPUTS

#: The groups of a worker: rows and samples, feedback, and one for each scorer.
GROUPS = ("store", "feedback", *OUTPUTS)


def main(argv: list[str]) -> int:
    """The exit status of ``sightglass dead`` with these arguments. Raises ``ConfigError``."""
    try:
        arguments = _arguments(argv)
        settings = settings_of(arguments)
        groups = [arguments.group] if arguments.group else list(GROUPS)
        return asyncio.run(_run(settings, arguments, groups))
    except WrongUsage as error:
        sys.stderr.write(f"sightglass dead: {error}\n")
        return 2
    except QueueError as error:
        sys.stderr.write(f"sightglass dead: {error}\n")
        return 2


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = Parser(
        prog="sightglass dead", description="Dead letters: items that a consumer group gave up, with the reason."
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|replay")
    shown = actions.add_parser("list", help="list dead letters, oldest first")
    shown.add_argument(
        "--limit", type=int, default=100, metavar="N", help="at most this many of each group (default: 100)"
    )
    shown.add_argument("--json", action="store_true", help="print one JSON object per line")
    again = actions.add_parser("replay", help="hand dead letters out again, to their group")
    again.add_argument("ids", nargs="*", metavar="ID", help="ids from `dead list` (default: all)")
    for action in (shown, again):
        add_options(action)
        action.add_argument("--group", choices=GROUPS, help="only this group (default: all)")
    arguments = parser.parse_args(argv)
    if arguments.action == "list" and not 1 <= arguments.limit <= 100_000:
        raise WrongUsage("--limit: 1 to 100000")
    return arguments


async def _run(settings: Settings, arguments: argparse.Namespace, groups: Sequence[str]) -> int:
    if settings.queue == "sqlite" and not is_there(Path(settings.data_dir), "queue.db"):
        raise WrongUsage(f"{settings.data_dir}: there is no queue here; give --config or --data-dir")
    queue = open_queue(settings, private_folder(settings.data_dir))
    try:
        if arguments.action == "replay":
            return await _replay(queue, groups, arguments.ids)
        return await _list(queue, groups, arguments.limit, arguments.json)
    finally:
        await queue.close()


async def _replay(queue: SampleQueue, groups: Sequence[str], ids: list[str]) -> int:
    total = 0
    for group in groups:
        number = await queue.replay(group, ids or None)
        total += number
        if number or len(groups) == 1:
            sys.stdout.write(f"{group}: {number} replayed\n")
    if ids and not total:
        raise WrongUsage("none of these ids is a dead letter of these groups; `sightglass dead list` shows all")
    sys.stderr.write(f"sightglass dead: {total} dead letters handed out again\n")
    return 0


async def _list(queue: SampleQueue, groups: Sequence[str], limit: int, as_json: bool) -> int:
    total = 0
    for group in groups:
        for letter in await queue.dead(group, limit):
            total += 1
            sys.stdout.write(_json_line(letter) if as_json else _line(letter))
        count = await queue.dead_count(group)
        if count.kept or count.dropped:
            sys.stderr.write(f"{group}: {count.kept} kept, {count.dropped} dropped for lack of room\n")
    if not total:
        sys.stderr.write("sightglass dead: no dead letters\n")
    return 0


def _facts(letter: DeadLetter) -> dict[str, object]:
    return {
        "group": letter.group,
        "id": letter.id,
        "kind": letter.kind.value,
        "reason": letter.reason,
        "deliveries": letter.deliveries,
        "age_seconds": round(letter.age, 1),
        "bytes": len(letter.payload),
    }


def _json_line(letter: DeadLetter) -> str:
    return msgspec.json.encode(_facts(letter)).decode() + "\n"


def _line(letter: DeadLetter) -> str:
    text = "  ".join(str(value) for value in _facts(letter).values())
    # An id may hold characters that repaint a terminal.
    return "".join(char if char.isprintable() else "?" for char in text) + "\n"
