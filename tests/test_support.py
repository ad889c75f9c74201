"""The tests' own tools, against the real clients: what they script must be what a client reads."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import openai
import pytest

from support import plain, replies
from support.processes import Prometheus
from support.upstream import CUT, STALL, ScriptedUpstream


def _client(upstream: ScriptedUpstream) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{upstream.url}/v1", api_key="sk-test", max_retries=0)


def test_chat_stream(upstream: ScriptedUpstream) -> None:
    """A scripted chat stream gives the openai client its text, its tool call in pieces and its usage."""
    call = replies.tool_call("look_up", '{"order": "A-17", "fields": ["state"]}')
    events = replies.chat_events("Let me look.", reasoning="Hm.", tool_calls=[call])
    upstream.script = lambda _: replies.stream(events, gap=0.001)
    with _client(upstream) as client:
        messages = [{"role": "user", "content": "Where is my order?"}]
        chunks = list(client.chat.completions.create(model="m", messages=messages, stream=True))
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert "".join(delta.content or "" for delta in deltas) == "Let me look."
    arguments = [call.function.arguments for delta in deltas for call in delta.tool_calls or []]
    assert "".join(arguments) == call["function"]["arguments"]
    assert chunks[-1].usage.completion_tokens == 7


def test_responses(upstream: ScriptedUpstream) -> None:
    """A scripted Responses answer reads the same streamed and whole."""
    upstream.script = lambda request: (
        replies.stream(replies.responses_events("Four."))
        if request.json().get("stream")
        else replies.responses_json("Four.")
    )
    with _client(upstream) as client:
        whole = client.responses.create(model="m", input="2 + 2?")
        events = list(client.responses.create(model="m", input="2 + 2?", stream=True))
    assert whole.output_text == "Four."
    assert events[-1].type == "response.completed"
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == "Four."


def test_exact_bytes(upstream: ScriptedUpstream) -> None:
    """A request is recorded with its target, its headers in order with duplicates, and its body joined from chunks."""
    headers = [("X-One", "1"), ("x-two", "2"), ("X-One", "3"), ("transfer-encoding", "chunked")]
    with plain.client() as client:
        client.post(f"{upstream.url}/v1/x?y=%20z", headers=headers, content=iter([b"ab", b"cd"]))
    (request,) = upstream.requests
    assert (request.method, request.target, request.body) == ("POST", "/v1/x?y=%20z", b"abcd")
    assert [pair for pair in request.headers if pair[0].lower().startswith(b"x-")] == [
        (b"X-One", b"1"),
        (b"x-two", b"2"),
        (b"X-One", b"3"),
    ]


def test_error_and_cut(upstream: ScriptedUpstream) -> None:
    """A scripted error carries its headers; a cut stream is an error for the client."""
    upstream.script = lambda _: replies.error(429, {"retry-after": "3"})
    with plain.client() as client:
        answer = client.get(upstream.url)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")
        upstream.script = lambda _: replies.stream(replies.chat_events("Cut here.")[:2], last=CUT)
        with pytest.raises(httpx.TransportError):
            client.get(upstream.url)


def test_stall_sees_the_client_go(upstream: ScriptedUpstream) -> None:
    """While the script stalls, a client that leaves is noticed."""
    upstream.script = lambda _: replies.stream([], last=STALL)
    with plain.client() as client, client.stream("GET", upstream.url):
        assert upstream.disconnects == 0
    upstream.wait_for(lambda server: server.disconnects == 1)


@pytest.mark.real_servers
def test_prometheus_answers(start_prometheus: Callable[..., Prometheus], upstream: ScriptedUpstream) -> None:
    """The real Prometheus scrapes a page and answers queries about it."""
    page = b"# TYPE things_total counter\nthings_total 42\n"
    upstream.script = lambda _: replies.http(200, page, {"content-type": "text/plain; version=0.0.4"})
    prometheus = start_prometheus(f"127.0.0.1:{upstream.port}")
    prometheus.wait_up()
    assert prometheus.wait_value("things_total", lambda number: number == 42) == 42
