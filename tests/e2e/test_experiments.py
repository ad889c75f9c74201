"""Experiments on live traffic, from the proxy to the verdict: real processes, scripted upstreams on real sockets."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from support.arms import Arm, converse
from support.processes import Sightglass, wait_until

CONVERSATIONS = 300


@contextmanager
def experiment(
    folder: Path,
    production: Arm,
    candidate: Arm,
    changes: dict[str, Any] | None = None,
    worker: bool = True,
    **more: Any,
) -> Iterator[Sightglass]:
    """A Sightglass with one experiment, in front of both arms; its proxy alone without ``worker``."""
    with production.serve() as served, candidate.serve() as other:
        config = {
            "upstreams": [
                {"name": "served", "base_url": served.url, "models": ["m-prod"], "price": {"input": 1, "output": 2}},
                {"name": "rival", "base_url": other.url, "models": ["m-cand"], "price": {"input": 1, "output": 1}},
            ],
            "apps": ["guide"],
            "sampling": {"rate": 1.0},
            "offpath": {"budget_usd_per_day": 5, "apps": {"guide": {"send_to": ["rival"]}}},
            "experiments": [
                {
                    "name": "walks",
                    "app": "guide",
                    "kind": "shadow",
                    "candidate": {"upstream": "rival", "model": "m-cand"},
                    "primary": "refusal.refused",
                    "margin": 0.10,
                    "share": 1.0,
                    "budget_usd": 4,
                    **(changes or {}),
                }
            ],
            **more,
        }
        folder.mkdir(exist_ok=True)
        sightglass = Sightglass(folder, served.url, config, command="serve" if worker else "proxy")
        sightglass.wait_ready([f"{sightglass.url}/-/ready"])
        try:
            yield sightglass.start() if worker else sightglass
        finally:
            sightglass.finish()


def status(sightglass: Sightglass) -> dict[str, Any]:
    found: dict[str, Any] = sightglass.api("experiments/walks")
    return found


def until_decided(sightglass: Sightglass, seconds: float = 120.0) -> dict[str, Any]:
    wait_until(lambda: bool(sightglass.api("experiments")["experiments"]), 30, "the experiment begins")
    wait_until(lambda: status(sightglass)["state"] != "running", seconds, "the experiment is decided", every=0.5)
    return status(sightglass)


def outcome(found: dict[str, Any], name: str) -> dict[str, Any]:
    (one,) = [item for item in found["outcomes"] if item["outcome"] == name]
    return dict(one)


def command(sightglass: Sightglass, *words: str) -> Any:
    """``sightglass experiment ... --json`` on the same store."""
    file = sightglass.data_dir.parent / "sightglass.yaml"
    line = [sys.executable, "-m", "proxy.cli", "experiment", *words, "--config", str(file), "--json"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


def test_a_candidate_that_refuses_more_is_not_shipped(tmp_path: Path) -> None:
    """A gap of 30 points: ``do_not_ship``, ``refusal.refused`` worse; no client saw a word of the candidate."""
    production, candidate = Arm("granite", refuses=0.05), Arm("basalt", refuses=0.35)
    with experiment(tmp_path, production, candidate) as sightglass:
        answers = converse(sightglass.url, "guide", range(CONVERSATIONS))
        found = until_decided(sightglass)
        assert (found["verdict"], found["state"], found["more_pairs"]) == ("do_not_ship", "decided", 0)
        first = outcome(found, "refusal.refused")
        assert (first["primary"], first["verdict"]) == (True, "worse")
        assert first["upper"] < -0.1
        assert all(answer.status_code == 200 and "basalt" not in answer.text for answer in answers)
        assert {body["model"] for body in candidate.bodies()} == {"m-cand"}
        assert all(body["store"] is False for body in candidate.bodies())
        assert command(sightglass, "status", "walks") == status(sightglass)
        assert [item["name"] for item in command(sightglass, "list")["experiments"]] == ["walks"]
        metrics = sightglass.metrics("worker")
        assert 'sightglass_experiment_verdict{experiment="walks",verdict="do_not_ship"} 1.0' in metrics


def test_a_candidate_that_refuses_less_is_shipped(tmp_path: Path) -> None:
    """A better one at half the price: ``ship``, the primary better, and the guards hold."""
    production, candidate = Arm("granite", refuses=0.40), Arm("basalt", refuses=0.02)
    with experiment(tmp_path, production, candidate) as sightglass:
        converse(sightglass.url, "guide", range(CONVERSATIONS))
        found = until_decided(sightglass)
        assert found["verdict"] == "ship", found
        assert outcome(found, "refusal.refused")["verdict"] == "better"
        assert outcome(found, "cost")["mean"] > 0.1
        assert 0 < found["cost_usd"] < 1


def test_an_equal_candidate_is_equivalent(tmp_path: Path) -> None:
    """The same behaviour with noise in both arms: equivalent within the margin; the noise floor stands beside."""
    production, candidate = Arm("granite", refuses=0.05, noise=0.01), Arm("basalt", refuses=0.05, noise=0.01)
    with experiment(tmp_path, production, candidate) as sightglass:
        converse(sightglass.url, "guide", range(CONVERSATIONS))
        found = until_decided(sightglass)
        assert found["verdict"] == "ship", found
        assert outcome(found, "refusal.refused")["verdict"] == "equivalent"
        assert found["noise"]["refusal.refused"]["n"] >= 30


NAMED = (
    "sightglass_requests_total",
    "sightglass_tokens_total",
    "sightglass_cost_usd_total",
    "sightglass_finish_reasons_total",
    "sightglass_sampling_decisions_total",
    "sightglass_objective_total",
)


def families(page: str) -> dict[str, float]:
    """The samples of the named families of production."""
    lines = [line.rpartition(" ") for line in page.splitlines() if line.startswith(NAMED)]
    return {name: float(value) for name, _, value in lines}


def test_a_worker_that_is_killed_asks_nothing_twice(tmp_path: Path) -> None:
    """SIGKILL in the middle: another worker goes on, the ledger closes, and production's families and rates are what
    they are without an experiment."""
    production, candidate = Arm("granite", refuses=0.05, seconds=0.02), Arm("basalt", refuses=0.05, seconds=0.02)
    with experiment(tmp_path, production, candidate) as sightglass:
        converse(sightglass.url, "guide", range(120))
        published = 'sightglass_sampling_decisions_total{app="guide",decision="published"}'
        wait_until(lambda: families(sightglass.metrics("proxy")).get(published) == 120, 30, "all are published")
        before = families(sightglass.metrics("proxy"))
        wait_until(lambda: len(candidate.requests) > 40, 60, "the experiment is under way", every=0.01)
        os.kill(worker_of(sightglass), signal.SIGKILL)
        sightglass.start()
        wait_until(lambda: len(candidate.requests) > 80, 60, "another worker goes on")
        ended = ("done", "skipped", "failed")
        wait_until(lambda: sum(ledger(sightglass)[name] for name in ended) >= 240, 60, "all pairs have ended")
        counts = ledger(sightglass)
        assert counts["planned"] == counts["done"] + counts["skipped"] + counts["failed"] + counts["pending"] == 240
        assert counts["failed"] <= 4  # at most those that were under way: ``offpath.concurrency``
        for arm in (candidate, production):
            asked = Counter(body["messages"][-1]["content"] for body in arm.bodies())
            assert max(asked.values()) <= (1 if arm is candidate else 2)  # production also served each once
        assert families(sightglass.metrics("proxy")) == before
        rates = [row for row in sightglass.api("rates")["rates"] if (row["app"], row["output"]) == ("guide", "refused")]
        assert [row["scored"] for row in rates] == [120]
        assert {sample["model"] for sample in sightglass.api("samples", limit=1000)["samples"]} == {"m-prod"}


def ledger(sightglass: Sightglass) -> dict[str, int]:
    """planned = done + skipped + failed + pending, from the store."""
    with closing(sqlite3.connect(sightglass.data_dir / "store.db", timeout=10)) as connection:
        found: dict[str, int] = dict.fromkeys(("done", "skipped", "failed", "pending"), 0)
        found |= dict(connection.execute("SELECT state, count(*) FROM asks GROUP BY state").fetchall())
    return {**found, "planned": sum(found.values())}


def worker_of(sightglass: Sightglass) -> int:
    """The process id of the worker."""
    for line in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = line.read_text().rpartition(")")[2].split()
            words = (line.parent / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if int(fields[1]) == sightglass.process.pid and b"worker" in words:
            return int(line.parent.name)
    raise AssertionError("no worker runs")
