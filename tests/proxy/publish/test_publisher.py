"""The ring and its way into the queue: every request leaves with exactly one decision, whatever the queue does."""

from __future__ import annotations

import asyncio
import gc
import itertools
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest
from prometheus_client import CollectorRegistry

from proxy.config.settings import Settings, parse
from proxy.exchange import Decision, Exchange, Operation, Outcome, RowBatch
from proxy.observe.sample_builder import build_redacted, redacted
from proxy.observe.sampler import Sampler, Verdict
from proxy.observe.tap import Content
from proxy.publish import publisher as publishing
from proxy.publish.publisher import Entry, Publisher
from proxy.queue.protocol import Kind, QueueError, Unwritten
from proxy.queue.sqlite import SqliteQueue
from proxy.telemetry.instruments import Instruments
from support.queues import ScriptedQueue

_numbers = itertools.count()


class Bench:
    """A publisher with its metrics, and the count of what was put into it."""

    def __init__(self, queue: Any, settings: Settings, abandon_after: float = 30.0) -> None:
        self.registry = CollectorRegistry()
        self.sampler = Sampler(settings.sampling, b"secret")
        instruments = Instruments(self.registry, "proxy")
        self.publisher = Publisher(queue, settings, self.sampler, instruments, "p1", abandon_after)
        self.requests = 0

    def put(self, entry: Entry) -> str:
        self.requests += 1
        self.publisher.put(entry)
        self.check()
        return entry.exchange.request_id

    def value(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(f"sightglass_{name}", labels) or 0.0

    def decisions(self) -> dict[str, int]:
        """The counter, by decision, without zeros."""
        found = {each.value: self.value("sampling_decisions_total", app="a", decision=each) for each in Decision}
        return {decision: round(n) for decision, n in found.items() if n}

    def check(self) -> None:
        """The balance that holds at all times: decisions and what the ring holds make up the requests."""
        assert sum(self.decisions().values()) + self.value("ring_samples") == self.requests

    async def until(self, condition: Callable[[], bool], seconds: float = 5.0) -> None:
        """Wait for ``condition``; the balance is looked at on the way."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not condition():
            self.check()
            assert asyncio.get_running_loop().time() < deadline, "not in time"
            await asyncio.sleep(0.002)
        self.check()

    async def settled(self, seconds: float = 5.0) -> None:
        """Until nothing is in the ring."""
        await self.until(lambda: self.value("ring_samples") == 0, seconds)


def entry(
    decision: Decision = Decision.PUBLISHED,
    text: str = "The lamp is on the table.",
    question: str = "Where is the lamp?",
    **changes: Any,
) -> Entry:
    """One finished chat request; its content is there when it is to be published."""
    exchange = Exchange(
        request_id=f"r{next(_numbers)}",
        instance="p1",
        started_at=1_800_000_000.0,
        app="a",
        operation=Operation.CHAT,
        upstream="local",
        outcome=Outcome.OK,
        duration=0.5,
        model_asked="gpt-x",
    )
    request = orjson.dumps({"model": "gpt-x", "messages": [{"role": "user", "content": question}]})
    response = orjson.dumps(
        {"choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]}
    )
    parts = {"operation": Operation.CHAT, "request": request, "response": response, "response_tail": b""}
    parts |= {"sse": False, "request_truncated": False, "undecodable": None}
    content = Content(**(parts | changes)) if decision is Decision.PUBLISHED else None
    return Entry(exchange, Verdict(decision, 0.25, "uniform"), content)


def settings(**changes: Any) -> Settings:
    """Settings with one upstream."""
    return parse({"upstreams": [{"name": "local", "base_url": "http://127.0.0.1:1"}], **changes}, {})


@pytest.fixture
async def queue() -> ScriptedQueue:
    """A queue that works until it is told otherwise."""
    return ScriptedQueue()


async def test_rows_and_samples_travel_together(queue: ScriptedQueue) -> None:
    """Every request leaves a row with its decision and probability; only the kept ones leave a sample, by its id."""
    bench = Bench(queue, settings())
    kept = bench.put(entry())
    left = [bench.put(entry(each)) for each in (Decision.SAMPLED_OUT, Decision.OPTED_OUT, Decision.NOT_OBSERVED)]
    bench.publisher.start()
    await bench.settled()
    [batch] = queue.batches()
    assert [row.exchange.request_id for row in batch.rows] == [kept, *left]
    assert [row.decision.value for row in batch.rows] == ["published", "sampled_out", "opted_out", "not_observed"]
    assert batch.counts == {"published": 1, "sampled_out": 1, "opted_out": 1, "not_observed": 1} == bench.decisions()
    sample = queue.samples()[kept]
    assert list(queue.samples()) == [kept]
    assert (sample.probability, sample.choices[0].text) == (0.25, "The lamp is on the table.")
    await bench.publisher.stop(1)


async def test_what_leaves_is_redacted(queue: ScriptedQueue) -> None:
    """No copy holds an address or the credential that the request carried."""
    bench = Bench(queue, settings())
    made = entry(text="Write to jane@example.com with zebra-credential-77.")
    made.secrets = ("zebra-credential-77",)
    bench.put(made)
    bench.publisher.start()
    await bench.settled()
    everything = b"".join(item.payload for item in queue.items.values())
    assert b"jane@example.com" not in everything
    assert b"zebra-credential-77" not in everything
    await bench.publisher.stop(1)


@pytest.mark.parametrize(("system", "documents"), [([], False), (["b"], False), (["a"], True), (["*"], True)])
async def test_samples_say_where_their_documents_are(queue: ScriptedQueue, system: list[str], documents: bool) -> None:
    """A sample of an application that puts documents into system messages says so; of others it does not."""
    bench = Bench(queue, settings(evidence={"system": system}))
    kept = bench.put(entry())
    bench.publisher.start()
    await bench.settled()
    assert queue.samples()[kept].system_documents is documents
    await bench.publisher.stop(1)


async def test_the_ring_is_bound_by_bytes(queue: ScriptedQueue) -> None:
    """Content that finds no room is dropped and counted with its reason, while its row is kept and arrives."""
    bench = Bench(queue, settings(limits={"ring_bytes": 20_000}))
    for _ in range(20):
        bench.put(entry(text="x" * 4000))
    assert bench.value("ring_bytes") <= 20_000 + 20 * 1024
    assert bench.value("ring_samples") == 20
    bench.publisher.start()
    await bench.settled()
    decisions = bench.decisions()
    assert decisions["published"] >= 2
    assert decisions["dropped_ring_full"] == 20 - decisions["published"]
    assert len(queue.samples()) == decisions["published"]
    assert sum(len(batch.rows) for batch in queue.batches()) == 20
    assert bench.value("ring_bytes") == 0
    await bench.publisher.stop(1)


async def test_when_not_even_rows_find_room_the_decision_is_counted(queue: ScriptedQueue) -> None:
    """A ring that nobody empties stays bounded: rows beyond the bound are lost, counted as lost, decision and all."""
    bench = Bench(queue, settings(limits={"ring_bytes": 1}))
    for _ in range(16_000):
        bench.publisher.put(entry(Decision.SAMPLED_OUT))
    bench.requests = 16_000
    lost = bench.value("rows_dropped_total")
    assert 0 < lost == bench.decisions()["sampled_out"]
    assert bench.value("ring_bytes") <= 16_000_001
    bench.check()
    bench.publisher.start()
    await bench.settled(20)
    assert queue.batches()[-1].counts == {"sampled_out": 16_000}
    await bench.publisher.stop(1)


async def test_a_failed_batch_is_tried_again_under_the_same_ids(queue: ScriptedQueue) -> None:
    """A batch whose reply was lost is sent again under its ids, so the queue has it once; it is counted once."""
    queue.answers, queue.reply_lost = [QueueError("locked"), QueueError("locked")], True
    bench = Bench(queue, settings())
    kept = bench.put(entry())
    bench.publisher.start()
    await bench.until(lambda: len(queue.tries) == 1)
    assert bench.value("ring_samples") == 1
    await bench.settled()
    assert len(queue.tries) == 3
    assert queue.tries[0] == queue.tries[1] == queue.tries[2]
    assert list(queue.samples()) == [kept]
    assert bench.decisions() == {"published": 1} == queue.batches()[-1].counts
    await bench.publisher.stop(1)


async def test_degraded_while_the_queue_is_out_of_order(queue: ScriptedQueue) -> None:
    """The gauge says that the queue fails, and that it works again."""
    queue.answers = [QueueError("locked")]
    bench = Bench(queue, settings())
    bench.put(entry())
    bench.publisher.start()
    await bench.until(lambda: bench.value("degraded", component="queue") == 1)
    await bench.settled()
    assert bench.value("degraded", component="queue") == 0
    await bench.publisher.stop(1)


async def test_a_batch_is_abandoned_after_the_deadline_and_publishing_goes_on(queue: ScriptedQueue) -> None:
    """What is given up is counted as dropped; its counts travel with the next batch, when the queue works again."""
    queue.always = QueueError("disk full")
    bench = Bench(queue, settings(), abandon_after=0.3)
    bench.put(entry())
    bench.put(entry(Decision.SAMPLED_OUT))
    bench.publisher.start()
    await bench.settled()
    assert bench.decisions() == {"dropped_queue": 1, "sampled_out": 1}
    assert bench.value("rows_dropped_total") == 2
    queue.always = None
    kept = bench.put(entry())
    await bench.settled()
    assert list(queue.samples()) == [kept]
    assert queue.batches()[-1].counts == {"dropped_queue": 1, "sampled_out": 1, "published": 1} == bench.decisions()
    await bench.publisher.stop(1)


async def test_a_batch_of_which_nothing_was_written_is_kept_while_there_is_room(queue: ScriptedQueue) -> None:
    """Another process has the file: dropping the batch in hand would win nothing, so it waits, and arrives."""
    queue.always = Unwritten("queue file: database is locked")
    bench = Bench(queue, settings(), abandon_after=0.01)
    kept = bench.put(entry())
    bench.publisher.start()
    await bench.until(lambda: len(queue.tries) > 4)
    assert bench.decisions() == {}
    assert bench.value("degraded", component="queue") == 1
    queue.always = None
    await bench.settled()
    assert list(queue.samples()) == [kept]
    assert bench.decisions() == {"published": 1}
    assert bench.value("rows_dropped_total") == 0
    await bench.publisher.stop(1)


async def test_where_room_is_short_the_batch_in_hand_is_given_up(queue: ScriptedQueue) -> None:
    """It may be one that will never be written, as it is larger than what is left of the disk; it is counted."""
    queue.always = Unwritten("queue file: database or disk is full")
    bench = Bench(queue, settings(limits={"ring_bytes": 10_000}), abandon_after=0.1)
    bench.put(entry(text="x" * 7_000))
    bench.publisher.start()
    await bench.until(lambda: bench.decisions() == {"dropped_queue": 1})
    assert bench.value("rows_dropped_total") == 1
    await bench.publisher.stop(1)


async def test_an_error_that_nobody_foresaw_does_not_end_publishing(queue: ScriptedQueue) -> None:
    """A queue that breaks its contract costs the batch in hand, counted; the next one is published."""
    queue.answers = [RuntimeError("no contract")]
    bench = Bench(queue, settings())
    bench.put(entry())
    bench.publisher.start()
    await bench.settled()
    kept = bench.put(entry())
    await bench.settled()
    assert bench.decisions() == {"dropped_queue": 1, "published": 1}
    assert list(queue.samples()) == [kept]
    await bench.publisher.stop(1)


class _Broken(str):
    """A credential on which the redactor stumbles."""

    __slots__ = ()

    def __len__(self) -> int:
        raise RuntimeError("broken")


@pytest.mark.parametrize("size", [10, 10_000], ids=["together", "one by one"])
async def test_no_row_waits_for_samples_when_time_runs_out(
    queue: ScriptedQueue, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """Samples that take long to redact are given up while there is still time for the rows of all requests."""

    def slow(*arguments: Any) -> Any:
        time.sleep(0.1)
        return build_redacted(*arguments) if len(arguments) > 4 else redacted(*arguments)

    monkeypatch.setattr(publishing, "build_redacted", slow)
    monkeypatch.setattr(publishing, "redacted", slow)
    bench = Bench(queue, settings())
    for _ in range(40):
        bench.put(entry(text="x " * size))
    bench.publisher.start()
    await bench.publisher.stop(1.0)
    decisions = [row.decision for batch in queue.batches() for row in batch.rows]
    assert len(decisions) == 40
    assert set(decisions) == {Decision.PUBLISHED, Decision.DROPPED_QUEUE}
    assert decisions.count(Decision.PUBLISHED) == len(queue.samples())
    assert bench.value("rows_dropped_total") == 0
    assert sum(bench.decisions().values()) == 40


@pytest.mark.parametrize(
    ("messages", "text", "on_the_loop"),
    [(1, "word " * 8000, True), (1, "{} " * 8000, True), (200, "word " * 40, True), (201, "word " * 40, False)],
    ids=["one long", "braces in a text", "many", "too many"],
)
async def test_a_sample_of_many_messages_does_not_hold_the_loop(
    queue: ScriptedQueue, monkeypatch: pytest.MonkeyPatch, messages: int, text: str, on_the_loop: bool
) -> None:
    """It is made in a thread; what braces a text holds is no matter."""
    places: list[bool] = []

    def build(*arguments: Any) -> Any:
        places.append(threading.current_thread() is threading.main_thread())
        return build_redacted(*arguments)

    monkeypatch.setattr(publishing, "build_redacted", build)
    bench = Bench(queue, settings())
    request = orjson.dumps({"model": "gpt-x", "messages": [{"role": "user", "content": text}] * messages})
    kept = bench.put(entry(request=request))
    bench.publisher.start()
    await bench.settled()
    await bench.publisher.stop(1)
    assert (places, len(queue.samples()[kept].messages)) == ([on_the_loop], messages)


@pytest.mark.parametrize("size", [10, 60_000], ids=["inline", "in a thread"])
async def test_a_crash_of_the_redactor_drops_the_sample(queue: ScriptedQueue, size: int) -> None:
    """Privacy fails closed: the copy does not leave, the row does, and the other samples of the batch are unharmed."""
    bench = Bench(queue, settings())
    broken = entry(text="x " * size)
    broken.secrets = (_Broken("secret"),)
    lost, kept = bench.put(broken), bench.put(entry())
    bench.publisher.start()
    await bench.settled()
    assert list(queue.samples()) == [kept]
    assert bench.decisions() == {"dropped_redactor": 1, "published": 1}
    [batch] = queue.batches()
    assert {row.exchange.request_id: row.decision.value for row in batch.rows}[lost] == "dropped_redactor"
    await bench.publisher.stop(1)


async def test_samples_that_are_made_together_fail_alone(queue: ScriptedQueue) -> None:
    """Of many small ones the broken do not leave; each other is what it is alone, and rows keep their order."""
    texts = ["My mail is ida@lighthouse.example.", "The lamp is on the table.", "x " * 5000, ""]
    bench, alone = Bench(queue, settings()), ScriptedQueue()
    put = [entry(text=texts[number % 4]) for number in range(60)]
    for number in range(0, 60, 7):
        put[number].secrets = (_Broken("secret"),)
    for each in put:
        bench.put(each)
    bench.publisher.start()
    await bench.settled()
    await bench.publisher.stop(1)
    assert bench.decisions() == {"dropped_redactor": 9, "published": 51}
    [batch] = queue.batches()
    assert [row.exchange.request_id for row in batch.rows] == [each.exchange.request_id for each in put]
    single = Bench(alone, settings())
    single.publisher.start()
    for each in put[:10]:
        single.put(each)
        await single.settled()
    await single.publisher.stop(1)
    told = queue.samples()
    assert alone.samples() == {name: told[name] for name in alone.samples()}
    assert len(alone.samples()) == 8
    assert "ida@" not in told[put[4].exchange.request_id].choices[0].text


async def test_a_sample_that_is_too_large_is_dropped(queue: ScriptedQueue) -> None:
    """A sample beyond what one queue item may hold is counted as too large; its row arrives."""
    bench = Bench(queue, settings())
    bench.put(entry(text="word " * 900_000))
    bench.publisher.start()
    await bench.settled(20)
    assert bench.decisions() == {"dropped_too_large": 1}
    assert not queue.samples()
    assert queue.batches()[0].rows[0].decision is Decision.DROPPED_TOO_LARGE
    await bench.publisher.stop(1)


async def test_a_request_refused_before_it_was_seen_is_not_published(queue: ScriptedQueue) -> None:
    """Sampling may keep a request of which there is no copy; it is not observed, since nothing can be published."""
    bench = Bench(queue, settings())
    made = entry()
    made.content = None
    bench.put(made)
    bench.publisher.start()
    await bench.settled()
    assert bench.decisions() == {"not_observed": 1} == queue.batches()[0].counts
    await bench.publisher.stop(1)


async def test_stop_publishes_what_the_ring_holds(queue: ScriptedQueue) -> None:
    """Everything put before the stop is in the queue after it."""
    bench = Bench(queue, settings())
    bench.publisher.start()
    kept = [bench.put(entry()) for _ in range(450)]
    await bench.publisher.stop(10)
    assert sorted(queue.samples()) == sorted(kept)
    assert bench.decisions() == {"published": 450} == queue.batches()[-1].counts


async def test_stop_counts_what_it_could_not_publish(queue: ScriptedQueue) -> None:
    """A queue that hangs is waited for within the time given; batch in hand and ring are counted as dropped."""
    queue.gate.clear()
    bench = Bench(queue, settings())
    bench.publisher.start()
    bench.put(entry())
    await bench.until(lambda: bool(queue.tries))
    for decision in (Decision.PUBLISHED, Decision.SAMPLED_OUT):
        bench.put(entry(decision))
    await bench.publisher.stop(0.2)
    assert bench.decisions() == {"dropped_queue": 2, "sampled_out": 1}
    assert bench.value("rows_dropped_total") == 3
    bench.check()
    assert bench.value("ring_bytes") == 0


async def test_stop_does_not_wait_out_the_back_off(queue: ScriptedQueue) -> None:
    """A queue that fails gets one more try at the stop, not its whole back-off; if it works again nothing is lost."""
    queue.always = QueueError("locked")
    bench = Bench(queue, settings())
    kept = bench.put(entry())
    bench.publisher.start()
    await bench.until(lambda: len(queue.tries) == 4)
    queue.always = None
    begun = asyncio.get_running_loop().time()
    await bench.publisher.stop(5)
    assert asyncio.get_running_loop().time() - begun < 1.5  # the back-off that was due is longer than 1.5 s
    assert bench.decisions() == {"published": 1}
    assert list(queue.samples()) == [kept]


async def test_the_rate_is_lowered_while_the_queue_fills_and_raised_again(queue: ScriptedQueue) -> None:
    """Above one half the factor is halved, below one quarter doubled up to one; in between it stays."""
    bench = Bench(queue, settings())
    bench.publisher.start()
    seen = []
    for queue.full in (0.9, 0.4, 0.1):
        bench.publisher._looked = 0.0  # the two seconds between two looks
        bench.put(entry())
        await bench.settled()
        seen.append(bench.sampler.factor)
    assert seen == [0.5, 0.5, 1.0]
    await bench.publisher.stop(1)


async def test_the_rate_is_lowered_while_the_ring_fills(queue: ScriptedQueue) -> None:
    """With a queue that is out of order the ring is the measure, and the factor never goes up."""
    queue.always = QueueError("locked")
    bench = Bench(queue, settings(limits={"ring_bytes": 10_000}), abandon_after=0.1)
    bench.sampler.factor = 0.5
    bench.publisher.start()
    bench.put(entry(text="x" * 4000))
    await bench.until(lambda: bench.sampler.factor == 0.25)
    bench.publisher._looked = 0.0
    await bench.settled()
    assert bench.sampler.factor == 0.25
    await bench.publisher.stop(1)


async def test_on_the_real_queue(tmp_path: Path) -> None:
    """What was put is claimed from the file by a group of rows and one of samples, each once, counts included."""
    queue = SqliteQueue(tmp_path / "queue.db", 100_000_000)
    bench = Bench(queue, settings())
    bench.publisher.start()
    kept = [bench.put(entry()) for _ in range(300)]
    out = [bench.put(entry(Decision.SAMPLED_OUT)) for _ in range(300)]
    await bench.publisher.stop(10)
    await queue.ensure_group("store", (Kind.ROWS,))
    await queue.ensure_group("refusal", (Kind.SAMPLE,))
    claimed = await queue.claim("refusal", "me", 1000, 15)
    assert sorted(item.id for item in claimed) == sorted(kept)
    batches = [msgspec.json.decode(item.payload, type=RowBatch) for item in await queue.claim("store", "me", 100, 15)]
    assert sorted(row.exchange.request_id for batch in batches for row in batch.rows) == sorted(kept + out)
    assert batches[-1].counts == {"published": 300, "sampled_out": 300}
    await queue.close()


async def test_large_entries_go_in_small_batches_and_are_let_go(queue: ScriptedQueue) -> None:
    """What is encoded is there twice for a while, so a batch is bounded in bytes; and once it has left nothing holds
    it while no further request comes."""
    gc.collect()  # what the tests before this one left
    bench = Bench(queue, settings())
    sizes: list[int] = []
    publish = queue.publish

    async def measured(items: list[Any]) -> None:
        sizes.append(sum(len(item.payload) for item in items))
        await publish(items)

    queue.publish = measured  # type: ignore[method-assign]  # the scripted queue, not ours
    for _ in range(60):
        bench.put(entry(text="word " * 80_000))
    bench.publisher.start()
    await bench.settled(30)
    await asyncio.sleep(0)
    assert len(sizes) > 2
    assert max(sizes) < 10_000_000
    assert [each for each in gc.get_objects() if isinstance(each, Entry)] == []
    await bench.publisher.stop(1)
