"""``sightglass check-config FILE [--probe]``: reports the errors in a configuration, one line for each wrong key."""

from __future__ import annotations

import asyncio
import importlib
import sys
from pathlib import Path

from proxy.config.data_folder import folder_warnings
from proxy.config.offpath import sent_where
from proxy.config.settings import load
from proxy.errors import ConfigError
from proxy.observe.pricing import price_warnings
from proxy.run.command_line import Parser
from proxy.run.config_warnings import cautions, missing_models, unpriced_candidates
from proxy.run.preflight import check


def parser() -> Parser:
    """The command's options."""
    made = Parser(
        prog="sightglass check-config",
        description="Checks a configuration file without starting anything. Each wrong key is one line with its path. "
        "Exit status: 0, or 2 when something is wrong.",
    )
    made.add_argument("file", type=Path, help="the configuration file (YAML)")
    made.add_argument(
        "--probe", action="store_true", help="also send a request to each upstream; any HTTP response counts"
    )
    return made


def main(words: list[str]) -> int:
    """Runs the command. Returns the exit status. Raises ``ConfigError``."""
    arguments = parser().parse_args(words[1:])
    settings = load(arguments.file)
    check(settings)
    if arguments.probe:
        # Only here: the way upstream costs more to import than everything that a check needs.
        problems = asyncio.run(importlib.import_module("proxy.run.probe").probe(settings))
        if problems:
            raise ConfigError(problems)
    unsafe = folder_warnings(Path(settings.data_dir))
    warnings = [*cautions(settings), *price_warnings(settings), *unpriced_candidates(settings)]
    warnings += missing_models(settings)
    for line in [*warnings, *settings.access_warnings(), *unsafe]:
        sys.stderr.write(f"sightglass: warning: {line}\n")
    for line in sent_where(settings.offpath, settings.experiments):
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"{arguments.file}: ok\n")
    return 0
