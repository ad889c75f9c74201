"""Allows only one ``serve`` per data folder. Two would share a queue and a store and take each other's samples."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from proxy.errors import ConfigError


@contextlib.contextmanager
def take_place(folder: Path) -> Iterator[None]:
    """Lock the folder until the block or the process ends. Raises ``ConfigError`` if another process holds it."""
    try:
        place = os.open(folder / "serve.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigError([f"data_dir: {folder}: {error.strerror}"]) from None
    try:
        try:
            fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(place, 20, 0).decode("ascii", "replace").strip() or "unknown"
            raise ConfigError(
                [
                    f"data_dir: {folder}: in use by another sightglass serve (process {holder}); "
                    "stop that one, or give this one a folder of its own with --data-dir"
                ]
            ) from None
        os.ftruncate(place, 0)
        os.pwrite(place, b"%d\n" % os.getpid(), 0)
        yield
    finally:
        os.close(place)
