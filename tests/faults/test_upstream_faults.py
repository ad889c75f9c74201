"""FAULTS UPSTREAM: whatever the provider does, the client gets an answer that says so, and the proxy stays whole."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import random
import shutil
import socket
import ssl
import subprocess
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import brotli
import pytest
import zstandard

from support import replies
from support.abuse import a_few_words, check_after_storm, storm
from support.patience import patient
from support.processes import free_ports, wait_until
from support.proxying import (
    CHAT,
    KEY,
    Answer,
    Proxy,
    RawUpstream,
    Wire,
    post,
    read_head,
    read_request,
    request_bytes,
)
from support.upstream import CLOSE, STALL, ScriptedUpstream

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


def _is_ours(answer: Answer, status: int, code: str) -> None:
    """The answer is an error of ours in OpenAI's shape, without the client's key."""
    assert answer.status == status, answer
    assert answer.headers["x-sightglass-error"] == "1"
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert (error["type"], error["code"]) == ("server_error", code)
    assert KEY.encode() not in answer.head + answer.body


# --- TLS --------------------------------------------------------------------------------------------------------


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=30)


def _certificate(folder: Path, name: str, days: int = 2) -> Path:
    """A server certificate for ``name``, signed by the folder's own authority: key and chain in one file."""
    kind = "IP" if name[0].isdigit() else "DNS"
    (folder / "extra").write_text(f"subjectAltName={kind}:{name}\n")
    subject = ["-subj", f"/CN={name}", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    _openssl(folder, "req", "-new", *subject, "-keyout", "key.pem", "-out", "request.pem")
    signing = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "extra"]
    _openssl(folder, "x509", "-req", "-in", "request.pem", *signing, "-days", str(days), "-out", "cert.pem")
    both = folder / f"{name}{days}.pem"
    both.write_text((folder / "key.pem").read_text() + (folder / "cert.pem").read_text())
    return both


def _context(chain: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context


def _plain(sock: socket.socket) -> None:
    while read_request(sock) is not None:
        sock.sendall(OK)


def _digest(sock: socket.socket) -> None:
    """Answers each request with the SHA-256 of the body that arrived."""
    while (request := read_request(sock)) is not None:
        answer = hashlib.sha256(request[1]).hexdigest().encode()
        sock.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%b" % (len(answer), answer)
        )


def _not_tls(sock: socket.socket) -> None:
    sock.recv(100)
    sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@pytest.fixture(scope="module")
def unreachable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A proxy whose upstreams cannot be reached, each in its own way; ``good`` and ``named`` can."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    base = ["-subj", "/CN=Test Authority", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    _openssl(folder, "req", "-x509", *base, "-days", "2", "-keyout", "ca.key", "-out", "ca.pem")
    _openssl(folder, "req", "-x509", *base, "-days", "2", "-keyout", "self.key", "-out", "self.crt")
    (folder / "self.pem").write_text((folder / "self.key").read_text() + (folder / "self.crt").read_text())
    (refused,) = free_ports(1)
    with contextlib.ExitStack() as stack:

        def serve(tls: ssl.SSLContext | None, play: Callable[[socket.socket], None] = _plain) -> RawUpstream:
            return stack.enter_context(RawUpstream(play, tls))

        good = serve(_context(_certificate(folder, "127.0.0.1")), _digest)
        named = serve(_context(_certificate(folder, "localhost")))
        wrong = serve(_context(_certificate(folder, "provider.example")))
        expired = serve(_context(_certificate(folder, "127.0.0.1", days=-1)))
        stranger = serve(_context(folder / "self.pem"))
        plain = serve(None, _not_tls)
        upstreams = {
            "good": good.url,
            "named": f"https://localhost:{named.port}",
            "wrong_name": wrong.url,
            "expired": expired.url,
            "stranger": stranger.url,
            "not_tls": f"https://127.0.0.1:{plain.port}",
            "refused": f"http://127.0.0.1:{refused}",
            "no_name": "http://no-such-host.invalid",
        }
        proxy = Proxy(
            tmp_path_factory.mktemp("unreachable"),
            "",
            env={"SSL_CERT_FILE": str(folder / "ca.pem")},
            upstreams=[{"name": name, "base_url": url, "models": [name]} for name, url in upstreams.items()],
            timeouts={"connect": "3s", "first_byte": "2s", "idle": "2s"},
        )
        yield proxy
        proxy.finish()


@pytest.mark.parametrize("name", ["no_name", "refused", "wrong_name", "expired", "stranger", "not_tls"])
def test_u01_an_upstream_that_cannot_be_reached_is_502(unreachable: Proxy, name: str) -> None:
    """No such name, refused, a certificate that is not trusted, not its own or expired, no TLS at all: 502 in time, in
    OpenAI's shape, and the key is neither in the answer nor in the log."""
    began = time.monotonic()
    with Wire(unreachable.port) as wire:
        wire.post({**CHAT, "model": name}, headers=[f"Authorization: Bearer {KEY}"])
        answer = wire.answer()
    assert time.monotonic() - began < patient(4)
    _is_ours(answer, 502, "upstream_unreachable")
    line = unreachable.line_of(answer)
    assert (line["outcome"], line["upstream"]) == ("upstream_error", name)
    assert KEY not in unreachable.output()


def test_u01_what_was_asked_of_an_upstream_that_is_away_is_kept_and_what_was_refused_is_not(start_proxy: Any) -> None:
    """A request whose upstream cannot be reached leaves a sample with its text and no answer. One that is refused
    before it is read leaves none."""
    away = f"http://127.0.0.1:{free_ports(1)[0]}"
    proxy = start_proxy(away, apps=["bot"], clients=[{"key": KEY, "app": "bot"}])
    with Wire(proxy.port) as unknown, Wire(proxy.port) as known:
        unknown.post(CHAT)
        refused = unknown.answer()
        known.post(CHAT, headers=[f"Authorization: Bearer {KEY}"])
        answer = known.answer()
    assert (refused.status, answer.status) == (401, 502)
    sample = proxy.sample_of(answer)
    assert (sample.exchange.outcome, sample.exchange.error) == ("upstream_error", "upstream_unreachable")
    assert [message.content for message in sample.messages] == [CHAT["messages"][0]["content"]]
    assert not sample.choices
    assert proxy.line_of(refused)["decision"] == "not_observed"
    assert [each.id for each in proxy.samples()] == [sample.id]


@pytest.mark.parametrize("name", ["good", "named"])
def test_u01_tls_with_a_trusted_authority_works(unreachable: Proxy, name: str) -> None:
    """An authority named by SSL_CERT_FILE is trusted, for an address and for a name; connections are kept."""
    with Wire(unreachable.port) as wire:
        for _ in range(3):
            wire.post({**CHAT, "model": name})
            assert wire.answer().status == 200


def test_u01_bodies_of_every_size_go_through_tls(unreachable: Proxy) -> None:
    """By new and kept connections each body arrives as it was sent, however large."""
    with Wire(unreachable.port) as wire:
        for size in (10, 16_000, 17_000, 100_000, 100_000, 400_000, 2_000_000):
            body = json.dumps({**CHAT, "model": "good", "user": f"{size} " * (size // 6)}).encode()
            wire.post(body)
            answer = wire.answer()
            assert (answer.status, answer.body) == (200, hashlib.sha256(body).hexdigest().encode())


# --- slow and broken answers --------------------------------------------------------------------------------------


def test_u02_no_answer_is_504(proxy: Proxy, provider: ScriptedUpstream, script: Any) -> None:
    """Accepted and never answered: 504 after the first-byte time-out (1 s), the upstream's connection is closed."""
    script([STALL])
    began = time.monotonic()
    with Wire(proxy.port) as wire:
        wire.post(CHAT, headers=[f"Authorization: Bearer {KEY}"])
        answer = wire.answer()
    assert 0.8 < time.monotonic() - began < patient(4)
    _is_ours(answer, 504, "upstream_timeout")
    assert proxy.line_of(answer)["outcome"] == "timeout"
    provider.wait_for(lambda p: p.disconnects == 1)
    assert len(provider.requests) == 1


def test_u02_half_a_head_is_504(proxy: Proxy, script: Any) -> None:
    """A head that begins and never ends is no answer either."""
    script([b"HTTP/1.1 200 OK\r\nContent-Ty", STALL])
    with Wire(proxy.port) as wire:
        wire.post(CHAT)
        _is_ours(wire.answer(), 504, "upstream_timeout")


def test_u02_a_client_that_uploads_slowly_is_not_the_upstreams_fault(start_proxy: Any) -> None:
    """A body that stalls for longer than the first-byte time-out (2 s) is waited for; the upstream's time begins with
    its last byte."""
    answers: list[Any] = [replies.chat_json("served"), [STALL]]
    body = json.dumps(CHAT).encode()
    whole = request_bytes("POST", "/v1/chat/completions", body, ["Content-Type: application/json"])
    with ScriptedUpstream(lambda r: answers.pop(0)) as upstream:
        proxy = start_proxy(upstream.url, timeouts={"connect": "20s", "first_byte": "2s", "idle": "20s"})
        with Wire(proxy.port) as wire:
            wire.send(whole[:-20])
            time.sleep(2.6)
            wire.send(whole[-20:-10])
            time.sleep(2.2)
            wire.send(whole[-10:])
            assert wire.answer().status == 200
        assert upstream.requests[-1].body == body
        with Wire(proxy.port) as wire:
            wire.send(whole[:-20])
            time.sleep(1.4)
            wire.send(whole[-20:])
            began = time.monotonic()
            _is_ours(wire.answer(), 504, "upstream_timeout")
            assert 1.6 < time.monotonic() - began < patient(3)


def test_u02_an_upstream_that_takes_no_body_is_504(start_proxy: Any) -> None:
    """An upstream that reads nothing of a large body is charged for the time, though the request is not whole."""

    def serve(sock: socket.socket) -> None:
        read_head(sock)
        time.sleep(5)

    with RawUpstream(serve) as upstream:
        proxy = start_proxy(upstream.url)
        with Wire(proxy.port, timeout=10) as wire:
            sending = threading.Thread(target=_send_quietly, args=(wire, bytes(40_000_000)))
            sending.start()
            _is_ours(wire.answer(), 504, "upstream_timeout")
            wire.sock.close()
            sending.join(5)


def _send_quietly(wire: Wire, body: bytes) -> None:
    with contextlib.suppress(OSError):
        wire.request("POST", "/v1/files", body)


@pytest.mark.parametrize("kind", ["text/event-stream", "application/json"])
def test_u03_a_stall_after_the_head_is_cut(proxy: Proxy, script: Any, kind: str) -> None:
    """Headers, then silence for longer than the idle time-out (1 s): the client sees an unclean end."""
    script([replies.head(200, {"content-type": kind, "transfer-encoding": "chunked"}), STALL])
    began = time.monotonic()
    with Wire(proxy.port) as wire:
        wire.post(CHAT)
        answer = wire.answer()
        assert (answer.status, answer.clean) == (200, False)
        assert wire.closed(2)
    assert time.monotonic() - began < patient(5)
    line = proxy.line_of(answer)
    expected = ("stream_incomplete", "idle_timeout") if "event" in kind else ("timeout", None)
    assert (line["outcome"], line["stream_end"]) == expected


@pytest.mark.parametrize(
    "header", [("retry-after", "7"), ("retry-after-ms", "120"), ("Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT")]
)
def test_u04_rate_limits_are_verbatim(
    proxy: Proxy, provider: ScriptedUpstream, script: Any, header: tuple[str, str]
) -> None:
    """429 in each of its forms passes with its header, and we never try again."""
    script(lambda r: replies.error(429, {header[0]: header[1], "x-should-retry": "true", "x-ratelimit-reset": "1s"}))
    with Wire(proxy.port) as wire:
        wire.post(CHAT)
        answer = wire.answer()
    assert (answer.status, answer.headers[header[0].lower()]) == (429, header[1])
    assert (answer.headers["x-should-retry"], answer.headers["x-ratelimit-reset"]) == ("true", "1s")
    assert "x-sightglass-error" not in answer.headers
    time.sleep(0.2)
    assert len(provider.requests) == 1
    assert proxy.line_of(answer)["outcome"] == "rate_limited"


@pytest.mark.parametrize("status", [500, 502, 503, 529])
def test_u05_html_errors_are_verbatim(proxy: Proxy, provider: ScriptedUpstream, script: Any, status: int) -> None:
    """A gateway's HTML page passes with its status and type; nothing is tried again."""
    page = b"<html><h1>Bad \xff gateway</h1></html>"
    script(lambda r: replies.http(status, page, {"content-type": "text/html", "server": "cloudflare"}))
    with Wire(proxy.port) as wire:
        wire.post(CHAT)
        answer = wire.answer()
    assert (answer.status, answer.body, answer.headers["content-type"]) == (status, page, "text/html")
    assert "x-sightglass-error" not in answer.headers
    assert len(provider.requests) == 1
    assert proxy.line_of(answer)["outcome"] == "upstream_error"


def test_u06_a_connection_that_was_closed_while_idle_is_replaced(start_proxy: Any) -> None:
    """The upstream closed the idle connection before the request: a new one is opened, the client sees nothing."""
    closing = threading.Event()

    def serve(sock: socket.socket) -> None:
        if read_request(sock) is not None:
            sock.sendall(OK)
            closing.wait(5)

    with RawUpstream(serve) as upstream:
        proxy = start_proxy(upstream.url)
        with Wire(proxy.port) as wire:
            wire.post(CHAT)
            assert wire.answer().status == 200
            closing.set()
            wait_until(lambda: upstream.open == 0, 5, "the idle connection closed")
            time.sleep(0.1)
            wire.post(CHAT)
            assert wire.answer().status == 200
        assert upstream.connections == 2


def test_u06_what_was_written_is_never_sent_twice(start_proxy: Any) -> None:
    """The upstream closes as the request comes: the client gets 200 or 502, and no request is executed twice."""
    seen: list[bytes] = []
    lock = threading.Lock()
    chance = random.Random(6)

    def serve(sock: socket.socket) -> None:
        first = True
        while (request := read_request(sock)) is not None:
            with lock:
                seen.append(request[1])
            if not first and chance.random() < 0.3:
                return  # executed, and no answer
            first = False
            sock.sendall(OK)
            if chance.random() < 0.5:
                time.sleep(chance.random() * 0.004)
                return  # closes while the next request may be on its way

    with RawUpstream(serve) as upstream:
        proxy = start_proxy(upstream.url)
        statuses = []
        with Wire(proxy.port) as wire:
            for number in range(200):
                wire.post({"n": number}, "/v1/embeddings")
                answer = wire.answer()
                statuses.append(answer.status)
                time.sleep(chance.random() * 0.003)
        assert set(statuses) == {200, 502}, set(statuses)
        assert len(seen) == len(set(seen))
        assert len(seen) >= statuses.count(200)


INVALID = {
    "bad_chunk_size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n0\r\n\r\n",
    "negative_chunk_size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\nok\r\n0\r\n\r\n",
    "huge_chunk_size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nok\r\n",
    "chunk_without_end": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokXX0\r\n\r\n",
    "negative_length": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nok",
    "plus_length": b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok",
    "length_and_chunks": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n",
    "chunks_and_length": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\nok\r\n0\r\n",
    "two_lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
    "list_of_lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nok",
    "stacked_coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "unknown_coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: cow\r\n\r\nok",
    "space_before_colon": b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok",
    "folded_header": b"HTTP/1.1 200 OK\r\nX-A: 1\r\n 2\r\nContent-Length: 2\r\n\r\nok",
    "nul_in_header": b"HTTP/1.1 200 OK\r\nX-A: a\x00b\r\nContent-Length: 2\r\n\r\nok",
    "bare_cr_in_header": b"HTTP/1.1 200 OK\r\nX-A: a\rX-B: 1\r\nContent-Length: 2\r\n\r\nok",
    "old_version": b"HTTP/0.9 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "no_status": b"HTTP/1.1 OK\r\nContent-Length: 2\r\n\r\nok",
    "not_http": b"SSH-2.0-OpenSSH_9.2\r\n",
    "unasked_switch": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nraw",
}


@pytest.mark.parametrize(
    "case",
    list(INVALID),
)
def test_u07_invalid_http_is_502(proxy: Proxy, provider: ScriptedUpstream, script: Any, case: str) -> None:
    """What cannot be framed without doubt is our 502, or a cut where the head had been good; its connection is not
    used again."""
    script([INVALID[case], 0.1])
    before = provider.connections
    with Wire(proxy.port, timeout=3) as wire:
        wire.post(CHAT)
        answer = wire.answer()
        if answer.status == 200:
            assert not answer.clean
            assert "chunk" in case
            assert answer.body in (b"", b"ok")
        else:
            _is_ours(answer, 502, "upstream_malformed")
    script(lambda r: replies.chat_json("fine again"))
    assert post(proxy.url, CHAT).status_code == 200
    assert provider.requests[-1].connection > before


def test_u07_bytes_after_an_answer_are_not_the_next_one(proxy: Proxy, script: Any) -> None:
    """A second answer that nobody asked for is thrown away with its connection, together or late."""
    for extra in ([OK + b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nSTOLE"], [OK, 0.15, OK[:-2] + b"XX"]):
        script(extra)
        with Wire(proxy.port) as wire:
            wire.post(CHAT)
            assert wire.answer().body in (b"{}", b"")
        time.sleep(0.3)
        script(lambda r: replies.http(200, b"mine"))
        with Wire(proxy.port) as wire:
            wire.post(CHAT)
            assert wire.answer().body == b"mine"


def _bomb(coding: str) -> bytes:
    """A few kilobytes to a megabyte that decode to a gigabyte."""
    zeros = bytes(16_000_000)
    if coding == "gzip":
        coder = zlib.compressobj(9, wbits=31)
        first = coder.compress(zeros) + coder.flush(zlib.Z_FULL_FLUSH)
        second = coder.compress(zeros) + coder.flush(zlib.Z_FULL_FLUSH)
        return first + second * 60
    if coding == "zstd":
        return zstandard.ZstdCompressor().compress(zeros) * 64
    coder = brotli.Compressor(quality=5)
    return b"".join([coder.process(zeros), *(coder.process(zeros) for _ in range(63)), coder.finish()])


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_u08_decompression_bombs_pass_raw(proxy: Proxy, script: Any, coding: str) -> None:
    """A bomb reaches the client as it was sent; the observer stops at its cap, in bounded memory and time."""
    bomb = _bomb(coding)
    script(lambda r: replies.http(200, bomb, {"content-encoding": coding}))
    before, cpu = proxy.reset_peak(), proxy.cpu_seconds()
    with Wire(proxy.port) as wire:
        wire.post(CHAT)
        answer = wire.answer()
        assert answer.body == bomb
        wire.request("GET", "/-/healthy")
        assert wire.answer().status == 200
    assert proxy.sample_of(answer).undecodable == "coding_limit"
    assert proxy.memory("VmHWM") - before < 120_000_000
    assert proxy.cpu_seconds() - cpu < 3


def test_u09_an_early_answer_is_delivered(start_proxy: Any) -> None:
    """The upstream answers when it has seen the head, reads nothing and later closes: the client gets that answer."""

    def serve(sock: socket.socket) -> None:
        if read_head(sock):
            sock.sendall(b"HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 5\r\n\r\nlarge")
            time.sleep(0.5)

    with RawUpstream(serve) as upstream:
        proxy = start_proxy(upstream.url)
        with Wire(proxy.port) as wire:
            body = bytes(20_000_000)

            def send() -> None:
                with contextlib.suppress(OSError):
                    wire.request("POST", "/v1/files", body)

            sending = threading.Thread(target=send)
            sending.start()
            answer = wire.answer()
            assert (answer.status, answer.body) == (413, b"large")
            wire.sock.close()
            sending.join(10)
        wait_until(lambda: proxy.metric("sightglass_inflight_requests") == 0, 5, "nothing in flight")
        with Wire(proxy.port) as wire:  # a whole small request that is answered early, as error pages are
            wire.post(CHAT)
            assert wire.answer().status == 413


def test_u10_a_storm_of_cancelled_requests_leaks_nothing(start_proxy: Any) -> None:
    """1,000 requests left at random moments: nothing in flight, no upstream connection busy, and all goes on."""
    with ScriptedUpstream(a_few_words) as upstream:
        proxy = start_proxy(upstream.url, timeouts={"connect": "2s", "first_byte": "10s", "idle": "10s"})
        warm = proxy.descriptors()
        storm(proxy, 20, random.Random(10))
        check_after_storm(proxy, 1000)
        upstream.script = lambda r: replies.chat_json("still here")
        for _ in range(50):
            assert post(proxy.url, CHAT).status_code == 200
        # Idle upstream connections may stay; they are few, and none is left over from the storm's busy ones.
        wait_until(lambda: proxy.descriptors() < warm + 70, 5, "descriptors closed")
        assert proxy.metric("sightglass_inflight_requests") == 0


def test_u11_one_upstream_down_does_not_hold_the_other(start_proxy: Any) -> None:
    """150 requests hang on one upstream while the other's are answered as always."""
    with (
        ScriptedUpstream(lambda r: [STALL]) as hanging,
        ScriptedUpstream(lambda r: replies.chat_json("from the healthy one")) as healthy,
    ):
        proxy = start_proxy(
            "",
            upstreams=[
                {"name": "hanging", "base_url": hanging.url, "models": ["slow"]},
                {"name": "healthy", "base_url": healthy.url, "models": ["*"]},
            ],
            timeouts={"connect": "20s", "first_byte": "300s", "idle": "300s"},
        )
        stack = contextlib.ExitStack()
        wires = [stack.enter_context(Wire(proxy.port)) for _ in range(150)]
        for wire in wires:
            wire.post({**CHAT, "model": "slow"})
        hanging.wait_for(lambda p: len(p.requests) == 150, 10)
        took = []
        for _ in range(30):
            began = time.monotonic()
            assert post(proxy.url, CHAT).status_code == 200
            took.append(time.monotonic() - began)
        assert max(took) < patient(1)
        stack.close()
        hanging.wait_for(lambda p: p.disconnects == 150, 10)


def _own_names(names: Path) -> str | None:
    """A line of sh that runs the command with ``names`` as its /etc/hosts; ``None`` where that is not possible."""
    line = f'mount --bind {names} /etc/hosts && exec "$@"'
    for unshare in ("unshare --mount", "unshare --mount --map-root-user"):
        shell = f"exec {unshare} /bin/sh -c '{line}' sh \"$@\""
        try:
            probe = subprocess.run(["/bin/sh", "-c", shell, "sh", "true"], capture_output=True, timeout=10, check=False)
        except OSError:
            continue
        if probe.returncode == 0:
            return shell
    return None


@pytest.mark.parametrize("fault", ["refused", "silent"])
def test_u12_a_broken_ipv6_address_does_no_harm(tmp_path: Path, start_proxy: Any, fault: str) -> None:
    """A name with an IPv6 address that refuses, or where nobody answers, and a good IPv4 one: the request succeeds."""
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    names = tmp_path / "hosts"
    names.write_text("127.0.0.1 localhost\n::1 provider.test\n127.0.0.1 provider.test\n")
    shell = _own_names(names)
    if shell is None:
        pytest.skip("no mount namespace of our own to be had")
    with contextlib.ExitStack() as stack:
        upstream = stack.enter_context(ScriptedUpstream(lambda r: replies.chat_json("over IPv4")))
        if fault == "silent":
            try:
                full = stack.enter_context(
                    socket.create_server(("::1", upstream.port), family=socket.AF_INET6, backlog=0)
                )
            except OSError:
                pytest.skip("no IPv6 loopback")
            for _ in range(4):  # a full backlog: what comes after is not even refused
                waiting = stack.enter_context(socket.socket(socket.AF_INET6))
                waiting.setblocking(False)
                waiting.connect_ex(full.getsockname())
            time.sleep(0.2)
        url = f"http://provider.test:{upstream.port}"
        proxy = start_proxy("", shell=shell, upstreams=[{"name": "both", "base_url": url, "allow_private": True}])
        began = time.monotonic()
        assert post(proxy.url, CHAT).status_code == 200
        assert time.monotonic() - began < patient(2)


def test_u07_a_gzip_that_lies_about_its_length(proxy: Proxy, script: Any) -> None:
    """A coded body shorter than announced is a visible cut, and its sample says that it could not be read whole."""
    coded = gzip.compress(b'{"choices":[]}' * 100)
    head = replies.head(
        200, {"content-type": "application/json", "content-encoding": "gzip", "content-length": str(len(coded) + 9)}
    )
    script([head + coded, 0.05, CLOSE])
    with Wire(proxy.port) as wire:
        wire.post(CHAT)
        answer = wire.answer()
    assert (answer.body, answer.clean) == (coded, False)
