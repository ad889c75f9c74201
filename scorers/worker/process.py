"""One scorer process from the worker's side: starting it, sending it jobs, watching it and ending it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from scorers.score import Result
from scorers.worker.process_protocol import (
    HEADER,
    Job,
    Mark,
    Outcome,
    Part,
    Reading,
    Setup,
    Stage,
    frame,
    mark_file,
    resident_bytes,
)

#: How often a working process is checked, in seconds. A batch that ends sooner is never checked.
_LOOK_EVERY = 0.05
#: Longest time to start a process or to build a scorer (load its model), in seconds.
_BUILD_SECONDS = 120.0
#: Libraries that compute get no threads of their own: samples are small, and threads that wait for work use CPU.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
#: Longest part that is accepted: eighty outcomes of a megabyte.
_MAX_PART = 80_000_000

_parts = msgspec.msgpack.Decoder(Part)
_outcomes = msgspec.msgpack.Decoder(Outcome)


@dataclass(frozen=True, slots=True)
class Work:
    """Samples for some scorers. ``timeouts``: seconds for one sample, one entry per scorer. For the rest see
    ``Job``."""

    scorers: tuple[str, ...]
    timeouts: tuple[float, ...]
    payloads: Sequence[bytes]
    wanted: Sequence[int]
    facts: bool = False

    def of(self, unit: int) -> tuple[int, int]:
        """The indices of a unit's sample and scorer."""
        return divmod(unit, len(self.scorers))

    def units(self) -> Iterator[int]:
        """All units."""
        for index, wanted in enumerate(self.wanted):
            for place in range(len(self.scorers)):
                if wanted >> place & 1:
                    yield index * len(self.scorers) + place


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended during a job, at which unit (``None``: at none), and ``seconds`` into that unit.

    ``building``: the index of the scorer that it was building.
    """

    why: str
    result: Result = Result.CRASHED
    index: int | None = None
    seconds: float = 0.0
    by_itself: bool = True
    building: int | None = None


class ScoringProcess:
    """A running ``scorers.worker.child``. It cannot be used after a job during which it ended."""

    def __init__(self, process: asyncio.subprocess.Process, mark: Mark, memory: int) -> None:
        self._process = process
        self._mark = mark
        self._memory = memory
        self._number = 0
        self._begun = time.monotonic()
        self._retired = False
        self._killed = False
        self._broken = ""
        #: Whether it has finished a job. If so, its setup cannot be the cause of a failure.
        self.proven = False

    @classmethod
    async def start(cls, setup: Setup, memory: int) -> ScoringProcess:
        """Start a process. Raises ``OSError``."""
        descriptor = mark_file()
        try:
            mark = Mark(descriptor)
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                "-m",
                "scorers.worker.child",
                str(descriptor),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                pass_fds=(descriptor,),
                start_new_session=True,
                env={**_ONE_THREAD, **os.environ},
            )
        finally:
            os.close(descriptor)
        made = cls(process, mark, memory)
        assert process.stdin is not None
        process.stdin.write(frame(msgspec.structs.replace(setup, path=sys.path)))
        return made

    @property
    def alive(self) -> bool:
        """Whether it can accept another job."""
        return self._process.returncode is None and not self._retired

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    async def run(self, work: Work) -> tuple[dict[int, Outcome], Ended | None]:
        """The outcomes by unit, and how the process ended if it did."""
        self._number += 1
        self._begun = time.monotonic()
        outcomes: dict[int, Outcome] = {}
        job = Job(self._number, list(work.scorers), list(work.payloads), list(work.wanted), work.facts)
        talking = asyncio.create_task(self._talk(job, outcomes))
        verdict: Ended | None = None
        try:
            while True:
                done, _ = await asyncio.wait({talking}, timeout=_LOOK_EVERY)
                if done:
                    break
                verdict = self._look(work)
                if verdict is not None:
                    await self.kill()
                    await asyncio.wait({talking}, timeout=5.0)
                    break
        finally:
            if not talking.done():
                talking.cancel()
            failed = (await asyncio.gather(talking, return_exceptions=True))[0]
        if failed is None and verdict is None:
            self.proven = True
            return outcomes, None
        return outcomes, await self._settle(outcomes, verdict)

    async def _talk(self, job: Job, outcomes: dict[int, Outcome]) -> None:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(frame(job))
        await stdin.drain()
        while True:
            (size,) = HEADER.unpack(await stdout.readexactly(HEADER.size))
            if size > _MAX_PART:
                raise ValueError("a frame that no scorer process sends")
            part = _parts.decode(await stdout.readexactly(size))
            if part.broken:
                self._broken = part.broken
                raise EOFError
            for unit, raw in zip(part.units, part.outcomes, strict=True):
                outcomes[unit] = _outcomes.decode(raw)
            if part.last:
                self._retired = part.ends
                return

    def _look(self, work: Work) -> Ended | None:
        """Whether the current sample has exceeded its time-out, or the process its memory limit."""
        mark, now = self._mark.read(), time.monotonic()
        if mark.number != self._number or mark.stage < Stage.BUILDING:
            # Not started yet: the interpreter starts and imports. Only our own process can be late here.
            late = now - self._begun > _BUILD_SECONDS
            return Ended("it did not start", by_itself=False) if late else None
        timeout = work.timeouts[work.of(mark.at)[1]]
        if mark.stage is Stage.BUILDING:
            late = now - mark.since > max(_BUILD_SECONDS, timeout)
            return Ended("it did not get ready", by_itself=False, building=mark.at) if late else None
        if now - mark.since > timeout:
            return self._blame(mark, "time-out", Result.TIMEOUT)
        if resident_bytes(self.pid) - mark.base > self._memory:
            return self._blame(mark, "memory", Result.CRASHED)
        return None

    def _blame(self, mark: Reading, why: str, result: Result) -> Ended:
        # A payload that could not even be decoded must not be decoded again by the code that stores its result.
        result = Result.DEAD if mark.stage is Stage.READING else result
        return Ended(why, result, mark.at, time.monotonic() - mark.since, by_itself=False)

    async def _settle(self, outcomes: dict[int, Outcome], verdict: Ended | None) -> Ended:
        """Determine which unit caused the end, once the process is dead and its mark no longer changes."""
        await self.kill()
        mark = self._mark.read()
        at_work = mark.number == self._number and mark.stage >= Stage.READING and mark.at not in outcomes
        if verdict is not None:
            # The mark may have advanced between our check and the end of the process: then no unit is to blame.
            same = verdict.index is None or (at_work and mark.at == verdict.index)
            return verdict if same else Ended(verdict.why, by_itself=False)
        status = self._process.returncode
        why = signal.Signals(-status).name if status is not None and status < 0 else f"exit status {status}"
        why = self._broken or why
        if not at_work:
            building = mark.number == self._number and mark.stage is Stage.BUILDING
            return Ended(why, building=mark.at if building else None)
        result = Result.DEAD if mark.stage is Stage.READING else Result.CRASHED
        return Ended(why, result, mark.at, time.monotonic() - mark.since)

    async def kill(self) -> None:
        """Kill it and everything that it started, and wait for it."""
        if not self._killed:
            self._killed = True
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        await self._process.wait()

    async def close(self) -> None:
        """Let it exit by itself, within two seconds."""
        stdin = self._process.stdin
        assert stdin is not None
        stdin.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), 2.0)
        await self.kill()
