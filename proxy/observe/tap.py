"""The observer's copy of one request and its response: sans-I/O, bounded, read only after the bytes were forwarded.

``request`` and ``feed`` take copies as the bytes pass. ``facts`` reads the fields of the Exchange from the first and
the last bytes, in bounded time. ``content`` returns the whole capped copy for building a Sample.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from proxy.exchange import Operation, StreamEnd
from proxy.observe.capture_buffer import Capture
from proxy.observe.packed import unpacked
from proxy.observe.partial_answers import (
    take_early_usage,
    take_ends,
    take_framed,
    take_plain,
    take_torn,
    take_torn_event,
)
from proxy.observe.request_body import Asked
from proxy.wire import sse
from proxy.wire.aws_frames import Frames
from proxy.wire.content_coding import ContentDecoder, Undecodable
from proxy.wire.envelope import opened
from proxy.wire.facts import Facts, load, load_whole
from proxy.wire.json_array import Elements
from proxy.wire.model_shutdowns import take_shutdowns
from proxy.wire.native_paths import Native
from proxy.wire.outline import LONG
from proxy.wire.partial import CUT
from proxy.wire.readers import READERS, Reader
from proxy.wire.stream_start import First, is_stream, thinks_again, undecided

_MODEL = re.compile(rb'"model(?:Version)?"\s*:\s*"([^"\\]{1,200})"')
_STREAM = re.compile(rb'"stream"\s*:\s*true')
_HOUR = re.compile(rb'"ttl"\s*:\s*"1h"')
#: Operations without a reader whose answers are long and are read all the same.
_READ_WHOLE = frozenset({Operation.MODELS})
_DECODED = frozenset({Operation.MODELS, Operation.EMBEDDINGS})
#: Operations that are not read and whose answers may count their tokens: Cohere's and Bedrock's, pictures and sound,
#: Mistral's conversations.
_MAY_COUNT = frozenset({Operation.OTHER, Operation.IMAGES, Operation.AUDIO, Operation.CONVERSATIONS})
_COUNTED = (b"application/json", b"text/event-stream")
#: Their streams that are no server-sent events: Bedrock's frames, and Cohere's older lines.
_FRAMES, _STREAMED = b"application/vnd.amazon.eventstream", b"application/stream+json"
_BOM = b"\xef\xbb\xbf"
_LINES = (b"application/x-ndjson", b"application/ndjson", b"application/jsonl")
#: So many bytes of a body tell what it is.
_OPENING = 64
#: A stream up to this size is read whole for its facts; of a longer one, first and last events in growing windows.
_WINDOW = 8192


@dataclass(frozen=True, slots=True)
class Content:
    """The capped copy of both bodies, for building a Sample. ``packed``: what is before ``response``, compressed.

    ``left_out``: the request is without payloads that made room for its texts; ``answer_left_out``: so is the answer.
    """

    operation: Operation | Native
    request: bytes
    response: bytes
    response_tail: bytes
    sse: bool
    request_truncated: bool
    undecodable: str | None
    packed: tuple[bytes, ...] = ()
    left_out: bool = False
    answer_left_out: bool = False

    @property
    def size(self) -> int:
        """Bytes held."""
        return len(self.request) + len(self.response) + len(self.response_tail) + sum(map(len, self.packed)) + 512

    def short(self, most: int) -> bool:
        """Whether it is read quickly: at most ``most`` bytes are held, and none stand for more than they are."""
        return not self.packed and self.size <= most

    def answer(self) -> tuple[bytes, bytes]:
        """The first bytes of the answer, and its last ones where bytes are missing between the two."""
        return unpacked(self.packed) + self.response if self.packed else self.response, self.response_tail


class Tap:
    """Observes one exchange of a supported operation.

    Most bodies are short and come in one piece, and most answers are a JSON document. Such a body is kept as it is, and
    nothing is made for it.
    """

    #: A request's body, or an answer, while it is all in one short piece.
    _sent: bytes | None = None
    _said: bytes | None = None
    _asked: Asked | None = None
    _captured: Capture | None = None
    #: Whether the answer's first piece alone can tell that it is a document.
    _simple = False
    _decoder: ContentDecoder | None = None
    _first: First | None = None
    #: The first bytes of the body while they do not tell what it is; ``None`` once they have.
    _opening: bytes | None = None
    _labelled = False
    is_sse = False
    undecodable: str | None = None
    first_chunk: float | None = None
    #: The type of an answer that is not read and may count its tokens.
    _counted_as = b""
    #: Whether the answer is JSON documents one after the other, which begin as one document does.
    _in_pieces = False
    _elements: Elements | Frames | None = None

    def __init__(self, operation: Operation | Native, capture_bytes: int, coding: str = "") -> None:
        self.operation = operation
        self._reader = READERS.get(operation)
        self._cap = capture_bytes
        self._coding = coding

    @property
    def asked(self) -> Asked:
        """The request's body."""
        asked = self._asked
        if asked is None:
            asked = self._asked = Asked(self._cap if self._reader else 4096, self._coding, self._reader is not None)
            if self._sent is not None:
                asked.add(self._sent)
                self._sent = None
        return asked

    @property
    def _response(self) -> Capture:
        """The answer's body, decoded."""
        response = self._captured
        if response is None:
            long = self._reader is not None or self.operation in _READ_WHOLE
            response = self._captured = Capture(self._cap if long else 16384)
            response.filters = self._reader is not None
            if self._said is not None:
                response.add(self._said)
                self._said = None
        return response

    def request(self, data: bytes | memoryview) -> None:
        """A piece of the request body."""
        new = self._sent is None and self._asked is None and self._reader is not None and not self._coding
        if new and isinstance(data, bytes) and len(data) < LONG and len(data) * 2 <= self._cap:
            self._sent = data
        else:
            self.asked.add(data)

    def lacks(self, asked: int, said: int) -> None:
        """So many bytes of payloads were left out of the last piece of the request, or of the answer."""
        self.asked.lacks(asked)
        self._response.lacks(said)

    def head(self, content_type: bytes, content_encoding: bytes) -> None:
        """The two response headers that determine how the copy is read."""
        kind, reader = content_type.lower(), self._reader
        if kind.startswith(b"text/event-stream") or (reader is not None and self._comes_in_lines(kind)):
            self.is_sse = self._labelled = True
        elif reader is not None and kind.startswith(_FRAMES):
            self.is_sse = self._labelled = self._in_pieces = True
            self._elements = Frames()
        if reader is not None:
            self._opening = b""
            self._simple = not (self._labelled or content_encoding)
        if self.operation in _MAY_COUNT and kind.startswith((*_COUNTED, _FRAMES, _STREAMED)):
            self._counted_as = kind
        counted = self.operation in _DECODED or self._counted_as
        if content_encoding and (reader or counted):
            try:
                self._decoder = ContentDecoder(content_encoding.decode("latin-1"))
            except Undecodable as error:
                self.undecodable = str(error)

    def feed(self, chunk: bytes, at: float) -> None:
        """A piece of the response body that was sent to the client, ``at`` seconds after the request began."""
        if self.first_chunk is None:
            self.first_chunk = at
            if self._simple and chunk.startswith(b"{") and len(chunk) * 2 <= self._cap:
                self._said, self._opening = chunk, None
                return
        if self.undecodable is not None:
            return
        if self._decoder is not None:
            try:
                chunk = self._decoder.feed(chunk)
            except Undecodable as error:
                self.undecodable = str(error)
                return
        if self._opening == b"" and self._reader is not None and self._reader.array and chunk.lstrip()[:1] == b"[":
            self._elements, self._in_pieces = Elements(), True
        if self._elements is not None:
            chunk = self._elements.feed(chunk)
        new = chunk if self._opening is None else self._open(self._opening + chunk)
        self._response.add(chunk)
        if self._first is not None and not self._first.done:
            self._first.feed(new, at)

    def _open(self, opening: bytes) -> bytes:
        """Determine from the first bytes what the body is. Returns the bytes to read as a stream."""
        assert self._reader is not None
        told = True if self._in_pieces else is_stream(opening, self._labelled, False)
        if told is None:
            self._opening = undecided(opening)
            return b""
        if told is False and opening[:_OPENING].removeprefix(_BOM).lstrip()[:1] not in b"{[":
            told = self._asked_stream()
        self._opening, self.is_sse = None, told
        if not self.is_sse:
            return b""
        self._first = First(self._reader)
        self._response.packs = True
        return opening

    def _comes_in_lines(self, kind: bytes) -> bool:
        self._in_pieces = kind.startswith(_LINES)
        return self._in_pieces

    def _asked_stream(self) -> bool:
        return self.asked.says(_STREAM)

    @property
    def first_token(self) -> float | None:
        """When the first user-visible token came; ``None`` without one, or if the answer was not streamed."""
        return self._first.token if self._first is not None else None

    @property
    def first_reasoning(self) -> float | None:
        """When reasoning first appeared in a stream, with or without its text."""
        return self._first.reasoning if self._first is not None else None

    @property
    def thinking(self) -> float | None:
        """Seconds from the first reasoning to the first user-visible token; ``None`` if either is missing."""
        first = self._first
        if first is None or first.reasoning is None or first.token is None:
            return None
        return max(0.0, first.token - first.reasoning)

    @property
    def thinks_again(self) -> bool:
        """Whether the model reasoned again after the first text. The time after it then includes reasoning."""
        if self.first_reasoning is None:
            return False
        return thinks_again(self.operation, self._response.head(), self._response.tail())

    @property
    def reasoning_streamed(self) -> bool:
        """Whether a stream showed reasoning."""
        return self._first is not None and self._first.streamed

    def told(self, document: dict[str, Any]) -> dict[str, Any]:
        """A request document translated to the format of its wire family."""
        return self._reader.told(document) if self._reader is not None else document

    def request_document(self) -> dict[str, Any]:
        """An outline of the request body; for a body longer than the capture, an outline of its two ends."""
        if self._sent is not None and self._sent.startswith(b"{"):
            document = load(self._sent)
            if isinstance(document, dict):
                return self.told(document)
        return self.told(self.asked.document())

    def opening(self, document: dict[str, Any]) -> dict[str, Any]:
        """``request_document`` reduced to the beginning that later requests of the conversation share."""
        if self._sent is not None or self.asked.short:
            return document
        opening = self.asked.opening(self.asked.document())
        told = self.told(opening)
        contents = opening.get("contents")
        if told is not opening and (not isinstance(contents, list) or contents[-1:] == [CUT]):
            told["messages"].append(CUT)
        return told

    def whole_request(self) -> dict[str, Any]:
        """The request body with its complete texts, where ``request_document`` gave an outline."""
        return self.told(self.asked.whole())

    def asks_for_long_cache(self) -> bool:
        """Whether the captured request asks for a cache lifetime of one hour."""
        return self.asked.says(_HOUR)

    def facts(self) -> Facts:
        """The facts that the answer reports about itself."""
        facts = Facts()
        if self._reader is None or self.undecodable is not None:
            return self._plain_facts(facts)
        if self._said is not None:
            self._document_facts(self._reader, self._said, facts)
            return facts
        if self._opening is not None and not self._labelled:  # nothing came, or nothing that tells
            self.is_sse = self._asked_stream()
        if self.is_sse:
            self._event_facts(facts)
            facts.whole = True
            return facts
        if self._response.truncated:
            self._truncated_facts(facts)
            return facts
        self._document_facts(self._reader, self._response.head(), facts)
        return facts

    @staticmethod
    def _document_facts(reader: Reader, whole: bytes, facts: Facts) -> None:
        facts.whole = True
        if not reader.facts_of_bytes(whole, facts):
            doc = load_whole(whole)
            if isinstance(doc, dict):
                reader.facts_of_document(opened(doc), facts)

    def _plain_facts(self, facts: Facts) -> Facts:
        head, tail = self._response.head(), self._response.tail()
        if self.undecodable is not None:
            pass
        elif self.operation is Operation.EMBEDDINGS and self._response.truncated:
            self._truncated_facts(facts)  # vectors are long, and the end is known
        elif self._counted_as.startswith(_FRAMES):
            take_framed(head, tail, facts)
        elif self._counted_as and (tail or self.is_sse or self._counted_as.startswith(_STREAMED)):
            take_torn(b"", tail or head, facts)
        elif self.is_sse or self._response.truncated:
            pass
        elif self.operation is Operation.MODELS:
            take_shutdowns(head, facts)
        else:
            take_plain(load(head), facts)
        if self.operation is Operation.EMBEDDINGS:
            facts.take_total_as_input()
        elif self.operation is Operation.IMAGES:
            facts.take_output_as_image()
        elif self.operation is Operation.CONVERSATIONS and facts.usage is not None and (model := _MODEL.search(head)):
            facts.model = model[1].decode("utf-8", "replace")  # it stands in the entries of the answer
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
            take_early_usage(head, end, facts)
        if tail and not (facts.finish_reason or facts.error):
            take_torn_event(self._response.begun(), tail, facts)

    def _truncated_facts(self, facts: Facts) -> None:
        head, tail = self._response.head(), self._response.tail()
        model = _MODEL.search(head) or _MODEL.search(tail)
        if model:
            facts.model = model[1].decode("utf-8", "replace")
        take_torn(head, tail, facts)
        if self._reader is not None:
            take_ends(head, tail, facts)

    def stream_end(self, facts: Facts) -> StreamEnd | None:
        """How a stream without a connection error ended; ``None`` if it could not be read."""
        if self._reader is None or self.undecodable is not None:
            return None
        if facts.error is not None:
            return StreamEnd.ERROR_EVENT
        return StreamEnd.COMPLETE if facts.terminated else StreamEnd.NO_TERMINATOR

    def content(self) -> Content:
        """The capped copy of both bodies."""
        sent, said = self._sent, self._said
        packed, first, last = self._response.packed() if said is None else ((), said, b"")
        return Content(
            self.operation,
            self.asked.captured() if sent is None else sent,
            first,
            last,
            self.is_sse,
            sent is None and self.asked.truncated,
            self.undecodable or (self.asked.undecodable if sent is None else None),
            packed,
            sent is None and self.asked.left_out > 0,
            said is None and self._response.left_out > 0,
        )
