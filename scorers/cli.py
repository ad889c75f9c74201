"""``python -m scorers``: the commands that need scorers. ``sightglass`` starts them; errors are one line, status 2.

Each is imported when it is asked for, so that none waits for what another one needs.
"""

from __future__ import annotations

import importlib
import sys

from proxy.errors import ConfigError
from proxy.run import interrupt
from scorers.store.records import StoreError

#: Command -> module and function: a list of words in, an exit status out.
_OWN = {
    "worker": "scorers.worker.command:main",
    "score": "scorers.commands.score:main",
    "export": "scorers.commands.data:main",
    "import": "scorers.commands.data:main",
    "report": "scorers.commands.data:main",
    "retention": "scorers.commands.data:main",
    "label": "scorers.commands.label:main",
    "suite": "scorers.commands.suite:main",
    "run": "scorers.commands.run:main",
    "dead": "scorers.commands.dead:main",
    "drift": "scorers.commands.drift:main",
    "prices": "scorers.commands.prices:main",
    "rehearse": "scorers.commands.rehearsal:main",
}
#: Modules with several commands: they are told which.
_SEVERAL = ("scorers.commands.data",)


def main(argv: list[str] | None = None) -> int:
    """The exit status of one command."""
    words = sys.argv[1:] if argv is None else argv
    module, _, function = _OWN.get(words[0] if words else "", "").partition(":")
    if not module:
        sys.stderr.write(f"usage: sightglass {'|'.join(name for name in _OWN if name != 'rehearse')} ...\n")
        return 2
    run = getattr(importlib.import_module(module), function)
    interrupt.raises()
    try:
        status: int = run(words if module in _SEVERAL else words[1:])
        return status
    except ConfigError as error:
        sys.stderr.write("".join(f"sightglass: {problem}\n" for problem in error.problems))
        return 2
    except StoreError as error:
        sys.stderr.write(f"sightglass: store: {error}\n")
        return 1
    except KeyboardInterrupt:
        return interrupt.INTERRUPTED
