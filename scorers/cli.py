"""``python -m scorers``: the commands that need scorers. ``sightglass`` starts them; errors are one line, status 2."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

import uvloop

from proxy.commandline import Parser
from proxy.errors import ConfigError
from proxy.processes import log_to_stderr
from scorers.datacli import COMMANDS
from scorers.datacli import main as data
from scorers.deadcli import main as dead
from scorers.driftcli import main as drift
from scorers.labelcli import main as label
from scorers.options import add_worker_options, settings_of
from scorers.rehearsal import main as rehearse
from scorers.scorecli import main as score
from scorers.store.records import StoreError
from scorers.worker.app import WorkerProcess


def _worker(words: list[str]) -> int:
    parser = Parser(
        prog="sightglass worker", description="Scorers, store and console, beside a proxy with the same options."
    )
    add_worker_options(parser)
    parser.add_argument("--parent-pipe", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args(words)
    log_to_stderr("worker")
    worker = WorkerProcess(settings_of(arguments))
    uvloop.run(worker.run(arguments.parent_pipe))
    return 0


_OWN: dict[str, Callable[[list[str]], int]] = {
    "worker": _worker,
    "score": score,
    "drift": drift,
    "dead": dead,
    "rehearse": rehearse,
    "label": label,
}


def main(argv: list[str] | None = None) -> int:
    """The exit status of one command."""
    words = sys.argv[1:] if argv is None else argv
    command, rest = (words[0], words[1:]) if words else ("", [])
    try:
        if command in _OWN:
            return _OWN[command](rest)
        if command in COMMANDS:
            return data(command, rest)
    except ConfigError as error:
        sys.stderr.write("".join(f"sightglass: {problem}\n" for problem in error.problems))
        return 2
    except StoreError as error:
        sys.stderr.write(f"sightglass: store: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    sys.stderr.write("usage: sightglass worker|score|export|import|label|report|retention|dead|drift ...\n")
    return 2
