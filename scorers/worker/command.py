"""``sightglass worker``: scorers, store and console, beside a proxy with the same options."""

from __future__ import annotations

import argparse

import uvloop

from proxy.commandline import Parser
from proxy.processes import log_to_stderr
from scorers.options import add_worker_options, settings_of
from scorers.worker.app import WorkerProcess


def main(words: list[str]) -> int:
    """The exit status. Raises ``ConfigError`` and ``StoreError``."""
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
