"""``sightglass export``, ``import``, ``report``, ``retention``: samples out and in, rates and costs, old data deleted.

Exit status: 0; 2 when an argument, a file or one of its lines is wrong (other lines are taken all the same); 1 when
store or queue did not do it. What is said goes to stderr, data to stdout or a file.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO

import msgspec

from proxy.config.settings import Settings
from proxy.errors import ConfigError
from proxy.queue.connect import open_queue
from proxy.queue.protocol import Item, QueueError, SampleQueue
from proxy.redact import Redactor
from proxy.run import standard_files
from proxy.run.processes import private_folder
from proxy.sample import Sample
from scorers.commands.options import Parser, Problems, WrongUsage, add_options, bar, is_there, settings_of, user_name
from scorers.estimates.costs import Costs, compute_costs
from scorers.estimates.model_names import ModelNames
from scorers.estimates.rates import ALL, Rate, Window, compute_between
from scorers.files.whole_file import LinkNamed, whole_file
from scorers.formats import intake, recorded
from scorers.formats.answers import NotOurs, Recorded
from scorers.formats.rows import Wrong
from scorers.formats.suites import formats
from scorers.formats.text_table import aligned
from scorers.judge.cost_plan import Estimate, plan, told
from scorers.score import OUTPUTS, Verdict
from scorers.store.records import BadQuery, SampleQuery
from scorers.store.store import Store

_BATCH = 200
#: Ids whose lines an import remembers: of two samples with one id, the store keeps the first.
_REMEMBERED = 1_000_000
#: An import waits while the queue is fuller than this: what it brings must not push traffic out.
_FULL = 0.5
_PATIENCE = 60.0


def main(words: list[str]) -> int:
    """The exit status of one of the commands; ``words`` begin with its name."""
    command, *argv = words
    try:
        return COMMANDS[command](argv)
    except SystemExit as ended:  # argparse has printed its help
        return int(ended.code or 0)
    except ConfigError as error:
        return _complain(command, *error.problems)
    except (WrongUsage, BadQuery, NotOurs) as error:
        return _complain(command, str(error))
    except QueueError as error:
        return _complain(command, str(error))
    except BrokenPipeError:
        return standard_files.unread()


def _complain(command: str, *lines: str) -> int:
    for line in lines:
        sys.stderr.write(f"sightglass {command}: {line}\n")
    return 2


@contextmanager
def _opened(settings: Settings) -> Iterator[Store]:
    folder = Path(settings.data_dir)
    if settings.store == "sqlite" and not is_there(folder, "store.db"):
        raise WrongUsage(f"{folder}: there is no store here; give --config or --data-dir")
    with closing(Store.open(settings.store, folder)) as store:
        yield store


# --- export ------------------------------------------------------------------------------------------------------


def export(argv: list[str]) -> int:
    """``sightglass export``: samples with their text as JSON lines."""
    parser = Parser(prog="sightglass export", description="Writes samples in the recorded format, one JSON line each.")
    add_options(parser)
    for name, text in (("since", "from this moment on"), ("until", "before this moment")):
        parser.add_argument(f"--{name}", metavar="TIME", help=f"{text}: Unix seconds or ISO 8601")
    for name in ("app", "model"):
        parser.add_argument(f"--{name}", help=f"only samples of this {name}")
    parser.add_argument(
        "--scorer", choices=list(OUTPUTS), metavar="NAME", help="only samples that this scorer has scored"
    )
    verdicts = [verdict.value for verdict in Verdict]
    parser.add_argument(
        "--verdict", choices=verdicts, help="only samples with this verdict; with --scorer, of that scorer"
    )
    parser.add_argument(
        "--output", metavar="FILE", default="-", help="output file, readable only by you (default: stdout)"
    )
    arguments = parser.parse_args(argv)
    names = ("since", "until", "app", "model", "scorer", "verdict")
    given = {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}
    try:
        query = msgspec.convert({**given, "limit": 1000}, SampleQuery)
    except msgspec.ValidationError as error:
        raise WrongUsage(str(error)) from None
    with _opened(settings_of(arguments)) as store, _writing(arguments.output) as out:
        written, bare = _export(store, query, out)
    sys.stderr.write(f"sightglass export: {written} samples" + (f", {bare} without text\n" if bare else "\n"))
    return 0


@contextmanager
def _writing(name: str) -> Iterator[BinaryIO]:
    """The output. What was in the file stays until all of the new one is written: half an export is none."""
    if name == "-":
        yield sys.stdout.buffer
        return
    try:
        with whole_file(Path(name), links=False) as out:
            yield out
    except LinkNamed:
        raise WrongUsage(f"{name}: a symbolic link; name the file itself, or - for stdout") from None
    except BrokenPipeError:
        raise
    except OSError as error:
        raise WrongUsage(f"{name}: {error.strerror}; nothing is written") from None


def _export(store: Store, query: SampleQuery, out: BinaryIO) -> tuple[int, int]:
    """Write what ``query`` finds; how many samples were written, and how many have no text to write."""
    written = bare = 0
    who = f"export:{user_name()}"
    with bar(store.count_samples(query), " samples") as progress:
        while True:
            found, cursor, without = store.contents(query)
            store.record_reads(who, time.time(), [sample.id for sample in found])
            for sample in found:
                for line in _lines(sample):
                    out.write(line + b"\n")
            written, bare = written + len(found), bare + without
            progress.update(len(found) + without)
            if cursor is None:
                out.flush()
                return written, bare
            query = msgspec.structs.replace(query, cursor=cursor)


def _lines(sample: Sample) -> list[bytes]:
    """The format has one answer a line: further ones follow under an id of their own."""
    lines = [recorded.encode(sample)]
    for number in range(1, len(sample.choices)):
        lines.append(recorded.encode(msgspec.structs.replace(sample, id=f"{sample.id}#{number}"), number))
    return lines


# --- import ------------------------------------------------------------------------------------------------------


def import_(argv: list[str]) -> int:
    """``sightglass import FILE``: samples from elsewhere into the queue, so that the scorers see them."""
    parser = Parser(
        prog="sightglass import",
        description="Imports samples that did not come through the proxy. They are in no rate of traffic.",
    )
    add_options(parser)
    parser.add_argument("file", metavar="FILE", help="recorded samples, one JSON line each; - reads stdin")
    parser.add_argument("--format", choices=formats(), help="format of another tool; its answers are imported")
    arguments = parser.parse_args(argv)
    settings = settings_of(arguments)
    with _reading(arguments.file) as stream:
        source = Recorded(stream, arguments.file, arguments.format)
        taken, problems = asyncio.run(_Import(settings).run(source, _size(arguments.file)))
    for note in source.losses:
        sys.stderr.write(f"sightglass import: {note}\n")
    if taken or not problems:
        sys.stderr.write(f"sightglass import: {taken} samples\n")
    return _complain("import", *problems) if problems else 0


def _reading(name: str) -> AbstractContextManager[BinaryIO]:
    if name == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise WrongUsage(f"{name}: {error.strerror}") from None


def _size(name: str) -> int | None:
    return None if name == "-" else Path(name).stat().st_size


class _Import:
    """One pass over a file."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._redactor = Redactor(settings.redaction)
        self._problems = Problems()
        self._taken = 0
        #: Of each id that was taken: the number of its line, and what the line was.
        self._lines: dict[str, tuple[int, int]] = {}

    async def run(self, source: Recorded, size: int | None) -> tuple[int, list[str]]:
        queue = open_queue(self._settings, private_folder(self._settings.data_dir))
        try:
            with bar(size, "B") as progress:
                items: list[Item] = []
                for number, line in source:
                    items += self._read(source, number, line)
                    if len(items) >= _BATCH:
                        await self._publish(queue, items)
                        items = []
                    progress.update(0 if isinstance(line, Wrong) else len(line) + 1)
                await self._publish(queue, items)
        finally:
            await queue.close()
        return self._taken, self._problems.lines

    def _read(self, source: Recorded, number: int, line: bytes | Wrong) -> list[Item]:
        try:
            if isinstance(line, Wrong):
                raise line
            item = intake.item(intake.read(line, self._redactor, time.time()))
            if len(self._lines) < _REMEMBERED:
                first, said = self._lines.setdefault(item.id, (number, hash(line)))
                if said != hash(line):
                    raise ValueError(f"id: the same as in line {first}, which is another sample")
            return [item]
        except ValueError as error:
            self._problems.add(source.problem(number, line, error))
            return []

    async def _publish(self, queue: SampleQueue, items: list[Item]) -> None:
        if not items:
            return
        give_up, least = time.monotonic() + _PATIENCE, 1.0
        while (fill := await queue.fill()) > _FULL:
            if fill < least:
                give_up, least = time.monotonic() + _PATIENCE, fill
            if time.monotonic() > give_up:
                raise QueueError(f"the queue is full and no worker empties it; {self._taken} samples were taken")
            await asyncio.sleep(0.5)
        await queue.publish(items)
        self._taken += len(items)


# --- report, retention -------------------------------------------------------------------------------------------


def report(argv: list[str]) -> int:
    """``sightglass report``: rates with intervals, and what successes cost."""
    parser = Parser(
        prog="sightglass report", description="Shows rates with their 95 % intervals, and the cost per successful task."
    )
    add_options(parser)
    parser.add_argument("--window", choices=[window.value for window in Window], default=Window.DAY.value)
    parser.add_argument("--app", help="only this application; all: the sum over all of them")
    parser.add_argument("--imported", action="store_true", help="rates of imported samples instead of traffic")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args(argv)
    now = time.time()
    since = now - Window(arguments.window).seconds
    settings = settings_of(arguments)
    names = ModelNames.of(settings)
    with _opened(settings) as store, bar(2, " steps") as progress:
        rates = compute_between(store, since, now, arguments.imported, names)
        progress.update()
        costs = Costs([], []) if arguments.imported else compute_costs(store, since, now, names)
        progress.update()
        judge = _judge(settings, store, now)
    if arguments.app is not None:
        rates = [rate for rate in rates if rate.app == arguments.app]
        costs = Costs(
            [row for row in costs.costs if row.app == arguments.app],
            [row for row in costs.answers if row.app == arguments.app],
        )
    if arguments.json:
        document = {"window": arguments.window, "rates": rates, "costs": costs.costs, "answers": costs.answers}
        document |= {"judge": judge} if judge is not None else {}
        sys.stdout.buffer.write(msgspec.json.encode(document) + b"\n")
    else:
        sys.stdout.write(_table(rates, costs) + (told(judge) if judge is not None else ""))
    sys.stdout.flush()
    return 0


def _judge(settings: Settings, store: Store, now: float) -> Estimate | None:
    """What the configured judge would cost, whether or not it is switched on."""
    own = settings.judge
    if own is None or own.price is None:
        return None
    volumes = store.judging.volumes(now - 86_400.0, now, own.apps)
    return plan(volumes, list(own.apps), own.sample, [*map(str, settings.scorers)], own.price, own.budget_usd_per_day)


def _table(rates: list[Rate], costs: Costs) -> str:
    rows = [("output", "app", "model", "share", "95 % interval", "n")]
    for rate in rates:
        name = f"{rate.scorer}.{rate.output}" + ("" if rate.calibrated else " (flagged)")
        share = interval = "-"
        if rate.ratio is not None and rate.lower is not None and rate.upper is not None:
            share, interval = f"{100 * rate.ratio:.1f} %", f"{100 * rate.lower:.1f} to {100 * rate.upper:.1f} %"
        rows.append((name, rate.app, rate.model, share, interval, str(rate.scored)))
    lines = aligned(rows, left=(0, 1, 2))
    if not rates:
        lines.append("nothing was scored")
    if costs.costs:
        lines += ["", *_cost_lines(costs)]
    # A name from traffic may hold characters that repaint a terminal.
    return "".join(char if char.isprintable() or char == "\n" else "?" for char in "\n".join(lines)) + "\n"


def _cost_lines(costs: Costs) -> list[str]:
    rows = [["cost per successful task", "USD", "success", "failure", "unknown", "unmetered"]]
    for row in costs.costs:
        usd = f"{row.cost_per_success_usd:.6g}" if row.cost_per_success_usd is not None else "-"
        counts = [str(n) for n in (*row.tasks.values(), sum(row.unmetered.values()))]
        rows.append(["all apps" if row.app == ALL else row.app, usd, *counts])
    return aligned(rows)


def retention(argv: list[str]) -> int:
    """``sightglass retention``: delete now what is older than the configuration keeps; the worker does it by itself."""
    parser = Parser(prog="sightglass retention", description="Deletes what is past retention, in store and queue.")
    add_options(parser)
    settings = settings_of(parser.parse_args(argv))
    with _opened(settings) as store, bar(None, " rows") as progress:
        deleted = store.expire(settings.retention, progress.update)
    queued = asyncio.run(_expire_queue(settings))
    sys.stderr.write(f"sightglass retention: {deleted} requests and samples deleted, {queued} items in the queue\n")
    return 0


async def _expire_queue(settings: Settings) -> int:
    queue = open_queue(settings, private_folder(settings.data_dir))
    try:
        return await queue.expire(time.time() - settings.retention.samples)
    finally:
        await queue.close()


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "export": export,
    "import": import_,
    "report": report,
    "retention": retention,
}
