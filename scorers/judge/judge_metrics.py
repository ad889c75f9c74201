"""The judge's cost and agreement as metrics."""

from __future__ import annotations

from collections.abc import Iterable

from proxy.telemetry.instruments import Instruments


class JudgeMeter:
    """Tokens, USD, the remaining budget, and the checks. Children with closed label sets are created at once."""

    def __init__(self, instruments: Instruments, scorers: Iterable[str]) -> None:
        self._metrics = instruments
        for scorer in scorers:
            instruments.counter("sightglass_judge_tokens_total", scorer)
            instruments.counter("sightglass_judge_cost_usd_total", scorer)
            for kind in ("swap", "counterfactual"):
                for result in ("agree", "disagree"):
                    instruments.counter("sightglass_judge_rechecks_total", scorer, kind, result)

    def spent(self, scorer: str, tokens: int, usd: float) -> None:
        """Count one paid call."""
        self._metrics.counter("sightglass_judge_tokens_total", scorer).inc(tokens)
        self._metrics.counter("sightglass_judge_cost_usd_total", scorer).inc(usd)

    def rechecked(self, scorer: str, kind: str, disagree: bool) -> None:
        """Count one check by a second call: swapped order (``swap``), or with a wrong document (``counterfactual``)."""
        result = "disagree" if disagree else "agree"
        self._metrics.counter("sightglass_judge_rechecks_total", scorer, kind, result).inc()

    def remaining(self, usd: float) -> None:
        """Set the remainder of the day's budget, which all scorers share."""
        self._metrics.gauge("sightglass_judge_budget_remaining_usd", "all").set(usd)

    def health(self, scorer: str, agreement: float, consistency: float | None, kappa: float | None) -> None:
        """Set the accuracy of the judge on items with known answers."""
        self._metrics.gauge("sightglass_judge_control_agreement_ratio", scorer).set(agreement)
        if consistency is not None:
            self._metrics.gauge("sightglass_judge_self_consistency_ratio", scorer).set(consistency)
        if kappa is not None:
            self._metrics.gauge("sightglass_judge_agreement_kappa", scorer).set(kappa)

    def paused(self, paused: bool) -> None:
        """Set whether the judge is paused because the endpoint rejects us."""
        self._metrics.gauge("sightglass_degraded", "judge").set(paused)
