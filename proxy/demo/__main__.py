"""``python -m proxy.demo``: what ``sightglass demo`` starts."""

import sys

try:
    from proxy.demo.run import main
except ModuleNotFoundError as error:
    if error.name != "openai":
        raise
    print("sightglass demo: the openai package is missing; install sightglass with its extra 'demo'", file=sys.stderr)
    sys.exit(2)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
