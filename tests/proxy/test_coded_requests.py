"""Request bodies with a content coding, over sockets: they go on as they came, and where their model says."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import brotli
import pytest
import zstandard

from support import replies
from support.proxying import Answer, Proxy, Wire
from support.upstream import ScriptedUpstream

CODERS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
CODED = pytest.mark.parametrize("coding", CODERS)
Pair = tuple[ScriptedUpstream, ScriptedUpstream]


def _body(model: str, **more: Any) -> bytes:
    return json.dumps(
        {"model": model, "messages": [{"role": "user", "content": "Which ferry is it?"}], **more}
    ).encode()


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """Two providers; the first one's streams say usage when they are asked."""
    with (
        ScriptedUpstream(lambda request: replies.chat_json("The Petrel.")) as first,
        ScriptedUpstream(lambda request: replies.chat_json("The Gannet.")) as second,
    ):
        yield first, second


@pytest.fixture(scope="module")
def proxy(pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A proxy in front of both."""
    first, second = pair
    process = Proxy(
        tmp_path_factory.mktemp("coded"),
        first.url,
        upstreams=[
            {"name": "first", "base_url": first.url, "api_key": "sk-of-first", "models": ["tern-*"], "ask_usage": True},
            {"name": "second", "base_url": second.url, "api_key": "sk-of-second", "models": ["auk-*"]},
        ],
        limits={"body_bytes": 20_000_000},
        sampling={"rate": 1.0},
    )
    yield process
    process.finish()


def _post(proxy: Proxy, body: bytes, coding: str, *headers: str) -> Answer:
    with Wire(proxy.port) as wire:
        wire.post(body, headers=[f"Content-Encoding: {coding}", "Authorization: Bearer of-the-client", *headers])
        return wire.answer()


@CODED
def test_the_model_inside_chooses(proxy: Proxy, pair: Pair, coding: str) -> None:
    """A coded body goes to the upstream of its model, with that one's key, byte for byte, and its sample is read."""
    first, second = pair
    seen, sent = len(first.requests), CODERS[coding](_body("auk-2"))
    answer = _post(proxy, sent, coding)
    assert (answer.status, second.requests[-1].body, len(first.requests)) == (200, sent, seen)
    assert second.requests[-1].header("authorization") == "Bearer sk-of-second"
    assert second.requests[-1].header("content-encoding") == coding
    sample = proxy.sample_of(answer)
    assert (sample.exchange.model_asked, sample.exchange.request_bytes, sample.undecodable) == (
        "auk-2",
        len(sent),
        None,
    )
    assert [message.content for message in sample.messages] == ["Which ferry is it?"]


@CODED
def test_an_unknown_model_is_told(proxy: Proxy, coding: str) -> None:
    """A model that nobody serves is 404 in a coded body as in a plain one."""
    answer = _post(proxy, CODERS[coding](_body("puffin-1")), coding)
    assert (answer.status, answer.json()["error"]["code"]) == (404, "model_not_found")


@CODED
def test_a_bomb_is_refused(proxy: Proxy, pair: Pair, coding: str) -> None:
    """A body that becomes too large is 413, reaches nobody, and the proxy goes on with little more memory."""
    bomb = CODERS[coding](b'{"model": "auk-2", "x": "' + b"a" * 60_000_000 + b'"}')
    before, seen = proxy.reset_peak(), [len(one.requests) for one in pair]
    answer = _post(proxy, bomb, coding)
    assert (answer.status, answer.json()["error"]["code"]) == (413, "body_too_large")
    assert [len(one.requests) for one in pair] == seen
    assert proxy.memory("VmHWM") - before < 40_000_000
    assert _post(proxy, CODERS[coding](_body("auk-2")), coding).status == 200


def test_chunks_of_a_coded_body(proxy: Proxy, pair: Pair) -> None:
    """A coded body of unknown length is put together before its model is looked for."""
    sent = CODERS["zstd"](_body("auk-3"))
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Encoding: zstd\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    with Wire(proxy.port) as wire:
        wire.send(head.encode() + b"".join(b"1\r\n%c\r\n" % byte for byte in sent) + b"0\r\n\r\n")
        answer = wire.answer()
    assert (answer.status, pair[1].requests[-1].body) == (200, sent)
    assert proxy.sample_of(answer).exchange.model_asked == "auk-3"


@pytest.mark.parametrize(("coding", "body"), [("utf-8", _body("auk-4")), ("identity", _body("auk-4"))])
def test_what_is_not_coded_is_read_as_it_is(proxy: Proxy, pair: Pair, coding: str, body: bytes) -> None:
    """A head that names no coding of the body, or none that there is, does not hide its model."""
    answer = _post(proxy, body, coding)
    assert (answer.status, pair[1].requests[-1].body) == (200, body)
    assert proxy.sample_of(answer).exchange.model_asked == "auk-4"


def test_what_can_not_be_decoded_names_no_model(proxy: Proxy, pair: Pair) -> None:
    """A body in an unknown coding, and one that is broken, go to the default upstream like any without a model."""
    for coding, body in (("snappy", b"\xff\x06\x00"), ("gzip", b"\x1f\x8b\x08 and no more")):
        answer = _post(proxy, body, coding)
        assert (answer.status, pair[0].requests[-1].body) == (200, body)
        assert str(proxy.sample_of(answer).undecodable).startswith("request_")


@CODED
def test_usage_is_asked_for_in_a_coded_body(proxy: Proxy, pair: Pair, coding: str) -> None:
    """Where usage is asked for, a coded stream request is asked for it too, and goes on without its coding."""
    first, _ = pair
    events = replies.chat_events("The Petrel.")
    first.script = lambda request: replies.stream(events)
    answer = _post(proxy, CODERS[coding](_body("tern-1", stream=True)), coding, "Accept-Encoding: zstd")
    got = first.requests[-1]
    assert (answer.status, got.header("content-encoding"), got.header("accept-encoding")) == (200, None, None)
    assert got.json() == {**json.loads(_body("tern-1", stream=True)), "stream_options": {"include_usage": True}}
    plain = CODERS[coding](_body("tern-1"))
    first.script = lambda request: replies.chat_json("The Petrel.")
    _post(proxy, plain, coding)
    assert first.requests[-1].body == plain


def test_a_single_upstream_gets_what_it_is_sent(tmp_path: Path) -> None:
    """Where no model chooses, nothing is decoded on the way: also a bomb goes on, and is told in its sample."""
    with ScriptedUpstream(lambda request: replies.chat_json("The Petrel.")) as upstream:
        proxy = Proxy(tmp_path, upstream.url, sampling={"rate": 1.0})
        bomb = CODERS["zstd"](b" " * 20_000_000)
        answer = _post(proxy, bomb, "zstd")
        assert (answer.status, upstream.requests[-1].body) == (200, bomb)
        assert proxy.sample_of(answer).undecodable == "request_coding_limit"
        proxy.finish()
