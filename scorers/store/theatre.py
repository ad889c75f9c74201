"""What the page Theatre and the report of benchmarks read: requests by model and effort, ends of tasks, refusals.

Imported samples and requests of our own are in none of it. Each method is one short transaction.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from proxy.exchange import Exchange, Outcome
from proxy.feedback import TaskOutcome
from proxy.sample import IMPORTED
from scorers.score import JUDGE, Verdict
from scorers.store.engine import Database
from scorers.store.sql import chunks
from scorers.store.tables import exchanges, labels, samples, scores, tasks
from scorers.store.tasks import task_key

#: Requests that are looked at, the newest.
NEWEST = 20_000
#: How the judge's note begins where it told how probable it is that a refusal is due.
DUE = re.compile(r"refusal due: (\d(?:\.\d+)?)")
_OVER, _UNDER, _REFUSED = "over_refused", "under_refused", "refused"


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One answered request. ``task``: the outcome of its task, where that has ended in success or failure; times in
    seconds, ``first_token`` of streams alone; ``refused``: the scorer's verdict, where the request was sampled."""

    request_id: str
    model: str
    version: str | None
    task_id: str
    started_at: float
    duration: float
    first_token: float | None
    thinking: float | None
    effort: str | None
    cost_usd: float | None
    task: str | None = None
    refused: bool | None = None


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of which somebody said whether a refusal was due. ``due``: the probability of that, in [0, 1];
    ``by``: ``judge`` or ``people``; ``conversation``: what counts as one voice; ``weight``: of how
    many answers of production it tells."""

    model: str
    due: float
    refused: bool
    by: str
    conversation: str
    weight: float


class TheatreStore:
    """Read access. Every method may raise ``StoreUnavailable``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def calls(self, since: float, until: float) -> list[Call]:
        """The newest answered requests that began in [since, until), Unix s, at most ``NEWEST``."""
        c = exchanges.c
        wanted = select(c.request_id, c.row).where(c.started_at >= since, c.started_at < until)
        wanted = wanted.where(c.outcome == Outcome.OK.value).order_by(c.started_at.desc()).limit(NEWEST)
        with self._database.read() as connection:
            found = [call for row in connection.execute(wanted) if (call := _call(row.row)) is not None]
            ends = _ends(connection, [call.task_id for call in found])
            verdicts = _refused(connection, [call.request_id for call in found])
        return [
            msgspec.structs.replace(call, task=ends.get(call.task_id), refused=verdicts.get(call.request_id))
            for call in found
        ]

    def refusals(self, since: float, until: float) -> list[Refusal]:
        """Answers of which the judge, or people, said whether a refusal was due; people's word goes before."""
        c = samples.c
        wanted = select(c.id, c.model, c.conversation, c.probability).where(c.started_at >= since, c.started_at < until)
        wanted = wanted.where(c.stratum != IMPORTED).order_by(c.started_at.desc()).limit(NEWEST)
        found: list[Refusal] = []
        with self._database.read() as connection:
            rows = {row.id: row for row in connection.execute(wanted)}
            for part in chunks(list(rows)):
                judged, labelled = _judged(connection, part), _labelled(connection, part)
                for sample_id in part:
                    said = labelled.get(sample_id) or judged.get(sample_id)
                    if said is not None:
                        found.append(_refusal(rows[sample_id], said, "people" if sample_id in labelled else "judge"))
        return found


def _refusal(row: Any, said: tuple[float, bool], by: str) -> Refusal:  # noqa: ANN401 - a row of ``samples``
    return Refusal(
        model=row.model or "other",
        due=said[0],
        refused=said[1],
        by=by,
        conversation=row.conversation or row.id,
        weight=1.0 / row.probability if row.probability > 0 else 1.0,
    )


class _Row(msgspec.Struct, frozen=True):
    exchange: Exchange


_DECODER = msgspec.json.Decoder(_Row)


def _call(row: str) -> Call | None:
    try:
        exchange = _DECODER.decode(row).exchange
    except msgspec.DecodeError:  # written by a version that knows other words
        return None
    return Call(
        request_id=exchange.request_id,
        model=exchange.model or "other",
        version=exchange.model_served,
        task_id=task_key(exchange.app, exchange.task_id, exchange.request_id),
        started_at=exchange.started_at,
        duration=exchange.duration,
        first_token=exchange.first_token if exchange.streamed else None,
        thinking=exchange.thinking,
        effort=exchange.effort,
        cost_usd=exchange.cost_usd,
    )


def _ends(connection: Connection, keys: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    ended = (TaskOutcome.SUCCESS.value, TaskOutcome.FAILURE.value)
    for part in chunks(sorted(set(keys))):
        wanted = select(tasks.c.id, tasks.c.outcome).where(tasks.c.id.in_(part), tasks.c.outcome.in_(ended))
        found.update((row.id, row.outcome) for row in connection.execute(wanted))
    return found


def _refused(connection: Connection, requests: Sequence[str]) -> dict[str, bool]:
    found: dict[str, bool] = {}
    for part in chunks(list(requests)):
        wanted = select(samples.c.request_id, scores.c.verdict).join(scores, scores.c.sample_id == samples.c.id)
        wanted = wanted.where(samples.c.request_id.in_(part), scores.c.newest, scores.c.verdict.is_not(None))
        wanted = wanted.where(scores.c.scorer == "refusal", scores.c.output == _REFUSED, scores.c.choice == 0)
        wanted = wanted.where(~scores.c.version.startswith(JUDGE))
        found.update((row.request_id, row.verdict == Verdict.YES.value) for row in connection.execute(wanted))
    return found


def _judged(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[float, bool]]:
    """Sample -> how probable it is that a refusal was due, and whether there was one, as the judge says."""
    c = scores.c
    wanted = select(c.sample_id, c.output, c.value, c.explanation).where(c.sample_id.in_(ids), c.choice == 0, c.newest)
    wanted = wanted.where(c.scorer == "refusal", c.output.in_((_OVER, _UNDER)), c.value.is_not(None))
    found: dict[str, tuple[float, bool]] = {}
    for row in connection.execute(wanted):
        # Of one that was not due, the value is how probable a refusal is; of one that was, how improbable.
        refused = row.value >= 0.5 if row.output == _OVER else row.value < 0.5
        told = DUE.search(row.explanation)
        found[row.sample_id] = (float(told[1]) if told else float(row.output == _UNDER), refused)
    return found


def _labelled(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[float, bool]]:
    """The same by people: the share of annotators who say that it was due."""
    c = labels.c
    wanted = select(c.sample_id, c.output, c.verdict, c.annotator).where(c.sample_id.in_(ids), c.scorer == "refusal")
    said: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for row in connection.execute(wanted):
        said[row.sample_id][row.annotator][row.output] = row.verdict
    found: dict[str, tuple[float, bool]] = {}
    for sample_id, people in said.items():
        each = [pair for verdicts in people.values() if (pair := _one(verdicts)) is not None]
        if each:
            refused = sum(refused for _, refused in each) * 2 >= len(each)
            found[sample_id] = (sum(due for due, _ in each) / len(each), refused)
    return found


def _one(verdicts: dict[str, str]) -> tuple[bool, bool] | None:
    """(due, refused) as one annotator says; ``None`` where that does not follow."""
    yes, no = Verdict.YES.value, Verdict.NO.value
    if verdicts.get(_OVER) == yes:
        return False, True
    if verdicts.get(_UNDER) == yes:
        return True, False
    refused = verdicts.get(_REFUSED)
    if refused == yes and verdicts.get(_OVER) == no:
        return True, True
    if refused == no and verdicts.get(_UNDER) == no:
        return False, False
    return None
