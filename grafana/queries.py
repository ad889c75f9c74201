"""Expressions shared by several dashboards. Shares are ratios of sums, never means of ratios."""

from __future__ import annotations

from grafana.panels import Query

INTERVAL = "$__rate_interval"
#: The selected applications and models.
CHOSEN = 'app=~"$app",model=~"$model"'


def rate(metric: str, by: str = "", chosen: str = CHOSEN, factor: str = "") -> str:
    """The sum of a counter's rates."""
    return f"sum{_by(by)} (rate({metric}{{{chosen}}}[{INTERVAL}])){factor}"


def count(metric: str, by: str = "", chosen: str = CHOSEN) -> str:
    """The increase of a counter."""
    return f"sum{_by(by)} (increase({metric}{{{chosen}}}[{INTERVAL}]))"


def share(metric: str, part: str, by: str = "", chosen: str = CHOSEN) -> str:
    """The share of ``part`` in a counter's increase: 0 when no event was of this part, no value when there were no
    events."""
    whole = rate(metric, by, chosen)
    joined = ",".join(text for text in (chosen, part) if text)
    return f"({rate(metric, by, joined)} or 0 * {whole}) / ({whole} > 0)"


def quantiles(metric: str, chosen: str = CHOSEN) -> list[Query]:
    """Median, 95th and 99th percentile of a histogram."""
    return [
        Query(quantile(metric, q=q, chosen=chosen), name)
        for q, name in (("0.5", "p50"), ("0.95", "p95"), ("0.99", "p99"))
    ]


def quantile(metric: str, by: str = "", q: str = "0.95", chosen: str = CHOSEN) -> str:
    """One percentile of a histogram of times, by labels. No value where nothing was observed: Prometheus's own answer
    is not a number then, which no comparison holds of."""
    labels = ", ".join(filter(None, ("le", by)))
    return f"histogram_quantile({q}, {rate(f'{metric}_bucket', labels, chosen)}) >= 0"


def _by(labels: str) -> str:
    return f" by ({labels})" if labels else ""
