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


def test_a_burst_of_429s_is_no_lasting_rate_limit(tmp_path: Path) -> None:
    """Nobody is told of refusals that were over within minutes, however many they were."""
    counter = 'sightglass_requests_total{app="bot",upstream="provider",operation="chat",model="m-1",outcome="%s"}'
    quiet, refused = {counter % "ok": 10.0}, {counter % "ok": 10.0, counter % "rate_limited": 1000.0}
    quiet[counter % "rate_limited"] = 0.0
    promtool = Promtool(tmp_path)
    promtool.keep("SightglassUpstreamRateLimited", None)
    looks = [(minute, "SightglassUpstreamRateLimited", list[object]()) for minute in range(60, 150)]
    promtool.run([scenario([(60, quiet), (2, refused), (88, quiet)], looks)])
