"""``sightglass worker``: scorers, store and console, beside a proxy with the same options."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import sys
from pathlib import Path

import uvloop

from proxy.config.data_folder import folder_warnings
from proxy.run.command_line import Parser
from proxy.run.processes import log_to_stderr
from scorers.commands.options import add_worker_options, settings_of
from scorers.worker.app import WorkerProcess
from scorers.worker.reload import Reload, hold_back

log = logging.getLogger("sightglass.worker")


def main(words: list[str]) -> int:
    """Returns the exit status. Raises ``ConfigError`` and ``StoreError``."""
    parser = Parser(
        prog="sightglass worker",
        description="Starts the worker alone: scorers, store and console. Give it the same options as the proxy.",
    )
    add_worker_options(parser)
    parser.add_argument("--parent-pipe", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args(words)
    log_to_stderr("worker")
    hold_back()
    settings = settings_of(arguments)
    if arguments.parent_pipe is None:  # otherwise the supervisor has printed them
        for line in folder_warnings(Path(settings.data_dir)):
            log.warning("%s", line)
    worker = WorkerProcess(settings)
    # What was loaded stays; the objects of a batch die by reference count. Looking through all of them costs more.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    reload = Reload(settings, lambda: settings_of(arguments))
    uvloop.run(worker.run(arguments.parent_pipe, reload))
    if reload.wanted:
        hold_back()
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - no shell is wanted
    if worker.left_behind:
        os._exit(0)  # Python would wait for the threads
    return 0
