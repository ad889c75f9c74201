"""The copy of a request's body: decoded when it is coded, and told apart by its beginning when it is long."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

import brotli
import pytest
import zstandard

from proxy.observe.request_body import Asked
from proxy.wire.content_coding import Undecodable, decoded

CODERS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
CODED = pytest.mark.parametrize("coding", CODERS)
BODY = {"model": "lamp-1", "messages": [{"role": "user", "content": "Is the light on?"}]}


def _asked(body: bytes, cap: int = 4000, coding: str = "", piece: int = 700) -> Asked:
    asked = Asked(cap, coding)
    for start in range(0, len(body), piece):
        asked.add(body[start : start + piece])
    return asked


def _json(**members: Any) -> bytes:
    return json.dumps(members).encode()


@CODED
def test_a_coded_body_is_read(coding: str) -> None:
    """Of each coding the copy is what the body says, whole and in pieces."""
    for piece in (1, 7, 700):
        asked = _asked(CODERS[coding](json.dumps(BODY).encode()), coding=coding.upper(), piece=piece)
        assert asked.document() == asked.whole() == asked.opening(asked.document()) == BODY
        assert asked.captured() == json.dumps(BODY).encode()
        assert (asked.truncated, asked.undecodable) == (False, None)


def test_two_codings() -> None:
    """Codings that were put one upon the other are undone in turn."""
    body = gzip.compress(zstandard.ZstdCompressor().compress(json.dumps(BODY).encode()))
    assert _asked(body, coding="zstd, gzip").document() == BODY


@CODED
def test_the_cap_is_that_of_the_decoded_body(coding: str) -> None:
    """A small coded body that becomes a long one is kept as a long one is: both of its ends."""
    body = {**BODY, "more": "words " * 5000, "stream": True}
    asked = _asked(CODERS[coding](json.dumps(body).encode()), coding=coding)
    assert asked.truncated
    assert len(asked.captured()) == 2000
    assert asked.document() == {"model": "lamp-1", "stream": True}
    assert asked.opening(asked.document())["messages"] == BODY["messages"]


@CODED
def test_of_a_coded_body_that_is_longer_than_the_cap_the_beginning_counts(coding: str) -> None:
    """Its end can not be decoded without its middle; its beginning can."""
    noise = "".join(f"{number * 7919 % 100_003:05d}" for number in range(20_000))
    asked = _asked(CODERS[coding](_json(**BODY, more=noise)), coding=coding)
    assert asked.truncated
    if coding == "gzip":  # the others may keep back all that they have not finished
        assert asked.document()["model"] == "lamp-1"
        assert asked.opening(asked.document())["messages"] == BODY["messages"]


@pytest.mark.parametrize(("coding", "body"), [("zstd", b"nothing of the kind"), ("snappy", b"\xff\x06"), ("gzip", b"")])
def test_what_can_not_be_decoded_says_why(coding: str, body: bytes) -> None:
    """A body that is not what its head says, or whose coding is unknown, is told as that, and as nothing else."""
    asked = _asked(body, coding=coding)
    assert asked.document() == {}
    assert asked.undecodable == (None if not body else f"request_{'corrupt' if coding == 'zstd' else 'unknown'}_coding")


def test_a_plain_body_with_a_wrong_head_is_read() -> None:
    """Some clients name a character set there; what is JSON is read as that."""
    asked = _asked(json.dumps(BODY).encode(), coding="utf-8")
    assert asked.document() == BODY
    assert asked.undecodable is None


@CODED
def test_a_bomb_is_not_unpacked(coding: str) -> None:
    """What becomes more than a hundred times its size is given up once it is beyond eight million bytes."""
    bomb = CODERS[coding](b" " * 60_000_000)
    with pytest.raises(Undecodable, match="coding_limit"):
        decoded(bomb, coding, 100_000_000)
    assert len(decoded(CODERS[coding](b" " * 7_000_000), coding, 100_000_000)) == 7_000_000
    with pytest.raises(Undecodable, match="coding_limit"):
        decoded(CODERS[coding](b" " * 7_000_000), coding, 5_000_000)
    asked = _asked(bomb, cap=256_000, coding=coding, piece=65536)
    assert asked.document() == {}


def test_a_long_body_is_told_by_both_ends() -> None:
    """Members before and behind the messages are found; what lies between is not made up."""
    messages = [{"role": "user", "content": f"{number} " * 200} for number in range(50)]
    body = _json(model="lamp-1", messages=messages, system="Be brief.", tools=[{"name": "switch"}], stream=True)
    asked = _asked(body)
    document = asked.document()
    assert document == {"model": "lamp-1", "system": "Be brief.", "tools": [{"name": "switch"}], "stream": True}
    kept = asked.opening(document)["messages"]
    assert kept[:2] == messages[:2]
    assert len(kept) < len(messages)
    assert asked.whole()["system"] == "Be brief."


def test_a_member_that_is_cut_is_no_member() -> None:
    """Tools of which a part is missing are not taken for others."""
    asked = _asked(_json(model="lamp-1", tools=[{"name": f"tool{number}"} for number in range(900)], messages=[]))
    assert asked.document() == {"model": "lamp-1"}


@pytest.mark.parametrize("order", ["first", "last"])
def test_a_growing_body_has_one_opening(order: str) -> None:
    """The same first messages are told of a body below half of the cap, below the cap, and beyond it."""
    openings = []
    for turns in (1, 3, 12, 200):
        messages = [{"role": "user", "content": "Which lamp? " * 40}]
        messages += [{"role": "assistant", "content": f"Lamp {number}. " * 20} for number in range(turns)]
        members: dict[str, Any] = {"system": "Be brief.", "messages": messages}
        asked = _asked(_json(**(members if order == "first" else dict(reversed(members.items())))))
        document = asked.opening(asked.document())
        openings.append((document["messages"][0], document["system"]))
    assert openings == openings[:1] * 4


def test_an_opening_beyond_half_of_the_cap_is_the_same_before_and_after_truncation() -> None:
    """A first message that is cut in later requests is cut in the first one as well."""
    first = {"role": "user", "content": "Which lamp? " * 200}
    short = _asked(_json(messages=[first]))
    long = _asked(_json(messages=[first, {"role": "assistant", "content": "This one. " * 300}]))
    assert not short.truncated
    assert long.truncated
    assert short.opening(short.document())["messages"] == long.opening(long.document())["messages"] != [first]


def _form(*fields: bytes, boundary: bytes = b"b1") -> bytes:
    return b"".join(b"--" + boundary + b"\r\n" + field + b"\r\n" for field in fields) + b"--" + boundary + b"--\r\n"


_FILE = (
    b'Content-Disposition: form-data; name="file"; filename="model"\r\nContent-Type: audio/wav\r\n\r\n' + b"x" * 90_000
)
_NAMED = b'Content-Disposition: form-data; name="model"\r\n\r\ngpt-lamp'


@pytest.mark.parametrize(
    ("body", "model"),
    [
        (_form(_NAMED, _FILE), "gpt-lamp"),
        (_form(_FILE, _NAMED), "gpt-lamp"),
        (
            _form(_FILE, b"content-disposition: form-data; name=model\r\nContent-Type: text/plain\r\n\r\ngpt-lamp"),
            "gpt-lamp",
        ),
        (_form(_NAMED), "gpt-lamp"),
        (_form(_FILE), None),
        (_form(_FILE, b'Content-Disposition: form-data; name="model"\r\n\r\n'), None),
        (_form(b'Content-Disposition: form-data; name="model_id"\r\n\r\nx'), None),
        (b"--" + b"-" * 1_000_000 + b"\r\n", None),
        (b"\r\n" + _form(_NAMED)[4:], None),
    ],
)
def test_the_model_of_a_form(body: bytes, model: str | None) -> None:
    """Of a form with files the model is looked for in the few bytes that are kept of both its ends."""
    asked = Asked(4096)
    asked.add(body)
    assert asked.document().get("model") == model
