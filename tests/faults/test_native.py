"""PROTOCOL, providers' own wires: Gemini and Ollama through the real proxy, read like the others and left alone."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from proxy.exchange import Usage
from support import plain, replies
from support.proxying import KEY, Proxy
from support.upstream import Recorded, ScriptedUpstream, Step

GEMINI = "/v1beta/models/gemini-lamp"


def _gemini(text: str, last: bool = True) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": [{"text": text}]}, "index": 0}
    counts = {"promptTokenCount": 9, "candidatesTokenCount": 4, "thoughtsTokenCount": 2, "totalTokenCount": 15}
    if last:
        candidate["finishReason"] = "STOP"
    return {"candidates": [candidate], "usageMetadata": counts, "modelVersion": "gemini-lamp", "responseId": "g-1"}


def _cohere(path: str, stream: bool) -> list[Step]:
    usage = {"billed_units": {"input_tokens": 9, "output_tokens": 4}, "tokens": {"input_tokens": 70}}
    if path == "/v1/chat":  # its older API
        ended = {"text": "On shelf 9.", "finish_reason": "COMPLETE", "meta": usage}
        if stream:
            lines = [{"event_type": "text-generation", "text": "On shelf 9. " * 3_000}]
            lines.append({"event_type": "stream-end", "response": ended})
            head = replies.head(200, {"content-type": "application/stream+json", "transfer-encoding": "chunked"})
            return [head, *(replies.chunk(json.dumps(one).encode() + b"\n") for one in lines), b"0\r\n\r\n"]
        return replies.http(200, gzip.compress(json.dumps(ended).encode()), {"content-encoding": "gzip"})
    if stream:
        last = {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": usage}}
        text = {"type": "content-delta", "delta": {"message": {"content": {"text": "On shelf 9. " * 3_000}}}}
        return list(replies.stream([replies.sse(text), replies.sse(last)]))
    message = {"role": "assistant", "content": [{"type": "text", "text": "On shelf 9."}]}
    whole = {"id": "c-1", "message": message, "finish_reason": "COMPLETE", "usage": usage}
    return replies.http(200, gzip.compress(json.dumps(whole).encode()), {"content-encoding": "gzip"})


def provider(request: Recorded) -> list[Step]:
    """Answers each path in its own words, and only where that path is right."""
    path, _, query = request.target.partition("?")
    if path == f"{GEMINI}:generateContent":
        return replies.http(200, json.dumps(_gemini("On shelf 9.")).encode())
    if path == f"{GEMINI}:streamGenerateContent":
        pieces = [_gemini("On ", False), _gemini("shelf 9.")]
        if query == "alt=sse":
            return list(replies.stream([replies.sse(piece) for piece in pieces]))
        head = replies.head(200, {"content-type": "application/json", "transfer-encoding": "chunked"})
        ends = (b"[", b"\n,\r\n", b"\n]\n")
        whole = [ends[n] + json.dumps(piece, indent=1).encode() for n, piece in enumerate(pieces)]
        return [head, *(replies.chunk(piece) for piece in [*whole, ends[2]]), b"0\r\n\r\n"]
    if path in ("/api/chat", "/api/generate"):
        head = replies.head(200, {"content-type": "application/x-ndjson", "transfer-encoding": "chunked"})
        said = [
            {"message": {"content": t}} if path == "/api/chat" else {"response": t} for t in ("On ", "shelf 9.", "")
        ]
        counts = {"done": True, "done_reason": "stop", "prompt_eval_count": 9, "eval_count": 4}
        lines = [{"model": "lamp:8b", "done": False, **one} for one in said]
        lines[2] |= counts
        return [head, *(replies.chunk(json.dumps(one).encode() + b"\n") for one in lines), b"0\r\n\r\n"]
    if path in ("/v2/chat", "/v1/chat"):
        return _cohere(path, b'"stream":true' in request.body.replace(b" ", b""))
    if path.startswith("/model/"):
        return replies.http(200, b'{"output": {"message": {"content": [{"text": "On shelf 9."}]}}}')
    return replies.error(404, code="wrong_path")


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedUpstream]:
    """The provider."""
    with ScriptedUpstream(provider) as server:
        yield server


@pytest.fixture(scope="module")
def proxy(upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A proxy that asks for usage where that is possible, and knows the provider under two names."""
    names = {"google": ["gemini-*"], "local": ["*"]}
    upstreams = [
        {"name": name, "base_url": upstream.url + "/v1", "models": models, "ask_usage": True}
        for name, models in names.items()
    ]
    process = Proxy(tmp_path_factory.mktemp("native"), upstream.url, upstreams=upstreams)
    yield process
    process.finish()


CASES = [
    (f"{GEMINI}:generateContent", "chat", "gemini-lamp", "google", Usage(9, 0, 0, 4, 2)),
    (f"{GEMINI}:streamGenerateContent?alt=sse", "chat", "gemini-lamp", "google", Usage(9, 0, 0, 4, 2)),
    (f"{GEMINI}:streamGenerateContent", "chat", "gemini-lamp", "google", Usage(9, 0, 0, 4, 2)),
    ("/api/chat", "chat", "lamp:8b", "local", Usage(9, 0, 0, 4, 0)),
    ("/api/generate", "completions", "lamp:8b", "local", Usage(9, 0, 0, 4, 0)),
]


def _body(path: str) -> dict[str, Any]:
    if path.startswith(GEMINI):
        system = {"parts": [{"text": "Keep the stock list."}]}
        return {"systemInstruction": system, "contents": [{"role": "user", "parts": [{"text": "Where is the lamp?"}]}]}
    if path == "/api/chat":
        system = {"role": "system", "content": "Keep the stock list."}
        question = {"role": "user", "content": "Where is the lamp?"}
        return {"model": "lamp:8b", "messages": [system, question], "stream": True}
    return {"model": "lamp:8b", "system": "Keep the stock list.", "prompt": "Where is the lamp?"}


@pytest.mark.parametrize(("path", "operation", "model", "name", "usage"), CASES)
def test_p26_a_native_wire_is_read(
    upstream: ScriptedUpstream, proxy: Proxy, path: str, operation: str, model: str, name: str, usage: Usage
) -> None:
    """Facts and texts are those of the family that it counts as; path, bytes and answer are the client's and the
    provider's, though the upstream's address ends in ``/v1`` and usage is asked for elsewhere."""
    upstream.requests.clear()
    content = json.dumps(_body(path)).encode()
    headers = {"x-goog-api-key": KEY, "content-type": "application/json"}
    through = plain.post(proxy.url + path, content=content, headers=headers, timeout=20)
    straight = plain.post(upstream.url + path, content=content, headers=headers, timeout=20)
    assert (through.status_code, through.content) == (200, straight.content)
    seen, asked = upstream.requests
    assert (seen.target, seen.body) == (asked.target, asked.body) == (path, content)
    sample = proxy.sample_of(through)
    row = sample.exchange
    assert (row.operation, row.model_asked, row.model_served, row.upstream) == (operation, model, model, name)
    assert (row.usage, row.outcome, row.finish_reason) == (usage, "ok", "stop")
    assert row.streamed == (path != f"{GEMINI}:generateContent")
    assert not row.streamed or (row.first_token is not None and row.stream_end == "complete")
    assert row.conversation is not None
    assert row.system_prompt_hash is not None
    assert [(message.role, message.content) for message in sample.messages] == [
        ("system", "Keep the stock list."),
        ("user", "Where is the lamp?"),
    ]
    assert [choice.text for choice in sample.choices] == ["On shelf 9."]


@pytest.mark.parametrize(("call", "operation"), [("converse", "chat"), ("invoke", "other")])
def test_p26_bedrock_s_path_names_the_model(proxy: Proxy, call: str, operation: str) -> None:
    """And chooses the upstream, where the answer is read and where it is only counted."""
    path = f"/model/gemini-lamp-v2%3A0/{call}"
    answer = plain.post(proxy.url + path, json={"messages": []}, timeout=20)
    line = proxy.line_of(answer)
    assert (line["operation"], line["model"], line["upstream"]) == (operation, "gemini-lamp-v2:0", "google")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("path", "operation"), [("/v2/chat", "chat"), ("/v1/chat", "other")])
def test_p26_cohere_s_tokens(proxy: Proxy, path: str, operation: str, stream: bool) -> None:
    """What it bills, of the API that is read and of the one that is only counted, also of a long stream and of an
    answer that came compressed."""
    answer = plain.post(proxy.url + path, json={"model": "lamp", "stream": stream}, timeout=20)
    line = proxy.line_of(answer)
    assert (line["operation"], line["model"], line["outcome"]) == (operation, "lamp", "ok")
    assert (line["input_tokens"], line["output_tokens"]) == (9, 4)
