"""Records finished requests as one Exchange each: once, in bounded time, without blocking."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from proxy.errors import Contained
from proxy.exchange import OBSERVED, Decision, FinishReason, Operation, Outcome, StreamEnd
from proxy.observe.background import Background, counted_alone, nothing_new
from proxy.observe.identity import Conversations, counted_mark, judge_guard, keyed
from proxy.observe.pricing import Prices
from proxy.observe.sampler import Sampler
from proxy.publish.publisher import Entry, Publisher
from proxy.record.cleaning import clean_id, clean_name, plain_ids
from proxy.record.costs import Costs
from proxy.record.progress import Known, Progress
from proxy.record.templates import Templates
from proxy.telemetry.access_log import AccessLog
from proxy.telemetry.genai import parameters
from proxy.telemetry.recorder import Recorder
from proxy.upstream.quota import quota_left
from proxy.wire.bedrock_counts import take_head
from proxy.wire.chat import asks_for_one
from proxy.wire.effort import effort_of, effort_word
from proxy.wire.facts import Facts
from proxy.wire.native_paths import is_bedrock, model_in
from proxy.wire.operations import is_compaction, is_stored
from proxy.wire.usage import Dropped

log = logging.getLogger("sightglass.forward")


def _unrecorded(error: Exception) -> None:
    log.error("a request could not be recorded (%s)", type(error).__name__)


_CONTAINED = Contained(_unrecorded)
#: Operations that a request keeps which asks for no answer: it reads one, or opens a session.
_KEPT = (Operation.RESPONSES, Operation.REALTIME)


def outcome_of(status: int, facts: Facts, streamed: bool, asked: bool = True) -> Outcome:
    """The outcome of a request whose response arrived complete. ``asked``: the request asked a model for an answer."""
    if status >= 400:
        if status == 429:
            return Outcome.RATE_LIMITED
        if status in (408, 504):
            return Outcome.TIMEOUT
        return Outcome.UPSTREAM_ERROR if status >= 500 else Outcome.CLIENT_ERROR
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
        self._costs = Costs(prices, recorder.usage_dropped)
        self._access_log = access_log
        instance, self._secret = identity
        self._templates = Templates(instance)
        self._background = background
        self._guard = judge_guard(self._secret).encode()
        self._counted = counted_mark(self._secret).encode()
        self._conversations = Conversations(self._secret)
        #: Upstreams whose quota requests of our own share with production.
        self.shared: frozenset[str] = frozenset()

    def finish(self, ended: Iterable[Progress]) -> None:
        """Record finished requests, in order. Called exactly once for each.

        Each step is taken for all of them before the next one begins: its code and its data are then in the CPU's
        caches, which cannot hold those of all steps together. A request that fails in one step takes no further one.
        """
        known = _each(self._identify, _each(self._read_request, _each(self._read_answer, ended)))
        self._look_at_ids(known)
        decided = _each(self._decide, _each(self._describe, known))
        _each(self._log, _each(self._keep, _each(self._count, decided)))

    def _read_answer(self, progress: Progress) -> None:
        tap = progress.tap
        facts = progress.facts = tap.facts() if tap is not None else Facts()
        if progress.head is not None and progress.status == 200 and is_bedrock(progress.path):
            take_head(progress.head.headers, facts)
        if facts.shutdowns:
            self._recorder.shutdowns.listed(progress.upstream, facts.shutdowns, facts.shutdowns_dropped)
        if facts.dropped is not None:
            self._recorder.usage_dropped(facts.dropped)

    def _read_request(self, progress: Progress) -> None:
        progress.document = progress.tap.request_document() if progress.tap is not None else {}
        if progress.trace is not None:
            progress.trace.parameters = parameters(progress.document)

    def _identify(self, progress: Progress) -> None:
        """The hashes that identify the request."""
        tap, reads = progress.tap, progress.operation
        # What is said in a socket reads as /responses, and a provider's own wire as the family that it counts as.
        if tap is not None and isinstance(tap.operation, Operation):
            reads = tap.operation
        progress.observed = progress.generation and reads in OBSERVED
        if tap is None or not progress.observed:
            return
        ours, document, conversations = progress.ours, progress.document, self._conversations
        opening = tap.opening(document)
        named = ours.session or ours.task or ours.client_session
        conversation = conversations.key(progress.app, named, reads, opening, progress.socket)
        conversations.remember(progress.facts.response_id, conversation)
        progress.known = Known(
            conversation,
            conversations.system_prompt(reads, opening, tap.whole_request),
            conversations.tools(document, tap.whole_request) if "tools" in document else None,
            conversations.parameters(document),
        )

    def _look_at_ids(self, ended: list[Progress]) -> None:
        """Look at the ids of all answers at once. A look costs about the same for one id as for many."""
        with _CONTAINED:
            plain = plain_ids(progress.facts.response_id for progress in ended)
            for progress in ended:
                progress.has_plain_id = progress.facts.response_id in plain

    def _describe(self, progress: Progress) -> None:
        """Build the Exchange."""
        facts, tap, operation, known = progress.facts, progress.tap, progress.operation, progress.known
        if not progress.observed and operation in OBSERVED and operation not in _KEPT:
            operation = Operation.OTHER
        outcome, stream_end = _ended(progress, facts)
        asked = progress.document.get("model") or model_in(progress.path)
        asked = asked[:200] if isinstance(asked, str) else None
        shared = (  # in the order of ``Shared``
            progress.app,
            operation,
            progress.upstream,
            outcome,
            asked,
            facts.model,
            progress.status,
            tap is not None and tap.is_sse,
            stream_end,
            facts.finish_reason,
            facts.refusal,
            _choices(progress, facts),
            known.system_prompt,
            known.tools,
            known.parameters,
            facts.fingerprint,
            facts.service_tier,
            facts.provider,
            (effort_word(facts.effort) or effort_of(progress.document)) if progress.observed else None,
        )
        usage, cost, more = facts.usage, None, self._more(progress, facts)
        if usage is not None:
            cost = self._costs.usual(progress, facts.model, asked)
            if cost is None:
                more |= self._costs.of(progress, (facts.model, asked))
        progress.exchange = replace(
            self._templates.of(shared),
            request_id=progress.request_id,
            started_at=progress.started_at,
            duration=progress.duration,
            first_chunk=tap.first_chunk if tap is not None else None,
            overhead=progress.overhead,
            usage=usage,
            cost_usd=cost,
            response_id=self._id(progress, facts.response_id) if facts.response_id else None,
            conversation=known.conversation,
            request_bytes=progress.request_bytes,
            response_bytes=progress.response_bytes,
        )
        if more:
            progress.exchange = replace(progress.exchange, **more)

    def _id(self, progress: Progress, value: str) -> str:
        """The id of an answer as it is stored."""
        secrets = progress.secrets
        plain = progress.has_plain_id
        for secret in secrets:
            plain = plain and secret not in value
        return value if plain else clean_id(value, self._secret, secrets)

    def _decide(self, progress: Progress) -> None:
        """Which part of an answer the request has, and whether it is sampled."""
        tap, ours = progress.tap, progress.ours
        if tap is None or progress.purpose is not None:  # 401, 413 by its length: there is nothing to keep
            return
        exchange, observed, no_store = progress.exchange, progress.generation, ours.no_store
        if exchange.operation is Operation.RESPONSES and is_compaction(progress.method, progress.path):
            progress.part = counted_alone(exchange)
        elif exchange.operation not in OBSERVED and is_stored(progress.method, progress.path):
            part = progress.part = nothing_new(exchange)
            progress.exchange, observed = part.exchange, part.observed
        elif not observed or exchange.operation is Operation.RESPONSES:
            part = progress.part = self._background.part(exchange, observed, tap, progress.secrets, no_store)
            progress.exchange, observed = part.exchange, part.observed
            no_store = no_store or (part.asked is not None and part.asked.no_store)
            if forgotten := self._background.take_forgotten():
                self._recorder.usage_dropped(Dropped(response=forgotten))
        if observed and not (ours.judge and hmac.compare_digest(ours.judge, self._guard)):
            progress.verdict = self._sampler.decide(progress.exchange, no_store)

    def _count(self, progress: Progress) -> None:
        """Record the Exchange in the metrics."""
        exchange, part = progress.exchange, progress.part
        if progress.purpose is not None:
            # No production: counted by its purpose, but not in rows, rates or production metrics.
            if not hmac.compare_digest(progress.ours.counted, self._counted):  # else the worker counts it
                self._recorder.off_path(progress.purpose, exchange)
        elif part is None:
            self._recorder.record(exchange, sampled=progress.verdict.decision is Decision.PUBLISHED)
        else:
            sampled = progress.verdict.decision is Decision.PUBLISHED
            self._recorder.record(exchange, part.timed, part.metered, sampled)

    def _keep(self, progress: Progress) -> None:
        """Hand the row to the publisher, with the content of a sample."""
        if progress.purpose is not None:
            return
        content, secrets, tap, part = None, progress.secrets, progress.tap, progress.part
        if progress.verdict.decision is Decision.PUBLISHED and tap is not None:
            content = tap.content() if part is None else part.content(tap)
            if part is not None and part.asked is not None:
                secrets += part.asked.secrets
        self._publisher.put(Entry(progress.exchange, progress.verdict, content, secrets))
        if progress.trace is not None:
            progress.trace.end(progress.exchange, progress.path, progress.secrets, content)

    def _log(self, progress: Progress) -> None:
        if self._access_log is not None:
            self._access_log.record(progress.exchange, progress.verdict.decision)

    def _more(self, progress: Progress, facts: Facts) -> dict[str, Any]:
        """Fields of the Exchange that keep their default for most requests."""
        more: dict[str, Any] = {}
        ours = progress.ours
        if ids := (progress.trace and progress.trace.ids) or ours.parent:
            more["trace_id"], more["span_id"], more["trace_flags"] = ids
        if facts.refusal_category:
            more["refusal_category"] = clean_name(facts.refusal_category)
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
        if (tap := progress.tap) is not None and tap.is_sse:
            more["first_token"] = tap.first_token
            more["first_reasoning"], more["thinking"] = tap.first_reasoning, tap.thinking
            more["reasoning_streamed"], more["reasoning_again"] = tap.reasoning_streamed, tap.thinks_again
        return more


def _each(step: Callable[[Progress], None], requests: Iterable[Progress]) -> list[Progress]:
    """Take one step of all requests. Returns those that did not fail in it."""
    left, done = iter(requests), list[Progress]()
    while True:
        with _CONTAINED:
            for progress in left:
                step(progress)
                done.append(progress)
            return done


def _choices(progress: Progress, facts: Facts) -> int:
    """How many answers there are. An answer to a chat that asks for one can come in several choices."""
    if facts.choices > 1 and progress.tap is not None and progress.tap.operation is Operation.CHAT:
        return 1 if asks_for_one(progress.document) else facts.choices
    return facts.choices


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
