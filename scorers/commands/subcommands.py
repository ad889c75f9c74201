"""A command with sub-commands: which one is meant, and how what goes wrong in it is said."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping

from proxy.errors import ConfigError
from proxy.run import standard_files
from scorers.asking.run_store import BadRunFile
from scorers.cases.suite import BadSuite
from scorers.commands.options import WrongUsage
from scorers.store.runs import RunTaken
from scorers.suites.verdict import NothingInCommon


def later(module: str, function: str = "main") -> Callable[[list[str]], int]:
    """A sub-command whose module is imported when it runs: none waits for another's dependencies."""

    def run(argv: list[str]) -> int:
        status: int = getattr(importlib.import_module(module), function)(argv)
        return status

    return run


def dispatch(command: str, argv: list[str], commands: Mapping[str, Callable[[list[str]], int]], usage: str) -> int:
    """The exit status of ``sightglass COMMAND``: that of the sub-command which ``argv`` begins with."""
    if argv and argv[0] in ("-h", "--help"):
        sys.stdout.write(usage)
        return 0
    if not argv or argv[0] not in commands:
        wrong = f"unknown command {argv[0][:64]!r}" if argv else "a command is missing"
        expected = f"one of {', '.join(commands)}" if len(commands) > 1 else next(iter(commands))
        sys.stderr.write(f"sightglass {command}: {wrong}; expected {expected}\n")
        return 2
    return guarded(f"{command} {argv[0]}", lambda: commands[argv[0]](argv[1:]))


def guarded(command: str, run: Callable[[], int]) -> int:
    """The exit status of a command whose errors are lines on stderr."""
    try:
        return run()
    except SystemExit as ended:  # argparse has printed its help
        return int(ended.code or 0)
    except (BadSuite, ConfigError) as error:
        problems = list(error.problems)
    except (WrongUsage, BadRunFile, NothingInCommon, RunTaken) as error:
        problems = [str(error)]
    except BrokenPipeError:
        return standard_files.unread()
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        problems = [f"{where}{error.strerror or error}"]
    for problem in problems:
        sys.stderr.write(f"sightglass {command}: {problem}\n")
    return 2
