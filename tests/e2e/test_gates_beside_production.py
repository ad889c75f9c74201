"""Gates and benchmarks beside production: they wait for its quota, and spend its day's budget and no more."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from proxy.exchange import Decision, ExchangeRow, Outcome, RowBatch
from scorers.store.store import Store
from support import benchmarks, theatre
from support.processes import ROOT
from support.scoring import exchange
from support.suites import STEADY, heat, lines, oven, passed, question, sightglass
from support.theatre import HONEST
from support.upstream import ScriptedUpstream

KEY = "sk-production"


@pytest.fixture
def bakery(tmp_path: Path) -> Iterator[ScriptedUpstream]:
    """The oven."""
    with ScriptedUpstream(oven) as server:
        yield server


def configured(folder: Path, server: ScriptedUpstream, more: str = "") -> None:
    """A configuration whose only upstream is the server, and an empty store."""
    upstream = f'{{name: served, base_url: "{server.url}", api_key: {KEY}, price: {{input: 1, output: 1}}}}'
    (folder / "own.yaml").write_text(f"data_dir: kept\nupstreams: [{upstream}]\n{more}")
    Store.open("sqlite", folder / "kept").close()


def limited(folder: Path) -> None:
    """Production has just got a 429."""
    row = exchange("r1", outcome=Outcome.RATE_LIMITED, upstream="served", started_at=time.time())
    with closing(Store.open("sqlite", folder / "kept")) as store:
        store.save_rows(RowBatch("b1", "p", 1, {}, [ExchangeRow(row, Decision.SAMPLED_OUT)]))


def imported(folder: Path, count: int) -> list[str]:
    """The words of a run of a suite that the store has."""
    cases = ({"id": f"l{n}", "input": question(n), "assert": [{"contains": heat(n)}]} for n in range(count))
    (folder / "own.jsonl").write_text(lines(*cases))
    words = ["suite", "import", "own.jsonl", "--format", "jsonl", "--name", "loaves", "--config", "own.yaml"]
    assert sightglass(folder, *words).returncode == 0
    return ["suite", "run", "loaves", "--model", STEADY, "--config", "own.yaml", "--json"]


def waits(folder: Path, words: list[str]) -> str:
    """What a command says until it waits; it is ended then."""
    said = folder / "said.txt"
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "OPENAI_API_KEY": KEY}
    with said.open("wb") as stream:
        running = subprocess.Popen([sys.executable, "-m", "proxy.cli", *words], cwd=folder, env=environ, stderr=stream)
        try:
            until = time.monotonic() + 60
            while "waiting: " not in said.read_text() and running.poll() is None and time.monotonic() < until:
                time.sleep(0.1)
            assert running.poll() is None, said.read_text()
        finally:
            running.send_signal(signal.SIGKILL)
            running.wait()
    return said.read_text()


def test_a_suite_waits_after_productions_429(bakery: ScriptedUpstream, tmp_path: Path) -> None:
    """With production's key at production's upstream nothing is asked for five minutes, which is said once; another key
    has a quota of its own."""
    configured(tmp_path, bakery)
    words = [*imported(tmp_path, 12), "--base-url", bakery.url]
    limited(tmp_path)
    said = waits(tmp_path, words)
    assert said.count("suite run: waiting: production got a 429 from served; asking waits five minutes after it") == 1
    assert not bakery.requests
    done = sightglass(tmp_path, *words, env={"OPENAI_API_KEY": "sk-other"})
    assert "waiting" not in done.stderr
    assert (passed(done)["errors"], len(bakery.requests)) == (0, 12)


def test_a_benchmark_waits_after_productions_429(tmp_path: Path) -> None:
    """The same holds for a benchmark that is run against production's upstream."""
    benchmarks.write(tmp_path / "data")
    with ScriptedUpstream(theatre.provider(tmp_path / "data")) as server:
        configured(tmp_path, server)
        limited(tmp_path)
        words = ["benchmark", "run", "gsm8k", "--model", HONEST, "--base-url", f"{server.url}/", "--data", "data"]
        said = waits(tmp_path, [*words, "--sample", "3", "--variants", "0", "--config", "own.yaml"])
        assert "benchmark run: waiting: production got a 429 from served" in said
        assert not server.requests


def test_a_suite_of_the_store_keeps_to_the_days_budget(bakery: ScriptedUpstream, tmp_path: Path) -> None:
    """``offpath.budget_usd_per_day`` holds gates as it holds all requests of our own: when it does not hold the next
    case, the run ends as inconclusive."""
    configured(tmp_path, bakery, "offpath: {budget_usd_per_day: 0.03}\n")
    words = [*imported(tmp_path, 30), "--base-url", bakery.url, "--concurrency", "1"]
    done = sightglass(tmp_path, *words, "--price", "100,1", env={"OPENAI_API_KEY": "sk-other"})
    found = json.loads(done.stdout)
    assert (done.returncode, found["verdict"], found["state"]) == (3, "inconclusive", "out_of_budget")
    assert "the budget of the day does not hold the next case" in found["why"]
    assert 0 < len(bakery.requests) < 30
    with closing(Store.open("sqlite", tmp_path / "kept")) as store:
        assert store.asking.spent() <= 30_000
