"""Shares in a recorded file: verdicts counted per output, compared with labels, printed as a table or as JSON."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from scorers.formats.text_table import aligned
from scorers.score import OUTPUTS, Score, Verdict

_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Gate:
    """The share of yes among scored answers above which the run fails."""

    scorer: str
    output: str
    share: float


def parse_gate(text: str) -> Gate:
    """``scorer.output=0.05``. Raises ``ValueError`` with one phrase."""
    key, equals, number = text.partition("=")
    scorer, _, output = key.partition(".")
    if not equals or output not in OUTPUTS.get(scorer, ()):
        raise ValueError("not SCORER.OUTPUT=SHARE with a known output")
    try:
        share = float(number)
    except ValueError:
        share = math.nan
    if not 0.0 <= share <= 1.0:
        raise ValueError("the share is a number from 0 to 1, like 0.05 for 5 %")
    return Gate(scorer, output, share)


def wilson(yes: int, n: int) -> tuple[float, float]:
    """The 95 % Wilson interval of the share ``yes / n``; (0, 1) when ``n`` is 0."""
    if n == 0:
        return 0.0, 1.0
    p, z2 = yes / n, _Z * _Z
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(slots=True)
class _Tally:
    yes: int = 0
    scored: int = 0
    unscored: Counter[str] = field(default_factory=Counter)
    #: (label, verdict is yes) -> answers
    labelled: Counter[tuple[str, bool]] = field(default_factory=Counter)


class Tallies:
    """Counts for each scorer.output, in table order; an output appears once one of its scores was seen."""

    def __init__(self, scorers: Iterable[str]) -> None:
        self._order = [(scorer, output) for scorer in scorers for output in OUTPUTS[scorer]]
        self._tallies = {key: _Tally() for key in self._order}

    def add(self, score: Score, labels: Mapping[str, str]) -> None:
        """Count one score and, if the answer is labelled, whether the verdict agrees."""
        tally = self._tallies[score.scorer, score.output]
        if score.value is None:
            tally.unscored[str(score.unscored_reason)] += 1
            return
        said = score.verdict is Verdict.YES
        tally.scored += 1
        tally.yes += said
        label = labels.get(f"{score.scorer}.{score.output}")
        if label is not None:
            tally.labelled[label, said] += 1

    def share(self, scorer: str, output: str) -> float | None:
        """Share of yes among scored answers; ``None`` when none was scored."""
        tally = self._tallies[scorer, output]
        return tally.yes / tally.scored if tally.scored else None

    def rows(self) -> list[dict[str, object]]:
        """One object for each output with a score."""
        return [
            {
                "scorer": scorer,
                "output": output,
                "ratio": self.share(scorer, output),
                "interval": wilson(tally.yes, tally.scored) if tally.scored else None,
                "scored": tally.scored,
                "unscored": dict(sorted(tally.unscored.items())),
                "sensitivity": _agreement(tally, "yes", said=True),
                "specificity": _agreement(tally, "no", said=False),
            }
            for (scorer, output), tally in self._tallies.items()
            if tally.scored or tally.unscored
        ]

    def as_json(self) -> str:
        """The rows as JSON on one line."""
        return json.dumps({"outputs": self.rows()}) + "\n"

    def as_table(self) -> str:
        """The rows as aligned text: flagged share with interval and n, then agreement with labels. Empty when there
        are none."""
        lines = [("output", "flagged", "n", "not scored")]
        for (scorer, output), tally in self._tallies.items():
            if not (tally.scored or tally.unscored):
                continue
            unscored = ", ".join(f"{reason} {n}" for reason, n in sorted(tally.unscored.items())) or "-"
            lines.append((f"{scorer}.{output}", _told(tally.yes, tally.scored), str(tally.scored), unscored))
            for word, label, said in (("sensitivity", "yes", True), ("specificity", "no", False)):
                n = tally.labelled[label, True] + tally.labelled[label, False]
                if n:
                    lines.append((f"  {word}", _told(tally.labelled[label, said], n), str(n), ""))
        return "".join(f"{line}\n" for line in aligned(lines, left=(0, 3))) if len(lines) > 1 else ""


def _agreement(tally: _Tally, label: str, *, said: bool) -> dict[str, object] | None:
    n = tally.labelled[label, True] + tally.labelled[label, False]
    right = tally.labelled[label, said]
    return {"value": right / n, "interval": wilson(right, n), "n": n} if n else None


def _told(yes: int, n: int) -> str:
    if n == 0:
        return "-"
    low, high = wilson(yes, n)
    return f"{yes / n:.3f} ({low:.3f}-{high:.3f})"
