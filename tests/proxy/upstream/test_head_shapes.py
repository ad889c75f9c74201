"""Heads of a known shape: whatever is taken is exactly what the long way makes of the same bytes."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from proxy.upstream.fast_head import Head, read_plain
from proxy.upstream.head_shapes import PlainHeads, Shape, Shapes

FIRST = (
    b"HTTP/1.1 200 OK\r\nServer: keeper\r\nConnection: keep-alive\r\nContent-Type: text/plain\r\n"
    b"Keep-Alive: timeout=5\r\nContent-Length: 5\r\nContent-Encoding: gzip\r\nX-A: 1\r\nX-A: 2\r\n\r\nhello"
)


def _told(head: Head | None) -> dict[str, object] | None:
    return None if head is None else {"headers": head.headers} | {name: getattr(head, name) for name in Head.__slots__}


def _shape(data: bytes) -> Shape | None:
    head, shapes = read_plain(data), Shapes()
    if head is None:
        return None
    assert shapes.of(head) is None, "one sight is not enough"
    return shapes.of(head)


@pytest.mark.parametrize(
    ("old", "new", "taken"),
    [
        (b"keeper", b"", True),
        (b"200 OK", b"404 Not Here", True),
        (b": 5", b":  \t17 ", True),
        (b"text/plain", b" application/json; charset=utf-8 \t", True),
        (b"keep-alive", b"Keep-Alive", True),
        (b"keep-alive", b"close", False),
        (b"keep-alive", b"keep-alive, X-A", False),
        (b": 5", b": 5, 5", False),
        (b": 5", b": +5", False),
        (b": 5", b": 1234567890123456", False),
        (b": 5", b": ", False),
        (b"200 OK", b"204 No Content", False),
        (b"200 OK", b"101 Switching", False),
        (b"HTTP/1.1", b"HTTP/1.0", False),
        (b"keeper", b"kee\x00per", False),
        (b"keeper", b"kee\rper", False),
        (b"keeper", b"k\r\n folded", False),
        (b"X-A: 1", b"X-B: 1", False),
        (b"X-A: 1\r\n", b"", False),
        (b"X-A: 1", b"X-A: 1\r\nTransfer-Encoding: chunked", False),
        (b"\r\n\r\n", b"\r\n", False),
        (b"keeper", b"k" * 17_000, False),
    ],
)
def test_other_values_have_the_same_shape(old: bytes, new: bytes, taken: bool) -> None:
    """One change each: what the shape takes equals what the long way makes of it, and nothing is taken beyond that."""
    shape = _shape(FIRST)
    assert shape is not None
    data = FIRST.replace(old, new, 1)
    assert data != FIRST
    found = shape.read(data)
    assert (found is not None) is taken
    assert found is None or _told(found) == _told(read_plain(data))
    assert _told(PlainHeads().read(data)) == _told(read_plain(data))


_token = st.sampled_from(
    [
        *(b"Server", b"x-a", b"X-A", b"Connection", b"content-type", b"Content-Length", b"Content-Encoding"),
        *(b"Keep-Alive", b"x-sightglass-app", b"Date", b"a.b", b"Upgrade"),
    ]
)
_value = st.sampled_from([b"5", b"0", b"keep-alive", b"close", b"", b" x ", b"gzip", b"a\tb", b"\xe9", b"12 "])
_pairs = st.lists(st.tuples(_token, _value), max_size=7)


@given(_pairs, st.lists(_value, min_size=8, max_size=8), st.binary(max_size=4))
@example([(b"Content-Length", b"5"), (b"content-type", b""), (b"content-type", b"a")], [b"0"] * 8, b"")
@example([(b"Content-Length", b"5"), (b"Connection", b"keep-alive")], [b"7", *[b"keep-alive"] * 7], b"")
def test_a_shape_makes_of_a_head_what_the_long_way_makes(
    pairs: list[tuple[bytes, bytes]], values: list[bytes], body: bytes
) -> None:
    """Over arbitrary heads that are learned, and others with the same names and arbitrary values."""

    def head(pairs: list[tuple[bytes, bytes]]) -> bytes:
        return b"HTTP/1.1 200 OK\r\n" + b"".join(b"%b: %b\r\n" % pair for pair in pairs) + b"\r\n" + body

    shape = _shape(head(pairs))
    other = head([(name, value) for (name, _), value in zip(pairs, values, strict=False)])
    for data in (head(pairs), other) if shape is not None else ():
        assert shape is not None
        found = shape.read(data)
        assert found is None or _told(found) == _told(read_plain(data))
    assert shape is None or shape.read(head(pairs)) is not None


def test_what_only_we_may_say_and_what_stands_twice_is_never_learned() -> None:
    """Of those heads lines are left out, or the first of two counts: the long way knows which."""
    assert _shape(FIRST.replace(b"X-A: 1", b"X-Sightglass-Error: 1")) is None
    assert _shape(FIRST.replace(b"X-A: 1", b"content-type: a/b")) is None


def test_shapes_are_bounded() -> None:
    """An upstream that makes up names is read the long way; those that were known stay known."""
    shapes, heads = Shapes(), PlainHeads()
    first = read_plain(FIRST)
    assert first is not None
    shapes.of(first)
    for number in range(1000):
        other = FIRST.replace(b"X-A", b"X-%d" % number)
        head = read_plain(other)
        assert head is not None
        shapes.of(head)
        assert _told(heads.read(other)) == _told(head)
    assert shapes.of(first) is not None
    last = read_plain(FIRST.replace(b"X-A", b"X-999"))
    assert last is not None
    assert shapes.of(last) is None
    assert shapes.of(last) is None
