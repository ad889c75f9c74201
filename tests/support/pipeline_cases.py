"""Cases of the alerts on the way of samples and on the watchman: healthy, bad but few, and bad; what is said."""

from __future__ import annotations

from support.alerting import Case, Series

DECISIONS = 'sightglass_sampling_decisions_total{app="bot",decision="%s"}'
RESULTS = 'sightglass_scorer_results_total{scorer="refusal",result="%s"}'
COUNTED = 'sightglass_scored_samples_total{scorer="refusal",output="refused",app="bot",verdict="no",stratum="uniform"}'
KAPPA = 'sightglass_judge_agreement_kappa{scorer="refusal"}'
BUDGET = 'sightglass_judge_budget_remaining_usd{scorer="all"}'
UNPAID = 'sightglass_scorer_results_total{scorer="judge",result="budget"}'
EVALUATED = 'sightglass_drift_evaluated_timestamp_seconds{signal="refusal.refused",app="bot",model="m-1"}'
PROXY, WORKER = 'up{job="sightglass-proxy",instance="proxy:8081"}', 'up{job="sightglass-worker",instance="worker:8082"}'
SECOND = WORKER.replace("worker:8082", "worker-b:8082")
THIRD = WORKER.replace("worker:8082", "worker-c:8082")


def _since(at: str) -> str:
    return f"Since: 1970-01-01 {at}:00 +0000 UTC"


def _case(
    alert: str, healthy: Series, few: Series | str, bad: Series, summary: str, said: str, since: str, **labels: str
) -> Case:
    """``few``: the series, or why there are none."""
    return Case(
        alert=alert,
        healthy=healthy,
        bad=bad,
        few=None if isinstance(few, str) else few,
        why_no_few=few if isinstance(few, str) else "",
        labels={"severity": "ticket", **labels},
        summary=summary,
        description=[said, _since(since)],
        dashboard="sightglass-pipeline" if not alert.endswith("Down") else "sightglass-overview",
        after=90,
    )


def _pipeline(alert: str, *words: Series | str, **labels: str) -> Case:
    return _case(alert, *words, category="pipeline", **labels)  # type: ignore[arg-type]


def _meta(alert: str, *words: Series | str, **labels: str) -> Case:
    return _case(alert, *words, category="meta", **{"severity": "ticket", **labels})  # type: ignore[arg-type]


CASES = [
    _pipeline(
        "SightglassSamplesDropped",
        {DECISIONS % "published": 100, DECISIONS % "dropped_queue": 0},
        {DECISIONS % "published": 0, DECISIONS % "dropped_queue": 1},
        {DECISIONS % "published": 80, DECISIONS % "dropped_queue": 20},
        "samples are lost: dropped_queue",
        "20% of requests lost their sample over 15m (dropped_queue, n = 1500). Requests were still answered. "
        "Rates are based on fewer samples.",
        "00:20",
        decision="dropped_queue",
    ),
    _pipeline(
        "SightglassScoringBehind",
        {'sightglass_queue_oldest_age_seconds{scorer="refusal"}': 3, 'sightglass_queue_depth{scorer="refusal"}': 2},
        "one sample that waits for a quarter of an hour is late, however few there are",
        {'sightglass_queue_oldest_age_seconds{scorer="refusal"}': 1800, 'sightglass_queue_depth{scorer="refusal"}': 70},
        "refusal is behind",
        "The oldest sample that refusal has not finished is 30m 0s old (70 wait).",
        "00:20",
        scorer="refusal",
    ),
    _pipeline(
        "SightglassDeadLetters",
        {'sightglass_dead_letters{group="refusal"}': 0},
        "one dead letter is one too many: somebody's sample is lost until it is replayed",
        {'sightglass_dead_letters{group="refusal"}': 4},
        "dead letters of refusal",
        "refusal gave up on 4 items. `sightglass dead list --group refusal` shows why.",
        "00:20",
        group="refusal",
    ),
    _pipeline(
        "SightglassDegraded",
        {'sightglass_degraded{component="queue",instance="proxy:8081"}': 0},
        "a state, not a count",
        {'sightglass_degraded{component="queue",instance="proxy:8081"}': 1},
        "queue does not work at proxy:8081",
        "queue is out of order at proxy:8081. Requests are still forwarded.",
        "00:20",
        component="queue",
        instance="proxy:8081",
    ),
    _pipeline(
        "SightglassRowsDropped",
        {"sightglass_rows_dropped_total": 0},
        "each row that is lost is a request that the ledger cannot answer for",
        {"sightglass_rows_dropped_total": 2},
        "rows of requests are lost",
        "30 rows of requests did not reach the queue over 15m. They are missing from the ledger.",
        "00:20",
    ),
    _pipeline(
        "SightglassTelemetryDropped",
        {'sightglass_telemetry_dropped_total{signal="traces",reason="queue_full"}': 0},
        "each span that is lost was asked for",
        {'sightglass_telemetry_dropped_total{signal="traces",reason="queue_full"}': 10},
        "OpenTelemetry traces are lost: queue_full",
        "150 traces did not reach the collector over 15m (queue_full).",
        "00:20",
        signal="traces",
        reason="queue_full",
    ),
    _meta(
        "SightglassScorerFailing",
        {RESULTS % "scored": 100, RESULTS % "crashed": 1, RESULTS % "sampled_out": 50},
        {RESULTS % "scored": 0, RESULTS % "crashed": 1, RESULTS % "sampled_out": 50},
        {RESULTS % "scored": 60, RESULTS % "crashed": 40, RESULTS % "sampled_out": 50},
        "refusal fails",
        "refusal failed on 40% of its samples over 15m (n = 1500). "
        "Until it works again, alerts on its measures are inhibited.",
        "00:23",
        scorer="refusal",
    ),
    _meta(
        "SightglassScoringStalled",
        {DECISIONS % "published": 10, RESULTS % "scored": 10},
        {DECISIONS % "published": 1, RESULTS % "scored": 0},
        {DECISIONS % "published": 10, RESULTS % "scored": 0},
        "refusal scores nothing",
        "refusal had no result over 15m, but 150 samples were published.",
        "00:34",
        scorer="refusal",
    ),
    _meta(
        "SightglassJudgeDisagrees",
        {KAPPA: 0.8},
        "each round asks the same control items, so there are never few",
        {KAPPA: 0.4},
        "the judge of refusal is wrong too often",
        "Cohen's kappa between the judge of refusal and the known answers of its control items is 0.40 over the last "
        "24 hours (expected: at least 0.6). Do not rely on its verdicts before it is right again.",
        "00:20",
        scorer="refusal",
    ),
    _meta(
        "SightglassJudgeBudgetSpent",
        {BUDGET: 2.5, UNPAID: 0},
        "money, not samples",
        {BUDGET: 0, UNPAID: 0},
        "the judge's budget is spent",
        "The judge's budget for today (UTC), or an application's part of it, does not pay for another call: 0 samples "
        "were not judged over 15m for that reason. 0.00 USD of the whole is left. Rates of these samples are based on "
        "the scorers alone.",
        "00:20",
    ),
    _meta(
        "SightglassJudgeBudgetSpent",
        {BUDGET: 2.5, UNPAID: 0},
        "money, not samples",
        {BUDGET: 1.254, UNPAID: 3},
        "the judge's budget is spent",
        "The judge's budget for today (UTC), or an application's part of it, does not pay for another call: 45 samples "
        "were not judged over 15m for that reason. 1.25 USD of the whole is left. Rates of these samples are based on "
        "the scorers alone.",
        "00:20",
    ),
    _meta(
        "SightglassRatesStale",
        {"sightglass_exporting": 1},
        "a state, not a count",
        {"sightglass_exporting": 0},
        "no worker computes rates",
        "Workers run, but none of them holds the lease. Rates, backlogs, the ledger and drift are not updated.",
        "00:20",
    ),
    _meta(
        "SightglassLabelOverflow",
        {'sightglass_label_overflow_total{label="model"}': 0},
        {'sightglass_label_overflow_total{label="model"}': 0.4},
        {'sightglass_label_overflow_total{label="model"}': 5},
        "values of model are counted as other",
        "200 times over 1h, a value of model was counted as `other`, because the configuration does not name it or has "
        "no room for it. To count it apart, add it to the configuration.",
        "00:25",
        label="model",
    ),
    _meta(
        "SightglassProxyDown",
        {PROXY: 1, WORKER: 1},
        "a state, not a count",
        {PROXY: 0, WORKER: 1},
        "sightglass-proxy is down",
        "Prometheus cannot read proxy:8081: requests may get no answer.",
        "00:20",
        severity="page",
        job="sightglass-proxy",
        instance="proxy:8081",
    ),
    _meta(
        "SightglassWorkerDown",
        {PROXY: 1, WORKER: 1},
        "a state, not a count",
        {PROXY: 1, WORKER: 0},
        "sightglass-worker is down",
        "Prometheus cannot read worker:8082: nothing is scored, and no alert on behaviour can fire.",
        "00:20",
        job="sightglass-worker",
        instance="worker:8082",
    ),
    _meta(
        "SightglassWorkerDown",
        {PROXY: 1, WORKER: 1},
        "a state, not a count",
        {PROXY: 1, WORKER: None},
        "sightglass-worker is down",
        "Prometheus cannot read any sightglass-worker: nothing is scored, and no alert on behaviour can fire.",
        "00:25",
        job="sightglass-worker",
    ),
    _meta(  # one of three: the alert says that the others score, and nothing is inhibited
        "SightglassWorkerDown",
        {WORKER: 1, SECOND: 1, THIRD: 1},
        "a state, not a count",
        {WORKER: 1, SECOND: 0, THIRD: 1},
        "one sightglass-worker is down, others run",
        "Prometheus cannot read worker-b:8082: what it scored is left to the other workers. So many can be read: 2.",
        "00:20",
        job="sightglass-worker",
        instance="worker-b:8082",
        others="running",
    ),
]
#: Its value is a time: the series is what it is as long as nothing is evaluated.
STALE = Case(
    alert="SightglassDriftEvaluationStale",
    healthy={EVALUATED: 4500, COUNTED: 10},
    few={EVALUATED: 0, COUNTED: 1},
    bad={EVALUATED: 0, COUNTED: 10},
    labels={"severity": "ticket", "category": "meta"},
    summary="drift is not evaluated",
    description=[
        "Drift was last evaluated 59m 0s ago, but samples arrive. Until it is evaluated again, drift goes unnoticed.",
        _since("00:20"),
    ],
    dashboard="sightglass-pipeline",
    after=24,
)
