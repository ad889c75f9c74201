"""One delivery for all computing scorers: a sample is claimed once, decoded once, scored by all, and written once.

Results, retries and dead letters stay per scorer. If a process ends in a scorer, that scorer receives the rest of the
batch in its own group. The same holds for poison items. There a sample is tried alone, with the scorer's own penalty,
and given up for this scorer only.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from proxy.config.settings import Settings
from proxy.queue.protocol import Claimed, Kind, SampleQueue
from proxy.sample import decode
from scorers.score import Result
from scorers.store.facts import sample_facts
from scorers.store.records import SampleFacts, ScoredSample
from scorers.store.store import Store
from scorers.worker.pool import Pool, fitting
from scorers.worker.process import Work
from scorers.worker.process_protocol import Outcome
from scorers.worker.progress import Progress
from scorers.worker.scoring import flagged, poison, record, unexplained
from scorers.worker.sinks import ScoreCounters

if TYPE_CHECKING:
    from scorers.worker.telemetry import Evaluations

#: The group that processes a sample for all of them.
LOCAL = "local"
#: A batch is meant to take about this long (seconds), and holds at most so many samples.
_BATCH_SECONDS, _BATCH_SAMPLES = 1.0, 256
#: After so many samples their mean alone counts for the next batch; the mean of fewer counts for less.
_TELLING = 32
#: How often to check for groups that another worker has replaced by ``LOCAL``, in seconds.
_LOOK_EVERY = 10.0


@dataclass(slots=True)
class Batch:
    """The current samples. ``wanted``: for each sample, the scorers without a result so far. ``left``: the scorers
    that will process it in their own groups. Both are bit sets (sums of 2 ** place). ``outcomes``: sample -> place
    -> outcome."""

    items: Sequence[Claimed]
    wanted: list[int]
    left: list[int] = field(default_factory=list)
    outcomes: dict[int, dict[int, Outcome]] = field(default_factory=lambda: defaultdict(dict))

    def __post_init__(self) -> None:
        self.left = [0] * len(self.wanted)

    def leave(self, places: int) -> None:
        """Leave the missing results of these scorers to their own groups."""
        for index, wanted in enumerate(self.wanted):
            self.left[index] |= wanted & places
            self.wanted[index] = wanted & ~places


class LocalRunner:
    """Runs all these scorers in the pool. ``timeouts``: seconds for one sample, by scorer."""

    def __init__(self, pool: Pool, timeouts: Mapping[str, float], progress: Progress) -> None:
        self._pool = pool
        self.names = tuple(timeouts)
        self._timeouts = tuple(timeouts.values())
        self._progress = progress
        self._held = False
        self._seconds = 0.02

    @property
    def limit(self) -> int:
        """About one second's worth of samples."""
        return max(1, min(_BATCH_SAMPLES, int(_BATCH_SECONDS / self._seconds)))

    async def ready(self) -> None:
        """Wait for a slot in the pool."""
        if not self._held:
            self._progress.behind = self._pool.progress
            try:
                await self._pool.enter()
            finally:
                self._progress.behind = None
            self._held = True

    def release(self) -> None:
        """Give the slot back."""
        if self._held:
            self._held = False
            self._pool.leave()

    async def run(self, batch: Batch) -> None:
        """Run until every sample has a result of every scorer, or is left to a scorer's own group. Raises
        ``PoolError``."""
        while True:
            batch.leave(sum(1 << place for place, name in enumerate(self.names) if self._pool.resting(name)))
            open_ = [index for index, wanted in enumerate(batch.wanted) if wanted]
            if not open_:
                return
            await self.ready()
            open_ = open_[: fitting([batch.items[index].payload for index in open_])]
            payloads = [batch.items[index].payload for index in open_]
            work = Work(self.names, self._timeouts, payloads, [batch.wanted[index] for index in open_], True)
            outcomes, blamed = await self._pool.run(work)
            for unit, outcome in outcomes.items():
                sample, place = work.of(unit)
                batch.outcomes[open_[sample]][place] = outcome
                batch.wanted[open_[sample]] &= ~(1 << place)
            if blamed is not None:
                batch.leave(1 << self.names.index(blamed))
            elif outcomes:
                self._measure(outcomes, len(open_))
            self._progress.note()

    def _measure(self, outcomes: Mapping[int, Outcome], samples: int) -> None:
        mean = sum(outcome.seconds for outcome in outcomes.values()) / samples
        share = max(0.3, min(1.0, samples / _TELLING))
        self._seconds = max(1e-4, (1 - share) * self._seconds + share * mean)


class LocalSink:
    """Runs all scorers over batches and stores their results."""

    def __init__(
        self, runner: LocalRunner, queue: SampleQueue, owner: str, store: Store, settings: Settings,
        counters: ScoreCounters, keeper: str,
    ) -> None:  # fmt: skip
        """``keeper``: the group that stores samples where ``LOCAL`` does not; it receives undecodable items."""
        self._runner = runner
        self._queue = queue
        self._owner = owner
        self._store = store
        self._content = settings.content
        self._counters = counters
        self._keeper = keeper
        self._others: tuple[str, ...] = ()
        self._looked = -_LOOK_EVERY
        self.evaluations: Evaluations | None = None

    async def begin(self) -> None:
        """Replace the groups of the scorers by ``LOCAL``, and the keeper as far as samples are concerned."""
        others: dict[str, tuple[Kind, ...]] = dict.fromkeys(self._runner.names, ())
        stands = await self._queue.take_over(LOCAL, others | {self._keeper: (Kind.ROWS,)})
        self._others = tuple(name for name in stands if name not in others and name != self._keeper)
        self._looked = time.monotonic()

    async def handle(self, items: list[Claimed]) -> dict[int, str]:
        """Score one batch, store it in one transaction and count it. Dead letters arise in the scorers' own groups.

        Raises ``StoreUnavailable``, ``PoolError`` and ``QueueError``. Then nothing was stored, or what was stored is
        found again.
        """
        if time.monotonic() - self._looked > _LOOK_EVERY:
            await self.begin()
        batch = Batch(items, [self._wanted(item) for item in items])
        handed: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for index, item in enumerate(items):
            if poison(item) is not None:
                handed[(*self._names(batch.wanted[index]), self._keeper)].append(item.sequence)
                batch.wanted[index] = 0
        poisoned = {sequence for sequences in handed.values() for sequence in sequences}
        await self._runner.run(batch)
        self._runner.release()
        for index, item in enumerate(items):
            outcomes = batch.outcomes[index]
            dead = sum(1 << place for place, each in outcomes.items() if each.failed is Result.DEAD and not each.scored)
            if dead:
                handed[(*self._names(dead | batch.left[index]), self._keeper)].append(item.sequence)
                poisoned.add(item.sequence)
            elif to := (*self._names(batch.left[index]), *self._others):
                handed[to].append(item.sequence)
        for to, sequences in handed.items():
            await self._queue.hand_over(LOCAL, self._owner, sequences, to)
        await self._settle(batch, poisoned)
        return {}

    def _wanted(self, item: Claimed) -> int:
        names = self._runner.names
        return sum(1 << place for place, name in enumerate(names) if name not in item.had)

    def _names(self, places: int) -> tuple[str, ...]:
        return tuple(name for place, name in enumerate(self._runner.names) if places >> place & 1)

    async def _settle(self, batch: Batch, poisoned: set[int]) -> None:
        done, new = await asyncio.to_thread(self._keep, batch, poisoned)
        fresh = set(map(id, new))  # they are among those of ``done``
        now = time.time()
        self._counters.cost((result.scorer, outcome) for _, outcome, result in done)
        counted = [(item, outcome, result) for item, outcome, result in done if id(result) in fresh]
        self._counters.count(
            (result, now - outcome.ended if outcome.ended is not None else None) for _, outcome, result in counted
        )
        if self.evaluations is not None:
            for item, _, result in counted:
                self.evaluations.emit(result, item.payload)

    def _keep(
        self, batch: Batch, poisoned: set[int]
    ) -> tuple[list[tuple[Claimed, Outcome, ScoredSample]], list[ScoredSample]]:
        done: list[tuple[Claimed, Outcome, ScoredSample]] = []
        samples: list[tuple[SampleFacts, str | None]] = []
        for index, item in enumerate(batch.items):
            if item.sequence in poisoned:
                continue
            outcomes = batch.outcomes[index]
            results = [
                (item, outcome, record(self._runner.names[place], item, outcome, None))
                for place, outcome in sorted(outcomes.items())
            ]
            text = self._content == "sampled"
            if self._content == "flagged":
                text = any(flagged(result) for _, _, result in results)
            done += results if text else [(item, outcome, unexplained(result)) for item, outcome, result in results]
            facts = next((outcome.facts for outcome in outcomes.values() if outcome.facts is not None), None)
            if self._keeper not in item.had or (text and self._content == "flagged"):
                samples.append((facts or sample_facts(decode(item.payload)), item.payload.decode() if text else None))
        return done, self._store.keep(samples, [result for _, _, result in done])
