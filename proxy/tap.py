"""The observer's copy of one request and its response: sans-I/O, bounded, read only after the bytes have gone on.

``request`` and ``feed`` take copies as they pass; ``facts`` reads what the Exchange needs from the first and the last
of them in bounded time; ``content`` hands the whole capped copy to whoever builds a Sample.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import Any

from proxy.exchange import Operation, StreamEnd
from proxy.wire import sse
from proxy.wire.coding import ContentDecoder, Undecodable
from proxy.wire.facts import Facts, child, items, load, text
from proxy.wire.models import take_shutdowns
from proxy.wire.opening import First, is_stream
from proxy.wire.outline import LONG, outline
from proxy.wire.readers import READERS

_MODEL = re.compile(rb'"model"\s*:\s*"([^"\\]{1,200})"')
_STREAM = re.compile(rb'"stream"\s*:\s*true')
_TIER = re.compile(rb'"service_tier"\s*:\s*"(\w{1,40})"')
#: Signs that the provider ran tools that are paid for by the call; how often, a part of an answer does not tell.
_RAN = re.compile(
    rb'"type"\s*:\s*"(?:web_search|file_search|code_interpreter|image_generation|shell)|"container"\s*:\s*\{'
)
_HOUR = re.compile(rb'"ttl"\s*:\s*"1h"')
_USAGE = re.compile(rb'"usage"\s*:\s*\{')
#: Operations without a reader whose answers are long and are read all the same.
_READ_WHOLE = frozenset({Operation.MODELS})
_DECODED = frozenset({Operation.MODELS, Operation.EMBEDDINGS})
_BOM = b"\xef\xbb\xbf"
#: So many bytes of a body tell what it is.
_OPENING = 64
#: A stream up to this size is read whole for its facts; of a longer one, first and last events in growing windows.
_WINDOW = 8192


class Capture:
    """The first and the last bytes of a body, ``cap`` in all; what lies between is only counted."""

    # Of the class until they are set: most bodies are one small piece, and each assignment is paid by every request.
    _head_size = _tail_size = size = 0
    _tail: deque[bytes] | tuple[()] = ()

    def __init__(self, cap: int) -> None:
        self._half = cap // 2
        self._head: list[bytes | memoryview] = []

    def add(self, data: bytes | memoryview) -> None:
        """Take a copy (bytes are immutable: a reference). A view reaches to the end of its bytes."""
        self.size += len(data)
        if self.size <= self._half:
            self._head.append(data)
            self._head_size = self.size
            return
        if isinstance(data, memoryview):
            data = bytes(data)  # a part of a view would hold all that it is a view of
        room = self._half - self._head_size
        if room > 0:
            self._head.append(data[:room] if len(data) > room else data)
            self._head_size += min(room, len(data))
            data = data[room:]
        if not data or not self._half:
            return
        if len(data) > self._half:
            data = data[-self._half :]
        if not isinstance(self._tail, deque):
            self._tail = deque()
        self._tail.append(data)
        self._tail_size += len(data)
        while self._tail_size - len(self._tail[0]) >= self._half:
            self._tail_size -= len(self._tail.popleft())

    @property
    def truncated(self) -> bool:
        """Whether something between head and tail is missing."""
        return self.size > self._half and self.size > self._head_size + min(self._tail_size, self._half)

    def head(self) -> bytes:
        """The first bytes; the whole body when it was not truncated."""
        if len(self._head) == 1 and not self._tail and isinstance(self._head[0], bytes):
            return self._head[0]
        if self.truncated:
            return b"".join(self._head)
        # It is asked for more than once, and joined once.
        joined = b"".join([*self._head, *self._tail])
        self._head, self._head_size, self._tail, self._tail_size = [joined], self.size, (), 0
        return joined

    def whole(self) -> tuple[bytes, int]:
        """The body that was not truncated, as bytes that end with it and where in them it begins: without a copy when
        it came in one read."""
        first = self._head[0] if len(self._head) == 1 and not self._tail else b""
        if isinstance(first, memoryview) and isinstance(first.obj, bytes):
            return first.obj, len(first.obj) - len(first)
        return self.head(), 0

    def tail(self) -> bytes:
        """The last bytes; empty when the head is the whole."""
        return b"".join(self._tail)[-self._half :] if self.truncated else b""


@dataclass(frozen=True, slots=True)
class Content:
    """The capped copy of both bodies, for building a Sample."""

    operation: Operation
    request: bytes
    response: bytes
    response_tail: bytes
    sse: bool
    request_truncated: bool
    undecodable: str | None

    @property
    def size(self) -> int:
        """Bytes held."""
        return len(self.request) + len(self.response) + len(self.response_tail) + 512


class Tap:
    """Watches one exchange of an observed operation."""

    _decoder: ContentDecoder | None = None
    _first: First | None = None
    #: The first bytes of the body while they do not tell what it is; ``None`` once they have.
    _opening: bytes | None = None
    _labelled = False
    is_sse = False
    undecodable: str | None = None
    first_chunk: float | None = None

    def __init__(self, operation: Operation, capture_bytes: int) -> None:
        self.operation = operation
        self._reader = READERS.get(operation)
        self._request = Capture(capture_bytes if self._reader else 4096)
        self._response = Capture(capture_bytes if self._reader or operation in _READ_WHOLE else 16384)

    def request(self, data: bytes | memoryview) -> None:
        """A piece of the request's body."""
        self._request.add(data)

    def head(self, content_type: bytes, content_encoding: bytes) -> None:
        """The response head's two headers that say how to read the copy."""
        self.is_sse = self._labelled = content_type.lower().startswith(b"text/event-stream")
        if self._reader is not None:
            self._opening = b""
        if content_encoding and (self._reader or self.operation in _DECODED):
            try:
                self._decoder = ContentDecoder(content_encoding.decode("latin-1"))
            except Undecodable as error:
                self.undecodable = str(error)

    def feed(self, chunk: bytes, at: float) -> None:
        """A piece of the response's body that has gone to the client, ``at`` seconds after the request began."""
        if self.first_chunk is None:
            self.first_chunk = at
        if self.undecodable is not None:
            return
        if self._decoder is not None:
            try:
                chunk = self._decoder.feed(chunk)
            except Undecodable as error:
                self.undecodable = str(error)
                return
        self._response.add(chunk)
        if self._opening is not None:
            chunk = self._open(self._opening + chunk)
        if self._first is not None and chunk:
            self._first.feed(chunk, at)

    def _open(self, opening: bytes) -> bytes:
        """Look whether the first bytes tell what the body is; gives what is to be read as a stream."""
        assert self._reader is not None
        told = is_stream(opening, self._labelled, False)
        if told is None and len(opening) < _OPENING:
            self._opening = opening
            return b""
        if told is False and opening.removeprefix(_BOM).lstrip()[:1] not in b"{[":
            told = self._asked_stream()
        self._opening, self.is_sse = None, bool(told)
        if not self.is_sse:
            return b""
        self._first = First(self._reader)
        return opening

    def _asked_stream(self) -> bool:
        return _STREAM.search(self._request.head() + self._request.tail()) is not None

    @property
    def first_token(self) -> float | None:
        """When the first token came that a user sees; ``None`` when none did, or the answer was not streamed."""
        return self._first.token if self._first is not None else None

    @property
    def first_reasoning(self) -> float | None:
        """When reasoning was first seen in a stream, shown or only announced."""
        return self._first.reasoning if self._first is not None else None

    @property
    def reasoning_streamed(self) -> bool:
        """Whether a stream showed reasoning."""
        return self._first is not None and self._first.streamed

    def request_document(self) -> dict[str, Any]:
        """An outline of the request's body when it is whole and a JSON object; else what can be told of model and
        stream."""
        request = self._request
        if not request.truncated:
            data, begin = (request.head(), 0) if request.size < LONG else request.whole()
            if data.startswith(b"{", begin) or data[begin : begin + 64].removeprefix(_BOM).lstrip()[:1] == b"{":
                doc = load(data) if request.size < LONG else outline(data, begin)
                if isinstance(doc, dict):
                    return doc
        found: dict[str, Any] = {}
        head = self._request.head()
        both = head + self._request.tail()
        model = _MODEL.search(both)
        if model and head[:64].lstrip()[:1] == b"{":
            found["model"] = model[1].decode("utf-8", "replace")
            found["stream"] = _STREAM.search(both) is not None
        return found

    def whole_request(self) -> dict[str, Any]:
        """The request's body with all its texts, where ``request_document`` gave an outline."""
        doc = load(self._request.head())
        return doc if isinstance(doc, dict) else {}

    def asks_for_long_cache(self) -> bool:
        """Whether the request asks that something is kept in the cache for an hour, as far as it was captured."""
        return _HOUR.search(self._request.head()) is not None or _HOUR.search(self._request.tail()) is not None

    def facts(self) -> Facts:
        """What the answer says of itself."""
        facts = Facts()
        if self._reader is None or self.undecodable is not None:
            return self._plain_facts(facts)
        if self._opening is not None and not self._labelled:  # nothing came, or nothing that tells
            self.is_sse = self._asked_stream()
        if self.is_sse:
            self._event_facts(facts)
            facts.whole = True
            return facts
        if self._response.truncated:
            self._truncated_facts(facts)
            return facts
        facts.whole = True
        whole = self._response.head()
        if not self._reader.facts_of_bytes(whole, facts):
            doc = load(whole)
            if isinstance(doc, dict):
                self._reader.facts_of_document(doc, facts)
        return facts

    def _plain_facts(self, facts: Facts) -> Facts:
        if self.undecodable is None and self._response.truncated:
            if self.operation is Operation.EMBEDDINGS:  # whose vectors are long, and whose end is known
                self._truncated_facts(facts)
        elif self.undecodable is None and self.is_sse:
            for event in sse.decode(self._response.head()):
                if b'"usageMetadata"' in event.data:
                    _take_plain(load(event.data), facts)
        elif self.undecodable is None:
            whole = self._response.head()
            if self.operation is Operation.MODELS:
                take_shutdowns(whole, facts)
            if self.operation is not Operation.MODELS or b'"usageMetadata"' in whole:
                _take_plain(load(whole), facts)
        return facts

    def _event_facts(self, facts: Facts) -> None:
        assert self._reader is not None
        head, tail = self._response.head(), self._response.tail()
        end = tail or head
        if len(head) + len(tail) <= _WINDOW:
            self._reader.facts_of_events(sse.decode(head) + sse.decode(tail), facts)
            return
        window = _WINDOW // 2
        while True:
            self._reader.facts_of_events(sse.decode(head[:window])[:4], facts)
            if facts.response_id or facts.model or window >= len(head):
                break
            window *= 8
        window = _WINDOW // 2
        while True:
            # The window may open inside an event: what cannot be parsed is passed over by the readers. The end is
            # known when the terminator was seen and, in the same window, the event before it that says why.
            self._reader.facts_of_events(sse.decode(end[-window:]), facts)
            if (facts.terminated and facts.finish_reason) or facts.error or window >= len(end):
                break
            window *= 8
        if facts.usage is None:
            _take_early_usage(end, facts)

    def _truncated_facts(self, facts: Facts) -> None:
        head, tail = self._response.head(), self._response.tail()
        model = _MODEL.search(head) or _MODEL.search(tail)
        if model:
            facts.model = model[1].decode("utf-8", "replace")
        tier = _TIER.search(tail) or _TIER.search(head)
        if tier:
            facts.service_tier = tier[1].decode()
        if _RAN.search(tail) or _RAN.search(head):
            facts.calls["unknown"] = 1
        start = tail.rfind(b'"usage"')
        brace = tail.find(b"{", start) if start >= 0 else -1
        depth = 0
        for position in range(brace, min(len(tail), brace + 2000) if brace >= 0 else -1):
            depth += {123: 1, 125: -1}.get(tail[position], 0)
            if depth == 0:
                facts.take_usage(load(tail[brace : position + 1]))
                return

    def stream_end(self, facts: Facts) -> StreamEnd | None:
        """How a stream that ended without a fault of the connection ended; ``None`` when it could not be read."""
        if self._reader is None or self.undecodable is not None:
            return None
        if facts.error is not None:
            return StreamEnd.ERROR_EVENT
        return StreamEnd.COMPLETE if facts.terminated else StreamEnd.NO_TERMINATOR

    def content(self) -> Content:
        """The capped copy of both bodies."""
        return Content(
            self.operation,
            self._request.head(),
            self._response.head(),
            self._response.tail(),
            self.is_sse,
            self._request.truncated,
            self.undecodable,
        )


def _take_plain(doc: object, facts: Facts) -> None:
    """What an answer of an operation without a reader says of itself; Gemini's own form is one of these."""
    if isinstance(doc, dict):
        facts.identify(doc)
        facts.take_usage(doc.get("usage"))
        if "usageMetadata" in doc:
            facts.model = text(doc, "modelVersion") or facts.model
            facts.response_id = text(doc, "responseId") or facts.response_id
            facts.take_usage(doc["usageMetadata"])
            if any(candidate.get("groundingMetadata") for candidate in items(doc, "candidates")):
                facts.calls["google_search"] = 1


def _take_early_usage(end: bytes, facts: Facts) -> None:
    """The last usage of a stream whose last events have none: some providers send it before a long one."""
    found = None
    for found in _USAGE.finditer(end):  # noqa: B007 - the last one is wanted
        pass
    if found is not None:
        begin = end.rfind(b"data:", 0, found.start())
        for event in sse.decode(end[max(0, begin) : _line_end(end, found.end())] + b"\n\n"):
            doc = load(event.data)
            for holder in (doc, child(doc, "response"), child(doc, "message")):
                facts.take_usage(holder.get("usage") if isinstance(holder, dict) else None)


def _line_end(data: bytes, start: int) -> int:
    found = [at for at in (data.find(b"\n", start), data.find(b"\r", start)) if at >= 0]
    return min(found, default=len(data))
