"""Additions: what new rows add to the tallies. They are written with the rows, in place of a mark.

A mark says that a minute must be recomputed, which costs as much as the minute has rows. New rows only add to sums, so
the sums of one transaction are kept with its mark, as JSON. Whoever applies the mark adds them and reads no rows.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from proxy.exchange import Decision, ExchangeRow
from proxy.sample import IMPORTED
from proxy.telemetry.label_values import OTHER
from scorers.score import NOT_APPLICABLE, Verdict
from scorers.store.statements import write
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


class Given(NamedTuple):
    """One new score of a choice: the columns of ``scores`` that are added up."""

    scorer: str
    output: str
    weight: float
    value: float | None
    verdict: str | None
    reason: str | None


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
        self.sums: dict[tuple[bool, Key], list[float]] = {}
        self.voices: dict[Voice, Said] = {}

    def add(self, sample: Answered, given: Iterable[Given]) -> None:
        """Add all new scores of a sample."""
        model, imported = sample.model or OTHER, sample.stratum == IMPORTED
        outputs: dict[tuple[str, str], list[float]] = {}
        for score in given:
            own = outputs.get(score[:2])
            if own is None:
                own = outputs[score[:2]] = [0.0] * (len(ANSWERS) + len(MOMENTS))
            _add(own, score, score.weight / sample.probability)
        for (scorer, output), own in outputs.items():
            w, y, v = own[4:7]
            if sample.conversation is None and w > 0:
                own[len(ANSWERS) :] = (1.0, w * w, w * y, y * y, w * v, v * v)
            key = imported, (scorer, output, sample.app, model)
            known = self.sums.get(key)
            self.sums[key] = own if known is None else [a + b for a, b in zip(known, own, strict=True)]
        if sample.conversation is not None:
            said = {key: own[4:7] for key, own in outputs.items() if own[1]}
            voice = Voice(sample.conversation, imported, sample.app, model)
            if said:
                self.voices[voice] = joined(self.voices.get(voice), Said(sample.started_at, sample.started_at, said))

    def encoded(self) -> str:
        """As it is written."""
        sums = [(*key, numbers) for key, numbers in self.sums.items()]
        voices = [
            (voice, (said.began_at, said.ended_at, [(*key, numbers) for key, numbers in said.sums.items()]))
            for voice, said in self.voices.items()
        ]
        return _json.encode((sums, voices)).decode()


def joined(known: Said | None, more: Said) -> Said:
    """A voice with further answers."""
    if known is None:
        return more
    sums = dict(known.sums)
    for key, numbers in more.sums.items():
        before = sums.get(key)
        sums[key] = numbers if before is None else [a + b for a, b in zip(before, numbers, strict=True)]
    return Said(min(known.began_at, more.began_at), max(known.ended_at, more.ended_at), sums)


def _add(own: list[float], score: Given, weight: float) -> None:
    """One score of a choice to the numbers of its output."""
    own[0] += 1.0
    if (score.reason or "") not in UNANSWERED:
        own[2] += 1.0
    if score.verdict == _YES:
        own[5] += weight
    if score.value is not None:
        own[1] = 1.0
        own[4] += weight
        own[6] += weight * score.value
        own[7] += weight * weight
        own[_CELL + bisect_right(_EDGES, score.value)] += weight
    elif score.reason in _BESIDE:
        own[8] += weight


def add_answers(connection: Connection, new: Iterable[tuple[Answered, Iterable[Given]]]) -> None:
    """Mark the new scores of these samples with what they add."""
    minutes: dict[int, _Minute] = defaultdict(_Minute)
    for sample, given in new:
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
