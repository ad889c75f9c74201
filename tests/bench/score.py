"""The cell ``score``: CPU a sample of each scorer on samples of 1, 20 and 100 KB, and whether it grows with the size.

Samples are a question, a document and an answer of own words, always the same ones, in the recorded format. Each
checkout scores them in a process of its own (``scored.py``); in each round one follows the other.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.figures import Spread

#: KB -> characters of the document and of the answer, and samples of one round.
SIZES: dict[int, tuple[int, int, int]] = {1: (700, 350, 200), 20: (17_000, 2_500, 25), 100: (92_000, 6_000, 6)}
#: Times as fast as the other checkout, at 20 KB.
MUST, AIM = 3.0, 6.0
_PASS_WITHIN = 300.0

_WHO = "the harbour office|a keeper|the council|Mara Lind|the ferry company|an engineer|the museum|Odd Berg|the school"
_DID = "opened|rebuilt|sold|measured|painted|closed|moved|described|paid for|inspected|lost|named|lit|copied"
_WHAT = "the old pier|a lamp|two boats|the north gate|the tide table|a stone bridge|the map room|an archive|the quay"
_HOW = "with care|after a long storm|for the first time|without a plan|before the winter|at low water|in a single day"
_WHY = (
    "because the wood was rotten|so that visitors could pass|although nobody had asked|as the law required|by mistake"
)
_LIST = tuple(part.split("|") for part in (_WHO, _DID, _WHAT, _HOW, _WHY))


def sentence(coin: random.Random) -> str:
    """One sentence of own words with a year, a number or neither."""
    who, did, what, how, why = (coin.choice(part) for part in _LIST)
    tail = coin.choice(
        ("", f" in {coin.randrange(1800, 2020)}", f" for {coin.randrange(2, 900)},{coin.randrange(100, 999)} crowns")
    )
    odd = "".join(coin.choice("aeioulmnrst") for _ in range(coin.randrange(4, 9)))
    return f"{who[0].upper()}{who[1:]} {did} {what} of {odd.capitalize()}{tail} {how}, {why}."


def text(coin: random.Random, size: int) -> str:
    """Sentences, some to a paragraph, of about so many characters."""
    found: list[str] = []
    length = 0
    while length < size:
        found.append(sentence(coin) + ("\n\n" if coin.random() < 0.1 else " "))
        length += len(found[-1])
    return "".join(found).strip()


def lines(kilobytes: int, other: int = 0) -> list[str]:
    """The samples of one size. Half of an answer's sentences stand in the document. ``other``: others of that size."""
    document, answer, count = SIZES[kilobytes]
    coin, found = random.Random(kilobytes + 1_000 * other), []
    for number in range(count):
        given = text(coin, document)
        known = [part.strip() for part in given.replace("\n\n", " ").split(". ") if part.strip()]
        said: list[str] = []
        while sum(map(len, said)) < answer:
            said.append(f"{coin.choice(known).rstrip('.')}." if coin.random() < 0.5 else sentence(coin))
        asked = "Who rebuilt the old pier, when was that, and what did it cost the town?"
        system = "You are the guide of a museum. Answer only from the document."
        messages = [{"role": "system", "content": system}, {"role": "user", "content": asked}]
        row = {"id": f"s{number}", "messages": messages, "context": given, "response": " ".join(said)}
        found.append(json.dumps(row))
    return found


@dataclass(slots=True)
class Scoring:
    """All rounds of one size: contender -> CPU seconds a sample by scorer, a round after the other."""

    kilobytes: int
    rounds: dict[str, list[dict[str, float]]] = field(default_factory=dict)
    digests: dict[str, set[str]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def part(self, name: str, scorer: str) -> float:
        """Median of the rounds, in milliseconds a sample."""
        return statistics.median(one[scorer] for one in self.rounds[name]) * 1e3

    def whole(self, name: str) -> Spread:
        """All scorers and the reading of the line, in milliseconds a sample."""
        return Spread.of(sum(one.values()) * 1e3 for one in self.rounds[name])

    def times(self) -> Spread | None:
        """How many times as fast as the other checkout in the same round."""
        if len(self.rounds) < 2:
            return None
        own, other = self.rounds.values()
        return Spread.of(sum(b.values()) / sum(a.values()) for a, b in zip(own, other, strict=True))

    def same(self) -> bool:
        """Whether both checkouts gave the same scores."""
        return len(set().union(*self.digests.values())) == 1

    def json(self) -> dict[str, Any]:
        """For the file."""
        times = self.times()
        return {
            "kilobytes": self.kilobytes,
            "problems": self.problems,
            "same_scores": self.same(),
            "times_as_fast": times.json() if times else None,
            "milliseconds": {
                name: {scorer: round(self.part(name, scorer), 4) for scorer in rounds[0]}
                | {"whole": self.whole(name).json()}
                for name, rounds in self.rounds.items()
            },
        }


def table(found: Scoring) -> str:
    """What is printed."""
    scorers = list(next(iter(found.rounds.values()))[0])
    out = [f"score: samples of {found.kilobytes} KB, ms of CPU a sample   must {MUST:g}, aim {AIM:g} x at 20 KB"]
    out.append("  " + "".join(f"{name[:11]:>12}" for name in ("", "whole", *scorers)))
    for name in found.rounds:
        parts = "".join(f"{found.part(name, scorer):12.3f}" for scorer in scorers)
        out.append(f"  {name:>12}{found.whole(name).median:12.3f}{parts}")
    times = found.times()
    if times is not None:
        verdict = "aim reached" if times.median >= AIM else "reached" if times.median >= MUST else "not reached"
        out.append(f"  {times} x as fast, {verdict}; {'the same scores' if found.same() else 'OTHER scores'}")
    return "\n".join([*out, *(f"  ! {problem}" for problem in found.problems)])


def run(kilobytes: int, rounds: int, trees: dict[str, Path], folder: Path) -> Scoring:
    """Measure one size."""
    file, warm = folder / f"{kilobytes}.jsonl", folder / f"{kilobytes}-warm.jsonl"
    file.write_text("\n".join(lines(kilobytes)) + "\n", encoding="utf-8")
    warm.write_text("\n".join(lines(kilobytes, 1)) + "\n", encoding="utf-8")
    found = Scoring(kilobytes, {name: [] for name in trees}, {name: set() for name in trees})
    for _ in range(rounds):
        for name, tree in trees.items():
            environ = {**os.environ, "PYTHONPATH": str(tree.resolve()), "PYTHONHASHSEED": "0"}
            command = [sys.executable, str(Path(__file__).with_name("scored.py")), str(file), str(warm)]
            done = subprocess.run(
                command, capture_output=True, text=True, env=environ, cwd=folder, timeout=_PASS_WITHIN, check=False
            )
            if done.returncode != 0:
                raise AssertionError(f"{name}: {done.stderr.strip()[-500:] or 'two passes, two sets of scores'}")
            said = json.loads(done.stdout)
            found.rounds[name].append(said["seconds"])
            found.digests[name].add(said["digest"])
    return found
