"""The shipped rules as a whole: linted, up to date, each with a test, a runbook, stable labels and a known metric."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from proxy.telemetry.metrics import BY_NAME, METRICS
from scorers.commands.options import WrongUsage
from scorers.estimates.tally import wilson
from scorers.rules import command
from support import behaviour_cases, money_cases, pipeline_cases
from support.alerting import RULES, Promtool, alerts, rules
from support.full_disk import full_at
from support.processes import ROOT

TESTED = [*behaviour_cases.CASES, *money_cases.CASES, *pipeline_cases.CASES, pipeline_cases.STALE]
ALERTS = alerts()
NAMES = sorted({rule["alert"] for rule in ALERTS})


def test_promtool_finds_nothing_to_say() -> None:
    """Valid, and nothing for its linter, whose findings are not an exit status."""
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed")
    files = sorted(str(path) for path in RULES.glob("*.yml"))
    done = subprocess.run(
        ["promtool", "check", "rules", "--lint=all", *files], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("SUCCESS") == len(files) == 5
    assert "lint" not in done.stdout + done.stderr


def test_the_shipped_rules_are_what_the_command_writes() -> None:
    """deploy/write-rules.sh would change nothing."""
    program = ROOT / ".venv" / "bin" / "sightglass"
    if not program.exists():
        pytest.skip("not installed into .venv")
    done = subprocess.run(
        [str(ROOT / "deploy" / "write-rules.sh"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_rules_that_cannot_be_written_leave_the_old_ones(tmp_path: Path) -> None:
    """Prometheus would not start with half a file."""
    (tmp_path / "meta.yml").write_text("old")
    with full_at(10_000), pytest.raises(WrongUsage, match=r"--output: .*meta\.yml: File too large"):
        command._write(tmp_path, {"meta.yml": "x" * 20_000})
    assert (tmp_path / "meta.yml").read_text() == "old"


def test_a_scorer_s_own_errors_fire_no_objective() -> None:
    """What docs/scorers.md says a scorer flags of ordinary traffic by mistake stays below each threshold, to the upper
    end of its interval: a healthy application gets no alert."""
    table = (ROOT / "docs" / "scorers.md").read_text(encoding="utf-8")
    row = re.compile(r"^\| `(\w+)`[^|]* \|.* \| \*{0,2}\d+ \[\d+, (\d+)\][^|]*\|$", re.MULTILINE)
    mistaken = {name: int(upper) / 1000 for name, upper in row.findall(table)}
    assert {"refused", "ungrounded", "leaked"} <= mistaken.keys()
    for rule in ALERTS:
        if rule["alert"] == "SightglassQualityBurn":
            (threshold,) = re.findall(r":lower\w+\{[^}]*\} > ([\d.]+)", rule["expr"])
            assert float(threshold) > mistaken.get(rule["labels"]["output"], 0.0), rule["labels"]


@pytest.mark.parametrize("name", NAMES)
def test_every_alert_is_tested_in_each_tier(name: str) -> None:
    """No alert is shipped that no test has made fire."""
    tiers = {rule["labels"].get("tier") for rule in ALERTS if rule["alert"] == name}
    assert tiers == {case.tier for case in TESTED if case.alert == name}


@pytest.mark.parametrize("name", NAMES)
def test_every_alert_has_its_runbook(name: str) -> None:
    """docs/operations.md has a section with the alert's name: where `runbook_url` leads."""
    document = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert f"\n### {name}\n" in document
    urls = {rule["annotations"]["runbook_url"] for rule in ALERTS if rule["alert"] == name}
    assert urls == {f"docs/operations.md#{name.lower()}"}


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"] + rule["labels"].get("tier", ""))
def test_labels_are_stable(rule: dict[str, dict[str, str]]) -> None:
    """No label of a rule is made of a value; it waits before it fires and before it goes."""
    assert not [value for value in rule["labels"].values() if "{{" in value]
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["labels"]["category"] in ("behaviour", "objective", "pipeline", "meta")
    assert rule["for"] and rule["keep_firing_for"]
    assert {"summary", "description", "dashboard_url", "runbook_url"} <= set(rule["annotations"])


@pytest.mark.parametrize("rule", [it for it in ALERTS if it["labels"]["category"] in ("behaviour", "objective")],
                         ids=lambda rule: rule["alert"] + rule["labels"].get("tier", ""))  # fmt: skip
def test_texts_of_behaviour_say_everything(rule: dict[str, dict[str, str]]) -> None:
    """Signal, app, model; from what to what with n; since when; what changed."""
    text = rule["annotations"]["description"]
    for word in ("Signal: ", "App: ", "Model: ", "From ", " to ", "n = ", "Since: ", "Changes in the last day: "):
        assert word in text
    assert "95% interval" in text or "every request is counted" in text


def _queried() -> Iterator[str]:
    for _, rule in rules():
        text = " ".join([str(rule["expr"]), *rule.get("annotations", {}).values()])
        yield from re.findall(r"(?<![:\w-])sightglass_[a-z0-9_]+(?![\w:-])", text)


def test_only_metrics_that_exist_are_queried() -> None:
    """Every name in a rule is one that the table of metrics defines."""
    known = {metric.name for metric in METRICS}
    known |= {
        f"{name}_{part}"
        for name, metric in BY_NAME.items()
        if metric.kind == "histogram"
        for part in ("bucket", "count", "sum")
    }
    assert sorted(set(_queried()) - known) == []


@pytest.mark.parametrize(("bad", "good"), [(7, 93), (1, 59), (0, 40), (300, 0)])
def test_recorded_intervals_are_those_of_the_reports(bad: int, good: int, tmp_path: Path) -> None:
    """The recording rules give Wilson's interval, as the commands compute it."""
    promtool = Promtool(tmp_path)
    promtool.keep("SightglassObjectiveBurn", "1h")
    series = 'sightglass_objective_total{app="bot",model="m",signal="duration",result="%s"}'
    stem, labels = "app_signal:sightglass_objective_missed", '{app="bot",signal="duration"}'
    low, high = wilson(bad, bad + good)
    wanted = {"lower1h": max(low, 0.0), "upper1h": high, "ratio_rate1h": bad / (bad + good), "increase1h": bad + good}
    expressions = [
        {
            "expr": f"round({stem}:{name}{labels} * 10000)",
            "eval_time": "120m",
            "exp_samples": [{"labels": labels, "value": round(number * 10000)}],
        }
        for name, number in wanted.items()
    ]
    test = {
        "interval": "1m",
        "input_series": [
            {"series": series % result, "values": f"0+{number / 60:.12g}x120"}
            for result, number in (("missed", bad), ("met", good))
        ],
        "promql_expr_test": expressions,
    }
    promtool.run([test])
