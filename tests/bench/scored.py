"""Scores samples in a process of its own, and says what each scorer cost: ``python scored.py FILE WARM``.

It runs the scorers of the checkout that stands in ``PYTHONPATH``, as ``sightglass score`` does: one sample after
another, all scorers on each, in one thread. A pass over the samples of WARM warms it up, the one over FILE is measured:
scorers may remember texts that they have seen. On stdout: CPU seconds a sample by scorer, and a digest of all scores,
as one JSON object.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import json
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any


def _module(*names: str) -> Any:
    """The first of these modules that the checkout has: they were moved."""
    for name in names:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if not name.startswith(str(error.name)):
                raise
    raise SystemExit(f"bench: this checkout has none of {', '.join(names)}")


def _shared(sample: Any) -> Any:
    """What the scorers of one sample share, in a build that has it."""
    try:
        return importlib.import_module("scorers.reading.reading").Reading(sample)
    except ModuleNotFoundError:
        return None


def _settled() -> AbstractContextManager[None]:
    """What ``sightglass score`` does with the garbage collector, in a build that does something."""
    try:
        made: AbstractContextManager[None] = importlib.import_module("scorers.reading.settled").settled()
        return made
    except ModuleNotFoundError:
        return nullcontext()


def _encoder() -> None:
    """Load the sentence encoder, in a build that has one: whichever sample needs it first would be charged for it."""
    try:
        importlib.import_module("scorers.reading.encoder").vectors(["The ferry left."])
    except (ModuleNotFoundError, AttributeError):
        return


async def _call(scorer: Any, sample: Any, reading: Any) -> list[Any]:
    return list(scorer.score(reading) if reading is not None else await scorer(sample))


async def _pass(lines: list[bytes], decode: Any, scorers: dict[str, Any]) -> tuple[dict[str, float], str]:
    spent = dict.fromkeys(("read", *scorers), 0.0)
    digest = hashlib.sha256()
    for number, line in enumerate(lines, 1):
        begun = time.process_time()
        sample = decode(line, number)
        reading = _shared(sample)
        spent["read"] += time.process_time() - begun
        for name, scorer in scorers.items():
            begun = time.process_time()
            scores = await _call(scorer, sample, reading)
            spent[name] += time.process_time() - begun
            for score in scores:
                value = None if score.value is None else round(score.value, 9)
                digest.update(repr((score.sample_id, score.output, value, str(score.unscored_reason))).encode())
    return {name: seconds / len(lines) for name, seconds in spent.items()}, digest.hexdigest()


def main(path: str, warm: str) -> int:
    """Print what was found. The scores are the same with what is remembered of the samples, or the status is 1."""
    settings = _module("proxy.config.settings", "proxy.settings").ScorerSettings
    decode = _module("scorers.formats.recorded", "scorers.recorded").decode
    factories = _module("scorers.registry").FACTORIES
    scorers = {name: factory(settings()) for name, factory in factories.items()}
    lines = Path(path).read_bytes().splitlines()
    _encoder()
    asyncio.run(_pass(Path(warm).read_bytes().splitlines(), decode, scorers))
    with _settled():
        seconds, digest = asyncio.run(_pass(lines, decode, scorers))
    _, again = asyncio.run(_pass(lines, decode, scorers))
    print(json.dumps({"seconds": seconds, "digest": digest}))
    return 0 if digest == again else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
