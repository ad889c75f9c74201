"""Forwarding over real sockets: what the client gets is what the upstream sent, and every ending is recorded."""

from __future__ import annotations

import itertools
import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from support import plain, replies
from support.patience import patient
from support.processes import free_ports, wait_until
from support.proxying import CHAT, KEY, Proxy, Wire, post, request_bytes
from support.upstream import CLOSE, CUT, STALL, Recorded, ScriptedUpstream, Step


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedUpstream]:
    """One scripted provider for all tests here; each sets its own script."""
    with ScriptedUpstream(lambda request: replies.chat_json("The lamp is on the table.")) as server:
        yield server


@pytest.fixture(scope="module")
def proxy(provider: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """One proxy in front of it; it must end well and quietly."""
    process = Proxy(tmp_path_factory.mktemp("proxy"), provider.url + "/v1")
    yield process
    assert process.stop() == 0
    assert "Traceback" not in process.output(), process.output()[-3000:]


@pytest.fixture
def script(provider: ScriptedUpstream) -> Callable[[Any], ScriptedUpstream]:
    """Set the provider's script, and forget what it has seen."""

    def use(steps: Any) -> ScriptedUpstream:
        provider.script = steps if callable(steps) else lambda request: list(steps)
        provider.requests.clear()
        provider.disconnects = 0
        return provider

    return use


def client(url: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=url + "/v1", api_key=KEY, max_retries=0)


def test_the_openai_client_works_unchanged(proxy: Proxy, script: Any) -> None:
    """Chat completions, plain and streamed, through the real client with only base_url changed."""
    script(lambda r: replies.chat_json("Under the desk."))
    answer = client(proxy.url).chat.completions.create(**CHAT)  # type: ignore[call-overload]
    assert answer.choices[0].message.content == "Under the desk."
    script(lambda r: replies.stream(replies.chat_events("It stands on the small table by the door.")))
    stream = client(proxy.url).chat.completions.create(**CHAT, stream=True)  # type: ignore[call-overload]
    assert "".join(c.choices[0].delta.content or "" for c in stream if c.choices) == (
        "It stands on the small table by the door."
    )


def test_the_request_goes_upstream_as_it_came(proxy: Proxy, provider: ScriptedUpstream, script: Any) -> None:
    """Method, path, query order, body bytes and headers; ours and hop-by-hop ones stop at the proxy."""
    script(lambda r: replies.http(200, b"{}"))
    body = b'{ "model":"m",  "x":1.50, "\xc3\xa9":"\\u00e9" }'
    with socket.create_connection(("127.0.0.1", proxy.port)) as sock:
        sock.sendall(
            b"POST /v1/chat/completions?b=2&a=%%2F1&b=1 HTTP/1.1\r\nHost: localhost:1\r\nAuthorization: Bearer k\r\n"
            b"X-Custom: one\r\nx-custom: two\r\nConnection: keep-alive, X-Hop\r\nX-Hop: secret\r\nTE: trailers\r\n"
            b"x-sightglass-app: a\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        )
        assert sock.recv(4096).startswith(b"HTTP/1.1 200 OK\r\n")
    [request] = provider.requests
    assert (request.method, request.target) == ("POST", "/v1/chat/completions?b=2&a=%2F1&b=1")
    assert request.body == body
    assert request.headers[-1][0] == b"x-sightglass-hop", "the one header that is added"
    assert [(name.lower(), value) for name, value in request.headers[:-1]] == [
        (b"host", f"127.0.0.1:{provider.port}".encode()),
        (b"authorization", b"Bearer k"),
        (b"x-custom", b"one"),
        (b"x-custom", b"two"),
        (b"content-length", str(len(body)).encode()),
    ]


def test_the_response_comes_back_as_it_was_sent(proxy: Proxy, script: Any) -> None:
    """Status, reason of failure, header order and duplicates, and body bytes; two headers of ours come after."""
    script(
        [
            b"HTTP/1.1 429 Slow Down\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nRetry-After-Ms: 12\r\nx-a: 1\r\n"
            b"X-A: 2\r\n"
            b"Keep-Alive: timeout=5\r\nx-should-retry: true\r\n"
            b"Content-Type: text/html\r\nContent-Length: 7\r\n\r\n<html>\n"
        ]
    )
    response = post(proxy.url, CHAT)
    assert response.status_code == 429
    assert response.content == b"<html>\n"
    pairs = [(name.lower(), value) for name, value in response.headers.raw]
    assert pairs[:-2] == [
        (b"set-cookie", b"a=1"),
        (b"set-cookie", b"b=2"),
        (b"retry-after-ms", b"12"),
        (b"x-a", b"1"),
        (b"x-a", b"2"),
        (b"x-should-retry", b"true"),
        (b"content-type", b"text/html"),
        (b"content-length", b"7"),
    ]
    assert [name for name, _ in pairs[-2:]] == [b"x-sightglass-request-id", b"x-sightglass-overhead-ms"]
    assert proxy.line_of(response)["outcome"] == "rate_limited"


def test_an_upstream_error_is_never_retried(proxy: Proxy, provider: ScriptedUpstream, script: Any) -> None:
    """One request in, one request out, whatever it answers."""
    script(lambda r: replies.error(500))
    assert post(proxy.url, CHAT).status_code == 500
    assert len(provider.requests) == 1


def test_each_chunk_goes_out_at_once(proxy: Proxy, script: Any) -> None:
    """Chunks 80 ms apart arrive 80 ms apart, unmerged, with every byte in place."""
    events = replies.chat_events("one two three four five six seven eight nine ten", usage=None)
    script(lambda r: replies.stream(events, gap=0.08))
    arrived: list[tuple[float, bytes]] = []
    with plain.stream("POST", proxy.url + "/v1/chat/completions", json=CHAT) as response:
        arrived.extend((time.monotonic(), piece) for piece in response.iter_raw())
    assert b"".join(piece for _, piece in arrived) == b"".join(events)
    assert [piece for _, piece in arrived] == events
    gaps = [after[0] - before[0] for before, after in itertools.pairwise(arrived)]
    assert min(gaps) > 0.03, gaps


def test_the_exchange_of_a_stream_says_what_happened(proxy: Proxy, script: Any) -> None:
    """Tokens, model served, first token after reasoning, finish reason and the stream's end are in the record."""
    events = replies.chat_events("Here it is.", reasoning="let me think about it")
    script(lambda r: replies.stream(events, gap=0.05))
    before = proxy.metric("sightglass_tokens_total", type="output")
    response = post(proxy.url, {**CHAT, "stream": True})
    line = proxy.line_of(response)
    assert line["outcome"] == "ok"
    assert (line["stream"], line["stream_end"], line["finish_reason"]) == (True, "complete", "stop")
    assert (line["input_tokens"], line["output_tokens"]) == (20, 7)
    assert line["first_token_ms"] > line["first_chunk_ms"] + 40
    assert line["cost_usd"] > 0
    assert proxy.metric("sightglass_tokens_total", type="output") == before + 7


def test_missing_usage_is_unmetered_not_zero(proxy: Proxy, script: Any) -> None:
    """Without usage there are no tokens, no cost, and one unmetered answer more."""
    script(lambda r: replies.stream(replies.chat_events("Here.", usage=None)))
    before = proxy.metric("sightglass_unmetered_total")
    line = proxy.line_of(post(proxy.url, {**CHAT, "stream": True}))
    assert (line["input_tokens"], line["output_tokens"], line["cost_usd"]) == (None, None, None)
    assert proxy.metric("sightglass_unmetered_total") == before + 1


@pytest.mark.parametrize("last", [CUT, CLOSE])
def test_a_cut_stream_is_visibly_cut(proxy: Proxy, script: Any, last: Step) -> None:
    """When the upstream dies in a stream, the client sees what came and no clean end; it is recorded as such."""
    events = replies.chat_events("This sentence will never be finished", done=False)[:3]
    script(lambda r: replies.stream(events, gap=0.02, last=last))
    received = b""
    with (
        pytest.raises(httpx.RemoteProtocolError),
        plain.stream("POST", proxy.url + "/v1/chat/completions", json=CHAT) as response,
    ):
        for piece in response.iter_raw():
            received += piece
    assert received == b"".join(events)
    line = proxy.line_of(response)
    assert (line["outcome"], line["stream_end"]) == ("stream_incomplete", "upstream_cut")


def test_a_short_body_is_not_completed(proxy: Proxy, script: Any) -> None:
    """A body shorter than its content-length ends the client's connection too."""
    script([b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{", CLOSE])
    with pytest.raises(httpx.RemoteProtocolError):
        post(proxy.url, CHAT)


def test_no_done_is_added(proxy: Proxy, script: Any) -> None:
    """A stream that ends without [DONE] stays without, and is said to have had no terminator."""
    events = replies.chat_events("Short.", done=False)
    script(lambda r: replies.stream(events))
    response = post(proxy.url, {**CHAT, "stream": True})
    assert response.content == b"".join(events)
    assert proxy.line_of(response)["stream_end"] == "no_terminator"


@pytest.mark.parametrize("moment", ["before_headers", "before_first_token", "mid_stream"])
def test_when_the_client_leaves_the_upstream_is_closed_at_once(
    proxy: Proxy, provider: ScriptedUpstream, script: Any, moment: str
) -> None:
    """Within a second, in every state; the partial exchange is recorded."""
    events = replies.chat_events("never heard to the end of it all", usage=None)

    def steps(request: Recorded) -> Iterator[Step]:
        if moment == "before_headers":
            yield STALL
        elif moment == "before_first_token":
            yield from replies.stream(events[:1], last=STALL)
        else:
            yield from replies.stream(events[:3], last=STALL)

    script(steps)
    known = len(proxy.lines())
    body = json.dumps(CHAT).encode()
    with socket.create_connection(("127.0.0.1", proxy.port)) as sock:
        sock.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        )
        provider.wait_for(lambda p: len(p.requests) == 1)
        if moment != "before_headers":
            assert sock.recv(65536)
        time.sleep(0.1)
    left = time.monotonic()
    provider.wait_for(lambda p: p.disconnects == 1, 3)
    assert time.monotonic() - left < patient(1.0)
    gone: list[dict[str, Any]] = []

    def written() -> bool:
        gone[:] = [line for line in proxy.lines()[known:] if line["outcome"] == "client_disconnected"]
        return bool(gone)

    wait_until(written, 3, "an access line")
    (line,) = gone
    assert line["stream_end"] == (None if moment == "before_headers" else "client_disconnected")
    wait_until(lambda: proxy.metric("sightglass_inflight_requests") == 0, 3, "nothing in flight")


def test_leaving_after_the_last_event_is_not_leaving_early(
    proxy: Proxy, provider: ScriptedUpstream, script: Any
) -> None:
    """Clients close on [DONE], before the body's own end: the stream was complete and the outcome is ok."""
    events = replies.chat_events("All of it.")
    script(lambda r: replies.stream(events, last=STALL))
    with plain.stream("POST", proxy.url + "/v1/chat/completions", json=CHAT) as response:
        received = b""
        for piece in response.iter_raw():
            received += piece
            if received.endswith(b"data: [DONE]\n\n"):
                break
    line = proxy.line_of(response)
    assert (line["outcome"], line["stream_end"]) == ("ok", "complete")


def test_an_upstream_that_never_answers_is_a_504(proxy: Proxy, script: Any) -> None:
    """After the first-byte time-out, in the shape that clients parse, and marked as ours."""
    script([STALL])
    response = post(proxy.url, CHAT)
    assert response.status_code == 504
    assert response.headers["x-sightglass-error"] == "1"
    assert response.json()["error"]["type"] == "server_error"
    assert proxy.line_of(response)["outcome"] == "timeout"


def test_what_we_answer_ourselves_has_our_headers_too(proxy: Proxy, script: Any) -> None:
    """An error of ours has an id and says what we took; the time that we waited for the upstream is none of it."""
    script([STALL])
    late = post(proxy.url, CHAT)
    refused = plain.post(proxy.url + "/v1/organization/users", json={})
    assert (late.status_code, refused.status_code) == (504, 403)
    for answer in (late, refused):
        assert len(answer.headers["x-sightglass-request-id"]) == 32
        assert 0 <= float(answer.headers["x-sightglass-overhead-ms"]) < 500  # of a second that the upstream had


def test_a_stream_that_stalls_is_cut(proxy: Proxy, script: Any) -> None:
    """After the idle time-out the client sees the failure."""
    script(lambda r: replies.stream(replies.chat_events("stall", done=False)[:2], last=STALL))
    with pytest.raises(httpx.RemoteProtocolError):
        post(proxy.url, {**CHAT, "stream": True})
    wait_until(lambda: proxy.lines()[-1]["stream_end"] == "idle_timeout", 3, "the cut on record")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok",
        b"not http at all\r\n\r\n",
    ],
)
def test_an_invalid_response_is_a_502(proxy: Proxy, script: Any, answer: bytes) -> None:
    """What cannot be framed without doubt never reaches a client, and its connection is not used again."""
    script([answer, 0.2])
    try:
        assert post(proxy.url, CHAT).status_code == 502
    except httpx.RemoteProtocolError:
        assert b"zz" in answer  # the head was good; the body was not, and ends in a visible cut
    script(lambda r: replies.chat_json("fine again"))
    assert post(proxy.url, CHAT).status_code == 200


def test_an_early_answer_is_delivered(proxy: Proxy, script: Any) -> None:
    """An upstream may answer before it has read the whole request; GET, HEAD and 204 have the right framing."""
    script(lambda r: replies.http(200, b'{"data":[]}'))
    assert plain.get(proxy.url + "/v1/models").json() == {"data": []}
    script([b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n"])
    head = plain.head(proxy.url + "/v1/models")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "11")
    script([b"HTTP/1.1 204 No Content\r\n\r\n"])
    assert plain.delete(proxy.url + "/v1/files/f1").status_code == 204


def test_large_bodies_stream_through_both_ways(proxy: Proxy, provider: ScriptedUpstream, script: Any) -> None:
    """5 MB up in chunks and 5 MB down, byte for byte; the sample is capped, the traffic is not."""
    big = bytes(range(256)) * 20_000
    script(lambda r: replies.http(200, big, {"content-type": "application/octet-stream"}))
    response = plain.post(
        proxy.url + "/v1/audio/transcriptions",
        content=(big[start : start + 70_000] for start in range(0, len(big), 70_000)),
        timeout=20,
    )
    assert response.content == big
    assert provider.requests[0].body == big
    line = proxy.line_of(response)
    assert (line["operation"], line["decision"]) == ("audio", "not_observed")
    assert (line["request_bytes"], line["response_bytes"]) == (len(big), len(big))


@pytest.mark.parametrize("pieces", [[], [100], [20_000], [90_000], [70_000, 90_000]], ids=str)
def test_large_bodies_of_known_length(proxy: Proxy, provider: ScriptedUpstream, script: Any, pieces: list[int]) -> None:
    """Requests with one head and bodies of every size, in one read or in several, to new and to kept connections: each
    arrives as it was sent. What comes behind the last is not mixed in: its answer comes, and the connection ends."""
    script(lambda r: replies.chat_json("yes"))
    sizes = [100, 16_000, 17_000, 100_000, 100_000, 130_000, 300_000]
    texts = [(f"<{size}>" + "It rains. ") * (size // 16) for size in sizes]
    bodies = [json.dumps({**CHAT, "messages": [{"role": "user", "content": text}]}).encode() for text in texts]
    heads = ["Content-Type: application/json", f"Authorization: Bearer {KEY}"]
    with Wire(proxy.port) as wire:
        for number, body in enumerate(bodies):
            data = request_bytes("POST", "/v1/chat/completions", body, heads)
            if number == len(bodies) - 1:
                data += b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n"
            for start, end in itertools.pairwise([0, *pieces, max([len(data), *pieces])]):
                wire.send(data[start:end])
                time.sleep(0.02 if pieces else 0)
            assert wire.answer().status == 200
        assert wire.closed(3)
    assert [request.body for request in provider.requests] == bodies
    assert all(request.header("authorization") == f"Bearer {KEY}" for request in provider.requests)


def test_connections_are_kept_alive_and_never_crossed(proxy: Proxy, provider: ScriptedUpstream, script: Any) -> None:
    """200 requests one after another use a handful of upstream connections; each gets its own answer."""
    script(lambda r: replies.chat_json(r.json()["messages"][0]["content"]))
    first = provider.connections
    with plain.client() as session:
        for number in range(200):
            body = {"model": "m", "messages": [{"role": "user", "content": f"echo {number}"}]}
            answer = session.post(proxy.url + "/v1/chat/completions", json=body)
            assert answer.json()["choices"][0]["message"]["content"] == f"echo {number}"
    assert provider.connections - first <= 3


def test_an_unknown_path_is_forwarded_and_counted(proxy: Proxy, provider: ScriptedUpstream, script: Any) -> None:
    """Unknown paths, methods and headers pass; only administration of an organization is denied."""
    script(lambda r: replies.http(418, b"teapot"))
    response = plain.request("PATCH", proxy.url + "/v1/brand/new%20thing")
    assert (response.status_code, response.content) == (418, b"teapot")
    assert provider.requests[0].target == "/v1/brand/new%20thing"
    assert proxy.line_of(response)["decision"] == "not_observed"
    denied = plain.get(proxy.url + "/v1/organization/api_keys")
    assert (denied.status_code, denied.headers["x-sightglass-error"]) == (403, "1")
    assert len(provider.requests) == 1


def test_the_key_is_nowhere_but_upstream(proxy: Proxy, provider: ScriptedUpstream, script: Any) -> None:
    """Not in logs, metrics or the queue's file, not even when the answer echoes it."""
    script(lambda r: replies.chat_json(f"Your key is {KEY}, is it not?"))
    response = post(proxy.url, {**CHAT, "messages": [{"role": "user", "content": f"my key {KEY}"}]})
    assert KEY in response.text
    assert provider.requests[-1].header("authorization") == f"Bearer {KEY}"
    proxy.line_of(response)
    wait_until(lambda: proxy.metric("sightglass_ring_samples") == 0, 5, "the ring empty")
    places = [proxy.output(), plain.get(proxy.metrics_url).text]
    places += [file.read_bytes().decode("latin-1") for file in proxy.data_dir.iterdir()]
    assert not any(KEY in place for place in places)


def test_decisions_add_up_to_the_requests(proxy: Proxy) -> None:
    """Every request so far has exactly one outcome and exactly one decision."""
    wait_until(lambda: proxy.metric("sightglass_ring_samples") == 0, 5, "the ring empty")
    requests = proxy.metric("sightglass_requests_total")
    assert requests == proxy.metric("sightglass_sampling_decisions_total")
    assert requests == len(proxy.lines()) > 200


def test_several_upstreams_are_chosen_by_model(tmp_path: Path) -> None:
    """By pattern, by name in the path, by default without a model; an unknown model is our 404."""
    with (
        ScriptedUpstream(lambda r: replies.chat_json("from one")) as one,
        ScriptedUpstream(lambda r: replies.chat_json("from two")) as two,
    ):
        proxy = Proxy(
            tmp_path,
            one.url,
            upstreams=[
                {"name": "one", "base_url": one.url + "/v1", "api_key": "sk-of-one-1234567", "models": ["gpt-*"]},
                {"name": "two", "base_url": two.url, "models": ["llama*"]},
            ],
            default_upstream="two",
            apps=["bot"],
            clients=[{"key": "ours-123456", "app": "bot"}],
            limits={"body_bytes": 1000},
        )
        try:
            ours = {"authorization": "Bearer ours-123456"}
            assert "from one" in post(proxy.url, CHAT, **ours).text
            assert one.requests[-1].header("authorization") == "Bearer sk-of-one-1234567"
            line = proxy.line_of(post(proxy.url, {**CHAT, "model": "llama-3"}, **ours))
            assert (line["upstream"], line["app"]) == ("two", "bot")
            assert two.requests[-1].header("authorization") is None
            assert two.requests[-1].target == "/v1/chat/completions"
            named = plain.get(proxy.url + "/upstreams/one/v1/models", headers=ours)
            assert named.status_code == 200
            assert one.requests[-1].target == "/v1/models"
            unknown = post(proxy.url, {**CHAT, "model": "claude-9"}, **ours)
            assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "model_not_found")
            assert post(proxy.url, CHAT).status_code == 401
            large = post(proxy.url, {**CHAT, "x": "y" * 2000}, **ours)
            assert (large.status_code, proxy.line_of(large)["outcome"]) == (413, "client_error")
        finally:
            assert proxy.stop() == 0


def test_an_upstream_that_is_not_there_is_a_502(tmp_path: Path) -> None:
    """Refused connections answer quickly, in the shape that clients parse, and never with 401."""
    (port,) = free_ports(1)
    proxy = Proxy(tmp_path, f"http://127.0.0.1:{port}/v1?".rstrip("?"))
    try:
        with pytest.raises(openai.InternalServerError) as caught:
            client(proxy.url).chat.completions.create(**CHAT)  # type: ignore[call-overload]
        assert caught.value.status_code == 502
        assert caught.value.code == "upstream_unreachable"
    finally:
        assert proxy.stop() == 0


def test_streams_under_way_finish_when_the_proxy_is_told_to_stop(tmp_path: Path) -> None:
    """SIGTERM: readiness turns 503, the stream ends byte-identical, the ring is flushed, exit status 0."""
    events = replies.chat_events("a story that takes a little longer to tell than the others did", usage=None)
    with ScriptedUpstream(lambda r: replies.stream(events, gap=0.3)) as upstream:
        late = {"connect": "20s", "first_byte": "20s", "idle": "20s"}  # what a busy machine may be
        proxy = Proxy(tmp_path, upstream.url, timeouts=late)
        with plain.stream("POST", proxy.url + "/v1/chat/completions", json=CHAT, timeout=20) as stream:
            pieces = stream.iter_raw()
            received = next(pieces)
            # On a connection that is there already: the listener closes half a second after readiness has turned.
            with plain.client(base_url=proxy.url, timeout=20) as asking:
                assert asking.get("/-/ready").status_code == 200
                proxy.process.terminate()
                wait_until(lambda: asking.get("/-/ready").status_code == 503, 20, "readiness to turn")
            received += b"".join(pieces)
        assert received == b"".join(events)
        assert proxy.process.wait(10) == 0
        assert proxy.lines()[-1]["outcome"] == "ok"
