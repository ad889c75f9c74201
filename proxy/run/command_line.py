"""Command-line parsing that reports each error as one clear line."""

from __future__ import annotations

import argparse
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """A parser that exits with one line and status 2, without its usage text."""

    def error(self, message: str) -> NoReturn:
        """Print ``message`` and exit."""
        self.exit(2, f"{self.prog}: {message}\n")
