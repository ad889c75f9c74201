"""What the commands over queue and store share: their options, errors of one line, bars, the settings."""

from __future__ import annotations

import argparse
import getpass
import importlib
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from tqdm import tqdm

from proxy.config.settings import Settings, load

#: The largest number that every store and every reader of JSON keeps as it is.
_LONGEST = 2**53
#: Options that are names, not paths: a path may hold any bytes.
_NAMES = frozenset({"name", "model", "effort", "app", "annotator"})
_SURROGATE = re.compile("[\ud800-\udfff]")


class WrongUsage(Exception):
    """An argument or a file that cannot be used; the message is one line."""


def user_name() -> str:
    """Who runs the command: the user's name, or its number where it has none, as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def is_there(folder: Path, name: str) -> bool:
    """Whether the folder has a file of this name. Raises ``WrongUsage`` where that may not be known."""
    try:
        return (folder / name).exists()
    except OSError as error:
        raise WrongUsage(f"{folder}: {error.strerror}") from None


class Problems:
    """What was wrong with lines of a file: the first ``TOLD`` are told one by one, then how many more there were."""

    TOLD = 20

    def __init__(self) -> None:
        self._told: list[str] = []
        self._more = 0

    def add(self, sentence: str) -> None:
        """One more, which is kept only while it would be told."""
        if len(self._told) < self.TOLD:
            self._told.append(sentence)
        else:
            self._more += 1

    def __bool__(self) -> bool:
        return bool(self._told)

    @property
    def lines(self) -> list[str]:
        """What is said of them."""
        more = f"and {self._more} more {'problem' if self._more == 1 else 'problems'}"
        return [*self._told, *([more] if self._more else [])]


class Parser(argparse.ArgumentParser):
    """A parser whose errors are ``WrongUsage``."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing a usage text."""
        raise WrongUsage(message)

    def parse_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> argparse.Namespace:
        """As usual. What no store can keep is said here: a number that is too long, a name that is no text."""
        found = super().parse_args(args, namespace)
        for name, value in vars(found).items():
            option = f"{'--' if len(name) > 1 else '-'}{name.replace('_', '-')}"
            if isinstance(value, int) and abs(value) > _LONGEST:
                self.error(f"{option}: expected at most {_LONGEST}, found {value}")
            if name in _NAMES and isinstance(value, str) and not value.isascii() and _SURROGATE.search(value):
                self.error(f"{option}: holds bytes that are no text")
            if name == "annotator" and not value.strip():
                self.error(f"{option}: expected a name to keep the labels under, found none")
        return found


def add_options(parser: argparse.ArgumentParser) -> None:
    """``--config`` and ``--data-dir``; ``--upstream``, which these commands have no use for, is taken and not shown."""
    parser.add_argument("--config", type=Path, help="configuration file (default: $SIGHTGLASS_CONFIG)")
    parser.add_argument("--upstream", metavar="URL", help=argparse.SUPPRESS)
    parser.add_argument("--data-dir", metavar="DIR", help="folder of queue and store (default: ./sightglass-data)")


def add_worker_options(parser: argparse.ArgumentParser) -> None:
    """The options of ``sightglass serve`` and ``proxy``, with what they mean for a worker."""
    parser.add_argument("--config", type=Path, help="configuration file (default: $SIGHTGLASS_CONFIG)")
    parser.add_argument(
        "--upstream",
        metavar="URL",
        help="the proxy's upstream, in place of a file; the worker itself calls no upstream",
    )
    parser.add_argument(
        "--listen",
        metavar="HOST:PORT",
        help="the proxy's option; the worker itself only opens console_listen",
    )
    parser.add_argument(
        "--metrics-listen", metavar="HOST:PORT", help="the proxy's option; the worker's metrics are on console_listen"
    )
    parser.add_argument(
        "--console-listen", metavar="HOST:PORT", help="address of the console (default: 127.0.0.1:8082)"
    )
    parser.add_argument(
        "--data-dir",
        metavar="DIR",
        help="folder of queue and store, the same as the proxy's (default: ./sightglass-data)",
    )
    parser.add_argument("--ask-usage", action="store_true", help="the proxy's option; no effect on the worker")


def settings_of(arguments: argparse.Namespace) -> Settings:
    """The settings that file, environment and options give. Raises ``ConfigError``."""
    path = arguments.config or (Path(os.environ["SIGHTGLASS_CONFIG"]) if os.environ.get("SIGHTGLASS_CONFIG") else None)
    # What works on queue and store has no upstream of its own; without a file it needs one to have whole Settings.
    upstream = arguments.upstream or (None if path else "http://127.0.0.1/v1")
    overrides: dict[str, object] = {"upstreams": [{"name": "default", "base_url": upstream}]} if upstream else {}
    if upstream:
        overrides["default_upstream"] = "default"
    for key in ("listen", "metrics_listen", "console_listen", "data_dir"):
        if getattr(arguments, key, None):
            overrides[key] = getattr(arguments, key)
    settings = load(path, overrides=overrides)
    if settings.prices is not None:  # by name: reading the built-in list takes as long as most commands
        importlib.import_module("proxy.observe.pricing").priced(settings)
    return settings


def bar(total: int | None, unit: str) -> tqdm[NoReturn]:
    """A progress bar on stderr; silent where that is no terminal, and wiped before what is said next."""
    scale = unit == "B"
    return tqdm(total=total, unit=unit, unit_scale=scale, disable=not sys.stderr.isatty(), leave=False, file=sys.stderr)
