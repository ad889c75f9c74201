"""A whole worker: what it is built of."""

from __future__ import annotations

from pathlib import Path

from scorers.worker.app import WorkerProcess
from scorers.worker.local import LOCAL
from support.scoring import parsed


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
