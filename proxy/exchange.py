"""The facts of one request and its response, without content, and the closed enums of how it ended.

Every request leaves exactly one ``Exchange``. All times are seconds; ``None`` means that the event did not happen
(no first token, no usage sent), never zero.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class _Word(StrEnum):
    """A closed set of words. Hashed as the string that it is: Enum's own hash is a Python call at every look-up."""

    __hash__ = str.__hash__


class Operation(_Word):
    """The operation that the path requests. Label of ``sightglass_requests_total``."""

    CHAT = "chat"
    RESPONSES = "responses"
    MESSAGES = "messages"
    COMPLETIONS = "completions"
    EMBEDDINGS = "embeddings"
    MODERATIONS = "moderations"
    MODELS = "models"
    AUDIO = "audio"
    IMAGES = "images"
    VIDEOS = "videos"
    FILES = "files"
    UPLOADS = "uploads"
    BATCHES = "batches"
    FINE_TUNING = "fine_tuning"
    VECTOR_STORES = "vector_stores"
    ASSISTANTS = "assistants"
    THREADS = "threads"
    CONVERSATIONS = "conversations"
    REALTIME = "realtime"
    OTHER = "other"


#: Operations whose text is observed and scored; every other one is counted only.
OBSERVED = frozenset(
    {Operation.CHAT, Operation.RESPONSES, Operation.MESSAGES, Operation.COMPLETIONS, Operation.REALTIME}
)


class Outcome(_Word):
    """How a request ended. Each request has exactly one outcome."""

    OK = "ok"
    CLIENT_ERROR = "client_error"
    UPSTREAM_ERROR = "upstream_error"
    RATE_LIMITED = "rate_limited"
    TIMEOUT = "timeout"
    CLIENT_DISCONNECTED = "client_disconnected"
    STREAM_INCOMPLETE = "stream_incomplete"
    SHED = "shed"


class StreamEnd(_Word):
    """How an event stream ended, as seen on the wire."""

    COMPLETE = "complete"
    NO_TERMINATOR = "no_terminator"
    ERROR_EVENT = "error_event"
    UPSTREAM_CUT = "upstream_cut"
    IDLE_TIMEOUT = "idle_timeout"
    CLIENT_DISCONNECTED = "client_disconnected"


class FinishReason(_Word):
    """Why the model stopped, for all providers. The provider's own value is mapped to one of these."""

    STOP = "stop"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    CONTENT_FILTER = "content_filter"
    REFUSAL = "refusal"
    INCOMPLETE = "incomplete"
    ERROR = "error"
    OTHER = "other"


class Decision(_Word):
    """The result of sampling and publishing. Each request has exactly one decision."""

    PUBLISHED = "published"
    SAMPLED_OUT = "sampled_out"
    OPTED_OUT = "opted_out"
    NOT_OBSERVED = "not_observed"
    DROPPED_RING_FULL = "dropped_ring_full"
    DROPPED_TOO_LARGE = "dropped_too_large"
    DROPPED_QUEUE = "dropped_queue"
    DROPPED_REDACTOR = "dropped_redactor"


class Unpriced(_Word):
    """Why the cost of an answer is unknown. Label of ``sightglass_unpriced_reasons_total``."""

    NO_PRICE = "no_price"
    SERVICE_TIER = "service_tier"
    LONG_CONTEXT = "long_context"
    CACHE_WRITE = "cache_write"
    MODALITY = "modality"
    TOOL_FEE = "tool_fee"
    AMBIGUOUS = "ambiguous"


class UsageDetails(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What of a ``Usage`` has a price of its own. Its tokens are parts of the types there, never beside them.

    ``cache_write_1h`` and ``cache_write_12h``: of ``cache_write``, by how long it is kept. ``audio_input``,
    ``image_input``, ``video_input``: of all input, cached or not; ``..._output``: of ``output``. ``rejected_output``:
    also of ``output``, tokens of a prediction that the answer did not take; they are billed and never seen.
    ``cached_apart``: of ``cached_input``, by kind (``audio``, ``image``, ``video``); ``None`` where that is not told.
    ``calls``: of tools that the provider ran, by the name that price lists have for them. ``stated_usd``: what the
    provider says that the answer cost. ``ambiguous``: why the numbers do not tell a cost.
    """

    cache_write_1h: int = 0
    cache_write_12h: int = 0
    audio_input: int = 0
    image_input: int = 0
    video_input: int = 0
    audio_output: int = 0
    image_output: int = 0
    video_output: int = 0
    rejected_output: int = 0
    cached_apart: dict[str, int] | None = None
    calls: dict[str, int] = {}
    stated_usd: float | None = None
    ambiguous: str | None = None


class Usage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Tokens as the provider counted them, made disjoint: ``input`` excludes ``cached_input`` and ``cache_write``,
    ``output`` excludes ``reasoning_output``. ``details``: parts of them with prices of their own, where there are any.
    """

    input: int = 0
    cached_input: int = 0
    cache_write: int = 0
    output: int = 0
    reasoning_output: int = 0
    details: UsageDetails | None = None


class Hop(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step that a provider took by itself within a request. ``kind`` is the provider's word: ``message`` (a model
    that declined, or one of several turns), ``fallback_message`` (the one that answered in its place), ``compaction``,
    ``advisor_message``, ``other``. ``cost_usd`` is ``None`` when it is not known."""

    kind: str
    model: str | None = None
    usage: Usage = Usage()
    cost_usd: float | None = None


class Exchange(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One request and its response, as facts. Written for every request; holds no content and no key.

    ``started_at`` is Unix seconds; ``duration``, ``first_chunk``, ``first_token`` and ``overhead`` are seconds since
    the request line was read (``overhead``: time spent in us until the response head went out). ``usage`` is ``None``
    when the provider sent none (unmetered); ``cost_usd`` is ``None`` when no price is known, and then ``unpriced`` says
    why (a value of ``Unpriced``, as text: older readers know fewer).

    ``first_reasoning`` is when reasoning was first seen in a stream, shown or only announced; ``thinking`` the seconds
    from there to the first token; ``reasoning_streamed``: it could be read, ``reasoning_again``: also
    after the first text. ``reasoning_cost_usd`` is the part of
    ``cost_usd`` that is for reasoning. ``effort`` is what was asked for (``none`` to ``max``, ``other``),
    ``service_tier`` the provider's word, ``refusal_category`` what a refusal was about, ``hops`` the steps that the
    provider took by itself (another model after one that declined). ``quota_left`` is the share of the upstream's
    quota that was left, where the answer said so and requests of our own share it.
    """

    request_id: str
    instance: str
    started_at: float
    app: str
    operation: Operation
    upstream: str
    outcome: Outcome
    duration: float
    model_asked: str | None = None
    model_served: str | None = None
    status: int | None = None
    streamed: bool = False
    stream_end: StreamEnd | None = None
    finish_reason: FinishReason | None = None
    wire_refusal: bool = False
    first_chunk: float | None = None
    first_token: float | None = None
    overhead: float | None = None
    usage: Usage | None = None
    cost_usd: float | None = None
    unpriced: str | None = None
    first_reasoning: float | None = None
    thinking: float | None = None
    reasoning_streamed: bool = False
    reasoning_again: bool = False
    reasoning_cost_usd: float | None = None
    effort: str | None = None
    service_tier: str | None = None
    refusal_category: str | None = None
    hops: tuple[Hop, ...] = ()
    choices: int = 0
    response_id: str | None = None
    system_fingerprint: str | None = None
    provider: str | None = None
    conversation: str | None = None
    session_id: str | None = None
    task_id: str | None = None
    user_hash: str | None = None
    retry_count: int = 0
    request_bytes: int = 0
    response_bytes: int = 0
    system_prompt_hash: str | None = None
    tools_hash: str | None = None
    parameters_hash: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    trace_flags: int | None = None
    error: str | None = None
    quota_left: float | None = None

    @property
    def model(self) -> str | None:
        """The requested model name, or the one that answered if none was requested."""
        return self.model_asked or self.model_served


class ExchangeRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """An Exchange with its sampling decision: the content-free row that the store keeps for every request."""

    exchange: Exchange
    decision: Decision
    probability: float = 1.0
    stratum: str = "uniform"


class RowBatch(msgspec.Struct, frozen=True):
    """Rows of one proxy instance, followed by its cumulative decision counts.

    Both are sent in one queue item, so the ledger's counts always match the rows, whichever process is killed.
    """

    id: str
    instance: str
    sequence: int
    counts: dict[str, int]
    rows: list[ExchangeRow]
