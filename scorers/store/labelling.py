"""Human labels in the store: labels beside scores, which sample to label next, and fitted calibrations.

Every method is one short, blocking transaction and may raise ``StoreUnavailable``.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, exists, func, select, update

from proxy.sample import IMPORTED
from proxy.telemetry.label_values import OTHER
from scorers.score import Verdict
from scorers.statistics.weighted_share import Moments
from scorers.store.engine import Database
from scorers.store.records import Tally
from scorers.store.sql import insert, is_empty
from scorers.store.tables import calibrations, clean, labels, samples, scores
from scorers.store.tallies.window import tallies_between

#: (scorer, output, app, model)
Key = tuple[str, str, str, str]


class LabelledScore(msgspec.Struct, frozen=True, kw_only=True):
    """A labelled sample with the score of the output that was labelled.

    ``weight`` is the choice's weight / the sample's probability. ``chosen`` is the probability with which the sample
    was given to a person, ``None`` where the person chose it. Where several people labelled it, the majority counts; in
    a tie, the newest label.
    """

    key: Key
    sample_id: str
    conversation: str
    value: float
    said: bool
    truth: bool
    weight: float
    chosen: float | None


class Candidate(msgspec.Struct, frozen=True):
    """A scored sample with text that this annotator has not labelled."""

    sample_id: str
    app: str
    value: float


class Cells(msgspec.Struct, frozen=True):
    """For one key: moments of the scores (``y`` sums them), and the weight in equal cells of the score."""

    moments: Moments
    cells: list[float]


def cells_of(tallies: Iterable[Tally]) -> dict[Key, Cells]:
    """The same, computed from tallies that have a scored answer."""
    return {
        (it.scorer, it.output, it.app, it.model): Cells(
            Moments(it.clusters, it.w, it.v, it.ww, it.wv, it.vv, squares=it.squares), it.cells
        )
        for it in tallies
        if it.samples
    }


def _rows(connection: Connection, since: float, until: float, imported: bool) -> list[LabelledScore]:
    s, c, own = samples.c, scores.c, labels.c
    # Labels are few: they are read first, whatever a planner makes of the scores.
    given = (
        select(
            *(own.scorer, own.output, s.app, _model(), own.sample_id, own.verdict.label("truth"), own.at),
            *(own.probability, func.coalesce(s.conversation, s.id).label("conversation")),
            s.probability.label("kept"),
        )
        .select_from(labels.join(samples, s.id == own.sample_id))
        .where(own.verdict != Verdict.UNSURE.value, *_between(since, until, imported))
        .cte("given")
        .prefix_with("MATERIALIZED")
    )
    g = given.c
    wanted = (
        select(
            *(g.scorer, g.output, g.app, g.model, g.sample_id, g.truth, g.probability, g.conversation),
            *(c.choice, c.value, c.verdict, (c.weight / g.kept).label("weight")),
        )
        .select_from(given.join(scores, (c.sample_id == g.sample_id) & (c.scorer == g.scorer) & (c.output == g.output)))
        .where(c.newest, c.value.is_not(None))
        .order_by(g.scorer, g.output, g.sample_id, c.choice, g.at)
    )
    groups: dict[tuple[str, str, str], list[Any]] = defaultdict(list)
    for row in connection.execute(wanted):
        group = groups[row.scorer, row.output, row.sample_id]
        if not group or group[0].choice == row.choice:
            group.append(row)
    return [_labelled(group) for group in groups.values()]


class LabelStore:
    """Access to labels and calibrations."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def rows(self, since: float, until: float, imported: bool = False) -> list[LabelledScore]:
        """The labels yes and no on samples that started in [since, until), Unix s, and have a score to compare with."""
        with self._database.read() as connection:
            return [] if is_empty(connection, labels) else _rows(connection, since, until, imported)

    def cells(
        self, since: float, until: float, outputs: Collection[tuple[str, str]], imported: bool = False
    ) -> dict[Key, Cells]:
        """The scores behind the rates of these (scorer, output) in [since, until)."""
        with self._database.read() as connection:
            found = tallies_between(connection, since, until, imported)
        return cells_of(tally for tally in found if (tally.scorer, tally.output) in outputs)

    def candidates(
        self, output: tuple[str, str], since: float, annotator: str, app: str | None, most: int
    ) -> list[Candidate]:
        """The newest ``most`` scored samples of traffic with text that ``annotator`` has not labelled yet."""
        c, s = scores.c, samples.c
        mine = exists().where(
            *(labels.c.sample_id == s.id, labels.c.scorer == output[0], labels.c.output == output[1]),
            labels.c.annotator == clean(annotator),
        )
        wanted = (
            select(s.id, s.app, func.max(c.value), func.min(c.choice))
            .join(samples, s.id == c.sample_id)
            .where(c.scorer == output[0], c.output == output[1], c.newest, c.value.is_not(None))
            .where(s.content.is_not(None), s.started_at >= since, s.stratum != IMPORTED, ~mine)
            .group_by(s.id, s.app, s.started_at)
            .order_by(s.started_at.desc(), s.id)
            .limit(most)
        )
        if app is not None:
            wanted = wanted.where(s.app == clean(app))
        with self._database.read() as connection:
            return [Candidate(row[0], row[1], row[2]) for row in connection.execute(wanted)]

    def scale(self, keys: Sequence[tuple[str, str, str, str]], factor: float) -> None:
        """Multiply the probability of these labels (sample, scorer, output, annotator), after a session that ended
        early."""
        c = labels.c
        with self._database.write() as connection:
            for key in keys:
                sample_id, scorer, output, annotator = (clean(part) for part in key)
                connection.execute(
                    update(labels)
                    .where(c.sample_id == sample_id, c.scorer == scorer, c.output == output, c.annotator == annotator)
                    .where(c.probability.is_not(None))
                    .values(probability=c.probability * factor)
                )

    def save_fit(self, scorer: str, output: str, model: str, fit: str) -> None:
        """Store a calibration (JSON), replacing the previous one."""
        row = {"scorer": scorer, "output": output, "model": clean(model), "at": self._clock(), "fit": fit}
        with self._database.write() as connection:
            keep = insert(connection, calibrations).values(**row)
            connection.execute(
                keep.on_conflict_do_update(
                    index_elements=["scorer", "output", "model"],
                    set_={"at": keep.excluded.at, "fit": keep.excluded.fit},
                )
            )

    def fits(self) -> dict[tuple[str, str, str], tuple[float, str]]:
        """(scorer, output, model) -> time of the fit (Unix s) and the calibration as JSON."""
        with self._database.read() as connection:
            rows = connection.execute(select(calibrations))
            return {(row.scorer, row.output, row.model): (row.at, row.fit) for row in rows}


def _model() -> ColumnElement[str]:
    return func.coalesce(samples.c.model, OTHER).label("model")


def _between(since: float, until: float, imported: bool) -> tuple[ColumnElement[bool], ...]:
    origin = samples.c.stratum == IMPORTED if imported else samples.c.stratum != IMPORTED
    # Labels are few and samples many: as a sum the time is no reason to begin with all samples of a window.
    at = samples.c.started_at + 0.0
    return at >= since, at < until, origin


def _labelled(group: Sequence[Any]) -> LabelledScore:
    row = group[-1]
    yes = sum(each.truth == Verdict.YES.value for each in group)
    truth = row.truth == Verdict.YES.value if 2 * yes == len(group) else 2 * yes > len(group)
    known = [each.probability for each in group if each.probability is not None]
    return LabelledScore(
        key=(row.scorer, row.output, row.app, row.model),
        sample_id=row.sample_id,
        conversation=row.conversation,
        value=row.value,
        said=row.verdict == Verdict.YES.value,
        truth=truth,
        weight=row.weight,
        chosen=max(known) if known else None,
    )
