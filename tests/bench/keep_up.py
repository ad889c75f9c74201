"""The cell ``keep-up``: does all of ``serve`` keep up with so many requests a second?

wrk sends 1.3 KB chats with a document at a set pace for a minute, a tenth of them is sampled, and all seven scorers run
on the same processors as wrk and the upstream. It keeps up when every request was answered, the rate was not lowered,
nothing was dropped or left unscored, and the ledger is closed soon after the last request.
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.bench import cpu, nginx
from tests.bench.cells import CELLS, PATH, Cell
from tests.bench.evaluate import ANSWER, Serve, bodies
from tests.bench.load import Load

RATE = 0.1
MUST, AIM = 3000, 5000
#: What is behind after the last request must be done within so many seconds. Batches alone take one or two.
CLOSES_WITHIN = 5.0
_SCRIPT = Path(__file__).with_name("paced.lua")
_CONNECTIONS = 96
_WARM, _PATIENCE = 5, 300.0


@dataclass(slots=True)
class Kept:
    """One minute of one contender. ``reached``: requests a second; ``behind``: seconds from the last request until
    every scorer had every sample; ``processors``: CPU seconds a second of serve (its parts besides), of wrk and of the
    upstream."""

    name: str
    asked: int
    reached: float
    requests: int
    published: int
    behind: float
    processors: dict[str, float]
    problems: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """What the figure is worth."""
        if self.problems:
            return "WRONG"
        if self.behind > CLOSES_WITHIN or self.reached < 0.98 * self.asked:
            return "not kept up"
        return "kept up"

    def json(self) -> dict[str, Any]:
        """For the file."""
        return asdict(self) | {"verdict": self.verdict}


def table(kept: list[Kept]) -> str:
    """What is printed."""
    lines = [
        "keep-up: a tenth sampled, seven scorers, 1.3 KB chats with a document"
        f"   must {MUST}, aim {AIM} requests a second"
    ]
    for one in kept:
        shares = ", ".join(f"{who} {share:.2f}" for who, share in one.processors.items())
        lines.append(
            f"  {one.name:<12}{one.reached:7.0f} of {one.asked} a second, {one.published} of {one.requests} sampled,"
            f" closed {one.behind:.1f} s after the last; processors: {shares}  {one.verdict}"
        )
        lines += [f"  ! {problem}" for problem in one.problems]
    return "\n".join(lines)


def run(rate: int, seconds: int, trees: dict[str, Path], folder: Path) -> list[Kept]:
    """``rate`` requests a second for ``seconds`` at each checkout, one after another."""
    found, cell = [], CELLS[0]
    for name, tree in trees.items():
        with ExitStack() as stack:
            upstream, port = nginx.start_upstream(folder / f"upstream-{name}", cell, ANSWER)
            stack.callback(upstream.stop)
            serve = Serve(name, folder / name, port, tree, RATE)
            stack.callback(serve.child.stop, 40)
            pause = _CONNECTIONS / rate
            warm = load(cell, serve.port, _WARM, pause, folder)  # also tells how long an answer takes
            pause = max(0.0, pause + _CONNECTIONS / rate - _CONNECTIONS / (warm.requests / warm.seconds))
            serve.settle(warm.requests, _PATIENCE)
            found.append(_measured(serve, cell, rate, seconds, pause, cpu.tree(upstream.process.pid), folder))
    return found


def _measured(
    serve: Serve, cell: Cell, rate: int, seconds: int, pause: float, upstream: list[int], folder: Path
) -> Kept:
    before, sampled = (serve.used(), cpu.seconds(upstream), _of_children()), serve.published()
    done = load(cell, serve.port, seconds, pause, folder)
    generator, ended = _of_children() - before[2], time.monotonic()
    behind = max(0.0, serve.settle(done.requests, _PATIENCE) - ended)
    parts = {part: used - before[0][part] for part, used in serve.used().items()}
    spent = {"serve": sum(parts.values()), **parts, "wrk": generator, "upstream": cpu.seconds(upstream) - before[1]}
    problems = serve.problems(RATE) + ([f"{serve.name}: {done.errors} wrong answers"] if done.errors else [])
    return Kept(
        name=serve.name,
        asked=rate,
        reached=done.requests / done.seconds,
        requests=done.requests,
        published=serve.published() - sampled,
        behind=behind,
        processors={who: round(used / done.seconds, 3) for who, used in spent.items()},
        problems=problems,
    )


def load(cell: Cell, port: int, seconds: int, pause: float, folder: Path) -> Load:
    """wrk for so long; each connection waits ``pause`` seconds before each request."""
    binary = shutil.which("wrk")
    assert binary is not None, "wrk is missing: run tests/bench/install.sh"
    file = folder / "bodies.jsonl"
    file.write_bytes(b"\n".join(bodies()) + b"\n")
    headers = [word for name, value in cell.headers for word in ("-H", f"{name}: {value}")]
    command = [binary, "-t1", f"-c{_CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "-s", str(_SCRIPT), *headers]
    command += [f"http://127.0.0.1:{port}{PATH}", "--", str(file), str(round(pause * 1000))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30, check=False)
    assert done.returncode == 0, f"wrk: {done.stdout[-500:]} {done.stderr[-500:]}"
    said = json.loads(done.stdout.strip().splitlines()[-1])
    return Load(said["requests"], said["seconds"], said["errors"])


def _of_children() -> float:
    """CPU seconds of children that have ended: of wrk, here."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
