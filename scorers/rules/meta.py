"""Alerts on the watchman: without them silence would say nothing. Some inhibit the alerts that they make void."""

from __future__ import annotations

from collections.abc import Sequence

from scorers.rules.document import META, Alert
from scorers.rules.limits import EVALUATION_SECONDS, KAPPA, LEAST, SCORER_FAILING
from scorers.rules.texts import MONEY, WHOLE, Places, annotated, label, number, since

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
        *_worker_down(places),
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
        f"the judge of {label('scorer')} is wrong too often",
        f"Cohen's kappa between the judge of {label('scorer')} and the known answers of its control items is "
        f'{{{{ $value | printf "%.2f" }}}} over the last 24 hours (expected: at least {KAPPA:g}). Do not rely on its '
        "verdicts before it is right again.",
        ("scorer",),
    )
    # The largest cost of a call is reserved before it, so that what is left hardly ever comes down to nothing: the
    # judge stops when the next call does not fit. An application's part of the budget can be spent before the whole is.
    refused = 'sum(increase(sightglass_scorer_results_total{result="budget"}[15m]))'
    left = "max(sightglass_judge_budget_remaining_usd)"
    spent = _meta(
        "SightglassJudgeBudgetSpent",
        f"{left} <= 0\nor {refused} > 0",
        places,
        "the judge's budget is spent",
        "The judge's budget for today (UTC), or an application's part of it, does not pay for another call: "
        f"{number(refused, shown=WHOLE)} samples were not judged over 15m for that reason. "
        f"{number(left, shown=MONEY)} USD of the whole is left. Rates of these samples are based on the scorers alone.",
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
        f'{{{{ $value | printf "%.0f" }}}} times over 1h, a value of {label("label")} was counted as `other`, because '
        "the configuration does not name it or has no room for it. To count it apart, add it to the configuration.",
        ("label",),
    )


def _down(places: Places, process: str, severity: str, meaning: str) -> Alert:
    job = f"sightglass-{process.lower()}"
    # Of a target that is configured `up` is there; of one that service discovery no longer finds nothing is.
    return _unread(process, severity, f'up{{job="{job}"}} == 0\nor absent(up{{job="{job}"}})', meaning, places)


def _worker_down(places: Places) -> list[Alert]:
    """One alert in two rules. The label ``others`` tells that other workers run: then behaviour is still scored, and
    Alertmanager inhibits nothing."""
    up = 'up{job="sightglass-worker"}'
    running = f"count({up} == 1)"
    none = f"{up} == 0 unless on () {running}\nor absent({up})"
    one = f"{up} == 0 and on () {running}"
    rest = f"what it scored is left to the other workers. So many can be read: {number(running, shown=WHOLE)}"
    return [
        _unread("Worker", "ticket", none, "nothing is scored, and no alert on behaviour can fire", places),
        _unread("Worker", "ticket", one, rest, places, {"others": "running"}),
    ]


def _unread(
    process: str, severity: str, expr: str, meaning: str, places: Places, fixed: dict[str, str] | None = None
) -> Alert:
    name, job = f"Sightglass{process}Down", f"sightglass-{process.lower()}"
    which = f"{{{{ with $labels.instance }}}}{{{{ . }}}}{{{{ else }}}}any {job}{{{{ end }}}}"
    said = [f"Prometheus cannot read {which}: {meaning}.", since(name, ("instance",), _of(fixed or {}))]
    summary = f"{job} is down" if fixed is None else f"one {job} is down, others run"
    texts = annotated(name, places, summary, said, "sightglass-overview")
    return Alert(name, expr, severity, META, "2m", "5m", texts, fixed or {})


def _of(fixed: dict[str, str]) -> str:
    return f'others="{fixed.get("others", "")}"'
