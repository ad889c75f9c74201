"""Additions: what new rows add to the tallies. They are written with the rows, in place of a mark.

A mark says that a minute must be recomputed, which costs as much as the minute has rows. New rows only add to sums, so
the sums of one transaction are kept with its mark, as JSON. Whoever applies the mark adds them and reads no rows.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from proxy.exchange import Decision, ExchangeRow
from proxy.sample import IMPORTED
from proxy.telemetry.label_values import OTHER
from scorers.score import NOT_APPLICABLE, Verdict
from scorers.store.statements import Values, write
from scorers.store.tables import clean
from scorers.store.tallies.marks import Kind
from scorers.store.tallies.rows import UNANSWERED, Key, Said, Voice
from scorers.store.tallies.spans import MINUTE, begin
from scorers.store.tallies.tables import ANSWERS, CELLS, MOMENTS, REQUESTS, tally_marks

_BESIDE = frozenset(reason.value for reason in NOT_APPLICABLE)
_EDGES = tuple((i + 1) / CELLS for i in range(CELLS - 1))
_YES = Verdict.YES.value
_CELL = ANSWERS.index("cell0")
_json = msgspec.json.Encoder()


class Answered(NamedTuple):
    """A sample as the tallies see it. ``probability`` is above 0."""

    started_at: float
    conversation: str | None
    app: str
    model: str | None
    probability: float
    stratum: str


#: The columns of a row of ``scores``, as it is written.
SCORE = (
    *("sample_id", "choice", "scorer", "output", "version"),
    *("weight", "value", "verdict", "unscored_reason", "explanation", "newest", "tallied"),
)

_answers = msgspec.json.Decoder(
    tuple[
        list[tuple[bool, Key, list[float]]],
        list[tuple[Voice, tuple[float, float, list[tuple[str, str, list[float]]]]]],
    ]
)
_requests = msgspec.json.Decoder(list[tuple[str, str, list[float]]])


def read_answers(added: str) -> tuple[list[tuple[bool, Key, list[float]]], list[tuple[Voice, Said]]]:
    """The addition of a mark of answers: numbers in the order of ``ANSWERS`` and ``MOMENTS``, and what voices said."""
    sums, voices = _answers.decode(added)
    return sums, [
        (voice, Said(began, ended, {(scorer, output): numbers for scorer, output, numbers in said}))
        for voice, (began, ended, said) in voices
    ]


def read_requests(added: str) -> list[tuple[str, str, list[float]]]:
    """The addition of a mark of requests: app, model, and numbers in the order of ``REQUESTS``."""
    return _requests.decode(added)


class _Minute:
    """The addition to one minute of answers."""

    def __init__(self) -> None:
        #: By (imported, app, model), then by (scorer, output).
        self.sums: dict[tuple[bool, str, str], dict[tuple[str, str], list[float]]] = defaultdict(dict)
        self.voices: dict[Voice, Said] = {}

    def add(self, sample: Answered, given: Iterable[Values]) -> None:
        """Add all new scores of a sample (rows of ``SCORE``)."""
        app, model, imported = sample.app, sample.model or OTHER, sample.stratum == IMPORTED
        minute, probability = self.sums[imported, app, model], sample.probability
        # Of this sample alone, by output: the weights of its scores, of those that say "yes", their weighted values.
        said: dict[tuple[str, str], list[float]] = {}
        for _, _, scorer, output, _, share, value, verdict, reason, _, _, _ in given:
            key, weight = (scorer, output), share / probability
            numbers = minute.get(key)
            if numbers is None:
                numbers = minute[key] = [0.0] * (len(ANSWERS) + len(MOMENTS))
            if value is None:
                _add_unscored(numbers, weight, reason)
                continue
            yes, weighted = weight if verdict == _YES else 0.0, weight * value
            numbers[0] += 1.0
            numbers[2] += 1.0
            numbers[4] += weight
            numbers[5] += yes
            numbers[6] += weighted
            numbers[7] += weight * weight
            numbers[_CELL + bisect_right(_EDGES, value)] += weight
            own = said.get(key)
            if own is None:
                said[key] = [weight, yes, weighted]
                numbers[1] += 1.0
            else:
                said[key] = [own[0] + weight, own[1] + yes, own[2] + weighted]
        if sample.conversation is None:
            for key, (w, y, v) in said.items():
                if w > 0:
                    numbers = minute[key]
                    for place, moment in enumerate((1.0, w * w, w * y, y * y, w * v, v * v), len(ANSWERS)):
                        numbers[place] += moment
        elif said:
            voice = Voice(sample.conversation, imported, app, model)
            before, now = self.voices.get(voice), Said(sample.started_at, sample.started_at, said)
            self.voices[voice] = now if before is None else before.with_more(now)

    def encoded(self) -> str:
        """As it is written."""
        sums = [
            (imported, (*key, app, model), numbers)
            for (imported, app, model), own in self.sums.items()
            for key, numbers in own.items()
        ]
        voices = [
            (voice, (said.began_at, said.ended_at, [(*key, numbers) for key, numbers in said.sums.items()]))
            for voice, said in self.voices.items()
        ]
        return _json.encode((sums, voices)).decode()


def _add_unscored(numbers: list[float], weight: float, reason: str | None) -> None:
    """A choice without a score to the numbers of its output in the minute."""
    numbers[0] += 1.0
    if (reason or "") not in UNANSWERED:
        numbers[2] += 1.0
    if reason in _BESIDE:
        numbers[8] += weight


def add_answers(connection: Connection, new: Iterable[tuple[Answered, Sequence[Values]]]) -> None:
    """Mark the new scores of these samples (rows of ``SCORE``) with what they add."""
    minutes: dict[int, _Minute] = defaultdict(_Minute)
    for sample, given in new:
        if given:
            minutes[begin(sample.started_at, MINUTE)].add(sample, given)
    _mark(connection, Kind.ANSWERS, {minute: addition.encoded() for minute, addition in minutes.items()})


def add_requests(connection: Connection, new: Iterable[ExchangeRow]) -> None:
    """Mark new requests with what they add."""
    minutes: dict[int, dict[tuple[str, str], list[float]]] = defaultdict(dict)
    for row in new:
        exchange = row.exchange
        minute = minutes[begin(exchange.started_at, MINUTE)]
        key = exchange.app, exchange.model or OTHER
        own = minute.get(key)
        if own is None:
            own = minute[key] = [0.0] * len(REQUESTS)
        own[0] += row.decision is not Decision.NOT_OBSERVED
        own[1] += row.decision is Decision.OPTED_OUT
        if exchange.cost_usd is not None:
            own[2] += 1.0
            own[3] += exchange.cost_usd
    added = {
        minute: _json.encode([(clean(app), clean(model), n) for (app, model), n in sums.items()]).decode()
        for minute, sums in minutes.items()
    }
    _mark(connection, Kind.REQUESTS, added)


def _mark(connection: Connection, kind: Kind, added: Mapping[int, str]) -> None:
    rows = [(kind.value, float(minute), addition) for minute, addition in added.items()]
    write(connection, tally_marks, ("kind", "at", "added"), rows)
