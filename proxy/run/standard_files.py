"""Standard input and output of a command: closed ones are opened, and a disk that is full is one line."""

from __future__ import annotations

import errno
import os
import sys

#: What a write says when it is the disk's fault.
_DISK = frozenset((errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT))


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


def lost(error: OSError) -> int:
    """The exit status where the output went nowhere: nobody reads it any more, or the disk is full, which is said. What
    is left of it is dropped. Raises every other error again."""
    if isinstance(error, BrokenPipeError):
        return unread()
    if error.errno not in _DISK:
        raise error
    sys.stderr.write(f"sightglass: {error.filename or 'the output'} cannot be written: {error.strerror}\n")
    _drop()
    return 2


def unread() -> int:
    """The exit status where nobody reads the output any more, as with ``| head``: what was wanted of it is there."""
    _drop()
    return 0


def _drop() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
