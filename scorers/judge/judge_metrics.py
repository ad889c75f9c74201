"""The judge's cost and agreement as metrics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from proxy.telemetry.instruments import Instruments


class JudgeMeter:
    """Tokens, USD, the remaining budget, and the checks. Children with closed label sets are created at once."""

    def __init__(self, instruments: Instruments, scorers: Iterable[str]) -> None:
        self._metrics = instruments
        self._shown: set[tuple[str, str]] = set()
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

    def health(self, found: Mapping[str, tuple[float, float | None, float | None]]) -> None:
        """Set the accuracy of the judge on items with known answers, by scorer: agreement, consistency and kappa. What
        is no longer known is removed."""
        names = ("control_agreement_ratio", "self_consistency_ratio", "agreement_kappa")
        values = {
            (f"sightglass_judge_{name}", scorer): value
            for scorer, three in found.items()
            for name, value in zip(names, three, strict=True)
            if value is not None
        }
        for name, scorer in self._shown - values.keys():
            self._metrics.remove(name, scorer)
        for (name, scorer), value in values.items():
            self._metrics.gauge(name, scorer).set(value)
        self._shown = set(values)

    def paused(self, paused: bool) -> None:
        """Set whether the judge is paused because the endpoint rejects us."""
        self._metrics.gauge("sightglass_degraded", "judge").set(paused)
