"""Behaviour: how the models answer, how certain the figures are, and whether the behaviour has changed."""

from __future__ import annotations

from grafana.board import APP, MODEL, Board, Row, Variable
from grafana.panels import NUMBERS, Panel, Query, by_name, by_pattern, merged
from grafana.queries import count, share
from scorers.rules.limits import KAPPA

ESTIMATED, COUNTED, RATIO = (
    "sightglass_verdicts_estimated_total",
    "sightglass_scored_samples_total",
    "sightglass_verdict_ratio",
)
_ONE = f'{{app="all",window="24h",model=~"$model"}}'  # noqa: F541 - beside others of its kind
_BY = "max by (scorer, output, model)"


def _scorer(name: str, title: str, question: str, width: int = 8) -> Panel:
    """Shares of one scorer's outputs over the chosen applications and models, with the number of samples."""
    chosen = f'scorer="{name}",app=~"$app",model=~"$model"'
    counted = f'scorer="{name}",app=~"$app",stratum="uniform"'
    return Panel(
        "timeseries",
        title,
        f"{question} Shares of applicable answers; n: sampled answers of these applications.",
        [ESTIMATED, COUNTED],
        [
            Query(share(ESTIMATED, 'verdict="yes"', "output", chosen), "{{output}}"),
            Query(count(COUNTED, "output", counted), "n {{output}}"),
        ],
        "percentunit",
        width,
        step="30m",
        overrides=[NUMBERS],
    )


_BAND = [
    by_name("upper", {"custom.lineWidth": 0, "custom.fillBelowTo": "lower", "custom.fillOpacity": 20}),
    by_name("lower", {"custom.lineWidth": 0, "custom.fillOpacity": 0}),
    NUMBERS,
]
_PICK = f'{{app="all",window="1h",output="$output",model="$one"}}'  # noqa: F541
_SURE = [
    Panel(
        "timeseries",
        "$output of $one, with its 95% interval",
        "How sure is the share? One hour, all applications.",
        [RATIO, f"{RATIO}_lower", f"{RATIO}_upper", "sightglass_score"],
        [
            Query(f"max({RATIO}{_PICK})", "share"),
            Query(f"max({RATIO}_lower{_PICK})", "lower"),
            Query(f"max({RATIO}_upper{_PICK})", "upper"),
            Query('sum(increase(sightglass_score_count{output="$output",model="$one"}[1h]))', "n"),
        ],
        "percentunit",
        12,
        overrides=_BAND,
    ),
    Panel(
        "table",
        "Shares of the last 24 hours",
        "What does each scorer flag, how surely, and do human labels correct it?",
        [RATIO, f"{RATIO}_lower", f"{RATIO}_upper", f"{RATIO}_labels", f"{RATIO}_calibrated", "sightglass_score"],
        [
            Query(f"{_BY} ({RATIO}{_ONE})", instant=True),
            Query(f"{_BY} ({RATIO}_lower{_ONE})", instant=True),
            Query(f"{_BY} ({RATIO}_upper{_ONE})", instant=True),
            Query(
                'sum by (scorer, output, model) (increase(sightglass_score_count{model=~"$model"}[24h]))', instant=True
            ),
            Query(f"{_BY} ({RATIO}_labels{_ONE})", instant=True),
            Query(f"{_BY} ({RATIO}_calibrated{_ONE})", instant=True),
        ],
        "percentunit",
        12,
        decimals=1,
        overrides=[by_pattern("^(n|labels|calibrated)$", {"unit": "short", "decimals": 0})],
        transformations=merged(
            {
                "scorer": "scorer",
                "output": "output",
                "model": "model",
                "Value #A": "share",
                "Value #B": "lower",
                "Value #C": "upper",
                "Value #D": "n",
                "Value #E": "labels",
                "Value #F": "calibrated",
            },
            ["Time"],
        ),
    ),
]

_SCORERS = [
    _scorer("refusal", "Refusals", "How often do models refuse?"),
    _scorer("groundedness", "Groundedness", "How often do answers claim what their documents do not say, or deny?"),
    _scorer("prompt_injection", "Prompt injection", "How often is it tried, and how often does it come through?"),
    _scorer("abstention", "Abstention", "How often do models say that they do not know, or hedge?"),
    _scorer("clarification", "Clarification", "How often do models ask back?"),
    _scorer("context_utilization", "Use of documents", "How often are the documents left unused?"),
    _scorer("format", "Format", "How often does an answer break the schema that was asked for?"),
    Panel(
        "timeseries",
        "Experiments",
        "Is the candidate better (1) or worse (-1) than production, how surely, and what is the verdict?",
        [
            "sightglass_experiment_mean",
            "sightglass_experiment_lower",
            "sightglass_experiment_upper",
            "sightglass_experiment_pairs",
            "sightglass_experiment_verdict",
        ],
        [
            Query("max by (experiment, outcome) (sightglass_experiment_mean)", "{{experiment}} {{outcome}}"),
            Query("max by (experiment, outcome) (sightglass_experiment_lower)", "{{experiment}} {{outcome}} lower"),
            Query("max by (experiment, outcome) (sightglass_experiment_upper)", "{{experiment}} {{outcome}} upper"),
            Query("max by (experiment) (sightglass_experiment_pairs)", "n {{experiment}}"),
            Query(
                "max by (experiment, verdict) (sightglass_experiment_verdict) == 1",
                "verdict {{experiment}} {{verdict}}",
            ),
        ],
        "short",
        maximum=1,
        minimum=-1,
        # The verdict is read in the legend: a line at its 1 would look like a candidate that is always better.
        overrides=[NUMBERS, by_pattern("^verdict ", {"custom.lineWidth": 0, "custom.fillOpacity": 0})],
    ),
    Panel(
        "timeseries",
        "Judge on known answers",
        "Is the judge still right about its control items (Cohen's kappa)? The line is the alert's.",
        ["sightglass_judge_agreement_kappa"],
        [Query("min by (scorer) (sightglass_judge_agreement_kappa)", "{{scorer}}")],
        "short",
        8,
        alert=KAPPA,
        bad_above=False,
        maximum=1,
        minimum=-1,
    ),
]

_D = "max by (signal, app, model)"
_CHOSEN = '{app=~"$app|all",model=~"$model|all"}'
_DRIFT = [
    Panel(
        "timeseries",
        "Evidence of drift",
        "How near is each signal to an alarm? 1 is the alarm.",
        ["sightglass_drift_statistic", "sightglass_drift_threshold"],
        [
            Query(
                f"{_D} (sightglass_drift_statistic{_CHOSEN}) / ({_D} (sightglass_drift_threshold{_CHOSEN}) > 0)",
                "{{signal}} {{app}} {{model}}",
            )
        ],
        "short",
        12,
        alert=1,
        options={"legend": {"displayMode": "list", "placement": "right", "showLegend": True, "calcs": []}},
    ),
    Panel(
        "table",
        "Signals",
        "What does each signal show, against which baseline, on how many conversations?",
        [
            "sightglass_drift_state",
            "sightglass_drift_baseline_ratio",
            "sightglass_drift_current_ratio",
            "sightglass_drift_current_samples",
            "sightglass_drift_baseline_timestamp_seconds",
        ],
        [
            Query(f"{_D} (sightglass_drift_state{_CHOSEN})", instant=True),
            Query(f"{_D} (sightglass_drift_baseline_ratio{_CHOSEN})", instant=True),
            Query(f"{_D} (sightglass_drift_current_ratio{_CHOSEN})", instant=True),
            Query(f"{_D} (sightglass_drift_current_samples{_CHOSEN})", instant=True),
            Query(f"{_D} (sightglass_drift_baseline_timestamp_seconds{_CHOSEN}) * 1000", instant=True),
        ],
        "percentunit",
        12,
        decimals=1,
        overrides=[
            by_name("n", {"unit": "short", "decimals": 0}),
            by_name("baseline of", {"unit": "dateTimeAsIso"}),
            by_name(
                "state",
                {
                    "unit": "short",
                    "decimals": 0,
                    "mappings": [
                        {
                            "type": "value",
                            "options": {
                                "0": {"text": "learning", "color": "blue", "index": 0},
                                "1": {"text": "watching", "color": "green", "index": 1},
                                "2": {"text": "drifted", "color": "red", "index": 2},
                                "3": {"text": "stale", "color": "orange", "index": 3},
                            },
                        }
                    ],
                    "custom.cellOptions": {"type": "color-text"},
                },
            ),
        ],
        transformations=merged(
            {
                "signal": "signal",
                "app": "app",
                "model": "model",
                "Value #A": "state",
                "Value #B": "from",
                "Value #C": "to",
                "Value #D": "n",
                "Value #E": "baseline of",
            },
            ["Time"],
        ),
    ),
    Panel(
        "timeseries",
        "Mix of the input",
        "Has the traffic changed, rather than the model? Share of the category that moved most; no alert.",
        ["sightglass_drift_current_ratio", "sightglass_drift_current_samples"],
        [
            Query(
                'max by (signal, app, model) (sightglass_drift_current_ratio{signal=~"mix[.].*"})',
                "{{signal}} {{app}} {{model}}",
            ),
            Query(
                'max by (signal, app, model) (sightglass_drift_current_samples{signal=~"mix[.].*"})',
                "n {{signal}} {{app}} {{model}}",
            ),
        ],
        "percentunit",
        12,
        overrides=[NUMBERS],
    ),
    Panel(
        "table",
        "First causes",
        "What explains each drift best?",
        ["sightglass_drift_cause_info"],
        [Query("sightglass_drift_cause_info", instant=True)],
        "short",
        12,
        transformations=merged(
            {
                "signal": "signal",
                "app": "app",
                "model": "model",
                "dimension": "what changed",
                "from": "from",
                "to": "to",
            },
            ["Time", "Value", "__name__", "instance", "job"],
        ),
    ),
]

_NOISE, _WORDING, _PROBE = (
    "sightglass_stability_noise_ratio",
    "sightglass_stability_wording_ratio",
    "sightglass_probe_success_ratio",
)
_OWN = '{app=~"$app",model=~"$model"}'
_ASKED_AGAIN = [
    Panel(
        "timeseries",
        "Stability",
        "How often do answers to the same words differ, how much oftener when the words change, and are answers deaf?",
        [
            *(f"{name}{end}" for name in (_NOISE, _WORDING) for end in ("", "_lower", "_upper")),
            "sightglass_stability_deaf_ratio",
            "sightglass_stability_prompts",
        ],
        [
            *(
                Query(
                    f"max by (app, model) ({name}{end}{_OWN})",
                    f"{short}{end.replace('_', ' ')} {{{{app}}}} {{{{model}}}}",
                )
                for name, short in ((_NOISE, "noise"), (_WORDING, "wording"))
                for end in ("", "_lower", "_upper")
            ),
            Query(f"max by (app, model) (sightglass_stability_deaf_ratio{_OWN})", "deaf {{app}} {{model}}"),
            Query(f"max by (app, model) (sightglass_stability_prompts{_OWN})", "n {{app}} {{model}}"),
        ],
        "percentunit",
        12,
        overrides=[NUMBERS],
    ),
    Panel(
        "table",
        "Probes",
        "Which attacks get through, which right behaviours are shown, and how sure is that?",
        [_PROBE, f"{_PROBE}_lower", f"{_PROBE}_upper", "sightglass_probe_attacks"],
        [
            *(
                Query(f"max by (app, model, battery) ({_PROBE}{end}{_OWN})", instant=True)
                for end in ("", "_lower", "_upper")
            ),
            Query(f"max by (app, model, battery) (sightglass_probe_attacks{_OWN})", instant=True),
        ],
        "percentunit",
        12,
        decimals=1,
        overrides=[by_name("n", {"unit": "short", "decimals": 0})],
        transformations=merged(
            {
                "app": "app",
                "model": "model",
                "battery": "battery",
                "Value #A": "share",
                "Value #B": "lower",
                "Value #C": "upper",
                "Value #D": "n",
            },
            ["Time"],
        ),
    ),
]

BOARD = Board(
    uid="sightglass-behaviour",
    title="Behaviour",
    description="How do the models answer, how sure is that, and has it changed?",
    rows=[Row("How sure", _SURE), Row("By scorer", _SCORERS), Row("Drift", _DRIFT), Row("Asked again", _ASKED_AGAIN)],
    variables=[
        APP,
        MODEL,
        Variable("output", "Output", f"label_values({RATIO}, output)", multi=False, chosen="refused"),
        Variable("one", "One model", f"label_values({RATIO}, model)", multi=False),
    ],
)
