"""``sightglass run show``: the result of every kind of run, not of suites alone."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from scorers.benchmarks.results import document as benchmarks
from scorers.commands.run import main
from scorers.probes.conclude import concluded
from scorers.probes.result import document as probes
from scorers.stability import result
from scorers.store.runs import Ask, AskKey, AskState, Purpose, Run, RunState
from scorers.store.store import Store
from scorers.suites.verdict import results_of

TARGET = {
    **{"app": "quay", "upstream": "dock", "model": "m-1", "system_prompt_hash": "p", "tools_hash": None},
    **{"sample_id": "s1", "seen": 4},
}
PROBES = {"targets": [TARGET], "batteries": ["leak"], "window": 4_000, "left_out": {}}
STABILITY = {"repeats": 2, "prompts": [], "left_out": {}, "upstream": "dock", "rewrites": []}


def ended(folder: Path, run: Run, key: AskKey) -> None:
    """A run of one answer, which was broken off."""
    with closing(Store.open("sqlite", folder)) as store:
        store.asking.create(run, [(key, None)])
        store.asking.reserve(run.id, [key], 1_000, "quay")
        store.asking.begin(run.id, key)
        done = Ask(case_id=key.case_id, arm=key.arm, state=AskState.DONE.value, passed=True, cost_usd=1e-5)
        store.asking.settle(run.id, done, "quay")
        if run.purpose == Purpose.PROBE.value:
            concluded(store.asking, run.id, "quay", RunState.STOPPED)
            return
        kept = store.asking.run(run.id)
        assert kept is not None
        store.asking.finish(run.id, RunState.STOPPED, result.document(kept, store.asking.asks(run.id)))


@pytest.mark.parametrize(
    ("purpose", "plan", "key", "said"),
    [
        (Purpose.PROBE, PROBES, AskKey("0/leak/t0", "leak", 0), "leak           100.0%"),
        (
            Purpose.STABILITY,
            STABILITY,
            AskKey("s1", "", 0),
            "noise (same words):       nothing",
        ),
    ],
)
def test_what_a_run_found_is_shown(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    purpose: Purpose,
    plan: dict[str, object],
    key: AskKey,
    said: str,
) -> None:
    """A run that was interrupted tells people what it paid for; until now only ``--json`` did."""
    run = Run(id="r1", purpose=purpose.value, subject="quay", version="1", model="m-1", app="quay", plan=plan)
    ended(tmp_path, run, key)
    assert main(["show", "r1", "--data-dir", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert f"run r1   {purpose.value} quay" in shown
    assert said in shown
    assert "planned 1, done 1" in shown


@pytest.mark.parametrize(
    ("purpose", "plan", "key"),
    [
        (Purpose.PROBE, PROBES, AskKey("0/leak/t0", "leak", 0)),
        (Purpose.STABILITY, STABILITY, AskKey("s1", "", 0)),
        (Purpose.BENCHMARK, {"groups": {}}, AskKey("gsm8k/1", "published", 0)),
    ],
)
def test_a_cost_that_nobody_told_is_what_was_charged(purpose: Purpose, plan: dict[str, object], key: AskKey) -> None:
    """An endpoint without usage, or a call that was broken off: the result agrees with the budget, and is not 0 USD."""
    run = Run(id="r1", purpose=purpose.value, subject="quay", version="1", model="m-1", app="quay", plan=plan)
    found = {"case_id": key.case_id, "arm": key.arm, "passed": True}
    told = Ask(**found, state=AskState.DONE.value, cost_micro=11, cost_usd=10.5e-6)  # type: ignore[arg-type]
    untold = Ask(**found, repeat=1, state=AskState.DONE.value, cost_micro=400)  # type: ignore[arg-type]
    lost = Ask(**found, repeat=2, state=AskState.FAILED.value, reason="timeout", cost_micro=600)  # type: ignore[arg-type]
    make = {Purpose.PROBE: probes, Purpose.STABILITY: result.document, Purpose.BENCHMARK: benchmarks}[purpose]
    assert make(run, [told, untold, lost])["cost_usd"] == pytest.approx(1_010.5e-6, abs=1e-6)


def test_a_suite_whose_costs_are_told_in_part() -> None:
    """What is known and what was charged beside, not the known part alone."""
    case = {"id": "c", "digest": "d", "cluster": "c", "weight": 1.0, "asks": "?"}
    run = Run(id="r1", purpose="suite", subject="own", version="1", model="m-1", plan={"cases": [case]})
    told = Ask(case_id="c", state=AskState.DONE.value, score=1.0, passed=True, cost_micro=11, cost_usd=10.5e-6)
    untold = Ask(case_id="c", repeat=1, state=AskState.DONE.value, score=1.0, passed=True, cost_micro=400)
    assert results_of(run, [told, untold]).cost_usd == pytest.approx(410.5e-6)
    assert results_of(run, [untold]).cost_usd is None


def test_a_list_repaints_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Names of a run may come in a file of somebody else's: signs that steer a terminal are shown as question marks."""
    odd = "m\x1b[2J\n"
    run = Run(
        id="run-1", purpose=Purpose.STABILITY.value, subject=odd, version="1", model=odd, name=odd, plan=STABILITY
    )
    ended(tmp_path, run, AskKey("s1", "", 0))
    assert main(["list", "--data-dir", str(tmp_path)]) == 0
    [line] = capsys.readouterr().out.splitlines()
    assert line.count("m?[2J") == 3
    assert "\x1b" not in line


def test_a_run_that_was_killed_is_listed_as_stopped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also where no worker runs that would close it; one that is owned is under way."""
    for name, seconds in (("r1", -1.0), ("r2", 60.0)):
        run = Run(id=name, purpose=Purpose.SUITE.value, subject="quay", version="1", model="m-1")
        with closing(Store.open("sqlite", tmp_path)) as store:
            store.asking.create(run, [(AskKey("c"), None)])
            store.asking.own(name, "a process", seconds)
    assert main(["list", "--json", "--data-dir", str(tmp_path)]) == 0
    listed = json.loads(capsys.readouterr().out)["runs"]
    assert {run["run"]: run["state"] for run in listed} == {"r1": "stopped", "r2": "running"}
