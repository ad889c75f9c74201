"""Fixtures that every test may use. Each starts real things and stops them."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

#: NumPy's threads wait for each other in loops: beside other work on two processors a fit takes minutes, not seconds.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode puts nothing on the path

from support import replies
from support.processes import Prometheus, Sightglass
from support.upstream import Recorded, ScriptedUpstream, Step

# 13,500 collected tests stay until the end. To look through them for garbage took an eighth of the CPU of all tests.
gc.set_threshold(100_000, 20, 20)

#: Labelled data for measuring scorers; beside the checkout, or nowhere.
SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_collection_finish() -> None:
    """What was collected is never looked through again."""
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with the reason, what needs data that is not here."""
    if SHARED_DATA.is_dir():
        return
    for item in items:
        if item.get_closest_marker("shared_data"):
            item.add_marker(pytest.mark.skip(reason="the labelled data is not beside the checkout"))


def _helpful(request: Recorded) -> list[Step]:
    return replies.chat_json("The lamp is on the table.")


@pytest.fixture(autouse=True)
def same_process() -> Iterator[None]:
    """A command that a test runs in its own process makes files private from then on, and may hold signals back. Not
    for the next test, whose children would inherit both."""
    umask = os.umask(0o077)
    os.umask(umask)
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    yield
    os.umask(umask)
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


@pytest.fixture
def shared_data() -> Path:
    """The folder of labelled data."""
    return SHARED_DATA


@pytest.fixture
def upstream() -> Iterator[ScriptedUpstream]:
    """A provider that answers every request with one friendly chat completion, until its script is replaced."""
    with ScriptedUpstream(_helpful) as server:
        yield server


@pytest.fixture
def start_sightglass(tmp_path: Path) -> Iterator[Callable[..., Sightglass]]:
    """``start_sightglass(upstream_url, **config)`` runs ``sightglass serve``; it must end quietly with the test."""
    running: list[Sightglass] = []

    def start(upstream: str, env: dict[str, str] | None = None, **config: Any) -> Sightglass:
        folder = tmp_path / f"sightglass-{len(running)}"
        folder.mkdir()
        running.append(Sightglass(folder, upstream, config, env))
        return running[-1].start()

    yield start
    failures = []
    for process in running:
        try:
            process.finish()
        except AssertionError as error:
            failures.append(str(error))
    assert not failures, "\n".join(failures)


@pytest.fixture
def start_prometheus(tmp_path: Path) -> Iterator[Callable[..., Prometheus]]:
    """``start_prometheus("host:port", ...)`` scrapes these targets every second; skipped where it is not installed."""
    if shutil.which(Prometheus.BINARY) is None:
        pytest.skip("prometheus is not installed")
    running: list[Prometheus] = []

    def start(*targets: str) -> Prometheus:
        folder = tmp_path / f"prometheus-{len(running)}"
        folder.mkdir()
        running.append(Prometheus(folder, list(targets)))
        return running[-1]

    yield start
    for process in running:
        process.stop()
