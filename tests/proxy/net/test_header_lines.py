"""Header lines: what would end a line is never written."""

from __future__ import annotations

import pytest

from proxy.errors import UnsafeField
from proxy.net.header_lines import lines


def test_lines() -> None:
    """A line for each pair, as they are."""
    assert lines([(b"X-A", b"1"), (b"x-a", b""), (b"b", b"\xff\t2")]) == b"X-A: 1\r\nx-a: \r\nb: \xff\t2\r\n"
    assert lines([]) == b""


@pytest.mark.parametrize("bad", [b"\r", b"\n", b"\0", b"\r\n", b"a\r\nx: y", b"\nx"])
@pytest.mark.parametrize("where", [0, 1])
def test_what_would_end_a_line(bad: bytes, where: int) -> None:
    """In a name or in a value; the error holds neither."""
    pair = [b"name", b"a-secret-value"]
    pair[where] += bad
    with pytest.raises(UnsafeField) as caught:
        lines([(b"ok", b"1"), (pair[0], pair[1])])
    assert "secret" not in str(caught.value)
