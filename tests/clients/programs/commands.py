"""Helps the programs that start a command: the command must end well, and what it says goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

#: The address, and where this environment's packages are.
URL = sys.argv[1]
HERE = Path(os.environ["CLIENTS"])


def run(command: list[str], **environ: str) -> str:
    """What a command printed."""
    done = subprocess.run(
        command, env={**os.environ, **environ}, stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False
    )
    if done.returncode:
        sys.stderr.write(
            f"{command[0]} ended with {done.returncode}: {done.stdout[-1500:]!r} {done.stderr[-1500:]!r}\n"
        )
        raise SystemExit(1)
    return done.stdout.decode(errors="replace")


def tell(read: list) -> None:
    """Print what was read."""
    json.dump(read, sys.stdout)
