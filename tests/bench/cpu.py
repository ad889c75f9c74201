"""CPU seconds (user and system) of a process tree, to the nanosecond.

``/proc/PID/stat`` counts in ticks of 10 ms, too coarse for what nginx spends on a few streams. Linux gives every
process a CPU clock (clock_getcpuclockid(3)) that holds the same sum, threads that have ended included.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path


def tree(root: int) -> list[int]:
    """``root`` and all processes below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue  # it has ended meanwhile
            children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def seconds(pids: list[int]) -> float:
    """CPU seconds that these processes have used so far. Raises ``OSError`` when one of them has ended."""
    return sum(time.clock_gettime((~pid << 3) | 2) for pid in pids)


def with_ended(root: int) -> float:
    """CPU seconds of ``root`` and all processes below it, with those that have ended and were waited for (to 10 ms)."""
    children = Path(f"/proc/{root}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    ended = sum(int(ticks) for ticks in children[13:15]) / os.sysconf("SC_CLK_TCK")
    running = 0.0
    for pid in tree(root):
        with contextlib.suppress(OSError):  # it has ended since
            running += seconds([pid])
    return running + ended


def settle(pids: list[int], patience: float = 20.0) -> None:
    """Wait until they rest, so that what a request leaves to do afterwards is counted with it."""
    deadline = time.monotonic() + patience
    before = seconds(pids)
    while time.monotonic() < deadline:
        time.sleep(0.1)
        now = seconds(pids)
        if now - before < 0.003:
            return
        before = now
