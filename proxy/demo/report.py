"""The findings of Sightglass in the demonstration, read like any user would: from the console's API and the metrics."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

_TTFT_BUCKETS = "sightglass_time_to_first_token_seconds_bucket"
_OPEN = ("pending",)


class Findings:
    """Reads from the two listeners. ``httpx.HTTPError`` is passed on."""

    def __init__(self, metrics_url: str, console_url: str) -> None:
        self._client = httpx.Client(timeout=10.0, trust_env=False)
        self._metrics_url = metrics_url
        self._console_url = console_url

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _api(self, path: str) -> Any:  # noqa: ANN401 - JSON
        return self._client.get(f"{self._console_url}/api/{path}").raise_for_status().json()

    def published(self) -> int:
        """The number of samples that the proxy has published to the queue, according to the ledger."""
        return sum(counts.get("published", 0) for counts in self._api("ledger")["proxies"].values())

    def scored(self) -> int:
        """The number of samples for which every scorer has a result."""
        scorers = self._api("ledger")["scorers"].values()
        results = (sum(n for result, n in counts.items() if result not in _OPEN) for counts in scorers)
        return min(results, default=0)

    def drifted(self, signal: str) -> list[dict[str, Any]]:
        """The signals of this name that have left their baseline, most certain first."""
        found = [row for row in self._api("drift")["signals"] if row["signal"] == signal and row["state"] == "drifted"]
        return sorted(found, key=lambda row: -row["statistic"])

    def balance(self) -> tuple[int, dict[str, int]]:
        """Published samples, and for each scorer the number without a result."""
        ledger = self._api("ledger")
        published = sum(counts.get("published", 0) for counts in ledger["proxies"].values())
        done = {
            name: sum(n for result, n in counts.items() if result not in _OPEN)
            for name, counts in ledger["scorers"].items()
        }
        return published, {name: published - n for name, n in done.items()}

    def wait_scored(self, requests: int, deadline: float) -> bool:
        """Until all of so many requests are scored, and the rates are computed from them."""
        while time.monotonic() < deadline:
            if self.published() >= requests and self.scored() >= requests and self.rates():
                return True
            time.sleep(0.2)
        return False

    def rates(self) -> list[dict[str, Any]]:
        """For each output, the row over all applications (and the model with most answers)."""
        best: dict[tuple[str, str], dict[str, Any]] = {}
        for row in self._api("rates?window=1h")["rates"]:
            key = (row["scorer"], row["output"])
            if row["app"] == "all" and row["scored"] >= best.get(key, {"scored": 0})["scored"]:
                best[key] = row
        return [best[key] for key in sorted(best)]

    def _samples(self) -> Iterator[tuple[str, dict[str, str], float]]:
        page = self._client.get(self._metrics_url).raise_for_status().text
        for family in text_string_to_metric_families(page):
            yield from ((item.name, item.labels, item.value) for item in family.samples)

    def lines(self) -> list[str]:
        """The small table at the end."""
        samples = list(self._samples())

        def total(name: str, **labels: str) -> float:
            wanted = labels.items()
            return sum(value for key, found, value in samples if key == name and wanted <= found.items())

        requests = total("sightglass_requests_total")
        ok = total("sightglass_requests_total", outcome="ok")
        unpriced = total("sightglass_unpriced_total") + total("sightglass_unmetered_total")
        p95 = _quantile(0.95, [(labels["le"], value) for name, labels, value in samples if name == _TTFT_BUCKETS])
        cost = f"{total('sightglass_cost_usd_total'):.5f} USD" + (
            f" ({unpriced:.0f} without a price)" if unpriced else ""
        )
        facts = [
            ("requests", f"{requests:.0f} ({ok:.0f} ok)"),
            ("p95 time to first token", "no stream" if p95 is None else f"{p95:.2f} s"),
            ("cost", cost),
        ]
        rates = self.rates()
        width = max([26, *(len(_name(row)) for row in rates)])
        table = [f"  {'scorer.output':<{width}} {'flagged':>8}   {'95 % interval':>15}   {'n':>4}"]
        table += [_rate_line(row, width) for row in rates]
        return [*(f"  {name:<{width}} {value}" for name, value in facts), "", *table]


def _name(row: dict[str, Any]) -> str:
    return f"{row['scorer']}.{row['output']}"


def _rate_line(row: dict[str, Any], width: int) -> str:
    share, interval = "-", "-"
    if row["ratio"] is not None:
        share, interval = f"{row['ratio']:.1%}", f"{row['lower']:.1%} to {row['upper']:.1%}"
    return f"  {_name(row):<{width}} {share:>8}   {interval:>15}   {row['scored']:>4}"


def _quantile(share: float, buckets: list[tuple[str, float]]) -> float | None:
    """As Prometheus computes it: linear within the bucket. ``None`` without observations."""
    counts: dict[float, float] = {}
    for label, count in buckets:  # of all applications and models
        counts[float(label)] = counts.get(float(label), 0.0) + count
    total = max(counts.values(), default=0.0)
    below, start = 0.0, 0.0
    for bound in sorted(counts):
        if total and counts[bound] >= share * total:
            if bound == float("inf"):
                return start
            return start + (bound - start) * (share * total - below) / (counts[bound] - below)
        below, start = counts[bound], bound
    return None
