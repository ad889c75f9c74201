"""Runs -> figures: the median of the rounds' ratios with their least and greatest, a table, and JSON."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.bench.cells import Cell


@dataclass(frozen=True, slots=True)
class Run:
    """One contender in one round. ``cost`` is CPU seconds a request, or for the latency its median in seconds."""

    contender: str
    round: int
    requests: int
    errors: int
    cost: float
    per_second: float


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of the rounds, with the least and the greatest."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """Of at least one value."""
        known = sorted(values)
        return cls(statistics.median(known), known[0], known[-1])

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f}-{self.high:.2f})"

    def json(self) -> dict[str, float]:
        """For the file."""
        return {"median": round(self.median, 4), "min": round(self.low, 4), "max": round(self.high, 4)}


@dataclass(slots=True)
class Result:
    """One cell's runs, and what was wrong."""

    cell: Cell
    runs: list[Run] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def names(self) -> list[str]:
        """Those that are compared with nginx (or, for the latency, with the upstream itself)."""
        base = "direct" if self.cell.kind == "latency" else "nginx"
        seen = dict.fromkeys(run.contender for run in self.runs)
        return [name for name in seen if name not in ("direct", base)]

    def of(self, name: str) -> list[Run]:
        """The runs of one contender, round by round."""
        return [run for run in self.runs if run.contender == name]

    def figure(self, name: str) -> Spread:
        """Times nginx in the same round; for the latency milliseconds above the upstream itself."""
        if self.cell.kind == "latency":
            pairs = zip(self.of(name), self.of("direct"), strict=True)
            return Spread.of((own.cost - base.cost) * 1000 for own, base in pairs)
        return Spread.of(own.cost / base.cost for own, base in zip(self.of(name), self.of("nginx"), strict=True))

    def verdict(self, name: str) -> str:
        """Against the bounds; a wrong answer makes the figure worth nothing."""
        if self.problems or any(run.errors for run in self.runs):
            return "WRONG ANSWERS"
        if name == "nginx":
            return ""
        figure = self.figure(name).median
        return "aim reached" if figure <= self.cell.aim else "reached" if figure <= self.cell.must else "not reached"

    def json(self) -> dict[str, Any]:
        """For the file."""
        unit = "ms" if self.cell.kind == "latency" else "times nginx"
        return {
            "title": self.cell.title,
            "unit": unit,
            "must": self.cell.must,
            "aim": self.cell.aim,
            "figures": {name: self.figure(name).json() | {"verdict": self.verdict(name)} for name in self.names()},
            "microseconds": {
                name: Spread.of(run.cost * 1e6 for run in self.of(name)).json()
                for name in dict.fromkeys(run.contender for run in self.runs)
            },
            "requests_per_second": {
                name: Spread.of(run.per_second for run in self.of(name)).json()
                for name in dict.fromkeys(run.contender for run in self.runs)
            },
            "requests": {
                name: sum(run.requests for run in self.of(name)) for name in ("direct", "nginx", *self.names())
            },
            "errors": sum(run.errors for run in self.runs),
            "problems": self.problems,
        }


def table(results: list[Result]) -> str:
    """What is printed."""
    lines = []
    for result in results:
        latency = result.cell.kind == "latency"
        unit = "ms above direct" if latency else "x nginx's CPU a request"
        lines.append(
            f"{result.cell.name}: {result.cell.title}   must {result.cell.must:g}, aim {result.cell.aim:g} {unit}"
        )
        for name in dict.fromkeys(run.contender for run in result.runs):
            runs = result.of(name)
            cost = Spread.of(run.cost * 1e6 for run in runs)
            speed = statistics.median(run.per_second for run in runs)
            figure = result.figure(name) if name in result.names() else ""
            verdict = result.verdict(name) if figure else ""
            said = f"{cost.median:9.1f} us ({cost.low:.1f}-{cost.high:.1f})"
            lines.append(f"  {name:<12}{figure!s:<22}{said:<34}{speed:9.0f} req/s   {verdict}".rstrip())
        errors = sum(run.errors for run in result.runs)
        lines += [f"  ! {errors} wrong answers"] if errors else []
        lines += [f"  ! {problem}" for problem in result.problems]
    return "\n".join(lines)
