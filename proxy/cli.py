"""``sightglass``: the commands. Each error is one clear line with exit status 2, never a traceback.

Each command is a module with ``main(words) -> exit status``. It is imported on demand, so that no command waits for the
imports of another. Commands that need scorers are started as ``python -m scorers``; this process imports no scorers.
"""

from __future__ import annotations

import os
import sys

from proxy import __version__
from proxy.errors import ConfigError
from proxy.run import interrupt, standard_files
from proxy.run.command_line import Parser
from proxy.run.commands import COMMANDS, PROCESS, Command
from proxy.run.environment import frugal
from proxy.run.loading import imported

_BY_NAME = {command.name: command for command in COMMANDS}


def parser() -> Parser:
    """The parser for the first word. Each command has a separate parser."""
    made = Parser(
        prog="sightglass", description="An OpenAI-compatible proxy that measures how models behave in your production."
    )
    made.add_argument("--version", action="version", version=f"sightglass {__version__}")
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        commands.add_parser(command.name, help=command.help, add_help=False)
    return made


def main(argv: list[str] | None = None) -> int:
    """Runs one command. Returns the exit status."""
    interrupt.ends_quietly()
    standard_files.opened()
    standard_files.forgiving()
    words = sys.argv[1:] if argv is None else argv
    command = (_BY_NAME | {PROCESS.name: PROCESS}).get(words[0]) if words else None
    if command is None:
        return _explained(words)
    if command.apart:
        return _apart(command, words)
    run = imported(command.module).main
    interrupt.raises()
    try:
        status: int = run(words)
        sys.stdout.flush()
        return status
    except ConfigError as error:
        sys.stderr.write("".join(f"sightglass: {problem}\n" for problem in error.problems))
        return 2
    except OSError as error:
        return standard_files.lost(error)
    except interrupt.Ended as ended:
        return ended.status


def _explained(words: list[str]) -> int:
    """Print the help, the version, or why the words name no command."""
    try:
        try:
            parser().parse_args(words or ["--help"])
        finally:
            sys.stdout.flush()
    except SystemExit as ended:
        return int(ended.code or 0)
    except OSError as error:
        return standard_files.lost(error)
    return 2


def _apart(command: Command, words: list[str]) -> int:
    # All that run apart run with ``-P``: a ``proxy.py`` in the folder that someone happens to stand in is none of ours.
    rest = words[1:] if command.module.endswith(command.name) else words
    sys.stdout.flush()
    interrupt.held_back()
    words = [sys.executable, "-P", "-m", command.module, *rest]
    os.execve(sys.executable, words, frugal(os.environ))  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    sys.exit(main())
