"""One run of load against one contender: wrk for whole answers, a client of our own for streams."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.bench.cells import PATH, Cell
from tests.bench.streams import run_streams

_SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True, slots=True)
class Load:
    """What a load generator saw. ``requests`` are whole answers."""

    requests: int
    seconds: float
    errors: int


def run_load(cell: Cell, port: int, seconds: int, folder: Path) -> Load:
    """Load on ``port`` for about ``seconds``."""
    if cell.kind == "streams":
        streams = run_streams(port, cell, seconds)
        return Load(streams.whole, streams.seconds, streams.wrong)
    binary = shutil.which("wrk")
    assert binary is not None, "wrk is missing: run tests/bench/install.sh"
    body = folder / "body.json"
    body.write_bytes(cell.body)
    bodies = max(8, min(512, 4_000_000 // len(cell.body)))
    headers = [word for name, value in cell.headers for word in ("-H", f"{name}: {value}")]
    command = [
        binary,
        "-t1",
        f"-c{cell.connections}",
        f"-d{seconds}s",
        "--timeout",
        "10s",
        "-s",
        str(_SCRIPT),
        *headers,
    ]
    command += [f"http://127.0.0.1:{port}{PATH}", "--", str(body), str(bodies)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30, check=False)
    assert done.returncode == 0, f"wrk: {done.stdout[-500:]} {done.stderr[-500:]}"
    said = json.loads(done.stdout.strip().splitlines()[-1])
    return Load(said["requests"], said["seconds"], said["errors"])
