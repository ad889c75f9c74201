"""``sightglass suite make|list|show|label|run|import|export``: task suites, from traffic to a gate in CI.

Exit status: 0; 2 when an argument, a file or a line of it is wrong; 1 when the store did not do it. ``suite run`` says
its verdict: 0 ``pass``, 1 ``regression``, 3 ``inconclusive``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from proxy.errors import ConfigError
from scorers.asking.run_store import BadRunFile
from scorers.cases.suite import BadSuite
from scorers.commands import suite_files, suite_label, suite_make, suite_run
from scorers.commands.options import WrongUsage
from scorers.suites.verdict import NothingInCommon

#: Subcommand -> what runs it, and what ``--help`` says.
COMMANDS: dict[str, tuple[Callable[[list[str]], int], str]] = {
    "make": (suite_make.main, "make a suite from traffic"),
    "list": (suite_files.list_, "list the suites in the store"),
    "show": (suite_files.show, "show one suite: its cases, its versions, and how much of production it covers"),
    "label": (suite_label.main, "set the expected answer or the assertions of each case"),
    "run": (suite_run.main, "send every case to a model, and compare with an earlier run"),
    "import": (suite_files.import_, "import a suite from a file, ours or another tool's"),
    "export": (suite_files.export, "export a suite to a file or a folder, ours or another tool's"),
}


def main(argv: list[str]) -> int:
    """The exit status of ``sightglass suite``."""
    if not argv or argv[0] in ("-h", "--help") or argv[0] not in COMMANDS:
        usage = (
            "usage: sightglass suite COMMAND ...\n\n"
            "Makes, labels and runs task suites. Each command has its own --help.\n\n"
        )
        listed = "".join(f"  {name:8} {said}\n" for name, (_, said) in COMMANDS.items())
        if argv and argv[0] in ("-h", "--help"):
            sys.stdout.write(usage + listed)
            return 0
        wrong = f"unknown command {argv[0][:64]!r}" if argv else "a command is missing"
        sys.stderr.write(f"sightglass suite: {wrong}; expected one of {', '.join(COMMANDS)}\n")
        return 2
    return guarded(f"suite {argv[0]}", lambda: COMMANDS[argv[0]][0](argv[1:]))


def guarded(command: str, run: Callable[[], int]) -> int:
    """The exit status of a command whose errors are lines on stderr."""
    try:
        return run()
    except SystemExit as ended:  # argparse has printed its help
        return int(ended.code or 0)
    except (BadSuite, ConfigError) as error:
        problems = list(error.problems)
    except (WrongUsage, BadRunFile, NothingInCommon) as error:
        problems = [str(error)]
    except BrokenPipeError:
        # The reader of stdout has left (``| head``); what it wanted it has.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        problems = [f"{where}{error.strerror or error}"]
    for problem in problems:
        sys.stderr.write(f"sightglass {command}: {problem}\n")
    return 2
