"""What is done with queue items: rows and samples kept, scores kept and counted once, content as the policy says."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from proxy.config.settings import Settings
from proxy.exchange import Outcome
from proxy.queue.protocol import Item, Kind
from proxy.sample import IMPORTED, Sample
from proxy.telemetry.instruments import Instruments
from scorers.score import JUDGE, JUDGE_OUTPUTS, OnLoop, Reason, Result, Score, Verdict
from scorers.store.records import ScoredSample, StoreUnavailable
from scorers.store.store import Store
from scorers.worker.progress import Progress
from scorers.worker.runner import MAX_DELIVERIES, MAX_PAYLOAD, LoopRunner
from scorers.worker.scoring import ScoreSink
from scorers.worker.sinks import Keeper
from scorers.worker.tasks import TaskCounters
from support.scoring import FailingStore, Metrics, claimed, content_of, item, parsed, rows, sample, score

REFUSAL = "I can not help with that."


async def refusal(of: Sample) -> list[Score]:
    """A small scorer that misbehaves when an answer tells it to."""
    text = of.choices[0].text
    if text == "crash":
        raise ZeroDivisionError
    if text == "hang":
        await asyncio.sleep(30)
    if text == "nan":
        return [score(of, float("nan"))]
    if text == "empty":
        return [score(of, None, Reason.NO_TEXT)]
    return [score(of, 0.9 if text == REFUSAL else 0.1)]


def keeping(store: Store, settings: Settings) -> Keeper:
    """A keeper whose counters nobody reads."""
    return Keeper(store, settings, TaskCounters(Instruments(CollectorRegistry(), "worker"), settings))


def sink(store: Store, metrics: Metrics, **changes: Any) -> ScoreSink:
    """The refusal scorer's sink."""
    runner = LoopRunner("refusal", OnLoop(refusal), 0.1, Progress())
    return ScoreSink("refusal", runner, store, parsed(**changes), metrics.counters)


async def test_scores_are_kept_and_counted(sqlite_store: Store, metrics: Metrics) -> None:
    """Each sample leaves a result; each score its verdict, weighted and unweighted, and its place in the histogram."""
    kept = [sample("r1", REFUSAL, probability=0.25), sample("r2", REFUSAL, stratum="error"), sample("r3", "empty")]
    await sink(sqlite_store, metrics).handle([claimed(item(each)) for each in kept])
    assert sqlite_store.ledger()["scorers"]["refusal"] == {"not_applicable": 1, "scored": 2}
    assert metrics.results() == {"not_applicable": 1, "scored": 2}
    labels = {"scorer": "refusal", "output": "refused", "app": "support"}
    assert metrics.value("verdicts_estimated_total", **labels, model="gpt-x", verdict="yes") == 4 + 1
    assert metrics.value("scored_samples_total", **labels, verdict="yes", stratum="uniform") == 1
    assert metrics.value("scored_samples_total", **labels, verdict="yes", stratum="error") == 1
    assert metrics.value("score_count", scorer="refusal", output="refused", model="gpt-x") == 1
    assert metrics.value("scorer_duration_seconds_count", scorer="refusal") == 3
    assert metrics.value("score_lag_seconds_count", scorer="refusal") == 3


async def test_scores_name_their_example(sqlite_store: Store, metrics: Metrics) -> None:
    """A bucket of scores leads to its sample, and to the trace that the sample belongs to."""
    traced = [sample("r1", REFUSAL, trace_id="a" * 32), sample("r2", "The box is red.")]
    await sink(sqlite_store, metrics).handle([claimed(item(each)) for each in traced])
    found = [
        each.exemplar.labels
        for family in metrics.registry.collect()
        for each in family.samples
        if each.name == "sightglass_score_bucket" and each.exemplar
    ]
    assert {"trace_id": "a" * 32, "sample_id": "r1"} in found
    assert {"sample_id": "r2"} in found


async def test_every_result_is_there_from_the_start(metrics: Metrics) -> None:
    """Counters begin at zero, so that a first failure is an increase that an alert can see."""
    for result in ("scored", "crashed", "timeout", "dead", "trimmed", "budget"):
        assert metrics.value("scorer_results_total", scorer="refusal", result=result) == 0
    for name in ("scorer_duration_seconds", "score_lag_seconds"):
        assert metrics.value(f"{name}_count", scorer="refusal") == 0
        assert metrics.value(f"{name}_bucket", scorer="groundedness", le="+Inf") == 0


async def test_every_verdict_is_there_with_the_first(sqlite_store: Store, metrics: Metrics) -> None:
    """Where nothing was flagged the share of yes is 0, not nothing: in the estimate and in the raw count."""
    await sink(sqlite_store, metrics).handle([claimed(item(sample("r1")))])
    labels = {"scorer": "refusal", "output": "refused", "app": "support"}
    counts = [metrics.value("verdicts_estimated_total", **labels, model="gpt-x", verdict=each) for each in Verdict]
    assert counts == [0, 1, 0]
    raw = [metrics.value("scored_samples_total", **labels, verdict=each, stratum="uniform") for each in Verdict]
    assert raw == [0, 1, 0]


async def test_one_sample_never_harms_another(sqlite_store: Store, metrics: Metrics) -> None:
    """A crash, a hang, a NaN and an unreadable item cost only themselves."""
    batch = [item(sample(name, name)) for name in ("crash", "hang", "nan", "fine")]
    batch.insert(2, Item("junk", Kind.SAMPLE, b"junk"))
    await sink(sqlite_store, metrics).handle([claimed(each) for each in batch])
    results = {name: sqlite_store.ledger_of(name) for name in ("crash", "hang", "nan", "fine", "junk")}
    assert {name: (entry and entry["scorers"]["refusal"]["result"]) for name, entry in results.items()} == {
        "crash": "crashed",
        "hang": "timeout",
        "nan": "crashed",
        "fine": "scored",
        "junk": "dead",
    }
    assert metrics.results() == {"crashed": 2, "timeout": 1, "scored": 1, "dead": 1}


async def test_one_scorer_never_harms_another(sqlite_store: Store, metrics: Metrics) -> None:
    """The same sample crashes one scorer and is scored by the other."""
    settings = parsed()

    async def broken(of: Sample) -> list[Score]:
        raise RuntimeError

    of = claimed(item(sample("r1", REFUSAL)))
    runner = LoopRunner("groundedness", OnLoop(broken), 1.0, Progress())
    await ScoreSink("groundedness", runner, sqlite_store, settings, metrics.counters).handle([of])
    await sink(sqlite_store, metrics).handle([of])
    assert sqlite_store.ledger()["scorers"] == {"groundedness": {"crashed": 1}, "refusal": {"scored": 1}}


async def test_a_redelivered_sample_counts_once(sqlite_store: Store, metrics: Metrics) -> None:
    """The acknowledgement was lost: the second time there is one row still, and no counter moves."""
    of = item(sample("r1", REFUSAL))
    made = sink(sqlite_store, metrics)
    await made.handle([claimed(of)])
    await made.handle([claimed(of, 2), claimed(item(sample("r2")))])
    await made.handle([claimed(of, 3)])
    assert metrics.results() == {"scored": 2} == sqlite_store.ledger()["scorers"]["refusal"]
    detail = sqlite_store.sample("r1")
    assert detail is not None
    assert len(detail.record.scores) == 1


async def test_nothing_is_counted_that_was_not_kept(failing_store: FailingStore, metrics: Metrics) -> None:
    """The store first, then the counters: after an outage the same batch is counted once."""
    made, of = sink(failing_store, metrics), claimed(item(sample("r1", REFUSAL)))
    failing_store.broken = True
    with pytest.raises(StoreUnavailable):
        await made.handle([of])
    assert metrics.results() == {}
    failing_store.broken = False
    await made.handle([of])
    assert metrics.results() == {"scored": 1}


async def test_a_sample_that_came_too_often_is_dead(sqlite_store: Store, metrics: Metrics) -> None:
    """It is counted as dead, and the rest of its batch is scored."""
    batch = [claimed(item(sample("r1")), MAX_DELIVERIES + 1), claimed(item(sample("r2")))]
    assert await sink(sqlite_store, metrics).handle(batch) == {batch[0].sequence: "deliveries"}
    assert metrics.results() == {"dead": 1, "scored": 1}
    entry = sqlite_store.ledger_of("r1")
    assert entry is not None
    assert entry["scorers"]["refusal"]["reason"] == "deliveries"


async def test_what_is_far_too_large_is_not_even_read(sqlite_store: Store, metrics: Metrics) -> None:
    """It is dead with that reason, dated by when it was published."""
    large = claimed(Item("large", Kind.SAMPLE, b" " * (MAX_PAYLOAD + 1)))
    assert await sink(sqlite_store, metrics).handle([large]) == {large.sequence: "too_large"}
    entry = sqlite_store.ledger_of("large")
    assert entry is not None
    assert (entry["scorers"]["refusal"]["result"], entry["scorers"]["refusal"]["reason"]) == ("dead", "too_large")


@pytest.mark.parametrize(
    ("policy", "refused", "answered"), [("none", False, False), ("flagged", True, False), ("sampled", True, True)]
)
async def test_whose_text_is_stored(
    sqlite_store: Store, metrics: Metrics, policy: str, refused: bool, answered: bool
) -> None:
    """None: nobody's; flagged: of answers with a verdict yes; sampled: of every sample. Facts and scores always."""
    settings = parsed(content=policy, scorers={"refusal": {}})
    batch = [claimed(item(sample("r1", REFUSAL))), claimed(item(sample("r2", "A cat.")))]
    await keeping(sqlite_store, settings).handle(batch)
    await sink(sqlite_store, metrics, content=policy).handle(batch)
    for name, expected, text in (("r1", refused, REFUSAL), ("r2", answered, "A cat.")):
        content = content_of(sqlite_store, name)
        assert (content is not None) == expected
        assert content is None or content.choices[0].text == text
        detail = sqlite_store.sample(name)
        assert detail is not None
        assert (detail.record.has_content, len(detail.record.scores)) == (expected, 1)


async def test_a_redelivery_to_the_keeper_takes_no_text_away(sqlite_store: Store, metrics: Metrics) -> None:
    """Whichever comes first, the scorer that flags or the keeper that stores facts only: the text stays."""
    batch = [claimed(item(sample("r1", REFUSAL)))]
    await sink(sqlite_store, metrics, content="flagged").handle(batch)
    await keeping(sqlite_store, parsed(content="flagged")).handle(batch)
    assert content_of(sqlite_store, "r1") is not None


async def test_rows_and_samples_reach_the_store(sqlite_store: Store) -> None:
    """The ledger shows what each proxy decided; a batch delivered twice counts once."""
    keeper = keeping(sqlite_store, parsed())
    batch = [claimed(rows("b1", "r1", "r2")), claimed(item(sample("r1")))]
    await keeper.handle(batch)
    await keeper.handle(batch)
    assert sqlite_store.ledger()["proxies"] == {"p1": {"published": 2}}
    entry = sqlite_store.ledger_of("r2")
    assert entry is not None
    assert entry["decision"] == "published"
    assert content_of(sqlite_store, "r1") is not None


@pytest.mark.parametrize("kind", [Kind.ROWS, Kind.SAMPLE])
async def test_what_the_keeper_can_not_read_is_passed_over(
    sqlite_store: Store, kind: Kind, caplog: pytest.LogCaptureFixture
) -> None:
    """One line names the item and not what is in it; the rest of the batch is kept."""
    batch = [claimed(Item("junk", kind, b'"zebra"')), claimed(rows("b1", "r1")), claimed(item(sample("r1")))]
    with caplog.at_level(logging.ERROR):
        await keeping(sqlite_store, parsed()).handle(batch)
    assert sqlite_store.ledger()["proxies"] == {"p1": {"published": 1}}
    assert content_of(sqlite_store, "r1") is not None
    assert "junk" in caplog.text
    assert "zebra" not in caplog.text


async def test_what_came_to_the_keeper_too_often_is_passed_over(sqlite_store: Store) -> None:
    """An item that takes the worker down each time does not keep it down."""
    batch = [claimed(item(sample("r1")), MAX_DELIVERIES + 1), claimed(item(sample("r2")), MAX_DELIVERIES)]
    await keeping(sqlite_store, parsed()).handle(batch)
    assert sqlite_store.sample("r1") is None
    assert content_of(sqlite_store, "r2") is not None


async def test_what_a_scorer_is_unsure_of_is_kept_where_flagged_text_is(sqlite_store: Store, metrics: Metrics) -> None:
    """Flagged means yes or unsure; explanations, which may quote the text, are kept only where the text is."""

    async def unsure(of: Sample) -> list[Score]:
        verdict = Verdict.UNSURE if of.id == "r1" else Verdict.NO
        return [msgspec.structs.replace(score(of, 0.4), verdict=verdict, explanation="quoted")]

    runner = LoopRunner("refusal", OnLoop(unsure), 1.0, Progress())
    own = ScoreSink("refusal", runner, sqlite_store, parsed(content="flagged"), metrics.counters)
    await own.handle([claimed(item(sample(identity))) for identity in ("r1", "r2")])
    kept = [sqlite_store.sample(identity) for identity in ("r1", "r2")]
    assert [each is not None and each.content is not None for each in kept] == [True, False]
    assert [each.record.scores[0].explanation for each in kept if each] == ["quoted", ""]


async def test_samples_from_elsewhere_are_in_no_counter_of_traffic(sqlite_store: Store, metrics: Metrics) -> None:
    """They have a result and a raw count under their stratum, and no part in the weighted estimate."""
    await sink(sqlite_store, metrics).handle([claimed(item(sample("e1", REFUSAL, stratum=IMPORTED)))])
    labels = {"scorer": "refusal", "output": "refused", "app": "support"}
    assert metrics.value("scored_samples_total", **labels, verdict="yes", stratum="imported") == 1
    assert not metrics.value("verdicts_estimated_total", **labels, model="gpt-x", verdict="yes")


async def test_a_model_that_only_failed_is_no_label(sqlite_store: Store, metrics: Metrics) -> None:
    """Clients can ask for any name: one whose requests all fail takes no place, as in the proxy."""
    made = sink(sqlite_store, metrics)
    for number in range(40):
        facts = {"model_asked": f"invented-{number}", "outcome": Outcome.CLIENT_ERROR, "status": 404}
        await made.handle([claimed(item(sample(f"e{number}", REFUSAL, **facts)))])
    await made.handle([claimed(item(sample("r1", REFUSAL)))])
    labels = {"scorer": "refusal", "output": "refused", "app": "support", "verdict": "yes"}
    assert metrics.value("verdicts_estimated_total", **labels, model="invented-0") is None
    assert metrics.value("verdicts_estimated_total", **labels, model="other") == 40
    assert metrics.value("verdicts_estimated_total", **labels, model="gpt-x") == 1


def test_what_a_judge_looked_at_is_no_distribution_of_traffic(metrics: Metrics) -> None:
    """It looks at some scores more than at others: its own outputs are counted, and have no histogram."""
    of = sample("r1")
    scorer, output = sorted(JUDGE_OUTPUTS)[0]
    given = msgspec.structs.replace(score(of), scorer=scorer, output=output, version="judge-1")
    metrics.counters.count([(ScoredSample.of(of, JUDGE, Result.SCORED, [given]), 0.1)])
    labels = {"scorer": scorer, "output": output}
    assert metrics.value("scored_samples_total", **labels, app="support", verdict="yes", stratum="uniform") == 1
    assert metrics.value("score_count", **labels, model="gpt-x") is None
    metrics.counters.count([(ScoredSample.of(of, scorer, Result.SCORED, [given]), 0.1)])
    assert metrics.value("score_count", **labels, model="gpt-x") == 1


def test_hints_and_second_opinions_are_in_no_counter(metrics: Metrics) -> None:
    """A hint is only shown; a judge's opinion on an output of a scorer is no further answer. What counts beside them
    does."""
    of = sample("r1")
    hint = msgspec.structs.replace(score(of), scorer="groundedness", output="contradicted")
    counts = msgspec.structs.replace(hint, output="ungrounded")
    again = msgspec.structs.replace(score(of), version="judge-1")
    metrics.counters.count([(ScoredSample.of(of, "groundedness", Result.SCORED, [hint, counts]), 0.1)])
    metrics.counters.count([(ScoredSample.of(of, JUDGE, Result.SCORED, [again]), 0.1)])
    labels = {"app": "support", "verdict": "yes", "stratum": "uniform"}
    seen = [
        metrics.value("scored_samples_total", scorer=scorer, output=output, **labels)
        for scorer, output in (("groundedness", "ungrounded"), ("groundedness", "contradicted"), ("refusal", "refused"))
    ]
    assert seen == [1, None, None]
    estimated = {"scorer": "groundedness", "app": "support", "model": "gpt-x", "verdict": "yes"}
    assert metrics.value("verdicts_estimated_total", output="ungrounded", **estimated) == 1
    assert metrics.value("score_count", scorer="groundedness", output="contradicted", model="gpt-x") is None
