"""Records a finished request as one Exchange: once, in bounded time, without blocking."""

from __future__ import annotations

import hmac
from functools import lru_cache
from time import perf_counter, time
from typing import Any, NamedTuple

from msgspec import structs

from proxy.config.settings import Redaction
from proxy.exchange import (
    OBSERVED,
    Decision,
    Exchange,
    FinishReason,
    Hop,
    Operation,
    Outcome,
    StreamEnd,
    Unpriced,
    Usage,
)
from proxy.observe.background import Background
from proxy.observe.identity import Conversations, judge_guard, keyed, new_request_id
from proxy.observe.pricing import Answer, Prices, told_tiers
from proxy.observe.provider_steps import cost_of, hops_of
from proxy.observe.request_headers import Ours
from proxy.observe.sampler import Sampler, Verdict
from proxy.observe.tap import Tap
from proxy.publish.publisher import Entry, Publisher
from proxy.redact import Redactor
from proxy.telemetry.access_log import AccessLog
from proxy.telemetry.genai import parameters
from proxy.telemetry.recorder import Recorder
from proxy.telemetry.tracing import Trace
from proxy.upstream.fast_head import Head
from proxy.upstream.quota import quota_left
from proxy.wire.effort import effort_of, effort_word
from proxy.wire.facts import Facts
from proxy.wire.native_paths import model_in

_redactor = Redactor(Redaction())


class Progress:
    """The state of one request from its start until it is recorded.

    Times are seconds of ``perf_counter``. ``waited``: the wait for a connection; ``duration``: from the request line to
    the end.
    """

    # What most requests leave as it is stands in the class: there is one of these for every request.
    operation = Operation.OTHER
    path = ""
    generation = False
    app = upstream = "other"
    #: Why the request was made; None for production.
    purpose: str | None = None
    tap: Tap | None = None
    trace: Trace | None = None
    secrets: tuple[str, ...] = ()
    #: The session that names the conversation, where one was said in it alone.
    socket: str | None = None
    status: int | None = None
    overhead: float | None = None
    request_bytes = response_bytes = 0
    waited = duration = 0.0
    outcome: Outcome | None = None
    stream_end: StreamEnd | None = None
    error: str | None = None
    head: Head | None = None

    def __init__(self, method: str) -> None:
        self.method = method
        self.started = perf_counter()
        self.started_at = time()
        self.request_id = new_request_id()
        self.ours = _NOTHING

    def elapsed(self) -> float:
        """Seconds since the request line was read."""
        return perf_counter() - self.started


class _Known(NamedTuple):
    """The hashes that identify a request."""

    conversation: str | None = None
    system_prompt: str | None = None
    tools: str | None = None
    parameters: str | None = None


class _Cost(NamedTuple):
    """The cost in USD or the reason why it is unknown, the share for reasoning, and the provider's own steps."""

    usd: float | Unpriced | None = None
    reasoning: float | None = None
    hops: tuple[Hop, ...] = ()


_UNKNOWN, _NO_COST = _Known(), _Cost()
_NOTHING = Ours()
#: Operations that a request keeps which asks for no answer: it reads one, or opens a session.
_KEPT = (Operation.RESPONSES, Operation.REALTIME)
#: Tiers that an answer tells whose price is that of the list, and members of a request that ask for another.
_USUAL_TIERS = (None, "default")
_TIERED = frozenset(("service_tier", "speed", "inference_geo"))
_NOT_OBSERVED = Verdict(Decision.NOT_OBSERVED)


@lru_cache(maxsize=4096)
def clean_name(value: str) -> str:
    """A name from outside (model, session, task) for a row without content: personal data and keys are removed."""
    return _redactor.text("".join(char if char.isprintable() else "?" for char in value), {})


def clean_message(value: str, secrets: tuple[str, ...]) -> str:
    """A message that quotes the request, with keys and personal data removed."""
    return _redactor.text(value, {}, secrets)


def clean_id(value: str, secret: bytes, secrets: tuple[str, ...] = ()) -> str:
    """A response id that is safe to store: the id itself, or a keyed hash if it contains sensitive data.

    The same id always gives the same hash, so feedback and late answers still find their request.
    """
    if value.isprintable() and (_redactor.is_plain(value, secrets) or _redactor.text(value, {}, secrets) == value):
        return value
    return f"redacted-{keyed(secret, b'response' + value.encode('utf-8', 'surrogatepass'))}"


def outcome_of(status: int, facts: Facts, streamed: bool, asked: bool = True) -> Outcome:
    """The outcome of a request whose response arrived complete. ``asked``: the request asked a model for an answer."""
    if status == 429:
        return Outcome.RATE_LIMITED
    if status in (408, 504):
        return Outcome.TIMEOUT
    if status >= 500:
        return Outcome.UPSTREAM_ERROR
    if status >= 400:
        return Outcome.CLIENT_ERROR
    if facts.error is not None or facts.finish_reason is FinishReason.ERROR:
        return Outcome.UPSTREAM_ERROR
    if facts.whole and asked:
        if streamed and not facts.terminated and facts.finish_reason is None:
            return Outcome.STREAM_INCOMPLETE
        if status == 200 and not facts.answered:
            return Outcome.STREAM_INCOMPLETE if streamed else Outcome.UPSTREAM_ERROR
    return Outcome.OK


class Finisher:
    """Builds and records Exchanges for one process."""

    def __init__(
        self,
        recorder: Recorder,
        sampler: Sampler,
        publisher: Publisher,
        prices: Prices,
        access_log: AccessLog | None,
        identity: tuple[str, bytes],
        background: Background,
    ) -> None:
        self._recorder = recorder
        self._sampler = sampler
        self._publisher = publisher
        self._prices = prices
        self._access_log = access_log
        self._instance, self._secret = identity
        self._background = background
        self._guard = judge_guard(self._secret).encode()
        self._conversations = Conversations(self._secret)
        #: Upstreams whose quota requests of our own share with production.
        self.shared: frozenset[str] = frozenset()

    def finish(self, progress: Progress) -> Exchange:
        """Record one finished request. Called exactly once for each request."""
        exchange, tap = self._exchange(progress), progress.tap
        if progress.purpose is not None:
            return self._off_path(exchange, progress, progress.purpose)
        verdict, content, secrets = _NOT_OBSERVED, None, progress.secrets
        if tap is None:  # 401, 413 by its length: there is nothing to keep
            self._recorder.record(exchange)
        else:
            part = self._background.part(exchange, progress.generation, tap, secrets, progress.ours.no_store)
            exchange, asked = part.exchange, part.asked
            if part.observed and not (progress.ours.judge and hmac.compare_digest(progress.ours.judge, self._guard)):
                no_store = progress.ours.no_store or (asked is not None and asked.no_store)
                verdict = self._sampler.decide(exchange, no_store)
            sampled = verdict.decision is Decision.PUBLISHED
            self._recorder.record(exchange, part.timed, part.metered, sampled)
            if sampled:
                content = part.content(tap)
                secrets += asked.secrets if asked is not None else ()
        self._publisher.put(Entry(exchange, verdict, content, secrets))
        if progress.trace is not None:
            progress.trace.end(exchange, progress.path, progress.secrets, content)
        if self._access_log is not None:
            self._access_log.record(exchange, verdict.decision)
        return exchange

    def _off_path(self, exchange: Exchange, progress: Progress, purpose: str) -> Exchange:
        """A request that is not production: counted by its purpose, but not in rows, rates or production metrics."""
        self._recorder.off_path(purpose, exchange)
        if self._access_log is not None:
            self._access_log.record(exchange, Decision.NOT_OBSERVED)
        return exchange

    def _exchange(self, progress: Progress) -> Exchange:
        tap = progress.tap
        facts, document = (tap.facts(), tap.request_document()) if tap is not None else (Facts(), {})
        if facts.shutdowns:
            self._recorder.shutdowns.listed(progress.upstream, facts.shutdowns)
        streamed = tap is not None and tap.is_sse
        outcome, stream_end = _ended(progress, facts)
        if progress.trace is not None:
            progress.trace.parameters = parameters(document)
        asked = document.get("model") or model_in(progress.path)
        asked = asked[:200] if isinstance(asked, str) else None
        operation = progress.operation
        # What is said in a socket reads as /responses, and a provider's own wire as the family that it counts as.
        reads = tap.operation if tap is not None and isinstance(tap.operation, Operation) else operation
        observed = reads in OBSERVED and progress.generation
        if operation in OBSERVED and not observed:
            operation = operation if operation in _KEPT else Operation.OTHER
        known = self._known(progress, reads, document, facts) if observed and tap is not None else _UNKNOWN
        cost = self._cost(progress, (facts.model, asked), facts, document)
        more = self._more(progress, facts)
        if streamed and tap is not None:
            more["first_token"] = tap.first_token
            more["first_reasoning"], more["thinking"] = tap.first_reasoning, tap.thinking
            more["reasoning_streamed"], more["reasoning_again"] = tap.reasoning_streamed, tap.thinks_again
        if cost.hops or cost.reasoning is not None:
            more["hops"], more["reasoning_cost_usd"] = cost.hops, cost.reasoning
        if isinstance(cost.usd, Unpriced):
            more["unpriced"] = cost.usd
        elif cost.usd is not None:
            more["cost_usd"] = cost.usd
        if observed and (effort := effort_word(facts.effort) or effort_of(document)) is not None:
            more["effort"] = effort
        return Exchange(
            request_id=progress.request_id,
            instance=self._instance,
            started_at=progress.started_at,
            app=progress.app,
            operation=operation,
            upstream=progress.upstream,
            outcome=outcome,
            duration=progress.duration,
            model_asked=clean_name(asked) if asked else None,
            model_served=clean_name(facts.model) if facts.model else None,
            status=progress.status,
            streamed=streamed,
            stream_end=stream_end,
            finish_reason=facts.finish_reason,
            wire_refusal=facts.refusal,
            first_chunk=tap.first_chunk if tap is not None else None,
            overhead=progress.overhead,
            usage=facts.usage,
            choices=facts.choices,
            response_id=clean_id(facts.response_id, self._secret, progress.secrets) if facts.response_id else None,
            conversation=known.conversation,
            request_bytes=progress.request_bytes,
            response_bytes=progress.response_bytes,
            system_prompt_hash=known.system_prompt,
            tools_hash=known.tools,
            parameters_hash=known.parameters,
            **more,
        )

    def _more(self, progress: Progress, facts: Facts) -> dict[str, Any]:
        """Fields of the Exchange that keep their default for most requests."""
        more: dict[str, Any] = {}
        ours = progress.ours
        if ids := (progress.trace and progress.trace.ids) or ours.parent:
            more["trace_id"], more["span_id"], more["trace_flags"] = ids
        if facts.service_tier:
            more["service_tier"] = clean_name(facts.service_tier)
        if facts.refusal_category:
            more["refusal_category"] = clean_name(facts.refusal_category)
        if facts.fingerprint:
            more["system_fingerprint"] = clean_name(facts.fingerprint)
        if facts.provider:
            more["provider"] = clean_name(facts.provider)
        if ours.session:
            more["session_id"] = clean_name(ours.session)
        if ours.task:
            more["task_id"] = clean_name(ours.task)
        if ours.user:
            more["user_hash"] = keyed(self._secret, b"user\0" + ours.user.encode())
        if ours.retries:
            more["retry_count"] = ours.retries
        if progress.upstream in self.shared and progress.head is not None:
            more["quota_left"] = quota_left(progress.head)
        if progress.error or facts.error:
            more["error"] = progress.error or clean_name(facts.error or "")
        return more

    def _known(self, progress: Progress, operation: Operation, document: dict[str, Any], facts: Facts) -> _Known:
        """The hashes that identify the request."""
        tap, ours = progress.tap, progress.ours
        assert tap is not None
        opening = tap.opening(document)
        named = ours.session or ours.task or ours.client_session
        conversation = self._conversations.key(progress.app, named, operation, opening, progress.socket)
        self._conversations.remember(facts.response_id, conversation)
        return _Known(
            conversation,
            self._conversations.system_prompt(operation, opening, tap.whole_request),
            self._conversations.tools(document, tap.whole_request),
            self._conversations.parameters(document),
        )

    def _cost(
        self, progress: Progress, names: tuple[str | None, str | None], facts: Facts, document: dict[str, Any]
    ) -> _Cost:
        """The cost in USD or the reason why it is unknown; nothing without usage.

        ``names``: the model as served and as requested.
        """
        usage, host = facts.usage, self._prices.hosts.get(progress.upstream, "")
        if usage is None:
            return _NO_COST
        if not (usage.reasoning_output or usage.cache_write or facts.calls or facts.speed or facts.geo) and (
            facts.service_tier in _USUAL_TIERS and _TIERED.isdisjoint(document) and facts.iterations is None
        ):
            usual = self._prices.usual(*names, host, usage)
            if usual is not None:
                return _Cost(usual)
        unclear = None
        if usage.cache_write and not facts.written_for_is_told and progress.tap is not None:
            unclear = Unpriced.CACHE_WRITE if progress.tap.asks_for_long_cache() else None
        tiers = told_tiers(
            (facts.service_tier, facts.speed, facts.geo),
            (document.get("service_tier"), document.get("speed"), document.get("inference_geo")),
        )
        began = progress.started_at
        answer = Answer(
            *names,
            usage,
            tiers,
            facts.calls,
            tools=document.get("tools"),
            host=host,
            began=began,
            ended=began + progress.duration,
            unclear=unclear,
        )
        usd = self._prices.quote(answer)
        if facts.iterations is not None:
            hops = hops_of(facts.iterations, *names, lambda model, of: self._step(answer, model, of))
            if hops:
                cleaned = (structs.replace(hop, model=clean_name(hop.model) if hop.model else None) for hop in hops)
                return _Cost(cost_of(hops, usd), None, tuple(cleaned))
        if not usage.reasoning_output or not isinstance(usd, float):
            return _Cost(usd)
        without = self._prices.quote(answer._replace(usage=structs.replace(usage, reasoning_output=0)))
        return _Cost(usd, usd - without if isinstance(without, float) and without < usd else None)

    def _step(self, answer: Answer, model: str | None, usage: Usage) -> float | Unpriced:
        """The cost of one step of an answer. Another model may have run it."""
        return self._prices.quote(answer._replace(served=model, asked=None, usage=usage, calls={}))


def _ended(progress: Progress, facts: Facts) -> tuple[Outcome, StreamEnd | None]:
    """The outcome of a request and of its stream."""
    tap, outcome, stream_end = progress.tap, progress.outcome, progress.stream_end
    streamed = tap is not None and tap.is_sse
    if tap is not None and streamed:
        if stream_end is None:
            stream_end = tap.stream_end(facts)
        if facts.terminated and outcome is Outcome.CLIENT_DISCONNECTED:
            # Clients do close on the last event, before the end of the body has reached them: they have it all.
            outcome, stream_end = None, tap.stream_end(facts)
    if outcome is None:
        outcome = outcome_of(progress.status or 500, facts, streamed, progress.generation)
    return outcome, stream_end
