"""Whoever conducts an experiment is killed by SIGKILL at ten points: the ledger closes and nothing is asked twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from scorers.store.store import Store
from support.arms import Arm
from support.conducting import document_for, walk
from support.processes import wait_until

ROOT = Path(__file__).resolve().parents[3]
PAIRS, KILLS = 90, 10


def test_killed_at_ten_points(tmp_path: Path) -> None:
    """Each time some asks are in doubt: they are charged what was reserved, fail as ``interrupted``, and their pair
    does not count. No question reaches an arm twice, and the money adds up."""
    served, rival = Arm("granite", seconds=0.01), Arm("basalt", seconds=0.01)
    store = Store.open("sqlite", tmp_path)
    now = time.time()
    store.save_samples([walk(n, now) for n in range(PAIRS)], content=True)
    with served.serve() as one, rival.serve() as other:
        document = json.dumps(document_for((one.url, other.url)))
        command = [sys.executable, "-m", "support.conduct_child", str(tmp_path), document]
        environ = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
        for kill in range(KILLS + 1):
            child = subprocess.Popen(command, cwd=ROOT, env=environ)
            wanted = 13 * (kill + 1) + kill  # asks of both arms, odd and even
            if kill < KILLS:
                seen = lambda wanted=wanted: len(served.requests) + len(rival.requests) >= wanted  # noqa: E731
                wait_until(lambda seen=seen, child=child: seen() or child.poll() is not None, 60, "asks", every=0.002)
                child.send_signal(signal.SIGKILL)
            child.wait(120)
        assert child.returncode == 0
    run = store.experiments.current("walks")
    assert run is not None
    asks = store.asking.asks(run.id)
    ledger = store.asking.ledger(run.id)
    assert ledger["planned"] == ledger["done"] + ledger["skipped"] + ledger["failed"] == 2 * PAIRS
    assert 1 <= ledger["failed"] <= 2 * KILLS  # at most ``offpath.concurrency`` at a time
    assert {ask.reason for ask in asks if ask.state == "failed"} == {"interrupted"}
    for arm in (served, rival):
        assert set(Counter(body["messages"][-1]["content"] for body in arm.bodies()).values()) == {1}
    spent = sum(ask.cost_micro for ask in asks)
    assert run.spent_micro == store.asking.spent() == store.asking.spent("guide") == spent
    pairs = store.experiments.all_pairs(run.id)
    assert Counter(pair.state for pair in pairs).total() == PAIRS
    assert {pair.reason for pair in pairs if pair.state == "skipped"} == {"interrupted"}
    store.close()
