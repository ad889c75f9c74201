"""Faults of scorers and of those who run them (W01 to W09): each costs its own sample at most."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from proxy.config.settings import ScorerSettings
from proxy.queue.protocol import Claimed, Item, Kind
from proxy.queue.sqlite import SqliteQueue
from proxy.sample import Sample
from scorers.score import OnLoop, Score, Verdict
from scorers.store.store import Store
from scorers.worker.consumer import Consumer, OpenLane
from scorers.worker.health import Health
from scorers.worker.pool import Pool, PoolRunner
from scorers.worker.progress import Progress
from scorers.worker.runner import MAX_DELIVERIES, MAX_PAYLOAD, LoopRunner
from scorers.worker.scoring import ScoreSink
from support import plain, replies
from support.patience import patient
from support.processes import ROOT, Sightglass, wait_until
from support.scoring import Metrics, item, parsed, sample, until
from support.upstream import ScriptedUpstream

MB = 1 << 20
NAMES = ("refusal", "format")
BODY = {"model": replies.MODEL, "messages": [{"role": "user", "content": "Where is the lamp?"}]}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    opened = Store.open("sqlite", tmp_path)
    yield opened
    opened.close()


@pytest.fixture
async def queue(tmp_path: Path) -> AsyncIterator[SqliteQueue]:
    """An empty queue with two groups."""
    made = SqliteQueue(tmp_path / "queue.db", 400 * MB)
    for name in NAMES:
        await made.ensure_group(name, (Kind.SAMPLE,))
    yield made
    await made.close()


@asynccontextmanager
async def scoring(
    queue: SqliteQueue,
    store: Store,
    names: tuple[str, ...] = ("refusal",),
    timeout: float = 5.0,
    memory: int = 200 * MB,
) -> AsyncIterator[dict[str, Consumer]]:
    """Consumers of hostile scorers over one pool of two processes, with short leases."""
    own = ScorerSettings().model_dump_json()
    pool = Pool(dict.fromkeys(names, "support.hostile:hostile"), dict.fromkeys(names, own), 2, memory)
    stop, consumers = asyncio.Event(), {}
    for name in names:
        progress = Progress()
        runner = PoolRunner(pool, name, timeout, progress)
        sink = ScoreSink(name, runner, store, parsed(), Metrics().counters)
        consumers[name] = Consumer(queue, name, "w1", sink.handle, runner, (1.0, 0.1), progress)
    tasks = [asyncio.create_task(consumer.run(stop)) for consumer in consumers.values()]
    try:
        yield consumers
    finally:
        stop.set()
        await asyncio.gather(*tasks)
        await pool.close()


def results(store: Store, scorer: str = "refusal") -> dict[str, int]:
    """The ledger's line of a scorer, without zeros."""
    return {result: n for result, n in store.ledger()["scorers"].get(scorer, {}).items() if n}


def rows(folder: Path, statement: str) -> list[tuple[Any, ...]]:
    """Rows of the store's file."""
    with contextlib.closing(sqlite3.connect(folder / "store.db", timeout=10)) as connection:
        return connection.execute(statement).fetchall()


@pytest.mark.parametrize("step", ["read", "judged", "written", "acked"])
async def test_w01_killed_at_each_step_leaves_one_result(step: str, queue: SqliteQueue, tmp_path: Path) -> None:
    """SIGKILL after claiming, scoring, keeping, acknowledging: the next worker leaves exactly one result a sample."""
    Store.open("sqlite", tmp_path).close()
    await queue.publish([item(sample(f"r{number}", "fine")) for number in range(3)])
    module = str(ROOT / "tests" / "support" / "worker_steps.py")
    env = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    for each, status in ((step, -signal.SIGKILL), ("none", 0)):
        command = [sys.executable, module, each, str(tmp_path)]
        done = await asyncio.to_thread(subprocess.run, command, env=env, timeout=60, capture_output=True, check=False)
        assert done.returncode == status, done.stderr.decode()
    assert rows(tmp_path, "SELECT sample_id, result FROM results ORDER BY 1") == [
        (f"r{number}", "scored") for number in range(3)
    ]
    assert rows(tmp_path, "SELECT COUNT(*) FROM scores") == [(3,)]
    assert (await queue.backlog("refusal")).depth == 0


async def test_w02_hanging_past_the_lease_with_heartbeat_is_left_alone(queue: SqliteQueue, store: Store) -> None:
    """A sample that takes three leases is renewed meanwhile: the other worker never gets it."""
    await queue.publish([item(sample("r1", "sleep 3"))])
    async with scoring(queue, store):
        await asyncio.sleep(0.5)
        for _ in range(20):
            assert await queue.claim("refusal", "w2", 10, 1.0) == []
            await asyncio.sleep(0.1)
        await until(lambda: results(store) == {"scored": 1}, 15)


async def test_w02_without_heartbeat_it_is_claimed_once(queue: SqliteQueue) -> None:
    """After the lease one of two that ask gets it; what the late one still says changes nothing."""
    await queue.publish([item(sample("r1"))])
    (late,) = await queue.claim("refusal", "hangs", 10, 0.3)
    await asyncio.sleep(0.4)
    both = [*await queue.claim("refusal", "w2", 10, 30), *await queue.claim("refusal", "w3", 10, 30)]
    assert [each.deliveries for each in both] == [2]
    await queue.acknowledge("refusal", "hangs", [late.sequence])
    await queue.renew("refusal", "hangs", [late.sequence], 30)
    assert (await queue.backlog("refusal")).depth == 1


POISON = {
    "json": b'{"id": "x", ',
    "nan": b'{"id": NaN}',
    "surrogate": b'{"id": "\\ud800"}',
    "nested": b'{"id": "x", "other": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "empty": b"",
    "large": b'{"id": "' + b"x" * MAX_PAYLOAD + b'"}',
}


async def test_w03_poison_becomes_a_dead_letter_and_the_next_proceeds(queue: SqliteQueue, store: Store) -> None:
    """Broken, NaN, half a character, nested 100,000 deep, far too large: dead with its reason, and all else scored."""
    items = [
        each
        for name, text in POISON.items()
        for each in (Item(name, Kind.SAMPLE, text), item(sample(f"{name}-ok", "fine")))
    ]
    await queue.publish(items)
    async with scoring(queue, store):
        await until(lambda: results(store) == {"dead": len(POISON), "scored": len(POISON)}, 20)
        await asyncio.sleep(0.2)
    letters = {letter.id: letter.reason for letter in await queue.dead("refusal", 100)}
    assert letters == dict.fromkeys(POISON, "not_a_sample") | {"large": "too_large"}
    assert (await queue.backlog("refusal")).depth == 0
    entry = store.ledger_of("nested")
    assert entry is not None
    assert entry["scorers"]["refusal"]["reason"] == "not_a_sample"


async def test_w03_what_takes_its_worker_down_is_dead_after_n_deliveries(queue: SqliteQueue, store: Store) -> None:
    """Claimed and never finished, again and again: the next delivery buries it, and its neighbour is scored."""
    await queue.publish([item(sample("r1", "fine"))])
    for _ in range(MAX_DELIVERIES):
        assert len(await queue.claim("refusal", "dies", 10, 0.01)) == 1
        await asyncio.sleep(0.03)
    await queue.publish([item(sample("r2", "fine"))])
    async with scoring(queue, store):
        await until(lambda: results(store) == {"dead": 1, "scored": 1}, 20)
        await asyncio.sleep(0.2)
    assert [(letter.id, letter.reason) for letter in await queue.dead("refusal", 10)] == [("r1", "deliveries")]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("raise", "crashed"),
        ("nan", "crashed"),
        ("segfault", "crashed"),
        ("leak-and-stay 400", "crashed"),
        ("loop", "timeout"),
        ("block", "timeout"),
    ],
)
async def test_w05_a_hostile_scorer_harms_nobody(answer: str, expected: str, queue: SqliteQueue, store: Store) -> None:
    """It raises, gives NaN, segfaults, leaks (scaled to 200 MB), loops, blocks for a minute: that sample alone fails.

    Its neighbours and the other scorer's samples are scored, and the loop is never held.
    """
    await queue.publish([item(sample(f"r{number}", answer if number == 5 else "fine")) for number in range(10)])
    await queue.publish([item(sample(f"s{number}", "fine")) for number in range(30)])
    late = 0.0

    async def probe() -> None:
        nonlocal late
        while True:
            begun = time.monotonic()
            await asyncio.sleep(0.02)
            late = max(late, time.monotonic() - begun - 0.02)

    probing = asyncio.create_task(probe())
    # What is to end otherwise must not reach its time limit first, however busy the machine is.
    async with scoring(queue, store, NAMES, timeout=2.0 if expected == "timeout" else patient(20)):
        for name in NAMES:
            await until(lambda name=name: results(store, name) == {expected: 1, "scored": 39}, 40)
    probing.cancel()
    assert late < patient(1)


class Traffic(threading.Thread):
    """Requests one after another until told to stop."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.answered = 0
        self.failures = 0
        self.slowest = 0.0
        self.stopped = threading.Event()

    def run(self) -> None:
        with plain.client(timeout=patient(10)) as client:
            while not self.stopped.wait(0.005):
                begun = time.monotonic()
                if client.post(f"{self.url}/v1/chat/completions", json=BODY).status_code == 200:
                    self.answered += 1
                else:
                    self.failures += 1
                self.slowest = max(self.slowest, time.monotonic() - begun)


def children(parent: int, word: str) -> list[int]:
    """Process ids of the children whose command holds ``word``."""
    command = ["ps", "-o", "pid=,args=", "--ppid", str(parent)]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return [int(line.split(None, 1)[0]) for line in listed.splitlines() if word in line]


def worker_of(sightglass: Sightglass) -> int:
    """The worker's process id."""
    (found,) = children(sightglass.process.pid, "-m scorers worker")
    return found


def test_w05_the_proxy_does_not_notice(upstream: ScriptedUpstream, start_sightglass: Callable[..., Sightglass]) -> None:
    """Scorer processes stopped (hanging) and killed under traffic: no answer fails, and every sample has its score."""
    sightglass = start_sightglass(upstream.url, scorers={"refusal": {"timeout": 5}, "groundedness": {"timeout": 5}})
    traffic = Traffic(sightglass.url)
    traffic.start()
    try:
        for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGKILL):
            wait_until(lambda: bool(children(worker_of(sightglass), "scorers.worker.child")), 20, "a scorer process")
            for pid in children(worker_of(sightglass), "scorers.worker.child"):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            time.sleep(1.0)
    finally:
        traffic.stopped.set()
        traffic.join()
    assert traffic.failures == 0
    assert traffic.answered > 100
    ledger = sightglass.wait_scored(traffic.answered, seconds=60)
    for scorer, counts in ledger["scorers"].items():
        assert sum(counts.values()) == traffic.answered, (scorer, counts)
        assert counts.get("timeout", 0) + counts.get("crashed", 0) <= 2, (scorer, counts)


def test_w06_without_workers_the_queue_is_bounded_and_drains_later(
    upstream: ScriptedUpstream, start_sightglass: Callable[..., Sightglass]
) -> None:
    """The worker stands still: traffic does not notice, the queue keeps its bound and counts what it lets go.

    When the worker goes on, the rest is scored, oldest first, and the ledger closes.
    """
    sightglass = start_sightglass(upstream.url, limits={"queue_bytes": 200_000})
    worker = worker_of(sightglass)
    os.kill(worker, signal.SIGSTOP)
    traffic = Traffic(sightglass.url)
    traffic.start()
    wait_until(lambda: traffic.answered > 400, 60, "400 answers")
    traffic.stopped.set()
    traffic.join()
    assert traffic.failures == 0

    def held() -> int:
        with contextlib.closing(sqlite3.connect(sightglass.data_dir / "queue.db", timeout=10)) as connection:
            return connection.execute("SELECT COALESCE(SUM(size), 0) FROM items").fetchone()[0]

    wait_until(lambda: held() > 0, 20, "what the proxy publishes some milliseconds after an answer")
    assert held() <= 200_000
    os.kill(worker, signal.SIGCONT)

    def closed() -> bool:
        ledger = sightglass.api("ledger")
        published = sum(counts.get("published", 0) for counts in ledger["proxies"].values())
        return published > 0 and all(
            not counts.get("pending") and sum(counts.values()) == published for counts in ledger["scorers"].values()
        )

    def told() -> int:
        return sum(sum(counts.values()) for counts in sightglass.api("ledger")["proxies"].values())

    # The last rows of requests may come after the last samples.
    wait_until(lambda: told() >= traffic.answered and closed(), 60, "a ledger that closes", every=0.5)
    ledger = sightglass.api("ledger")
    assert told() == traffic.answered
    assert all(counts["trimmed"] > 0 for counts in ledger["scorers"].values()), ledger
    assert ledger["reasons"]["refusal"]["trimmed"] == {"queue": ledger["scorers"]["refusal"]["trimmed"]}


def version(name: str) -> OnLoop:
    """A scorer of that version; each version has its own opinion."""

    async def judge(of: Sample) -> list[Score]:
        value = 0.9 if name == "2" else 0.1
        verdict = Verdict.YES if value > 0.5 else Verdict.NO
        return [Score(sample_id=of.id, scorer="refusal", output="refused", version=name, value=value, verdict=verdict)]

    return OnLoop(judge)


async def test_w07_two_versions_at_once_keep_their_results_apart(
    queue: SqliteQueue, store: Store, tmp_path: Path
) -> None:
    """One group, two versions: each sample once in the ledger. The same one by both: a row each, the last in rates."""
    await queue.publish([item(sample(f"r{number}")) for number in range(40)])
    stop, tasks = asyncio.Event(), []
    sinks = {}
    for name in ("1", "2"):
        runner = LoopRunner("refusal", version(name), 5.0, Progress())
        sinks[name] = ScoreSink("refusal", runner, store, parsed(), Metrics().counters)
        consumer = Consumer(queue, "refusal", f"w{name}", sinks[name].handle, OpenLane(4))
        tasks.append(asyncio.create_task(consumer.run(stop)))
    await until(lambda: results(store) == {"scored": 40}, 20)
    stop.set()
    await asyncio.gather(*tasks)
    by_version = dict(rows(tmp_path, "SELECT version, COUNT(*) FROM scores GROUP BY 1"))
    assert sum(by_version.values()) == 40
    one = Claimed(1, "again", Kind.SAMPLE, item(sample("again")).payload, 1, 0.0)
    for name in ("1", "2"):
        await sinks[name].handle([one])
    found = "SELECT version, verdict, newest FROM scores WHERE sample_id = 'again' ORDER BY 1"
    assert rows(tmp_path, found) == [("1", "no", 0), ("2", "yes", 1)]
    assert results(store) == {"scored": 41}


async def test_w08_a_replay_is_idempotent(queue: SqliteQueue, store: Store, tmp_path: Path) -> None:
    """Dead letters handed out again, twice: those that can be scored are, once, and the others are dead again."""
    await queue.publish([item(sample("r1", "fine")), Item("junk", Kind.SAMPLE, b"junk")])
    for _ in range(MAX_DELIVERIES):
        await queue.claim("refusal", "dies", 1, 0.01)
        await asyncio.sleep(0.03)
    async with scoring(queue, store):
        await until(lambda: results(store) == {"dead": 2}, 20)
        await asyncio.sleep(0.2)
        assert (await queue.dead_count("refusal")).kept == 2
        assert await queue.replay("refusal") == 2
        await until(lambda: results(store) == {"dead": 1, "scored": 1}, 20)
        await asyncio.sleep(0.3)
        assert await queue.replay("refusal", ["r1"]) == 0
        assert await queue.replay("refusal") == 1
        await asyncio.sleep(0.5)
    assert results(store) == {"dead": 1, "scored": 1}
    assert rows(tmp_path, "SELECT COUNT(*) FROM scores") == [(1,)]
    assert [letter.id for letter in await queue.dead("refusal", 10)] == ["junk"]
    entry = store.ledger_of("r1")
    assert entry is not None
    assert (entry["scorers"]["refusal"]["result"], entry["scorers"]["refusal"]["reason"]) == ("scored", None)


async def test_w09_a_wedged_worker_is_not_alive(queue: SqliteQueue) -> None:
    """A consumer that turns no more fails liveness while the process answers; one that waits for an outage does not."""
    gate = asyncio.Event()

    async def wedge(items: list[Claimed]) -> None:
        await gate.wait()

    consumers = {name: Consumer(queue, name, "w1", wedge, OpenLane(10)) for name in NAMES}
    health = Health(consumers, slowest=0.0, wedged=1.5)
    stop = asyncio.Event()
    tasks = [asyncio.create_task(consumer.run(stop)) for consumer in consumers.values()]
    await asyncio.sleep(2.0)
    assert health()["ok"] is True
    await queue.publish([item(sample("r1"))])
    await asyncio.sleep(2.0)
    facts = health()
    assert facts["ok"] is False
    assert facts["ready"] is False
    gate.set()
    await until(lambda: health()["ok"] is True)
    stop.set()
    await asyncio.gather(*tasks)


def test_w09_liveness_is_seen_from_outside(
    upstream: ScriptedUpstream, start_sightglass: Callable[..., Sightglass]
) -> None:
    """The worker's listener says that it gets on; a worker that stands still does not answer at all."""
    sightglass = start_sightglass(upstream.url)
    url = f"{sightglass.console_url}/-/healthy"
    assert plain.get(url).json() == {"status": "ok"}
    worker = worker_of(sightglass)
    os.kill(worker, signal.SIGSTOP)
    try:
        with pytest.raises(httpx.HTTPError):
            plain.get(url, timeout=1.0)
    finally:
        os.kill(worker, signal.SIGCONT)
    wait_until(lambda: plain.get(url, timeout=5.0).status_code == 200, 10, "alive again")
