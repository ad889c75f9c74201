"""Requests token usage that the client did not ask for, and removes it from the stream again. Sans-I/O.

Active only if ``ask_usage`` is on. OpenAI includes usage in a stream if the request sets
``stream_options.include_usage``: one additional event without choices. The client gets all other bytes unchanged.
"""

from __future__ import annotations

import re

from proxy.wire import sse
from proxy.wire.content_coding import Undecodable, decoded
from proxy.wire.facts import dump, load

_STREAM = re.compile(rb'"stream"\s*:\s*true')
_CODING = re.compile(rb"(?i)\r\n(?:accept|content)-encoding:[^\r\n]*")
_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
#: Complete JSON, and other data without a blank line between.
_NEXT = re.compile(rb"\}\r?\ndata:")
#: The event looked for has a few hundred bytes; a longer one is not held back to see what it is.
_LONGEST = 8192


def asking(body: bytes, coding: str = "", most: int = 0) -> bytes | None:
    """The body of a streaming request with usage requested; ``None`` if no change is needed or possible.

    A body with a content coding is decoded to at most ``most`` bytes and sent without the coding.
    """
    if coding:
        try:
            body = decoded(body, coding, most)
        except Undecodable:
            return None
    document = load(body) if _STREAM.search(body) else None
    if not isinstance(document, dict) or document.get("stream") is not True:
        return None
    if "stream_options" not in document:  # every byte of the client's stays
        brace = body.index(b"{") + 1
        return body[:brace] + b'"stream_options":{"include_usage":true},' + body[brace:]
    options = document["stream_options"] if document["stream_options"] is not None else {}
    if not isinstance(options, dict) or options.get("include_usage") is True:
        return None
    return dump({**document, "stream_options": {**options, "include_usage": True}})


def without_coding(head: bytes) -> bytes:
    """A request head for an uncoded body. It also asks for an uncoded response, whose events can be separated."""
    return _CODING.sub(b"", head)


class UsageFilter:
    """Forwards a stream without its usage event. It holds back at most the beginning of one event."""

    def __init__(self) -> None:
        self._held = b""
        self._passing = False

    def can_read(self, content_type: bytes, coding: bytes, sized: bool = True) -> bool:
        """Whether a response can be a stream whose events can be separated. All other responses pass unchanged.

        Some servers label a stream as text or JSON. A response without a declared length (``sized`` is false) can be a
        stream, whatever its label.
        """
        return not coding and (content_type.lower().startswith(b"text/event-stream") or not sized)

    def feed(self, chunk: bytes) -> bytes:
        """The bytes that can be sent to the client now; may be empty."""
        data = self._held + chunk
        passed = []
        position = 0
        for end in _END.finditer(data):
            event = data[position : end.end()]
            if self._passing or not _is_usage(event):
                passed.append(event)
            self._passing = False
            position = end.end()
        left = data[position:]
        # Without blank lines there are no events to separate, and nothing to wait for.
        self._passing = self._passing or len(left) > _LONGEST or _NEXT.search(left) is not None
        # An event that is passed on as it comes keeps back what may be the beginning of its end.
        keep = len(left) if not self._passing else min(len(left), 3)
        passed.append(left[: len(left) - keep])
        self._held = left[len(left) - keep :]
        return b"".join(passed)

    def rest(self) -> bytes:
        """The bytes still held back when the stream ends."""
        held, self._held = self._held, b""
        return held


def _is_usage(event: bytes) -> bool:
    """Whether this event carries only usage. The first event of Azure has no choices either."""
    if b'"usage"' not in event or len(event) > _LONGEST:
        return False
    events = sse.decode(event)
    document = load(events[0].data) if len(events) == 1 else None
    return isinstance(document, dict) and document.get("choices") == [] and isinstance(document.get("usage"), dict)
