"""Alerting rules under ``promtool test rules``: made-up series, minute by minute, and what must fire."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.processes import ROOT

RULES = ROOT / "deploy" / "prometheus" / "rules"
GROUPS = ("recording", "objectives", "behaviour", "pipeline", "meta")
CONSOLE, GRAFANA, RUNBOOK = "http://127.0.0.1:8082", "http://127.0.0.1:3000", "docs/operations.md"
NOTHING_CHANGED = "Changes in the last day: no change at the provider; no restart of Sightglass"

#: Series -> what it does each minute: a counter (its name ends in _total) grows by so much, a gauge has this value,
#: ``None`` is not there.
Series = Mapping[str, float | None]


@dataclass(frozen=True)
class Case:
    """One alert: series that are healthy, that are bad but few, and that are bad; and what is then said."""

    alert: str
    healthy: Series
    bad: Series
    #: ``None`` for what counts no samples: ``why_no_few`` says so.
    few: Series | None
    labels: Mapping[str, str]
    summary: str
    description: Sequence[str]
    dashboard: str
    samples: str | None = None
    tier: str | None = None
    why_no_few: str = ""
    before: int = 20
    during: int = 40
    after: int = 60

    @property
    def name(self) -> str:
        """For the test's id."""
        return self.alert.removeprefix("Sightglass") + (f"-{self.tier}" if self.tier else "")

    def expected(self) -> dict[str, Any]:
        """The alert as promtool compares it: all of its labels and all of its texts."""
        texts = {"summary": self.summary, "description": "\n".join(self.description)}
        if self.samples is not None:
            texts["samples_url"] = CONSOLE + self.samples
        texts["dashboard_url"] = f"{GRAFANA}/d/{self.dashboard}"
        texts["runbook_url"] = f"{RUNBOOK}#{self.alert.lower()}"
        return {"exp_labels": dict(self.labels), "exp_annotations": texts}


def rules() -> Iterator[tuple[str, dict[str, Any]]]:
    """(group, rule) of every rule that is shipped."""
    for group in GROUPS:
        document = yaml.safe_load((RULES / f"{group}.yml").read_text(encoding="utf-8"))
        for entry in document["groups"]:
            for rule in entry["rules"]:
                yield group, rule


def alerts() -> list[dict[str, Any]]:
    """Every alerting rule that is shipped."""
    return [rule for _, rule in rules() if "alert" in rule]


def values(name: str, phases: Sequence[tuple[int, Series]]) -> str:
    """The values of one series over phases of so many minutes, as promtool reads them."""
    counter = name.partition("{")[0].endswith("_total")
    total, shown = 0.0, []
    for minutes, series in phases:
        step = series.get(name)
        for _ in range(minutes):
            if step is None:
                shown.append("_")
            else:
                total = total + step if counter else step
                shown.append(f"{total:.10g}")
    return " ".join(shown)


def scenario(phases: Sequence[tuple[int, Series]], checks: Sequence[tuple[int, str, list[Any]]]) -> dict[str, Any]:
    """One promtool test: at these minutes exactly these alerts of that name."""
    names = dict.fromkeys(name for _, series in phases for name in series)
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": values(name, phases)} for name in names],
        "alert_rule_test": [
            {"eval_time": f"{minute}m", "alertname": alert, "exp_alerts": expected}
            for minute, alert, expected in checks
        ],
    }


@dataclass
class Promtool:
    """``promtool test rules`` in a folder of its own, over the shipped rules or some of them."""

    folder: Path
    files: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if shutil.which("promtool") is None:
            pytest.skip("promtool is not installed")

    def keep(self, alert: str, tier: str | None) -> None:
        """Take only this alert (of this tier), and the recording rules that it and its texts are made of."""
        shipped = {group: [rule for other, rule in rules() if other == group] for group in GROUPS}
        wanted = str([rule for kept in shipped.values() for rule in kept if _is(rule, alert, tier)])
        for record in reversed(shipped["recording"]):  # what stands later is made of what stands before
            if record["record"] in wanted:
                wanted += record["expr"]
        for group, kept in shipped.items():
            chosen = [rule for rule in kept if _is(rule, alert, tier) or rule.get("record", "(none)") in wanted]
            if chosen:
                document = {"groups": [{"name": f"sightglass-{group}", "rules": chosen}]}
                (self.folder / f"{group}.yml").write_text(yaml.safe_dump(document), encoding="utf-8")
                self.files.append(f"{group}.yml")

    def run(self, tests: Sequence[dict[str, Any]]) -> None:
        """Run these tests; fails with what promtool says."""
        document = {
            "rule_files": self.files,
            "evaluation_interval": "1m",
            "group_eval_order": [f"sightglass-{group}" for group in GROUPS if f"{group}.yml" in self.files],
            "tests": list(tests),
        }
        path = self.folder / "test.yml"
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        done = subprocess.run(
            ["promtool", "test", "rules", path.name],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]


def four(case: Case) -> list[dict[str, Any]]:
    """promtool's tests of one case: healthy, few, firing with its text, resolved."""
    began, worst = case.before, case.before + case.during - 1
    end = worst + case.after
    looks = range(0, end, max(1, end // 12))
    tests = [scenario([(end, case.healthy)], [(minute, case.alert, []) for minute in looks])]
    if case.few is None:
        assert case.why_no_few
    else:
        tests.append(scenario([(end, case.few)], [(minute, case.alert, []) for minute in looks]))
    phases = [(case.before, case.healthy), (case.during, case.bad), (case.after, case.healthy)]
    checks = [(began - 1, case.alert, []), (worst, case.alert, [case.expected()]), (end, case.alert, [])]
    return [*tests, scenario(phases, checks)]


def _is(rule: Mapping[str, Any], alert: str, tier: str | None) -> bool:
    return rule.get("alert") == alert and (tier is None or rule["labels"].get("tier") == tier)
