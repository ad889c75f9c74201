"""Every alert: silent when healthy, silent with few samples, fires with the right text, resolved."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import behaviour_cases, money_cases, pipeline_cases
from support.alerting import Case, Promtool, four


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
