"""The sums behind the rates, counted plainly: every score of every sample is looked at, in Python."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, text

from scorers.score import NOT_APPLICABLE, Reason
from scorers.store.records import Tally

_WANTED = text(
    "SELECT s.id, s.app, coalesce(s.model, 'other') AS model, s.conversation, s.probability, c.scorer, c.output,"
    " c.version, c.weight, c.value, c.verdict, c.unscored_reason, c.newest"
    " FROM samples s JOIN scores c ON c.sample_id = s.id"
    " WHERE s.started_at >= :since AND s.started_at < :until AND (s.stratum = 'imported') = :imported"
)
_BESIDE = {reason.value for reason in NOT_APPLICABLE}
_UNANSWERED = {Reason.NO_TEXT.value, Reason.INCOMPLETE.value}


def counted(connection: Connection, since: float, until: float, imported: bool = False) -> list[Tally]:
    """The tallies of samples that started in [since, until), ordered by their keys."""
    groups: dict[tuple[str, str, str, str], list[Any]] = defaultdict(list)
    for row in connection.execute(_WANTED, {"since": since, "until": until, "imported": imported}):
        groups[row.scorer, row.output, row.app, row.model].append(row)
    return [_tally(key, rows) for key, rows in sorted(groups.items()) if any(row.newest for row in rows)]


def _tally(key: tuple[str, str, str, str], rows: list[Any]) -> Tally:
    newest = [row for row in rows if row.newest]
    scored = [row for row in newest if row.value is not None]
    said: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    cells = [0.0] * 10
    for row in scored:
        weight = row.weight / row.probability
        said[row.conversation or f"alone {row.id}"].append(
            (weight, weight * (row.verdict == "yes"), weight * row.value)
        )
        cells[min(9, next(i for i in range(10) if row.value < (i + 1) / 10 or i == 9))] += weight
    sums = [tuple(math.fsum(part) for part in zip(*parts, strict=True)) for parts in said.values()]
    return Tally(
        scorer=key[0],
        output=key[1],
        app=key[2],
        model=key[3],
        samples=len({row.id for row in scored}),
        answered=sum(row.unscored_reason not in _UNANSWERED for row in newest),
        judged=len({row.id for row in rows if row.version.startswith("judge") and row.value is not None}),
        clusters=len(sums),
        w=math.fsum(w for w, _, _ in sums),
        y=math.fsum(y for _, y, _ in sums),
        v=math.fsum(v for _, _, v in sums),
        ww=math.fsum(w * w for w, _, _ in sums),
        wy=math.fsum(w * y for w, y, _ in sums),
        yy=math.fsum(y * y for _, y, _ in sums),
        wv=math.fsum(w * v for w, _, v in sums),
        vv=math.fsum(v * v for _, _, v in sums),
        squares=math.fsum((row.weight / row.probability) ** 2 for row in scored),
        not_applicable=math.fsum(row.weight / row.probability for row in newest if row.unscored_reason in _BESIDE),
        cells=cells,
    )
