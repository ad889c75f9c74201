"""A scorer that does what the answer says: raises, dies, hangs, leaks, lies. Run in a process of its own only."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time

from proxy.config.settings import ScorerSettings
from proxy.sample import Sample
from scorers.reading.reading import Reading, ReadingScorer
from scorers.score import Reason, Score, Scorer, Verdict

_leaked: list[bytearray] = []


def _score(sample: Sample, value: float | None, reason: Reason | None = None, explanation: str = "") -> Score:
    return Score(
        sample_id=sample.id,
        scorer="refusal",
        output="refused",
        version="1",
        value=value,
        verdict=None if value is None else Verdict.YES if value >= 0.5 else Verdict.NO,
        unscored_reason=reason,
        explanation=explanation,
    )


def _leak(megabytes: int) -> None:
    for _ in range(megabytes):
        _leaked.append(bytearray(b"x" * (1 << 20)))


def _misbehave(text: str) -> None:
    command, _, argument = text.partition(" ")
    if command == "raise":
        raise ZeroDivisionError("the customer wrote: my password is zebra")
    if command == "segfault":
        ctypes.string_at(0)
    elif command == "exit":
        sys.exit(3)
    elif command == "killed-once":
        if not os.path.exists(argument):
            with open(argument, "w", encoding="utf-8"):
                os.kill(os.getpid(), signal.SIGKILL)
    elif command in ("loop", "work"):
        until = time.process_time() + float(argument or "inf")
        while time.process_time() < until:
            pass
    elif command == "block":
        time.sleep(60)
    elif command == "sleep":
        time.sleep(float(argument))
    elif command == "leak":
        _leak(int(argument))
    elif command == "leak-and-stay":
        _leak(int(argument))
        time.sleep(60)
    elif command == "fork-and-block":
        if os.fork() == 0:
            time.sleep(60)
        with open(argument, "w", encoding="utf-8") as file:
            file.write(str(os.getpid()))
        time.sleep(60)
    elif command == "memory":
        raise MemoryError
    elif command == "print":
        os.write(1, b"x" * 100_000)
        print("zebra", flush=True)


def hostile(settings: ScorerSettings) -> Scorer:
    """The scorer. Every command that returns gives 0.1, and any other text .9; ``nan`` and ``huge`` are values."""

    async def score(sample: Sample) -> list[Score]:
        text = sample.choices[0].text
        if text == "nan":
            return [_score(sample, float("nan"))]
        if text == "huge":
            return [_score(sample, 0.5, explanation="x" * 2_000_000)]
        if text == "surrogate":
            return [_score(sample, 0.5, explanation="\ud800")]
        if text == "empty":
            return [_score(sample, None, Reason.NO_TEXT)]
        if text == "pid":
            return [_score(sample, 0.5, explanation=str(os.getpid()))]
        if text == "nothing":
            return []
        if text == "junk":
            return ["yes"]  # type: ignore[list-item]
        _misbehave(text)
        return [_score(sample, 0.9 if text.startswith("fine") else 0.1)]

    return score


def hostile_parts(settings: ScorerSettings) -> Scorer:
    """A scorer that is hostile in a part of a reading; it scores with what that part gave, or fails there again."""

    def part(reading: Reading) -> str:
        text = reading.sample.choices[0].text
        _misbehave(text)
        return text

    def score(reading: Reading) -> list[Score]:
        return [_score(reading.sample, 0.9 if reading.once(part).startswith("fine") else 0.1)]

    return ReadingScorer(score, (lambda reading: reading.once(part),))


def unbuildable(settings: ScorerSettings) -> Scorer:
    """A factory whose process dies."""
    os._exit(9)


def unmakeable(settings: ScorerSettings) -> Scorer:
    """A factory that raises."""
    raise RuntimeError("no model")
