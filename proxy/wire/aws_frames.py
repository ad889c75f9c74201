"""Splits a stream of AWS event messages into lines: one line per event, as soon as its message is complete.

A message is its length, the length of its headers, a checksum, headers, a payload and a checksum. Bedrock's
``invoke-with-response-stream`` puts each event of the model into the payload, in base64; ``converse-stream`` has its
events as they are, and their types in the headers. An exception is told as Anthropic tells an error. Checksums are not
verified, because the connection is trusted to bring what was sent.

Sources: docs.aws.amazon.com, "Event stream encoding" and "InvokeModelWithResponseStream", read in November 2026.
"""

from __future__ import annotations

import binascii
from base64 import b64decode

from proxy.wire.facts import dump, load, string

#: Bytes before the headers, and around headers and payload. No message is longer than AWS says.
_PRELUDE, _AROUND, _LONGEST = 12, 16, 24_000_000
#: Sizes of the values of headers, by their types; those of the others stand before the value.
_SIZES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
_MOST_HEADERS = 32
_EXCEPTION, _EVENT, _CHUNK = ":exception-type", ":event-type", "chunk"


class Frames:
    """Feed the pieces of a stream, cut anywhere, and take the lines that they complete.

    ``longest``: the maximum size of one message in bytes. After a larger one, or what is none, nothing more is read.
    """

    def __init__(self, longest: int = 4_000_000) -> None:
        self._pending = bytearray()
        self._longest = min(longest, _LONGEST)
        self.overflowed = False

    def feed(self, data: bytes) -> bytes:
        """The lines that ``data`` completes."""
        if self.overflowed:
            return b""
        pending = self._pending
        pending += data
        lines: list[bytes] = []
        at = 0
        while len(pending) - at >= _PRELUDE:
            size, heads = (int.from_bytes(pending[at + begin : at + begin + 4]) for begin in (0, 4))
            if size > self._longest or heads + _AROUND > size:
                self.overflowed, self._pending = True, bytearray()
                return b"".join(lines)
            if len(pending) - at < size:
                break
            begin = at + _PRELUDE + heads
            lines.append(_line(_headers(bytes(pending[at + _PRELUDE : begin])), bytes(pending[begin : at + size - 4])))
            at += size
        del pending[:at]
        return b"".join(lines)


def _headers(data: bytes) -> dict[str, str]:
    """The headers that are texts."""
    found: dict[str, str] = {}
    at = 0
    for _ in range(_MOST_HEADERS):
        if at >= len(data):
            break
        begin = at + 1 + data[at]
        name, kind, at = data[at + 1 : begin], data[begin : begin + 1], begin + 1
        size = _SIZES.get(kind[0]) if kind else None
        if size is None:
            size, at = int.from_bytes(data[at : at + 2]), at + 2
        if kind == b"\x07":
            found[name.decode("latin-1")] = data[at : at + size].decode("utf-8", "replace")
        at += size
    return found


def _line(headers: dict[str, str], payload: bytes) -> bytes:
    if kind := headers.get(_EXCEPTION):
        return (dump({"type": "error", "error": {"type": kind}}) or b"") + b"\n"
    doc = load(payload)
    kind = headers.get(_EVENT, _CHUNK)
    if kind != _CHUNK and isinstance(doc, dict):
        return (dump({**doc, "type": kind}) or b"") + b"\n"
    try:
        event = b64decode(string(doc, "bytes"), validate=True)
    except (binascii.Error, ValueError):
        return b""
    return event.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n" if event else b""
