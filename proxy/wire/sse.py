"""Server-sent events according to the WHATWG HTML standard (9.2.6, "Interpreting an event stream").

Rules: one leading BOM is dropped; lines end in LF, CRLF or CR; a line that begins with a colon is a comment; one space
after the field's colon is dropped; ``data`` lines are joined by LF; an event without data is not dispatched; an
incomplete event at the end of the stream is discarded, except by ``flush``.

Three additions to the standard: a field ``error`` (older llama.cpp) and bare JSON (from a server that abandoned the
stream), in one line or written over several without a blank one, become events. Both are errors that clients ignore but
an observer must record. And data that is complete JSON ends its event where more JSON follows on the next line, since
some servers leave out the blank one (rexxars/eventsource-parser#31); no JSON goes on so.
"""

from __future__ import annotations

from typing import NamedTuple

from proxy.wire.json_array import Elements

#: What a line of bare JSON begins with. ``[DONE]`` is none.
_BARE = (b"{", b"[{", b"[ {")
#: Bytes that are gathered of bare JSON over several lines: an error is short.
_LONGEST_BARE = 65_536


class Event(NamedTuple):
    """One dispatched event: its type (empty if unnamed) and its data, undecoded."""

    event: bytes
    data: bytes


def type_of(doc: object, event: Event) -> str:
    """The type in the JSON of an event, or that of its ``event:`` line: some servers say it only there."""
    said = doc.get("type") if isinstance(doc, dict) else None
    return said if isinstance(said, str) and said else event.event.decode("latin-1")


class Decoder:
    """Feed bytes cut anywhere; take events. ``max_event`` bounds the size of an unfinished event, in bytes."""

    def __init__(self, max_event: int = 4_000_000) -> None:
        self._pending = b""
        self._event = b""
        self._data: list[bytes] = []
        self._size = 0
        #: The event's name before another came behind its data.
        self._before: bytes | None = None
        self._max = max_event
        self._started = False
        #: Bare JSON of which the end has not come.
        self._bare: Elements | None = None
        self.overflowed = False

    def feed(self, chunk: bytes) -> list[Event]:
        """Events that ``chunk`` completes."""
        buffer = self._pending + chunk
        if not self._started:
            if len(buffer) < 3 and b"\xef\xbb\xbf".startswith(buffer):
                self._pending = buffer
                return []
            self._started = True
            buffer = buffer.removeprefix(b"\xef\xbb\xbf")
        # A CR at the end may be half a CRLF: it waits for the next byte.
        held = b"\r" if buffer.endswith(b"\r") else b""
        lines = _lines(buffer[:-1] if held else buffer)
        self._pending = lines.pop() + held
        if len(self._pending) > self._max:
            self._pending, self.overflowed = b"", True
        return [event for line in lines if (event := self._line(line)) is not None]

    def flush(self) -> list[Event]:
        """Events completed by the end of the stream. Some providers end without a final blank line."""
        lines, self._pending = _lines(self._pending), b""
        events = [event for line in [*lines, b""] if (event := self._line(line)) is not None]
        return events

    def _line(self, line: bytes) -> Event | None:
        if not line:
            return self._dispatch()
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            whole = self._dispatch_whole(value) if self._data else None
            self._size += len(value)
            if self._size > self._max:
                self.overflowed = True
            else:
                self._data.append(value)
            return whole
        elif field == b"event":
            if self._data:
                self._before = self._event
            self._event = value
        elif field == b"error" and value:
            return Event(b"error", value)
        elif self._bare is not None or line.startswith(_BARE) or line == b"[":
            return self._json(line)
        return None

    def _json(self, line: bytes) -> Event | None:
        """A line of bare JSON. It is the end of what began before it, or a document, or the beginning of one."""
        bare = self._bare
        if line[:1] == b"{" and line.rstrip().endswith(b"}") and len(line) <= self._max:
            self._bare = None
            return Event(b"", line)
        if bare is None:
            bare = self._bare = Elements(min(self._max, _LONGEST_BARE))
            bare.feed(b"[")  # the document is the one element of a list
        if bare.full:  # what it is does not matter any more, up to a blank line
            self.overflowed = True
            return None
        whole = bare.feed(line + b"\n").rstrip()
        if not whole:
            self.overflowed |= bare.overflowed
            return None
        self._bare = None
        return Event(b"", whole)

    def _dispatch_whole(self, following: bytes) -> Event | None:
        """The event before a line of data, if its own is complete and the line begins other JSON."""
        if following[:1] not in (b"{", b"[") or self._data[-1].rstrip()[-1:] not in (b"}", b"]"):
            return None
        event, data = self._event if self._before is None else self._before, self._data
        self._data, self._size, self._before = [], 0, None
        return Event(event, b"\n".join(data))

    def _dispatch(self) -> Event | None:
        event, data = self._event, self._data
        self._event, self._data, self._size, self._bare = b"", [], 0, None
        if data:
            self._before = None
        return Event(event, b"\n".join(data)) if data else None


def _lines(buffer: bytes) -> list[bytes]:
    """Split only at LF, CRLF and CR (as ``bytes.splitlines`` does), keeping an empty or partial last line."""
    lines = buffer.splitlines()
    if not buffer or buffer.endswith((b"\n", b"\r")):
        lines.append(b"")
    return lines


def decode(body: bytes) -> list[Event]:
    """All events of a complete body. The last event may lack its blank line."""
    decoder = Decoder()
    return decoder.feed(body) + decoder.flush()
