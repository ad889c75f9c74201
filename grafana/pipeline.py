"""Pipeline: whether the figures on the other dashboards can be trusted."""

from __future__ import annotations

from grafana.board import APP, Board, Row
from grafana.panels import BYTES, NUMBERS, Panel, Query, merged
from grafana.queries import count, quantile, rate, share
from scorers.rules.limits import BEHIND_SECONDS, DROPPED, SCORER_FAILING

DECISIONS, RESULTS = "sightglass_sampling_decisions_total", "sightglass_scorer_results_total"
_APPS = 'app=~"$app"'
_TRIED = 'result!~"sampled_out|budget|trimmed"'
_FAILED = 'result=~"crashed|timeout|dead|unparseable|judge_error"'

_PROXY = [
    Panel(
        "timeseries",
        "What sampling decided",
        "What became of each request's sample?",
        [DECISIONS],
        [Query(rate(DECISIONS, "decision", _APPS), "{{decision}}")],
        "reqps",
        stacked=True,
    ),
    Panel(
        "timeseries",
        "Samples dropped",
        "Which share of requests lost its sample? The line is the alert's.",
        [DECISIONS],
        [
            Query(share(DECISIONS, 'decision=~"dropped_.*"', "", _APPS), "share"),
            Query(count(DECISIONS, "", _APPS), "n"),
        ],
        "percentunit",
        alert=DROPPED,
        step="15m",
        overrides=[NUMBERS],
    ),
    Panel(
        "timeseries",
        "Ring",
        "How full is the buffer in front of the queue?",
        ["sightglass_ring_samples", "sightglass_ring_bytes"],
        [Query("sum(sightglass_ring_samples)", "entries"), Query("sum(sightglass_ring_bytes)", "bytes")],
        "short",
        overrides=[BYTES],
    ),
    Panel(
        "timeseries",
        "Under way",
        "How many requests are held, with how much of their bodies?",
        ["sightglass_inflight_requests", "sightglass_inflight_body_bytes"],
        [
            Query("sum(sightglass_inflight_requests)", "requests"),
            Query("sum(sightglass_inflight_body_bytes)", "bytes of bodies"),
        ],
        "short",
        overrides=[BYTES],
    ),
    Panel(
        "timeseries",
        "Lost on the way",
        "What was not kept: rows, telemetry, log lines, parts of token usage?",
        [
            "sightglass_rows_dropped_total",
            "sightglass_telemetry_dropped_total",
            "sightglass_access_log_dropped_total",
            "sightglass_usage_dropped_total",
        ],
        [
            Query(count("sightglass_rows_dropped_total", "", ""), "rows"),
            Query(count("sightglass_telemetry_dropped_total", "signal", ""), "{{signal}}"),
            Query(count("sightglass_access_log_dropped_total", "", ""), "log lines"),
            Query(count("sightglass_usage_dropped_total", "part", ""), "usage: {{part}}"),
        ],
        "short",
    ),
    Panel(
        "timeseries",
        "Feedback",
        "How much feedback comes a minute, and does it get through?",
        ["sightglass_feedback_total"],
        [Query(rate("sightglass_feedback_total", "result", "", " * 60"), "{{result}}")],
        "short",
        stacked=True,
    ),
]

_WORKER = [
    Panel(
        "timeseries",
        "Backlog",
        "How many samples wait for each scorer?",
        ["sightglass_queue_depth"],
        [Query("max by (scorer) (sightglass_queue_depth)", "{{scorer}}")],
        "short",
    ),
    Panel(
        "timeseries",
        "Oldest sample that waits",
        "How late are scores? The line is the alert's.",
        ["sightglass_queue_oldest_age_seconds"],
        [Query("max by (scorer) (sightglass_queue_oldest_age_seconds)", "{{scorer}}")],
        "s",
        alert=BEHIND_SECONDS,
    ),
    Panel(
        "timeseries",
        "From request to score, p95",
        "How fresh are scores?",
        ["sightglass_score_lag_seconds"],
        [Query(quantile("sightglass_score_lag_seconds", "scorer", chosen=""), "{{scorer}}")],
        "s",
    ),
    Panel(
        "timeseries",
        "Results",
        "What becomes of samples in the scorers' hands, a second?",
        [RESULTS],
        [Query(rate(RESULTS, "result", ""), "{{result}}")],
        "short",
        stacked=True,
    ),
    Panel(
        "timeseries",
        "Scorers that fail",
        "On which share of its samples does a scorer fail? The line is the alert's.",
        [RESULTS],
        [
            Query(share(RESULTS, _FAILED, "scorer", _TRIED), "{{scorer}}"),
            Query(count(RESULTS, "scorer", _TRIED), "n {{scorer}}"),
        ],
        "percentunit",
        alert=SCORER_FAILING,
        step="15m",
        overrides=[NUMBERS],
    ),
    Panel(
        "timeseries",
        "Processors that scorers use",
        "What does evaluation cost, and which scorer costs most? 1 is one processor in use all the time.",
        ["sightglass_evaluation_cpu_seconds_total"],
        [Query(rate("sightglass_evaluation_cpu_seconds_total", "scorer", ""), "{{scorer}}")],
        "short",
        stacked=True,
    ),
    Panel(
        "timeseries",
        "Time in the scorer, p95",
        "Which scorer is slow?",
        ["sightglass_scorer_duration_seconds"],
        [Query(quantile("sightglass_scorer_duration_seconds", "scorer", chosen=""), "{{scorer}}")],
        "s",
    ),
]

_BALANCE = [
    Panel(
        "bargauge",
        "Ledger: requests",
        "What became of every request that the store knows?",
        ["sightglass_ledger_requests"],
        [Query("max by (decision) (sightglass_ledger_requests)", "{{decision}}", instant=True)],
        "short",
    ),
    Panel(
        "table",
        "Ledger: samples",
        "Does each scorer account for every published sample?",
        ["sightglass_ledger_samples"],
        [Query("sum by (scorer, result) (max by (scorer, result, reason) (sightglass_ledger_samples))", instant=True)],
        "short",
        transformations=merged({"scorer": "scorer", "result": "result", "Value": "samples"}, ["Time"]),
    ),
    Panel(
        "bargauge",
        "Dead letters",
        "What was given up, and can be replayed?",
        ["sightglass_dead_letters"],
        [Query("max by (group) (sightglass_dead_letters)", "{{group}}", instant=True)],
        "short",
        alert=1,
    ),
]

_STATE = [
    Panel(
        "stat",
        "Out of order",
        "Does a component not work?",
        ["sightglass_degraded"],
        [Query("max by (component) (sightglass_degraded)", "{{component}}")],
        "short",
        6,
        alert=1,
    ),
    Panel(
        "stat",
        "Workers that compute rates",
        "Is there exactly one?",
        ["sightglass_exporting"],
        [Query("sum(sightglass_exporting)", "workers")],
        "short",
        6,
        alert=1,
        bad_above=False,
    ),
    Panel(
        "stat",
        "Since drift was evaluated",
        "Is silence about drift worth anything?",
        ["sightglass_drift_evaluated_timestamp_seconds"],
        [Query("time() - max(sightglass_drift_evaluated_timestamp_seconds)", "seconds")],
        "s",
        6,
    ),
    Panel(
        "stat",
        "Counted as other",
        "How often, in the last hour, did a name appear that the configuration does not have?",
        ["sightglass_label_overflow_total"],
        [Query("sum by (label) (increase(sightglass_label_overflow_total[1h]))", "{{label}}")],
        "short",
        6,
    ),
    Panel(
        "stat",
        "Proxies started again",
        "Does a proxy process end, or stand still?",
        ["sightglass_process_restarts_total"],
        [Query("sum by (reason) (sightglass_process_restarts_total)", "{{reason}}")],
        "short",
        12,
    ),
    Panel(
        "stat",
        "WebSocket sessions not read",
        "What of them could not be observed? The sessions themselves went on.",
        ["sightglass_socket_unread_total"],
        [Query("sum by (reason) (increase(sightglass_socket_unread_total[1h]))", "{{reason}}")],
        "short",
        12,
    ),
]

BOARD = Board(
    uid="sightglass-pipeline",
    title="Pipeline",
    description="Does every request reach its scores, and can the other dashboards be trusted?",
    rows=[
        Row("State", _STATE, 4),
        Row("Proxy", _PROXY, 7),
        Row("Scorers", _WORKER, 7),
        Row("The balance: every request accounted for", _BALANCE, 8),
    ],
    variables=[APP],
)
