"""A day of synthetic traffic: at 15:00 a provider changes the model behind a name, and the refusal rate rises."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator

from proxy.telemetry.metrics import BY_NAME

_STEP = 150
APPS = {"support-bot": 0.6, "search": 0.4}
MODELS = {"gpt-4o-mini": 0.7, "gpt-4o": 0.3}
CHANGED = "gpt-4o-mini"
#: Hours before the end at which the model changed, and at which drift was detected.
CHANGE, NOTICED = 7.0, 6.2
SHARES: dict[tuple[str, str], float] = {
    ("refusal", "refused"): 0.045,
    ("groundedness", "ungrounded"): 0.08,
    ("prompt_injection", "attempted"): 0.012,
    ("prompt_injection", "indirect"): 0.004,
    ("prompt_injection", "leaked"): 0.001,
    ("abstention", "abstained"): 0.06,
    ("abstention", "hedged"): 0.11,
    ("clarification", "asked"): 0.09,
    ("context_utilization", "ignored_context"): 0.05,
    ("format", "invalid"): 0.015,
}
SCORERS = list(dict.fromkeys(scorer for scorer, _ in SHARES))
#: Labels, and the value as a function of the hours before the end.
Series = tuple[dict[str, str], Callable[[float], float]]


class Story:
    """Counters grow by rates per second, with noise. Gauges are functions of the hours that are left."""

    def __init__(self, end: int, hours: float) -> None:
        self._end, self._ticks = end, int(hours * 3600 / _STEP)
        self._random = random.Random(7)
        self.lines: list[str] = []
        self._typed: set[str] = set()
        self._pending: dict[str, list[str]] = {}

    def _moments(self) -> Iterator[tuple[int, float]]:
        for tick in range(self._ticks + 1):
            left = (self._ticks - tick) * _STEP
            yield self._end - left, left / 3600

    def _add(self, family: str, kind: str, line: str) -> None:
        self._pending.setdefault(f"{family} {kind}", []).append(line)

    def gauge(self, name: str, labels: dict[str, str], value: Callable[[float], float | None]) -> None:
        """Add a gauge. Where the function returns ``None``, the gauge has no value."""
        for at, left in self._moments():
            now = value(left)
            if now is not None:
                self._add(name, "gauge", f"{name}{_inside(labels)} {now:.12g} {at}")

    def counter(self, name: str, labels: dict[str, str], rate: Callable[[float], float]) -> None:
        """Add a counter that grows by ``rate`` per second, with noise."""
        total = 0.0
        for at, left in self._moments():
            total += self._noisy(rate(left))
            self._add(name.removesuffix("_total"), "counter", f"{name}{_inside(labels)} {total:.6g} {at}")

    def histogram(
        self, name: str, labels: dict[str, str], shape: tuple[float, float], rate: Callable[[float], float]
    ) -> None:
        """Add a log-normal histogram (median, sigma) with the buckets of the metric table."""
        median, sigma = shape
        bounds = BY_NAME[name].buckets
        total = 0.0
        for at, left in self._moments():
            total += self._noisy(rate(left))
            for bound in bounds:
                part = 0.5 * (1 + math.erf(math.log(bound / median) / (sigma * math.sqrt(2))))
                named = _inside({**labels, "le": f"{bound:.6g}"})
                self._add(name, "histogram", f"{name}_bucket{named} {total * part:.6g} {at}")
            last = _inside({**labels, "le": "+Inf"})
            self._add(name, "histogram", f"{name}_bucket{last} {total:.6g} {at}")
            self._add(name, "histogram", f"{name}_count{_inside(labels)} {total:.6g} {at}")
            self._add(name, "histogram", f"{name}_sum{_inside(labels)} {total * median * 1.2:.6g} {at}")

    def _noisy(self, rate: float) -> float:
        mean = rate * _STEP
        return max(0.0, mean + self._random.gauss(0, 0.35) * math.sqrt(mean))

    def text(self) -> str:
        """The complete data in OpenMetrics text format."""
        for family, lines in self._pending.items():
            self.lines += [f"# TYPE {family}", *lines]
        return "\n".join([*self.lines, "# EOF", ""])


def _inside(labels: dict[str, str]) -> str:
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}" if labels else ""


def day(left: float) -> float:
    """Requests per second: few at night, many in the afternoon."""
    return 3.0 + 2.2 * math.sin((left + 10) / 24 * 2 * math.pi) + 0.5 * math.sin(left * 2.1)


def _flagged(scorer: str, output: str, model: str, left: float) -> float:
    share = SHARES[scorer, output] * (1.25 if model == "gpt-4o-mini" else 0.8)
    if model == CHANGED and left < CHANGE:
        share *= {"refused": 3.6, "abstained": 1.5}.get(output, 1.0)
    return share


def openmetrics(end: int, hours: float) -> str:
    """The day up to ``end`` (Unix s)."""
    story = Story(end, hours)
    for app, app_part in APPS.items():
        for model, model_part in MODELS.items():
            _traffic(story, {"app": app, "model": model}, app_part * model_part)
            _verdicts(story, app, model, app_part * model_part)
    for model, part in MODELS.items():
        _by_model(story, model, part)
    _tasks(story)
    _proxy(story)
    _worker(story)
    _drift(story, end)
    _ratios(story)
    return story.text()


def _traffic(story: Story, labels: dict[str, str], part: float) -> None:
    slow = labels["model"] == "gpt-4o"
    outcomes = {"ok": 0.965, "client_error": 0.012, "rate_limited": 0.006, "client_disconnected": 0.01}
    for outcome, share in {**outcomes, "upstream_error": 0.004, "stream_incomplete": 0.003}.items():

        def rate(left: float, outcome: str = outcome, share: float = share) -> float:
            burst = 9 if outcome == "upstream_error" and 11.0 < left < 11.8 and slow else 1
            return day(left) * part * share * burst

        named = {
            "app": labels["app"],
            "upstream": "openai",
            "operation": "chat",
            "model": labels["model"],
            "outcome": outcome,
        }
        story.counter("sightglass_requests_total", named, rate)

    def rate(left: float) -> float:
        return day(left) * part

    first = 0.62 if slow else 0.34
    story.histogram("sightglass_time_to_first_token_seconds", labels, (first, 0.5), rate)
    story.histogram("sightglass_time_to_first_chunk_seconds", labels, (first * 0.9, 0.5), rate)
    story.histogram("sightglass_request_duration_seconds", {**labels, "stream": "true"}, (first * 9, 0.55), rate)
    story.histogram("sightglass_time_per_output_token_seconds", labels, (0.021 if slow else 0.012, 0.35), rate)
    story.histogram("sightglass_proxy_overhead_seconds", labels, (0.00034, 0.4), rate)
    for signal, missed in (("time_to_first_token", 0.012), ("duration", 0.004)):
        story.counter("sightglass_objective_total", {**labels, "signal": signal, "result": "missed"},
                      lambda left, m=missed: day(left) * part * m * (4 if 11.0 < left < 11.8 else 1))  # fmt: skip
        story.counter("sightglass_objective_total", {**labels, "signal": signal, "result": "met"}, rate)
    price = 6.2 if slow else 0.4
    for kind, tokens in {"input": 820, "cached_input": 410, "output": 230, "reasoning_output": 40}.items():
        story.counter("sightglass_tokens_total", {**labels, "type": kind}, lambda left, n=tokens: day(left) * part * n)
    story.counter("sightglass_cost_usd_total", labels, lambda left: day(left) * part * 1e-3 * price)
    story.counter("sightglass_unmetered_total", labels, lambda left: day(left) * part * 0.002)
    story.counter("sightglass_unpriced_total", labels, lambda left: 0.0)


def _verdicts(story: Story, app: str, model: str, part: float) -> None:
    for (scorer, output), share in SHARES.items():
        for verdict in ("yes", "no"):

            def rate(left: float, scorer: str = scorer, output: str = output, verdict: str = verdict) -> float:
                share = _flagged(scorer, output, model, left)
                return day(left) * part * (share if verdict == "yes" else 1 - share)

            named = {"scorer": scorer, "output": output, "app": app, "model": model, "verdict": verdict}
            story.counter("sightglass_verdicts_estimated_total", named, rate)
            if model == "gpt-4o":
                counted = {"scorer": scorer, "output": output, "app": app, "verdict": verdict, "stratum": "uniform"}
                part_of = share if verdict == "yes" else 1 - share
                story.counter("sightglass_scored_samples_total", counted,
                              lambda left, p=part_of: day(left) * APPS[app] * 0.1 * p)  # fmt: skip


def _by_model(story: Story, model: str, part: float) -> None:
    for reason, share in {"stop": 0.9, "length": 0.04, "tool_calls": 0.05, "content_filter": 0.01}.items():
        story.counter(
            "sightglass_finish_reasons_total",
            {"model": model, "reason": reason},
            lambda left, s=share: day(left) * part * s,
        )
    for reason, share in {
        "complete": 0.98,
        "client_disconnected": 0.012,
        "upstream_cut": 0.006,
        "no_terminator": 0.002,
    }.items():
        story.counter(
            "sightglass_stream_ends_total",
            {"model": model, "reason": reason},
            lambda left, s=share: day(left) * part * s,
        )


def _tasks(story: Story) -> None:
    for app in APPS:
        for outcome, share in {"success": 0.71, "failure": 0.09, "unknown": 0.2}.items():
            labels = {"app": app, "outcome": outcome}
            story.counter("sightglass_tasks_total", labels, lambda left, s=share: day(left) * 0.04 * s)
            story.counter("sightglass_task_cost_usd_total", labels, lambda left, s=share: day(left) * 0.04 * s * 0.021)
            story.counter("sightglass_tasks_unmetered_total", labels, lambda left: day(left) * 0.0002)


def _proxy(story: Story) -> None:
    outage = (14.0, 14.6)
    for app, part in APPS.items():
        shares = {
            "published": 0.1,
            "sampled_out": 0.87,
            "opted_out": 0.012,
            "not_observed": 0.018,
            "dropped_queue": 0.0,
        }
        for decision, share in shares.items():

            def rate(left: float, decision: str = decision, share: float = share, part: float = part) -> float:
                away = outage[0] < left < outage[1]
                moved = {"published": 0.06, "dropped_queue": 0.04} if away else {}
                return day(left) * part * moved.get(decision, share)

            story.counter("sightglass_sampling_decisions_total", {"app": app, "decision": decision}, rate)
    story.gauge("sightglass_ring_samples", {}, lambda left: 400 if outage[0] < left < outage[1] else 3 + day(left))
    story.gauge("sightglass_ring_bytes", {}, lambda left: 4e6 if outage[0] < left < outage[1] else 2e4)
    story.gauge("sightglass_inflight_requests", {}, lambda left: day(left) * 5)
    story.gauge("sightglass_inflight_body_bytes", {}, lambda left: day(left) * 5 * 4000)
    for name in ("sightglass_rows_dropped_total", "sightglass_access_log_dropped_total"):
        story.counter(name, {}, lambda left: 0.0)
    story.counter("sightglass_usage_dropped_total", {"part": "member"}, lambda left: 0.0)
    story.counter("sightglass_telemetry_dropped_total", {"signal": "traces", "reason": "queue_full"}, lambda left: 0.0)
    story.counter("sightglass_feedback_total", {"result": "published"}, lambda left: day(left) * 0.03)
    story.counter("sightglass_label_overflow_total", {"label": "model"}, lambda left: 0.0004)
    for process in ("proxy", "worker"):
        story.gauge("sightglass_build_info", {"version": "0.1.0", "process": process}, lambda left: 1)
    for component in ("queue", "store", "telemetry", "drift"):
        story.gauge("sightglass_degraded", {"component": component}, lambda left: 0)


def _worker(story: Story) -> None:
    speed = {"groundedness": 0.02, "context_utilization": 0.012, "prompt_injection": 0.006}
    for scorer in SCORERS:
        labels = {"scorer": scorer}
        story.gauge(
            "sightglass_queue_depth",
            labels,
            lambda left, s=scorer: 60 * speed.get(s, 0.002) * 40 if 13.6 < left < 14.4 else 1 + day(left) * 0.4,
        )
        story.gauge(
            "sightglass_queue_oldest_age_seconds",
            labels,
            lambda left, s=scorer: 700 * speed.get(s, 0.003) * 40 if 13.6 < left < 14.4 else 0.4,
        )
        story.histogram(
            "sightglass_score_lag_seconds",
            labels,
            (0.9 + 20 * speed.get(scorer, 0.002), 0.4),
            lambda left: day(left) * 0.1,
        )
        story.histogram(
            "sightglass_scorer_duration_seconds", labels, (speed.get(scorer, 0.002), 0.5), lambda left: day(left) * 0.1
        )
        story.counter(
            "sightglass_evaluation_cpu_seconds_total",
            labels,
            lambda left, s=scorer: day(left) * 0.1 * speed.get(s, 0.002),
        )
        for result, share in {"scored": 0.86, "not_applicable": 0.135, "timeout": 0.004, "crashed": 0.001}.items():
            story.counter(
                "sightglass_scorer_results_total",
                {**labels, "result": result},
                lambda left, s=share: day(left) * 0.1 * s,
            )
            story.gauge(
                "sightglass_ledger_samples",
                {**labels, "result": result, "reason": ""},
                lambda left, s=share: round(25_920 * s),
            )
        story.gauge("sightglass_dead_letters", {"group": scorer}, lambda left: 0)
        story.gauge(
            "sightglass_judge_agreement_kappa",
            labels,
            lambda left, s=scorer: 0.78 + 0.01 * len(s) % 0.1 + 0.02 * math.sin(left),
        )
    for decision, n in {
        "published": 25_920,
        "sampled_out": 225_500,
        "opted_out": 3_110,
        "not_observed": 4_660,
        "dropped_queue": 260,
    }.items():
        story.gauge("sightglass_ledger_requests", {"decision": decision}, lambda left, n=n: n)
    story.gauge("sightglass_exporting", {}, lambda left: 1)
    for scorer in ("groundedness", "refusal"):
        story.counter("sightglass_judge_cost_usd_total", {"scorer": scorer}, lambda left: day(left) * 2e-5)
        story.counter("sightglass_judge_tokens_total", {"scorer": scorer}, lambda left: day(left) * 12)
        story.gauge("sightglass_judge_budget_remaining_usd", {"scorer": scorer}, lambda left: 5 - (24 - left) * 0.13)


def _drift(story: Story, end: int) -> None:
    refused = {"signal": "refusal.refused", "app": "support-bot", "model": CHANGED}
    names = ("abstention.hedged", "format.invalid", "latency.time_to_first_token", "refusal.refused")
    quiet = [
        (signal, app, model)
        for signal in names
        for app in APPS
        for model in MODELS
        if (signal, app, model) != tuple(refused.values())
    ][:11]
    for index, names in enumerate([tuple(refused.values()), *quiet]):
        labels = dict(zip(refused, names, strict=True))
        own = index == 0
        base = 0.05 if own else 0.03 + 0.01 * index % 0.08
        story.gauge("sightglass_drift_threshold", labels, lambda left: 20_000)

        def evidence(left: float, own: bool = own, index: int = index) -> float:
            healthy = 1500 * (1 + math.sin(left * (0.7 + 0.13 * index) + index)) + 300
            return healthy if not own or left > CHANGE else min(26_000, 1800 * math.exp((CHANGE - left) * 3.0))

        story.gauge("sightglass_drift_statistic", labels, evidence)
        story.gauge("sightglass_drift_state", labels, lambda left, own=own: 2 if own and left < NOTICED else 1)
        story.gauge("sightglass_drift_active", labels, lambda left, own=own: float(own and left < NOTICED))
        story.gauge("sightglass_drift_baseline_ratio", labels, lambda left, base=base: base)
        story.gauge(
            "sightglass_drift_current_ratio",
            labels,
            lambda left, own=own, base=base: 0.19 if own and left < CHANGE else base * 1.06,
        )
        story.gauge("sightglass_drift_current_samples", labels, lambda left, i=index: 180 + 37 * i if i else 1260)
        story.gauge(
            "sightglass_drift_baseline_timestamp_seconds", labels, lambda left, i=index: end - 86400 * 6 - 4000 * i
        )
        story.gauge("sightglass_drift_evaluated_timestamp_seconds", labels, lambda left: end - left * 3600 - 3)
    for name, base in (("mix.language", 0.84), ("mix.app", 0.6)):
        labels = {"signal": name, "app": "all", "model": "all"}
        story.gauge("sightglass_drift_current_ratio", labels, lambda left, b=base: b + 0.02 * math.sin(left / 3))
        story.gauge("sightglass_drift_current_samples", labels, lambda left: 200)
    change = {"model": CHANGED, "kind": "system_fingerprint"}
    story.gauge(
        "sightglass_upstream_change_timestamp_seconds",
        change,
        lambda left: end - (CHANGE if left < CHANGE else 71) * 3600,
    )
    story.gauge(
        "sightglass_upstream_change_timestamp_seconds",
        {"model": "gpt-4o", "kind": "tools"},
        lambda left: end - 31 * 3600,
    )
    cause = {**refused, "dimension": "system_fingerprint", "from": "fp_62a23a81ef", "to": "fp_b376dfbbd5"}
    story.gauge("sightglass_drift_cause_info", cause, lambda left: 1 if left < NOTICED else None)
    alert = {"alertname": "SightglassDrift", "alertstate": "firing", "severity": "ticket", **refused}
    story.gauge("ALERTS", alert, lambda left: 1 if left < NOTICED else None)


def _ratios(story: Story) -> None:
    for scorer, output in SHARES:
        for model, part in MODELS.items():
            labels = {"scorer": scorer, "output": output, "model": model}
            story.histogram("sightglass_score", labels, (0.2, 0.8), lambda left, part=part: day(left) * part * 0.1)

            def ratio(
                left: float, window: float = 1.0, scorer: str = scorer, output: str = output, model: str = model
            ) -> float:
                new = min(1.0, max(0.0, (CHANGE - left) / window))
                late, early = _flagged(scorer, output, model, 0.0), _flagged(scorer, output, model, 99.0)
                wave = 0.08 * math.sin(left * 2.3 + len(output)) + 0.05 * math.sin(left * 5.1)
                return (early + (late - early) * new) * (1 + wave)

            for window, length in (("1h", 1.0), ("24h", 24.0)):
                named = {"scorer": scorer, "output": output, "app": "all", "model": model, "window": window}
                n = 0.1 * 3600 * part * length

                def half(
                    left: float, ratio: Callable[..., float] = ratio, length: float = length, n: float = n
                ) -> float:
                    now = ratio(left, length)
                    return 1.96 * math.sqrt(now * (1 - now) / (n * day(left)))

                story.gauge("sightglass_verdict_ratio", named, lambda left, r=ratio, w=length: r(left, w))
                story.gauge(
                    "sightglass_verdict_ratio_lower",
                    named,
                    lambda left, r=ratio, w=length, h=half: max(0.0, r(left, w) - h(left)),
                )
                story.gauge(
                    "sightglass_verdict_ratio_upper",
                    named,
                    lambda left, r=ratio, w=length, h=half: r(left, w) + h(left),
                )
                story.gauge(
                    "sightglass_verdict_ratio_labels", named, lambda left, s=scorer: 120 if s == "refusal" else 0
                )
                story.gauge("sightglass_verdict_ratio_calibrated", named, lambda left, s=scorer: float(s == "refusal"))
