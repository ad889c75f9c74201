"""Content codings of the observer's copy: each one, two of them, unknown, corrupt, and bombs that stop at the cap."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from proxy.wire.content_coding import ContentDecoder, Undecodable

TEXT = "".join(f"Zeile {number}: das Licht 灯 brennt.\n" for number in range(400)).encode()


def _deflate(data: bytes) -> bytes:
    return zlib.compress(data, 9)


def _brotli(data: bytes) -> bytes:
    return bytes(brotli.compress(data, quality=3))


def _zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=9).compress(data)


ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
CODINGS = ["gzip", "deflate", "br", "zstd"]


def _decode(coding: str, data: bytes, size: int = 100, limit: int = 16_000_000) -> bytes:
    decoder = ContentDecoder(coding, limit)
    return b"".join(decoder.feed(data[start : start + size]) for start in range(0, len(data), size))


@pytest.mark.parametrize("coding", ENCODERS)
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_each_coding(coding: str, size: int) -> None:
    """Every known coding is decoded, in whatever pieces it comes."""
    assert _decode(coding, ENCODERS[coding](TEXT), size) == TEXT


@pytest.mark.parametrize("coding", CODINGS)
def test_names_are_case_insensitive(coding: str) -> None:
    """Codings are compared without regard to case or spaces, and ``identity`` means nothing."""
    assert _decode(f" {coding.upper()} , identity", ENCODERS[coding](TEXT)) == TEXT


@pytest.mark.parametrize("inner", CODINGS)
@pytest.mark.parametrize("outer", CODINGS)
def test_stacked(inner: str, outer: str) -> None:
    """P08: two codings are taken off in the reverse of the order in which they are named."""
    assert _decode(f"{inner}, {outer}", ENCODERS[outer](ENCODERS[inner](TEXT)), 50) == TEXT


@pytest.mark.parametrize("coding", ["compress", "gzip, aes128gcm", "gzip,gzip,gzip", "dcb", "\x00", "gzip;q=1"])
def test_unknown(coding: str) -> None:
    """P08: a coding that is not known, or a tower of them, is said at once and never guessed."""
    with pytest.raises(Undecodable, match=r"^unknown_coding$"):
        ContentDecoder(coding)


@pytest.mark.parametrize("coding", CODINGS)
def test_corrupt(coding: str) -> None:
    """Bytes that are not of the coding are said to be corrupt."""
    with pytest.raises(Undecodable, match=r"^corrupt_coding$"):
        _decode(coding, b'{"choices": [{"message": {"content": "plain"}}]}' * 10)


@pytest.mark.parametrize("coding", CODINGS)
def test_cut_short(coding: str) -> None:
    """A body that the upstream cut is decoded as far as it goes: a beginning of the truth, without an error."""
    data = ENCODERS[coding](TEXT)
    found = _decode(coding, data[: len(data) * 2 // 3])
    assert TEXT.startswith(found)
    assert found != TEXT


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("size", [1 << 10, 1 << 20])
def test_bombs_stop_at_the_cap(coding: str, size: int) -> None:
    """U08: a bomb ends with ``coding_limit``, having taken a few times the cap in memory and no more."""
    bomb = ENCODERS[coding](bytes(50_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(Undecodable, match=r"^coding_limit$"):
            _decode(coding, bomb, size, limit=1_000_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 30_000_000


@pytest.mark.parametrize("outer", CODINGS)
def test_a_bomb_inside_a_coding_stops_too(outer: str) -> None:
    """U08: the inner layer of a stacked bomb is bounded like the outer one."""
    bomb = ENCODERS[outer](gzip.compress(bytes(50_000_000)))
    with pytest.raises(Undecodable, match=r"^coding_limit$"):
        _decode(f"gzip, {outer}", bomb, 65536, limit=1_000_000)


@pytest.mark.parametrize("outer", CODINGS)
def test_a_bomb_outside_a_coding_stops_too(outer: str) -> None:
    """U08: an outer layer that swells to far more than the cap is stopped before the inner one reads it all."""
    bomb = ENCODERS[outer](gzip.compress(b"tiny", 0) * 500_000)
    with pytest.raises(Undecodable, match=r"^coding_limit$"):
        _decode(f"gzip, {outer}", bomb, 1 << 20, limit=1_000_000)


@pytest.mark.parametrize("coding", CODINGS)
def test_exactly_the_cap_is_allowed(coding: str) -> None:
    """A body of exactly the cap passes; one byte more does not."""
    assert _decode(coding, ENCODERS[coding](TEXT), 64, limit=len(TEXT)) == TEXT
    with pytest.raises(Undecodable, match=r"^coding_limit$"):
        _decode(coding, ENCODERS[coding](TEXT), 64, limit=len(TEXT) - 1)


def test_gzip_members_follow_one_another() -> None:
    """A gzip body may be several members (RFC 1952): all of them are read, wherever the cut falls."""
    body = gzip.compress(b"first, ") + gzip.compress(b"second, ") + gzip.compress(b"third")
    for size in range(1, len(body) + 1):
        assert _decode("gzip", body, size) == b"first, second, third"


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_rubbish_after_the_end_is_not_hoarded(coding: str) -> None:
    """U08: what follows the end of a body is passed over and takes no memory, however much of it there is."""
    decoder = ContentDecoder(coding)
    assert decoder.feed(ENCODERS[coding](b"answer") + b"rubbish") == b"answer"
    piece = bytes(1_000_000)
    tracemalloc.start()
    try:
        for _ in range(30):
            assert decoder.feed(piece) == b""
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000


def test_a_window_beyond_the_standard_is_refused() -> None:
    """RFC 9659 allows zstd windows of 8 MB: a frame that asks for more is not given the memory."""
    parameters = zstandard.ZstdCompressionParameters.from_level(19, window_log=27)
    frame = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    body = frame.compress(TEXT) + frame.flush()
    with pytest.raises(Undecodable):
        _decode("zstd", body)


@given(st.sampled_from(CODINGS), st.binary(max_size=400))
def test_any_bytes_decode_or_are_undecodable(coding: str, data: bytes) -> None:
    """Whatever the bytes, the only thing that is raised is ``Undecodable``."""
    decoder = ContentDecoder(coding, 10_000)
    try:
        assert len(decoder.feed(data)) <= 10_000
    except Undecodable as error:
        assert str(error) in ("corrupt_coding", "coding_limit")


@pytest.mark.parametrize("piece", [1, 2, 7, 10_000])
def test_deflate_without_a_wrapper(piece: int) -> None:
    """Some servers send it so, and clients read it, however it is cut."""
    text = b"The ferry leaves at six. " * 400
    bare = zlib.compressobj(wbits=-15)
    body, decoder = bare.compress(text) + bare.flush(), ContentDecoder("deflate")
    assert b"".join(decoder.feed(body[at : at + piece]) for at in range(0, len(body), piece)) == text
