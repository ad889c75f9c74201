"""Statements that read samples: lists with filters and cursors, single samples, and the sums behind the rates."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, func, or_, select, true

from proxy.sample import Sample, decode
from proxy.telemetry.label_values import OTHER
from scorers.score import Reason, Score, Verdict, known_output
from scorers.store.endings import ended_as, endings_of
from scorers.store.records import (
    BadQuery,
    Ending,
    SampleDetail,
    SamplePage,
    SampleQuery,
    SampleRecord,
    UnpricedAnswers,
    parse_time,
)
from scorers.store.sql import is_empty
from scorers.store.tables import clean, exchanges, labels, results, samples, scores
from scorers.store.tallies.rows import origin

MAX_LIMIT = 1000


def _encode_cursor(started_at: float, identity: str) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode([started_at, identity])).decode().rstrip("=")


def _decode_cursor(cursor: str) -> tuple[float, str]:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        return msgspec.json.decode(base64.b64decode(padded, b"-_", validate=True), type=tuple[float, str])
    except ValueError:  # of base64, ASCII and JSON alike
        raise BadQuery("cursor: not one that this API gave out") from None


def _score_of(row: Row[Any], quoting: bool) -> Score:
    return Score(
        sample_id=row.sample_id,
        choice=row.choice,
        scorer=row.scorer,
        output=row.output,
        version=row.version,
        weight=row.weight,
        value=row.value,
        verdict=Verdict(row.verdict) if row.verdict else None,
        unscored_reason=Reason(row.unscored_reason) if row.unscored_reason else None,
        explanation=row.explanation if quoting else "",
    )


def scores_of(
    connection: Connection, ids: Sequence[str], newest: bool = False, quoting: bool = False
) -> dict[str, list[Score]]:
    """The scores of each sample, every version or only the ``newest``, ordered by their keys.

    ``quoting``: include the explanations, which quote the text. A caller that shows them must record the reading.
    """
    found: dict[str, list[Score]] = defaultdict(list)
    c = scores.c
    wanted = select(scores).where(c.sample_id.in_(ids))
    if newest:
        wanted = wanted.where(c.newest == true())
    for row in connection.execute(wanted.order_by(c.sample_id, c.scorer, c.choice, c.output, c.version)):
        found[row.sample_id].append(_score_of(row, quoting))
    return found


def results_of(connection: Connection, ids: Sequence[str]) -> dict[str, dict[str, tuple[str, str | None]]]:
    """The results of each sample: scorer -> (result, reason)."""
    found: dict[str, dict[str, tuple[str, str | None]]] = defaultdict(dict)
    for row in connection.execute(select(results).where(results.c.sample_id.in_(ids)).order_by(results.c.scorer)):
        found[row.sample_id][row.scorer] = (row.result, row.reason)
    return found


def _meta() -> Select[Any]:
    """A sample's columns, with ``has_content`` in place of the content."""
    columns = [column for column in samples.c if column.name != "content"]
    return select(*columns, samples.c.content.is_not(None).label("has_content"))


def _records(connection: Connection, rows: Sequence[Row[Any]], quoting: bool = False) -> list[SampleRecord]:
    ids = [row.id for row in rows]
    score_lists, outcomes = scores_of(connection, ids, quoting=quoting), results_of(connection, ids)
    endings = endings_of(connection, rows)
    return [
        SampleRecord(
            **msgspec.structs.asdict(endings[row.id]),
            id=row.id,
            request_id=row.request_id,
            app=row.app,
            model=row.model,
            session_id=row.session_id,
            conversation=row.conversation,
            trace_id=row.trace_id,
            response_id=row.response_id,
            started_at=row.started_at,
            probability=row.probability,
            stratum=row.stratum,
            has_content=bool(row.has_content),
            results={scorer: result for scorer, (result, _) in outcomes[row.id].items()},
            scores=score_lists[row.id],
        )
        for row in rows
    ]


def conditions(query: SampleQuery) -> list[ColumnElement[bool]]:
    """The conditions that select the list's rows of samples. Raises ``BadQuery``."""
    try:
        known_output(query.scorer, query.output)
    except ValueError as error:
        raise BadQuery(str(error)) from None
    c = samples.c
    wanted: list[ColumnElement[bool]] = []
    for name in ("session_id", "trace_id", "response_id", "app", "model"):
        value = getattr(query, name)
        if value is None:
            continue
        if name == "model" and value == OTHER:
            wanted.append(_of_other(query.own_names))
        else:
            wanted.append(c[name] == clean(value))
    if query.outcome is not None:
        wanted.append(ended_as(query.outcome))
    since = parse_time("since", query.since) if query.since is not None else None
    until = parse_time("until", query.until) if query.until is not None else None
    if since is not None and until is not None and since > until:
        raise BadQuery("since: later than until")
    if since is not None:
        wanted.append(c.started_at >= since)
    if until is not None:
        wanted.append(c.started_at < until)
    if query.cursor is not None:
        at, identity = _decode_cursor(query.cursor)
        wanted.append(or_(c.started_at < at, and_(c.started_at == at, c.id < clean(identity))))
    asked = {"scorer": query.scorer, "output": query.output, "verdict": query.verdict}
    if any(value is not None for value in asked.values()):
        scored = [scores.c[name] == clean(str(value)) for name, value in asked.items() if value is not None]
        wanted.append(exists().where(scores.c.sample_id == c.id, scores.c.value.is_not(None), scores.c.newest, *scored))
    return wanted


def _of_other(own_names: frozenset[str]) -> ColumnElement[bool]:
    """Samples whose model is counted as ``other``: without a name, of that name, or of none of ``own_names``."""
    model = samples.c.model
    unnamed = or_(model.is_(None), model == OTHER)
    return or_(unnamed, model.not_in(sorted(own_names))) if own_names else unnamed


def list_samples(connection: Connection, query: SampleQuery) -> SamplePage:
    """One page of the samples that ``query`` selects. Scores come without explanations. Raises ``BadQuery``."""
    if not 1 <= query.limit <= MAX_LIMIT:
        raise BadQuery(f"limit: 1 to {MAX_LIMIT}")
    statement = _meta().where(*conditions(query)).order_by(samples.c.started_at.desc(), samples.c.id.desc())
    rows = connection.execute(statement.limit(query.limit + 1)).all()
    more = len(rows) > query.limit
    rows = rows[: query.limit]
    cursor = _encode_cursor(rows[-1].started_at, rows[-1].id) if more else None
    return SamplePage(_records(connection, rows), cursor)


def count_samples(connection: Connection, query: SampleQuery) -> int:
    """How many samples ``query`` selects from its cursor on."""
    return connection.execute(select(func.count()).select_from(samples).where(*conditions(query))).scalar_one()


def contents(connection: Connection, query: SampleQuery) -> tuple[list[Sample], str | None, int]:
    """One page of samples with their human labels, the next cursor, and how many samples have no text."""
    wanted = select(samples.c.id, samples.c.started_at, samples.c.content).where(*conditions(query))
    wanted = wanted.order_by(samples.c.started_at.desc(), samples.c.id.desc()).limit(query.limit)
    rows = connection.execute(wanted).all()
    given: dict[str, dict[str, str]] = defaultdict(dict)
    own = select(labels).where(labels.c.sample_id.in_([row.id for row in rows])).order_by(labels.c.at)
    for row in connection.execute(own):
        if row.verdict != Verdict.UNSURE.value:
            given[row.sample_id][f"{row.scorer}.{row.output}"] = row.verdict
    found = [decode(row.content.encode()) for row in rows if row.content is not None]
    found = [replace(sample, labels={**sample.labels, **given[sample.id]}) for sample in found]
    cursor = _encode_cursor(rows[-1].started_at, rows[-1].id) if len(rows) == query.limit else None
    return found, cursor, len(rows) - len(found)


def get_sample(connection: Connection, identity: str) -> SampleDetail | None:
    """One sample with its content, or ``None`` when it is unknown."""
    rows = connection.execute(_meta().where(samples.c.id == clean(identity))).all()
    if not rows:
        return None
    content = connection.execute(select(samples.c.content).where(samples.c.id == rows[0].id)).scalar()
    sample = decode(content.encode()) if content is not None else None
    record = _records(connection, rows, quoting=True)[0]
    if sample is not None and record.outcome is None:  # an older program stored it, and its request's row has expired
        record = replace(record, **msgspec.structs.asdict(Ending.of(sample.exchange)))
    return SampleDetail(record, sample)


def unpriced(connection: Connection, since: float, until: float, limit: int) -> list[UnpricedAnswers]:
    """Per (model, reason), the answers in the window whose cost is not known; the most frequent first."""
    c, number = exchanges.c, func.count()
    statement = (
        select(func.coalesce(c.unpriced_model, OTHER), c.unpriced, number)
        .where(c.started_at >= since, c.started_at < until, c.unpriced.is_not(None))
        .group_by(c.unpriced_model, c.unpriced)
        .order_by(number.desc(), c.unpriced_model, c.unpriced)
        .limit(limit)
    )
    return [UnpricedAnswers(*row) for row in connection.execute(statement)]


def labelled(
    connection: Connection, since: float, until: float, imported: bool
) -> dict[tuple[str, str, str, str], int]:
    """The number of samples in the window with a human label, by (scorer, output, app, model)."""
    if is_empty(connection, labels):
        return {}
    model = func.coalesce(samples.c.model, OTHER).label("model")
    keys = (labels.c.scorer, labels.c.output, samples.c.app, model)
    at = samples.c.started_at + 0.0  # labels are few: so none begins with all samples of the window
    statement = (
        select(*keys, func.count(labels.c.sample_id.distinct()))
        .join(samples, samples.c.id == labels.c.sample_id)
        .where(at >= since, at < until, origin(imported))
        .group_by(*keys)
    )
    return {(row[0], row[1], row[2], row[3]): row[4] for row in connection.execute(statement)}
