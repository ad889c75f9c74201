"""Experiments on PostgreSQL with Redis, and beside a worker of the version before."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from support import plain
from support.arms import Arm, converse
from support.processes import Child, wait_until
from support.servers import RedisServer
from tests.e2e.test_experiments import CONVERSATIONS, experiment, outcome, until_decided
from tests.e2e.test_versions import _unpacked
from tests.scorers.conftest import postgres_cluster, postgres_url

__all__ = ["postgres_cluster", "postgres_url"]

BEFORE = "dc1fafe"
LIMITS = {"x-ratelimit-limit-requests": "1000", "x-ratelimit-remaining-requests": "900"}


@pytest.mark.real_servers
def test_on_postgresql_with_redis(tmp_path: Path, postgres_url: str) -> None:
    """The same verdict where many machines share store and queue."""
    production, candidate = Arm("granite", refuses=0.05), Arm("basalt", refuses=0.40)
    with RedisServer(tmp_path / "redis") as server:
        more = {"queue": server.url, "store": postgres_url}
        with experiment(tmp_path / "own", production, candidate, **more) as sightglass:
            converse(sightglass.url, "guide", range(CONVERSATIONS))
            found = until_decided(sightglass)
    assert found["verdict"] == "do_not_ship", found
    assert outcome(found, "refusal.refused")["verdict"] == "worse"


def test_a_worker_of_the_version_before_sees_production_alone(tmp_path: Path) -> None:
    """On a store with an experiment, and samples with the new members in the queue: its rates and its ledger are those
    of production, and no row is lost."""
    tree = tmp_path / "older"
    tree.mkdir()
    _unpacked(BEFORE, tree)
    production = Arm("granite", refuses=0.3, headers=LIMITS)
    candidate = Arm("basalt", refuses=0.9, headers=LIMITS)
    own = tmp_path / "own"
    with experiment(own, production, candidate) as sightglass:
        converse(sightglass.url, "guide", range(60))
        wait_until(lambda: bool(sightglass.api("experiments")["experiments"]), 30, "the experiment begins")
        wait_until(lambda: sightglass.api("experiments/walks")["pairs"] >= 30, 90, "pairs", every=0.3)
        sightglass.wait_scored(60)
        before = _rates(sightglass.console_url)
        data, served = sightglass.data_dir, sightglass.config["upstreams"][0]
    # Sampled by this version, and left in the queue for the other one.
    with experiment(own, production, candidate, worker=False) as proxy:
        served = proxy.config["upstreams"][0]
        converse(proxy.url, "guide", range(60, 80))
    old = {
        "listen": "127.0.0.1:0",
        "metrics_listen": "127.0.0.1:0",
        "console_listen": sightglass.config["console_listen"],
        "data_dir": str(data),
        "upstreams": [{"name": served["name"], "base_url": served["base_url"]}],
        "apps": ["guide"],
    }
    file = tmp_path / "old.yaml"
    file.write_text(yaml.safe_dump(old), encoding="utf-8")
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("SIGHTGLASS_", "OTEL_"))}
    command = [sys.executable, "-P", "-m", "proxy.cli", "worker", "--config", str(file)]
    child = Child("older worker", command, tmp_path / "old.log", tree, environ | {"PYTHONPATH": str(tree)})
    try:
        child.wait_ready([f"{sightglass.console_url}/-/ready"])
        wait_until(lambda: _scored(sightglass.console_url) == 80, 60, "the older worker has scored what was left")
        after = _rates(sightglass.console_url)
        assert before["scored"] == 60
        assert after["scored"] == 80
        refused = sum("can't help" in answer for answer in _answers(sightglass.console_url))
        assert after["ratio"] == pytest.approx(refused / 80)
        ledger = _get(sightglass.console_url, "ledger")
        assert sum(counts.get("published", 0) for counts in ledger["proxies"].values()) == 80
        assert ledger["scorers"]["refusal"] | {"pending": 0} == {"scored": 80, "pending": 0}
    finally:
        assert child.stop(40) == 0, child.output()[-3000:]
    assert "Traceback" not in child.output(), child.output()[-3000:]


def _get(console: str, path: str, **params: Any) -> Any:
    return plain.get(f"{console}/api/{path}", params=params, timeout=10).json()


def _rates(console: str) -> dict[str, Any]:
    rows = _get(console, "rates", window="24h")["rates"]
    (row,) = [row for row in rows if (row["app"], row["output"], row["model"]) == ("guide", "refused", "m-prod")]
    return dict(row)


def _scored(console: str) -> int:
    ledger = _get(console, "ledger")
    return int(ledger["scorers"]["refusal"].get("scored", 0))


def _answers(console: str) -> list[str]:
    listed = _get(console, "samples", limit=1000)["samples"]
    return [_get(console, f"samples/{row['id']}")["content"]["choices"][0]["text"] for row in listed]
