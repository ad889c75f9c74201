"""WebSocket frames of one direction, read passively from a copy (RFC 6455; permessage-deflate: RFC 7692).

A library's parser is part of an endpoint: it holds a frame whole, answers pings, and ends at what is too large. This
one only watches, so it must stay in step whatever passes and hold a bounded amount. Rules obeyed:

- 5.2: FIN, three reserved bits, four of opcode, MASK, a length of 7, 16 or 64 bits whose highest bit is 0.
- 5.3: octet i of a masked payload is the original one XOR octet i mod 4 of the key; the key is of each frame.
- 5.4: a message is a frame and its continuations; control frames may stand between them.
- 5.5: control frames have at most 125 octets and are not fragmented. They are passed over.
- 5.2, 9: a reserved bit or opcode that no negotiated extension defines means what this parser does not know.
- RFC 7692, 6: RSV1 of a message's first frame says that it is compressed, 7.2.2: with ``00 00 ff ff`` taken from its
  end, 7.1.1: each message alone, or all messages of a direction as one stream.
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

from proxy.wire.payloads import Payloads

_TEXT, _BINARY, _CONTINUED, _CONTROL, _CLOSE = 1, 2, 0, 8, 8
_TAIL = b"\x00\x00\xff\xff"
#: A message that inflates to more than so many bytes, and to more than so many times its size, is a bomb.
_SMALL, _RATIO = 1_000_000, 64
#: Compressed bytes are inflated by so many bytes at a time.
_SLICE = 16_384
#: Of a longer message payloads are left out: pictures, and sound.
_LONG = 65_536


class Message(NamedTuple):
    """A text message: its first ``limit`` bytes, whether it was truncated, and how many bytes of payloads it lacks."""

    data: bytes
    cut: bool
    left_out: int = 0


class Unreadable(ValueError):
    """This direction cannot be read any further. The message gives the reason and is safe to store."""


class Deflate:
    """The decompressor of one direction. ``shared``: all messages form one stream (context takeover)."""

    def __init__(self, shared: bool) -> None:
        self._shared = shared
        # Any window that may be negotiated (8 to 15 bits) is read with the largest one.
        self._decoder = zlib.decompressobj(-zlib.MAX_WBITS)
        self._taken = self._given = 0

    def feed(self, data: bytes, room: int) -> bytes:
        """Decompressed bytes of a message, at most ``room``. Further bytes are skipped. Raises ``Unreadable``."""
        out = b""
        self._taken += len(data)
        while data:
            piece = self._inflate(data, max(room - len(out), _SLICE))
            out += piece[: room - len(out)]
            data = self._decoder.unconsumed_tail
            self._given += len(piece)
            if self._given > max(_SMALL, _RATIO * self._taken):
                raise Unreadable("coding_limit")
        return out

    def finish(self, room: int) -> bytes:
        """The rest of the message (7.2.2)."""
        out = self.feed(_TAIL, room)
        if not self._shared or self._decoder.eof:  # 7.2.3.4: a block with BFINAL may end a message
            self._decoder = zlib.decompressobj(-zlib.MAX_WBITS)
        self._taken = self._given = 0
        return out

    def _inflate(self, data: bytes, most: int) -> bytes:
        try:
            return self._decoder.decompress(data, most)
        except zlib.error:
            raise Unreadable("corrupt_coding") from None


class Reader:
    """Feed one direction's bytes cut anywhere; take its text messages. ``limit`` bounds the size of one message."""

    def __init__(self, limit: int, deflate: Deflate | None = None) -> None:
        self._limit = limit
        self._deflate = deflate
        self._head = b""
        self._left = 0
        self._key = b""
        self._at = 0
        self._data = False
        self._final = True
        self._open = False
        self._text = False
        self._compressed = False
        self._message = bytearray()
        self._cut = False
        self._payloads: Payloads | None = None
        self._left_out = 0
        #: Whether a Close frame began here (5.5.1).
        self.closing = False

    @property
    def held(self) -> int:
        """Bytes of an unfinished message."""
        return len(self._message)

    def feed(self, data: bytes) -> list[Message]:
        """The text messages that ``data`` completes. Raises ``Unreadable``; the reader cannot be used after that."""
        done: list[Message] = []
        position = 0
        while position < len(data):
            if not self._left:
                position = self._header(data, position)
                if position < 0:
                    return done
            if self._left:
                piece = data[position : position + self._left]
                self._payload(piece)
                position += len(piece)
                self._left -= len(piece)
            if not self._left and self._data and self._final:
                self._end(done)
        return done

    def _header(self, data: bytes, position: int) -> int:
        """Read a frame header. Returns its end in ``data``, or -1 while it is incomplete."""
        known = len(self._head)
        head = self._head + data[position : position + 14 - known]
        size = _head_size(head)
        if size is None or len(head) < size:
            self._head = head
            return -1
        self._head = b""
        first, second = head[0], head[1]
        length, more = second & 0x7F, {126: 2, 127: 8}.get(second & 0x7F, 0)
        if more:
            length = int.from_bytes(head[2 : 2 + more], "big")
            if length >> 63:
                raise Unreadable("not_websocket")
        self._key = head[size - 4 : size] if second & 0x80 else b""
        self._left, self._at = length, 0
        self._begin(first, length)
        return position + size - known

    def _begin(self, first: int, length: int) -> None:
        opcode, final, compressed = first & 0x0F, bool(first & 0x80), bool(first & 0x40)
        if first & 0x30 or (compressed and self._deflate is None):
            raise Unreadable("unknown_extension")
        if opcode & _CONTROL:
            if opcode > 10 or length > 125 or not final or compressed:
                raise Unreadable("not_websocket")
            self._data = False
            self.closing = self.closing or opcode == _CLOSE
            return
        if opcode not in (_CONTINUED, _TEXT, _BINARY) or (opcode == _CONTINUED) != self._open:
            raise Unreadable("not_websocket")
        if opcode == _CONTINUED:
            if compressed:
                raise Unreadable("not_websocket")
        else:
            self._text, self._compressed = opcode == _TEXT, compressed
        self._data, self._final, self._open = True, final, not final

    def _payload(self, piece: bytes) -> None:
        if not self._data:
            return
        wanted = self._text and not self._cut
        if not (wanted or self._compressed):
            return
        if self._key:
            turn = self._at % 4
            self._at += len(piece)
            piece = _unmasked(piece, self._key[turn:] + self._key[:turn])
        if self._compressed and self._deflate is not None:
            for at in range(0, len(piece), _SLICE):
                room = self._room()
                self._inflated(self._deflate.feed(piece[at : at + _SLICE], room), room)
        elif wanted:
            self._keep(piece)

    def _room(self) -> int:
        """One byte more than may be kept, so that truncation is noticed."""
        return self._limit - len(self._message) + 1 if self._text and not self._cut else 0

    def _inflated(self, piece: bytes, room: int) -> None:
        self._keep(piece)
        self._cut = self._cut or 0 < room <= len(piece)  # else what was skipped would be missing in the middle

    def _keep(self, piece: bytes) -> None:
        if not self._text or self._cut:
            return
        if self._payloads is None and len(self._message) + len(piece) > _LONG:
            self._payloads = Payloads(bytes(self._message))
        if self._payloads is not None:
            size = len(piece)
            piece = self._payloads.feed(piece)
            self._left_out += size - len(piece)
        room = self._limit - len(self._message)
        self._cut = len(piece) > room
        self._message += piece[:room]

    def _end(self, done: list[Message]) -> None:
        if self._compressed and self._deflate is not None:
            room = self._room()
            self._inflated(self._deflate.finish(room), room)
        if self._text:
            done.append(Message(bytes(self._message), self._cut, self._left_out))
        self._payloads, self._left_out = None, 0
        self._message, self._cut, self._data = bytearray(), False, False


def _head_size(head: bytes) -> int | None:
    """The size of a frame header that begins like this; ``None`` while unknown."""
    if len(head) < 2:
        return None
    return 2 + {126: 2, 127: 8}.get(head[1] & 0x7F, 0) + (4 if head[1] & 0x80 else 0)


def _unmasked(piece: bytes, key: bytes) -> bytes:
    size = len(piece)
    pad = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(piece, "little") ^ int.from_bytes(pad, "little")).to_bytes(size, "little")


def readers(extensions: bytes, limit: int) -> tuple[Reader, Reader]:
    """The readers for client and server, according to ``Sec-WebSocket-Extensions`` of the 101.

    Raises ``Unreadable`` for an unsupported extension.
    """
    client = server = None
    for extension in filter(None, (item.strip() for item in extensions.lower().split(b","))):
        name, *parameters = (part.strip() for part in extension.split(b";"))
        if name != b"permessage-deflate" or client is not None:
            raise Unreadable("unknown_extension")
        client = Deflate(b"client_no_context_takeover" not in parameters)
        server = Deflate(b"server_no_context_takeover" not in parameters)
    return Reader(limit, client), Reader(limit, server)
