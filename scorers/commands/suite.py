"""``sightglass suite make|list|show|label|run|import|export``: task suites, from traffic to a gate in CI.

Exit status: 0; 2 when an argument, a file or a line of it is wrong; 1 when the store did not do it. ``suite run`` says
its verdict: 0 ``pass``, 1 ``regression``, 3 ``inconclusive``.
"""

from __future__ import annotations

from collections.abc import Callable

from scorers.commands.subcommands import dispatch, later

_USAGE = """usage: sightglass suite COMMAND ...

Makes, labels and runs task suites. Each command has its own --help.

"""
#: Subcommand -> what runs it, and what ``--help`` says.
COMMANDS: dict[str, tuple[Callable[[list[str]], int], str]] = {
    "make": (later("scorers.commands.suite_make"), "make a suite from traffic"),
    "list": (later("scorers.commands.suite_files", "list_"), "list the suites in the store"),
    "show": (
        later("scorers.commands.suite_files", "show"),
        "show one suite: its cases, its versions, and how much of production it covers",
    ),
    "label": (later("scorers.commands.suite_label"), "set the expected answer or the assertions of each case"),
    "run": (later("scorers.commands.suite_run"), "send every case to a model, and compare with an earlier run"),
    "import": (later("scorers.commands.suite_files", "import_"), "import a suite from a file, ours or another tool's"),
    "export": (
        later("scorers.commands.suite_files", "export"),
        "export a suite to a file or a folder, ours or another tool's",
    ),
}


def main(argv: list[str]) -> int:
    """The exit status of ``sightglass suite``."""
    listed = "".join(f"  {name:8} {said}\n" for name, (_, said) in COMMANDS.items())
    return dispatch("suite", argv, {name: run for name, (run, _) in COMMANDS.items()}, _USAGE + listed)
