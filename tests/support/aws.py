"""Event streams of AWS, as Bedrock sends them."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from typing import Any

FRAMES = "application/vnd.amazon.eventstream"


def frame(kind: str, payload: dict[str, Any], exception: bool = False) -> bytes:
    """One message: an event of this type, or an exception."""
    said, told = (":exception-type", "exception") if exception else (":event-type", "event")
    head = b""
    for name, value in ((said, kind), (":content-type", "application/json"), (":message-type", told)):
        head += bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
    body = json.dumps(payload, separators=(",", ":")).encode()
    prelude = struct.pack(">II", 16 + len(head) + len(body), len(head))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + head + body
    return message + struct.pack(">I", zlib.crc32(message))


def chunk(event: dict[str, Any]) -> bytes:
    """An event of a model, as ``invoke-with-response-stream`` has it."""
    return frame("chunk", {"bytes": base64.b64encode(json.dumps(event).encode()).decode(), "p": "abc"})
