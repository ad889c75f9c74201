"""The frozen records that cross the store's boundary, and its errors.

::

    StoreError
    +-- StoreUnavailable    the database cannot be reached or is locked: try again later
    +-- StoreUnusable       the database is not ours, or newer than this program
    +-- BadQuery            a filter, limit or cursor that cannot be read; the message says which
    +-- UnknownSample       what was to be written is about a sample that is not there
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from proxy.errors import SightglassError
from proxy.exchange import Exchange, Outcome
from proxy.feedback import TaskOutcome
from proxy.sample import Sample
from scorers.score import Result, Score, Verdict


class StoreError(SightglassError):
    """Base class of all errors that the store raises deliberately."""


class StoreUnavailable(StoreError):
    """The database cannot be reached, or was locked for too long. Nothing was written."""


class StoreUnusable(StoreError):
    """The database can be reached, but this version cannot work with its contents."""


class BadQuery(StoreError):
    """A query parameter cannot be parsed. The message begins with the parameter's name."""


class UnknownSample(StoreError):
    """No sample has this id. The message begins with the parameter's name."""


class NotYourLabel(StoreError):
    """Another writer wrote this label. The message begins with the parameter's name."""


class ScoredSample(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One scorer's result for one sample, with the facts of the sample that rates and counters need.

    ``at`` is when the request started, in Unix seconds. ``reason`` says why there is no score; if it is not given, the
    reason of the first unscored score is used. ``answered``: the request ended well, so the model name is confirmed by
    an answer and not merely requested by a client.
    """

    sample_id: str
    app: str
    scorer: str
    result: Result
    at: float
    model: str | None = None
    conversation: str | None = None
    user_hash: str | None = None
    probability: float = 1.0
    stratum: str = "uniform"
    scores: list[Score] = []
    reason: str | None = None
    answered: bool = True
    trace_id: str | None = None

    @classmethod
    def of(
        cls, sample: Sample, scorer: str, result: Result, scores: list[Score], reason: str | None = None
    ) -> ScoredSample:
        """The record for ``sample``."""
        return cls(
            sample_id=sample.id,
            app=sample.exchange.app,
            model=sample.exchange.model,
            conversation=sample.exchange.conversation,
            user_hash=sample.exchange.user_hash,
            probability=sample.probability,
            stratum=sample.stratum,
            at=sample.exchange.started_at,
            scorer=scorer,
            result=result,
            scores=scores,
            reason=reason,
            answered=sample.exchange.outcome is Outcome.OK,
            trace_id=sample.exchange.trace_id,
        )

    @property
    def why(self) -> str | None:
        """The reason to store: the given one, else that of the first unscored score. ``None`` when the sample is
        scored."""
        if self.reason is not None or self.result is Result.SCORED:
            return self.reason
        return next((score.unscored_reason.value for score in self.scores if score.unscored_reason), None)


class SampleFacts(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """A sample as it is stored, without its text. ``facts``: what drift compares. ``ending``: how its request ended.
    Both are JSON (``Facts``, ``Ending``)."""

    id: str
    request_id: str
    app: str
    model: str | None
    session_id: str | None
    conversation: str | None
    user_hash: str | None
    trace_id: str | None
    response_id: str | None
    started_at: float
    probability: float
    stratum: str
    facts: str
    outcome: str
    ending: str


class SampleQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which samples to list, from ``since`` on, before ``until`` (Unix seconds or ISO 8601)."""

    scorer: str | None = None
    output: str | None = None
    verdict: Verdict | None = None
    session_id: str | None = None
    trace_id: str | None = None
    response_id: str | None = None
    outcome: Outcome | None = None
    since: float | str | None = None
    until: float | str | None = None
    app: str | None = None
    model: str | None = None
    limit: int = 100
    cursor: str | None = None
    own_names: frozenset[str] = frozenset()  # with ``model`` ``other``: the models that are not meant by it


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """How a request ended, without its text; a field is ``None`` where it is not known.

    ``status`` is the HTTP status, ``error`` the code of an error. ``input_tokens`` includes tokens read from and
    written to a cache. ``output_tokens`` includes reasoning tokens. ``unpriced``: why ``cost_usd`` is not known.
    """

    outcome: str | None = None
    status: int | None = None
    error: str | None = None
    upstream: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    unpriced: str | None = None

    @classmethod
    def of(cls, exchange: Exchange) -> Ending:
        """The ending of ``exchange``."""
        usage = exchange.usage
        return cls(
            outcome=exchange.outcome.value,
            status=exchange.status,
            error=exchange.error,
            upstream=exchange.upstream,
            input_tokens=usage.input + usage.cached_input + usage.cache_write if usage else None,
            output_tokens=usage.output + usage.reasoning_output if usage else None,
            cost_usd=exchange.cost_usd,
            unpriced=exchange.unpriced,
        )


class SampleRecord(Ending, frozen=True, kw_only=True):
    """A stored sample without its content. ``results``: scorer -> the sample's result there."""

    id: str
    request_id: str | None
    app: str
    model: str | None
    session_id: str | None
    conversation: str | None
    trace_id: str | None
    response_id: str | None
    started_at: float
    probability: float
    stratum: str
    has_content: bool
    results: dict[str, str]
    scores: list[Score]


class SamplePage(msgspec.Struct, frozen=True):
    """One page of samples, newest first. ``cursor`` requests the next page."""

    samples: list[SampleRecord]
    cursor: str | None


class SampleDetail(msgspec.Struct, frozen=True):
    """A sample with its content, if that was kept."""

    record: SampleRecord
    content: Sample | None


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over the scores of one (scorer, output, app, model) in a window. Rates are computed from them.

    A score's weight w is its choice's weight / its sample's probability. Per conversation c, W is the sum of w over
    scored answers, Y the same over those with verdict yes, and V the sum of w x score. ``w`` = sum W, ``y`` = sum Y,
    ``ww`` = sum W*W, ``wy`` = sum W*Y, ``yy`` = sum Y*Y, and so on. ``squares`` sums w*w over answers. ``cells`` has
    the weight in equal cells of the score. ``samples`` counts scored samples, ``judged`` those with a judge's score,
    ``clusters`` conversations with a scored answer. ``not_applicable`` sums w over answers that by their nature belong
    to no ratio. ``answered`` counts scores of requests that were answered; for all others the model name is only what a
    client requested.
    """

    scorer: str
    output: str
    app: str
    model: str
    samples: int
    answered: int
    judged: int
    clusters: int
    w: float
    y: float
    v: float
    ww: float
    wy: float
    yy: float
    wv: float
    vv: float
    squares: float
    not_applicable: float
    cells: list[float]


class OptOut(msgspec.Struct, frozen=True):
    """Requests of one (app, model) in a window that could have been observed, and how many of them opted out."""

    app: str
    model: str
    requests: int
    opted_out: int


class TaskChange(msgspec.Struct, frozen=True, kw_only=True):
    """The effect of one transaction on a task: it ``ended``, or (not ``ended``) a late call added to its cost.

    ``cost_usd`` is the amount to add to the cost of that outcome. It is ``None`` when the cost of one of its calls is
    not known.
    """

    app: str
    outcome: TaskOutcome
    ended: bool
    cost_usd: float | None


class AppCosts(msgspec.Struct, frozen=True):
    """Tasks of one app and outcome that ended in a window: those of known cost with the sum, and the number of
    others."""

    app: str
    outcome: TaskOutcome
    tasks: int
    cost_usd: float
    unmetered: int


class UnpricedAnswers(msgspec.Struct, frozen=True):
    """Answers of one model in a window whose cost is not known, by reason. ``model``: the name to look for in a
    price list."""

    model: str
    reason: str
    answers: int


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Failed requests of one outcome and upstream in a window, and the latest of them (``latest_at``: Unix s).

    ``upstream`` is ``None`` in rows that an older program wrote.
    """

    outcome: str
    upstream: str | None
    requests: int
    latest_at: float
    latest_request: str
    latest_status: int | None
    latest_error: str | None


class Failures(msgspec.Struct, frozen=True):
    """All requests of a window, those that did not end ``ok`` (``left``: because the client disconnected), and the
    largest groups of failures, largest first."""

    requests: int
    failed: int
    left: int
    groups: list[Failure]


class Spending(msgspec.Struct, frozen=True):
    """Requests of one (app, model) in a window whose cost is known, and their cost in USD."""

    app: str
    model: str
    requests: int
    cost_usd: float


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The facts of a sample that drift compares: names and hashes, the input's length and language, seconds, USD.

    ``first_token`` is known for streams, ``duration`` for whole answers. ``answered``: the request ended well.
    """

    response_model: str | None = None
    system_fingerprint: str | None = None
    provider: str | None = None
    system_prompt: str | None = None
    tools: str | None = None
    parameters: str | None = None
    length: str | None = None
    language: str | None = None
    first_token: float | None = None
    duration: float | None = None
    cost: float | None = None
    answered: bool = True


class Seen(NamedTuple):
    """What drift takes of a score: where one is at hand, a ``Score`` stands in its place."""

    output: str
    version: str
    weight: float
    value: float | None
    verdict: str | None


class Observation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the drift feed has of one sample. ``told``: its facts are news. ``scores``: by scorer, those that are."""

    app: str
    model: str
    conversation: str | None
    at: float
    facts: Facts
    told: bool
    scores: Mapping[str, Sequence[Seen | Score]]


class DriftState(msgspec.Struct, frozen=True):
    """The state of one drift signal, as JSON. ``watched``: it has a baseline."""

    signal: str
    app: str
    model: str
    watched: bool
    state: str


class Forgotten(msgspec.Struct, frozen=True):
    """What was deleted for one user. ``queued`` counts copies that were still in the queue."""

    samples: int
    requests: int
    queued: int = 0


_ZONE_PLUS_LOST = re.compile(r"(:\d\d(?:\.\d+)?) (\d\d:?\d\d)\Z")


def parse_time(name: str, value: float | str) -> float:
    """Unix seconds from seconds or ISO 8601 (UTC when there is no time zone). Raises ``BadQuery``.

    A ``+`` in the zone that URL decoding turned into a space is restored.
    """
    try:
        seconds = float(value)
    except ValueError:
        try:
            moment = datetime.fromisoformat(_ZONE_PLUS_LOST.sub(r"\1+\2", str(value).strip()))
            seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            raise BadQuery(f"{name}: Unix seconds or ISO 8601, like 2026-01-31T12:00:00Z") from None
    if not math.isfinite(seconds) or abs(seconds) > 1e12:
        raise BadQuery(f"{name}: not a moment in time")
    return seconds
