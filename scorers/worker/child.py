"""A scorer process: ``python -m scorers.worker.child MARK``. Reads jobs from stdin, writes their outcomes to stdout.

It may hang, leak memory or die. The worker watches its mark and its memory, ends it if necessary, and knows which
sample it was working on. Output that a scorer prints is discarded, because it may quote a sample. A fatal signal writes
the Python stack to stderr.
"""

from __future__ import annotations

import asyncio
import ctypes
import faulthandler
import importlib
import os
import resource
import signal
import sys
from collections.abc import Iterator, Sequence
from time import monotonic, perf_counter, process_time
from typing import BinaryIO

import msgspec

from proxy.config.settings import ScorerSettings
from proxy.errors import Contained
from proxy.sample import decode
from scorers.reading.encoder import still_to_load
from scorers.reading.language import load_identifier
from scorers.reading.lazy import compile_all
from scorers.reading.reading import Reading, ReadingScorer
from scorers.reading.settled import settle
from scorers.score import Result, Scorer
from scorers.store.facts import sample_facts
from scorers.worker.process_protocol import (
    HEADER,
    MAX_OUTCOME,
    Job,
    Mark,
    Memory,
    Outcome,
    Part,
    Setup,
    Stage,
    frame,
)
from scorers.worker.runner import evaluate

#: Outcomes are sent at least this often (seconds), between two samples.
_FLUSH_EVERY = 0.05
#: Its growth is looked at so often: one that leaks fast is replaced before its worker ends it in the midst of a sample.
_LOOK_EVERY = 0.002
#: Samples, and bytes of them, that one scorer runs on before the next one does.
_TOGETHER, _BYTES_TOGETHER = 32, 256_000
#: Longest reason why a scorer cannot be built, in characters.
_MAX_WHY = 500
_PR_SET_PDEATHSIG = 1


def _told_later(error: Exception) -> None:
    """Whatever a part of a reading raises, the scorer that needs it raises, too."""


_FAILS_LATER = Contained(_told_later)


class ScorerProcess:
    """Builds each scorer when its first job arrives, and runs jobs in sequence."""

    def __init__(self, setup: Setup, mark: Mark, out: BinaryIO) -> None:
        self._setup = setup
        self._mark = mark
        self._out = out
        self._scorers: dict[str, Scorer] = {}
        self._memory = Memory()
        self._base = 0
        self._encodes = False
        self._encoder = msgspec.msgpack.Encoder()
        self._ready: list[msgspec.Raw] = []
        self._units: list[int] = []
        self._flushed = self._looked = self._cpu = 0.0

    async def run(self, job: Job) -> bool:
        """Run one job. False when the process should be replaced: it has grown too much, or memory ran out."""
        used = 0
        for wanted in job.wanted:
            used |= wanted
        scorers = [self._scorer(job, place) if used >> place & 1 else None for place in range(len(job.scorers))]
        self._cpu = process_time()
        self._ready, self._units = [], []
        self._flushed = self._looked = monotonic()
        for group in groups(job.payloads):
            if await self._ended_in(job, scorers, group):
                return False
        self._mark.write(Stage.IDLE, job.number, len(job.payloads) * len(scorers), monotonic(), self._base)
        ends = self._grown()
        self._send(job, last=True, ends=ends)
        return not ends

    async def _ended_in(self, job: Job, scorers: list[Scorer | None], group: range) -> bool:
        """Run one scorer after another on these samples: the code of one, warm in the CPU's caches, reads them all.

        True when the process should be replaced.
        """
        readings: dict[int, Reading | None] = {}
        for place, scorer in enumerate(scorers):
            if scorer is None:
                continue
            wanted = {index * len(scorers) + place: index for index in group if job.wanted[index] >> place & 1}
            new = {index for index in wanted.values() if index not in readings}
            for unit, index in wanted.items():
                if self._pause(job):
                    return True
                if index in new:
                    readings[index] = self._reading(job, unit, job.payloads[index])
            read = {unit: reading for unit, index in wanted.items() if (reading := readings[index]) is not None}
            took = self._prepared(job, scorer, read)
            for unit, index in wanted.items():
                if took is None or self._pause(job):
                    return True
                if unit not in read:
                    self._add(unit, Outcome(None, failed=Result.DEAD))
                    continue
                outcome = await self._one(job, scorer, unit, read[unit], index in new and job.facts)
                self._add(unit, msgspec.structs.replace(outcome, seconds=outcome.seconds + took[unit]))
                if outcome.error == MemoryError.__name__:
                    self._send(job, last=True, ends=True)
                    return True
        return False

    def _prepared(self, job: Job, scorer: Scorer, read: dict[int, Reading]) -> dict[int, float] | None:
        """Compute one part after another that the scorer needs of these readings, by unit; how long each took (s).

        ``None`` when the process should be replaced. What fails here fails again in the scorer, and is reported there.
        """
        took = dict.fromkeys(read, 0.0)
        for part in scorer.parts if isinstance(scorer, ReadingScorer) else ():
            for unit, reading in read.items():
                if self._pause(job):
                    return None
                begun = perf_counter()
                self._mark.write(Stage.SCORING, job.number, unit, monotonic(), self._base)
                with _FAILS_LATER:
                    part(reading)
                took[unit] += perf_counter() - begun
        return took

    def _pause(self, job: Job) -> bool:
        """Called between two units: sends finished outcomes at intervals. True when the process should be replaced."""
        now, ends = monotonic(), False
        if now - self._looked > _LOOK_EVERY:
            ends, self._looked = self._grown(), now
        if ends or now - self._flushed > _FLUSH_EVERY:
            self._send(job, last=ends, ends=ends)
            self._flushed = now
        return ends

    def _add(self, unit: int, outcome: Outcome) -> None:
        self._units.append(unit)
        self._ready.append(self._encoded(outcome))

    def _scorer(self, job: Job, place: int) -> Scorer:
        name = job.scorers[place]
        if name not in self._scorers:
            self._mark.write(Stage.BUILDING, job.number, place, monotonic(), self._base)
            with Contained(self._cannot_build):
                self._scorers[name] = self._built(name)
            if name not in self._scorers:
                raise SystemExit(1)
            made = self._scorers[name]
            settle()
            self._encodes |= isinstance(made, ReadingScorer) and made.encodes
            self._base = max(self._base, self._memory.resident() + (still_to_load() if self._encodes else 0))
        return self._scorers[name]

    def _cannot_build(self, error: Exception) -> None:
        """Say why, in one line. No sample was read for this, so the message quotes none."""
        said = " ".join(str(error).split())
        why = f"it cannot be built: {type(error).__name__}: {said}"[:_MAX_WHY]
        self._out.write(frame(Part(0, [], [], True, True, why)))
        self._out.flush()

    def _built(self, name: str) -> Scorer:
        load_identifier()  # takes a second: not while a sample waits
        module, _, function = self._setup.factories[name].partition(":")
        settings = ScorerSettings.model_validate_json(self._setup.settings[name])
        made: Scorer = getattr(importlib.import_module(module), function)(settings)
        compile_all()
        return made

    def _reading(self, job: Job, unit: int, payload: bytes) -> Reading | None:
        """The sample as all scorers of this job read it; ``None`` when the payload is not a sample."""
        self._mark.write(Stage.READING, job.number, unit, monotonic(), self._base)
        try:
            return Reading(decode(payload))
        except ValueError:
            return None

    async def _one(self, job: Job, scorer: Scorer, unit: int, reading: Reading, facts: bool) -> Outcome:
        begun, sample = perf_counter(), reading.sample
        kept = sample_facts(sample) if facts else None
        self._mark.write(Stage.SCORING, job.number, unit, monotonic(), self._base)
        scored, error = await evaluate(job.scorers[unit % len(job.scorers)], scorer, sample, reading)
        ended = sample.exchange.started_at + sample.exchange.duration
        before, self._cpu = self._cpu, process_time()
        return Outcome(scored, perf_counter() - begun, ended, error=error, facts=kept, cpu=self._cpu - before)

    def _encoded(self, outcome: Outcome) -> msgspec.Raw:
        try:
            body = self._encoder.encode(outcome)
        except (UnicodeEncodeError, TypeError, OverflowError) as error:
            body = self._encoder.encode(Outcome(None, outcome.seconds, outcome.ended, error=type(error).__name__))
        if len(body) > MAX_OUTCOME:
            body = self._encoder.encode(Outcome(None, outcome.seconds, outcome.ended, error="too much to say"))
        return msgspec.Raw(body)

    def _grown(self) -> bool:
        return self._memory.resident() - self._base > self._setup.growth

    def _send(self, job: Job, last: bool, ends: bool) -> None:
        self._out.write(frame(Part(job.number, self._units, self._ready, last, ends)))
        self._out.flush()
        self._units, self._ready = [], []


def groups(payloads: Sequence[bytes]) -> Iterator[range]:
    """The samples that are read together, by index: few enough that what is read of them takes little memory."""
    begun = size = 0
    for index, payload in enumerate(payloads):
        if index > begun and (index - begun >= _TOGETHER or size + len(payload) > _BYTES_TOGETHER):
            yield range(begun, index)
            begun, size = index, 0
        size += len(payload)
    if payloads:
        yield range(begun, len(payloads))


def _read(source: BinaryIO) -> bytes:
    """The next frame's body; empty when the worker has closed the pipe."""
    header = source.read(HEADER.size)
    return source.read(HEADER.unpack(header)[0]) if len(header) == HEADER.size else b""


def _pipes() -> tuple[BinaryIO, BinaryIO]:
    """Our two pipes under separate file descriptors, so that a scorer's print() or input() cannot reach them."""
    source, out, errors = os.dup(0), os.dup(1), os.dup(2)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    faulthandler.enable(os.fdopen(errors, "wb", closefd=False))
    return os.fdopen(source, "rb"), os.fdopen(out, "wb")


def _end_with(parent: int) -> None:
    """On Linux the kernel kills us when the worker dies, whatever a scorer is doing. Elsewhere we end when the pipe
    closes."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def main() -> int:
    """Run jobs until the pipe closes; returns the exit status."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold the text of samples
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    mark = Mark(int(sys.argv[1]))
    source, out = _pipes()
    setup = msgspec.msgpack.decode(_read(source), type=Setup)
    _end_with(setup.parent)
    sys.path[:] = setup.path
    process = ScorerProcess(setup, mark, out)
    jobs = msgspec.msgpack.Decoder(Job)
    with asyncio.Runner() as runner:
        while body := _read(source):
            if not runner.run(process.run(jobs.decode(body))):
                break
    return 0


if __name__ == "__main__":
    sys.exit(main())
