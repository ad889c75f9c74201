"""Every alert: silent when healthy, silent with few samples, fires with the right text, resolved."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import behaviour_cases, money_cases, pipeline_cases
from support.alerting import Case, Promtool, four, scenario


@pytest.mark.parametrize(
    "case",
    [*behaviour_cases.CASES, *money_cases.CASES, *pipeline_cases.CASES, pipeline_cases.STALE],
    ids=lambda case: f"{case.name}-{case.labels.get('signal', '')}",
)
def test_alert(case: Case, tmp_path: Path) -> None:
    """The four behaviours that promtool can show, over the shipped rules; labels and texts are both compared."""
    promtool = Promtool(tmp_path)
    promtool.keep(case.alert, case.tier)
    promtool.run(four(case))


@pytest.mark.parametrize(
    ("alert", "outcome"),
    [("SightglassUpstreamRateLimited", "rate_limited"), ("SightglassUpstreamFailing", "upstream_error")],
)
@pytest.mark.parametrize("minutes", [1, 2])
def test_a_burst_tells_nobody(alert: str, outcome: str, minutes: int, tmp_path: Path) -> None:
    """Refusals and errors that were over within two minutes are told by no page and no ticket, however many they were:
    who tries again at once makes a thousand of a few."""
    counter = 'sightglass_requests_total{app="bot",upstream="provider",operation="chat",model="m-1",outcome="%s"}'
    quiet, bad = {counter % "ok": 10.0}, {counter % "ok": 10.0, counter % outcome: 1000.0}
    quiet[counter % outcome] = 0.0
    promtool = Promtool(tmp_path)
    promtool.keep(alert, None)
    looks = [(minute, alert, list[object]()) for minute in range(60, 150)]
    promtool.run([scenario([(60, quiet), (minutes, bad), (90 - minutes, quiet)], looks)])
