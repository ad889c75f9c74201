"""``sightglass drift simulate``: as a process, on made-up traffic and on a store's own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from proxy.config.settings import load
from proxy.sample import Sample
from scorers.cli import main
from scorers.drift.monitor import advance
from scorers.store.records import ScoredSample
from scorers.store.store import Store


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """One command, to its end."""
    command = [sys.executable, "-m", "proxy.cli", "drift", *words]
    return subprocess.run(command, capture_output=True, check=False, timeout=120, text=True)


def test_made_up_traffic() -> None:
    """False tickets against the budget, and delays that shrink with the shift; the same seed gives the same figures."""
    words = ("simulate", "--per-day", "80", "--share", "0.1", "--months", "2", "--json")
    done = run(*words)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["months"], report["budget"]) == (2, 1)
    assert report["false_tickets_per_month"] <= 1
    (row,) = report["signals"]
    (twice,) = row["delays"]
    assert twice["to"] == 0.2
    assert twice["days"] == pytest.approx(twice["conversations"] / 80, rel=0.7)
    large = json.loads(run(*words, "--to", "0.6").stdout)
    assert large["signals"][0]["delays"][0]["conversations"] < twice["conversations"]
    again = run(*words, "--to", "0.6")
    assert json.loads(again.stdout) == large


def test_a_table_for_people() -> None:
    """One line a signal, and the sum against the budget; a shift of one's own."""
    done = run("simulate", "--per-day", "60", "--share", "0.2", "--months", "1", "--to", "0.6", "--signals", "2")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 4
    assert "to 60 %:" in lines[1]
    assert "over 2 signals, the budget is 1" in lines[3]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "usage"),
        (("pretend",), "usage"),
        (("simulate", "--share", "0.1"), "go together"),
        (("simulate", "--per-day", "10", "--share", "2"), "--share"),
        (("simulate", "--per-day", "-1", "--share", "0.5"), "--per-day"),
        (("simulate", "--per-day", "nan", "--share", "0.5"), "--per-day"),
        (("simulate", "--per-day", "10", "--share", "0.5", "--to", "0"), "--to"),
        (("simulate", "--per-day", "10", "--share", "0.5", "--months", "0"), "--months"),
        (("simulate", "--months", "x"), "--months"),
        (("simulate", "--data-dir", "/nonexistent"), "no store here"),
        (("simulate", "--config", "/nonexistent.yaml"), "nonexistent"),
    ],
)
def test_wrong_usage_is_one_line(words: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2 and what is wrong, never a traceback."""
    assert main(["drift", *words]) == 2
    out, err = capsys.readouterr()
    assert says in err
    assert len(err.splitlines()) == 1
    assert out == ""


def test_the_stores_own_traffic(
    tmp_path: Path, make_sample: Callable[..., Sample], make_scored: Callable[..., ScoredSample]
) -> None:
    """Each signal that the store has is simulated at its own volume and share."""
    file = tmp_path / "sightglass.yaml"
    document = {
        "upstreams": [{"name": "local", "base_url": "http://127.0.0.1:1"}],
        "data_dir": str(tmp_path / "data"),
        "drift": {"false_alarms_per_month": 2, "baseline": {"min_days": 1, "min_samples": 50}},
    }
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    empty = run("simulate", "--config", str(file))
    assert empty.returncode == 2
    store = Store.open("sqlite", tmp_path / "data")
    assert "no signal yet" in run("simulate", "--config", str(file)).stderr
    start = time.time() - 3 * 86400
    samples = [make_sample(f"r{i}", started_at=start + 2000 * i, conversation=f"c{i}") for i in range(120)]
    store.save_samples(samples, content=False)
    store.save_scores([make_scored(sample, 0.9 if i % 10 == 0 else 0.1) for i, sample in enumerate(samples)])
    while advance(store, load(file)).lines:
        pass
    store.close()
    done = run("simulate", "--config", str(file), "--months", "2", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    rows = {row["signal"]: row for row in report["signals"]}
    refused = rows["refusal.refused"]
    assert (refused["app"], refused["model"]) == ("support", "gpt-x")
    assert refused["share"] == pytest.approx(0.1, abs=0.03)
    assert refused["per_day"] == pytest.approx(43.2, rel=0.1)
    assert refused["delays"]
    assert rows["mix.app"]["delays"] == []
    assert report["budget"] == 2
    assert report["false_tickets_per_month"] == pytest.approx(
        sum(row["false_tickets_per_month"] for row in report["signals"]), abs=1e-3
    )
