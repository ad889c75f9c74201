"""PROTOCOL, what is said in a WebSocket: each response is an exchange of its own, and the tunnel never knows."""

from __future__ import annotations

import base64
import json
import random
import socket
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from proxy.exchange import Exchange
from support.processes import wait_until
from support.proxying import KEY, Proxy, RawUpstream, Wire
from support.websocket import CLOSE_FRAME, TEXT, Peer, exactly, frame, handshake, headers_of, switch

PRICES = "as_of: 2026-11-28\nmodels:\n  gpt-lamp: {input: 2.0, output: 10.0}\n"
USAGE = {"input_tokens": 100, "output_tokens": 40, "total_tokens": 140}
PATH = "/v1/responses"


@pytest.fixture
def peer() -> Peer:
    """The provider; each test sets what it plays."""
    return Peer()


@pytest.fixture
def proxy(peer: Peer, tmp_path: Path) -> Iterator[Proxy]:
    """A proxy in front of it, that knows one price and holds every answer to two objectives."""
    (tmp_path / "prices.yaml").write_text(PRICES)
    signals = ("time_to_first_token", "duration")
    objectives = [{"app": "*", "signal": name, "below_seconds": 0.5, "share": 0.9} for name in signals]
    with RawUpstream(peer.serve) as server:
        process = Proxy(
            tmp_path, server.url + "/v1", prices=str(tmp_path / "prices.yaml"), objectives=objectives, apps=["lamps"]
        )
        yield process
        process.finish()


def said(event: dict[str, Any], masked: bool = False) -> bytes:
    return frame(TEXT, json.dumps(event, ensure_ascii=False).encode(), masked)


def create(question: str, **more: Any) -> bytes:
    return said({"type": "response.create", "model": "gpt-lamp", "input": question, **more}, masked=True)


def answer(id: str, text: str) -> list[dict[str, Any]]:
    content = [{"type": "output_text", "text": text}]
    message = {"type": "message", "role": "assistant", "content": content}
    done = {"id": id, "model": "gpt-lamp", "status": "completed", "output": [message], "usage": USAGE}
    return [
        {"type": "response.created", "response": {"id": id, "model": "gpt-lamp", "status": "in_progress"}},
        {"type": "response.output_text.delta", "delta": text[:4]},
        {"type": "response.output_text.delta", "delta": text[4:]},
        {"type": "response.completed", "response": done},
    ]


def rows(proxy: Proxy, count: int) -> list[Exchange]:
    """The exchanges that came to be, once there are so many; the session's own is the last."""
    found: list[Exchange] = []

    def there() -> bool:
        found[:] = proxy.exchanges()
        return len(found) >= count

    wait_until(there, 10, f"{count} exchanges")
    assert len(found) == count
    return found


def open_session(proxy: Proxy, *headers: str, path: str = PATH) -> Wire:
    wire = Wire(proxy.port)
    wire.send(handshake(path, *headers))
    assert wire.head().status == 101
    return wire


def talk(
    peer: Peer, turns: list[list[dict[str, Any]]], asks: list[bytes], extension: bytes = b""
) -> Callable[[], None]:
    """The provider reads each question whole and answers it; it then waits until the client has gone."""

    def play(sock: socket.socket, head: bytes) -> None:
        switch(sock, head)
        for ask, events in zip(asks, turns, strict=True):
            assert exactly(sock.recv, len(ask)) == ask
            sock.sendall(b"".join(said(event) for event in events))
        sock.recv(1)

    peer.play = play
    return lambda: None


def test_p24_each_response_is_an_exchange(peer: Peer, proxy: Proxy) -> None:
    """Two questions in one session: tokens, cost, text and conversation of each; the session itself has none of them,
    and is in no objective and no histogram of times."""
    asks = [create("Where is the lamp?"), create("And the rope?", previous_response_id="resp_a")]
    turns = [answer("resp_a", "On shelf 9."), answer("resp_b", "On hook 3.")]
    talk(peer, turns, asks)
    with open_session(proxy, "X-Sightglass-App: lamps", "X-Sightglass-Task-Id: t-7") as wire:
        for ask, events in zip(asks, turns, strict=True):
            wire.send(ask)
            expected = b"".join(said(event) for event in events)
            assert exactly(lambda size: wire.receive(), len(expected)) == expected
    first, second, session = rows(proxy, 3)
    for row, id in ((first, "resp_a"), (second, "resp_b")):
        assert (row.operation, row.status, row.outcome, row.stream_end) == ("responses", 200, "ok", "complete")
        assert (row.response_id, row.model_asked, row.model_served) == (id, "gpt-lamp", "gpt-lamp")
        assert row.usage is not None
        assert (row.usage.input, row.usage.output) == (100, 40)
        assert row.cost_usd == pytest.approx(0.0006)
        assert (row.app, row.task_id, row.finish_reason) == ("lamps", "t-7", "stop")
        assert row.first_token is not None
        assert row.duration < 5
    assert first.conversation == second.conversation is not None
    assert (session.status, session.usage, session.cost_usd, session.outcome) == (101, None, None, "ok")
    samples = {sample.exchange.response_id: sample for sample in proxy.samples()}
    assert [choice.text for choice in samples["resp_b"].choices] == ["On hook 3."]
    assert [message.content for message in samples["resp_a"].messages] == ["Where is the lamp?"]
    assert len(samples) == 2
    assert KEY not in json.dumps(proxy.lines())
    assert proxy.metric("sightglass_request_duration_seconds_count") == 2
    for signal in ("time_to_first_token", "duration"):
        assert proxy.metric("sightglass_objective_total", signal=signal) == 2
    assert proxy.metric("sightglass_tokens_total", type="output") == 80
    assert proxy.metric("sightglass_unmetered_total") == 0


def test_p24_pictures_in_a_session(peer: Peer, proxy: Proxy) -> None:
    """A question and an answer with pictures of more than a megabyte have their text, their tokens and their size."""
    picture = base64.b64encode(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + random.Random(32).randbytes(1_200_000)).decode()
    seen = {"type": "input_image", "image_url": f"data:image/png;base64,{picture}"}
    asked = [{"role": "user", "content": [seen, {"type": "input_text", "text": "Where is the lamp?"}]}]
    ask = said({"type": "response.create", "model": "gpt-lamp", "input": asked}, masked=True)
    events = answer("resp_a", "On shelf 9.")
    drawn = {"type": "image_generation_call", "status": "completed", "result": picture}
    events[-1]["response"]["output"].insert(0, drawn)
    talk(peer, [events], [ask])
    with open_session(proxy) as wire:
        wire.send(ask)
        expected = b"".join(said(event) for event in events)
        assert exactly(lambda size: wire.receive(), len(expected)) == expected
    row, _ = rows(proxy, 2)
    assert (row.outcome, row.stream_end, row.finish_reason) == ("ok", "complete", "stop")
    assert row.usage is not None
    assert (row.usage.input, row.usage.output) == (100, 40)
    assert min(row.request_bytes, row.response_bytes) > 1_600_000
    (sample,) = proxy.samples()
    (message,) = sample.messages
    assert (message.content, message.other_parts) == ("Where is the lamp?", ("input_image",))
    assert [choice.text for choice in sample.choices] == ["On shelf 9."]
    assert (sample.undecodable, sample.request_truncated, sample.response_truncated) == (None, False, False)


def test_p24_a_transcript_is_paid_for(peer: Peer, proxy: Proxy) -> None:
    """What was heard is transcribed by another model: its tokens and its cost are those of a request of its own."""
    heard = "conversation.item.input_audio_transcription"
    session = {"model": "gpt-realtime", "audio": {"input": {"transcription": {"model": "gpt-lamp"}}}}
    ask = said({"type": "input_audio_buffer.commit"}, masked=True)
    events = [
        {"type": "session.updated", "session": session},
        {"type": "input_audio_buffer.committed", "item_id": "i1"},
        {"type": f"{heard}.completed", "item_id": "i1", "transcript": "Where?", "usage": {"type": "tokens", **USAGE}},
        {"type": "input_audio_buffer.committed", "item_id": "i2"},
        {"type": f"{heard}.failed", "item_id": "i2", "error": {"code": "inaudible"}},
    ]
    talk(peer, [events], [ask])
    with open_session(proxy, "X-Sightglass-App: lamps", path="/v1/realtime?model=gpt-realtime") as wire:
        wire.send(ask)
        expected = b"".join(said(event) for event in events)
        assert exactly(lambda size: wire.receive(), len(expected)) == expected
    done, failed, _ = rows(proxy, 3)
    assert (done.operation, done.model_served, done.outcome, done.app) == ("audio", "gpt-lamp", "ok", "lamps")
    assert done.cost_usd == pytest.approx(0.0006)
    assert (failed.operation, failed.outcome, failed.usage) == ("audio", "upstream_error", None)
    assert proxy.metric("sightglass_tokens_total", model="gpt-lamp", type="output") == 40
    assert proxy.samples() == []


def test_p24_compressed_messages_are_read(peer: Peer, proxy: Proxy) -> None:
    """permessage-deflate, each side one stream: the provider's second answer points into its first."""
    coders = {masked: zlib.compressobj(9, zlib.DEFLATED, -15) for masked in (True, False)}

    def packed(event: dict[str, Any], masked: bool) -> bytes:
        coder = coders[masked]
        payload = (coder.compress(json.dumps(event).encode()) + coder.flush(zlib.Z_SYNC_FLUSH))[:-4]
        whole = bytearray(frame(TEXT, payload, masked))
        whole[0] |= 0x40
        return bytes(whole)

    question = {"type": "response.create", "model": "gpt-lamp", "input": "Where is the lamp?"}
    asks = [packed(question, True), packed(question, True)]
    replies = [b"".join(packed(event, False) for event in answer(f"resp_{n}", f"On shelf {n}.")) for n in range(2)]

    def play(sock: socket.socket, head: bytes) -> None:
        assert b"permessage-deflate" in headers_of(head)[b"sec-websocket-extensions"]
        agreed = b"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=15\r\n"
        switch(sock, head, more=agreed)
        for ask, reply in zip(asks, replies, strict=True):
            assert exactly(sock.recv, len(ask)) == ask
            sock.sendall(reply)
        sock.recv(1)

    peer.play = play
    offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"
    with open_session(proxy, offer) as wire:
        for ask, reply in zip(asks, replies, strict=True):
            wire.send(ask)
            assert exactly(lambda size: wire.receive(), len(reply)) == reply
    found = rows(proxy, 3)[:2]
    assert [row.response_id for row in found] == ["resp_0", "resp_1"]
    wait_until(lambda: len(proxy.samples()) == 2, 5, "both samples")
    assert [sample.choices[0].text for sample in proxy.samples()] == ["On shelf 0.", "On shelf 1."]


@pytest.mark.parametrize("gone", ["client", "client with a word", "provider", "provider with a word"])
def test_p24_an_answer_that_is_cut_off(peer: Peer, proxy: Proxy, gone: str) -> None:
    """A client that leaves in the middle of an answer, and a provider that does: each is recorded as what it was. After
    a Close of either side the provider ends the connection first."""
    ask = create("Where is the lamp?")
    partial = b"".join(said(event) for event in answer("resp_c", "On shelf 9.")[:2])
    if gone == "provider with a word":
        partial += frame(CLOSE_FRAME, b"\x03\xe9")

    def play(sock: socket.socket, head: bytes) -> None:
        switch(sock, head)
        assert exactly(sock.recv, len(ask)) == ask
        sock.sendall(partial)
        if gone != "provider":
            sock.recv(1)

    peer.play = play
    with open_session(proxy) as wire:
        wire.send(ask)
        assert exactly(lambda size: wire.receive(), len(partial)) == partial
        if gone.endswith("with a word"):
            wire.send(frame(CLOSE_FRAME, b"\x03\xe8", masked=True))
        if gone != "client":
            wire.closed(5)
    row, session = rows(proxy, 2)
    outcome, end = {
        "client": ("client_disconnected", "client_disconnected"),
        "provider": ("stream_incomplete", "upstream_cut"),
    }[gone.split(maxsplit=1)[0]]
    assert (row.outcome, row.stream_end, row.response_id, row.usage) == (outcome, end, "resp_c", None)
    assert session.outcome == "ok"


@pytest.mark.parametrize(
    ("changed", "error", "end"),
    [
        ({"timeouts": {"tunnel": "1s"}}, "tunnel_idle", "idle_timeout"),
        ({"limits": {"drain_seconds": 0.2}}, "ShuttingDown", "upstream_cut"),
    ],
    ids=["silence", "drain"],
)
def test_p24_an_answer_that_we_end(peer: Peer, tmp_path: Path, changed: dict[str, Any], error: str, end: str) -> None:
    """A tunnel that is silent for too long, and a proxy that stops: the answer under way says which it was, as over
    HTTP."""
    ask = create("Where is the lamp?")
    partial = b"".join(said(event) for event in answer("resp_c", "On shelf 9.")[:2])

    def play(sock: socket.socket, head: bytes) -> None:
        switch(sock, head)
        assert exactly(sock.recv, len(ask)) == ask
        sock.sendall(partial)
        sock.recv(1)

    peer.play = play
    with RawUpstream(peer.serve) as server:
        proxy = Proxy(tmp_path, server.url + "/v1", **changed)
        with open_session(proxy) as wire:
            wire.send(ask)
            assert exactly(lambda size: wire.receive(), len(partial)) == partial
            if error == "ShuttingDown":
                proxy.process.terminate()
            assert wire.closed(10)
        row, _ = rows(proxy, 2)
        if error == "ShuttingDown":
            assert proxy.process.wait(10) == 0
        else:
            proxy.finish()
    assert (row.outcome, row.stream_end, row.error) == ("stream_incomplete", end, error)


@pytest.mark.parametrize(
    ("event", "outcome", "status"),
    [
        ({"type": "error", "status": 429, "error": {"code": "rate_limit_exceeded"}}, "rate_limited", 429),
        ({"type": "error", "status": 400, "error": {"code": "previous_response_not_found"}}, "client_error", 400),
        ({"type": "error", "error": {"type": "server_error", "message": "m"}}, "upstream_error", 200),
        ({"type": "response.failed", "response": {"id": "r", "status": "failed"}}, "upstream_error", 200),
    ],
)
def test_p24_errors_are_those_of_their_response(
    peer: Peer, proxy: Proxy, event: dict[str, Any], outcome: str, status: int
) -> None:
    """An error event ends the response that it answers, with the status that it gives itself."""
    ask = create("Where is the lamp?")
    talk(peer, [[event]], [ask])
    with open_session(proxy) as wire:
        wire.send(ask)
        assert exactly(lambda size: wire.receive(), len(said(event))) == said(event)
    row, _ = rows(proxy, 2)
    assert (row.outcome, row.status) == (outcome, status)


def test_p25_what_cannot_be_read_passes_untouched(peer: Peer, proxy: Proxy) -> None:
    """Bytes that are no frames: they arrive, the reading ends and is counted; what was under way is recorded."""
    ask, noise = create("Where is the lamp?"), bytes([0x83, 0x05]) + bytes(range(256)) * 400
    peer.play = lambda sock, head: (switch(sock, head), exactly(sock.recv, len(ask)), sock.sendall(noise), sock.recv(1))  # type: ignore[assignment,return-value]
    with open_session(proxy) as wire:
        wire.send(ask)
        assert exactly(lambda size: wire.receive(), len(noise)) == noise
        wait_until(lambda: proxy.metric("sightglass_socket_unread_total", reason="not_websocket") == 1, 5, "the count")
    row, session = rows(proxy, 2)
    assert (row.model_asked, row.usage) == ("gpt-lamp", None)
    assert session.status == 101


def test_p25_a_bomb_passes_untouched(peer: Peer, proxy: Proxy) -> None:
    """A message that inflates to 200 MB: it arrives, nothing of it is held, and the next session is read."""
    coder = zlib.compressobj(9, zlib.DEFLATED, -15)
    payload = (coder.compress(bytes(200_000_000)) + coder.flush(zlib.Z_SYNC_FLUSH))[:-4]
    whole = bytearray(frame(TEXT, payload))
    whole[0] |= 0x40
    before = proxy.reset_peak()

    def play(sock: socket.socket, head: bytes) -> None:
        switch(sock, head, more=b"Sec-WebSocket-Extensions: permessage-deflate\r\n")
        sock.sendall(whole)
        sock.recv(1)

    peer.play = play
    with open_session(proxy) as wire:
        assert exactly(lambda size: wire.receive(), len(whole)) == whole
        wait_until(lambda: proxy.metric("sightglass_socket_unread_total", reason="coding_limit") == 1, 5, "the count")
    assert proxy.memory("VmHWM") - before < 30_000_000
    talk(peer, [answer("resp_d", "On shelf 9.")], [create("Where?")])
    with open_session(proxy) as wire:
        wire.send(create("Where?"))
        wire.until(b"response.completed")
    assert "resp_d" in [row.response_id for row in rows(proxy, 3)]


def test_p25_an_extension_that_is_not_known_is_not_read(peer: Peer, proxy: Proxy) -> None:
    """Both sides agreed on something that changes frames: they are passed on and not looked at."""
    peer.play = lambda sock, head: (  # type: ignore[assignment,return-value]
        switch(sock, head, frame(TEXT, b"a"), b"Sec-WebSocket-Extensions: x-lamp\r\n"),
        sock.recv(1),
    )
    with open_session(proxy) as wire:
        assert exactly(lambda size: wire.receive(), 3) == frame(TEXT, b"a")
    assert [row.status for row in rows(proxy, 1)] == [101]
    assert proxy.metric("sightglass_socket_unread_total", reason="unknown_extension") == 1


def test_p25_another_socket_is_not_looked_at(peer: Peer, proxy: Proxy) -> None:
    """Only the two families that speak of responses are read."""
    peer.play = lambda sock, head: (switch(sock, head, b"\xff\xff\xff"), sock.recv(1))  # type: ignore[assignment,return-value]
    with open_session(proxy, path="/v1/lamps/live") as wire:
        assert exactly(lambda size: wire.receive(), 3) == b"\xff\xff\xff"
    assert [(row.operation, row.status) for row in rows(proxy, 1)] == [("other", 101)]
    assert proxy.metric("sightglass_socket_unread_total") == 0
