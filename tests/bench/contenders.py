"""Who is measured: the upstream itself (the floor), nginx, and ``sightglass proxy``, each with one serving process."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import yaml

from tests.bench import cpu, nginx
from tests.bench.cells import MODEL, Cell
from tests.bench.starting import start
from tests.support.processes import ROOT, Child, free_ports

RATE = 0.1
_SAMPLE = re.compile(r"^(\w+?)(?:\{(.*)\})? (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Contender:
    """Something that answers on ``port``. ``problems(requests)`` says afterwards what it did wrong by its own books."""

    name: str
    port: int
    pids: list[int]
    problems: Callable[[int], list[str]] = lambda requests: []


def config(folder: Path, upstream: int, ports: list[int]) -> dict[str, object]:
    """One process, everything on that is on by default, and a tenth of the requests published."""
    listen, metrics, console = (f"127.0.0.1:{port}" for port in ports)
    return {
        "listen": listen,
        "metrics_listen": metrics,
        "console_listen": console,
        "data_dir": str(folder / "data"),
        "upstreams": [{"name": "provider", "base_url": f"http://127.0.0.1:{upstream}/v1"}],
        "apps": ["bench", "another"],
        "models": {"allow": [MODEL, "gpt-4o-mini-2024-07-18"]},
        # By request, so that the share is a tenth however many conversations there are.
        "sampling": {"rate": RATE, "unit": "request"},
        "objectives": [
            {"app": "*", "signal": "time_to_first_token", "below_seconds": 2.5, "share": 0.95},
            {"app": "bench", "signal": "duration", "below_seconds": 10.0, "share": 0.99},
        ],
        "access_log": True,
        "processes": 1,
    }


def _sightglass(folder: Path, upstream: int, tree: Path) -> tuple[Child, list[int]]:
    """``sightglass proxy`` from the checkout ``tree``; its access log goes to a file."""
    ports = free_ports(3)
    folder.mkdir()
    file = folder / "sightglass.yaml"
    file.write_text(yaml.safe_dump(config(folder, upstream, ports)), encoding="utf-8")
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("SIGHTGLASS_", "OTEL_"))}
    # Its children do not look for modules in the folder they stand in.
    environ["PYTHONPATH"] = str(tree.resolve())
    command = [sys.executable, "-m", "proxy.cli", "proxy", "--config", str(file)]
    return start(f"sightglass in {folder.name}", command, folder, tree, ports[0], environ), ports


def _by_its_books(folder: Path, metrics: int, connections: int) -> Callable[[int], list[str]]:
    """Every request ended well, and a tenth of them is in the queue's file."""

    def problems(requests: int) -> list[str]:
        page = httpx.get(f"http://127.0.0.1:{metrics}/metrics", timeout=10.0, trust_env=False).text
        found, good = [], 0.0
        for name, labels, value in _SAMPLE.findall(page):
            if name == "sightglass_requests_total" and 'outcome="ok"' in labels:
                good += float(value)
            elif float(value) and (
                (name == "sightglass_requests_total" and 'outcome="client_disconnected"' not in labels)
                or (name == "sightglass_sampling_decisions_total" and "dropped" in labels)
                or name in ("sightglass_access_log_dropped_total", "sightglass_degraded")
            ):
                found.append(f"{name}{{{labels}}} {value}")
        with contextlib.closing(sqlite3.connect(folder / "data" / "queue.db")) as db:
            kept = db.execute("SELECT COUNT(*) FROM items WHERE kind = 'sample'").fetchone()[0]
        if good < requests:
            found.append(f"{good:.0f} requests on its books, {requests} answered")
        if good > 2000 and not 0.8 * RATE < kept / good < 1.3 * RATE:
            found.append(f"{kept} samples published of {good:.0f} requests")
        return found

    return problems


@contextmanager
def _running(child: Child) -> Iterator[Child]:
    try:
        yield child
    finally:
        child.stop()


def _upstream(stack: ExitStack, folder: Path, cell: Cell) -> Contender:
    if cell.upstream == "nginx":
        child, port = nginx.start_upstream(folder / "upstream", cell)
    else:
        (port,) = free_ports(1)
        command = [sys.executable, "-m", "tests.bench.upstream", str(port)]
        child = start("scripted upstream", command, folder / "upstream", ROOT, port)
    stack.enter_context(_running(child))
    return Contender("direct", port, cpu.tree(child.process.pid))


def contenders(folder: Path, cell: Cell, trees: dict[str, Path]) -> AbstractContextManager[list[Contender]]:
    """All of them, started for one cell: direct, nginx, and one Sightglass for each of ``trees`` (name -> checkout)."""

    @contextmanager
    def running() -> Iterator[list[Contender]]:
        with ExitStack() as stack:
            direct = _upstream(stack, folder, cell)
            child, port = nginx.start_proxy(folder / "nginx", direct.port, cell)
            stack.enter_context(_running(child))
            found = [direct, Contender("nginx", port, cpu.tree(child.process.pid))]
            for name, tree in trees.items():
                child, ports = _sightglass(folder / name, direct.port, tree)
                stack.enter_context(_running(child))
                books = _by_its_books(folder / name, ports[1], cell.connections)
                found.append(Contender(name, ports[0], cpu.tree(child.process.pid), books))
            yield found

    return running()
