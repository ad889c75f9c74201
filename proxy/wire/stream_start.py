"""Classifies an answer by its first bytes and events: whether it is a stream, and when its first parts came."""

from __future__ import annotations

import re
from typing import Any

from proxy.exchange import Operation
from proxy.wire.facts import load
from proxy.wire.inline_reasoning import MARKS
from proxy.wire.readers import Reader
from proxy.wire.sse import Decoder, type_of

_BOM = b"\xef\xbb\xbf"
_BLANK = b" \t\r\n"
#: Bytes that mostly tell; blank ones may come before them for as long as a server likes.
_LOOK = 64
_FIELDS = (b"data:", b"event:", b"id:", b"retry:", b":")
#: Cheap sign that an event may carry something visible, or reasoning too; only then is it parsed.
_VISIBLE = (
    rb'"(?:content|text|refusal|delta|transcript)"\s*:\s*"[^"]|"(?:tool_calls|function_call)"\s*:\s*[\[{]'
    rb'|tool_use|output_item\.added|"step\.start|"functionCall"|"toolUse"|"response"\s*:\s*"[^"]'
)
_MAYBE_VISIBLE = re.compile(_VISIBLE)
_MAYBE_EITHER = re.compile(
    _VISIBLE
    + rb'|"reasoning(?:_content|_text|_details|Content)?"\s*:\s*(?:"[^"]|[\[{]\s*["\[{])|thinking|"thought|"tool_plan'
)
_LONGEST_MARK = max(len(mark) for marks in MARKS for mark in marks)


def is_stream(opening: bytes, labelled: bool, asked: bool) -> bool | None:
    """Whether a body that begins with ``opening`` is an event stream; ``None`` while this is unknown.

    A body that begins like JSON is never an event stream, whatever its content type. A body that begins with an
    event-stream field always is one. Otherwise the content type decides (``labelled``), or whether a stream was
    requested.
    """
    if opening[:1] in b"{[" and opening:
        return False
    text = opening[:_LOOK].removeprefix(_BOM).lstrip(_BLANK) or opening.removeprefix(_BOM).lstrip(_BLANK)
    if not text or _BOM.startswith(opening):
        return None
    if text[:1] in b"{[":
        return False
    if labelled or asked or text.startswith(_FIELDS):
        return True
    return None if any(field.startswith(text) for field in _FIELDS) else False


#: How events that bring reasoning and text are known, by family, where one can follow the other again and again.
_TURNS: dict[str, tuple[bytes, bytes]] = {
    Operation.MESSAGES: (b'"thinking_delta"', b'"text_delta"'),
    Operation.RESPONSES: (b"response.reasoning_", b"response.output_text.delta"),
}


def thinks_again(operation: str, head: bytes, tail: bytes) -> bool:
    """Whether a stream reasons again after user-visible text, as far as its copy shows."""
    if operation not in _TURNS:
        return False
    reasoning, said = _TURNS[operation]
    first = head.find(said)
    if first < 0:
        return False
    return head.find(reasoning, first) >= 0 or reasoning in tail


def undecided(opening: bytes) -> bytes:
    """The first bytes to keep while the type is unknown. Blank bytes are dropped, so only a few are kept."""
    return opening if _BOM.startswith(opening) else opening.removeprefix(_BOM).lstrip(_BLANK)


class First:
    """When the first reasoning and the first user-visible token came. ``done``: both are known or cannot come.

    Times are those that the caller passes with the bytes. Reasoning inside the text counts as reasoning.
    """

    __slots__ = ("_close", "_decoder", "_reader", "_said", "_said_at", "done", "reasoning", "streamed", "token")

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._decoder = Decoder()
        self.reasoning: float | None = None
        self.token: float | None = None
        #: Whether reasoning could be read, and was not only announced.
        self.streamed = False
        self.done = False
        self._said = ""
        self._said_at = 0.0
        #: The mark that ends the reasoning in the text.
        self._close: str | None = None

    def feed(self, chunk: bytes, at: float) -> None:
        """A piece of the stream."""
        for event in self._decoder.feed(chunk):
            signs = _MAYBE_VISIBLE if self.streamed else _MAYBE_EITHER
            if signs.search(event.data):
                doc = load(event.data)
                if isinstance(doc, dict):
                    if event.event and "type" not in doc:
                        doc["type"] = type_of(doc, event)
                    self._see(doc, at)
                    if self.done:
                        return

    def _see(self, doc: dict[str, Any], at: float) -> None:
        thought = self._reader.thought(doc)
        if thought is not None:
            self._thinks(at, bool(thought))
        if not self._reader.is_visible(doc):
            return
        text = self._reader.delta_text(doc)
        if not text or not self._is_marked(text, at):
            self.token = at if not self._said or self._close else self._said_at
            self.done = True

    def _thinks(self, at: float, shown: bool) -> None:
        if self.reasoning is None:
            self.reasoning = at
        self.streamed |= shown

    def _is_marked(self, text: str, at: float) -> bool:
        """Whether all text so far is, or may be, reasoning between markers."""
        if not self._said:
            self._said_at = at
        self._said += text
        said = self._said.lstrip().lower()
        if self._close is None:
            self._close = next((close for begin, close in MARKS if said.startswith(begin)), None)
            if self._close is None:
                return not said or any(begin.startswith(said) for begin, _ in MARKS)
            self._thinks(self._said_at, True)
        _, closed, after = said.partition(self._close)
        if closed and after.strip():
            return False
        self._said = said if closed else said[-_LONGEST_MARK:]
        return True
