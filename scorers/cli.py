"""``python -m scorers``: the commands that need scorers. ``sightglass`` starts them. An error is one line and status 2.

Each command's module is imported only when that command runs, so no command waits for another's dependencies.
"""

from __future__ import annotations

import signal
import sys

from proxy.errors import ConfigError
from proxy.run import interrupt, standard_files
from proxy.run.loading import imported
from scorers.store.records import StoreError

#: Command -> module and function. The function takes the arguments and returns an exit status.
_OWN = {
    "worker": "scorers.worker.command:main",
    "score": "scorers.commands.score:main",
    "export": "scorers.commands.data:main",
    "import": "scorers.commands.data:main",
    "report": "scorers.commands.data:main",
    "retention": "scorers.commands.data:main",
    "label": "scorers.commands.label:main",
    "distill": "scorers.commands.distill:main",
    "suite": "scorers.commands.suite:main",
    "run": "scorers.commands.run:main",
    "stability": "scorers.commands.stability:main",
    "probe": "scorers.commands.probe:main",
    "experiment": "scorers.commands.experiment:main",
    "benchmark": "scorers.commands.benchmark:main",
    "dead": "scorers.commands.dead:main",
    "drift": "scorers.commands.drift:main",
    "prices": "scorers.commands.prices:main",
    "rehearse": "scorers.commands.rehearsal:main",
}
#: Modules with several commands: the command's name is passed to them.
_SEVERAL = ("scorers.commands.data",)


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    standard_files.forgiving()
    words = sys.argv[1:] if argv is None else argv
    module, _, function = _OWN.get(words[0] if words else "", "").partition(":")
    if not module:
        sys.stderr.write(f"usage: sightglass {'|'.join(name for name in _OWN if name != 'rehearse')} ...\n")
        return 2
    run = getattr(imported(module), function)
    # The worker has handlers of its own, and waits for a store; the supervisor stops everything at its status 2.
    apart = words[0] == "worker"
    interrupt.raises(*(() if apart else (signal.SIGTERM,)))
    try:
        status: int = run(words if module in _SEVERAL else words[1:])
        sys.stdout.flush()
        return status
    except ConfigError as error:
        sys.stderr.write("".join(f"sightglass: {problem}\n" for problem in error.problems))
        return 2
    except StoreError as error:
        sys.stderr.write(f"sightglass: store: {error}\n")
        return 1 if apart else 2
    except OSError as error:
        return standard_files.lost(error)
    except interrupt.Ended as ended:
        return ended.status
