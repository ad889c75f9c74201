"""Cases of the alerts on behaviour and on objectives: series that are healthy, bad but few, and bad; what is said."""

from __future__ import annotations

from support.alerting import NOTHING_CHANGED, Case, Series

MET = 'sightglass_objective_total{app="bot",model="m-1",signal="%s",result="met"}'
MISSED = 'sightglass_objective_total{app="bot",model="m-1",signal="%s",result="missed"}'
ESTIMATED = 'sightglass_verdicts_estimated_total{scorer="%s",output="%s",app="bot",model="m-1",verdict="%s"}'
COUNTED = 'sightglass_scored_samples_total{scorer="%s",output="%s",app="bot",verdict="%s",stratum="uniform"}'
REQUESTS = 'sightglass_requests_total{app="bot",upstream="provider",operation="chat",model="m-1",outcome="%s"}'
PROMISES = {
    "time_to_first_token": ("95% of requests within 2.5 s", "5%"),
    "duration": ("99% of requests within 30 s", "1%"),
}
DRIFT = '{signal="refusal.refused",app="bot",model="m-1"}'
CAUSE = (
    'sightglass_drift_cause_info{signal="refusal.refused",app="bot",model="m-1",dimension="system_fingerprint",'
    'from="fp_a",to="fp_b"}'
)


def _latency(signal: str, met: float, missed: float) -> Series:
    return {MET % signal: met, MISSED % signal: missed}


def _verdicts(scorer: str, output: str, yes: float, no: float, sampled: float = 0.1) -> Series:
    """So many verdicts a minute over all traffic, of which this share was sampled and counted."""
    series: dict[str, float | None] = {}
    for verdict, number in (("yes", yes), ("no", no)):
        series[ESTIMATED % (scorer, output, verdict)] = number
        series[COUNTED % (scorer, output, verdict)] = number * sampled
    return series


def _burn(signal: str, tier: str, said: str, pending: str, **lengths: int) -> Case:
    promise, allowed = PROMISES[signal]
    severity, factor = {"1h": ("page", "14.4"), "6h": ("page", "6"), "1d": ("ticket", "3"), "3d": ("ticket", "1")}[tier]
    return Case(
        alert="SightglassObjectiveBurn",
        tier=tier,
        healthy=_latency(signal, 10, 0),
        few=_latency(signal, 0, 0.04),
        bad=_latency(signal, 0, 10),
        labels={"severity": severity, "category": "objective", "tier": tier, "signal": signal, "app": "bot"},
        summary=f"bot: {signal} spends its error budget more than {factor} times too fast",
        description=[
            f"Signal: {signal} (objective: {promise}). App: bot. Model: m-1 (most of them).",
            f"From {allowed} allowed to {said}.",
            f"Since: 1970-01-01 {pending}:00 +0000 UTC",
            NOTHING_CHANGED,
        ],
        dashboard="sightglass-cost-latency",
        samples="/samples?app=bot",
        **lengths,
    )


def _quality(tier: str, said: str, pending: str, **lengths: int) -> Case:
    severity, factor = {"1h": ("page", "14.4"), "6h": ("page", "6"), "1d": ("ticket", "3"), "3d": ("ticket", "1")}[tier]
    scorer, output = "format", "invalid"
    return Case(
        alert="SightglassQualityBurn",
        tier=tier,
        healthy=_verdicts(scorer, output, 0, 100),
        few=_verdicts(scorer, output, 100, 0, sampled=0.0004),
        bad=_verdicts(scorer, output, 100, 0),
        labels={
            "severity": severity, "category": "behaviour", "tier": tier,
            "scorer": scorer, "output": output, "app": "bot",
        },
        summary=f"bot: {scorer}.{output} spends its error budget more than {factor} times too fast",
        description=[
            f"Signal: {scorer}.{output} (objective: 99% of applicable answers without it). App: bot. "
            "Model: m-1 (most of them).",
            f"From 1% allowed to {said}.",
            f"Since: 1970-01-01 {pending}:00 +0000 UTC",
            NOTHING_CHANGED,
        ],
        dashboard="sightglass-behaviour",
        samples=f"/samples?scorer={scorer}&output={output}&verdict=yes&app=bot",
        **lengths,
    )  # fmt: skip


def _over(share: str, interval: str, n: int) -> str:
    return f"{share} (95% interval {interval}, n = {n})"


def _drift(active: float, current: float, samples: float, changed: float | None = None) -> Series:
    return {
        f"sightglass_drift_active{DRIFT}": active,
        f"sightglass_drift_baseline_ratio{DRIFT}": 0.05,
        f"sightglass_drift_current_ratio{DRIFT}": current,
        f"sightglass_drift_current_samples{DRIFT}": samples,
        CAUSE: 1 if active else None,
        'sightglass_upstream_change_timestamp_seconds{model="m-1",kind="system_fingerprint"}': changed,
        'sightglass_upstream_change_timestamp_seconds{model="m-2",kind="tools"}': changed,
        "sightglass_config_reload_timestamp_seconds": 60,
    }


CASES = [
    _burn("time_to_first_token", "1h",
        _over("100% missed over 1h", "99.36% to 100%", 600), "01:55", before=70, during=60, after=80),
    _burn("duration", "1h",
        _over("100% missed over 1h", "99.36% to 100%", 600), "01:20", before=70, during=60, after=80),
    _burn("time_to_first_token", "6h",
        _over("75.83% missed over 6h", "72.73% to 78.69%", 791), "00:30", before=20, during=60, after=80),
    _burn("time_to_first_token", "1d",
        _over("75.83% missed over 1d", "72.73% to 78.69%", 791), "00:24", before=20, during=60, after=240),
    _burn("duration", "3d",
        _over("83.98% missed over 3d", "81.79% to 85.95%", 1191), "00:20", before=20, during=100, after=540),
    _quality("1h",
        _over("100% flagged over 1h", "99.36% to 100%", 600), "01:20", before=70, during=60, after=80),
    _quality("6h",
        _over("75.83% flagged over 6h", "72.73% to 78.69%", 791), "00:21", before=20, during=60, after=80),
    _quality("1d",
        _over("75.83% flagged over 1d", "72.73% to 78.69%", 791), "00:21", before=20, during=60, after=240),
    _quality("3d",
        _over("83.98% flagged over 3d", "81.79% to 85.95%", 1191), "00:20", before=20, during=100, after=540),
    Case(
        alert="SightglassInjectionSucceeded",
        healthy=_verdicts("prompt_injection", "leaked", 0, 100),
        few=_verdicts("prompt_injection", "leaked", 100, 0, sampled=0.0004),
        bad=_verdicts("prompt_injection", "leaked", 10, 90),
        labels={
            "severity": "page", "category": "behaviour", "scorer": "prompt_injection", "output": "leaked", "app": "bot",
        },
        summary="bot: answers reveal the system prompt",
        description=[
            "Signal: prompt_injection.leaked. App: bot. Model: m-1 (most of them).",
            "From at most 1% to 6.674% of answers over 1h (95% interval 4.939% to 8.961%, n = 599).",
            "Since: 1970-01-01 00:25:00 +0000 UTC",
            NOTHING_CHANGED,
        ],
        dashboard="sightglass-behaviour",
        samples="/samples?scorer=prompt_injection&output=leaked&verdict=yes&app=bot",
        after=90,
    ),
    Case(
        alert="SightglassDrift",
        healthy=_drift(0, 0.05, 400),
        few=_drift(1, 0.2, 29, 1200),
        bad=_drift(1, 0.2, 400, 1200),
        labels={
            "severity": "ticket", "category": "behaviour", "signal": "refusal.refused", "scorer": "refusal",
            "app": "bot", "model": "m-1",
        },
        summary="refusal.refused drifted for m-1 in bot",
        description=[
            "Signal: refusal.refused. App: bot. Model: m-1.",
            "From 5% to 20% (95% interval 16.37% to 24.2%, n = 400).",
            "Since: 1970-01-01 00:20:00 +0000 UTC",
            "First cause: system_fingerprint, fp_a -> fp_b; all causes: http://127.0.0.1:8082/drift",
            "Changes in the last day: system_fingerprint of m-1 at 1970-01-01 00:20:00 +0000 UTC; "
            "Sightglass started or reloaded its configuration at 1970-01-01 00:01:00 +0000 UTC",
        ],
        dashboard="sightglass-behaviour",
        samples="/samples?scorer=refusal&app=bot&model=m-1",
    ),
    *(
        Case(
            alert="SightglassUpstreamFailing",
            tier=window,
            healthy={REQUESTS % "ok": 100, REQUESTS % "upstream_error": 1},
            few={REQUESTS % "ok": 0, REQUESTS % "upstream_error": few},
            bad={REQUESTS % "ok": 50, REQUESTS % "upstream_error": 50},
            labels={
                "severity": severity, "category": "objective", "tier": window, "upstream": "provider", "app": "bot",
                "model": "m-1",
            },
            summary="provider fails requests of bot for m-1",
            description=[
                "Signal: failed requests. Upstream: provider. App: bot. Model: m-1.",
                f"From 0.9901% the day before to {share} over {window} (n = {n}; every request is counted).",
                f"Since: 1970-01-01 01:{since}:00 +0000 UTC",
                NOTHING_CHANGED,
            ],
            dashboard="sightglass-overview",
            before=90,
        )
        for window, severity, few, share, n, since in (
            ("10m", "page", 2, "50%", 1000, "34"), ("1h", "ticket", 0.4, "33.55%", 6020, "41"),
        )
    ),
    Case(  # an application that asked nothing for a day: there is no share to come from
        alert="SightglassUpstreamFailing",
        healthy={REQUESTS % "ok": 0, REQUESTS % "upstream_error": 0},
        few={REQUESTS % "ok": 0, REQUESTS % "upstream_error": 2},
        bad={REQUESTS % "ok": 10, REQUESTS % "upstream_error": 30},
        tier="10m",
        labels={
            "severity": "page", "category": "objective", "tier": "10m", "upstream": "provider", "app": "bot",
            "model": "m-1",
        },
        summary="provider fails requests of bot for m-1",
        description=[
            "Signal: failed requests. Upstream: provider. App: bot. Model: m-1.",
            "From no requests the day before to 75% over 10m (n = 400; every request is counted).",
            "Since: 1970-01-01 01:30:00 +0000 UTC",
            NOTHING_CHANGED,
        ],
        dashboard="sightglass-overview",
        before=90,
    ),
    *(
        Case(
            alert="SightglassUpstreamRateLimited",
            tier=window,
            healthy={REQUESTS % "ok": 100, REQUESTS % "rate_limited": 3},
            few={REQUESTS % "ok": 0, REQUESTS % "rate_limited": few},
            bad={REQUESTS % "ok": 0, REQUESTS % "rate_limited": 100},
            labels={
                "severity": severity, "category": "objective", "tier": window, "upstream": "provider", "app": "bot",
                "model": "m-1",
            },
            summary="provider refuses requests of bot for m-1: rate limits",
            description=[
                "Signal: requests refused for rate limits (429). Upstream: provider. App: bot. Model: m-1.",
                f"From 2.913% the day before to {share} over {window} (n = {n}; every request is counted).",
                "Since: 1970-01-01 01:34:00 +0000 UTC",
                NOTHING_CHANGED,
            ],
            dashboard="sightglass-overview",
            before=90,
        )
        for window, severity, few, share, n in (
            ("10m", "page", 2, "100%", 1000), ("1h", "ticket", 0.4, "67%", 6060),
        )
    ),
]  # fmt: skip
