"""WebSocket by hand: frames, the handshake, and a provider whose end a test plays."""

from __future__ import annotations

import base64
import hashlib
import socket
import struct
from collections.abc import Callable

from support.proxying import KEY, read_head

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE_FRAME, PING, PONG = 1, 2, 8, 9, 10


def frame(opcode: int, payload: bytes, masked: bool = False) -> bytes:
    """One whole frame (RFC 6455, 5.2)."""
    size = len(payload)
    bit = 0x80 if masked else 0
    if size < 126:
        head = struct.pack("!BB", 0x80 | opcode, bit | size)
    elif size < 65536:
        head = struct.pack("!BBH", 0x80 | opcode, bit | 126, size)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, bit | 127, size)
    if not masked:
        return head + payload
    mask = b"\x01\x02\x03\x04"
    pad = (mask * (size // 4 + 1))[:size]
    return head + mask + (int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")).to_bytes(size, "big")


def accept_of(key: bytes) -> bytes:
    return base64.b64encode(hashlib.sha1(key + _GUID).digest())


def handshake(path: str = "/v1/realtime?model=gpt-realtime&x=%2F", *more: str) -> bytes:
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: localhost",
        "Upgrade: websocket",
        "Connection: keep-alive, Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.{KEY}",
        f"Authorization: Bearer {KEY}",
        "OpenAI-Beta: realtime=v1",
        *more,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def headers_of(head: bytes) -> dict[bytes, bytes]:
    lines = (line.partition(b":") for line in head.split(b"\r\n")[1:] if line)
    return {name.strip().lower(): value.strip() for name, _, value in lines}


def switch(sock: socket.socket, head: bytes, extra: bytes = b"", more: bytes = b"") -> None:
    """Agree to the handshake: ``more`` header lines, and ``extra`` bytes behind the head."""
    key = headers_of(head)[b"sec-websocket-key"]
    sock.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        + accept_of(key)
        + b"\r\nSec-WebSocket-Protocol: realtime\r\nX-Request-Id: req_1\r\n"
        + more
        + b"\r\n"
        + extra
    )


def exactly(receive: Callable[[int], bytes], size: int) -> bytes:
    data = bytearray()
    while len(data) < size and (piece := receive(min(1 << 18, size - len(data)))):
        data += piece
    return bytes(data)


class Peer:
    """The provider's end: ``play`` runs after the handshake was read."""

    def __init__(self) -> None:
        self.play: Callable[[socket.socket, bytes], None] = lambda sock, head: None
        self.heads: list[bytes] = []

    def serve(self, sock: socket.socket) -> None:
        head = read_head(sock)
        if head:
            self.heads.append(head)
            self.play(sock, head)
