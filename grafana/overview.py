"""Overview: the first dashboard to open when on call."""

from __future__ import annotations

from grafana.board import APP, MODEL, Board, Row
from grafana.panels import NUMBER, NUMBERS, Panel, Query, by_name, merged
from grafana.queries import count, quantile, quantiles, rate, share
from scorers.rules.limits import UPSTREAM_FAILING

REQUESTS, TTFT, OBJECTIVE = (
    "sightglass_requests_total",
    "sightglass_time_to_first_token_seconds",
    "sightglass_objective_total",
)
FAILED = 'outcome=~"upstream_error|timeout|stream_incomplete"'

_STATS = [
    Panel(
        "stat", "Requests", "How much traffic is there?", [REQUESTS], [Query(rate(REQUESTS), "requests")], "reqps", 4
    ),
    Panel(
        "stat",
        "Failed by the provider",
        "Which share of requests does the provider fail? The line is the alert's.",
        [REQUESTS],
        [Query(share(REQUESTS, FAILED), "share"), Query(count(REQUESTS), "n")],
        "percentunit",
        4,
        alert=UPSTREAM_FAILING,
        decimals=1,
        overrides=[NUMBER],
    ),
    Panel(
        "stat",
        "Time to first token, p95",
        "How long do users wait until something shows?",
        [TTFT],
        [Query(quantile(TTFT), "p95")],
        "s",
        4,
    ),
    Panel(
        "stat",
        "Cost",
        "What does an hour like this one cost?",
        ["sightglass_cost_usd_total"],
        [Query(rate("sightglass_cost_usd_total", factor=" * 3600"), "USD/h")],
        "currencyUSD",
        4,
    ),
    Panel(
        "stat",
        "Signals that drifted",
        "Has the behaviour of any model left its baseline?",
        ["sightglass_drift_active"],
        [
            Query(
                'count(max by (signal, app, model) (sightglass_drift_active{signal!~"mix[.].*"}) == 1) or vector(0)',
                "drifted",
            )
        ],
        "short",
        4,
        alert=1,
    ),
    Panel(
        "stat",
        "Processes",
        "Do all processes run?",
        ["sightglass_build_info"],
        [Query("count by (process) (sightglass_build_info)", "{{process}}")],
        "short",
        4,
    ),
]

_TRAFFIC = [
    Panel(
        "timeseries",
        "Requests by outcome",
        "How do requests end?",
        [REQUESTS],
        [Query(rate(REQUESTS, "outcome"), "{{outcome}}")],
        "reqps",
        12,
        stacked=True,
    ),
    Panel(
        "timeseries",
        "Time to first token",
        "How long do users wait, in the middle and at the tail?",
        [TTFT],
        quantiles(TTFT),
        "s",
        12,
    ),
    Panel(
        "timeseries",
        "Failed by the provider, by upstream",
        "Which provider fails requests? The line is where SightglassUpstreamFailing fires.",
        [REQUESTS],
        [
            Query(share(REQUESTS, FAILED, "upstream"), "{{upstream}}"),
            Query(count(REQUESTS, "upstream"), "n {{upstream}}"),
        ],
        "percentunit",
        12,
        alert=UPSTREAM_FAILING,
        step="5m",
        overrides=[NUMBERS],
    ),
    Panel(
        "timeseries",
        "Objectives missed",
        "Which share of requests missed its objective, and of how many?",
        [OBJECTIVE],
        [
            Query(share(OBJECTIVE, 'result="missed"', "app, signal"), "{{app}} {{signal}}"),
            Query(count(OBJECTIVE, "app, signal"), "n {{app}} {{signal}}"),
        ],
        "percentunit",
        12,
        step="15m",
        overrides=[NUMBERS],
    ),
]

_NOW = [
    Panel(
        "table",
        "Alerts that fire",
        "What is wrong by the rules, and how urgent is it?",
        ["ALERTS"],
        [Query('ALERTS{alertstate="firing",alertname=~"Sightglass.*"}', instant=True)],
        "short",
        12,
        transformations=merged(
            {"severity": "severity", "alertname": "alert", "signal": "signal", "app": "app", "model": "model"},
            ["Time", "Value", "__name__", "alertstate", "category", "instance", "job"],
        ),
    ),
    Panel(
        "table",
        "What changed upstream",
        "When did a served model, a fingerprint, a prompt or the tools last change?",
        ["sightglass_upstream_change_timestamp_seconds"],
        [Query("max by (model, kind) (sightglass_upstream_change_timestamp_seconds) * 1000", instant=True)],
        "short",
        12,
        overrides=[by_name("changed", {"unit": "dateTimeAsIso"})],
        transformations=merged({"Value": "changed", "model": "model", "kind": "what"}, ["Time"]),
    ),
]

BOARD = Board(
    uid="sightglass-overview",
    title="Overview",
    description="Is it working, whom does it hurt, and what changed?",
    rows=[Row("Now", _STATS, 4), Row("Traffic", _TRAFFIC), Row("What is wrong, what changed", _NOW)],
    variables=[APP, MODEL],
    span="now-6h",
)
