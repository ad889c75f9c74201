"""Counts of the ledger's results: triggers append each change as a row, and rows are merged from time to time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import Connection, delete, func, insert, select

from scorers.store.statements import write
from scorers.store.tallies.tables import tally_results

#: Rows merged in one transaction.
_STEP = 10_000
#: Up to this many rows are not merged.
_FEW = 1_000


def count(connection: Connection, new: Iterable[tuple[str, str, str | None]]) -> None:
    """Count results (scorer, result, reason) written in this transaction."""
    rows = [(*key, n) for key, n in Counter(new).items()]
    write(connection, tally_results, ("scorer", "result", "reason", "n"), rows)


def count_results(connection: Connection) -> list[tuple[str, str, str | None, int]]:
    """(scorer, result, reason, n) of the results whose samples are kept, in order."""
    keys = (tally_results.c.scorer, tally_results.c.result, tally_results.c.reason)
    n = func.sum(tally_results.c.n)
    rows = connection.execute(select(*keys, n).group_by(*keys).having(n != 0).order_by(*keys))
    return [(scorer, result, reason, int(number)) for scorer, result, reason, number in rows]


def many_counts(connection: Connection) -> bool:
    """Whether there are enough rows to merge."""
    some = select(tally_results.c.id).limit(_FEW + 1).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one() > _FEW


def bring_together(connection: Connection) -> int:
    """Merge the oldest rows into one row per kind; returns by how many rows the table shrank."""
    oldest = select(tally_results.c.id).order_by(tally_results.c.id).limit(_STEP).scalar_subquery()
    taken = delete(tally_results).where(tally_results.c.id.in_(oldest))
    counts: Counter[tuple[str, str, str | None]] = Counter()
    rows = connection.execute(taken.returning(*(column for column in tally_results.c if column.name != "id"))).all()
    for scorer, result, reason, n in rows:
        counts[scorer, result, reason] += n
    kept = [{"scorer": s, "result": r, "reason": why, "n": n} for (s, r, why), n in counts.items() if n]
    if kept:
        connection.execute(insert(tally_results), kept)
    return len(rows) - len(kept)
