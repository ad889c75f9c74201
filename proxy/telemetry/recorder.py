"""Records each Exchange in the Prometheus metrics, without sampling. The only place that chooses label values."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from proxy.config.settings import Objective, Settings
from proxy.exchange import Decision, Exchange, FinishReason, Operation, Outcome, StreamEnd, Unpriced
from proxy.telemetry.instruments import Bounded, Count, Distribution, Example, Instruments
from proxy.telemetry.label_values import OTHER, known_limit, known_models
from proxy.telemetry.shutdowns import Shutdowns
from proxy.wire.effort import EFFORTS
from proxy.wire.usage import Dropped

#: Outcomes in which somebody who used the application was made to wait for nothing: an objective is missed.
_FAILED = frozenset(
    {Outcome.UPSTREAM_ERROR, Outcome.RATE_LIMITED, Outcome.TIMEOUT, Outcome.SHED, Outcome.STREAM_INCOMPLETE}
)
#: The effort of a request that asks for none.
DEFAULT_EFFORT = "default"
_GENERATIVE = frozenset({Operation.CHAT, Operation.RESPONSES, Operation.MESSAGES, Operation.COMPLETIONS})
#: Operations whose answers are paid for by the token.
_PAID = _GENERATIVE | {Operation.EMBEDDINGS, Operation.REALTIME}
#: Those whose answers are not read, and may count their tokens.
_COUNTED = frozenset({Operation.OTHER, Operation.IMAGES, Operation.AUDIO, Operation.CONVERSATIONS})
#: Why something in a WebSocket session was not read.
UNREAD = (
    *("coding_limit", "corrupt_coding", "defect", "message_too_long", "not_websocket"),
    *("too_many_open", "unknown_extension"),
)
#: The parts of ``sightglass_usage_dropped_total``.
USAGE_PARTS = tuple(part.name for part in fields(Dropped))
#: The types of ``sightglass_tokens_total``. Tokens that were written to a cache are ``input``.
TOKEN_TYPES = ("input", "cached_input", "output", "reasoning_output")
#: The label of ``sightglass_modality_tokens_total``, named as in ``UsageDetails``.
MODALITIES = tuple(f"{kind}_{way}" for way in ("input", "output") for kind in ("audio", "image", "video"))
#: The results of ``sightglass_objective_total``.
MET, MISSED = "met", "missed"
#: The status of a tunnel: how long it stood is nobody's latency.
_SWITCHED = 101


@dataclass(slots=True)
class _Metered:
    """Metric children for the metered and unmetered answers of one application and model."""

    input: Count
    cached_input: Count
    output: Count
    reasoning_output: Count


@dataclass(slots=True)
class _Row:
    """Metric children for requests of one kind. They are looked up once and then only added to."""

    requests: Count
    duration: Distribution
    first_chunk: Distribution
    first_token: Distribution
    overhead: Distribution
    per_token: Distribution
    objectives: list[tuple[Objective, Count, Count]]
    metered: _Metered | None = None
    cost: Count | None = None
    reasons: dict[FinishReason, Count] = field(default_factory=dict)
    ends: dict[StreamEnd, Count] = field(default_factory=dict)


class Recorder:
    """Records an Exchange in the metrics."""

    def __init__(self, instruments: Instruments, settings: Settings) -> None:
        self._metrics = instruments
        self._objectives = settings.objectives
        self._models = Bounded("model", known_models(settings), known_limit(settings), instruments)
        self._apps = Bounded("app", settings.apps, len(settings.apps), instruments)
        self.shutdowns = Shutdowns(instruments)
        self._rows: dict[tuple[str, str, str, str, str, bool], _Row] = {}
        self._upstreams = frozenset(upstream.name for upstream in settings.upstreams)
        for reason in UNREAD:
            instruments.counter("sightglass_socket_unread_total", reason)
        for part in USAGE_PARTS:
            instruments.counter("sightglass_usage_dropped_total", part)
        for app in (*settings.apps, OTHER):
            for decision in Decision:
                instruments.counter("sightglass_sampling_decisions_total", app, decision)

    def app(self, name: str | None) -> str:
        """The label value for an application."""
        return self._apps.value(name)

    def known_app(self, name: str | None) -> str | None:
        """The label value of an application named in Settings; ``None`` for any other, to count each request."""
        return name if name is not None and self._apps.holds(name) else None

    def model(self, name: str | None) -> str:
        """The current label value for a model name."""
        return name if name is not None and self._models.holds(name) else OTHER

    def unread(self, reason: str) -> None:
        """Count data of a WebSocket session that could not be read."""
        self._metrics.counter("sightglass_socket_unread_total", reason).inc()

    def usage_dropped(self, dropped: Dropped) -> None:
        """Count what of an answer's usage was over a bound."""
        for part in USAGE_PARTS:
            self._metrics.counter("sightglass_usage_dropped_total", part).inc(getattr(dropped, part))

    def off_path(self, purpose: str, exchange: Exchange) -> None:
        """Count one finished request that is not production."""
        labels = (purpose, exchange.app, exchange.outcome)
        self._metrics.counter("sightglass_offpath_requests_total", *labels).inc()
        usage = exchange.usage
        if usage is not None:
            tokens = usage.input + usage.cached_input + usage.cache_write + usage.output + usage.reasoning_output
            self._metrics.counter("sightglass_offpath_tokens_total", *labels).inc(tokens)
        if exchange.cost_usd is not None:
            self._metrics.counter("sightglass_offpath_cost_usd_total", *labels).inc(exchange.cost_usd)

    def record(self, exchange: Exchange, timed: bool = True, metered: bool = True, sampled: bool = False) -> None:
        """Count one finished request.

        ``timed``: its time is the time of its answer. ``metered``: its tokens are those of its answer. ``sampled``: it
        can be looked up as a sample.
        """
        app = exchange.app
        name = exchange.model_asked or exchange.model_served
        model = self._models.value(name, admit=exchange.outcome is Outcome.OK)
        upstream = exchange.upstream if exchange.upstream in self._upstreams else OTHER
        key = (app, upstream, exchange.operation, model, exchange.outcome, exchange.streamed)
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = self._row(exchange, model, upstream)
        row.requests.value += 1.0
        example: Example | None = None
        if sampled or exchange.trace_id is not None:
            sample = exchange.request_id if sampled else None
            example = (exchange.trace_id, sample, exchange.started_at + exchange.duration)
        timed = timed and exchange.status != _SWITCHED
        if exchange.status != _SWITCHED:
            row.duration.observe(exchange.duration, example)
        if exchange.first_chunk is not None:
            row.first_chunk.observe(exchange.first_chunk, example)
        if exchange.first_token is not None:
            row.first_token.observe(exchange.first_token, example)
        if exchange.overhead is not None:
            row.overhead.observe(exchange.overhead, example)
        if exchange.first_reasoning is not None:
            self._reasoning(exchange, model, example)
        if exchange.first_token is not None and (per_token := time_per_output_token(exchange)) is not None:
            row.per_token.observe(per_token, example)
        if timed:
            _judge(exchange, row.objectives)
        if metered and exchange.status == 200 and (exchange.operation in _PAID or _counts(exchange)):
            self._usage(exchange, model, row)
        reason, end = exchange.finish_reason, exchange.stream_end
        if reason is not None:
            if reason not in row.reasons:
                row.reasons[reason] = self._metrics.counter("sightglass_finish_reasons_total", model, reason)
            row.reasons[reason].value += 1.0
        if end is not None:
            if end not in row.ends:
                row.ends[end] = self._metrics.counter("sightglass_stream_ends_total", model, end)
            row.ends[end].value += 1.0

    def _reasoning(self, exchange: Exchange, model: str, example: Example | None) -> None:
        """When reasoning began and how long it lasted. Only streams that show reasoning create these series."""
        assert exchange.first_reasoning is not None
        histogram, app = self._metrics.histogram, exchange.app
        histogram("sightglass_time_to_first_reasoning_seconds", app, model).observe(exchange.first_reasoning, example)
        if exchange.thinking is not None:
            histogram("sightglass_thinking_seconds", app, model).observe(exchange.thinking, example)

    def _row(self, exchange: Exchange, model: str, upstream: str) -> _Row:
        """The children shared by requests of this kind. Their number is bounded, because the label values are."""
        counter, histogram, app = self._metrics.counter, self._metrics.histogram, exchange.app
        stream = "true" if exchange.streamed else "false"
        # All values of a closed label begin at zero together: a rate sees the first failure, and a share of none is 0.
        labels = (app, upstream, exchange.operation, model)
        outcomes = {outcome: counter("sightglass_requests_total", *labels, outcome) for outcome in Outcome}
        for reason in FinishReason:
            counter("sightglass_finish_reasons_total", model, reason)
        for end in StreamEnd:
            counter("sightglass_stream_ends_total", model, end)
        if exchange.operation in _PAID:
            for name in ("sightglass_unmetered_total", "sightglass_unpriced_total"):
                counter(name, app, model)
            for why in Unpriced:
                counter("sightglass_unpriced_reasons_total", model, why)
        self.shutdowns.in_use(model)
        return _Row(
            outcomes[exchange.outcome],
            histogram("sightglass_request_duration_seconds", app, model, stream),
            histogram("sightglass_time_to_first_chunk_seconds", app, model),
            histogram("sightglass_time_to_first_token_seconds", app, model),
            histogram("sightglass_proxy_overhead_seconds", app, model),
            histogram("sightglass_time_per_output_token_seconds", app, model),
            self._objective_counts(exchange, model),
        )

    def _usage(self, exchange: Exchange, model: str, row: _Row) -> None:
        counter, usage, app = self._metrics.counter, exchange.usage, exchange.app
        if usage is None:
            counter("sightglass_unmetered_total", app, model).inc()
            return
        metered = row.metered
        if metered is None:
            types = (counter("sightglass_tokens_total", app, model, kind) for kind in TOKEN_TYPES)
            metered = row.metered = _Metered(*types)
        metered.input.value += usage.input + usage.cache_write
        metered.cached_input.value += usage.cached_input
        metered.output.value += usage.output
        metered.reasoning_output.value += usage.reasoning_output
        if (details := usage.details) is not None and any(getattr(details, kind) for kind in MODALITIES):
            for kind in MODALITIES:
                counter("sightglass_modality_tokens_total", app, model, kind).inc(getattr(details, kind))
        if exchange.cost_usd is None:
            counter("sightglass_unpriced_total", app, model).inc()
            counter("sightglass_unpriced_reasons_total", model, exchange.unpriced or Unpriced.NO_PRICE).inc()
            return
        if row.cost is None:
            row.cost = counter("sightglass_cost_usd_total", app, model)
        row.cost.value += exchange.cost_usd
        if exchange.reasoning_cost_usd is not None:
            effort = exchange.effort or DEFAULT_EFFORT
            counter("sightglass_reasoning_cost_usd_total", app, model, effort).inc(exchange.reasoning_cost_usd)

    def _objective_counts(self, exchange: Exchange, model: str) -> list[tuple[Objective, Count, Count]]:
        """The objectives for requests of this kind, each with its counters for met and missed."""
        if exchange.operation not in _GENERATIVE:
            return []
        name, app, count = "sightglass_objective_total", exchange.app, self._metrics.counter
        # An application's own objective takes the place of the common one: one series could not tell the two apart.
        ordered = sorted((it for it in self._objectives if it.app in ("*", app)), key=lambda it: it.app != "*")
        return [
            (it, count(name, app, model, it.signal, MET), count(name, app, model, it.signal, MISSED))
            for it in {it.signal: it for it in ordered}.values()
        ]


def _counts(exchange: Exchange) -> bool:
    """Whether an answer that is not read counts its tokens: Bedrock's and Cohere's, pictures, sound and others."""
    return exchange.operation in _COUNTED and exchange.usage is not None


def _judge(exchange: Exchange, objectives: list[tuple[Objective, Count, Count]]) -> None:
    """Count for each objective whether the request met it."""
    at_once = exchange.outcome is Outcome.OK and not exchange.streamed
    for objective, hit, miss in objectives:
        if at_once and objective.signal != "time_per_output_token":  # the usual case of ``met_objective``
            met: bool | None = exchange.duration <= objective.below_seconds
        else:
            met = met_objective(objective, exchange)
        if met is not None:
            (hit if met else miss).value += 1.0


def time_per_output_token(exchange: Exchange) -> float | None:
    """Seconds per visible token of a stream after the first: visible time divided by visible tokens.

    ``None`` if this is unknown: the answer has reasoning, and its reasoning time or reasoning tokens cannot be
    separated; or several answers (``n``) share the stream, whose tokens are counted together.
    """
    if exchange.first_token is None or exchange.usage is None or exchange.outcome is not Outcome.OK:
        return None
    if exchange.choices > 1:
        return None
    if exchange.first_reasoning is not None and (exchange.reasoning_again or not exchange.usage.reasoning_output):
        return None
    unseen = exchange.usage.details.rejected_output if exchange.usage.details is not None else 0
    tokens = exchange.usage.output - unseen
    return max(0.0, exchange.duration - exchange.first_token) / (tokens - 1) if tokens > 1 else None


def met_objective(objective: Objective, exchange: Exchange) -> bool | None:
    """Whether a request met an objective; ``None`` if the client's error or departure leaves this unknown.

    An answer that was not streamed shows its first token when it is complete.
    """
    if exchange.outcome is Outcome.CLIENT_ERROR:
        return None
    if exchange.outcome in _FAILED:
        return False
    value: float | None
    if objective.signal == "duration":
        value = exchange.duration
    elif objective.signal == "time_per_output_token":
        return None if (value := time_per_output_token(exchange)) is None else value <= objective.below_seconds
    else:
        value = exchange.first_token if exchange.streamed else exchange.duration
    if exchange.outcome is Outcome.CLIENT_DISCONNECTED and (value is None or exchange.stream_end is not None):
        # Who left before the first token waited in vain only if that was longer than the objective allows.
        waited = exchange.first_token if exchange.first_token is not None else exchange.duration
        late = waited > objective.below_seconds
        return False if late else (True if exchange.first_token is not None else None)
    if value is None:
        value = exchange.duration
    return value <= objective.below_seconds


def closed_labels() -> dict[str, tuple[str, ...]]:
    """The closed label sets, for dashboards and tests."""
    return {
        "operation": tuple(Operation),
        "outcome": tuple(Outcome),
        "decision": tuple(Decision),
        "finish_reason": tuple(FinishReason),
        "stream_end": tuple(StreamEnd),
        "unpriced": tuple(Unpriced),
        "effort": (*EFFORTS, DEFAULT_EFFORT),
        "token_type": TOKEN_TYPES,
        "modality": MODALITIES,
        "objective": (MET, MISSED),
        "unread": UNREAD,
        "usage_part": USAGE_PARTS,
    }
