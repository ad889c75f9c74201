"""``sightglass run show``: the result of every kind of run, not of suites alone."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from scorers.commands.run import main
from scorers.probes.conclude import concluded
from scorers.stability import result
from scorers.store.runs import Ask, AskKey, AskState, Purpose, Run, RunState
from scorers.store.store import Store

TARGET = {
    **{"app": "quay", "upstream": "dock", "model": "m-1", "system_prompt_hash": "p", "tools_hash": None},
    **{"sample_id": "s1", "seen": 4},
}
PROBES = {"targets": [TARGET], "batteries": ["leak"], "window": 4_000, "left_out": {}}


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
            {"repeats": 2, "prompts": [], "left_out": {}, "upstream": "dock", "rewrites": []},
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
