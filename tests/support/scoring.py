"""What tests of the worker are made of: samples, rows, queue items, scores, and the metrics page."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from prometheus_client import CollectorRegistry

from proxy.config.settings import Settings, parse
from proxy.exchange import Decision, Exchange, ExchangeRow, Operation, Outcome, RowBatch
from proxy.queue.protocol import Claimed, Item, Kind
from proxy.sample import Choice, Message, Sample, encode
from proxy.telemetry.instruments import Bounded, Instruments
from scorers.score import Reason, Score, Verdict
from scorers.store.records import ScoredSample, StoreUnavailable
from scorers.store.store import Store
from scorers.worker.sinks import ScoreCounters
from support.patience import patient

_sequences = itertools.count(1)


def parsed(**changes: Any) -> Settings:
    """Settings with one upstream."""
    return parse({"upstreams": [{"name": "local", "base_url": "http://127.0.0.1:1"}], **changes}, {})


def exchange(identity: str, **facts: Any) -> Exchange:
    """A finished chat request."""
    known: dict[str, Any] = {"instance": "p1", "started_at": 1_800_000_000.0, "app": "support", "duration": 0.5}
    known |= {"operation": Operation.CHAT, "upstream": "local", "outcome": Outcome.OK, "model_asked": "gpt-x"}
    return Exchange(request_id=identity, **(known | facts))


def sample(
    identity: str, answer: str = "A cat.", probability: float = 1.0, stratum: str = "uniform", **facts: Any
) -> Sample:
    """A sample with one question and one answer."""
    return Sample(
        id=identity,
        exchange=exchange(identity, **facts),
        probability=probability,
        stratum=stratum,
        messages=(Message(role="user", content="What is in the box?"),),
        choices=(Choice(text=answer),),
    )


def item(of: Sample) -> Item:
    """The queue item of a sample."""
    return Item(of.id, Kind.SAMPLE, encode(of))


def rows(identity: str, *requests: str, sequence: int = 1) -> Item:
    """The queue item of a batch of rows, all published."""
    found = [ExchangeRow(exchange(request), Decision.PUBLISHED) for request in requests]
    batch = RowBatch(identity, "p1", sequence, {"published": len(found)}, found)
    return Item(identity, Kind.ROWS, msgspec.json.encode(batch))


def claimed(of: Item, deliveries: int = 1, age: float = 0.0) -> Claimed:
    """An item as a consumer gets it."""
    return Claimed(next(_sequences), of.id, of.kind, of.payload, deliveries, age)


def score(of: Sample, value: float | None = 0.9, reason: Reason | None = None) -> Score:
    """What a refusal scorer gives."""
    verdict = None if value is None else Verdict.YES if value >= 0.5 else Verdict.NO
    return Score(
        sample_id=of.id,
        scorer="refusal",
        output="refused",
        version="1",
        value=value,
        verdict=verdict,
        unscored_reason=reason,
    )


class FailingStore(Store):
    """The real store, whose database can not be reached for some writes while ``broken``."""

    broken = False

    def save_scores(self, items: Sequence[ScoredSample]) -> list[ScoredSample]:
        if self.broken:
            raise StoreUnavailable("locked")
        return super().save_scores(items)

    def record_trimmed(self, scorer: str, sample_ids: Sequence[str]) -> list[str]:
        if self.broken:
            raise StoreUnavailable("locked")
        return super().record_trimmed(scorer, sample_ids)

    def hold_lease(self, name: str, holder: str, seconds: float) -> bool:
        if self.broken:
            raise StoreUnavailable("locked")
        return super().hold_lease(name, holder, seconds)


class Metrics:
    """Live metrics of a worker, and what they show."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.instruments = Instruments(self.registry, "worker")
        self.models = Bounded("model", [], 30, self.instruments)
        self.counters = ScoreCounters(self.instruments, self.models, ["refusal", "groundedness"])

    def value(self, name: str, **labels: str) -> float | None:
        """One number of the page; ``None`` when it is not there."""
        return self.registry.get_sample_value(f"sightglass_{name}", labels)

    def results(self, scorer: str = "refusal") -> dict[str, float]:
        """The counter of results, by result, without zeros."""
        found = {}
        for metric in self.registry.collect():
            for each in metric.samples:
                if each.name == "sightglass_scorer_results_total" and each.labels["scorer"] == scorer and each.value:
                    found[each.labels["result"]] = each.value
        return found


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for ``condition``; fails after ``patient(seconds)``."""
    deadline = asyncio.get_running_loop().time() + patient(seconds)
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, "not in time"
        await asyncio.sleep(0.005)


def content_of(store: Store, identity: str) -> Sample | None:
    """The stored text of a sample; ``None`` when there is none."""
    found = store.sample(identity)
    return found.content if found else None
