"""The sums computed from the rows themselves; the tallies are copies of these."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Double,
    Integer,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    cast,
    false,
    func,
    or_,
    select,
    true,
)

from proxy.sample import IMPORTED
from proxy.telemetry.label_values import OTHER
from scorers.score import JUDGE, NOT_APPLICABLE, Reason, Verdict
from scorers.store.sql import chunks
from scorers.store.tables import samples, scores
from scorers.store.tallies.spans import MINUTE
from scorers.store.tallies.tables import ANSWERS, CELLS, MOMENTS

#: Reasons that a request without a final answer has in every output.
UNANSWERED = (Reason.NO_TEXT.value, Reason.INCOMPLETE.value)
#: (scorer, output, app, model)
Key = tuple[str, str, str, str]
#: Numbers in the order of ``ANSWERS`` and ``MOMENTS``, or of ``MOMENTS`` alone.
Sums = dict[Key, list[float]]
#: (scorer, output) -> numbers in the order of ``MOMENTS``.
Moments = dict[tuple[str, str], list[float]]


class Place(NamedTuple):
    """A minute's key in the tallies."""

    start: int
    imported: bool
    key: Key


class Voice(NamedTuple):
    """Identifies a conversation in the tallies: it has one voice for each (app, model)."""

    conversation: str
    imported: bool
    app: str
    model: str


class Said(NamedTuple):
    """A voice's answers: when the first and last of their requests began, and (scorer, output) -> [W, Y, V]."""

    began_at: float
    ended_at: float
    sums: dict[tuple[str, str], list[float]]

    def add_to(self, into: Sums, voice: Voice, sign: int = 1, offset: int = 0) -> None:
        """Add the moments of the whole voice to those with the same key, starting at ``offset``; ``sign`` -1 removes
        them."""
        moments: Moments = {}
        self.into(moments, sign)
        add(into, {(*output, voice.app, voice.model): numbers for output, numbers in moments.items()}, offset)

    def into(self, moments: Moments, sign: int = 1) -> None:
        """Add the moments of the whole voice; ``sign`` -1 removes them."""
        for output, (w, y, v) in self.sums.items():
            if w > 0:
                own = moments.get(output)
                if own is None:
                    own = moments[output] = [0.0] * len(MOMENTS)
                signed = sign * w
                own[0] += sign
                own[1] += signed * w
                own[2] += signed * y
                own[3] += sign * y * y
                own[4] += signed * v
                own[5] += sign * v * v

    def with_more(self, more: Said, moments: Moments | None = None) -> Said:
        """The voice with further answers. ``moments``: to which the difference of its moments is added."""
        sums = dict(self.sums)
        for output, numbers in more.sums.items():
            before = sums.get(output)
            if before is None:
                sums[output], w0, y0, v0 = numbers, 0.0, 0.0, 0.0
                w, y, v = numbers
            else:
                (w0, y0, v0), (w, y, v) = before, numbers
                w, y, v = w0 + w, y0 + y, v0 + v
                sums[output] = [w, y, v]
            if moments is None or w <= 0:
                continue
            own = moments.get(output)
            if own is None:
                own = moments[output] = [0.0] * len(MOMENTS)
            if w0 <= 0:
                own[0] += 1.0
            own[1] += w * w - w0 * w0
            if y:
                own[2] += w * y - w0 * y0
                own[3] += y * y - y0 * y0
            own[4] += w * v - w0 * v0
            own[5] += v * v - v0 * v0
        return Said(min(self.began_at, more.began_at), max(self.ended_at, more.ended_at), sums)


def add(into: Sums, more: Sums, offset: int = 0, sign: int = 1) -> None:
    """Add numbers to those with the same key, starting at ``offset``."""
    for key, numbers in more.items():
        own = into.get(key)
        if own is None:
            own = into[key] = [0.0] * (len(ANSWERS) + len(MOMENTS) if offset else len(numbers))
        for index, number in enumerate(numbers, offset):
            own[index] += sign * number


def minute_of(dialect: str, at: ColumnElement[float]) -> ColumnElement[int]:
    """The minute (its start, Unix s) that contains ``at``."""
    if dialect != "sqlite":
        return cast(func.floor(at / MINUTE), BigInteger) * MINUTE
    whole = cast(at / MINUTE, Integer)  # rounds towards zero
    return (whole - case((whole > at / MINUTE, 1), else_=0)) * MINUTE


def between(at: ColumnElement[float]) -> ColumnElement[bool]:
    """``at`` is in [since, until). Both are parameters, so a statement is built once and used for every window."""
    return and_(at >= bindparam("since", type_=Double), at < bindparam("until", type_=Double))


def origin(imported: bool) -> ColumnElement[bool]:
    """Samples from traffic, or imported ones."""
    return samples.c.stratum == IMPORTED if imported else samples.c.stratum != IMPORTED


def _imported() -> ColumnElement[bool]:
    return case((samples.c.stratum == IMPORTED, true()), else_=false()).label("imported")


def _model() -> ColumnElement[str]:
    return func.coalesce(samples.c.model, OTHER).label("model")


def _each() -> tuple[ColumnElement[Any], ...]:
    """W, Y and V of a group of scores: the weight of scored answers, the weight of those with verdict yes, weight x
    score."""
    weight = scores.c.weight / samples.c.probability
    counted = and_(scores.c.newest == true(), scores.c.value.is_not(None))
    yes = and_(scores.c.newest == true(), scores.c.verdict == Verdict.YES.value)
    return (
        func.sum(case((counted, weight), else_=0.0)).label("w"),
        func.sum(case((yes, weight), else_=0.0)).label("y"),
        func.sum(case((counted, weight * scores.c.value), else_=0.0)).label("v"),
    )


def _of_samples(dialect: str, where: ColumnElement[bool]) -> Subquery:
    """One row for each sample and key."""
    weight = scores.c.weight / samples.c.probability
    newest = scores.c.newest == true()
    counted = and_(newest, scores.c.value.is_not(None))
    beside = and_(newest, scores.c.unscored_reason.in_(sorted(reason.value for reason in NOT_APPLICABLE)))
    answered = and_(newest, func.coalesce(scores.c.unscored_reason, "").not_in(UNANSWERED))
    judged = and_(scores.c.version.startswith(JUDGE), scores.c.value.is_not(None))
    edges = [scores.c.value < (i + 1) / CELLS for i in range(CELLS - 1)]
    bounds = [and_(counted, *(edges[i : i + 1]), *(~edge for edge in edges[max(0, i - 1) : i])) for i in range(CELLS)]
    minute = minute_of(dialect, samples.c.started_at).label("start")
    keys = (scores.c.scorer, scores.c.output, samples.c.app, _model())
    single = case((samples.c.conversation.is_(None), 1), else_=0).label("single")
    columns = (
        func.sum(case((newest, 1), else_=0)).label("scores"),
        func.max(case((counted, 1), else_=0)).label("samples"),
        func.sum(case((answered, 1), else_=0)).label("answered"),
        func.max(case((judged, 1), else_=0)).label("judged"),
        *_each(),
        func.sum(case((counted, weight * weight), else_=0.0)).label("squares"),
        func.sum(case((beside, weight), else_=0.0)).label("beside"),
        *(func.sum(case((bound, weight), else_=0.0)).label(f"cell{i}") for i, bound in enumerate(bounds)),
    )
    inner = select(minute, _imported(), *keys, single, *columns).select_from(
        samples.join(scores, scores.c.sample_id == samples.c.id)
    )
    return inner.where(where).group_by(samples.c.id, scores.c.scorer, scores.c.output).subquery()


@lru_cache
def _answers(dialect: str, imported: bool | None) -> Select[Any]:
    where = between(samples.c.started_at)
    c = _of_samples(dialect, where if imported is None else and_(where, origin(imported))).c
    one = (c.single == 1) & (c.w > 0)
    moments = {"clusters": 1.0, "ww": c.w * c.w, "wy": c.w * c.y, "yy": c.y * c.y, "wv": c.w * c.v, "vv": c.v * c.v}
    names = (c.start, c.imported, c.scorer, c.output, c.app, c.model)
    wanted = select(
        *names,
        *(func.sum(c[name]) for name in ANSWERS),
        *(func.sum(case((one, moments[name]), else_=0.0)) for name in MOMENTS),
    )
    return wanted.where(or_(c.scores > 0, c.judged == 1)).group_by(*names)


def answers(
    connection: Connection, ranges: Iterable[tuple[float, float]], imported: bool | None = None
) -> Iterator[tuple[Place, list[float]]]:
    """Sums by minute over the answers of samples that started in one of [since, until), of one origin or both.

    The moments cover answers outside any conversation.
    """
    wanted = _answers(connection.dialect.name, imported)
    for since, until in ranges:
        for row in connection.execute(wanted, {"since": since, "until": until}):
            yield Place(row[0], bool(row[1]), (row[2], row[3], row[4], row[5])), [float(n) for n in row[6:]]


def answers_in(connection: Connection, ranges: Iterable[tuple[float, float]], imported: bool) -> Sums:
    """The same by key, over all minutes."""
    found: Sums = {}
    for place, numbers in answers(connection, ranges, imported):
        add(found, {place.key: numbers})
    return found


@lru_cache
def _voices(chosen: bool, imported: bool | None) -> Select[Any]:
    """By voice and output; of ``chosen`` conversations, or of all; in a window, of one origin, or whole."""
    keys = (samples.c.conversation, _imported(), samples.c.app, _model(), scores.c.scorer, scores.c.output)
    at = samples.c.started_at
    wanted = select(*keys, *_each(), func.min(at).label("began_at"), func.max(at).label("ended_at"))
    wanted = wanted.select_from(samples.join(scores, scores.c.sample_id == samples.c.id))
    wanted = wanted.where(scores.c.newest == true(), scores.c.value.is_not(None))
    if chosen:
        wanted = wanted.where(samples.c.conversation.in_(bindparam("chosen", expanding=True)))
    else:
        wanted = wanted.where(samples.c.conversation.is_not(None))
    if imported is not None:
        wanted = wanted.where(between(at), origin(imported))
    return wanted.group_by(*keys)


class Window(NamedTuple):
    """Samples of one origin that started in [since, until), Unix s."""

    since: float
    until: float
    imported: bool


def voices(connection: Connection, conversations: Iterable[str], window: Window | None = None) -> dict[Voice, Said]:
    """The sums of these conversations, within the window or overall."""
    wanted = _voices(True, window.imported if window else None)
    bounds = {"since": window.since, "until": window.until} if window else {}
    found: dict[Voice, Said] = {}
    for part in chunks(sorted(conversations)):
        for row in connection.execute(wanted, {"chosen": list(part), **bounds}):
            voice = Voice(row.conversation, bool(row.imported), row.app, row.model)
            before = found.get(voice)
            sums = {} if before is None else before.sums
            sums[row.scorer, row.output] = [float(row.w), float(row.y), float(row.v)]
            began = row.began_at if before is None else min(before.began_at, row.began_at)
            ended = row.ended_at if before is None else max(before.ended_at, row.ended_at)
            found[voice] = Said(began, ended, sums)
    return found


def all_clusters(connection: Connection, window: Window) -> Sums:
    """The moments of all conversations, over their answers in the window only."""
    c = _voices(False, window.imported).subquery().c
    names = (c.scorer, c.output, c.app, c.model)
    sums = (func.count(), *(func.sum(a * b) for a, b in ((c.w, c.w), (c.w, c.y), (c.y, c.y), (c.w, c.v), (c.v, c.v))))
    wanted = select(*names, *sums).where(c.w > 0).group_by(*names)
    rows = connection.execute(wanted, {"since": window.since, "until": window.until})
    return {(row[0], row[1], row[2], row[3]): [float(number) for number in row[4:]] for row in rows}
