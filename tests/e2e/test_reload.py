"""SIGHUP reaches the worker, too: its figures and its own requests follow the configuration that the proxy has."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from support import plain, replies
from support.processes import Sightglass, get_ok, wait_until
from support.upstream import ScriptedUpstream

SMALL: dict[str, Any] = {"scorers": {"refusal": {}}, "models": {"allow": ["first"]}}


def write(running: Sightglass, **changes: Any) -> None:
    """Another configuration in the file that it began with."""
    running.config |= changes
    (running.data_dir.parent / "sightglass.yaml").write_text(yaml.safe_dump(running.config), encoding="utf-8")


def ask(running: Sightglass, model: str) -> None:
    body = {"model": model, "messages": [{"role": "user", "content": "Where is the lamp?"}]}
    plain.post(f"{running.url}/v1/chat/completions", json=body).raise_for_status()


def tell(running: Sightglass, *words: str) -> None:
    """SIGHUP, once; then until the log has all of ``words``."""
    running.process.send_signal(signal.SIGHUP)
    for word in words:
        wait_until(lambda word=word: word in running.output(), 20, f"{word!r} in the log")


def models(running: Sightglass) -> set[str]:
    return {row["model"] for row in running.api("rates")["rates"]}


@pytest.fixture
def worker(tmp_path: Path, upstream: ScriptedUpstream) -> Iterator[Sightglass]:
    """``sightglass worker`` by itself."""
    made = Sightglass(tmp_path, upstream.url, SMALL, command="worker")
    made.wait_ready([f"{made.console_url}/-/ready"])
    yield made
    made.finish()


def test_the_worker_counts_by_the_models_that_a_reload_allows(
    start_sightglass: Callable[..., Sightglass], upstream: ScriptedUpstream
) -> None:
    """A model that a reload allows has its own name in the rates, as in the proxy's metrics; nothing is lost."""
    upstream.script = lambda request: replies.chat_json("It is on the table.")
    running = start_sightglass(upstream.url, **SMALL)
    ask(running, "second")
    running.wait_scored(1)
    wait_until(lambda: models(running) == {"other"}, 10, "the model under another name")
    write(running, models={"allow": ["first", "second"]})
    tell(running, "the configuration was reloaded: the worker")
    wait_until(lambda: running.output().count("this worker computes") == 2, 20, "the worker's second start")
    wait_until(lambda: get_ok(f"{running.console_url}/-/ready"), 20, "the worker is back")
    ask(running, "second")
    wait_until(lambda: models(running) == {"second"}, 20, "the model under its own name")
    running.wait_scored(2)
    assert "ended with status" not in running.output()


def test_signals_that_the_parent_blocks_are_heard(
    start_sightglass: Callable[..., Sightglass], upstream: ScriptedUpstream
) -> None:
    """A child inherits what its parent blocks. Neither a reload nor the end may depend on how Sightglass is started."""
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP, signal.SIGTERM, signal.SIGINT})
    try:
        running = start_sightglass(upstream.url, **SMALL)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    write(running, models={"allow": ["second"]})
    tell(
        running, "sightglass.worker: the configuration was reloaded", "sightglass.proxy: the configuration was reloaded"
    )
    wait_until(lambda: running.output().count("this worker computes") == 2, 20, "the worker's second start")
    assert running.stop() == 0


def test_a_worker_outlives_sighup(worker: Sightglass) -> None:
    """Whatever the file says now: the process stays, and ends well when it is told to."""
    pid = worker.process.pid
    os.kill(pid, signal.SIGHUP)
    write(worker, models={"allow": ["second"]}, retention={"samples": "5d"})
    os.kill(pid, signal.SIGHUP)
    wait_until(lambda: "take effect after a restart: retention" in worker.output(), 10, "what needs a restart")
    write(worker, models={"allow": 5})
    os.kill(pid, signal.SIGHUP)
    wait_until(lambda: "not reloaded: models.allow" in worker.output(), 10, "what is wrong")
    assert worker.process.poll() is None
    write(worker, models={"allow": ["second"]}, retention={"samples": "30d"})
    os.kill(pid, signal.SIGHUP)
    wait_until(lambda: "starts again with it" in worker.output(), 10, "the new start")
    for _ in range(5):  # also while it starts
        os.kill(pid, signal.SIGHUP)
    wait_until(lambda: worker.output().count("this worker computes") == 2, 20, "the worker is back")
    assert worker.process.poll() is None
