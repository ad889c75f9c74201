"""Requests that are longer than the capture, over sockets: they go on byte for byte, and their texts are read."""

from __future__ import annotations

import base64
import gzip
import json
import random
from collections.abc import Iterator

import pytest

from support import replies
from support.proxying import Proxy, Wire
from support.upstream import ScriptedUpstream

_NOISE = random.Random(32)


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedUpstream]:
    """A provider that answers."""
    with ScriptedUpstream(lambda request: replies.chat_json("It says that the harbour opens at six.")) as scripted:
        yield scripted


@pytest.fixture(scope="module")
def proxy(upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A proxy that keeps the sample of every request."""
    process = Proxy(tmp_path_factory.mktemp("long"), upstream.url, sampling={"rate": 1.0})
    yield process
    process.finish()


def _chat(pictures: int, size: int) -> bytes:
    parts: list[object] = []
    for _ in range(pictures):
        url = (
            "data:image/jpeg;base64,"
            + base64.b64encode(b"\xff\xd8\xff\xe0\0\x10JFIF" + _NOISE.randbytes(size)).decode()
        )
        parts.append({"type": "image_url", "image_url": {"url": url}})
    parts.append({"type": "text", "text": "What does the sign say?"})
    turn = {"role": "user", "content": parts}
    return json.dumps({"messages": [turn], "stream": False, "model": "gpt-4o-mini", "max_tokens": 50}).encode()


@pytest.mark.parametrize("form", ["whole", "in chunks", "gzip"])
def test_a_chat_with_pictures(upstream: ScriptedUpstream, proxy: Proxy, form: str) -> None:
    """Megabytes of pictures reach the provider as they are; the sample has the question and the names of the parts."""
    body = _chat(3, 40_000 if form == "gzip" else 900_000)
    coded = gzip.compress(body) if form == "gzip" else body
    headers = ["content-type: application/json", *(["content-encoding: gzip"] if form == "gzip" else [])]
    before = len(upstream.requests)
    with Wire(proxy.port) as wire:
        if form == "in chunks":
            head = "POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ntransfer-encoding: chunked\r\n"
            wire.send(head.encode() + "".join(f"{line}\r\n" for line in headers).encode() + b"\r\n")
            for at in range(0, len(body), 50_001):
                wire.send(replies.chunk(body[at : at + 50_001]))
            wire.send(b"0\r\n\r\n")
        else:
            wire.post(coded, headers=headers)
        answer = wire.answer()
    assert answer.status == 200
    assert upstream.requests[before].body == coded
    sample = proxy.sample_of(answer)
    (message,) = sample.messages
    assert (message.content, message.other_parts) == ("What does the sign say?", ("image_url",) * 3)
    assert (sample.undecodable, sample.request_truncated, sample.parameters) == (None, False, {"max_tokens": 50})
    assert (sample.exchange.model, sample.exchange.request_bytes) == ("gpt-4o-mini", len(coded))
    assert sample.exchange.cost_usd is not None
