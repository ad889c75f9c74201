"""What a signal does to a command on an event loop: its task is cancelled once; a second signal raises at once."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import asyncio, os, signal, sys, time
from proxy.run import cancelled, interrupt

interrupt.raises(signal.SIGTERM)

async def step():
    for _ in range(3):
        os.kill(os.getpid(), int(sys.argv[1])) if not told else None
        told.append(1)
        time.sleep(0.05)  # a step that computes: no exception may come into it
    steps.append(1)
    await asyncio.sleep(60)

async def main():
    try:
        await asyncio.gather(step(), asyncio.sleep(60))
    except asyncio.CancelledError:
        print("closed", len(steps), flush=True)
        if sys.argv[2] == "again":
            os.kill(os.getpid(), int(sys.argv[1]))
            time.sleep(5)
            print("never", flush=True)
        raise

told, steps = [], []
try:
    cancelled.run(main())
except interrupt.Ended as ended:
    sys.exit(ended.status)
"""


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("again", ["once", "again"])
def test_a_signal_cancels_the_command(number: signal.Signals, status: int, again: str) -> None:
    """The step that is under way is finished, the command closes what it has begun, and nothing is printed of it."""
    words = [sys.executable, "-c", PROGRAM, str(int(number)), again]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.returncode) == ("closed 1\n", status), done.stderr
    if again == "once":
        assert done.stderr == ""


def test_a_command_that_ends_gives_the_handlers_back() -> None:
    """What it returned comes back, and a signal raises again."""
    program = (
        "import asyncio, os, signal\n"
        "from proxy.run import cancelled, interrupt\n"
        "interrupt.raises(signal.SIGTERM)\n"
        "print(cancelled.run(asyncio.sleep(0, 7)))\n"
        "try:\n    os.kill(os.getpid(), signal.SIGTERM)\nexcept interrupt.Ended as ended:\n    print(ended.status)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("7\n143\n", "")
