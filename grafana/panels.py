"""Panels in Grafana's format. Each has a question, the metrics that answer it, a unit and fixed colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
SOURCE: Json = {"type": "prometheus", "uid": "${datasource}"}

GREEN, YELLOW, ORANGE, RED, BLUE, PURPLE, GREY = (
    "#56A64B", "#E0B400", "#FF780A", "#E02F44", "#3274D9", "#8F3BB8", "#8E8E99",
)  # fmt: skip
#: The same quantity has the same colour on every dashboard.
COLOURS: dict[str, str] = {
    "ok": GREEN, "client_error": YELLOW, "upstream_error": RED, "rate_limited": ORANGE, "timeout": PURPLE,
    "client_disconnected": GREY, "stream_incomplete": "#B877D9", "shed": "#890F02",
    "published": GREEN, "sampled_out": BLUE, "opted_out": GREY, "not_observed": "#5794F2", "dropped_ring_full": RED,
    "dropped_too_large": ORANGE, "dropped_queue": "#C4162A", "dropped_redactor": PURPLE,
    "scored": GREEN, "not_applicable": GREY, "budget": YELLOW, "judge_error": ORANGE, "unparseable": "#FF9830",
    "crashed": RED, "dead": "#890F02", "trimmed": "#B877D9",
    "input": BLUE, "cached_input": "#8AB8FF", "output": ORANGE, "reasoning_output": PURPLE,
    "success": GREEN, "failure": RED, "unknown": GREY,
    "p50": BLUE, "p95": ORANGE, "p99": RED, "n": GREY, "share": ORANGE, "lower": "#FFB357", "upper": "#FFB357",
    "stop": GREEN, "length": YELLOW, "tool_calls": BLUE, "content_filter": RED, "refusal": ORANGE,
    "complete": GREEN, "no_terminator": YELLOW, "error_event": RED, "upstream_cut": "#C4162A", "idle_timeout": PURPLE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Query:
    """One PromQL expression and its legend. ``instant`` gives one row per series (tables, stats)."""

    expr: str
    legend: str = ""
    instant: bool = False

    def as_json(self, ref: str, table: bool) -> Json:
        """The query as a target with the letter ``ref``."""
        return {
            "refId": ref,
            "datasource": SOURCE,
            "expr": self.expr,
            "legendFormat": self.legend or "__auto",
            "instant": self.instant,
            "range": not self.instant,
            "format": "table" if table else "time_series",
            "editorMode": "code",
        }


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel. ``question``: what it answers. ``alert``: the threshold of an alert, drawn as a line.

    ``step``: the smallest interval between two points. Over shorter intervals a share has too few samples and flickers.
    ``minimum``: where the axis of a time series begins; ``None`` where values may lie below zero without a bound.
    """

    kind: str
    title: str
    question: str
    metrics: Sequence[str]
    queries: Sequence[Query]
    unit: str
    width: int = 8
    alert: float | None = None
    bad_above: bool = True
    step: str = ""
    stacked: bool = False
    decimals: int | None = None
    overrides: Sequence[Json] = field(default_factory=tuple)
    options: Mapping[str, Any] = field(default_factory=dict)
    transformations: Sequence[Json] = field(default_factory=tuple)
    maximum: float | None = None
    minimum: float | None = 0

    @property
    def description(self) -> str:
        """The question, and which metrics answer it."""
        names = ", ".join(f"`{name}`" for name in self.metrics)
        return f"{self.question}\n\nMetric: {names}"

    def as_json(self, number: int, grid: Json) -> Json:
        """The panel with its id and grid position."""
        found: Json = {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": self.description,
            "datasource": SOURCE,
            "gridPos": grid,
            "targets": [
                query.as_json(chr(65 + index), self.kind == "table") for index, query in enumerate(self.queries)
            ],
            "fieldConfig": {"defaults": self._defaults(), "overrides": [*self._colours(), *self.overrides]},
            "options": {**_OPTIONS[self.kind], **self.options},
            "transformations": list(self.transformations),
        }
        if self.step:
            found["interval"] = self.step
        return found

    def _defaults(self) -> Json:
        steps: list[Json] = [{"color": "text" if self.kind == "stat" else GREEN, "value": None}]
        if self.alert is not None:
            good, bad = (GREEN, RED) if self.bad_above else (RED, GREEN)
            steps = [{"color": good, "value": None}, {"color": bad, "value": self.alert}]
        found: Json = {"unit": self.unit, "thresholds": {"mode": "absolute", "steps": steps}}
        if self.decimals is not None:
            found["decimals"] = self.decimals
        if self.kind == "timeseries":
            if self.minimum is not None:
                found["min"] = self.minimum
            found["color"] = {"mode": "palette-classic"}
            found["custom"] = self._lines()
        else:
            found["color"] = {"mode": "thresholds"}
        if self.kind == "table":
            found["custom"] = {"minWidth": 60}
        if self.maximum is not None:
            found["max"] = self.maximum
        return found

    def _lines(self) -> Json:
        return {
            "drawStyle": "line",
            "lineWidth": 1 if self.stacked else 2,
            "fillOpacity": 60 if self.stacked else 8,
            "gradientMode": "none" if self.stacked else "opacity",
            "showPoints": "never",
            "spanNulls": False,
            "axisSoftMin": 0,
            "stacking": {"mode": "normal" if self.stacked else "none", "group": "A"},
            "thresholdsStyle": {"mode": "dashed" if self.alert is not None else "off"},
        }

    def _colours(self) -> list[Json]:
        """Fixed colours for legends that are written out, and for closed sets of label values."""
        if self.kind != "timeseries":
            return []
        text = " ".join(query.legend for query in self.queries)
        wanted = [name for name in COLOURS if name in text.split()]
        for label, values in CLOSED.items():
            if f"{{{{{label}}}}}" in text:
                wanted += values
        return [_fixed(name, COLOURS[name]) for name in dict.fromkeys(wanted)]


#: The closed sets of label values that legends show, in the order of their colours.
CLOSED: dict[str, list[str]] = {
    "outcome": ["ok", "client_error", "upstream_error", "rate_limited", "timeout", "client_disconnected",
                "stream_incomplete", "shed", "success", "failure", "unknown"],
    "decision": ["published", "sampled_out", "opted_out", "not_observed", "dropped_ring_full", "dropped_too_large",
                 "dropped_queue", "dropped_redactor"],
    "result": ["scored", "not_applicable", "sampled_out", "budget", "judge_error", "unparseable", "timeout", "crashed",
               "dead", "trimmed"],
    "type": ["input", "cached_input", "output", "reasoning_output"],
    "reason": ["stop", "length", "tool_calls", "content_filter", "refusal", "complete", "no_terminator", "error_event",
               "upstream_cut", "idle_timeout", "client_disconnected"],
}  # fmt: skip

_LEGEND: Json = {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []}
_REDUCE: Json = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_OPTIONS: dict[str, Json] = {
    "timeseries": {"legend": _LEGEND, "tooltip": {"mode": "multi", "sort": "desc"}},
    "stat": {
        "reduceOptions": _REDUCE, "colorMode": "value", "graphMode": "area", "justifyMode": "auto", "textMode": "auto",
        "orientation": "auto", "wideLayout": True,
    },
    "bargauge": {
        "reduceOptions": _REDUCE, "displayMode": "basic", "orientation": "horizontal", "showUnfilled": True,
        "valueMode": "color", "namePlacement": "auto", "sizing": "auto", "minVizWidth": 8, "minVizHeight": 16,
        "maxVizHeight": 300,
    },
    "table": {
        "showHeader": True, "cellHeight": "sm",
        "footer": {"show": False, "reducer": ["sum"], "countRows": False, "fields": ""},
    },
}  # fmt: skip


def _fixed(name: str, colour: str) -> Json:
    return by_name(name, {"color": {"mode": "fixed", "fixedColor": colour}})


def by_name(name: str, properties: Mapping[str, Any]) -> Json:
    """An override for the field with this name."""
    return {
        "matcher": {"id": "byName", "options": name},
        "properties": [{"id": key, "value": value} for key, value in properties.items()],
    }


def by_pattern(pattern: str, properties: Mapping[str, Any]) -> Json:
    """An override for the fields whose name matches."""
    return {
        "matcher": {"id": "byRegexp", "options": f"/{pattern}/"},
        "properties": [{"id": key, "value": value} for key, value in properties.items()],
    }


#: The same as a single value: neither good nor bad.
NUMBER = by_name("n", {"unit": "short", "decimals": 0, "color": {"mode": "fixed", "fixedColor": GREY}})

#: The number of samples behind a share, on a separate axis: thin, dashed and grey.
NUMBERS = by_pattern(
    "^n( |$)",
    {
        "unit": "short",
        "color": {"mode": "fixed", "fixedColor": GREY},
        "custom.axisPlacement": "right",
        "custom.axisLabel": "n",
        "custom.fillOpacity": 0,
        "custom.lineWidth": 1,
        "custom.lineStyle": {"fill": "dash", "dash": [4, 4]},
        "custom.thresholdsStyle": {"mode": "off"},
        "min": 0,
        "max": None,
    },
)
#: Bytes beside a number of things: an axis of their own.
BYTES = by_pattern("^bytes", {"unit": "decbytes", "custom.axisPlacement": "right"})


def merged(columns: Mapping[str, str], hidden: Sequence[str]) -> list[Json]:
    """A table of several queries with one row per set of labels: ``columns`` are renamed, ``hidden`` are left out."""
    return [
        {"id": "merge", "options": {}},
        {
            "id": "organize",
            "options": {
                "excludeByName": dict.fromkeys(hidden, True),
                "renameByName": dict(columns),
                "indexByName": {name: index for index, name in enumerate(columns)},
            },
        },
    ]
