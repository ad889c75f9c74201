"""A whole worker: what it is built of."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from scorers.worker import app as app_module
from scorers.worker.app import WorkerProcess
from scorers.worker.local import LOCAL
from support.scoring import parsed, until


async def test_one_process_has_the_samples_while_it_keeps_up(tmp_path: Path) -> None:
    """The other lanes stand behind the first, so that at little traffic their processes are not started."""
    worker = WorkerProcess(parsed(data_dir=str(tmp_path), console_listen="127.0.0.1:0", scorer_processes=3))
    try:
        first, *others = (consumer for name, consumer in worker._consumers.items() if name.startswith(LOCAL))
        assert first.ahead is None
        assert [other.ahead for other in others] == [first, first]
    finally:
        worker._socket.close()
        worker._store.close()
        await worker._queue.close()


async def test_a_defect_in_drift_ends_no_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scoring, console and the other loops go on; the metrics say what does not work."""
    worker = WorkerProcess(parsed(data_dir=str(tmp_path), console_listen="127.0.0.1:0", scorer_processes=1))

    async def broken(stop: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(worker._drift, "run", broken)
    running = asyncio.create_task(worker.run())

    def degraded() -> bool:
        return worker._registry.get_sample_value("sightglass_degraded", {"component": "drift"}) == 1

    await until(degraded)
    assert not running.done()
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(running, 30)


@pytest.mark.parametrize("hangs", ["ensure_group", "end_idle_tasks", "hold_lease"])
async def test_a_stop_does_not_wait_for_a_store_that_hangs(
    hangs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither at the start nor later. The process then ends without its threads, one of which still waits."""
    monkeypatch.setattr(app_module, "LOOPS_SECONDS", 0.5)
    worker = WorkerProcess(parsed(data_dir=str(tmp_path), console_listen="127.0.0.1:0", scorer_processes=1))
    waits, answers = threading.Event(), threading.Event()

    def hang(*arguments: Any) -> None:
        waits.set()
        answers.wait(60)

    monkeypatch.setattr(worker._store, hangs, hang)
    running = asyncio.create_task(worker.run())
    try:
        await until(waits.is_set)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(running, 30)
        assert worker.left_behind
    finally:
        answers.set()


async def test_a_stop_in_order_leaves_nothing_behind(tmp_path: Path) -> None:
    """So the process ends as every other one does."""
    worker = WorkerProcess(parsed(data_dir=str(tmp_path), console_listen="127.0.0.1:0", scorer_processes=1))
    running = asyncio.create_task(worker.run())
    await until(lambda: worker._lease.held)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(running, 30)
    assert not worker.left_behind
