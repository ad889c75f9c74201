"""Deferred answers: one request starts a background response, and another request reads its text.

The POST for such a response ends with ``queued``. The first request that reads the final state (by GET, by resuming the
stream, or by cancelling) delivers the answer. It is then observed once, together with the body of the POST. All other
reads of a stored response add nothing, because its tokens have been counted.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import NamedTuple

import msgspec

from proxy.exchange import OBSERVED, Exchange, Operation
from proxy.observe.tap import Content, Tap

#: Responses that are waited for, and the bytes of their requests; beyond either the oldest is forgotten: it stands in
#: the ledger as not observed, and its usage is not counted.
_KEPT, _BYTES = 1000, 16_000_000
#: Operations whose answers are objects that a provider keeps. Each read repeats their usage, which is that of others.
_STORED = frozenset(
    {
        *(Operation.BATCHES, Operation.FINE_TUNING, Operation.VECTOR_STORES, Operation.ASSISTANTS, Operation.THREADS),
        *(Operation.FILES, Operation.UPLOADS, Operation.VIDEOS),
    }
)


@dataclass(frozen=True, slots=True)
class Asked:
    """The content of a POST whose answer is pending."""

    exchange: Exchange
    request: bytes
    truncated: bool
    left_out: bool
    secrets: tuple[str, ...]
    no_store: bool


class Part(NamedTuple):
    """The role of one request in an answer.

    ``observed``: it delivers the answer. ``timed``: it also started the answer. ``metered``: its tokens are to be
    counted. ``asked`` is the request that a deferred answer belongs to.
    """

    exchange: Exchange
    observed: bool
    timed: bool
    metered: bool
    asked: Asked | None = None

    def content(self, tap: Tap) -> Content:
        """Both bodies: those of this request or, for a deferred answer, the original request and the answer."""
        content = tap.content()
        if self.asked is None:
            return content
        asked = self.asked
        return replace(content, request=asked.request, request_truncated=asked.truncated, left_out=asked.left_out)


class Background:
    """The pending responses of one process, by upstream and response id."""

    def __init__(self, kept: int = _KEPT, size: int = _BYTES) -> None:
        self._asked: OrderedDict[tuple[str, str], Asked] = OrderedDict()
        self._kept, self._size = kept, size
        self.held = 0
        self._forgotten = 0

    def part(self, exchange: Exchange, generation: bool, tap: Tap, secrets: tuple[str, ...], no_store: bool) -> Part:
        """The role of one request. Call it once for each request."""
        if exchange.operation is not Operation.RESPONSES:
            known_answer = exchange.operation in _STORED or (not generation and tap.operation in OBSERVED)
            return nothing_new(exchange) if known_answer else Part(exchange, generation, True, True)
        final = exchange.finish_reason is not None
        known = exchange.response_id if exchange.status == 200 else None
        if generation:
            if final or known is None or tap.request_document().get("background") is not True:
                return Part(exchange, True, True, True)
            content = tap.content()
            told = (content.request, content.request_truncated, content.left_out)
            asked = Asked(exchange, *told, secrets, no_store)
            self._put((exchange.upstream, known), asked)
            return Part(exchange, False, False, False)
        late = self._take((exchange.upstream, known)) if final and known is not None else None
        if late is None:
            return nothing_new(exchange)
        return Part(_as_asked(exchange, late.exchange), True, False, True, late)

    def _put(self, key: tuple[str, str], asked: Asked) -> None:
        self._take(key)
        self._asked[key] = asked
        self.held += len(asked.request)
        while len(self._asked) > self._kept or self.held > self._size:
            _, oldest = self._asked.popitem(last=False)
            self.held -= len(oldest.request)
            self._forgotten += 1

    def take_forgotten(self) -> int:
        """How many responses were forgotten before they were read, each counted once."""
        forgotten, self._forgotten = self._forgotten, 0
        return forgotten

    def _take(self, key: tuple[str, str]) -> Asked | None:
        asked = self._asked.pop(key, None)
        if asked is not None:
            self.held -= len(asked.request)
        return asked


def counted_alone(exchange: Exchange) -> Part:
    """A request whose tokens count and whose answer is none to be observed."""
    return Part(exchange, False, False, True)


def nothing_new(exchange: Exchange) -> Part:
    """A repeated read of an answer. Its tokens and its ending were counted on the first read."""
    seen = msgspec.structs.replace(
        exchange,
        usage=None,
        cost_usd=None,
        reasoning_cost_usd=None,
        hops=(),
        finish_reason=None,
        choices=0,
        first_token=None,
        first_reasoning=None,
        thinking=None,
    )
    return Part(seen, False, False, False)


def _as_asked(exchange: Exchange, asked: Exchange) -> Exchange:
    """The exchange of a deferred answer, with the identity of the original request.

    The time to first token is unknown.
    """
    return msgspec.structs.replace(
        exchange,
        app=asked.app,
        model_asked=asked.model_asked,
        conversation=asked.conversation,
        session_id=asked.session_id,
        task_id=asked.task_id,
        user_hash=asked.user_hash,
        retry_count=asked.retry_count,
        system_prompt_hash=asked.system_prompt_hash,
        tools_hash=asked.tools_hash,
        parameters_hash=asked.parameters_hash,
        effort=exchange.effort or asked.effort,
        first_chunk=None,
        first_token=None,
        first_reasoning=None,
        thinking=None,
    )
