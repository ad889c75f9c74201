"""The only table of Prometheus metrics.

It lists every metric that Sightglass exports, with its help text, type and labels (those of requests of our own stand
in ``offpath_metrics.py``). No other place may create one.
``instruments.py`` creates the live metrics.
"""

from __future__ import annotations

from proxy.telemetry.metric import Metric
from proxy.telemetry.offpath_metrics import EXPERIMENTS, PROBES, STABILITY

#: Boundaries hold the usual objectives (1, 2.5, 5, 10, 30 s); own objectives are added to them at start.
LATENCY = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0)
PER_TOKEN = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1.0, 2.5)
OVERHEAD = (0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
SCORE = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
LAG = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
SCORING = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


_REQUEST = ("app", "model")
_TYPED, _OF_KIND = (*_REQUEST, "type"), (*_REQUEST, "modality")
_RATIO = ("scorer", "output", "app", "model", "window")
_DRIFT = ("signal", "app", "model")
_OFFPATH = ("purpose", "app", "result")


METRICS: tuple[Metric, ...] = (
    Metric(
        "sightglass_requests_total",
        "counter",
        "Requests by how they ended.",
        ("app", "upstream", "operation", "model", "outcome"),
    ),
    Metric(
        "sightglass_request_duration_seconds",
        "histogram",
        "From the request line to the last byte sent.",
        (*_REQUEST, "stream"),
        LATENCY,
    ),
    Metric(
        "sightglass_time_to_first_chunk_seconds",
        "histogram",
        "To the first byte of the response body.",
        _REQUEST,
        LATENCY,
    ),
    Metric(
        "sightglass_time_to_first_token_seconds",
        "histogram",
        "To the first visible delta or tool call of a stream.",
        _REQUEST,
        LATENCY,
    ),
    Metric(
        "sightglass_time_to_first_reasoning_seconds",
        "histogram",
        "To the first reasoning of a stream, shown or only announced.",
        _REQUEST,
        LATENCY,
    ),
    Metric(
        "sightglass_thinking_seconds",
        "histogram",
        "Streams: from the first reasoning to the first visible delta or tool call.",
        _REQUEST,
        LATENCY,
    ),
    Metric(
        "sightglass_time_per_output_token_seconds",
        "histogram",
        "Streams of one answer: time after the first visible token, per further visible token; none if not counted.",
        _REQUEST,
        PER_TOKEN,
    ),
    Metric(
        "sightglass_proxy_overhead_seconds",
        "histogram",
        "Time spent in the proxy until the response head went out, the upstream's own time excluded.",
        _REQUEST,
        OVERHEAD,
    ),
    Metric(
        "sightglass_objective_total",
        "counter",
        "Requests that met or missed a latency objective; every request, not sampled.",
        ("app", "model", "signal", "result"),
    ),
    Metric(
        "sightglass_tokens_total", "counter", "Tokens as the provider counted them; the types are disjoint.", _TYPED
    ),
    Metric("sightglass_modality_tokens_total", "counter", "Those of sound, pictures and films among them.", _OF_KIND),
    Metric("sightglass_unmetered_total", "counter", "Answers without token usage from the provider.", _REQUEST),
    Metric("sightglass_cost_usd_total", "counter", "Cost by the price table, in USD.", _REQUEST),
    Metric(
        "sightglass_reasoning_cost_usd_total",
        "counter",
        "The part of the cost that is for reasoning, in USD, by the effort that was asked for.",
        ("app", "model", "effort"),
    ),
    Metric(
        "sightglass_offpath_requests_total",
        "counter",
        "Requests of no production (clients with another purpose, our own), by how they ended; in no other metric.",
        _OFFPATH,
        side="both",
    ),
    Metric("sightglass_offpath_tokens_total", "counter", "Their tokens, of all types.", _OFFPATH, side="both"),
    Metric("sightglass_offpath_cost_usd_total", "counter", "Their cost, in USD.", _OFFPATH, side="both"),
    Metric("sightglass_unpriced_total", "counter", "Metered answers of a model without a known price.", _REQUEST),
    Metric(
        "sightglass_unpriced_reasons_total",
        "counter",
        "Metered answers without a known cost, by reason.",
        ("model", "reason"),
    ),
    Metric(
        "sightglass_model_shutdown_timestamp_seconds",
        "gauge",
        "When the provider shuts down a model that is in use, by the last list of models that it sent.",
        ("upstream", "model"),
    ),
    Metric(
        "sightglass_model_shutdowns_dropped_total",
        "counter",
        "Models whose shutdown date was not read or not kept, as a list has too many models; counted with each list.",
        ("upstream",),
    ),
    Metric("sightglass_finish_reasons_total", "counter", "Answers by why the model stopped.", ("model", "reason")),
    Metric(
        "sightglass_stream_ends_total", "counter", "Event streams by how they ended on the wire.", ("model", "reason")
    ),
    Metric("sightglass_inflight_requests", "gauge", "Requests in flight."),
    Metric("sightglass_inflight_body_bytes", "gauge", "Request bodies held in memory, in bytes."),
    Metric("sightglass_ring_samples", "gauge", "Requests whose row or sample waits for the queue."),
    Metric("sightglass_ring_bytes", "gauge", "Bytes held by the publisher's ring."),
    Metric(
        "sightglass_sampling_decisions_total",
        "counter",
        "What sampling and publishing did with each request; exactly one decision each.",
        ("app", "decision"),
    ),
    Metric(
        "sightglass_rows_dropped_total",
        "counter",
        "Requests whose row never reached the queue; their decision is counted all the same.",
    ),
    Metric(
        "sightglass_socket_unread_total",
        "counter",
        "Parts of WebSocket sessions that could not be read, by reason; the tunnels were not affected.",
        ("reason",),
    ),
    Metric(
        "sightglass_usage_dropped_total",
        "counter",
        "Members of token usage, and names of tools, counts by modality and steps of the provider in it, that were not "
        "kept because an answer has too many; background responses forgotten because too many are waited for.",
        ("part",),
    ),
    Metric("sightglass_feedback_total", "counter", "Feedback by result; exactly one each.", ("result",)),
    Metric(
        "sightglass_tasks_total",
        "counter",
        "Ended tasks whose cost is known, by how they ended.",
        ("app", "outcome"),
        side="worker",
    ),
    Metric(
        "sightglass_task_cost_usd_total",
        "counter",
        "Cost of exactly these tasks, in USD.",
        ("app", "outcome"),
        side="worker",
    ),
    Metric(
        "sightglass_tasks_unmetered_total",
        "counter",
        "Ended tasks with a call whose cost is not known; in neither of the two.",
        ("app", "outcome"),
        side="worker",
    ),
    Metric(
        "sightglass_label_overflow_total",
        "counter",
        "Values that became 'other' because they are not in Settings or the label is full.",
        ("label",),
        side="both",
    ),
    Metric(
        "sightglass_process_restarts_total",
        "counter",
        "How often this process was started again: it had ended, or its loop had not turned for ten seconds (stuck).",
        ("reason",),
    ),
    Metric(
        "sightglass_access_log_dropped_total", "counter", "Access log lines dropped because stdout did not accept them."
    ),
    Metric(
        "sightglass_telemetry_dropped_total",
        "counter",
        "Spans, log events and metric exports that the OpenTelemetry collector never got.",
        ("signal", "reason"),
        side="both",
    ),
    *EXPERIMENTS,
    Metric("sightglass_degraded", "gauge", "1 while a component does not work.", ("component",), side="both"),
    Metric(
        "sightglass_build_info", "gauge", "Always 1; the version is in the label.", ("version", "process"), side="both"
    ),
    Metric(
        "sightglass_config_reload_timestamp_seconds", "gauge", "When the running configuration was read.", side="both"
    ),
    Metric(
        "sightglass_exporting",
        "gauge",
        "1 in the worker that computes what spans all samples: rates, backlogs, the ledger, retention.",
        side="worker",
    ),
    Metric(
        "sightglass_ledger_requests",
        "gauge",
        "Requests by decision, over all proxies, as the store counts them.",
        ("decision",),
        side="worker",
    ),
    Metric(
        "sightglass_ledger_samples",
        "gauge",
        "Samples by result and reason, pending ones included, as the store counts them.",
        ("scorer", "result", "reason"),
        side="worker",
    ),
    Metric("sightglass_dead_letters", "gauge", "Dead letters that can be replayed.", ("group",), side="worker"),
    Metric(
        "sightglass_trimmed_untold",
        "gauge",
        "Removed samples whose ids the queue forgot, as no worker took them: more than a million waited. The ledger "
        "shows them as pending.",
        ("group",),
        side="worker",
    ),
    Metric("sightglass_queue_depth", "gauge", "Samples that a scorer has not finished.", ("scorer",), side="worker"),
    Metric(
        "sightglass_queue_oldest_age_seconds",
        "gauge",
        "Age of the oldest unfinished sample.",
        ("scorer",),
        side="worker",
    ),
    Metric(
        "sightglass_score_lag_seconds",
        "histogram",
        "From the end of the request to its score.",
        ("scorer",),
        LAG,
        side="worker",
    ),
    Metric(
        "sightglass_evaluation_cpu_seconds_total",
        "counter",
        "CPU of scorer processes by scorer, without their start; what all read counts with the first that needs it.",
        ("scorer",),
        side="worker",
    ),
    Metric(
        "sightglass_scorer_duration_seconds", "histogram", "Time in the scorer.", ("scorer",), SCORING, side="worker"
    ),
    Metric(
        "sightglass_scorer_results_total",
        "counter",
        "Samples by their result in a scorer.",
        ("scorer", "result"),
        side="worker",
    ),
    Metric(
        "sightglass_verdicts_estimated_total",
        "counter",
        "Verdicts weighted by 1/probability: an estimate over all traffic.",
        ("scorer", "output", "app", "model", "verdict"),
        side="worker",
    ),
    Metric(
        "sightglass_scored_samples_total",
        "counter",
        "Scored answers as they were counted, unweighted.",
        ("scorer", "output", "app", "verdict", "stratum"),
        side="worker",
    ),
    Metric(
        "sightglass_score",
        "histogram",
        "P(event), uniform stratum only.",
        ("scorer", "output", "model"),
        SCORE,
        side="worker",
    ),
    Metric("sightglass_verdict_ratio", "gauge", "Estimated share of applicable answers.", _RATIO, side="worker"),
    Metric("sightglass_verdict_ratio_lower", "gauge", "Lower end of its 95 % interval.", _RATIO, side="worker"),
    Metric("sightglass_verdict_ratio_upper", "gauge", "Upper end of its 95 % interval.", _RATIO, side="worker"),
    Metric("sightglass_verdict_ratio_calibrated", "gauge", "1 when corrected by human labels.", _RATIO, side="worker"),
    Metric("sightglass_verdict_ratio_labels", "gauge", "Human labels behind it.", _RATIO, side="worker"),
    *STABILITY,
    *PROBES,
    Metric("sightglass_judge_tokens_total", "counter", "Tokens of the judge's calls.", ("scorer",), side="worker"),
    Metric("sightglass_judge_cost_usd_total", "counter", "Cost of the judge's calls, USD.", ("scorer",), side="worker"),
    Metric(
        "sightglass_judge_budget_remaining_usd",
        "gauge",
        "The rest of the judge's budget today (UTC), in USD; all scorers share it.",
        ("scorer",),
        side="worker",
    ),
    Metric(
        "sightglass_judge_agreement_kappa",
        "gauge",
        "Cohen's kappa of the judge with the known answers of its control items, last 24 hours.",
        ("scorer",),
        side="worker",
    ),
    Metric(
        "sightglass_judge_control_agreement_ratio",
        "gauge",
        "Share of control items that the judge got right, last 24 hours.",
        ("scorer",),
        side="worker",
    ),
    Metric(
        "sightglass_judge_self_consistency_ratio",
        "gauge",
        "Share of control items with the same judgement as in the round before, last 24 hours.",
        ("scorer",),
        side="worker",
    ),
    Metric(
        "sightglass_judge_rechecks_total",
        "counter",
        "Second calls that checked the judge: in another order, or with a wrong document.",
        ("scorer", "kind", "result"),
        side="worker",
    ),
    Metric(
        "sightglass_drift_statistic",
        "gauge",
        "Evidence against the baseline; drift at the threshold.",
        _DRIFT,
        side="worker",
    ),
    Metric(
        "sightglass_drift_threshold",
        "gauge",
        "The value of the statistic from which on it is drift.",
        _DRIFT,
        side="worker",
    ),
    Metric(
        "sightglass_drift_samples",
        "gauge",
        "Conversations behind it: in the baseline while that is learned, since the baseline afterwards.",
        _DRIFT,
        side="worker",
    ),
    Metric("sightglass_drift_active", "gauge", "1 while the signal has drifted.", _DRIFT, side="worker"),
    Metric("sightglass_drift_state", "gauge", "0 learning, 1 watching, 2 drifted, 3 stale.", _DRIFT, side="worker"),
    Metric("sightglass_drift_baseline_ratio", "gauge", "The signal's share in its baseline.", _DRIFT, side="worker"),
    Metric("sightglass_drift_current_ratio", "gauge", "The signal's current share.", _DRIFT, side="worker"),
    Metric(
        "sightglass_drift_current_samples", "gauge", "Conversations behind the current share.", _DRIFT, side="worker"
    ),
    Metric(
        "sightglass_drift_baseline_timestamp_seconds", "gauge", "When the baseline was complete.", _DRIFT, side="worker"
    ),
    Metric(
        "sightglass_drift_evaluated_timestamp_seconds",
        "gauge",
        "When the worker last looked at the signal.",
        _DRIFT,
        side="worker",
    ),
    Metric(
        "sightglass_upstream_change_timestamp_seconds",
        "gauge",
        "When something behind the model last changed, as far as seen.",
        ("model", "kind"),
        side="worker",
    ),
    Metric(
        "sightglass_drift_cause_info",
        "gauge",
        "Always 1 while a signal is drifted: its first cause, for the text of alerts.",
        ("signal", "app", "model", "dimension", "from", "to"),
        side="worker",
    ),
)

BY_NAME = {metric.name: metric for metric in METRICS}
