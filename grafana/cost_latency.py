"""Cost and latency: what requests cost, and how long they take."""

from __future__ import annotations

from grafana.board import APP, MODEL, Board, Row
from grafana.panels import NUMBER, NUMBERS, Panel, Query, by_pattern
from grafana.queries import count, quantile, quantiles, rate, share
from scorers.rules.limits import SHUTDOWN_SECONDS

COST, TOKENS, DURATION, TTFT, PER_TOKEN, OVERHEAD, OBJECTIVE, REASONING = (
    "sightglass_cost_usd_total",
    "sightglass_tokens_total",
    "sightglass_request_duration_seconds",
    "sightglass_time_to_first_token_seconds",
    "sightglass_time_per_output_token_seconds",
    "sightglass_proxy_overhead_seconds",
    "sightglass_objective_total",
    "sightglass_reasoning_cost_usd_total",
)
_APPS = 'app=~"$app"'
_MODELS = 'model=~"$model"'
_KNOWN = f'{_APPS},outcome!="unknown"'
_WON = f'{_APPS},outcome="success"'

_COST = [
    Panel(
        "timeseries",
        "Cost by model",
        "Which model costs what, an hour?",
        [COST],
        [Query(rate(COST, "model", factor=" * 3600"), "{{model}}")],
        "currencyUSD",
        stacked=True,
    ),
    Panel(
        "timeseries",
        "Cost by application",
        "Which application costs what, an hour?",
        [COST],
        [Query(rate(COST, "app", factor=" * 3600"), "{{app}}")],
        "currencyUSD",
        stacked=True,
    ),
    Panel(
        "stat",
        "Cost per successful task, 7 days",
        "What does it cost until a task is done, failures included?",
        ["sightglass_task_cost_usd_total", "sightglass_tasks_total"],
        [
            Query(
                f"sum(increase(sightglass_task_cost_usd_total{{{_KNOWN}}}[7d])) / "
                f"(sum(increase(sightglass_tasks_total{{{_WON}}}[7d])) > 0)",
                "USD",
            ),
            Query(f"sum(increase(sightglass_tasks_total{{{_WON}}}[7d]))", "n"),
        ],
        "currencyUSD",
        overrides=[NUMBER],
    ),
    Panel(
        "timeseries",
        "Cost of reasoning",
        "What does reasoning cost an hour, by the effort that was asked for?",
        [REASONING],
        [Query(rate(REASONING, "effort", factor=" * 3600"), "{{effort}}")],
        "currencyUSD",
        stacked=True,
    ),
    Panel(
        "timeseries",
        "Tokens",
        "What kinds of tokens are used, a second?",
        [TOKENS],
        [Query(rate(TOKENS, "type"), "{{type}}")],
        "short",
        stacked=True,
    ),
    Panel(
        "timeseries",
        "Tasks by outcome",
        "How do tasks end, an hour?",
        ["sightglass_tasks_total"],
        [Query(rate("sightglass_tasks_total", "outcome", _APPS, " * 3600"), "{{outcome}}")],
        "short",
        stacked=True,
    ),
    Panel(
        "timeseries",
        "Not in the cost",
        "How many answers an hour had no usage, or no price, and so are missing above?",
        ["sightglass_unmetered_total", "sightglass_unpriced_total", "sightglass_tasks_unmetered_total"],
        [
            Query(rate("sightglass_unmetered_total", factor=" * 3600"), "no usage"),
            Query(rate("sightglass_unpriced_total", factor=" * 3600"), "no price"),
            Query(rate("sightglass_tasks_unmetered_total", chosen=_APPS, factor=" * 3600"), "tasks"),
        ],
        "short",
    ),
    Panel(
        "timeseries",
        "Judge",
        "What does judging cost an hour, and what is left of the day's budget?",
        ["sightglass_judge_cost_usd_total", "sightglass_judge_budget_remaining_usd"],
        [
            Query(rate("sightglass_judge_cost_usd_total", "scorer", "", " * 3600"), "{{scorer}}"),
            Query("max(sightglass_judge_budget_remaining_usd)", "left today"),
        ],
        "currencyUSD",
    ),
    Panel(
        "timeseries",
        "Judge's tokens",
        "How many tokens a second does the judge read and write?",
        ["sightglass_judge_tokens_total"],
        [Query(rate("sightglass_judge_tokens_total", "scorer", ""), "{{scorer}}")],
        "short",
    ),
    Panel(
        "timeseries",
        "Requests of our own",
        "What do experiments, stability, probes and suites cost, use and get?",
        [
            "sightglass_offpath_cost_usd_total",
            "sightglass_offpath_requests_total",
            "sightglass_offpath_tokens_total",
        ],
        [
            Query(rate("sightglass_offpath_cost_usd_total", "purpose", "", " * 3600"), "{{purpose}}, USD an hour"),
            Query(rate("sightglass_offpath_requests_total", "purpose,result", "", " * 3600"), "{{purpose}} {{result}}"),
            Query(rate("sightglass_offpath_tokens_total", "purpose", "", " * 3600"), "{{purpose}}, tokens a second"),
        ],
        "reqps",
        overrides=[
            by_pattern(", USD an hour$", {"unit": "currencyUSD"}),
            by_pattern(", tokens a second$", {"unit": "short", "custom.axisPlacement": "right"}),
        ],
    ),
    Panel(
        "timeseries",
        "Unpriced answers, by reason",
        "Why is the cost of answers not known, an hour?",
        ["sightglass_unpriced_reasons_total"],
        [Query(rate("sightglass_unpriced_reasons_total", "reason", _MODELS, " * 3600"), "{{reason}}")],
        "short",
        stacked=True,
    ),
    Panel(
        "timeseries",
        "Time left of models in use",
        "Which model does its provider shut down, and when?",
        ["sightglass_model_shutdown_timestamp_seconds"],
        [
            Query(
                f"max by (upstream, model) (sightglass_model_shutdown_timestamp_seconds{{{_MODELS}}}) - time()",
                "{{model}} at {{upstream}}",
            )
        ],
        "s",
        24,
        alert=SHUTDOWN_SECONDS,
        bad_above=False,
        minimum=None,
    ),
]

_LATENCY = [
    Panel("timeseries", "Duration", "How long do requests take?", [DURATION], quantiles(DURATION), "s"),
    Panel(
        "timeseries",
        "Time to first token, p95, by model",
        "Which model lets users wait?",
        [TTFT],
        [Query(quantile(TTFT, "model"), "{{model}}")],
        "s",
    ),
    Panel(
        "timeseries",
        "Time per output token",
        "How fast does the text come once it comes?",
        [PER_TOKEN],
        quantiles(PER_TOKEN),
        "s",
    ),
    Panel(
        "timeseries",
        "Reasoning, p95, by model",
        "When does reasoning begin, and how long does it last, where a stream shows it?",
        ["sightglass_time_to_first_reasoning_seconds", "sightglass_thinking_seconds"],
        [
            Query(quantile("sightglass_time_to_first_reasoning_seconds", "model"), "begins, {{model}}"),
            Query(quantile("sightglass_thinking_seconds", "model"), "lasts, {{model}}"),
        ],
        "s",
    ),
    Panel(
        "timeseries",
        "Time to the first byte, p95, by application",
        "Who waits for the provider's first byte?",
        ["sightglass_time_to_first_chunk_seconds"],
        [Query(quantile("sightglass_time_to_first_chunk_seconds", "app"), "{{app}}")],
        "s",
    ),
    Panel(
        "timeseries",
        "Added by Sightglass",
        "What does the proxy itself add?",
        [OVERHEAD],
        quantiles(OVERHEAD),
        "s",
    ),
    Panel(
        "timeseries",
        "Objectives missed",
        "Which share missed its objective, and of how many?",
        [OBJECTIVE],
        [
            Query(share(OBJECTIVE, 'result="missed"', "signal"), "{{signal}}"),
            Query(count(OBJECTIVE, "signal"), "n {{signal}}"),
        ],
        "percentunit",
        step="15m",
        overrides=[NUMBERS],
    ),
]

_MODEL = 'model=~"$model"'
_ENDS = [
    Panel(
        "timeseries",
        "Why models stop",
        "Are answers cut off or filtered?",
        ["sightglass_finish_reasons_total"],
        [Query(rate("sightglass_finish_reasons_total", "reason", _MODEL), "{{reason}}")],
        "reqps",
        12,
        stacked=True,
    ),
    Panel(
        "timeseries",
        "How streams end",
        "Do streams arrive whole?",
        ["sightglass_stream_ends_total"],
        [Query(rate("sightglass_stream_ends_total", "reason", _MODEL), "{{reason}}")],
        "reqps",
        12,
        stacked=True,
    ),
]

BOARD = Board(
    uid="sightglass-cost-latency",
    title="Cost and latency",
    description="What is paid, what is waited for, and by whom?",
    rows=[Row("Cost", _COST, 7), Row("Latency", _LATENCY, 7), Row("Ends", _ENDS, 7)],
    variables=[APP, MODEL],
)
