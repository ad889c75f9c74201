"""Simulated baselines: made out of what was sampled, marked as such, and enough to see a real change by."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from proxy.config.settings import Settings, parse
from proxy.sample import Sample
from scorers.commands.rehearsal import LEAST, rehearse
from scorers.drift.monitor import Chosen, SignalView, accept_baseline, advance, views
from scorers.drift.signals import State
from scorers.estimates.rates import Window, compute
from scorers.store.records import SampleQuery, ScoredSample
from scorers.store.store import Store

MakeSample = Callable[..., Sample]
MakeScored = Callable[..., ScoredSample]


@pytest.fixture
def settings() -> Settings:
    """Settings as they come."""
    return parse({"upstreams": [{"name": "u", "base_url": "http://127.0.0.1:1"}]}, {})


@pytest.fixture
def send(sqlite_store: Store, make_sample: MakeSample, make_scored: MakeScored) -> Callable[..., None]:
    """``send(first, count, every, app=..., fingerprint=...)``: conversations, every so many of which are refused."""

    def sending(first: int, count: int, every: int, app: str = "bot", fingerprint: str = "fp1") -> None:
        found = []
        for number in range(first, first + count):
            facts = {"app": app, "conversation": f"{app}{number}", "system_fingerprint": fingerprint}
            sample = make_sample(f"{app}{number}", started_at=time.time() - 60, **facts)
            found.append((sample, make_scored(sample, 0.9 if number % every == 0 else 0.1)))
        sqlite_store.save_samples([sample for sample, _ in found], content=True)
        sqlite_store.save_scores([scored for _, scored in found])

    return sending


def _refused(store: Store, settings: Settings, app: str = "bot") -> SignalView:
    (found,) = [
        view for view in views(store, settings, time.time()) if (view.signal, view.app) == ("refusal.refused", app)
    ]
    return found


def _advance(store: Store, settings: Settings) -> None:
    while advance(store, settings).lines:
        pass


def test_a_simulated_baseline_watches_and_says_so(
    sqlite_store: Store, settings: Settings, send: Callable[..., None]
) -> None:
    """After a rehearsal the signals that were heard often enough are watched, each marked; rates are as before."""
    send(0, 60, 20)
    send(0, LEAST - 1, 20, app="desk")
    _advance(sqlite_store, settings)
    before = compute(sqlite_store, Window.WEEK, time.time())
    listed = sqlite_store.samples(SampleQuery(limit=1000)).samples
    assert rehearse(sqlite_store, settings, time.time()) > 0
    view = _refused(sqlite_store, settings)
    assert (view.state, view.simulated) == (State.WATCHING, True)
    assert view.baseline == pytest.approx(0.05, abs=0.02)
    assert view.baseline_at is not None and view.baseline_at <= time.time()
    few = _refused(sqlite_store, settings, "desk")
    assert (few.state, few.simulated) == (State.LEARNING, False)
    assert compute(sqlite_store, Window.WEEK, time.time()) == before
    assert sqlite_store.samples(SampleQuery(limit=1000)).samples == listed
    assert sqlite_store.ledger()["proxies"] == {}


def test_a_change_is_seen_against_it_with_its_cause(
    sqlite_store: Store, settings: Settings, send: Callable[..., None]
) -> None:
    """Refusals from 5 to 25 % under a new fingerprint: an alarm, and that fingerprint as its first cause."""
    send(0, 60, 20)
    _advance(sqlite_store, settings)
    rehearse(sqlite_store, settings, time.time())
    send(100, 40, 20)
    _advance(sqlite_store, settings)
    assert _refused(sqlite_store, settings).state is State.WATCHING
    send(200, 200, 4, fingerprint="fp2")
    _advance(sqlite_store, settings)
    view = _refused(sqlite_store, settings)
    assert (view.state, view.simulated) == (State.DRIFTED, True)
    assert (view.causes[0].dimension, view.causes[0].from_, view.causes[0].to) == ("system_fingerprint", "fp1", "fp2")


def test_an_accepted_baseline_is_measured(sqlite_store: Store, settings: Settings, send: Callable[..., None]) -> None:
    """What is accepted from real traffic is no simulation any more."""
    send(0, 60, 20)
    _advance(sqlite_store, settings)
    rehearse(sqlite_store, settings, time.time())
    accept_baseline(sqlite_store, settings, Chosen(signal="refusal.refused"), time.time())
    assert _refused(sqlite_store, settings).simulated is False


def test_the_command(tmp_path: Path) -> None:
    """``python -m scorers rehearse`` on an empty store: no signal, status 0."""
    command = [sys.executable, "-m", "scorers", "rehearse", "--data-dir", str(tmp_path / "data")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=dict(os.environ), check=False)
    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr
    assert msgspec.json.decode(done.stdout) == 0
