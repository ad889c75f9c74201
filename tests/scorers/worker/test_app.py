"""A whole worker: what it is built of."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

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
