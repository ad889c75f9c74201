"""``python -m proxy.demo``: what ``sightglass demo`` starts."""

import sys

from proxy.demo.stopping import STOPPING

# Before the clients' packages are loaded, which takes seconds. Told to stop meanwhile we stop right after: an interrupt
# in the middle of an import may be swallowed there, or come out as another error.
STOPPING.install()
try:
    with STOPPING.held():
        from proxy.demo.run import main
except KeyboardInterrupt:
    sys.exit(0)
except ModuleNotFoundError as error:
    if error.name != "openai":
        raise
    print(
        "sightglass demo: the openai package is missing; install sightglass-proxy with its extra 'demo'",
        file=sys.stderr,
    )
    sys.exit(2)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
