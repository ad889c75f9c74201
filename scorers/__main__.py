"""``python -m scorers``."""

import sys

from proxy.run import interrupt

if __name__ == "__main__":
    interrupt.ends_quietly()

from scorers.cli import main

if __name__ == "__main__":
    sys.exit(main())
