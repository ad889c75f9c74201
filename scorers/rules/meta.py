"""Alerts on the watchman: without them silence would say nothing. Some inhibit the alerts that they make void."""

from __future__ import annotations

from collections.abc import Sequence

from scorers.rules.document import META, Alert
from scorers.rules.limits import EVALUATION_SECONDS, KAPPA, LEAST, SCORER_FAILING
from scorers.rules.texts import WHOLE, Places, annotated, label, number, since

_FAILED = 'result=~"crashed|timeout|dead|unparseable|judge_error"'
_TRIED = 'result!~"sampled_out|budget|trimmed"'


def meta_alerts(places: Places) -> list[Alert]:
    """The alerts of this file."""
    return [
        *_scorers(places),
        *_judge(places),
        *_stale(places),
        _overflow(places),
        _down(places, "Proxy", "page", "requests may get no answer"),
        _down(places, "Worker", "ticket", "nothing is scored, and no alert on behaviour can fire"),
    ]


def _meta(name: str, expr: str, places: Places, summary: str, said: str, keys: Sequence[str] = ()) -> Alert:
    lines = [said, since(name, keys)]
    texts = annotated(name, places, summary, lines, "sightglass-pipeline")
    return Alert(name, expr, "ticket", META, "5m", "15m", texts)


def _scorers(places: Places) -> list[Alert]:
    results = "sightglass_scorer_results_total"
    failed = f"sum by (scorer) (increase({results}{{{_FAILED}}}[15m]))"
    tried = f"sum by (scorer) (increase({results}{{{_TRIED}}}[15m]))"
    published = 'sum(increase(sightglass_sampling_decisions_total{decision="published"}[15m]))'
    own = f"sum(increase({results}{{{_TRIED},scorer=%q}}[15m]))"
    failing = _meta(
        "SightglassScorerFailing",
        f"{failed} / {tried} > {SCORER_FAILING:g}\nand {tried} >= {LEAST}",
        places,
        f"{label('scorer')} fails",
        f"{label('scorer')} failed on {{{{ $value | humanizePercentage }}}} of its samples over 15m "
        f"(n = {number(own, ('scorer',), WHOLE)}). Until it works again, alerts on its measures are inhibited.",
        ("scorer",),
    )
    stalled = _meta(
        "SightglassScoringStalled",
        f"sum by (scorer) (increase({results}[15m])) == 0\nand on () {published} >= {LEAST}",
        places,
        f"{label('scorer')} scores nothing",
        f"{label('scorer')} had no result over 15m, but {number(published, shown=WHOLE)} samples were published.",
        ("scorer",),
    )
    return [failing, stalled]


def _judge(places: Places) -> list[Alert]:
    disagrees = _meta(
        "SightglassJudgeDisagrees",
        f"min by (scorer) (sightglass_judge_agreement_kappa) < {KAPPA:g}",
        places,
        f"the judge of {label('scorer')} disagrees with people",
        f'Cohen\'s kappa between the judge and human labels of {label("scorer")} is {{{{ $value | printf "%.2f" }}}} '
        f"(expected: at least {KAPPA:g}). Do not rely on its verdicts before it agrees with people again.",
        ("scorer",),
    )
    spent = _meta(
        "SightglassJudgeBudgetSpent",
        "max by (scorer) (sightglass_judge_budget_remaining_usd) <= 0",
        places,
        f"the judge's budget for {label('scorer')} is spent",
        f"The judge sees no more samples of {label('scorer')} today. Its rates are based on the scorer alone.",
        ("scorer",),
    )
    return [disagrees, spent]


def _stale(places: Places) -> list[Alert]:
    arriving = f"sum(increase(sightglass_scored_samples_total[15m])) >= {LEAST}"
    drift = _meta(
        "SightglassDriftEvaluationStale",
        f"time() - max(sightglass_drift_evaluated_timestamp_seconds) > {EVALUATION_SECONDS}\nand on () {arriving}",
        places,
        "drift is not evaluated",
        "Drift was last evaluated {{ $value | humanizeDuration }} ago, but samples arrive. Until it is "
        "evaluated again, drift goes unnoticed.",
    )
    rates = _meta(
        "SightglassRatesStale",
        "sum(sightglass_exporting) == 0",
        places,
        "no worker computes rates",
        "Workers run, but none of them holds the lease. Rates, backlogs, the ledger and drift are not updated.",
    )
    return [drift, rates]


def _overflow(places: Places) -> Alert:
    return _meta(
        "SightglassLabelOverflow",
        f"sum by (label) (increase(sightglass_label_overflow_total[1h])) >= {LEAST}",
        places,
        f"values of {label('label')} are counted as other",
        f'{{{{ $value | printf "%.0f" }}}} values of {label("label")} over 1h were not in the configuration '
        "and were counted as `other`. To count them apart, add them to the configuration.",
        ("label",),
    )


def _down(places: Places, process: str, severity: str, meaning: str) -> Alert:
    name, job = f"Sightglass{process}Down", f"sightglass-{process.lower()}"
    # Of a target that is configured `up` is there; of one that service discovery no longer finds nothing is.
    expr = f'up{{job="{job}"}} == 0\nor absent(up{{job="{job}"}})'
    which = f"{{{{ with $labels.instance }}}}{{{{ . }}}}{{{{ else }}}}any {job}{{{{ end }}}}"
    said = f"Prometheus cannot read {which}: {meaning}."
    texts = annotated(name, places, f"{job} is down", [said, since(name, ())], "sightglass-overview")
    return Alert(name, expr, severity, META, "2m", "5m", texts)
