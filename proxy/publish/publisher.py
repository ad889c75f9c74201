"""Publishes samples from a bounded ring buffer to the queue, in the background.

The request's path calls only ``put``, which never blocks. Each entry leaves the ring with exactly one decision. A batch
that the queue did not accept is retried under the same ids until it is given up (``giving_up``). Dropped entries are
counted.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import NamedTuple

import msgspec

from proxy import sample as samples
from proxy.config.settings import Settings
from proxy.errors import Contained
from proxy.exchange import Decision, Exchange, ExchangeRow, RowBatch
from proxy.observe.sample_builder import build_redacted, build_sample, redacted
from proxy.observe.sampler import Sampler, Verdict
from proxy.observe.tap import Content
from proxy.publish.giving_up import ABANDON_AFTER, Trials
from proxy.queue.protocol import Item, Kind, QueueError, SampleQueue
from proxy.redact import Patience, Redactor, TooMuch, Unfit
from proxy.telemetry.instruments import Instruments

log = logging.getLogger("sightglass.publisher")

_ROW_BYTES = 1024
#: Of so many entries, or as many as hold so many bytes: encoded they are there twice.
_BATCH, _BATCH_BYTES = 400, 8_000_000
#: A batch gathers for so long: what it costs in the queue is shared by those that are in it.
_GATHER_SECONDS = 0.04
#: What is decoded and redacted on the loop, which must not be held for more than a few milliseconds: so many characters
#: that patterns look at, and of larger captures only whole answers to so many messages.
_INLINE_BYTES, _INLINE_MESSAGES = 16_384, 200
#: So many samples of small captures are made together, or as many as hold so many bytes.
_TOGETHER, _TOGETHER_BYTES = 12, 24_000
#: For so long samples are made one after another before the loop gets its turn.
_TURN_SECONDS = 0.001
#: The share of the time to stop in which samples are still made; then rows alone go, which are quick.
_SAMPLES_SHARE = 0.6
_Arguments = tuple[Exchange, Content, tuple[float, str], Redactor, tuple[str, ...]]
_MAX_SAMPLE_BYTES = 4_000_000


@dataclass(slots=True)
class Entry:
    """One finished request that waits to be published.

    No copy may contain ``secrets``, the credentials of the request.
    """

    exchange: Exchange
    verdict: Verdict
    content: Content | None
    secrets: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Its size in the ring, in bytes. Rows count as a fixed size."""
        return _ROW_BYTES + (self.content.size if self.content else 0)


def _unredacted(error: Exception) -> None:
    if not isinstance(error, Unfit):  # that one is said at the start and by sightglass_degraded
        log.error("a sample could not be redacted and was dropped (%s)", type(error).__name__)


_FAILS_CLOSED = Contained(_unredacted)


class _Built(NamedTuple):
    items: list[Item]
    rows: list[ExchangeRow]


class Publisher:
    """The ring buffer and its background task."""

    def __init__(
        self,
        queue: SampleQueue,
        settings: Settings,
        sampler: Sampler,
        instruments: Instruments,
        instance: str,
        abandon_after: float = ABANDON_AFTER,
    ) -> None:
        self._queue = queue
        self._redactor = Redactor(settings.redaction)
        self._evidence = settings.evidence
        self._sampler = sampler
        self._metrics = instruments
        self._instance = instance
        self._max_bytes = settings.limits.ring_bytes
        self._abandon_after = abandon_after
        self._ring: deque[Entry] = deque()
        self._bytes = 0
        self._leaving: list[Entry] = []
        self._counts: Counter[str] = Counter()
        self._sequence = 0
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._samples_until = math.inf
        self._looked = self._turn = 0.0
        self._failing = False
        self._task: asyncio.Task[None] | None = None
        self._degraded = instruments.gauge("sightglass_degraded", "queue")
        instruments.gauge("sightglass_degraded", "redaction").set(1 if self._redactor.unfit else 0)
        instruments.gauge("sightglass_ring_samples").set_function(lambda: len(self._ring) + len(self._leaving))
        instruments.gauge("sightglass_ring_bytes").set_function(lambda: self._bytes)
        self._contained = Contained(self._unpublished)

    def put(self, entry: Entry) -> None:
        """Add one finished request.

        If the ring has no room for its content, the content is dropped and the row is kept.
        """
        if entry.content is None and entry.verdict.decision is Decision.PUBLISHED:
            # Refused before anything was seen of it: there is nothing to publish, so it must not be counted as such.
            entry.verdict = Verdict(Decision.NOT_OBSERVED, entry.verdict.probability, entry.verdict.stratum)
        size = _ROW_BYTES if entry.content is None else entry.size
        if entry.content is not None and self._bytes + size > self._max_bytes:
            entry.content, size = None, _ROW_BYTES
            entry.verdict = Verdict(Decision.DROPPED_RING_FULL, entry.verdict.probability, entry.verdict.stratum)
        if self._bytes + size > self._max_bytes + 16_000_000:
            # Not even rows find room: the decision is counted, the row is lost and counted as such.
            self._count(entry.exchange.app, entry.verdict.decision)
            self._metrics.counter("sightglass_rows_dropped_total").inc()
            return
        self._ring.append(entry)
        self._bytes += size
        self._wake.set()

    def start(self) -> None:
        """Start publishing."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="publisher")

    async def stop(self, timeout: float) -> None:
        """Publish the remaining entries for at most ``timeout`` seconds. Whatever is left is counted as dropped."""
        self._samples_until = perf_counter() + _SAMPLES_SHARE * timeout
        self._stopping.set()
        self._wake.set()
        if self._task is not None:
            _, pending = await asyncio.wait([self._task], timeout=timeout)
            for task in pending:
                task.cancel()
                await asyncio.wait([task])
        # A batch under way when time was up is among them: nothing may leave without a decision.
        left = [*self._leaving, *self._ring]
        self._leaving = []
        self._ring.clear()
        self._give_up(left)
        self._bytes = 0

    def _give_up(self, entries: list[Entry]) -> None:
        for entry in entries:
            dropped = entry.verdict.decision is Decision.PUBLISHED
            self._count(entry.exchange.app, Decision.DROPPED_QUEUE if dropped else entry.verdict.decision)
            self._metrics.counter("sightglass_rows_dropped_total").inc()
        if entries:
            log.warning("%d requests left the ring unpublished", len(entries))

    async def _run(self) -> None:
        while self._ring or not self._stopping.is_set():
            if not self._ring:
                self._wake.clear()
                await self._wake.wait()
            if len(self._ring) < _BATCH and self._bytes < self._max_bytes // 8 and not self._stopping.is_set():
                # Also behind another batch: what came while that one was written would be a small one.
                await asyncio.sleep(_GATHER_SECONDS)
            entries, held = self._take()
            if not entries:
                continue
            self._leaving = entries
            with self._contained:
                await self._publish_batch(entries)
            self._leaving = []
            self._bytes -= held
            del entries  # while nothing comes, nothing is held
            await self._adapt()

    def _unpublished(self, error: Exception) -> None:
        log.error("a batch could not be published (%s)", type(error).__name__)
        self._give_up(self._leaving)

    def _take(self) -> tuple[list[Entry], int]:
        """Remove the next batch from the ring. Returns the batch and its size in bytes."""
        entries: list[Entry] = []
        held = 0
        while self._ring and len(entries) < _BATCH and held < _BATCH_BYTES:
            entry = self._ring.popleft()
            entries.append(entry)
            held += _ROW_BYTES if entry.content is None else entry.size
        return entries, held

    async def _publish_batch(self, entries: list[Entry]) -> None:
        built = await self._build(entries)
        published = await self._send(built)
        if not published:
            self._metrics.counter("sightglass_rows_dropped_total").inc(len(built.rows))
        for (app, decision), number in Counter([(row.exchange.app, row.decision) for row in built.rows]).items():
            lost = not published and decision is Decision.PUBLISHED
            counted = Decision.DROPPED_QUEUE if lost else decision
            self._metrics.counter("sightglass_sampling_decisions_total", app, counted).inc(number)

    def _count(self, app: str, decision: Decision) -> None:
        self._counts[decision] += 1
        self._metrics.counter("sightglass_sampling_decisions_total", app, decision).inc()

    async def _build(self, entries: list[Entry]) -> _Built:
        built, self._turn = _Built([], []), perf_counter()
        made: dict[str, bytes | Decision] = {}
        for group in _small(entries):
            if perf_counter() <= self._samples_until:
                made |= self._encode_small(group)
                await self._let_loop_turn()
        for entry in entries:
            exchange, (decision, probability, stratum) = entry.exchange, entry.verdict
            if entry.content is not None and decision is Decision.PUBLISHED:
                payload = made.get(exchange.request_id)
                if payload is None:
                    late = perf_counter() > self._samples_until
                    payload = Decision.DROPPED_QUEUE if late else await self._encode(entry, entry.content)
                if isinstance(payload, Decision):
                    decision = payload
                else:
                    built.items.append(Item(exchange.request_id, Kind.SAMPLE, payload))
            built.rows.append(ExchangeRow(exchange, decision, probability, stratum))
        return built

    async def _redacted(self, content: Content, arguments: _Arguments) -> samples.Sample:
        """The redacted sample: built on the event loop if that takes only a millisecond or two, otherwise in a thread.

        A thread is slow while the loop is busy, because it must wait for the interpreter lock again and again.
        """
        large = not content.short(_INLINE_BYTES)
        if large and (content.sse or _many_messages(content.request)):
            return await asyncio.to_thread(build_redacted, *arguments)
        try:
            return build_redacted(*arguments, Patience(_INLINE_BYTES) if large else None)
        except TooMuch:
            return await asyncio.to_thread(build_redacted, *arguments)
        finally:
            await self._let_loop_turn()

    async def _let_loop_turn(self) -> None:
        if perf_counter() - self._turn > _TURN_SECONDS:
            await asyncio.sleep(0)
            self._turn = perf_counter()

    def _encode_small(self, entries: list[Entry]) -> dict[str, bytes | Decision]:
        """The samples of small captures by request id, each encoded or with the reason why it is dropped.

        Each step is taken for all before the next one begins, as its code is then in the CPU's caches.
        """
        read: list[tuple[Entry, samples.Sample]] = []
        clean: list[tuple[Entry, samples.Sample]] = []
        made: dict[str, bytes | Decision] = {entry.exchange.request_id: Decision.DROPPED_REDACTOR for entry in entries}
        for entry in entries:
            with _FAILS_CLOSED:
                kept = (entry.verdict.probability, entry.verdict.stratum)
                assert entry.content is not None
                read.append((entry, build_sample(entry.exchange, entry.content, *kept)))
        for entry, sample in read:
            if perf_counter() > self._samples_until:
                made[entry.exchange.request_id] = Decision.DROPPED_QUEUE
                continue
            with _FAILS_CLOSED:
                clean.append((entry, redacted(sample, self._redactor, entry.secrets)))
        for entry, sample in clean:
            with _FAILS_CLOSED:
                made[entry.exchange.request_id] = self._encoded(entry, sample)
        return made

    def _encoded(self, entry: Entry, sample: samples.Sample) -> bytes | Decision:
        if self._evidence.in_system(entry.exchange.app):
            sample = msgspec.structs.replace(sample, system_documents=True)
        payload = samples.encode(sample)
        return payload if len(payload) <= _MAX_SAMPLE_BYTES else Decision.DROPPED_TOO_LARGE

    async def _encode(self, entry: Entry, content: Content) -> bytes | Decision:
        kept = (entry.verdict.probability, entry.verdict.stratum)
        arguments = (entry.exchange, content, kept, self._redactor, entry.secrets)
        with _FAILS_CLOSED:
            return self._encoded(entry, await self._redacted(content, arguments))
        return Decision.DROPPED_REDACTOR  # whatever broke, the copy does not leave

    async def _send(self, built: _Built) -> bool:
        """Publish rows, counts and samples together. True if the queue accepted them."""
        self._sequence += 1
        decided = Counter[str]([row.decision for row in built.rows])
        counts = self._counts + decided
        identity = f"{self._instance}:{self._sequence}"
        batch = RowBatch(identity, self._instance, self._sequence, dict(counts), built.rows)
        items = [*built.items, Item(identity, Kind.ROWS, msgspec.json.encode(batch))]
        loop = asyncio.get_running_loop()
        trials, delay = Trials(loop.time, self._abandon_after), 0.1
        while True:
            try:
                await self._queue.publish(items)
            except QueueError as error:
                if not self._failing:
                    log.error("the sample queue is out of order, traffic goes on: %s", error)
                self._failing = True
                self._degraded.set(1)
                pressed = self._bytes > self._max_bytes // 2
                if trials.failed(error, pressed) or (self._stopping.is_set() and delay > 0.2):
                    lost = Counter(
                        Decision.DROPPED_QUEUE if row.decision is Decision.PUBLISHED else row.decision
                        for row in built.rows
                    )
                    self._counts += lost
                    return False
                await self._adapt()
                await self._pause(delay)
                delay = min(delay * 2, 2.0)
            else:
                self._failing = False
                self._degraded.set(0)
                self._counts += decided
                return True

    async def _pause(self, seconds: float) -> None:
        """Wait. A stop during the wait ends it, which leaves time for one more attempt."""
        if self._stopping.is_set():
            await asyncio.sleep(seconds)
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _adapt(self) -> None:
        """Lower the sampling rate while the queue or the ring fills up, then raise it again. Probabilities are
        recorded.

        Checks every two seconds at most. If the queue is unavailable, only the ring is checked and the rate is never
        raised.
        """
        now = asyncio.get_running_loop().time()
        if now - self._looked < 2.0:
            return
        self._looked = now
        fill = self._bytes / self._max_bytes
        try:
            fill = max(await self._queue.fill(), fill)
        except QueueError:
            fill = max(fill, 0.25)
        if fill > 0.5:
            self._sampler.factor = max(self._sampler.factor / 2, 1 / 1024)
        elif fill < 0.25:
            self._sampler.factor = min(1.0, self._sampler.factor * 2)


def _small(entries: list[Entry]) -> Iterator[list[Entry]]:
    """The entries with small captures, in groups whose samples are made together."""
    group: list[Entry] = []
    held = 0
    for entry in entries:
        if entry.content is None or not entry.content.short(_INLINE_BYTES):
            continue
        size = entry.content.size
        if group and (len(group) == _TOGETHER or held + size > _TOGETHER_BYTES):
            yield group
            group, held = [], 0
        group.append(entry)
        held += size
    if group:
        yield group


def _many_messages(body: bytes) -> bool:
    # Each message has a brace: looking for one character is twenty times as fast as counting a word.
    at = -1
    for _ in range(_INLINE_MESSAGES):
        at = body.find(b"{", at + 1)
        if at < 0:
            return False
    return body.count(b'"role"') > _INLINE_MESSAGES
