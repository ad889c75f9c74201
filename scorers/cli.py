"""``python -m scorers``: the commands that need scorers. ``sightglass`` starts them; errors are one line, status 2."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import uvloop

from proxy.errors import ConfigError
from proxy.processes import log_to_stderr
from proxy.settings import load
from scorers.scorecli import main as score
from scorers.store.records import StoreError
from scorers.worker.app import WorkerProcess


def _worker(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="sightglass worker")
    parser.add_argument("--config", type=Path, help="configuration file (default: SIGHTGLASS_CONFIG)")
    parser.add_argument("--upstream", metavar="URL", help=argparse.SUPPRESS)
    parser.add_argument("--listen", metavar="HOST:PORT", help=argparse.SUPPRESS)
    parser.add_argument("--data-dir", metavar="DIR", help="where queue and store are kept")
    parser.add_argument("--parent-pipe", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args(words)
    log_to_stderr("worker")
    path = arguments.config or (Path(os.environ["SIGHTGLASS_CONFIG"]) if os.environ.get("SIGHTGLASS_CONFIG") else None)
    # A worker has no upstream of its own; without a file it needs one only to have whole Settings.
    upstream = arguments.upstream or (None if path else "http://127.0.0.1/v1")
    overrides: dict[str, object] = {"upstreams": [{"name": "default", "base_url": upstream}]} if upstream else {}
    if upstream:
        overrides["default_upstream"] = "default"
    if arguments.data_dir:
        overrides["data_dir"] = arguments.data_dir
    worker = WorkerProcess(load(path, overrides=overrides))
    uvloop.run(worker.run(arguments.parent_pipe))
    return 0


def main(argv: list[str] | None = None) -> int:
    """The exit status of one command."""
    words = sys.argv[1:] if argv is None else argv
    command, rest = (words[0], words[1:]) if words else ("", [])
    try:
        if command == "worker":
            return _worker(rest)
        if command == "score":
            return score(rest)
    except ConfigError as error:
        sys.stderr.write("".join(f"sightglass: {problem}\n" for problem in error.problems))
        return 2
    except StoreError as error:
        sys.stderr.write(f"sightglass: store: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    sys.stderr.write("usage: sightglass worker|score ...\n")
    return 2
