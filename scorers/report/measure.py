"""One scorer over one labelled set: what it gave for each row, and what a row cost."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from scorers.report.figures import Figures, Scored, figures, intervals
from scorers.report.pairs import paired_accuracy
from scorers.report.sets import DataSet
from scorers.score import Scorer, Verdict


@dataclass(frozen=True, slots=True)
class Measured:
    """``unscored`` counts rows by reason; ``milliseconds`` is CPU time a row, unscored rows included."""

    data: DataSet
    rows: list[Scored]
    unscored: dict[str, int]
    milliseconds: float

    @property
    def figures(self) -> Figures:
        """The figures of the scored rows."""
        return figures(self.rows)

    @property
    def intervals(self) -> dict[str, tuple[float, float]]:
        """Their bootstrap intervals."""
        return intervals(self.rows)

    @property
    def paired(self) -> tuple[float | None, int]:
        """Paired accuracy within the groups, and the number of pairs."""
        return paired_accuracy([(row.group, row.label, row.value) for row in self.rows])

    @property
    def per_second(self) -> float:
        """Rows a second on one core."""
        return 1000.0 / max(1e-6, self.milliseconds)


async def measure(scorer: Scorer, data: DataSet, folder: Path) -> Measured:
    """Run the scorer over the set. Raises ``OSError`` and ``ValueError`` when the set can not be read."""
    labelled = data.load(folder)
    output = data.output.partition(".")[2]
    rows: list[Scored] = []
    unscored: dict[str, int] = {}
    started = time.process_time()
    scored = [await scorer(row.sample) for row in labelled]
    spent = time.process_time() - started
    for row, scores in zip(labelled, scored, strict=True):
        for score in scores:
            if score.output != output:
                continue
            if score.value is None:
                reason = str(score.unscored_reason)
                unscored[reason] = unscored.get(reason, 0) + 1
            else:
                rows.append(Scored(score.value, score.verdict is Verdict.YES, row.label, row.group))
    return Measured(data, rows, unscored, spent * 1000.0 / max(1, len(labelled)))


def table_row(measured: Measured) -> str:
    """One Markdown line: set, n, AUROC, BAcc, sensitivity, specificity, F1, ECE with intervals, ms, rows a second."""
    found, spread = measured.figures, measured.intervals
    cells = [f"`{measured.data.output}`", measured.data.name, f"{found.positives} + {found.negatives}"]
    for key in ("auroc", "balanced_accuracy", "sensitivity", "specificity", "f1", "ece"):
        figure = getattr(found, key)
        between = f" [{spread[key][0]:.3f}, {spread[key][1]:.3f}]" if key in spread else ""
        cells.append("–" if figure is None else f"{figure:.3f}{between}")
    return f"| {' | '.join(cells)} | {measured.milliseconds:.2f} | {measured.per_second:,.0f} |"
