"""Files that are written whole or not at all: what was there stays until all of the new one is on the disk.

A full disk, an error or an interrupt leaves the old file as it was and nothing beside it; a process that is killed
leaves the old file, and perhaps a hidden one beside it (``.NAME.*``), which only its owner may read.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


class LinkNamed(ValueError):
    """The path is a symbolic link to a file, or to nothing, where the file itself has to be named."""


@contextmanager
def whole_file(path: Path, private: bool = True, links: bool = True) -> Iterator[BinaryIO]:
    """What is written to it stands in ``path`` once the block is left without an error.

    Its owner alone may read it; where it is not ``private``, whoever may read what was there, or else any new file.
    What is no file, such as a pipe or ``/dev/stdout``, is written to at once. A link stays one, or, without ``links``,
    is refused (``LinkNamed``). Raises ``OSError``, which names ``path``, also for what the block raised.
    """
    try:
        if path.exists() and not path.is_file():
            with os.fdopen(_device(path), "wb") as out:
                yield out
        elif not links and path.is_symlink():
            raise LinkNamed(str(path))
        else:
            with _beside(path.resolve() if links else path, private) as out:
                yield out
    except BrokenPipeError:
        raise
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path)) from None


def write_whole(path: Path, data: bytes, private: bool = True) -> None:
    """Replace a file, so that nobody ever reads half of it: ``whole_file`` for what is in memory."""
    with whole_file(path, private) as out:
        out.write(data)


def _device(path: Path) -> int:
    handle = os.open(path, os.O_WRONLY | os.O_CLOEXEC)  # a folder cannot be opened so, and says that
    if stat.S_ISREG(os.fstat(handle).st_mode):  # it was none a moment ago
        os.close(handle)
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
    return handle


@contextmanager
def _beside(path: Path, private: bool) -> Iterator[BinaryIO]:
    before = path.stat() if path.exists() else None
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if not private:
                _as_before(file.fileno(), before)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _as_before(handle: int, before: os.stat_result | None) -> None:
    """Give a file the owner and the mode of the one in whose place it comes, or those of any new file."""
    if before is None:
        os.umask(mask := os.umask(0o077))
        os.fchmod(handle, 0o666 & ~mask)
        return
    with suppress(PermissionError):  # only root may give a file away
        os.fchown(handle, before.st_uid, before.st_gid)
    os.fchmod(handle, stat.S_IMODE(before.st_mode))
