"""The passive reader of WebSocket frames: whatever passes it stays in step, within bounds."""

from __future__ import annotations

import base64
import json
import random
import time
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wsproto.extensions import PerMessageDeflate
from wsproto.frame_protocol import FrameProtocol

from proxy.wire.websocket import Deflate, Message, Reader, Unreadable, readers
from support.websocket import BINARY, CLOSE_FRAME, PING, TEXT, frame

LIMIT = 1000


def deflated(text: bytes) -> bytes:
    """One message's compressed form (RFC 7692, 7.2.1)."""
    coder = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (coder.compress(text) + coder.flush(zlib.Z_SYNC_FLUSH))[:-4]


def compressed(payload: bytes) -> bytes:
    """A text frame whose RSV1 says that it is compressed."""
    whole = bytearray(frame(TEXT, payload))
    whole[0] |= 0x40
    return bytes(whole)


@pytest.mark.parametrize(
    ("data", "deflate"),
    [
        ("8105 48656c6c6f", False),
        ("8185 37fa213d 7f9f4d5158", False),
        ("0103 48656c 8002 6c6f", False),
        ("0103 48656c 8900 8002 6c6f", False),
        ("c107 f248cdc9c90700", True),
        ("4103 f248cd 8004 c9c90700", True),
    ],
    ids=["whole", "masked", "fragmented", "a ping between", "compressed", "compressed and fragmented"],
)
def test_examples_of_the_standards(data: str, deflate: bool) -> None:
    """The octets that RFC 6455 (5.7) and RFC 7692 (7.2.3.1) print are the word that they say."""
    reader = Reader(LIMIT, Deflate(True) if deflate else None)
    assert reader.feed(bytes.fromhex(data.replace(" ", ""))) == [Message(b"Hello", False)]


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.text(max_size=400), min_size=1, max_size=6),
    st.booleans(),
    st.sampled_from([None, True, False]),
    st.lists(st.integers(1, 40), min_size=1, max_size=30),
    st.integers(1, 3),
)
def test_any_split_gives_the_same_messages(
    texts: list[str], masked: bool, takeover: bool | None, cuts: list[int], frames: int
) -> None:
    """Frames of another library in pieces of any size, masked or compressed, with pings and binary messages between."""
    extension = PerMessageDeflate(client_no_context_takeover=not takeover, server_no_context_takeover=not takeover)
    extension.finalize("permessage-deflate")
    maker = FrameProtocol(client=masked, extensions=[] if takeover is None else [extension])
    data = b""
    for text in texts:
        step = len(text) // frames + 1
        for at in range(0, max(len(text), 1), step):
            data += maker.send_data(text[at : at + step], fin=at + step >= len(text))
            data += maker.ping(b"lamp") if masked else frame(PING, b"lamp")
        data += maker.send_data(b"\x00\xff" * 20, fin=True)
    reader = Reader(10_000, None if takeover is None else Deflate(takeover))
    got: list[Message] = []
    at = number = 0
    while at < len(data):
        size = cuts[number % len(cuts)]
        got += reader.feed(data[at : at + size])
        at, number = at + size, number + 1
    assert got == [Message(text.encode(), False) for text in texts]
    assert reader.held == 0


@pytest.mark.parametrize("size", [125, 126, 65_535, 65_536, 300_000])
@pytest.mark.parametrize("masked", [False, True])
def test_a_long_message_is_cut_and_the_next_one_read(size: int, masked: bool) -> None:
    """The first bytes are kept, and that something is missing is told."""
    reader = Reader(LIMIT)
    data = frame(TEXT, b"x" * size, masked) + frame(TEXT, b"next", masked)
    assert reader.feed(data) == [Message(b"x" * min(size, LIMIT), size > LIMIT), Message(b"next", False)]


@pytest.mark.parametrize("shared", [False, True])
def test_a_long_compressed_message_is_cut_and_the_next_one_read(shared: bool) -> None:
    """Its rest is inflated and passed over, because the next message may point into it."""
    text = bytes(range(256)) * 2000
    coder = zlib.compressobj(9, zlib.DEFLATED, -15)

    def one(payload: bytes) -> bytes:
        return compressed((coder.compress(payload) + coder.flush(zlib.Z_SYNC_FLUSH))[:-4])

    data = one(text) + (one(text[:300]) if shared else compressed(deflated(text[:300])))
    got = Reader(LIMIT, Deflate(shared)).feed(data)
    assert got == [Message(text[:LIMIT], True), Message(text[:300], False)]


def test_a_bomb_costs_a_bounded_amount() -> None:
    """A message that inflates to a thousand times its size ends the reading, not the tunnel."""
    bomb = compressed(deflated(bytes(200_000_000)))
    assert len(bomb) < 250_000
    tracemalloc.start()
    begun = time.process_time()
    with pytest.raises(Unreadable, match="coding_limit"):
        Reader(LIMIT, Deflate(True)).feed(bomb)
    spent, (_, peak) = time.process_time() - begun, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000
    assert spent < 1.0


def test_ordinary_text_is_no_bomb() -> None:
    """Twenty megabytes that shrink to a tenth are read to their end."""
    text = b"".join(b"%d: lamp, rope, ladder\n" % number for number in range(500_000))
    reader = Reader(LIMIT, Deflate(True))
    [message] = reader.feed(compressed(deflated(text)))
    assert message == Message(text[:LIMIT], True)
    assert reader.feed(compressed(deflated(b"next"))) == [Message(b"next", False)]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (bytes([0x91, 0]), "unknown_extension"),
        (bytes([0xC1, 0]), "unknown_extension"),
        (bytes([0x83, 0]), "not_websocket"),
        (bytes([0x80, 0]), "not_websocket"),
        (bytes([0x8B, 0]), "not_websocket"),
        (frame(TEXT, b"a")[:1].replace(b"\x81", b"\x01") + b"\x01a" + frame(TEXT, b"b"), "not_websocket"),
        (frame(PING, b"p" * 126), "not_websocket"),
        (bytes([0x09, 0]), "not_websocket"),
        (bytes([0x81, 127]) + b"\xff" * 8, "not_websocket"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "unknown_extension"),
    ],
    ids=[
        "rsv3",
        "rsv1",
        "opcode 3",
        "nothing to continue",
        "opcode 11",
        "a second beginning",
        "long ping",
        "a ping in parts",
        "63 bits",
        "HTTP",
    ],
)
def test_what_is_no_frame_is_said(data: bytes, reason: str) -> None:
    """It ends the reading with a reason that can be counted."""
    with pytest.raises(Unreadable, match=reason):
        Reader(LIMIT).feed(data)


def test_corrupt_coding_is_said() -> None:
    """A compressed message that is none ends the reading."""
    with pytest.raises(Unreadable, match="corrupt_coding"):
        Reader(LIMIT, Deflate(True)).feed(compressed(b"\xff" * 40))


def test_control_frames_and_binary_messages_hold_nothing() -> None:
    """They are passed over as they come."""
    reader = Reader(LIMIT)
    assert reader.feed(frame(BINARY, bytes(100_000))[:50_000]) == []
    assert reader.held == 0
    assert reader.feed(frame(BINARY, bytes(100_000))[50_000:] + frame(CLOSE_FRAME, b"\x03\xe8")) == []
    assert reader.feed(frame(TEXT, b"after")) == [Message(b"after", False)]


def test_each_side_has_its_own_context() -> None:
    """``client_no_context_takeover`` is of the client's messages alone."""
    coder = zlib.compressobj(9, zlib.DEFLATED, -15)
    twice = [compressed((coder.compress(b"lamp" * 50) + coder.flush(zlib.Z_SYNC_FLUSH))[:-4]) for _ in range(2)]
    client, server = readers(b"permessage-deflate; client_no_context_takeover; server_max_window_bits=10", LIMIT)
    assert [message.data for data in twice for message in server.feed(data)] == [b"lamp" * 50] * 2
    client.feed(twice[0])
    with pytest.raises(Unreadable):
        client.feed(twice[1])


@pytest.mark.parametrize("agreed", [b"x-webkit-deflate-frame", b"permessage-deflate, permessage-deflate"])
def test_an_unknown_extension_is_not_read(agreed: bytes) -> None:
    """What it makes of frames is not known."""
    with pytest.raises(Unreadable, match="unknown_extension"):
        readers(agreed, LIMIT)


def test_without_an_extension_nothing_is_compressed() -> None:
    """No extension was agreed to: plain frames are read."""
    client, server = readers(b"", LIMIT)
    assert client.feed(frame(TEXT, b"a", True)) == server.feed(frame(TEXT, b"a")) == [Message(b"a", False)]


@pytest.mark.parametrize("squeezed", [False, True])
def test_payloads_make_room(squeezed: bool) -> None:
    """Of a long message payloads are left out and counted, in whatever frames and reads it comes; the next is whole."""
    picture = base64.b64encode(b"\xff\xd8\xff\xe0\0\x10JFIF" + random.Random(32).randbytes(300_000)).decode()
    said = {"image": picture, "more": picture, "text": "Where is the lamp?"}
    text = json.dumps(said).encode()
    payload = deflated(text) if squeezed else text
    whole = compressed(payload) if squeezed else frame(TEXT, payload)
    for piece in (1460, 65_536, len(whole)):
        reader = Reader(250_000, Deflate(True) if squeezed else None)
        found: list[Message] = []
        for at in range(0, len(whole), piece):
            found += reader.feed(whole[at : at + piece])
        ((data, cut, left_out),) = found
        assert not cut
        assert json.loads(data)["text"] == "Where is the lamp?"
        assert len(data) + left_out == len(text)
        assert reader.feed(frame(TEXT, b"next")) == [Message(b"next", False)]
