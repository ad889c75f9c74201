"""Untrusted JSON: one odd character does not lose a document, and every text is Unicode."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.wire.facts import dump, load, load_pieces, mended
from proxy.wire.usage import number


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'{"a": "half \\ud83e boat"}', {"a": "half \ufffd boat"}),
        (b'{"a": "\\udea2", "b\\ud800": 1}', {"a": "\ufffd", "b\ufffd": 1}),
        (b'{"a": NaN, "b": [Infinity, -Infinity, 2]}', {"a": None, "b": [None, None, 2]}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'{"a": "cut \xf0\x9f"}', {"a": "cut \ufffd"}),
        (b'{"a": "two\nlines"}', {"a": "two\nlines"}),
        (b'{"a": "fine"}', {"a": "fine"}),
        (b'{"a": ', None),
        (b"", None),
        (b"[" * 100_000, None),
    ],
)
def test_odd_documents(data: bytes, value: Any) -> None:
    """Lone surrogates, bytes that are no UTF-8, NaN, a BOM and line ends in texts cost no more than themselves."""
    assert load(data) == value


@given(st.text(alphabet=st.characters(codec=None), max_size=20), st.integers(0, 40))
def test_halves_are_joined(text: str, at: int) -> None:
    """A text whose UTF-16 is cut anywhere, each half written as JSON, is itself again when it is mended."""
    units = text.encode("utf-16-le", "surrogatepass")
    cut = 2 * min(at, len(units) // 2)
    halves = [units[:cut].decode("utf-16-le", "surrogatepass"), units[cut:].decode("utf-16-le", "surrogatepass")]
    escaped = [
        "".join(f"\\u{unit:04x}" for unit in memoryview(half.encode("utf-16-le", "surrogatepass")).cast("H"))
        for half in halves
    ]
    joined = mended("".join(load_pieces(b'"' + half.encode() + b'"') for half in escaped))
    joined.encode()
    if not any("\ud800" <= char <= "\udfff" for char in text):
        assert joined == text


@given(st.binary(max_size=60))
def test_any_bytes_give_unicode(data: bytes) -> None:
    """Whatever is read can be written again as UTF-8."""
    value = load(b'{"a": "' + data + b'"}')
    assert value is None or dump(value) == orjson.dumps(value)


@pytest.mark.parametrize(
    ("value", "count"),
    [(5, 5), ("5", 5), (5.0, 5), ("", None), ("5.0", None), ("-5", None), (-5, None), (True, None), (5.5, None)],
)
def test_counts(value: Any, count: int | None) -> None:
    """A count may be written as a text or a float; what is no count is none."""
    assert number(value) == count
    assert number(float("inf")) is number(2**60) is number("9" * 30) is number(None) is None
