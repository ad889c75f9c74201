"""One scorer over one labelled set: what it gave for each row, and what a row cost."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scorers.datasets.figures import Scored
from scorers.datasets.pairs import Labelled, paired_accuracy
from scorers.datasets.sets import DataSet
from scorers.report.table import Row, row_of
from scorers.score import Scorer, Verdict


@dataclass(frozen=True, slots=True)
class Measured:
    """``unscored`` counts rows by reason; ``milliseconds`` is CPU time a row, unscored rows included."""

    data: DataSet
    rows: list[Scored]
    unscored: Mapping[str, int]
    milliseconds: float
    version: str

    @property
    def row(self) -> Row:
        """What is published of it."""
        made = row_of(self.data.output, self.data.name, self.data.source, self.data.fitted, self.rows)
        made.unscored = dict(self.unscored)
        made.milliseconds = round(self.milliseconds, 4)
        made.per_second = round(1000.0 / max(1e-6, self.milliseconds))
        made.version = self.version
        if self.data.arrange is not None:
            made.paired, made.pairs = paired_accuracy([(row.group, row.label, row.value) for row in self.rows])
        return made


def capped(rows: list[Labelled], most: int, groups: bool) -> list[Labelled]:
    """``most`` rows drawn by a fixed seed, in their order; whole groups where rows of one belong together."""
    if len(rows) <= most:
        return rows
    coin = random.Random(3)
    if not groups:
        return [rows[at] for at in sorted(coin.sample(range(len(rows)), most))]
    size: dict[str, int] = {}
    for row in rows:
        size[row.group] = size.get(row.group, 0) + 1
    kept: set[str] = set()
    left = most
    for name in coin.sample(sorted(size), len(size)):
        if left <= 0:
            break
        kept.add(name)
        left -= size[name]
    return [row for row in rows if row.group in kept]


async def measure(scorer: Scorer, data: DataSet, folder: Path, most: int | None = None) -> Measured:
    """Run the scorer over the set. Raises ``OSError`` and ``ValueError`` when the set cannot be read."""
    labelled = data.load(folder)
    if most is not None:
        labelled = capped(labelled, most, data.arrange is not None)
    output = data.output.partition(".")[2]
    rows: list[Scored] = []
    unscored: dict[str, int] = {}
    version = ""
    started = time.process_time()
    scored = [await scorer(row.sample) for row in labelled]
    spent = time.process_time() - started
    for row, scores in zip(labelled, scored, strict=True):
        for score in scores:
            if score.output != output:
                continue
            version = score.version
            if score.value is None:
                reason = str(score.unscored_reason)
                unscored[reason] = unscored.get(reason, 0) + 1
            else:
                rows.append(Scored(score.value, score.verdict is Verdict.YES, row.label, row.group))
    return Measured(data, rows, unscored, spent * 1000.0 / max(1, len(labelled)), version)
