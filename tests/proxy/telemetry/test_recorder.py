"""One Exchange into the metrics: each outcome once, unmetered and unpriced as states, objectives met or missed."""

from __future__ import annotations

import random
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from proxy.config.settings import Objective, Settings
from proxy.exchange import (
    Decision,
    Exchange,
    FinishReason,
    Operation,
    Outcome,
    StreamEnd,
    Unpriced,
    Usage,
    UsageDetails,
)
from proxy.telemetry.instruments import Instruments
from proxy.telemetry.label_values import known_models
from proxy.telemetry.recorder import Recorder, closed_labels, met_objective, time_per_output_token

USAGE = Usage(input=10, cached_input=4, cache_write=1, output=5, reasoning_output=3)
UPSTREAMS = [
    {"name": "openai", "base_url": "https://h.example/v1", "models": ["lamp-1", "gpt-*", "o[34]"]},
    {"name": "local", "base_url": "http://127.0.0.1:1"},
]


class Bench:
    """A recorder with a registry of its own."""

    def __init__(self, **settings: Any) -> None:
        self.registry = CollectorRegistry()
        self.recorder = Recorder(
            Instruments(self.registry, "proxy"),
            Settings.model_validate({"upstreams": UPSTREAMS, "apps": ["bot", "web"], **settings}),
        )

    def record(self, **changes: Any) -> None:
        self.recorder.record(_exchange(**changes))

    def value(self, name: str, **labels: str) -> float:
        """The sum of the series of ``name`` that have these labels; 0 where there is none."""
        total = 0.0
        for family in self.registry.collect():
            for sample in family.samples:
                if sample.name == f"sightglass_{name}" and labels.items() <= sample.labels.items():
                    total += sample.value
        return total

    def series(self) -> int:
        return sum(len(family.samples) for family in self.registry.collect())


def _exchange(**changes: Any) -> Exchange:
    fields: dict[str, Any] = {
        "request_id": "r",
        "instance": "i",
        "started_at": 1_760_000_000.0,
        "app": "bot",
        "operation": Operation.CHAT,
        "upstream": "openai",
        "outcome": Outcome.OK,
        "duration": 1.5,
        "status": 200,
        "model_asked": "lamp-1",
    }
    return Exchange(**{**fields, **changes})


def test_closed_labels_begin_at_zero() -> None:
    """With a model's first request all outcomes, reasons and ends are there, and its unmetered and unpriced ones."""
    bench = Bench()
    bench.record(usage=USAGE, cost_usd=0.5)
    found: dict[str, set[str]] = {}
    for family in bench.registry.collect():
        for sample in family.samples:
            if sample.labels.get("model") == "lamp-1":
                for label in ("outcome", "reason"):
                    found.setdefault(f"{sample.name}.{label}", set()).add(sample.labels.get(label, ""))
    assert found["sightglass_requests_total.outcome"] == set(Outcome)
    assert found["sightglass_finish_reasons_total.reason"] == set(FinishReason)
    assert found["sightglass_stream_ends_total.reason"] == set(StreamEnd)
    assert {"sightglass_unmetered_total.reason", "sightglass_unpriced_total.reason"} <= set(found)
    assert bench.value("requests_total") == 1


@pytest.mark.parametrize("outcome", list(Outcome))
def test_each_outcome_is_counted_once(outcome: Outcome) -> None:
    """M03: a request is counted under its outcome and no other, with its duration."""
    bench = Bench()
    bench.record(outcome=outcome, status=None if outcome is Outcome.SHED else 200)
    assert bench.value("requests_total") == bench.value("requests_total", outcome=outcome.value) == 1
    assert bench.value("requests_total", app="bot", upstream="openai", operation="chat", model="lamp-1") == 1
    assert bench.value("request_duration_seconds_count", app="bot", stream="false") == 1
    assert bench.value("request_duration_seconds_sum") == 1.5


def test_times_that_did_not_happen_are_not_observed() -> None:
    """No first token is no observation, never one of zero."""
    bench = Bench()
    bench.record()
    for name in ("time_to_first_chunk", "time_to_first_token", "proxy_overhead", "time_per_output_token"):
        assert bench.value(f"{name}_seconds_count") == 0
    bench.record(first_chunk=0.2, first_token=0.5, overhead=0.001, usage=USAGE, streamed=True)
    for name, seconds in (("time_to_first_chunk", 0.2), ("time_to_first_token", 0.5), ("proxy_overhead", 0.001)):
        assert bench.value(f"{name}_seconds_count", app="bot", model="lamp-1") == 1
        assert bench.value(f"{name}_seconds_sum") == pytest.approx(seconds)
    assert bench.value("time_per_output_token_seconds_sum") == pytest.approx(1.0 / 4)


def test_tokens_are_disjoint() -> None:
    """Every token is counted in one type, cache writes as input; types together are all tokens."""
    bench = Bench()
    bench.record(usage=USAGE, cost_usd=0.25)
    found = {
        kind: bench.value("tokens_total", type=kind) for kind in ("input", "cached_input", "output", "reasoning_output")
    }
    assert found == {"input": 11, "cached_input": 4, "output": 5, "reasoning_output": 3}
    assert bench.value("cost_usd_total", app="bot", model="lamp-1") == 0.25
    assert bench.value("unmetered_total") == bench.value("unpriced_total") == 0


def test_unmetered_is_a_state() -> None:
    """S06: an answer without usage is unmetered: no tokens, no cost, and not unpriced either."""
    bench = Bench()
    bench.record(usage=None)
    assert bench.value("unmetered_total", app="bot", model="lamp-1") == 1
    assert bench.value("tokens_total") == bench.value("cost_usd_total") == bench.value("unpriced_total") == 0


def test_embeddings_are_paid_for_too() -> None:
    """Their tokens and their cost are counted, and that they are not known is."""
    bench = Bench()
    bench.record(operation=Operation.EMBEDDINGS, usage=Usage(input=7), cost_usd=0.5)
    bench.record(operation=Operation.EMBEDDINGS, usage=None)
    assert (bench.value("tokens_total", type="input"), bench.value("cost_usd_total")) == (7, 0.5)
    assert (bench.value("unmetered_total"), bench.value("unpriced_total")) == (1, 0)


@pytest.mark.parametrize(
    ("trace", "sampled", "example"),
    [
        (None, False, None),
        (None, True, {"sample_id": "r"}),
        ("a" * 32, False, {"trace_id": "a" * 32}),
        ("a" * 32, True, {"trace_id": "a" * 32, "sample_id": "r"}),
    ],
)
def test_examples_lead_somewhere(trace: str | None, sampled: bool, example: dict[str, str] | None) -> None:
    """A bucket names a trace where there is one, and a sample only where the request became one."""
    bench = Bench()
    bench.recorder.record(_exchange(trace_id=trace), sampled=sampled)
    found = [
        sample.exemplar and sample.exemplar.labels
        for family in bench.registry.collect()
        for sample in family.samples
        if sample.name == "sightglass_request_duration_seconds_bucket" and sample.labels["le"] == "2.5"
    ]
    assert found == [example]


def test_unpriced_is_a_state() -> None:
    """A metered answer without a price is unpriced, and adds nothing to the cost; a cost of zero is a cost."""
    bench = Bench()
    bench.record(usage=USAGE, cost_usd=None)
    assert (bench.value("unpriced_total"), bench.value("cost_usd_total")) == (1, 0)
    bench.record(usage=USAGE, cost_usd=0.0)
    assert bench.value("unpriced_total") == 1
    assert 'sightglass_cost_usd_total{app="bot",model="lamp-1"} 0.0' in generate_latest(bench.registry).decode()


@pytest.mark.parametrize(
    "changes", [{"status": 500, "outcome": Outcome.UPSTREAM_ERROR}, {"operation": Operation.MODELS}]
)
def test_what_is_no_answer_is_not_unmetered(changes: dict[str, Any]) -> None:
    """Errors, and operations that give no text, are never unmetered."""
    bench = Bench()
    bench.record(**changes)
    assert bench.value("unmetered_total") == 0


def test_ends_are_counted() -> None:
    """Finish reasons and ends of streams are counted under their own words, and only where there is one."""
    bench = Bench()
    bench.record()
    assert bench.value("finish_reasons_total") == bench.value("stream_ends_total") == 0
    bench.record(finish_reason=FinishReason.LENGTH, stream_end=StreamEnd.NO_TERMINATOR, streamed=True)
    assert bench.value("finish_reasons_total", model="lamp-1", reason="length") == 1
    assert bench.value("stream_ends_total", model="lamp-1", reason="no_terminator") == 1
    assert bench.value("request_duration_seconds_count", stream="true") == 1


def test_decisions_stand_at_zero_from_the_start() -> None:
    """Every decision of every application is on the page before the first request."""
    page = generate_latest(Bench().registry).decode()
    for app in ("bot", "web", "other"):
        for decision in Decision:
            assert f'sightglass_sampling_decisions_total{{app="{app}",decision="{decision.value}"}} 0.0' in page


def test_names_from_outside_are_other() -> None:
    """Applications and upstreams that Settings do not name are ``other``; a model must have answered well once."""
    bench = Bench()
    assert [bench.recorder.app(name) for name in ("bot", "web", "evil", None, "other")] == [
        "bot",
        "web",
        "other",
        "other",
        "other",
    ]
    bench.record(upstream="evil", outcome=Outcome.CLIENT_ERROR, status=404, model_asked="evil-model")
    assert bench.value("requests_total", upstream="other", model="other") == 1
    bench.record(model_asked=None, model_served="gpt-9")
    bench.record(model_asked="gpt-9", outcome=Outcome.TIMEOUT)
    assert bench.value("requests_total", model="gpt-9") == 2


def test_an_allow_list_closes_the_label() -> None:
    """With ``models.allow`` and spelled names no other name becomes a label, however well it answered."""
    bench = Bench(models={"allow": ["gpt-5"]})
    for model in ("gpt-5", "lamp-1", "gpt-6"):
        bench.record(model_asked=model)
    assert bench.value("requests_total", model="gpt-5") == bench.value("requests_total", model="lamp-1") == 1
    assert bench.value("requests_total", model="other") == 1


def test_known_models() -> None:
    """Names that Settings spell out are known; patterns are not names."""
    settings = Settings.model_validate({"upstreams": UPSTREAMS, "models": {"allow": ["a"]}})
    assert list(known_models(settings)) == ["a", "lamp-1"]


def test_hostile_labels_do_not_make_series() -> None:
    """M01: random names in every place leave the number of series constant and below ten thousand."""
    bench, chance = Bench(), random.Random(1)
    counts = []
    for number in range(100_000):
        name = f"{chance.random()}"
        good = number % 50 == 0
        bench.record(
            app=bench.recorder.app(name),
            upstream=name,
            model_asked=name,
            model_served=name,
            operation=chance.choice(tuple(Operation)) if not good else Operation.CHAT,
            outcome=Outcome.OK
            if good
            else chance.choice((Outcome.CLIENT_ERROR, Outcome.RATE_LIMITED, Outcome.TIMEOUT)),
            status=200 if good else 404,
            streamed=chance.random() < 0.5,
            error=name,
            session_id=name,
        )
        if number in (50_000, 99_999):
            counts.append((bench.series(), len(bench.recorder._rows)))
    assert counts[0] == counts[1]
    assert counts[1][0] < 10_000
    assert bench.value("requests_total") == 100_000
    assert bench.value("label_overflow_total", label="app") == 100_000


# --- objectives ---------------------------------------------------------------------------------------------------


def _objective(signal: str = "time_to_first_token", below: float = 1.0, app: str = "*") -> Objective:
    return Objective.model_validate({"app": app, "signal": signal, "below_seconds": below, "share": 0.9})


GONE = {"outcome": Outcome.CLIENT_DISCONNECTED, "streamed": True, "stream_end": StreamEnd.CLIENT_DISCONNECTED}


@pytest.mark.parametrize(
    ("signal", "changes", "met"),
    [
        ("time_to_first_token", {"streamed": True, "first_token": 0.9}, True),
        ("time_to_first_token", {"streamed": True, "first_token": 1.0}, True),
        ("time_to_first_token", {"streamed": True, "first_token": 1.1}, False),
        ("time_to_first_token", {"duration": 0.9}, True),
        ("time_to_first_token", {"duration": 1.1}, False),
        ("time_to_first_token", {"streamed": True, "first_token": None, "duration": 1.1}, False),
        ("duration", {"duration": 0.9, "first_token": 5.0}, True),
        ("duration", {"duration": 1.1, "first_token": 0.1}, False),
        ("time_per_output_token", {"first_token": 0.5, "usage": USAGE, "duration": 4.4}, True),
        ("time_per_output_token", {"first_token": 0.5, "usage": USAGE, "duration": 4.6}, False),
        ("time_per_output_token", {"first_token": 0.5, "usage": None}, None),
        ("time_to_first_token", {**GONE, "first_token": 0.5, "duration": 9.0}, True),
        ("time_to_first_token", {**GONE, "first_token": None, "duration": 0.5}, None),
        ("time_to_first_token", {**GONE, "first_token": None, "duration": 1.5}, False),
        ("duration", {"outcome": Outcome.CLIENT_ERROR, "duration": 0.1}, None),
    ],
)
def test_objectives(signal: str, changes: dict[str, Any], met: bool | None) -> None:
    """An objective is met, missed, or not told of by this request; the bound itself is met."""
    assert met_objective(_objective(signal), _exchange(**changes)) is met


@pytest.mark.parametrize(
    "outcome", [Outcome.UPSTREAM_ERROR, Outcome.RATE_LIMITED, Outcome.TIMEOUT, Outcome.SHED, Outcome.STREAM_INCOMPLETE]
)
def test_failures_miss_every_objective(outcome: Outcome) -> None:
    """Who waited for nothing did not wait well, however short it was."""
    for signal in ("time_to_first_token", "duration", "time_per_output_token"):
        assert met_objective(_objective(signal), _exchange(outcome=outcome, duration=0.01, first_token=0.01)) is False


def test_objectives_are_counted_for_their_application() -> None:
    """Each objective counts the requests of its application, or of all; others and uncounted ones leave no trace."""
    objectives = [_objective("duration").model_dump(), _objective("time_to_first_token", app="web").model_dump()]
    bench = Bench(objectives=objectives)
    bench.record(duration=0.5)
    bench.record(duration=5.0, app="web")
    bench.record(outcome=Outcome.CLIENT_ERROR, app="web")
    bench.record(operation=Operation.EMBEDDINGS)
    assert bench.value("objective_total", signal="duration", result="met", app="bot") == 1
    assert bench.value("objective_total", signal="duration", result="missed", app="web") == 1
    assert bench.value("objective_total", signal="time_to_first_token", result="missed", app="web") == 1
    assert bench.value("objective_total") == 3


@pytest.mark.parametrize(
    ("changes", "seconds"),
    [
        ({"first_token": 0.5, "usage": Usage(output=11), "duration": 2.5}, 0.2),
        ({"first_token": 0.5, "usage": Usage(output=1), "duration": 2.5}, None),
        ({"first_token": None, "usage": Usage(output=11)}, None),
        ({"first_token": 0.5, "usage": None}, None),
        ({"first_token": 0.5, "usage": Usage(output=11), "outcome": Outcome.STREAM_INCOMPLETE}, None),
        ({"first_token": 3.0, "usage": Usage(output=11), "duration": 2.5}, 0.0),
        ({"first_token": 0.5, "usage": Usage(output=11), "duration": 2.5, "choices": 1}, 0.2),
        ({"first_token": 0.5, "usage": Usage(output=44), "duration": 2.5, "choices": 4}, None),
        (
            {"first_token": 0.5, "usage": Usage(output=41, details=UsageDetails(rejected_output=30)), "duration": 2.5},
            0.2,
        ),
    ],
)
def test_time_per_output_token(changes: dict[str, Any], seconds: float | None) -> None:
    """Seconds a further token after the first; unknown where first token, count or a good end are missing, and where
    several answers share the stream. Tokens of a rejected prediction were never seen."""
    found = time_per_output_token(_exchange(**changes))
    assert found == (None if seconds is None else pytest.approx(seconds))


def test_closed_labels() -> None:
    """The closed label sets are the enumerations, as words."""
    for values in closed_labels().values():
        assert len(set(values)) == len(values)
        assert all(value == value.lower() for value in values)
    assert closed_labels()["outcome"] == tuple(outcome.value for outcome in Outcome)


def test_the_page_can_be_read() -> None:
    """After every outcome and operation the page is valid exposition text."""
    bench = Bench()
    for outcome in Outcome:
        for operation in Operation:
            bench.record(outcome=outcome, operation=operation, usage=USAGE, first_token=0.1)
    page = generate_latest(bench.registry).decode()
    assert sum(1 for _ in text_string_to_metric_families(page)) > 10
    assert bench.value("requests_total") == len(Outcome) * len(Operation)


def test_why_an_answer_is_unpriced() -> None:
    """Every reason begins at zero with the first answer of a model; an unpriced answer counts under its own."""
    bench = Bench()
    bench.record(usage=USAGE, cost_usd=0.5)
    name, model = "unpriced_reasons_total", "lamp-1"
    shown = generate_latest(bench.registry).decode()
    for reason in Unpriced:
        assert f'sightglass_{name}{{model="{model}",reason="{reason}"}} 0.0' in shown
    bench.record(usage=USAGE, cost_usd=None, unpriced=Unpriced.SERVICE_TIER.value)
    bench.record(usage=USAGE, cost_usd=None)  # as rows of an older proxy have it
    assert bench.value(name, reason="service_tier") == 1
    assert bench.value(name, reason="no_price") == 1
    assert bench.value("unpriced_total") == bench.value(name) == 2


def test_dates_of_models_in_use() -> None:
    """A listed date is shown for a model with a label of its own, whichever came first; a withdrawn one is gone."""
    bench, name = Bench(), "model_shutdown_timestamp_seconds"
    bench.recorder.shutdowns.listed("openai", {"lamp-1": 100.0, "lamp-2": 200.0, "gpt-9": None})
    assert bench.value(name) == 0
    bench.record(model_asked="lamp-1", model_served="lamp-1")
    assert bench.value(name, upstream="openai", model="lamp-1") == 100
    bench.record(model_asked="gpt-9", model_served="gpt-9")
    bench.recorder.shutdowns.listed("openai", {"lamp-1": 150.0, "gpt-9": 300.0})
    assert bench.value(name, model="lamp-1") == 150
    assert bench.value(name, model="gpt-9") == 300
    assert bench.value(name, model="lamp-2") == 0
    bench.recorder.shutdowns.listed("openai", {"lamp-1": None, "gpt-9": 300.0})
    assert 'model="lamp-1"' not in "".join(
        line for line in generate_latest(bench.registry).decode().splitlines() if line.startswith(f"sightglass_{name}")
    )


def test_a_list_of_models_takes_no_place_of_a_label() -> None:
    """A list of a thousand models makes not one series more than the models in use have."""
    bench = Bench()
    bench.recorder.shutdowns.listed("openai", {f"model-{number}": 5.0 for number in range(5000)})
    assert bench.value("label_overflow_total") == 0
    bench.record(model_asked="model-7", model_served="model-7")
    lines = generate_latest(bench.registry).decode().splitlines()
    assert len([line for line in lines if line.startswith("sightglass_model_shutdown_timestamp_seconds{")]) == 1
    assert bench.value("model_shutdowns_dropped_total", upstream="openai") == 3000, "what is not kept is counted"
    bench.recorder.shutdowns.listed("openai", {"model-7": 6.0}, dropped=5)
    assert bench.value("model_shutdowns_dropped_total", upstream="openai") == 3005
