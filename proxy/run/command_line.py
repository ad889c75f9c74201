"""Command lines whose errors are one clear line."""

from __future__ import annotations

import argparse
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """A parser that ends with one line and exit status 2, without its usage text."""

    def error(self, message: str) -> NoReturn:
        """Say ``message``, and end."""
        self.exit(2, f"{self.prog}: {message}\n")
