"""Standard input and output of a command: closed ones are opened, and a disk that is full is one line.

What cannot be written to standard error is lost, and changes nothing: the exit status of a gate is its verdict.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys

#: What a write says when it is the disk's fault.
_DISK = frozenset((errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT))


class _Forgiving(io.TextIOWrapper):
    """Standard error whose reader may have gone, or whose disk may be full."""

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            return super().write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            super().flush()


def forgiving() -> None:
    """Let nothing depend on whether somebody can read standard error. One that was replaced stays as it is."""
    if sys.stderr is not sys.__stderr__ or sys.stderr is None:
        return
    raw = io.FileIO(2, "w", closefd=False)  # without a buffer, which would keep what cannot be written
    kind = {"encoding": sys.stderr.encoding, "errors": "backslashreplace"}
    sys.stderr = _Forgiving(raw, line_buffering=True, write_through=True, **kind)


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


def printed(text: str) -> None:
    """Write to standard output, at once. Where nobody reads it any more, the rest is dropped and the command goes on:
    its exit status tells something of its own."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _drop()


def unread() -> int:
    """The exit status where nobody reads the output any more, as with ``| head``: what was wanted of it is there."""
    _drop()
    return 0


def _drop() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
