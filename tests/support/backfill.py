"""Made-up hours of every metric in the table, as blocks of a real Prometheus."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from proxy.telemetry.metric import Metric
from proxy.telemetry.metrics import METRICS
from scorers.score import OUTPUTS

#: Label values to make series of; a metric with several of these labels gets their product.
VALUES: dict[str, tuple[str, ...]] = {
    "app": ("support-bot", "all"),
    "model": ("m-small", "m-large"),
    "upstream": ("provider",),
    "part": ("member", "tool"),
    "purpose": ("suite",),
    "experiment": ("thrifty",),
    "battery": ("leak", "vague"),
    "operation": ("chat",),
    "outcome": ("ok", "upstream_error", "success", "failure"),
    "stream": ("true",),
    "signal": ("refusal.refused", "mix.language", "time_to_first_token", "traces"),
    "result": ("met", "missed", "scored", "crashed", "published"),
    "type": ("input", "output"),
    "modality": ("audio_input", "image_output"),
    "effort": ("high", "default"),
    "reason": ("stop", "complete", "queue_full"),
    "decision": ("published", "sampled_out", "dropped_queue"),
    "label": ("model",),
    "component": ("queue", "store"),
    "version": ("0.1.0",),
    "process": ("proxy", "worker"),
    "scorer": tuple(OUTPUTS),
    "group": ("store", "refusal"),
    "verdict": ("yes", "no"),
    "stratum": ("uniform",),
    "window": ("1h", "24h"),
    "kind": ("system_fingerprint", "tools"),
    "dimension": ("system_fingerprint",),
    "from": ("fp_a",),
    "to": ("fp_b",),
}
_STEP = 120


def _children(metric: Metric) -> Iterator[dict[str, str]]:
    """Label sets; an output stands with its own scorer only."""
    names = [name for name in metric.labels if name != "output"]
    for row in itertools.product(*(VALUES[name] for name in names)):
        labels = dict(zip(names, row, strict=True))
        if "output" not in metric.labels:
            yield labels
            continue
        for output in OUTPUTS[labels["scorer"]][:2]:
            yield labels | {"output": output}


def _text(labels: dict[str, str]) -> str:
    return ",".join(f'{name}="{value}"' for name, value in labels.items())


def _samples(metric: Metric, labels: dict[str, str], tick: int, at: int) -> Iterator[str]:
    inside = _text(labels)
    if metric.kind == "histogram":
        total = 20 * tick
        for index, bound in enumerate((*metric.buckets, "+Inf")):
            upto = min(total, int(total * (index + 1) / len(metric.buckets)))
            yield f'{metric.name}_bucket{{{inside}{"," if inside else ""}le="{bound}"}} {upto} {at}'
        yield f"{metric.name}_count{{{inside}}} {total} {at}"
        yield f"{metric.name}_sum{{{inside}}} {total * metric.buckets[2]} {at}"
    elif metric.kind == "counter":
        yield f"{metric.name}{{{inside}}} {10 * tick} {at}"
    elif metric.name.endswith("_timestamp_seconds"):
        yield f"{metric.name}{{{inside}}} {at - 60} {at}"
    else:
        yield f"{metric.name}{{{inside}}} 1 {at}"


def openmetrics(end: int, hours: float = 1.0, growing: bool = True) -> str:
    """Everything up to ``end`` (Unix s), in OpenMetrics's text with timestamps, and one alert that fires.

    Unless ``growing``, no counter grows: processes that run, and nothing that happens.
    """
    ticks = int(hours * 3600 / _STEP)
    lines = []
    for metric in METRICS:
        lines.append(f"# TYPE {metric.name.removesuffix('_total')} {metric.kind}")
        for labels in _children(metric):  # all times of one series: a series may not come twice
            moments = [
                list(_samples(metric, labels, tick if growing else 7, end - (ticks - tick) * _STEP))
                for tick in range(ticks + 1)
            ]
            lines += itertools.chain.from_iterable(moments)
    alert = _text({"alertname": "SightglassDrift", "alertstate": "firing", "severity": "ticket", "app": "support-bot"})
    lines.append("# TYPE ALERTS gauge")
    lines += [f"ALERTS{{{alert}}} 1 {end - (ticks - tick) * _STEP}" for tick in range(ticks + 1)]
    return "\n".join([*lines, "# EOF", ""])


def write_blocks(text: str, folder: Path) -> Path:
    """Blocks of a time series database made of an OpenMetrics text; its folder."""
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed")
    source = folder / "backfill.om"
    source.write_text(text, encoding="utf-8")
    blocks = folder / "tsdb"
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(source), str(blocks)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]
    return blocks


def end_of_now() -> int:
    """A moment that blocks may end at: a little before now, on a full step."""
    return int(time.time()) // _STEP * _STEP - _STEP
