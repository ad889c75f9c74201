"""``python -m scorers.rules``."""

import sys

from scorers.rules.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
