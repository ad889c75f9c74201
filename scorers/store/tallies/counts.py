"""Results of the ledger, counted: triggers write each change as a row, which are brought together now and then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import Connection, delete, func, insert, select

from scorers.store.statements import write
from scorers.store.tallies.tables import tally_results

#: Rows brought together in one transaction.
_STEP = 10_000
#: So few rows stay as they are.
_FEW = 1_000


def count(connection: Connection, new: Iterable[tuple[str, str, str | None]]) -> None:
    """Count results (scorer, result, reason) that are written with this transaction."""
    rows = [(*key, n) for key, n in Counter(new).items()]
    write(connection, tally_results, ("scorer", "result", "reason", "n"), rows)


def count_results(connection: Connection) -> list[tuple[str, str, str | None, int]]:
    """(scorer, result, reason, n) of the results whose samples are kept, in order."""
    keys = (tally_results.c.scorer, tally_results.c.result, tally_results.c.reason)
    n = func.sum(tally_results.c.n)
    rows = connection.execute(select(*keys, n).group_by(*keys).having(n != 0).order_by(*keys))
    return [(scorer, result, reason, int(number)) for scorer, result, reason, number in rows]


def many_counts(connection: Connection) -> bool:
    """Whether there are rows enough to be brought together."""
    some = select(tally_results.c.id).limit(_FEW + 1).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one() > _FEW


def bring_together(connection: Connection) -> int:
    """Make one row of each kind out of the oldest rows; returns how many fewer there are."""
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
