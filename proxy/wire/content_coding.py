"""Content codings (RFC 9110, 8.4) of the observer's copy: gzip, deflate, br, zstd, with a limit on the decoded size.

The limit bounds the cost of a decompression bomb. The client's own bytes are never decoded.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

import brotli
import zstandard

#: Window bits as zlib wants them: with a gzip wrapper, with zlib's own (RFC 9110's "deflate"), and with none.
_GZIP, _ZLIB, _RAW = 31, 15, -15

#: What a coded body may become: so many bytes (a small one may be one text over and over), beyond them so many times
#: its size. Sessions of agents shrink to a fifth or a twentieth.
_ALWAYS, _RATIO = 8_000_000, 100


#: The reason of a body that would become more than it may.
OVER_LIMIT = "coding_limit"


class Undecodable(ValueError):
    """The copy cannot be read. The message gives the reason and is safe to store."""


def _gzip_or_deflate(wbits: int) -> Callable[[bytes, int], bytes]:
    decoder = zlib.decompressobj(wbits)

    def feed(data: bytes, room: int) -> bytes:
        nonlocal decoder
        out = b""
        while data:
            if decoder.eof:
                # A further gzip member, or rubbish that clients pass over; a finished decoder would hoard either.
                if wbits != _GZIP or not data.startswith(b"\x1f"):
                    return out
                decoder = zlib.decompressobj(wbits)
            out += decoder.decompress(data, room + 1 - len(out))
            if decoder.unconsumed_tail or len(out) > room:
                raise Undecodable(OVER_LIMIT)
            data = decoder.unused_data
        return out

    return feed


def _deflate() -> Callable[[bytes, int], bytes]:
    """As RFC 9110 has it, or without the wrapper: some servers send that, and clients read both."""
    begun = b""
    decode: Callable[[bytes, int], bytes] | None = None

    def feed(data: bytes, room: int) -> bytes:
        nonlocal begun, decode
        if decode is None:
            begun += data
            if len(begun) < 2:
                return b""
            wrapped = begun[0] & 15 == 8 and int.from_bytes(begun[:2]) % 31 == 0  # RFC 1950, 2.2
            decode, data = _gzip_or_deflate(_ZLIB if wrapped else _RAW), begun
        return decode(data, room)

    return feed


def _brotli() -> Callable[[bytes, int], bytes]:
    decoder = brotli.Decompressor()

    def feed(data: bytes, room: int) -> bytes:
        out = bytes(decoder.process(data, output_buffer_limit=room + 1))
        while len(out) <= room and not decoder.is_finished() and not decoder.can_accept_more_data():
            out += bytes(decoder.process(b"", output_buffer_limit=room + 1 - len(out)))
        if len(out) > room:
            raise Undecodable(OVER_LIMIT)
        return out

    return feed


def _zstd() -> Callable[[bytes, int], bytes]:
    # A window of 8 MB is what RFC 9659 allows on the web; more is refused by the decoder.
    decoder = zstandard.ZstdDecompressor(max_window_size=2**23).decompressobj(write_size=65536, read_across_frames=True)

    def feed(data: bytes, room: int) -> bytes:
        out = b""
        # zstd's decompressobj has no output limit: small slices bound what one call may produce.
        for start in range(0, len(data), 256):
            out += decoder.decompress(data[start : start + 256])
            if len(out) > room:
                raise Undecodable(OVER_LIMIT)
        return out

    return feed


_MAKERS: dict[str, Callable[[], Callable[[bytes, int], bytes]]] = {
    "gzip": lambda: _gzip_or_deflate(_GZIP),
    "x-gzip": lambda: _gzip_or_deflate(_GZIP),
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}


class ContentDecoder:
    """Decodes one body incrementally. ``limit`` bounds its decoded size in bytes."""

    def __init__(self, coding: str, limit: int = 16_000_000) -> None:
        names = [name for part in coding.lower().split(",") if (name := part.strip()) not in ("", "identity")]
        if len(names) > 2 or any(name not in _MAKERS for name in names):
            raise Undecodable("unknown_coding")
        self._stages = [_MAKERS[name]() for name in reversed(names)]
        self._room = limit

    def feed(self, data: bytes) -> bytes:
        """The decoded form of ``data``. Raises ``Undecodable``; the decoder cannot be used after that."""
        for stage in self._stages:
            try:
                data = stage(data, self._room)
            except (zlib.error, brotli.error, zstandard.ZstdError):
                raise Undecodable("corrupt_coding") from None
        self._room -= len(data)
        if self._room < 0:
            raise Undecodable(OVER_LIMIT)
        return data


def room(size: int) -> int:
    """The maximum decoded size in bytes of a coded body of ``size`` bytes."""
    return max(_ALWAYS, _RATIO * size)


def decoded(data: bytes, coding: str, most: int) -> bytes:
    """A complete body, decoded within ``most`` bytes and the limit of ``room``. Raises ``Undecodable``."""
    return ContentDecoder(coding, min(most, room(len(data)))).feed(data)
