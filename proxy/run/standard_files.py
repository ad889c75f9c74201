"""Standard input and output of a command: closed ones are opened, and a disk that is full is one line."""

from __future__ import annotations

import errno
import os
import sys

#: What a write says when it is the disk's fault.
DISK = frozenset((errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT))


def opened() -> None:
    """Open what the caller closed as ``/dev/null``: otherwise the next file, such as a store, becomes standard
    output."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free descriptor, which is this one.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
        if getattr(sys, name) is None:
            mode = "r" if number == 0 else "w"
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - it stays open


def unwritable(error: OSError) -> int:
    """Say that the output could not be written; the exit status. What is left of it is dropped."""
    sys.stderr.write(f"sightglass: the output cannot be written: {error.strerror}\n")
    _drop()
    return 2


def unread() -> int:
    """Nobody reads the output any more, as with ``| head``: the exit status."""
    _drop()
    return 0


def _drop() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
