"""Experiments on live traffic, from the proxy to the verdict: real processes, scripted upstreams on real sockets."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.arms import Arm, converse
from support.processes import Sightglass, wait_until

CONVERSATIONS = 300


@contextmanager
def experiment(
    folder: Path, production: Arm, candidate: Arm, changes: dict[str, Any] | None = None, **more: Any
) -> Iterator[Sightglass]:
    """A Sightglass with one experiment, in front of both arms."""
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
        sightglass = Sightglass(folder, served.url, config).start()
        try:
            yield sightglass
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
        assert command(sightglass, "status", "walks") == found
        assert [item["name"] for item in command(sightglass, "list")["experiments"]] == ["walks"]
        metrics = sightglass.metrics("worker")
        assert 'sightglass_experiment_verdict{experiment="walks",verdict="do_not_ship"} 1.0' in metrics
