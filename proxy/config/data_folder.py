"""The data folder: permission warnings, detection of a replaced folder, and recreation of lost files.

The folder can be removed or replaced while a process runs. Open files then have no name, and everything written to them
is lost silently. Each process that has such a file open compares ``mark`` of its path with the file that it opened.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import stat
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

log = logging.getLogger("sightglass.datadir")

#: Seconds between two looks, and for how long a loss stays visible after everything is there again.
_EVERY, _SHOWN = 2.0, 600.0
#: Files of ours, all of them private.
_FILES = ("store.db", "queue.db", "secret")

#: To hold a folder its owner need not be allowed to list it.
_HOLD = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC

#: Which file a path names: device and inode; ``None`` when it names none.
Mark = tuple[int, int] | None


def mark(path: Path) -> Mark:
    """The identity of the file that the path names now."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def folder_warnings(folder: Path) -> list[str]:
    """One line for each way in which other users could read or replace the data; empty if there is no folder."""
    found = []
    with contextlib.suppress(OSError):
        facts = folder.stat()
        if facts.st_mode & 0o022:
            mode = stat.S_IMODE(facts.st_mode)
            found.append(f"data_dir: {folder}: others may write to it (mode {mode:04o}); chmod 0700")
        found += _foreign(folder, facts)
    for name in _FILES:
        path = folder / name
        with contextlib.suppress(OSError):
            facts = path.lstat()
            if stat.S_ISLNK(facts.st_mode):
                found.append(f"data_dir: {path} is a symbolic link; what it leads to may be another's")
                facts = path.stat()
            if facts.st_mode & 0o077:
                mode = stat.S_IMODE(facts.st_mode)
                found.append(f"data_dir: {path}: others may open it (mode {mode:04o}); chmod 0600")
            found += _foreign(path, facts)
    return found


def _foreign(path: Path, facts: os.stat_result) -> list[str]:
    if facts.st_uid in (0, os.geteuid()):
        return []
    return [f"data_dir: {path} belongs to another user (number {facts.st_uid})"]


class FolderWatch:
    """Checks every two seconds that the folder and its files have not changed, and recreates whatever is missing.

    ``degraded`` is called with 1 when something was lost, and with 0 ten minutes after everything was restored.
    """

    def __init__(
        self,
        folder: Path,
        secret: bytes | None,
        degraded: Callable[[float], None],
        files: Sequence[str],
        open_again: Callable[[], Awaitable[object]],
    ) -> None:
        """``secret`` is written again if its file is missing. ``files`` are the files in use by this process, by name.

        ``open_again`` reopens those files when they are gone. It reports its own errors.
        """
        self._folder = folder
        self._secret = secret
        self._degraded = degraded
        self._files = files
        self._open_again = open_again
        self._seen = self._look()
        # An open folder's number is given to no other one.
        self._held = os.open(folder, _HOLD)
        self._lost_at: float | None = None
        self._told = ""
        degraded(0)

    async def run(self, stop: asyncio.Event) -> None:
        """Check repeatedly until ``stop``."""
        try:
            while not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _EVERY)
                await self.look()
        finally:
            os.close(self._held)

    async def look(self) -> None:
        """Check once, and repair what is missing."""
        seen = await asyncio.to_thread(self._look)
        gone = [name for name, was in self._seen.items() if was is not None and seen[name] != was]
        if gone:
            self._lost_at = time.monotonic()
            self._degraded(1)
            log.error(
                "data_dir: %s was removed or replaced under us: %s; what was in it is lost, and it is made anew",
                self._folder,
                ", ".join(gone),
            )
        if gone or self._told or self._incomplete(seen):
            await self._mend()
            seen = await asyncio.to_thread(self._look)
        self._seen = seen
        if self._lost_at is not None and not self._told and time.monotonic() - self._lost_at > _SHOWN:
            self._lost_at = None
            self._degraded(0)

    def _look(self) -> dict[str, Mark]:
        return {".": mark(self._folder)} | {name: mark(self._folder / name) for name in self._files}

    def _incomplete(self, seen: dict[str, Mark]) -> bool:
        return seen["."] is None or (self._secret is not None and seen.get("secret") is None)

    async def _mend(self) -> None:
        try:
            await asyncio.to_thread(self._make)
        except OSError as error:
            problem = f"{self._folder}: {error.strerror}"
            if problem != self._told:
                log.error("data_dir: %s; it cannot be made anew, and nothing is kept", problem)
            self._told = problem
            self._degraded(1)
            return
        self._told = ""
        for line in await asyncio.to_thread(folder_warnings, self._folder):
            log.warning("%s", line)
        await self._open_again()

    def _make(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = os.open(self._folder, _HOLD)
        os.close(self._held)
        self._held = held
        if self._secret is not None:
            with contextlib.suppress(FileExistsError):
                write_private(self._folder / "secret", self._secret)


def write_private(path: Path, content: bytes) -> None:
    """Create a file that only its owner can read. Raises ``FileExistsError`` if the path exists, and ``OSError``."""
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
