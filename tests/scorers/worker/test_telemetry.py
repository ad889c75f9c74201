"""Scores as events: parent, direction, label, failure, and nothing that quotes the answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from proxy.exchange import Exchange, Operation, Outcome
from proxy.sample import Sample, encode
from proxy.telemetry import otel
from proxy.telemetry.instruments import Instruments
from scorers.score import Reason, Result, Score, Verdict
from scorers.store.records import ScoredSample
from scorers.worker.telemetry import Evaluations
from support.collector import Collector, attributes

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """A collector that this process exports to."""
    with Collector() as server:
        for name, value in server.env.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def instruments() -> Instruments:
    """Metrics of a worker."""
    return Instruments(CollectorRegistry(), "worker")


def sample(**changes: Any) -> Sample:
    """A sample whose upstream span is known."""
    ids: dict[str, Any] = {"trace_id": TRACE, "span_id": SPAN, "trace_flags": 1, "response_id": "chatcmpl-7"}
    exchange = Exchange(
        request_id="s1",
        instance="i",
        started_at=1000.0,
        app="lamps",
        operation=Operation.CHAT,
        upstream="near",
        outcome=Outcome.OK,
        duration=0.5,
        **ids | changes,
    )
    return Sample(id="s1", exchange=exchange)


def score(scorer: str, output: str, value: float | None, **changes: Any) -> Score:
    """One score; its verdict follows from its value."""
    verdict = None if value is None else Verdict.YES if value > 0.6 else Verdict.NO if value < 0.4 else Verdict.UNSURE
    named = {"sample_id": "s1", "scorer": scorer, "output": output, "version": "7", "value": value, "verdict": verdict}
    return Score(**named | changes)


async def events(
    collector: Collector, instruments: Instruments, kept: Sample, scorer: str, result: Result, *scores: Score
) -> list[Any]:
    """What arrives for one result."""
    exports = otel.start("worker", "i", instruments, ("logs",))
    assert exports is not None
    Evaluations(exports).emit(ScoredSample.of(kept, scorer, result, list(scores)), encode(kept))
    await exports.stop(5)
    return collector.events()


async def test_a_score_is_an_event_of_the_judged_span(collector: Collector, instruments: Instruments) -> None:
    """Name, value, label, response id; trace id, span id and flags are those of the sample."""
    made = score("refusal", "refused", 0.9, explanation="it says: I can not find the lamp")
    (event,) = await events(collector, instruments, sample(), "refusal", Result.SCORED, made)
    assert event.event_name == "gen_ai.evaluation.result"
    assert (event.trace_id.hex(), event.span_id.hex(), event.flags) == (TRACE, SPAN, 1)
    assert event.time_unix_nano > 0
    assert attributes(event) == {
        "gen_ai.evaluation.name": "refusal.refused",
        "gen_ai.evaluation.score.value": 0.9,
        "gen_ai.evaluation.score.label": "yes",
        "gen_ai.response.id": "chatcmpl-7",
        "sightglass.sample_id": "s1",
        "sightglass.app": "lamps",
        "sightglass.scorer.version": "7",
    }


@pytest.mark.parametrize(
    ("value", "sent", "label"), [(0.9, 0.1, "ungrounded"), (0.0, 1.0, "grounded"), (0.5, 0.5, "unsure")]
)
async def test_groundedness_has_the_fields_direction(
    collector: Collector, instruments: Instruments, value: float, sent: float, label: str
) -> None:
    """1 means grounded there; the other outputs stay P(event)."""
    scores = (score("groundedness", "ungrounded", value), score("groundedness", "contradicted", value))
    first, second = await events(collector, instruments, sample(), "groundedness", Result.SCORED, *scores)
    assert attributes(first)["gen_ai.evaluation.name"] == "groundedness"
    assert attributes(first)["gen_ai.evaluation.score.value"] == pytest.approx(sent)
    assert attributes(first)["gen_ai.evaluation.score.label"] == label
    assert attributes(second)["gen_ai.evaluation.name"] == "groundedness.contradicted"
    assert attributes(second)["gen_ai.evaluation.score.value"] == value


@pytest.mark.parametrize("result", [Result.CRASHED, Result.TIMEOUT, Result.DEAD, Result.JUDGE_ERROR])
async def test_a_scorer_that_failed(collector: Collector, instruments: Instruments, result: Result) -> None:
    """One event without a value, with the reason as error.type."""
    (event,) = await events(collector, instruments, sample(), "refusal", result)
    found = attributes(event)
    assert (found["gen_ai.evaluation.name"], found["error.type"]) == ("refusal", result.value)
    assert "gen_ai.evaluation.score.value" not in found


async def test_an_output_that_failed_beside_one_that_did_not(collector: Collector, instruments: Instruments) -> None:
    """Each output speaks for itself."""
    scores = (
        score("refusal", "refused", 0.1),
        score("refusal", "over_refused", None, unscored_reason=Reason.JUDGE_ERROR, choice=2),
        score("refusal", "under_refused", None, unscored_reason=Reason.BUDGET),
    )
    first, second = await events(collector, instruments, sample(), "refusal", Result.SCORED, *scores)
    assert "error.type" not in attributes(first)
    found = attributes(second)
    assert (found["gen_ai.evaluation.name"], found["error.type"]) == ("refusal.over_refused", "judge_error")
    assert found["sightglass.choice"] == 2


@pytest.mark.parametrize("reason", [Reason.NO_TEXT, Reason.NO_CLAIMS, Reason.SAMPLED_OUT, Reason.BUDGET])
async def test_what_does_not_apply_leaves_no_event(
    collector: Collector, instruments: Instruments, reason: Reason
) -> None:
    """Neither the nature of an answer nor a choice not to score is a failure."""
    made = score("refusal", "refused", None, unscored_reason=reason)
    assert await events(collector, instruments, sample(), "refusal", Result.NOT_APPLICABLE, made) == []


@pytest.mark.parametrize(
    "ids",
    [
        {"trace_id": None, "span_id": None, "trace_flags": None},
        {"trace_id": "nonsense", "span_id": "1", "trace_flags": 1},
        {"trace_id": "0" * 32, "span_id": "0" * 16, "trace_flags": 1},
    ],
)
async def test_a_sample_without_a_span(collector: Collector, instruments: Instruments, ids: dict[str, Any]) -> None:
    """The event is sent all the same, of no trace."""
    (event,) = await events(
        collector, instruments, sample(**ids), "refusal", Result.SCORED, score("refusal", "refused", 1.0)
    )
    assert (event.trace_id, event.span_id) == (b"", b"")


async def test_explanations_only_with_content_capture(
    collector: Collector, instruments: Instruments, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An explanation may quote the answer."""
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "event_only")
    made = score("refusal", "refused", 0.9, explanation="it says: I can not find the lamp")
    (event,) = await events(collector, instruments, sample(), "refusal", Result.SCORED, made)
    assert attributes(event)["gen_ai.evaluation.explanation"] == "it says: I can not find the lamp"


async def test_what_is_no_sample_harms_nothing(collector: Collector, instruments: Instruments) -> None:
    """A dead letter has an event of no trace; nothing is raised."""
    exports = otel.start("worker", "i", instruments, ("logs",))
    assert exports is not None
    dead = ScoredSample(sample_id="x", app="other", scorer="refusal", result=Result.DEAD, at=0.0, reason="not_a_sample")
    for payload in (b"not json", b"[]", b'{"exchange": 7}', b"\xff"):
        Evaluations(exports).emit(dead, payload)
    await exports.stop(5)
    assert [attributes(event)["error.type"] for event in collector.events()] == ["dead"] * 4


async def test_a_full_queue_drops_and_counts(
    collector: Collector, instruments: Instruments, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a collector that hangs only so many events are held."""
    collector.hang = True
    monkeypatch.setenv("OTEL_BLRP_MAX_QUEUE_SIZE", "20")
    exports = otel.start("worker", "i", instruments, ("logs",))
    assert exports is not None
    evaluations, kept = Evaluations(exports), sample()
    for _ in range(100):
        evaluations.emit(ScoredSample.of(kept, "refusal", Result.CRASHED, []), encode(kept))
    assert instruments.counter("sightglass_telemetry_dropped_total", "logs", "queue_full").value == 80
    await exports.stop(0.2)
