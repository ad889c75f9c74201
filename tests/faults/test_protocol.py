"""PROTOCOL: the proxy is indistinguishable from the provider, byte for byte, and survives what is not the protocol.

The oracle is the same client speaking straight to the same scripted upstream.
"""

from __future__ import annotations

import gzip
import json
import time
import zlib
from pathlib import Path
from typing import Any

import brotli
import openai
import pytest
import zstandard

from support import replies
from support.patience import patient
from support.proxying import CHAT, KEY, Answer, Proxy, Wire, request_bytes
from support.upstream import CLOSE, Recorded, ScriptedUpstream

OURS = (b"x-sightglass-request-id", b"x-sightglass-overhead-ms")
FRAMING = (b"transfer-encoding", b"connection", b"keep-alive")


def _without(pairs: list[tuple[bytes, bytes]], *names: bytes) -> list[tuple[bytes, bytes]]:
    return [(name.lower(), value) for name, value in pairs if name.lower() not in names]


def _same_request(ours: Recorded, straight: Recorded) -> None:
    assert (ours.method, ours.target, ours.body) == (straight.method, straight.target, straight.body)
    hop = (b"host", b"connection", b"keep-alive", b"x-sightglass-hop")  # the hop token is our one addition
    assert _without(ours.headers, *hop) == _without(straight.headers, *hop)


def _same_answer(ours: Answer, straight: Answer) -> None:
    assert (ours.status, ours.body, ours.clean) == (straight.status, straight.body, straight.clean)
    assert _without(ours.pairs, *OURS, *FRAMING) == _without(straight.pairs, *FRAMING)


MULTIPART = (
    b'--x\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--x\r\n'
    b'Content-Disposition: form-data; name="file"; filename=a.jsonl\r\n\r\n{}\n\r\n--x--\r\n'
)
SURFACE: list[tuple[str, str, bytes | None, str]] = [
    ("POST", "/v1/chat/completions?z=1&a=%2F&z=0", b'{"model":"m", "messages":[]}', "application/json"),
    ("POST", "/v1/completions", b'{"model":"m","prompt":"\\u00e9\xc3\xa9"}', "application/json"),
    ("POST", "/v1/responses", b'{"model":"m","input":"hi","stream":false}', "application/json"),
    ("GET", "/v1/responses/resp_1?include[]=a&include[]=b", None, ""),
    ("POST", "/v1/responses/resp_1/cancel", b"", "application/json"),
    ("POST", "/v1/messages?beta=true", b'{"model":"claude","max_tokens":9,"messages":[]}', "application/json"),
    ("POST", "/v1/embeddings", b'{"input":["a","b"],"encoding_format":"base64"}', "application/json"),
    ("POST", "/v1/moderations", b'{"input":"x"}', "application/json"),
    ("GET", "/v1/models", None, ""),
    ("DELETE", "/v1/models/ft:gpt-4o:a::b%2Fc", None, ""),
    ("POST", "/v1/audio/speech", b'{"input":"say"}', "application/json"),
    ("POST", "/v1/images/edits", MULTIPART, "multipart/form-data; boundary=x"),
    ("POST", "/v1/files", MULTIPART, 'multipart/form-data; boundary="x"'),
    ("PUT", "/v1/uploads/u/parts", b"\x00\xff" * 500, "application/octet-stream"),
    ("GET", "/v1/batches?limit=2&after=b_1", None, ""),
    ("POST", "/v1/fine_tuning/jobs", b'{"training_file":"f"}', "application/json"),
    ("POST", "/v1/vector_stores/v/search", b'{"query":"q"}', "application/json"),
    ("POST", "/v1/threads/t/runs", b'{"assistant_id":"a"}', "application/json"),
    ("POST", "/v1/conversations", b"{}", "application/json"),
]


@pytest.mark.parametrize(("method", "target", "body", "kind"), SURFACE, ids=[item[1] for item in SURFACE])
def test_p01_every_family_is_the_oracle(
    proxy: Proxy, provider: ScriptedUpstream, script: Any, method: str, target: str, body: bytes | None, kind: str
) -> None:
    """Method, path, query order, headers and body bytes are those of a client that speaks straight to the upstream."""
    answer = b'{"object":"x", "n":1.50}'
    script(lambda r: replies.http(200, answer, {"OpenAI-Processing-Ms": "3", "x-ratelimit-remaining-requests": "9"}))
    headers = [
        "User-Agent: OpenAI/Python 3.0",
        "OpenAI-Beta: a=v2",
        f"Authorization: Bearer {KEY}",
        "X-Stainless-OS: L",
    ]
    headers += [f"Content-Type: {kind}"] if kind else []
    answers = []
    for port in (provider.port, proxy.port):
        with Wire(port) as wire:
            wire.request(method, target, body, headers)
            answers.append(wire.answer())
    _same_request(provider.requests[1], provider.requests[0])
    _same_answer(answers[1], answers[0])


def test_p01_the_openai_client_sends_the_same(proxy: Proxy, provider: ScriptedUpstream, script: Any) -> None:
    """The real SDK's requests (chat, streams, responses, embeddings, models, moderations) are the same upstream."""

    def reply(request: Recorded) -> Any:
        document = request.json() if request.body else {}
        if document.get("stream"):
            return replies.stream(replies.chat_events("It is there."))
        if request.target.startswith("/v1/chat"):
            return replies.chat_json("It is there.")
        if request.target.startswith("/v1/responses"):
            return replies.responses_json("It is there.")
        return replies.http(200, b'{"object":"list","data":[],"id":"x","model":"m","results":[]}')

    script(reply)

    def run(base: str) -> None:
        client = openai.OpenAI(base_url=base + "/v1", api_key=KEY, max_retries=0, default_headers={"X-Tag": "a"})
        client.chat.completions.create(**CHAT)  # type: ignore[call-overload]
        list(client.chat.completions.create(**CHAT, stream=True))  # type: ignore[call-overload]
        client.responses.create(model="m", input="Where is the lamp?")
        client.embeddings.create(model="m", input=["a", "b"], encoding_format="float")
        client.moderations.create(input="x")
        client.models.list()
        client.close()

    run(provider.url)
    straight = list(provider.requests)
    provider.requests.clear()
    run(proxy.url)
    assert len(provider.requests) == len(straight) == 6
    for ours, theirs in zip(provider.requests, straight, strict=True):
        _same_request(ours, theirs)


def test_p02_what_is_unknown_is_forwarded(proxy: Proxy, provider: ScriptedUpstream, script: Any) -> None:
    """Unknown path, method, JSON field and header go through; the exchange is counted and not scored."""
    script(lambda r: replies.http(299, b'{"new":true}', {"X-Brand-New": "yes"}))
    with Wire(proxy.port) as wire:
        wire.request("PROPFIND", "/v9/coffee?sugar", b'{"model":"m","unheard_of":[1,{}]}', ["X-Unheard-Of: 1"])
        answer = wire.answer()
    assert (answer.status, answer.body, answer.headers["x-brand-new"]) == (299, b'{"new":true}', "yes")
    [request] = provider.requests
    assert (request.method, request.target) == ("PROPFIND", "/v9/coffee?sugar")
    assert request.body == b'{"model":"m","unheard_of":[1,{}]}'
    assert request.header("x-unheard-of") == "1"
    line = proxy.line_of(answer)
    assert (line["operation"], line["decision"]) == ("other", "not_observed")


@pytest.mark.parametrize("pieces", [[100], [1, 2, 1], [5, 1, 100]])
def test_p02_a_method_that_nobody_knows_is_forwarded(
    proxy: Proxy, provider: ScriptedUpstream, script: Any, pieces: list[int]
) -> None:
    """A method that no standard names goes through like any other, in one piece or in several, with and without a body;
    the connection serves on."""
    script(lambda r: replies.http(200, b"{}"))
    with Wire(proxy.port) as wire:
        for body in (None, b"two sugars", None):
            whole = request_bytes("BREW", "/v9/coffee", body)
            for size in pieces:
                wire.send(whole[:size])
                whole = whole[size:]
                time.sleep(0.02)
            wire.send(whole)
            assert wire.answer().status == 200
        wire.post(CHAT)
        assert wire.answer().status == 200
    assert [request.method for request in provider.requests] == ["BREW", "BREW", "BREW", "POST"]
    assert [request.body for request in provider.requests[:3]] == [b"", b"two sugars", b""]


@pytest.mark.parametrize("method", ["get", "Post", "B R", "BREW\t", "B(", "X" * 40, "CONNECT"])
def test_p02_what_is_no_method_is_400(proxy: Proxy, provider: ScriptedUpstream, script: Any, method: str) -> None:
    """Small letters, blanks, separators and no end are no method; nothing goes upstream."""
    script(lambda r: replies.http(200, b"{}"))
    with Wire(proxy.port) as wire:
        wire.request(method, "/v9/coffee")
        assert wire.answer().status == 400
        assert wire.closed(3)
    assert provider.requests == []


def test_p02_an_unknown_method_sent_ahead_is_not_mixed_in(
    proxy: Proxy, provider: ScriptedUpstream, script: Any
) -> None:
    """Behind another request in the same write it ends the connection; neither request is sent twice."""
    script(lambda r: replies.http(200, b"{}"))
    for first in (request_bytes("GET", "/v1/models"), request_bytes("GET", "/v1/organization/keys")):
        with Wire(proxy.port) as wire:
            wire.send(first + request_bytes("BREW", "/v9/coffee"))
            assert wire.answer().status in (200, 400, 403)
            assert wire.closed(4)
    assert [request.method for request in provider.requests].count("GET") <= 1
    assert [request.method for request in provider.requests].count("BREW") <= 1


@pytest.mark.parametrize(
    "path",
    [
        "/v1/%63hat/completions",
        "//v1//chat//completions",
        "/v1/../v1/models",
        "/v1/files/..%2f..%2fmodels",
        "/v1/files/a;b=c/d",
        "/v1/models/a%00b",
        "/v1/models/%E2%98%83%",
        "/v1/models/.",
        "/v1/%2e%2e/%2e%2e/etc/passwd",
    ],
)
def test_p03_odd_paths_are_forwarded_raw(proxy: Proxy, provider: ScriptedUpstream, script: Any, path: str) -> None:
    """A path that could be normalised goes upstream as it came, or is refused with 400; never something third."""
    script(lambda r: replies.http(200, b"{}"))
    with Wire(proxy.port) as wire:
        wire.request("GET", path)
        status = wire.answer().status
    if status != 400:
        assert [request.target.removeprefix("/v1") for request in provider.requests] == [path.removeprefix("/v1")]


@pytest.mark.parametrize(
    "path",
    [
        "/upstreams/two/../one/v1/models",
        "/upstreams/two/../../upstreams/one/v1/models",
        "/upstreams/two%2f..%2fone/v1/models",
        "/upstreams/two;/one/v1/models",
        "/upstreams/two/upstreams/one/v1/models",
        "//upstreams/one/v1/models",
        "/%75pstreams/one/v1/models",
        "/v1/../upstreams/one/v1/models",
    ],
)
def test_p03_odd_paths_never_reach_another_upstream(
    two: tuple[Proxy, ScriptedUpstream, ScriptedUpstream], path: str
) -> None:
    """Dots, escapes and double slashes never turn one upstream's request into another's, which has its own key."""
    proxy, one, _ = two
    one.requests.clear()
    with Wire(proxy.port) as wire:
        wire.request("GET", path)
        assert wire.answer().status in (200, 400, 404)
    assert one.requests == []


def test_p04_duplicate_headers_are_kept(proxy: Proxy, script: Any) -> None:
    """Two Set-Cookie and two x-a arrive, in their order."""
    script([b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nx-a: 1\r\nSet-Cookie: b=2\r\nx-a: 2\r\nContent-Length: 0\r\n\r\n"])
    with Wire(proxy.port) as wire:
        wire.post(CHAT)
        pairs = _without(wire.answer().pairs, *OURS)
    assert pairs == [
        (b"set-cookie", b"a=1"),
        (b"x-a", b"1"),
        (b"set-cookie", b"b=2"),
        (b"x-a", b"2"),
        (b"content-length", b"0"),
    ]


def test_p05_connection_named_headers_stop(proxy: Proxy, provider: ScriptedUpstream, script: Any) -> None:
    """What ``Connection`` names stops at the proxy, and so do TE, Keep-Alive, Proxy-* and Trailer, both ways."""
    script(
        [
            b"HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Up\r\nX-Up: 1\r\nKeep-Alive: timeout=5\r\nTrailer: X-T\r\n"
            b"Proxy-Authenticate: Basic\r\nX-Stays: 1\r\nContent-Length: 2\r\n\r\nok"
        ]
    )
    with Wire(proxy.port) as wire:
        wire.post(
            CHAT,
            headers=[
                "Connection: close, X-Foo",
                "X-Foo: secret",
                "TE: trailers",
                "Keep-Alive: timeout=9",
                "Proxy-Authorization: Basic eDp5",
                "Proxy-Connection: keep-alive",
                "Trailer: X-T",
                "X-Stays: 1",
            ],
        )
        answer = wire.answer()
    names = {name.lower() for name, _ in provider.requests[0].headers}
    assert names - {b"x-sightglass-hop"} == {b"host", b"content-type", b"x-stays", b"content-length"}
    assert answer.body == b"ok"
    back = set(answer.headers) - {"connection"}
    assert back == {"x-stays", "content-length", "x-sightglass-request-id", "x-sightglass-overhead-ms"}


def test_p06_nothing_is_added_or_compressed(proxy: Proxy, provider: ScriptedUpstream, script: Any) -> None:
    """Without Accept-Encoding, Accept and User-Agent the upstream sees none, and the reply is not compressed."""
    script(lambda r: replies.chat_json("plain " * 500))
    with Wire(proxy.port) as wire:
        wire.post(CHAT)
        answer = wire.answer()
    assert "content-encoding" not in answer.headers
    assert len(answer.body) == int(answer.headers["content-length"])
    for name in ("accept-encoding", "accept", "user-agent", "connection", "x-forwarded-for"):
        assert provider.requests[0].header(name) is None, name


CODERS: dict[str, Any] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


@pytest.mark.parametrize("coding", CODERS)
def test_p07_codings_pass_and_the_sample_decodes(
    proxy: Proxy, provider: ScriptedUpstream, script: Any, coding: str
) -> None:
    """The client's codings reach the upstream, coded bytes the client; only the sample's copy is decoded."""
    body = json.loads(replies.chat_json("The lamp stands by the door.")[0].split(b"\r\n\r\n", 1)[1])
    coded = CODERS[coding](json.dumps(body).encode())
    script(lambda r: replies.http(200, coded, {"content-encoding": coding}))
    with Wire(proxy.port) as wire:
        wire.post(CHAT, headers=["Accept-Encoding: br, zstd, gzip"])
        answer = wire.answer()
    assert provider.requests[0].header("accept-encoding") == "br, zstd, gzip"
    assert (answer.body, answer.headers["content-encoding"]) == (coded, coding)
    sample = proxy.sample_of(answer)
    assert sample.choices[0].text == "The lamp stands by the door."
    assert sample.undecodable is None


def test_p07_coded_streams_are_sampled_too(proxy: Proxy, script: Any) -> None:
    """A compressed event stream passes piece by piece, and its sample has the text."""
    events = replies.chat_events("The lamp stands by the door, unlit.")
    coder = zlib.compressobj(wbits=31)
    pieces = [coder.compress(event) + coder.flush(zlib.Z_SYNC_FLUSH) for event in events] + [coder.flush()]
    head = replies.head(
        200, {"content-type": "text/event-stream", "content-encoding": "gzip", "transfer-encoding": "chunked"}
    )
    script(lambda r: [head, *(replies.chunk(piece) for piece in pieces), b"0\r\n\r\n"])
    with Wire(proxy.port) as wire:
        wire.post({**CHAT, "stream": True})
        answer = wire.answer()
    assert answer.body == b"".join(pieces)
    assert proxy.sample_of(answer).choices[0].text == "The lamp stands by the door, unlit."


@pytest.mark.parametrize(
    ("coding", "body"),
    [("snappy", b"\xff\x06\x00sNaPpY"), ("gzip, snappy, br", b"?"), ("gzip", b"this is not gzip")],
)
def test_p08_unknown_codings_pass(proxy: Proxy, script: Any, coding: str, body: bytes) -> None:
    """A coding that we do not know, or that is a lie, passes; the sample says that it could not be decoded."""
    script(lambda r: replies.http(200, body, {"content-encoding": coding}))
    with Wire(proxy.port) as wire:
        wire.post(CHAT)
        answer = wire.answer()
    assert (answer.status, answer.body, answer.headers["content-encoding"]) == (200, body, coding)
    sample = proxy.sample_of(answer)
    assert sample.undecodable in ("unknown_coding", "corrupt_coding")
    assert sample.choices == ()


def test_p08_stacked_codings_are_decoded(proxy: Proxy, script: Any) -> None:
    """``gzip, br`` is undone in its order for the sample; the client gets the coded bytes."""
    plain = replies.chat_json("Twice wrapped.")[0].split(b"\r\n\r\n", 1)[1]
    coded = brotli.compress(gzip.compress(plain))
    script(lambda r: replies.http(200, coded, {"content-encoding": "gzip, br"}))
    with Wire(proxy.port) as wire:
        wire.post(CHAT)
        answer = wire.answer()
    assert answer.body == coded
    assert proxy.sample_of(answer).choices[0].text == "Twice wrapped."


BODILESS = {
    "head": ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n", "11"),
    "head_chunked": ("HEAD", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", None),
    "204": ("DELETE", b"HTTP/1.1 204 No Content\r\n\r\n", None),
    "304": ("GET", b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 11\r\n\r\n', "11"),
    "options": ("OPTIONS", b"HTTP/1.1 200 OK\r\nAllow: GET\r\nContent-Length: 0\r\n\r\n", "0"),
}


@pytest.mark.parametrize("case", BODILESS)
def test_p09_bodiless_responses_are_framed_right(proxy: Proxy, script: Any, case: str) -> None:
    """HEAD, 204 and 304 carry no body and keep the connection in step; OPTIONS is forwarded."""
    method, answer_bytes, length = BODILESS[case]
    script([answer_bytes])
    with Wire(proxy.port, timeout=5) as wire:
        wire.request(method, "/v1/models")
        answer = wire.answer(head_only=method == "HEAD")
        assert (answer.body, answer.headers.get("content-length")) == (b"", length)
        assert answer.status == int(answer_bytes[9:12])
        if answer.status == 204:
            assert "transfer-encoding" not in answer.headers
        script(lambda r: replies.http(200, b'{"next":1}'))
        wire.request("GET", "/v1/models")
        assert wire.answer().body == b'{"next":1}'


def test_p10_expect_100_continue(proxy: Proxy, provider: ScriptedUpstream, script: Any) -> None:
    """A client that waits for 100 gets it, uploads 20 MB and gets its answer."""
    script(lambda r: replies.http(200, b'{"ok":1}'))
    body = bytes(range(256)) * 80_000
    with Wire(proxy.port) as wire:
        wire.send(
            b"POST /v1/files HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
            b"Content-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n" % len(body)
        )
        assert wire.until(b"\r\n\r\n").startswith(b"HTTP/1.1 100")
        wire.send(body)
        answer = wire.answer()
    assert (answer.status, answer.body) == (200, b'{"ok":1}')
    assert provider.requests[0].body == body


def _transcription(size: int) -> tuple[str, bytes]:
    boundary = "----=_'odd()+,-./:=?boundary"
    mark = b"--" + boundary.encode()
    body = (
        mark + b"\r\nContent-Disposition: form-data; name=file; filename=me mo.mp3\r\n"
        b"Content-Type: audio/mpeg\r\n\r\n" + bytes(range(251)) * (size // 251) + b"\r\n" + mark + b"\r\n"
        b'Content-Disposition: form-data; name="model"\r\n\r\ngpt-4o-transcribe\r\n' + mark + b"--\r\n"
    )
    return f'Content-Type: multipart/form-data; boundary="{boundary}"', body


def test_p11_multipart_streams_through(proxy: Proxy, provider: ScriptedUpstream, script: Any) -> None:
    """25 MB of multipart with an odd boundary, an unquoted filename and the model last: identical, constant memory."""
    script(lambda r: replies.http(200, b'{"text":"hm"}'))
    kind, body = _transcription(25_000_000)
    before = proxy.reset_peak()
    with Wire(proxy.port) as wire:
        wire.request("POST", "/v1/audio/transcriptions", body, [kind])
        answer = wire.answer()
    assert (answer.status, answer.body) == (200, b'{"text":"hm"}')
    assert provider.requests[0].body == body
    assert provider.requests[0].header("content-type") == kind.split(": ", 1)[1]
    assert proxy.memory("VmHWM") - before < 8_000_000


def test_p11_multipart_is_not_buffered_to_find_a_model(
    two: tuple[Proxy, ScriptedUpstream, ScriptedUpstream],
) -> None:
    """With several upstreams too: multipart carries no JSON model, so it goes to the default upstream as it comes."""
    proxy, _, default = two
    kind, body = _transcription(25_000_000)
    default.requests.clear()
    before = proxy.reset_peak()
    with Wire(proxy.port) as wire:
        wire.request("POST", "/v1/audio/transcriptions", body, [kind])
        assert wire.answer().status == 200
    assert default.requests[0].body == body
    assert proxy.memory("VmHWM") - before < 8_000_000


def test_p12_binary_and_ranges_are_identical(proxy: Proxy, provider: ScriptedUpstream, script: Any) -> None:
    """An mp3 and a partial file arrive as they were sent; 206, Content-Range and the Range asked for are kept."""
    sound = b"ID3\x04\x00" + bytes(range(256)) * 4000
    script(lambda r: replies.http(200, sound, {"content-type": "audio/mpeg"}))
    with Wire(proxy.port) as wire:
        wire.post({"input": "say", "voice": "a"}, "/v1/audio/speech")
        assert wire.answer().body == sound
        fields = {"content-type": "application/octet-stream", "content-range": "bytes 5-9/1000", "etag": '"e"'}
        script(lambda r: replies.http(206, b"\x00\x01\x02\xfe\xff", fields))
        wire.request("GET", "/v1/files/f/content", None, ["Range: bytes=5-9", 'If-Range: "e"'])
        answer = wire.answer()
    assert (answer.status, answer.body) == (206, b"\x00\x01\x02\xfe\xff")
    assert answer.headers["content-range"] == "bytes 5-9/1000"
    assert (provider.requests[0].header("range"), provider.requests[0].header("if-range")) == ("bytes=5-9", '"e"')


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_p13_redirects_are_returned(proxy: Proxy, provider: ScriptedUpstream, script: Any, status: int) -> None:
    """A 3xx goes to the client; we go nowhere, least of all with credentials."""
    with ScriptedUpstream(lambda r: replies.http(200, b"stolen")) as elsewhere:
        location = f"{elsewhere.url}/v1/chat/completions"
        script(lambda r: replies.http(status, b"over there", {"location": location}))
        with Wire(proxy.port) as wire:
            wire.post(CHAT, headers=[f"Authorization: Bearer {KEY}"])
            answer = wire.answer()
        assert (answer.status, answer.body, answer.headers["location"]) == (status, b"over there", location)
        assert elsewhere.connections == 0
    assert len(provider.requests) == 1


def test_p15_http_1_0_clients_get_no_chunks(proxy: Proxy, script: Any) -> None:
    """An HTTP/1.0 client does not know chunks: a stream comes raw and ends with the connection."""
    events = replies.chat_events("For an old client.")
    script(lambda r: replies.stream(events))
    body = json.dumps({**CHAT, "stream": True}).encode()
    with Wire(proxy.port) as wire:
        wire.send(b"POST /v1/chat/completions HTTP/1.0\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        answer = wire.answer()
        assert "transfer-encoding" not in answer.headers
        assert answer.body == b"".join(events)
        assert wire.closed(2)


def test_p15_a_connection_serves_a_thousand_requests(proxy: Proxy, provider: ScriptedUpstream, script: Any) -> None:
    """Keep-alive on both sides, 1,000 times: each answer is its own request's."""
    script(lambda r: replies.http(200, b'{"echo":"%b"}' % r.json()["n"].encode()))
    before = provider.connections
    with Wire(proxy.port) as wire:
        for number in range(1000):
            wire.post({"n": f"n{number}"}, "/v1/embeddings")
            assert wire.answer().body == b'{"echo":"n%d"}' % number
    assert provider.connections - before <= 3


def test_p16_pipelined_requests_are_never_mixed(proxy: Proxy, script: Any) -> None:
    """Three requests in one write: answered in their order, or the connection ends; each answer is whole."""
    script(lambda r: [0.05 if r.json()["n"] == 0 else 0.0, *replies.http(200, b"answer %d" % r.json()["n"])])
    with Wire(proxy.port, timeout=5) as wire:
        pieces = []
        for number in range(3):
            body = b'{"n":%d}' % number
            pieces.append(
                b"POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
            )
        wire.send(b"".join(pieces))
        answers = [wire.answer()]
        while len(answers) < 3 and (begin := wire.receive()):
            wire.held = begin
            answers.append(wire.answer())
    assert all(answer.clean for answer in answers)
    assert [answer.body for answer in answers] == [b"answer %d" % number for number in range(len(answers))]
    assert answers[-1].headers["connection"] == "close", "the last answer says that no other follows"


@pytest.mark.parametrize("second", ["GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n", "nonsense\r\n\r\n"])
def test_p16_nothing_is_served_behind_a_refusal(
    proxy: Proxy, provider: ScriptedUpstream, script: Any, second: str
) -> None:
    """What follows a refused request in the same write is dropped with the connection, quietly."""
    script(lambda r: replies.http(200, b"{}"))
    with Wire(proxy.port) as wire:
        wire.send(request_bytes("GET", "/v1/organization/keys") + second.encode())
        assert wire.answer().status == 403
        assert wire.closed(4)
    assert provider.requests == []


def test_p19_interim_responses_do_no_harm(proxy: Proxy, script: Any) -> None:
    """103 Early Hints and a late 100 before the answer are left out or passed on; the answer is the last one."""
    early = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\nX-Early: 1\r\n\r\n"
    script(lambda r: [early, 0.05, *replies.http(200, b'{"final":1}')])
    with Wire(proxy.port) as wire:
        for _ in range(2):
            wire.post(CHAT)
            answer = wire.answer()
            assert (answer.status, answer.body) == (200, b'{"final":1}')
            assert "x-early" not in answer.headers
            assert set(answer.interim) <= {100, 103}


def test_p19_trailers_do_no_harm(proxy: Proxy, script: Any) -> None:
    """Trailers after the last chunk are left out or passed on as trailers; the body and the next answer are right."""
    script(
        [
            b"HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n"
            b'3;ext="a;b"\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\nX-Two: 2\r\n\r\n'
        ]
    )
    with Wire(proxy.port) as wire:
        for _ in range(2):
            wire.request("GET", "/v1/files/f/content")
            answer = wire.answer()
            assert (answer.status, answer.body, answer.clean) == (200, b"abcde", True)


def test_p15_a_body_that_ends_with_the_connection(proxy: Proxy, script: Any) -> None:
    """An HTTP/1.0 upstream: its body ends with the connection, and the client's is complete."""
    script([b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end", CLOSE])
    with Wire(proxy.port) as wire:
        wire.request("GET", "/v1/files/f/content")
        answer = wire.answer()
    assert (answer.status, answer.body, answer.clean) == (200, b"until the end", True)


def test_p03_time_is_not_spent_on_paths(proxy: Proxy, script: Any, tmp_path: Path) -> None:
    """A path of 30 KB is answered in time, whatever is said to it."""
    script(lambda r: replies.http(200, b"{}"))
    began = time.monotonic()
    with Wire(proxy.port) as wire:
        wire.request("GET", "/v1/" + "%2e%2e/" * 4000)
        assert wire.answer().status in (200, 400, 414, 431)
    assert time.monotonic() - began < patient(2)
