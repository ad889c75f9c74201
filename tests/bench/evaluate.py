"""The cell ``evaluate``: what a request costs all of ``serve``, until every scorer has had its sample.

CPU of every process of ``sightglass serve`` from the first request until the ledger closes, by request, split into the
proxy (with its supervisor), the worker's own process and its scorer processes; nginx as a reverse proxy on the same
requests in the same round. The ledger is read from the store's file, which costs the worker nothing.

With ``servers`` the queue is a Redis and the store a PostgreSQL: the cell ``evaluate-servers``. Then each of the two is
a part besides.
"""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import yaml

from tests.bench import cpu, nginx
from tests.bench.cells import CELLS, MODEL, PLACE, Cell, reply
from tests.bench.contenders import config
from tests.bench.figures import Spread
from tests.bench.latency import Line
from tests.bench.servers import Servers
from tests.bench.starting import start
from tests.support.processes import Child, free_ports, wait_until

#: Sampling rate -> requests of one round, must and aim in times nginx.
RATES: dict[float, tuple[int, float, float]] = {0.1: (4000, 15.0, 10.0), 1.0: (800, 90.0, 50.0)}
SCORERS = 7
#: Two sentences about what was asked.
ANSWER = reply(202)
PARTS = ("proxy", "worker", "scorers")
#: What is besides in the cell with servers.
SERVERS = ("redis", "postgres")
_CONNECTIONS = 16
#: Samples that warm it up, so that every process that takes part is started, and each of its scorers built. Otherwise
#: the start of one (two seconds of CPU) fell into a round now and then.
_WARM = 200
_CLOSES_WITHIN = 120.0

_FACTS = (
    "Parcels leave our warehouse on working days before four in the afternoon.",
    "The carrier scans each parcel at every hub, and the tracking page shows the last scan.",
    "A parcel that was not scanned for five days is searched for by the carrier.",
    "Returns are free for thirty days when the label from the account page is used.",
    "Lamps with a cracked shade are replaced without asking for the broken one.",
    "Orders above eighty euros are delivered free of charge within the country.",
    "Express delivery takes one working day and costs nine euros and fifty cents.",
    "A change of the address is possible until the parcel has left the warehouse.",
    "Invoices are sent by mail on the day of delivery and kept for ten years.",
    "Gift wrapping can be chosen in the basket for each article by itself.",
    "Bulbs are not part of a lamp, and fit the socket that its page names.",
    "A broken parcel is photographed before it is opened, and reported within two days.",
    "The shop answers letters on the next working day, in the order of their arrival.",
    "Vouchers are valid for three years and are not paid out in cash.",
)
_ASKED = (
    "My lamp was sent on Monday. Where is it now, and what do I do when it does not come?",
    "The tracking page has not changed since Monday. When will my parcel be searched for?",
    "Can I still change the address of an order that was sent on Monday?",
)


def bodies(count: int = 512) -> list[bytes]:
    """Chats of 1.3 KB with a document in the user's turn, all different, always the same ones."""
    coin, found = random.Random(16), []
    system = "You are the assistant of a shop. Answer in one sentence and name the page that you rely on."
    for _ in range(count):
        document = " ".join(coin.sample(_FACTS, 12))
        text = f"<document>\n{document}\n</document>\n\nCase {PLACE.decode()}: {coin.choice(_ASKED)}"
        messages = [{"role": "system", "content": system}, {"role": "user", "content": text}]
        body = orjson.dumps({"model": MODEL, "messages": messages, "temperature": 0.2, "max_completion_tokens": 400})
        found.append(body.replace(PLACE, b"%04d" % len(found)))
    return found


@dataclass(frozen=True, slots=True)
class Cost:
    """One contender in one round: CPU seconds a request, by part; nginx has only ``proxy``."""

    contender: str
    round: int
    requests: int
    parts: dict[str, float]

    @property
    def whole(self) -> float:
        """All parts together."""
        return sum(self.parts.values())


@dataclass(slots=True)
class Evaluation:
    """All rounds at one sampling rate, and what was wrong."""

    rate: float
    servers: bool = False
    costs: list[Cost] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def of(self, name: str) -> list[Cost]:
        """The rounds of one contender."""
        return [cost for cost in self.costs if cost.contender == name]

    def figure(self, name: str) -> Spread:
        """Times nginx in the same round."""
        pairs = zip(self.of(name), self.of("nginx"), strict=True)
        return Spread.of(own.whole / base.whole for own, base in pairs)

    def part(self, name: str, part: str) -> float:
        """Median of the rounds, in microseconds a request."""
        return statistics.median(cost.parts.get(part, 0.0) for cost in self.of(name)) * 1e6

    def parts(self) -> tuple[str, ...]:
        """The parts that have costs here."""
        return PARTS + SERVERS * self.servers

    def names(self) -> list[str]:
        """Contenders in their order."""
        return list(dict.fromkeys(cost.contender for cost in self.costs))

    def verdict(self, name: str) -> str:
        """Against the bounds, which the cell with servers has none of; what was done wrong makes the figure worth
        nothing."""
        _, must, aim = RATES[self.rate]
        if self.problems:
            return "WRONG"
        if self.servers:
            return ""
        figure = self.figure(name).median
        return "aim reached" if figure <= aim else "reached" if figure <= must else "not reached"

    def json(self) -> dict[str, Any]:
        """For the file."""
        _, must, aim = RATES[self.rate]
        return {
            "rate": self.rate,
            "servers": self.servers,
            "must": must,
            "aim": aim,
            "problems": self.problems,
            "contenders": {
                name: {part: round(self.part(name, part), 1) for part in self.parts()}
                | {"whole": Spread.of(cost.whole * 1e6 for cost in self.of(name)).json()}
                | ({} if name == "nginx" else {"times_nginx": self.figure(name).json(), "verdict": self.verdict(name)})
                for name in self.names()
            },
        }


def table(found: Evaluation) -> str:
    """What is printed."""
    _, must, aim = RATES[found.rate]
    what = "Redis and PostgreSQL" if found.servers else f"must {must:g}, aim {aim:g} x nginx's CPU a request"
    heads = "".join(f"{part:>9}" for part in found.parts())
    lines = [
        f"evaluate: sampling rate {found.rate:g}, seven scorers, 1.3 KB chats with a document   {what}",
        f"  {'':<12}{'x nginx':<22}{'whole':>9}{heads}  us a request",
    ]
    for name in found.names():
        whole = statistics.median(cost.whole for cost in found.of(name)) * 1e6
        figure = "" if name == "nginx" else str(found.figure(name))
        parts = "".join(f"{found.part(name, part):9.1f}" for part in found.parts())
        verdict = "" if name == "nginx" else f"  {found.verdict(name)}"
        lines.append(f"  {name:<12}{figure:<22}{whole:9.1f}{parts}{verdict}")
    return "\n".join([*lines, *(f"  ! {problem}" for problem in found.problems)])


class Serve:
    """``sightglass serve`` from a checkout, warm; with the embedded queue and store, or with servers."""

    def __init__(
        self, name: str, folder: Path, upstream: int, tree: Path, rate: float, servers: Servers | None = None
    ) -> None:
        self.name, self._servers = name, servers
        ports = free_ports(3)
        folder.mkdir()
        settings = config(folder, upstream, ports) | {"sampling": {"rate": rate, "unit": "request"}}
        settings |= servers.settings if servers else {}
        file = folder / "sightglass.yaml"
        file.write_text(yaml.safe_dump(settings), encoding="utf-8")
        environ = {key: value for key, value in os.environ.items() if not key.startswith(("SIGHTGLASS_", "OTEL_"))}
        environ["PYTHONPATH"] = str(tree.resolve())
        command = [sys.executable, "-m", "proxy.cli", "serve", "--config", str(file)]
        self.child = start(f"serve in {folder.name}", command, folder, tree, ports[0], environ)
        self.child.wait_ready([f"http://127.0.0.1:{port}/-/ready" for port in (ports[0], ports[2])])
        self.port = ports[0]
        self._file = folder / "data" / "store.db"
        self._sent = 0

    def _ask(self, statement: str) -> list[tuple[Any, ...]]:
        if self._servers is not None:
            return self._servers.ask(statement)
        with contextlib.closing(sqlite3.connect(f"file:{self._file}?mode=ro", uri=True, timeout=10)) as db:
            return db.execute(statement).fetchall()

    def _counts(self) -> tuple[int, int, int, int]:
        """Rows, those of them whose sample was published, samples, and results."""
        ((rows, published),) = self._ask(
            "SELECT COUNT(*), COUNT(CASE WHEN decision = 'published' THEN 1 END) FROM exchanges"
        )
        ((results,),) = self._ask("SELECT COUNT(*) FROM results")
        ((samples,),) = self._ask("SELECT COUNT(*) FROM samples WHERE request_id IS NOT NULL")
        return rows, published, samples, results

    def _complete(self, counts: tuple[int, int, int, int]) -> bool:
        """Whether every scorer has a result for every sample that was published."""
        _, published, samples, results = counts
        return samples == published and results == SCORERS * published

    def _closed(self) -> bool:
        """Every request has its row, and every scorer a result for every sample that was published."""
        counts = self._counts()
        return counts[0] == self._sent and self._complete(counts)

    def round(self, requests: list[bytes]) -> dict[str, float]:
        """CPU seconds of each part for these requests, from the first one until the ledger closes."""
        before, there = self._used(), self._beside()
        send(self.port, requests)
        self._sent += len(requests)
        wait_until(self._closed, _CLOSES_WITHIN, f"{self.name}: the ledger closes")
        after, then = self._used(), self._beside()
        gone = [pid for pid in before if pid not in after]
        assert not gone, f"{self.name}: process {gone[0]} has ended, and its CPU with it"
        used = dict.fromkeys(PARTS, 0.0)
        for pid, (part, seconds) in after.items():
            used[part] += seconds - before.get(pid, ("", 0.0))[1]
        return used | {part: then[part] - there[part] for part in then}

    def _beside(self) -> dict[str, float]:
        return self._servers.used() if self._servers else {}

    def _used(self) -> dict[int, tuple[str, float]]:
        return {pid: (_part(pid), cpu.seconds([pid])) for pid in cpu.tree(self.child.process.pid)}

    def used(self) -> dict[str, float]:
        """CPU seconds of its processes so far, by part."""
        used = dict.fromkeys(PARTS, 0.0)
        for part, seconds in self._used().values():
            used[part] += seconds
        return used

    def published(self) -> int:
        """Requests whose samples were published so far."""
        ((published,),) = self._ask("SELECT COUNT(*) FROM exchanges WHERE decision = 'published'")
        return int(published)

    def settle(self, requests: int, patience: float) -> float:
        """Wait until these further requests have their rows, all samples their results, and nothing has come for a
        second; returns when the last came (``time.monotonic``).

        Requests that a client left unanswered when it ended have rows besides.
        """
        self._sent += requests
        seen, at, deadline = self._counts(), time.monotonic(), time.monotonic() + patience
        while time.monotonic() < deadline:
            time.sleep(0.1)
            now = self._counts()
            if now != seen:
                seen, at = now, time.monotonic()
            elif self._complete(now) and seen[0] >= self._sent and time.monotonic() - at > 1.0:
                self._sent = seen[0]
                return at
        raise AssertionError(f"{self.name}: the ledger does not close: {seen} of {self._sent}")

    def problems(self, rate: float) -> list[str]:
        """What was done other than asked: a rate that was lowered, samples that were dropped or failed."""
        ((lowest,),) = self._ask("SELECT MIN(probability) FROM exchanges WHERE decision = 'published'")
        bad = self._ask("SELECT scorer, result, reason, COUNT(*) FROM results WHERE result NOT IN"
                        " ('scored', 'not_applicable') OR reason = 'too_long' GROUP BY 1, 2, 3")  # fmt: skip
        found = [f"{self.name}: {count} of {scorer} {result} ({reason})" for scorer, result, reason, count in bad]
        gone = self._ask("SELECT decision, outcome, COUNT(*) FROM exchanges WHERE decision LIKE 'dropped%'"
                         " OR outcome NOT IN ('ok', 'client_disconnected') GROUP BY 1, 2")  # fmt: skip
        found += [f"{self.name}: {count} requests {decision} ({outcome})" for decision, outcome, count in gone]
        if lowest is not None and lowest < rate * 0.999:
            found.append(f"{self.name}: sampling was lowered to {lowest:g}")
        return found

    def scores(self) -> dict[str, float]:
        """The mean value and the share of yes of every output: the same build by build."""
        rows = self._ask("SELECT scorer || '.' || output, AVG(value), AVG(CASE WHEN verdict = 'yes' THEN 1.0 ELSE 0.0"
                         " END) FROM scores GROUP BY 1")  # fmt: skip
        return {f"{name} {what}": value or 0.0 for name, *values in rows
                for what, value in zip(("value", "yes"), values, strict=True)}  # fmt: skip


def _part(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace").split("\0")
    except OSError:
        return "proxy"
    if "scorers.worker.child" in words:
        return "scorers"
    return "worker" if "scorers" in words else "proxy"


def send(port: int, requests: list[bytes]) -> None:
    """All of them over a few connections, one after another on each. Fails on a wrong answer."""
    lines = [Line(port, ANSWER) for _ in range(_CONNECTIONS)]
    try:
        for place in range(0, len(requests), len(lines)):
            some = requests[place : place + len(lines)]
            for line, request in zip(lines, some, strict=False):
                line.write(request)
            for line in lines[: len(some)]:
                assert line.read(), "not the upstream's answer"
    finally:
        for line in lines:
            line.close()


def _requests(count: int) -> list[bytes]:
    cell, made = CELLS[0], []
    texts = bodies()
    for number in range(count):
        made.append(cell.request(0, texts[number % len(texts)]))
    return made


@contextmanager
def _field(
    folder: Path, rate: float, trees: dict[str, Path], cell: Cell, servers: bool
) -> Iterator[tuple[int, Child, list[Serve]]]:
    with ExitStack() as stack:
        upstream, port = nginx.start_upstream(folder / "upstream", cell, ANSWER)
        stack.callback(upstream.stop)
        proxy, proxy_port = nginx.start_proxy(folder / "nginx", port, cell)
        stack.callback(proxy.stop)
        served = []
        for name, tree in trees.items():
            beside = stack.enter_context(Servers(folder / f"servers-{name}")) if servers else None
            serve = Serve(name, folder / name, port, tree, rate, beside)
            stack.callback(serve.child.stop, 40)
            served.append(serve)
        yield proxy_port, proxy, served


def run(
    rate: float, rounds: int, share: float, trees: dict[str, Path], folder: Path, servers: bool = False
) -> Evaluation:
    """Measure at one sampling rate. ``share``: of the requests that a round usually has."""
    found, cell = Evaluation(rate, servers), CELLS[0]
    requests = _requests(max(200, round(RATES[rate][0] * share)))
    with _field(folder, rate, trees, cell, servers) as (proxy_port, proxy, served):
        send(proxy_port, requests[:200])
        for serve in served:
            serve.round(_requests(max(400, round(_WARM / rate))))
        for number in range(rounds):
            pids = cpu.tree(proxy.process.pid)
            before = cpu.seconds(pids)
            send(proxy_port, requests)
            time.sleep(0.2)
            spent = cpu.seconds(pids) - before
            found.costs.append(Cost("nginx", number, len(requests), {"proxy": spent / len(requests)}))
            for serve in served:
                parts = {part: used / len(requests) for part, used in serve.round(requests).items()}
                found.costs.append(Cost(serve.name, number, len(requests), parts))
        for serve in served:
            found.problems += serve.problems(rate)
        if rate == 1.0 and len(served) > 1:
            found.problems += differences(*(serve.scores() for serve in served[:2]))
    return found


def differences(own: dict[str, float], other: dict[str, float]) -> list[str]:
    """Outputs whose scores are not what they were in the other build."""
    return [
        f"{name}: {own.get(name)} here, {other.get(name)} there"
        for name in sorted(own.keys() | other.keys())
        if abs(own.get(name, -1.0) - other.get(name, -1.0)) > 1e-6
    ]
