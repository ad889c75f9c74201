"""The table of metrics and what lives of it: names by the rules, bounded labels, a page that Prometheus accepts."""

from __future__ import annotations

import random
import re
import shutil
import string
import subprocess
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from proxy.telemetry.instruments import Bounded, Instruments
from proxy.telemetry.label_values import OTHER
from proxy.telemetry.metrics import BY_NAME, LATENCY, METRICS

SOURCES = Path(__file__).resolve().parents[3]
UNITS = ("_seconds", "_bytes", "_usd", "_ratio", "_samples", "_requests", "_tokens")


def _instruments(side: str = "proxy", **more: object) -> Instruments:
    return Instruments(CollectorRegistry(), side, **more)  # type: ignore[arg-type]


def _page(instruments: Instruments) -> str:
    return generate_latest(instruments.registry).decode()


def _series(instruments: Instruments) -> int:
    return sum(not line.startswith("#") for line in _page(instruments).splitlines())


def _touch_everything(instruments: Instruments, side: str) -> None:
    for metric in METRICS:
        if metric.side in (side, "both"):
            values = tuple(f"{label}-1" for label in metric.labels)
            if metric.kind == "counter":
                instruments.counter(metric.name, *values).inc(2)
            elif metric.kind == "histogram":
                instruments.histogram(metric.name, *values).observe(0.3)
            else:
                instruments.gauge(metric.name, *values).set(1)


def test_no_name_stands_twice() -> None:
    """Every metric has one line in the table."""
    assert len(BY_NAME) == len(METRICS)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_names_follow_the_rules(metric: object) -> None:
    """Counters end in ``_total``, nothing else does; histograms of time in seconds; labels and help are well-formed."""
    metric = BY_NAME[metric.name]  # type: ignore[attr-defined]
    assert re.fullmatch(r"sightglass_[a-z]+(_[a-z]+)*", metric.name)
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert not metric.name.endswith(("_bucket", "_sum", "_count", "_created", "_info_total"))
    assert not re.search(r"_(ms|millis|milliseconds|minutes|kb|mb)\b", metric.name)
    assert bool(metric.buckets) == (metric.kind == "histogram")
    assert list(metric.buckets) == sorted(set(metric.buckets))
    assert metric.kind != "histogram" or metric.name == "sightglass_score" or metric.name.endswith("_seconds")
    assert len(set(metric.labels)) == len(metric.labels)
    assert all(re.fullmatch(r"[a-z]+", label) and label not in ("le", "job", "instance") for label in metric.labels)
    assert metric.help.endswith(".")


def test_labels_hold_nothing_personal() -> None:
    """No label is made for what grows with users, requests or words."""
    labels = {label for metric in METRICS for label in metric.labels}
    assert not labels & {"user", "key", "prompt", "request", "path", "error", "fingerprint", "session", "task", "id"}


def test_every_name_in_the_code_is_in_the_table() -> None:
    """A metric that the code asks for exists: asking for any other would fail at the moment it is needed."""
    asked = re.compile(r"(?:counter|gauge|histogram|remove)\(\s*\"(sightglass_[a-z_]+)\"")
    found = {
        name for file in (SOURCES / "proxy").rglob("*.py") for name in asked.findall(file.read_text(encoding="utf-8"))
    }
    assert len(found) > 10
    assert found <= set(BY_NAME)


@pytest.mark.parametrize("side", ["proxy", "worker"])
def test_a_page_holds_what_the_table_says(side: str) -> None:
    """The live page of a process has exactly the metrics of its side, with their types, labels and sentences."""
    instruments = _instruments(side)
    _touch_everything(instruments, side)
    families = {family.name: family for family in text_string_to_metric_families(_page(instruments))}
    wanted = [metric for metric in METRICS if metric.side in (side, "both")]
    assert set(families) == {metric.name.removesuffix("_total") for metric in wanted}
    for metric in wanted:
        family = families[metric.name.removesuffix("_total")]
        assert (family.type, family.documentation) == (metric.kind, metric.help)
        assert {label for sample in family.samples for label in sample.labels} - {"le"} == set(metric.labels)


@pytest.mark.parametrize("side", ["proxy", "worker"])
@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_accepts_the_page(side: str) -> None:
    """``promtool check metrics`` finds nothing to say about the live page."""
    instruments = _instruments(side)
    _touch_everything(instruments, side)
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=_page(instruments), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_histogram_counts_as_prometheus_does() -> None:
    """A value equal to a boundary is in its bucket; buckets are cumulative; sum and count agree."""
    instruments = _instruments()
    histogram = instruments.histogram("sightglass_time_to_first_chunk_seconds", "a", "m")
    for value in (0.0, 0.025, 0.026, 1.0, 599.9, 601.0):
        histogram.observe(value)
    samples = {
        (sample.name.rsplit("_", 1)[1], sample.labels.get("le")): sample.value
        for family in text_string_to_metric_families(_page(instruments))
        if family.name == "sightglass_time_to_first_chunk_seconds"
        for sample in family.samples
    }
    assert samples["bucket", "0.025"] == 2
    assert samples["bucket", "0.05"] == 3
    assert samples["bucket", "1.0"] == 4
    assert samples["bucket", "600.0"] == 5
    assert samples["bucket", "+Inf"] == samples["count", None] == 6
    assert samples["sum", None] == pytest.approx(1201.951)


def test_objectives_are_boundaries() -> None:
    """A boundary that an objective needs is added to the histograms of latency, and to no other."""
    instruments = _instruments(latency_bounds=(1.7, 2.5))
    assert list(instruments.histogram("sightglass_time_to_first_token_seconds", "a", "m").bounds) == sorted(
        {*LATENCY, 1.7}
    )
    assert 1.7 not in instruments.histogram("sightglass_proxy_overhead_seconds", "a", "m").bounds


def test_wrong_labels_and_names_fail() -> None:
    """A name that is not in the table, or the wrong number of labels, fails at once."""
    instruments = _instruments()
    with pytest.raises(KeyError):
        instruments.counter("sightglass_surprises_total")
    with pytest.raises(ValueError, match="labels"):
        instruments.counter("sightglass_requests_total", "a")
    with pytest.raises(KeyError):
        instruments.gauge("sightglass_verdict_ratio", "s", "o", "a", "m", "1h")


def test_a_gauge_s_child_can_be_forgotten() -> None:
    """A child that no longer holds leaves the page."""
    instruments = _instruments()
    instruments.gauge("sightglass_degraded", "queue").set(1)
    assert 'component="queue"' in _page(instruments)
    instruments.remove("sightglass_degraded", "queue")
    assert 'component="queue"' not in _page(instruments)


def test_no_series_of_creation_times() -> None:
    """There are no ``_created`` series."""
    instruments = _instruments("worker")
    _touch_everything(instruments, "worker")
    assert "_created" not in _page(instruments)


def test_random_values_do_not_make_series() -> None:
    """M01: a hundred thousand random names leave the number of series constant, and ``other`` grows by each of them."""
    instruments, chance = _instruments(), random.Random(3)
    bounded = Bounded("model", ["lamp-1"], 20, instruments)
    overflow = instruments.counter("sightglass_label_overflow_total", "model")
    counts = []
    for number in range(100_000):
        name = "".join(chance.choices(string.printable, k=12)) + str(number)
        label = bounded.value(name, admit=number % 2 == 0)
        instruments.counter("sightglass_unmetered_total", "app", label).inc()
        if number % 20_000 == 10_000:
            counts.append(_series(instruments))
    assert len(set(counts)) == 1
    other = instruments.counter("sightglass_unmetered_total", "app", OTHER).value
    assert other == overflow.value == 100_000 - 19


def test_admission() -> None:
    """Known names are kept, new ones only on good requests and while there is room; none is no overflow."""
    instruments = _instruments()
    bounded = Bounded("model", ["a"], 2, instruments)
    assert [
        bounded.value(name, admit)
        for name, admit in (("a", False), ("b", False), ("b", True), ("c", True), ("b", False))
    ] == [
        "a",
        "other",
        "b",
        "other",
        "b",
    ]
    assert bounded.value(None) == OTHER
    assert instruments.counter("sightglass_label_overflow_total", "model").value == 2


@pytest.mark.parametrize("name", ["", "x" * 129, "灯" * 50, "a\nb", "a\x00", "\ud800", "\u202eevil", "a\u2028b"])
def test_names_that_are_never_labels(name: str) -> None:
    """M02: empty, long (in bytes), unprintable and broken names are ``other``."""
    assert Bounded("model", [], 10, _instruments()).value(name, admit=True) == OTHER


@pytest.mark.parametrize("name", ['quo"te', "back\\slash", 'new\\nline"}', "灯", "a{b='c'}", "x" * 128])
def test_odd_names_are_escaped(name: str) -> None:
    """M02: a name with quotes and braces comes back from the page as it was."""
    instruments = _instruments()
    label = Bounded("model", [], 10, instruments).value(name, admit=True)
    instruments.counter("sightglass_unmetered_total", "app", label).inc()
    found = [
        sample.labels["model"]
        for family in text_string_to_metric_families(_page(instruments))
        if family.name == "sightglass_unmetered"
        for sample in family.samples
    ]
    assert found == [name]


def test_buckets_name_an_example() -> None:
    """OpenMetrics shows the last trace and sample of each bucket; the plain text shows none."""
    registry = CollectorRegistry()
    child = Instruments(registry, "proxy").histogram("sightglass_request_duration_seconds", "a", "m", "false")
    child.observe(0.2)
    child.observe(0.2, ("a" * 32, "s1", 1000.0))
    child.observe(7.0, (None, "s" * 300, 1000.0))
    text = openmetrics.generate_latest(registry).decode()
    (line,) = [line for line in text.splitlines() if 'le="0.25"' in line and "request_duration" in line]
    assert line.endswith(f'2.0 # {{sample_id="s1",trace_id="{"a" * 32}"}} 0.2 1000.0')
    assert f'# {{sample_id="{"s" * 40}"}} 7.0' in text
    assert "sample_id" not in generate_latest(registry).decode()
