"""The judge's data in the store: spending by day, control items, and the facts that it needs of a sample.

Every method is one short, blocking transaction and may raise ``StoreUnavailable``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime

import msgspec
from sqlalchemy import Connection, delete, func, select

from proxy.sample import IMPORTED
from scorers.score import JUDGE
from scorers.store.engine import Database
from scorers.store.labels_and_erasure import forgotten_among
from scorers.store.pressure import asked_today
from scorers.store.sql import insert
from scorers.store.tables import clean, judge_controls, judge_spending, samples, scores

#: The row of a day's sum over all applications. No application has an empty name.
_SUM = ""
#: How long spending (days) and control items (hours) are kept.
_DAYS, _HOURS = 400, 24 * 60


class Control(msgspec.Struct, frozen=True):
    """The judge's answer for one control item. ``expected``: yes or no. ``value``: P(event); without one, ``reason``
    is set."""

    round: int
    item: str
    scorer: str
    version: str
    expected: str
    value: float | None
    reason: str | None = None


class Volume(msgspec.Struct, frozen=True):
    """Samples of an application in a window, the requests that they represent, and their mean length in characters."""

    app: str
    samples: int
    requests: float
    characters: float


class _Exceeded(Exception):
    pass


class JudgeStore:
    """The judge's access to the store."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def spend(
        self,
        app: str,
        usd: float,
        budget: float | None,
        share: float | None,
        cap: float | None = None,
        day: str | None = None,
    ) -> bool:
        """Add ``usd`` to the spending of a ``day``, else of today. False, with nothing added, when ``budget``, the
        app's ``share``, or with all other requests of our own ``cap`` would be exceeded.

        A negative amount releases what was reserved and not needed.
        """
        day = day or self.today()
        try:
            with self._database.write() as connection:
                if cap is not None and usd > 0:
                    left = cap - asked_today(connection, day)
                    budget = left if budget is None else min(budget, left)
                for name, most in ((_SUM, budget), (clean(app) or "", share)):
                    if not _add(connection, day, name, usd, most):
                        raise _Exceeded  # neither of the two rows keeps it
        except _Exceeded:
            return False
        return True

    def spent(self) -> dict[str, float]:
        """Today's USD by application; the sum is under the empty name."""
        with self._database.read() as connection:
            rows = connection.execute(select(judge_spending).where(judge_spending.c.day == self.today()))
            return {row.app: row.usd for row in rows}

    def values(self, sample_id: str) -> dict[tuple[str, str, int], float | None]:
        """The scorers' results for a sample: (scorer, output, choice) -> value, ``None`` where it is unscored."""
        c = scores.c
        wanted = select(c.scorer, c.output, c.choice, c.value)
        wanted = wanted.where(c.sample_id == clean(sample_id), c.newest, ~c.version.startswith(JUDGE))
        with self._database.read() as connection:
            return {(row.scorer, row.output, row.choice): row.value for row in connection.execute(wanted)}

    def is_forgotten(self, user_hash: str, began: float) -> bool:
        """Whether what this user began at that moment (Unix s) is to be kept without its text, and judged no more."""
        with self._database.read() as connection:
            return forgotten_among(connection, [user_hash], self._clock())(user_hash, began)

    def save_controls(self, items: Sequence[Control]) -> None:
        """Store a round of control items. The first result in a round is final."""
        rows = [msgspec.structs.asdict(item) for item in items]
        oldest = min((item.round for item in items), default=0) - _HOURS
        with self._database.write() as connection:
            if rows:
                connection.execute(insert(connection, judge_controls).on_conflict_do_nothing(), rows)
            connection.execute(delete(judge_controls).where(judge_controls.c.round < oldest))
            before = datetime.fromtimestamp(self._clock() - _DAYS * 86400, UTC).date().isoformat()
            connection.execute(delete(judge_spending).where(judge_spending.c.day < before))

    def controls(self, since: int) -> list[Control]:
        """The control items of all rounds from ``since`` on, in order."""
        c = judge_controls.c
        wanted = select(judge_controls).where(c.round >= since).order_by(c.round, c.item)
        with self._database.read() as connection:
            return [Control(**row._mapping) for row in connection.execute(wanted)]

    def volumes(self, since: float, until: float, apps: Collection[str]) -> list[Volume]:
        """How much of ``apps`` (of all when empty) was sampled from traffic in [since, until), by application."""
        c = samples.c
        length = func.coalesce(func.avg(func.length(c.content)), 0.0)
        wanted = select(c.app, func.count(), func.sum(1.0 / c.probability), length)
        wanted = wanted.where(c.started_at >= since, c.started_at < until, c.stratum != IMPORTED)
        if apps:
            wanted = wanted.where(c.app.in_(sorted(apps)))
        with self._database.read() as connection:
            rows = connection.execute(wanted.group_by(c.app).order_by(c.app)).all()
        return [Volume(row[0], row[1], float(row[2]), float(row[3])) for row in rows]

    def today(self) -> str:
        """The day (UTC) to which spending counts now."""
        return datetime.fromtimestamp(self._clock(), UTC).date().isoformat()


def _add(connection: Connection, day: str, app: str, usd: float, most: float | None) -> bool:
    """Add to one row unless the sum would exceed ``most``. It is one statement, so workers cannot overspend
    together."""
    if most is not None and usd > most:
        return False
    table = judge_spending
    statement = insert(connection, table).values(day=day, app=app, usd=max(0.0, usd))
    total = table.c.usd + usd
    within = None if most is None or usd <= 0 else total <= most
    kept = func.max(0.0, total) if connection.dialect.name == "sqlite" else func.greatest(0.0, total)
    statement = statement.on_conflict_do_update(index_elements=["day", "app"], set_={"usd": kept}, where=within)
    return connection.execute(statement.returning(table.c.app)).one_or_none() is not None
