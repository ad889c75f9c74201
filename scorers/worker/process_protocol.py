"""The protocol between a worker and its scorer processes: msgpack frames over pipes, and a mark in shared memory.

A frame is a length of four bytes (big endian) and a msgpack document. Samples travel as the queue's own bytes, many in
one frame. The mark states what the process is working on. So the parent knows on which sample it died or hangs, without
a message per sample.
"""

from __future__ import annotations

import mmap
import os
import struct
import tempfile
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

import msgspec

from scorers.score import Result
from scorers.store.records import SampleFacts, ScoredSample

HEADER = struct.Struct(">I")
#: Longest encoded outcome of one sample in bytes. A scorer that returns more counts as crashed.
MAX_OUTCOME = 1_000_000

_encoder = msgspec.msgpack.Encoder()


class Setup(msgspec.Struct, frozen=True, array_like=True):
    """The first frame to a process. ``factories``: scorer -> ``module:function``; ``settings``: scorer -> JSON.

    ``path`` is the parent's ``sys.path``, so that both run the same code. ``growth`` is how many bytes the process may
    grow before it asks to be replaced.
    """

    parent: int
    path: list[str]
    factories: dict[str, str]
    settings: dict[str, str]
    growth: int


class Job(msgspec.Struct, frozen=True, array_like=True):
    """Samples for some scorers. ``wanted``: for each sample, the scorers that need it, as a bit set (sum of 2 **
    place).

    A unit is one sample for one scorer: number of the sample * number of scorers + place of the scorer. With ``facts``
    set, the first outcome of each sample also carries the facts that the store keeps.
    """

    number: int
    scorers: list[str]
    payloads: list[bytes]
    wanted: list[int]
    facts: bool = False


class Outcome(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The outcome of one unit. ``seconds``: time in the scorer. ``ended``: when the request ended (Unix s). ``cpu``:
    CPU seconds since the previous unit; work shared by all scorers is charged to the scorer that needs it first.

    Without ``scored`` no record could be built: ``failed`` says what happened. ``error`` is the type of an exception
    that the scorer raised, never its message.
    """

    scored: ScoredSample | None
    seconds: float = 0.0
    ended: float | None = None
    failed: Result = Result.CRASHED
    error: str = ""
    facts: SampleFacts | None = None
    cpu: float = 0.0


class Part(msgspec.Struct, frozen=True, array_like=True):
    """Outcomes of some units of a job. After the ``last`` part the process waits for a job, or it ``ends``.

    ``broken``: why a scorer could not be built. No outcome comes with it, and the process ends.
    """

    number: int
    units: list[int]
    outcomes: list[msgspec.Raw]
    last: bool
    ends: bool = False
    broken: str = ""


class Stage(IntEnum):
    """What a scorer process is doing."""

    STARTING = 0
    IDLE = 1
    BUILDING = 2
    READING = 3
    SCORING = 4


class Reading(NamedTuple):
    """The mark at one moment: unit ``at`` of job ``number``, and since when (monotonic, in s).

    ``base`` is how many bytes the process used when its scorers had been built.
    """

    stage: Stage
    number: int
    at: int
    since: float
    base: int


def mark_file() -> int:
    """A descriptor of an anonymous file of the size of a mark.

    It is in memory where the system can do that. In a temporary folder that has become full, the first access to the
    mapped file would end the process that does it (SIGBUS), also the worker.
    """
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("sightglass-mark", os.MFD_CLOEXEC)
    else:
        descriptor, name = tempfile.mkstemp()
        Path(name).unlink()
    try:
        os.write(descriptor, bytes(Mark.size()))
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


class Mark:
    """The mark, in a file that both processes map into memory."""

    _LAYOUT = struct.Struct("<dqqqq")

    def __init__(self, descriptor: int) -> None:
        self._memory = mmap.mmap(descriptor, self._LAYOUT.size)

    @classmethod
    def size(cls) -> int:
        """Size of the file in bytes."""
        return cls._LAYOUT.size

    def write(self, stage: Stage, number: int, index: int, since: float, base: int) -> None:
        """Record the current stage."""
        self._LAYOUT.pack_into(self._memory, 0, since, base, number, index, stage)

    def read(self) -> Reading:
        """The stage recorded last."""
        since, base, number, index, stage = self._LAYOUT.unpack_from(self._memory)
        return Reading(Stage(stage), number, index, since, base)

    def close(self) -> None:
        """Unmap the memory."""
        self._memory.close()


def frame(message: msgspec.Struct) -> bytes:
    """``message`` as a frame."""
    body = _encoder.encode(message)
    return HEADER.pack(len(body)) + body


def resident_bytes(pid: int) -> int:
    """Memory that a process uses now; 0 where the system does not report it."""
    memory = Memory(pid)
    try:
        return memory.resident()
    finally:
        memory.close()


class Memory:
    """What one process uses, asked often: its file stays open, as opening it costs ten times a look."""

    def __init__(self, pid: int | str = "self") -> None:
        try:
            self._file = os.open(f"/proc/{pid}/statm", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._file = -1

    def resident(self) -> int:
        """Bytes now; 0 where the system does not report it."""
        try:
            return int(os.pread(self._file, 200, 0).split()[1]) * mmap.PAGESIZE
        except (OSError, IndexError):
            return 0

    def close(self) -> None:
        """Close the file."""
        if self._file >= 0:
            os.close(self._file)
