"""STREAMING: event streams pass unparsed and at once; every ending is visible as what it was."""

from __future__ import annotations

import itertools
import json
import random
import socket
import statistics
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from proxy.sample import Sample
from support import replies
from support.abuse import read_tiny_events, tiny_events
from support.patience import patient
from support.processes import wait_until
from support.proxying import CHAT, Proxy, RawUpstream, Wire, read_request
from support.streams import DONE, SSE_HEAD, STREAM, TEXT, delta, usage_chunk
from support.upstream import STALL, Recorded, ScriptedUpstream, Step

_ONE, _TWO = delta("Là 灯 "), delta("🏮!", "stop")
#: Each reads "Là 灯 🏮!".
CORPUS: dict[str, bytes] = {
    "lf": f"data: {_ONE}\n\ndata: {_TWO}\n\ndata: [DONE]\n\n".encode(),
    "crlf": f"data: {_ONE}\r\n\r\ndata: {_TWO}\r\n\r\ndata: [DONE]\r\n\r\n".encode(),
    "cr": f"data: {_ONE}\r\rdata: {_TWO}\r\rdata: [DONE]\r\r".encode(),
    "mixed": f"data: {_ONE}\r\n\ndata: {_TWO}\n\r\ndata: [DONE]\r\r\n".encode(),
    "comments": f": OPENROUTER PROCESSING\n\n:\n\ndata: {_ONE}\n: x\n\ndata:{_TWO}\n\ndata: [DONE]\n\n".encode(),
    "fields": f"id: 1\nretry: 5\nevent: message\ndata: {_ONE}\n\nid\ndata: {_TWO}\n\ndata: [DONE]\n\n".encode(),
    "lines": f"data: {{\ndata: {_ONE[1:]}\n\ndata: {_TWO}\n\ndata: [DONE]\n\n".encode(),
    "bom": f"\ufeffdata: {_ONE}\n\ndata: {_TWO}\n\ndata: [DONE]\n\n".encode(),
    "no_final_newline": f"data: {_ONE}\n\ndata: {_TWO}\n\ndata: [DONE]".encode(),
}


def _cut_at(body: bytes, cuts: list[int]) -> list[Step]:
    edges = [0, *cuts, len(body)]
    steps: list[Step] = [SSE_HEAD]
    for start, end in itertools.pairwise(edges):
        if start != end:
            steps += [replies.chunk(body[start:end]), 0.001]
    return [*steps[:-1], b"0\r\n\r\n"]


@pytest.mark.parametrize("kind", CORPUS)
def test_s01_the_corpus_cut_anywhere(proxy: Proxy, script: Any, kind: str) -> None:
    """Every line ending, comment and field, cut at any byte: the client's bytes are the upstream's, and the sample
    reads the same as from one piece."""
    body = CORPUS[kind]
    ids = []
    with Wire(proxy.port) as wire:
        for cut in [0, *range(1, len(body), max(1, len(body) // 40))]:
            script(_cut_at(body, [cut]))
            wire.post(STREAM)
            answer = wire.answer()
            assert (answer.body, answer.clean) == (body, True), cut
            ids.append(answer.headers["x-sightglass-request-id"])
        script(_cut_at(body, list(range(1, len(body)))))
        wire.post(STREAM)
        answer = wire.answer()
        assert answer.body == body
        ids.append(answer.headers["x-sightglass-request-id"])
    proxy.sample_of(ids[-1])
    found = {sample.id: sample for sample in proxy.samples()}
    whole = found[ids[0]].choices
    if kind != "no_final_newline":  # an event without its blank line is none
        assert whole[0].text == "Là 灯 🏮!"
    assert all(found[item].choices == whole for item in ids)


def test_s02_characters_are_never_broken(proxy: Proxy, script: Any) -> None:
    """Chinese and emoji cut at every byte leave no replacement character in the bytes or in the sample."""
    text = "灯在桌子上 🏮👩‍👩‍👧 é end"
    body = b"".join(replies.sse(delta(part).encode()) for part in (text, text)) + replies.sse(b"[DONE]")
    with Wire(proxy.port) as wire:
        for step in (1, 2, 3):
            script(_cut_at(body, list(range(step, len(body), step))))
            wire.post(STREAM)
            answer = wire.answer()
            assert answer.body == body
            assert "\ufffd" not in answer.body.decode()
            assert proxy.sample_of(answer).choices[0].text == text + text


def test_s03_each_chunk_is_forwarded_at_once(proxy: Proxy, script: Any) -> None:
    """Chunks 30 ms apart leave as they come: none is merged or held, the usual delay is a few milliseconds."""
    events = replies.chat_events("one two three four five six seven eight nine ten eleven twelve " * 4, usage=None)
    sent: list[float] = []

    def steps(request: Recorded) -> Iterator[Step]:
        yield SSE_HEAD
        for event in events:
            yield 0.03
            sent.append(time.monotonic())
            yield replies.chunk(event)
        yield b"0\r\n\r\n"

    script(steps)
    arrived: list[float] = []
    pieces: list[bytes] = []
    with Wire(proxy.port) as wire:
        wire.post(STREAM)
        answer = wire.head()
        for piece in wire.pieces(answer):
            arrived.append(time.monotonic())
            pieces.append(piece)
    assert pieces == events
    delays = [there - here for here, there in zip(sent, arrived, strict=True)]
    assert statistics.median(delays) < 0.03, delays
    assert max(delays) < patient(0.5), delays


def test_s04_a_silent_stream_with_comments_survives(proxy: Proxy, script: Any) -> None:
    """Comments keep a stream alive that says nothing else for longer than the idle time-out (1 s)."""
    final = [b"".join(replies.chat_events("At last.", usage=None))]
    script(lambda r: replies.stream([b": keep-alive\n\n"] * 4 + final, gap=0.4))
    began = time.monotonic()
    with Wire(proxy.port) as wire:
        wire.post(STREAM)
        answer = wire.answer()
    assert time.monotonic() - began > 1.5
    assert answer.body == b": keep-alive\n\n" * 4 + b"".join(final)
    line = proxy.line_of(answer)
    assert (line["outcome"], line["stream_end"]) == ("ok", "complete")
    assert line["first_token_ms"] > 1500


def test_s05_blank_lines_before_the_json_arrive_live(proxy: Proxy, script: Any) -> None:
    """A body that is not streamed may begin with blank lines for a long time; they go on as they come."""
    document = replies.chat_json("From the queue.")[0].split(b"\r\n\r\n", 1)[1]
    head = replies.head(200, {"content-type": "application/json", "transfer-encoding": "chunked"})

    def steps(request: Recorded) -> Iterator[Step]:
        yield head
        for _ in range(5):
            yield replies.chunk(b"\n")
            yield 0.35
        yield replies.chunk(document) + b"0\r\n\r\n"

    script(steps)
    arrived = []
    with Wire(proxy.port) as wire:
        wire.post(CHAT)
        answer = wire.head()
        for piece in wire.pieces(answer):
            arrived.append((time.monotonic(), piece))
    assert [piece for _, piece in arrived] == [b"\n"] * 5 + [document]
    assert arrived[-1][0] - arrived[0][0] > 1.2
    assert proxy.sample_of(answer).choices[0].text == "From the queue."


USAGES: dict[str, tuple[list[bytes], tuple[int | None, int | None]]] = {
    "last": ([*TEXT, usage_chunk(), DONE], (20, 7)),
    "early": ([usage_chunk(), *TEXT, DONE], (20, 7)),
    "null": ([*TEXT, usage_chunk(usage="null"), DONE], (None, None)),
    "null_then_number": ([usage_chunk("[]", "null"), *TEXT, usage_chunk(), DONE], (20, 7)),
    "absent": ([*TEXT, DONE], (None, None)),
    "azure_first_chunk": (
        [replies.sse(b'{"choices":[],"prompt_filter_results":[],"model":"","id":""}'), *TEXT, usage_chunk(), DONE],
        (20, 7),
    ),
    "nonsense": ([*TEXT, usage_chunk(usage='{"prompt_tokens":"many"}'), DONE], (None, None)),
}


@pytest.mark.parametrize(
    "case",
    list(USAGES),
)
def test_s06_usage_is_right_or_unknown(proxy: Proxy, script: Any, case: str) -> None:
    """Wherever usage stands it is passed and counted; where there is none, tokens are unknown and never guessed."""
    events, tokens = USAGES[case]
    script(lambda r: replies.stream(events))
    before = proxy.metric("sightglass_unmetered_total")
    with Wire(proxy.port) as wire:
        wire.post(STREAM)
        answer = wire.answer()
    assert answer.body == b"".join(events)
    line = proxy.line_of(answer)
    assert (line["input_tokens"], line["output_tokens"]) == tokens
    assert proxy.metric("sightglass_unmetered_total") == before + (tokens[0] is None)


def test_s07_no_done_is_added(proxy: Proxy, script: Any) -> None:
    """A stream without [DONE] stays without, and is said to have had none."""
    script(lambda r: replies.stream(TEXT))
    with Wire(proxy.port) as wire:
        wire.post(STREAM)
        answer = wire.answer()
    assert (answer.body, answer.clean) == (b"".join(TEXT), True)
    assert proxy.line_of(answer)["stream_end"] == "no_terminator"


def test_s08_data_after_done_passes(proxy: Proxy, script: Any) -> None:
    """What comes after [DONE] goes on to the client, and changes nothing that was said before."""
    events = [*TEXT, usage_chunk(), DONE, replies.sse(b'{"late":1}'), b": bye\n\n"]
    script(lambda r: replies.stream(events, gap=0.02))
    with Wire(proxy.port) as wire:
        wire.post(STREAM)
        answer = wire.answer()
    assert answer.body == b"".join(events)
    line = proxy.line_of(answer)
    assert (line["outcome"], line["stream_end"], line["output_tokens"]) == ("ok", "complete", 7)
    assert proxy.sample_of(answer).choices[0].text == "Hi there."


@pytest.mark.parametrize("done", [True, False])
def test_s09_an_error_in_the_stream_is_the_upstreams(proxy: Proxy, script: Any, done: bool) -> None:
    """An error event under status 200 passes; the outcome is the upstream's error, not ok."""
    error = replies.sse(b'{"error":{"message":"overloaded","type":"server_error","code":502}}')
    events = [TEXT[0], error, *([DONE] if done else [])]
    script(lambda r: replies.stream(events))
    with Wire(proxy.port) as wire:
        wire.post(STREAM)
        answer = wire.answer()
    assert (answer.status, answer.body, answer.clean) == (200, b"".join(events), True)
    line = proxy.line_of(answer)
    assert (line["outcome"], line["stream_end"]) == ("upstream_error", "error_event")


def _reading(sock: socket.socket, gone: threading.Event) -> None:
    try:
        while sock.recv(65536):
            pass
    except OSError:
        pass
    gone.set()


@pytest.fixture(scope="module")
def moments(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, str], dict[str, Any]]]:
    """``moments(moment, how)`` lets a client leave, and says what the upstream and the proxy saw."""
    gone = threading.Event()
    current = [""]

    def serve(sock: socket.socket) -> None:
        if read_request(sock) is None:
            return
        watcher = threading.Thread(target=_reading, args=(sock, gone))
        watcher.start()
        try:
            if current[0] != "before_headers":
                sock.sendall(SSE_HEAD)
            if current[0] in ("mid_token", "slow_read"):
                sock.sendall(replies.chunk(TEXT[0]))
            while current[0] == "slow_read":
                sock.sendall(replies.chunk(b": " + b"x" * 60000 + b"\n\n"))
        except OSError:
            pass
        watcher.join(10)

    with RawUpstream(serve) as upstream:
        proxy = Proxy(
            tmp_path_factory.mktemp("moments"),
            upstream.url,
            timeouts={"connect": "2s", "first_byte": "120s", "idle": "120s"},
        )

        def leave(moment: str, how: str) -> dict[str, Any]:
            gone.clear()
            current[0] = moment
            known = len(proxy.lines())
            wire = Wire(proxy.port, receive_buffer=65536)
            wire.post(STREAM)
            wait_until(lambda: upstream.open == 1, 3, "a connection upstream", every=0.01)
            if moment in ("first_token_wait", "mid_token", "slow_read"):
                answer = wire.head()
                if moment == "mid_token":
                    assert next(wire.pieces(answer)) == TEXT[0]
            time.sleep(0.6 if moment == "slow_read" else 0.1)
            began = time.monotonic()
            if how == "reset":
                wire.reset()
            else:
                wire.sock.close()
            closed = gone.wait(patient(5))
            took = time.monotonic() - began
            wait_until(lambda: upstream.open == 0, 5, "no connection upstream")
            wait_until(lambda: len(proxy.lines()) > known, 5, "an access line")
            wait_until(lambda: proxy.metric("sightglass_inflight_requests") == 0, 5, "nothing in flight")
            return {"closed": closed, "took": took, "line": proxy.lines()[-1], "proxy": proxy}

        yield leave
        proxy.finish()


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("moment", ["before_headers", "first_token_wait", "mid_token", "slow_read"])
def test_s11_a_client_that_leaves_takes_the_upstream_with_it(moments: Any, moment: str, how: str) -> None:
    """In all four states, with FIN and with RST: the upstream's connection ends within a second, nothing stays in
    flight, the partial exchange is recorded as the client's leaving and its partial text is sampled."""
    seen = moments(moment, how)
    assert seen["closed"]
    assert seen["took"] < patient(1)
    line = seen["line"]
    assert line["outcome"] == "client_disconnected"
    assert line["stream_end"] == (None if moment == "before_headers" else "client_disconnected")
    assert line["decision"] == "published"
    sample = seen["proxy"].sample_of(line["request_id"])
    if moment in ("mid_token", "slow_read"):
        assert sample.choices[0].text.startswith("Hi ")


def test_s12_a_slow_reader_throttles_the_upstream(start_proxy: Any) -> None:
    """A client that hardly reads a stream of 200 MB stops the upstream; from before its first byte on, memory grows by
    less than 2 MB."""
    sent = [0]
    whole = [200_000_000]
    block = replies.chunk(replies.sse(delta("x" * 60000).encode()))

    def serve(sock: socket.socket) -> None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        while read_request(sock) is not None:
            sock.sendall(SSE_HEAD)
            sent[0] = 0
            while sent[0] < whole[0]:
                sock.sendall(block)
                sent[0] += len(block)
            sock.sendall(b"0\r\n\r\n")

    with RawUpstream(serve) as upstream:
        proxy = start_proxy(upstream.url, timeouts={"connect": "2s", "first_byte": "20s", "idle": "1s"})
        with Wire(proxy.port) as warm:  # what the first streams cost once is not this one's
            whole[0] = 1_000_000
            for _ in range(10):
                warm.post(STREAM)
                assert len(warm.answer().body) > whole[0]
        proxy.wait_idle()
        whole[0] = 200_000_000
        with Wire(proxy.port, receive_buffer=16384) as wire:
            before = proxy.reset_peak()
            wire.post(STREAM)
            wire.head()
            for _ in range(25):  # longer than the idle time-out, which is not the upstream's fault here
                wire.sock.recv(1)
                time.sleep(0.08)
            assert sent[0] < 20_000_000, "more than the kernel's buffers on the way hold: the upstream is not throttled"
            assert proxy.memory("VmHWM") - before < 2_000_000
            assert wire.sock.recv(1000)
            wire.reset()
        wait_until(lambda: proxy.lines()[-1]["outcome"] == "client_disconnected", 5, "the access line")


def test_s13_one_event_of_a_megabyte_passes(proxy: Proxy, script: Any) -> None:
    """A single huge event arrives whole; the sample is capped and says so. It cannot be made smaller."""
    drawn = random.Random(13).randbytes(525_000).hex()
    events = [replies.sse(delta(drawn).encode()), replies.sse(delta("", "stop").encode()), DONE]
    script(lambda r: replies.stream(events))
    with Wire(proxy.port) as wire:
        wire.post(STREAM)
        answer = wire.answer()
    assert (answer.body, answer.clean) == (b"".join(events), True)
    assert proxy.line_of(answer)["stream_end"] == "complete"
    sample = proxy.sample_of(answer)
    assert sample.response_truncated


def test_s13_a_million_tiny_events_pass(proxy: Proxy, script: Any) -> None:
    """Very many events arrive whole in bounded memory; the sample is capped and says so."""
    script(lambda r: tiny_events(1_000_000))
    before = proxy.reset_peak()
    total, request_id = read_tiny_events(proxy)
    assert total == 1_000_000
    assert proxy.memory("VmHWM") - before < 30_000_000
    assert proxy.line_of(request_id)["stream_end"] == "complete"
    assert proxy.sample_of(request_id).response_truncated


def test_s14_a_stream_refused_with_json(proxy: Proxy, script: Any) -> None:
    """A stream that is asked for and answered with a JSON 400: status and body are intact."""
    script(lambda r: replies.error(400, code="invalid_value"))
    with Wire(proxy.port) as wire:
        wire.post(STREAM)
        answer = wire.answer()
    assert (answer.status, answer.json()["error"]["code"]) == (400, "invalid_value")
    assert "x-sightglass-error" not in answer.headers
    line = proxy.line_of(answer)
    assert (line["outcome"], line["stream"], line["stream_end"]) == ("client_error", False, None)


def test_s15_a_stream_that_nobody_asked_for(proxy: Proxy, script: Any) -> None:
    """``stream: false`` answered with events passes, and is read as the stream that it is."""
    events = [*TEXT, DONE]
    script(lambda r: replies.stream(events))
    with Wire(proxy.port) as wire:
        wire.post({**CHAT, "stream": False})
        answer = wire.answer()
    assert answer.body == b"".join(events)
    assert proxy.line_of(answer)["stream_end"] == "complete"
    assert proxy.sample_of(answer).choices[0].text == "Hi there."


def test_s16_responses_events_pass_whatever_they_are(proxy: Proxy, script: Any) -> None:
    """Unknown event types and gaps in the sequence change nothing."""
    events = list(replies.responses_events("It is on the shelf."))
    strange = replies.sse({"type": "response.brand_new.delta", "sequence_number": 900, "x": []}, "response.brand_new")
    events[2:2] = [strange, b"event: ping\ndata: {}\n\n"]
    script(lambda r: replies.stream(events))
    with Wire(proxy.port) as wire:
        wire.post({"model": "m", "input": "where", "stream": True}, "/v1/responses")
        answer = wire.answer()
    assert answer.body == b"".join(events)
    line = proxy.line_of(answer)
    assert (line["operation"], line["outcome"], line["stream_end"]) == ("responses", "ok", "complete")
    assert proxy.sample_of(answer).choices[0].text == "It is on the shelf."


def _stored(request: Recorded, identity: str = "resp_9") -> Any:
    """A provider of stored responses: ``background`` ones are queued at first."""
    if request.method == "POST" and request.json().get("background"):
        queued = {"id": identity, "object": "response", "status": "queued", "model": "m", "output": []}
        return replies.http(200, json.dumps(queued).encode())
    if "stream=true" in request.target:
        return replies.stream(list(replies.responses_events("It is on the shelf.", response_id=identity))[3:])
    return replies.responses_json("It is on the shelf.", response_id=identity)


def _again(identity: str) -> list[str]:
    path = f"/v1/responses/{identity}"
    return [path, f"{path}?stream=true&starting_after=3", path]


def _poll(wire: Wire, targets: list[str]) -> None:
    for target in targets:
        wire.request("GET", target)
        answer = wire.answer()
        assert (answer.status, answer.clean) == (200, True)
        assert b"on the shelf" in answer.body


def test_s16_a_resumed_response_is_scored_once(upstream: ScriptedUpstream, start_sightglass: Any) -> None:
    """A response, polled and resumed by GET: all pass unchanged, and its text is scored once."""
    upstream.script = _stored
    app = start_sightglass(upstream.url, scorers={"refusal": {}})
    with Wire(int(app.url.rsplit(":", 1)[1])) as wire:
        wire.post({"model": "m", "input": "where"}, "/v1/responses")
        assert wire.answer().status == 200
        _poll(wire, _again("resp_9"))
    assert [request.target for request in upstream.requests[1:]] == _again("resp_9")

    def scored() -> int:
        return len(app.api("samples", scorer="refusal")["samples"])

    wait_until(lambda: scored() >= 1, 15, "a scored sample", every=0.3)
    time.sleep(1.0)
    assert scored() == 1


def _own(proxy: Proxy, response_id: str) -> list[Sample]:
    proxy.wait_idle()
    return [sample for sample in proxy.samples() if sample.exchange.response_id == response_id]


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2)])
def test_s16_a_background_response_is_observed_once(proxy: Proxy, script: Any, order: tuple[int, ...]) -> None:
    """A background response's text first comes by GET, whole or as a resumed stream: of all requests that bring it one
    leaves a sample, with what the POST asked, and its tokens are counted once."""
    identity = f"resp_{uuid.uuid4().hex}"
    script(lambda request: _stored(request, identity))
    before = proxy.metric("sightglass_tokens_total"), proxy.metric("sightglass_unmetered_total")
    queued = {"model": "m", "input": "where", "background": True}
    with Wire(proxy.port) as wire:
        wire.post(queued, "/v1/responses", ["x-sightglass-session-id: s-16"])
        posted = wire.answer()
        assert posted.json()["status"] == "queued"
        _poll(wire, [_again(identity)[number] for number in order])
    [sample] = _own(proxy, identity)
    assert [choice.text for choice in sample.choices] == ["It is on the shelf."]
    assert [message.content for message in sample.messages] == ["where"]
    assert (sample.exchange.session_id, sample.exchange.model_asked) == ("s-16", "m")
    assert proxy.line_of(posted)["decision"] == "not_observed"
    assert proxy.metric("sightglass_tokens_total") - before[0] == 27
    assert proxy.metric("sightglass_unmetered_total") == before[1]


def test_s16_a_background_stream_that_broke_is_observed_when_it_is_resumed(proxy: Proxy, script: Any) -> None:
    """A background stream that the client left is read on by GET: one sample, with the whole text."""
    identity = f"resp_{uuid.uuid4().hex}"
    events = list(replies.responses_events("It is on the shelf.", response_id=identity))

    def steps(request: Recorded) -> Any:
        if request.method == "POST":
            return replies.stream(events[:3], last=STALL)
        return replies.stream(events[3:])

    script(steps)
    with Wire(proxy.port) as wire:
        wire.post({"model": "m", "input": "where", "background": True, "stream": True}, "/v1/responses")
        answer = wire.head()
        assert next(wire.pieces(answer))
    proxy.line_of(answer)
    assert _own(proxy, identity) == []
    with Wire(proxy.port) as wire:
        _poll(wire, [_again(identity)[1]])
    [sample] = _own(proxy, identity)
    assert sample.choices[0].text == "It is on the shelf."


def test_s16_opting_out_of_a_background_response_holds(proxy: Proxy, script: Any) -> None:
    """Who opts out when asking has opted out of the answer, whoever reads it."""
    identity = f"resp_{uuid.uuid4().hex}"
    script(lambda request: _stored(request, identity))
    with Wire(proxy.port) as wire:
        queued = {"model": "m", "input": "where", "background": True}
        wire.post(queued, "/v1/responses", ["x-sightglass-no-store: 1"])
        wire.answer()
        wire.request("GET", _again(identity)[0])
        assert proxy.line_of(wire.answer())["decision"] == "opted_out"
    assert _own(proxy, identity) == []


def test_s12_a_stalled_reader_is_no_idle_upstream(proxy: Proxy, script: Any) -> None:
    """A client that pauses for longer than the idle time-out still gets all of a large body."""
    big = bytes(range(256)) * 40_000
    script(lambda r: replies.http(200, big, {"content-type": "application/octet-stream"}))
    with Wire(proxy.port, receive_buffer=65536) as wire:
        wire.request("GET", "/v1/files/f/content")
        answer = wire.head()
        time.sleep(2.5)
        assert b"".join(wire.pieces(answer)) == big
        assert answer.clean
