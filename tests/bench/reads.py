"""The cell ``reads``: what the console's reads and a worker at rest cost, over a store of a week.

A store is written once for each size and tree, a worker of the tree is started over it and left until it rests. Then
CPU of the worker's processes: of a second at rest, of one ``GET /api/rates?window=7d``, of the overview page.
"""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bench import cpu
from tests.support.processes import ROOT, free_ports

#: Requests and samples of a store.
Sizes = tuple[tuple[int, int], ...]
SIZES: Sizes = ((400_000, 40_000), (1_000_000, 100_000))
_TIMES = 10
#: Seconds for a worker to bring a store into its tallies, and for one that has none to show its first rates.
_LONGEST, _SETTLES = 900.0, 20.0


@dataclass(frozen=True, slots=True)
class Reads:
    """Of one tree over one size. ``rest``: CPU over time at rest; the others: ms of CPU of one; ``resident``: MB."""

    name: str
    requests: int
    samples: int
    rest: float
    rates: float
    page: float
    resident: float

    def json(self) -> dict[str, object]:
        """For the report."""
        return asdict(self)


def run(trees: dict[str, Path], folder: Path, sizes: Sizes = SIZES, rest: float = 30.0) -> list[Reads]:
    """Measure every tree over every size; ``rest``: seconds at rest."""
    return [
        _one(name, tree, size, rest, folder / f"{name}-{size[0]}") for size in sizes for name, tree in trees.items()
    ]


def _one(name: str, tree: Path, size: tuple[int, int], seconds: float, folder: Path) -> Reads:
    folder.mkdir(parents=True, mode=0o700)
    environment = {"PYTHONPATH": str(tree), "PATH": "/usr/bin:/bin"}
    writer = str(ROOT / "tests" / "support" / "big_store.py")
    numbers = [str(number) for number in size]
    subprocess.run([sys.executable, writer, str(folder), *numbers], cwd=tree, env=environment, check=True)
    console, metrics = free_ports(2)
    config = folder / "sightglass.yaml"
    config.write_text(
        f"data_dir: {folder}\nconsole_listen: 127.0.0.1:{console}\nmetrics_listen: 127.0.0.1:{metrics}\n"
        'retention: {exchanges: 30d}\nupstreams: [{name: local, base_url: "http://127.0.0.1:9/v1", models: ["*"]}]\n',
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "scorers", "worker", "--config", str(config)]
    with (folder / "worker.log").open("wb") as log:
        worker = subprocess.Popen(command, cwd=tree, env=environment, stdout=log, stderr=log)
    try:
        _rests(worker, folder / "store.db", f"http://127.0.0.1:{console}/api/rates?window=1h")
        pids = cpu.tree(worker.pid)
        rest = _spent(pids, lambda: time.sleep(seconds)) / seconds
        one = {path: _each(pids, f"http://127.0.0.1:{console}{path}") for path in ("/api/rates?window=7d", "/")}
        rates, page = one.values()
        return Reads(name, *size, rest, rates, page, _resident(worker.pid))
    finally:
        worker.terminate()
        worker.wait(60)


def _rests(worker: subprocess.Popen[bytes], store: Path, url: str) -> None:
    """Wait until everything is in the tallies, or for a while where there are none."""
    deadline = time.monotonic() + _LONGEST
    while time.monotonic() < deadline:
        assert worker.poll() is None, "the worker has ended; its log says why"
        with contextlib.suppress(OSError):
            _get(url)
            break
        time.sleep(0.5)
    with (
        contextlib.closing(sqlite3.connect(store, timeout=30)) as connection,
        contextlib.suppress(sqlite3.OperationalError),
    ):
        while connection.execute("SELECT 1 FROM tally_marks LIMIT 1").fetchone():
            assert time.monotonic() < deadline, "the worker did not come to rest"
            time.sleep(1)
    time.sleep(_SETTLES)


def _spent(pids: list[int], what: Callable[[], object]) -> float:
    before = cpu.seconds(pids)
    what()
    return cpu.seconds(pids) - before


def _each(pids: list[int], url: str) -> float:
    """Milliseconds of CPU of one request, once it has been asked for before."""
    _get(url)
    return _spent(pids, lambda: [_get(url) for _ in range(_TIMES)]) / _TIMES * 1e3


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=120) as answer:
        return bytes(answer.read())


def _resident(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def table(found: list[Reads]) -> str:
    """The figures as Markdown."""
    lines = [
        "| build | requests, samples | at rest | rates of 7d | overview page | resident |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {it.name} | {it.requests:,}, {it.samples:,} | {it.rest:.2%} | {it.rates:.1f} ms | {it.page:.1f} ms"
        f" | {it.resident:.0f} MB |"
        for it in found
    ]
    return "\n".join(lines)
