"""Outlines: long texts without their middles, the same whatever stands beside them."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.wire.outline import left_out, outline

_MARK = re.compile("\x10([0-9]+)\x10")
_WORDS = "The lamp in the hall has been off since Monday, and nobody has looked at it. "
_TEXTS = {
    "words": _WORDS * 400,
    "lines": _WORDS.replace(", ", ",\n") * 400,
    "quotes far apart": (_WORDS * 120 + '"Yes." ') * 4,
    "no spaces": "QUJD" * 8000,
    "letters of two bytes": "öäüß" * 4000,
    "letters of three bytes": "灯火" * 6000,
    "pairs of surrogates": "😀" * 5000,
    "backslashes": "\\" * 30_000,
    "paths": "C:\\lamps\\hall" * 2500,
}
#: Nowhere in it is it sure where a character begins.
_UNCUT = ("backslashes", "paths")


def _encoded(document: Any, ascii_only: bool) -> bytes:
    return json.dumps(document).encode() if ascii_only else orjson.dumps(document)


def _is_outline_of(short: str, text: str, ascii_only: bool) -> bool:
    """Whether ``short`` is both ends of ``text``, and pieces of it, with marks that tell what is missing in bytes."""
    pieces = _MARK.split(short)
    kept, sizes = pieces[::2], [int(size) for size in pieces[1::2]]
    missing = len(_encoded(text, ascii_only)) - len(_encoded("".join(kept), ascii_only))
    ends = text.startswith(kept[0]) and text.endswith(kept[-1]) and all(piece in text for piece in kept)
    return ends and len(kept) > 1 and sum(sizes) == missing


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("name", list(_TEXTS))
def test_long_texts_lose_their_middles(name: str, ascii_only: bool) -> None:
    """Both ends of a long text stay, and what is missing is told in bytes; everything else is as it was sent."""
    text = _TEXTS[name]
    around = {"model": "lamp-1", "temperature": 0.5, "n": [1, None], "messages": [{"role": "user"}]}
    found = outline(_encoded({**around, "messages": [{"role": "user", "content": text}]}, ascii_only))
    short = found["messages"][0].pop("content")
    assert found == around
    if name in _UNCUT:
        assert short == text
        return
    assert _is_outline_of(short, text, ascii_only)
    assert len(short) < len(text) * 0.75
    assert left_out(short) == left_out(orjson.dumps(short)) == sum(map(int, _MARK.findall(short)))


_TEXT = st.tuples(st.sampled_from([*_TEXTS.values(), "short", ""]), st.integers(0, 20_000)).map(
    lambda drawn: drawn[0][: drawn[1]]
)


@given(st.lists(_TEXT, min_size=1, max_size=4), st.integers(0, 5000), st.booleans())
def test_it_depends_on_the_text_alone(texts: list[str], before: int, ascii_only: bool) -> None:
    """A text has the same outline wherever it stands and whatever stands beside it."""
    together = outline(_encoded({"pad": "x" * before, "texts": texts}, ascii_only))["texts"]
    alone = [outline(_encoded([text], ascii_only))[0] for text in texts]
    assert together == alone
    begun = b"POST / HTTP/1.1\r\n\r\n" + _encoded({"texts": texts}, ascii_only)
    assert outline(begun, 19)["texts"] == alone


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    )
)
def test_short_documents_are_whole(document: Any) -> None:
    """Where no text is long nothing is missing."""
    data = orjson.dumps(document)
    assert outline(data) == orjson.loads(data)


def test_numbers_are_whole() -> None:
    """A long stretch without a quotation mark outside of texts is no text: every number of it stays."""
    document = {"input": [*range(20_000), 1.5e300, -2, True, False, None], "model": "m"}
    assert outline(orjson.dumps(document)) == document
    spaced = json.dumps(document, indent=2).encode()
    assert outline(spaced) == document


@pytest.mark.parametrize("data", [b"", b"{", b'{"a": "' + b"x" * 20_000, b"x" * 20_000, b'"' * 20_000, bytes(20_000)])
def test_what_is_no_json(data: bytes) -> None:
    """What is no JSON has no outline and raises nothing."""
    assert outline(data) is None


@pytest.mark.parametrize(
    "text",
    ["", "plain", "\x10", "\x10\x10", "\x10x\x10", "\x1012", "\x10²\x10", "\x10٣\x10", "\x10" + "9" * 40 + "\x10"],
)
def test_marks_that_are_none(text: str) -> None:
    """A text of a client may hold the control character; what is no number between two of them counts nothing."""
    text += "." * 1000
    assert left_out(text) == 0
    assert left_out(orjson.dumps(text)) == 0


def test_marks_are_added_up() -> None:
    """Each number between two marks counts once."""
    text = "a\x1012\x10b\x103\x10c" + "." * 1000
    assert left_out(text) == 15
    assert left_out(orjson.dumps(text)) == 15


@pytest.mark.parametrize("before", ["\x10", "\x100", "\x1012", "\x10x"])
def test_what_is_missing_counts_behind_a_client_s_own_mark(before: str) -> None:
    """A text that pretends to have a mark right before its cut does not hide that something is missing."""
    short = outline(orjson.dumps(["w" * 2060 + before + " " + "w" * 20_000]))
    assert before + "\x10" in short[0]
    assert left_out(short[0]) > 10_000
    assert left_out(orjson.dumps(short)) > 10_000
