"""The pool behind httpx: bodies both ways, whose fault it was, and what a cancellation leaves behind."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from proxy.errors import ConfigError
from proxy.upstream.transport import PoolTransport
from support.raw import OK, Peer, RawServer, on_both_loops, until

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n"


def client(**changes: object) -> tuple[httpx.AsyncClient, PoolTransport]:
    """A client on a transport of its own, with no egress proxy, and that transport."""
    transport = PoolTransport(**{"environ": {}, **changes})  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, timeout=5.0), transport


def url(server: RawServer, path: str = "/v1/judge?a=1&b=%20") -> str:
    """An address on the server."""
    return f"http://127.0.0.1:{server.port}{path}"


async def answering(server: RawServer, *pieces: bytes) -> tuple[Peer, bytes]:
    """The next connection, asked and answered."""
    peer = await server.accept()
    head = await peer.request()
    for piece in pieces:
        await peer.send(piece)
    return peer, head


@on_both_loops
async def test_a_request_and_its_response() -> None:
    """Method, raw target, headers and body go out; status, reason, duplicate headers and body come back."""
    async with RawServer() as server:
        http, transport = client()
        reply = b"HTTP/1.1 299 Fine So\r\nset-cookie: a=1\r\nset-cookie: b=2\r\ncontent-length: 2\r\n\r\nok"
        served = asyncio.create_task(answering(server, reply))
        async with http:
            response = await http.post(url(server), content=b"question", headers={"x-a": "1"})
            peer, head = await served
            assert head.startswith(b"POST /v1/judge?a=1&b=%20 HTTP/1.1\r\n")
            assert b"x-a: 1\r\n" in head
            assert await peer.reader.readexactly(8) == b"question"
            assert (response.status_code, response.reason_phrase, response.text) == (299, "Fine So", "ok")
            assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]
            assert response.http_version == "HTTP/1.1"
            assert transport.busy == 0


@on_both_loops
async def test_one_connection_serves_one_after_the_other() -> None:
    """A response that was read to its end leaves its connection to the next request; origins do not share."""
    async with RawServer() as server, RawServer() as other:
        http, _ = client()

        async def serve() -> None:
            peer = await server.accept()
            for _ in range(5):
                await peer.request()
                await peer.send(OK)

        serving = asyncio.create_task(serve())
        elsewhere = asyncio.create_task(answering(other, OK))
        async with http:
            for _ in range(5):
                assert (await http.get(url(server))).text == "ok"
            assert (await http.get(url(other))).text == "ok"
        await serving
        await elsewhere
        assert (server.accepted, other.accepted) == (1, 1)


@on_both_loops
async def test_bodies_stream_both_ways() -> None:
    """Pieces of a request leave as they are made, those of a response arrive as they come."""
    async with RawServer() as server:
        http, transport = client()
        go = asyncio.Event()

        async def pieces() -> AsyncIterator[bytes]:
            yield b"first"
            await go.wait()
            yield b"second"

        async with http:

            async def ask() -> list[bytes]:
                async with http.stream("POST", url(server), content=pieces()) as response:
                    return [chunk async for chunk in response.aiter_raw()]

            asking = asyncio.create_task(ask())
            peer = await server.accept()
            assert b"transfer-encoding: chunked" in (await peer.request()).lower()
            assert await peer.reader.readexactly(10) == b"5\r\nfirst\r\n"
            go.set()
            assert await peer.reader.readexactly(16) == b"6\r\nsecond\r\n0\r\n\r\n"
            await peer.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            await peer.send(b"3\r\none\r\n")
            await peer.send(b"3\r\ntwo\r\n0\r\n\r\n")
            assert await asking == [b"one", b"two"]
            assert transport.busy == 0


@on_both_loops
async def test_a_slow_reader_holds_the_upstream_back() -> None:
    """What nobody has read yet is bounded; the rest stays with the sender, and all of it arrives in the end."""
    size = 40_000_000
    async with RawServer() as server:
        http, _ = client()
        sent = 0

        async def serve() -> None:
            nonlocal sent
            peer = await server.accept()
            await peer.request()
            peer.writer.write(HEAD % size)
            while sent < size:
                peer.writer.write(bytes(100_000))
                await peer.writer.drain()
                sent += 100_000

        serving = asyncio.create_task(serve())
        async with http, http.stream("GET", url(server)) as response:
            await asyncio.sleep(0.3)
            held = sent
            assert held < size / 2
            assert sum([len(chunk) async for chunk in response.aiter_raw()]) == size
        await serving


@on_both_loops
async def test_an_answer_before_the_body_is_over() -> None:
    """The answer counts; no more of the body is sent and the connection is not used again."""
    async with RawServer() as server:
        http, transport = client()

        async def endless() -> AsyncIterator[bytes]:
            while True:
                yield b"x" * 1000
                await asyncio.sleep(0.001)

        served = asyncio.create_task(answering(server, b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n"))
        async with http:
            assert (await http.post(url(server), content=endless())).status_code == 413
            await (await served)[0].gone()
            assert transport.busy == 0


@pytest.mark.parametrize(
    ("pieces", "closing", "error"),
    [
        ([b"HTTP/1.1 200 OK\r\ncontent-le"], True, httpx.RemoteProtocolError),
        ([b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\npart"], True, httpx.RemoteProtocolError),
        ([b"SSH-2.0-OpenSSH\r\n\r\n"], False, httpx.RemoteProtocolError),
        (
            [b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\ntransfer-encoding: chunked\r\n\r\n"],
            False,
            httpx.RemoteProtocolError,
        ),
        ([], False, httpx.ReadTimeout),
        ([b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\npart"], False, httpx.ReadTimeout),
    ],
)
async def test_whose_fault_it_was(pieces: list[bytes], closing: bool, error: type[Exception]) -> None:
    """Each failure has the name that users of httpx expect; the connection is closed and nothing is leaked."""
    async with RawServer() as server:
        http, transport = client()
        served = asyncio.create_task(answering(server, *pieces))

        async def maybe_close() -> None:
            peer, _ = await served
            if closing:
                await peer.close()

        ending = asyncio.create_task(maybe_close())
        async with http:
            with pytest.raises(error) as caught:
                await http.get(url(server), timeout=httpx.Timeout(5, read=0.2))
            assert caught.value.request.url.path == "/v1/judge"  # type: ignore[attr-defined]
            await ending
            assert transport.busy == 0


async def test_no_connection() -> None:
    """Refused, unresolvable and forbidden addresses are connect errors that name no key and no query."""
    async with RawServer() as server:
        gone = server.port
    http, transport = client()
    async with http:
        for address in (f"http://127.0.0.1:{gone}/?key=sk-hidden", "http://a..b/", "http://169.254.169.254/latest"):
            with pytest.raises(httpx.ConnectError) as caught:
                await http.get(address, headers={"authorization": "Bearer sk-hidden"})
            assert "sk-hidden" not in str(caught.value)
        with pytest.raises(httpx.UnsupportedProtocol):
            await http.get("ftp://127.0.0.1/")
    assert transport.busy == 0


async def test_connecting_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that does not resolve in time is a connect time-out, whichever of the two limits is lower."""

    async def never(*args: object, **kwargs: object) -> list[object]:
        await asyncio.sleep(60)
        return []

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", never)
    for own, asked in ((0.05, 5.0), (5.0, 0.05)):
        http, transport = client(connect_timeout=own)
        async with http:
            with pytest.raises(httpx.ConnectTimeout):
                await http.get("http://somewhere.test/", timeout=httpx.Timeout(5, connect=asked))
            assert transport.busy == 0


async def test_an_upstream_that_takes_no_bytes() -> None:
    """A body that does not go out in time is a write time-out."""
    async with RawServer() as server:
        http, transport = client()
        async with http:
            with pytest.raises(httpx.WriteTimeout):
                await http.post(url(server), content=bytes(50_000_000), timeout=httpx.Timeout(5, write=0.2))
        assert transport.busy == 0


@on_both_loops
async def test_cancellation_never_leaks() -> None:
    """Cancelled while connecting, sending, waiting for the head or reading: the socket closes and no slot is held."""
    async with RawServer() as server:
        http, transport = client()

        async def endless() -> AsyncIterator[bytes]:
            while True:
                yield b"x" * 1000
                await asyncio.sleep(0.001)

        async def read() -> None:
            async with http.stream("GET", url(server)) as response:
                async for _ in response.aiter_raw():
                    pass

        async def serve() -> None:
            while True:
                peer = await server.accept()
                peer.writer.write(HEAD % 1000 + b"part")

        serving = asyncio.create_task(serve())
        async with http:
            for step in range(60):
                task = asyncio.create_task(read() if step % 2 else _post(http, url(server), endless()))
                for _ in range(step // 2):
                    await asyncio.sleep(0)
                if step > 40:
                    await asyncio.sleep(0.01)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                assert transport.busy == 0
            serving.cancel()
            answer = asyncio.create_task(answering(server, OK))
            assert (await http.get(url(server))).text == "ok"
            await answer


async def _post(http: httpx.AsyncClient, address: str, body: AsyncIterator[bytes]) -> None:
    await http.post(address, content=body)


@on_both_loops
async def test_closing_early_gives_the_connection_back() -> None:
    """A body left unread ends its connection at once."""
    async with RawServer() as server:
        http, transport = client()
        served = asyncio.create_task(answering(server, HEAD % 1000 + b"part"))
        async with http:
            async with http.stream("GET", url(server)) as response:
                assert response.status_code == 200
                assert transport.busy == 1
            assert transport.busy == 0
            await (await served)[0].gone()


async def test_a_body_that_raises() -> None:
    """What breaks in the caller's own body is the caller's to see, and leaks nothing."""
    async with RawServer() as server:
        http, transport = client()

        async def broken() -> AsyncIterator[bytes]:
            yield b"x"
            raise KeyError("mine")

        async with http:
            with pytest.raises(KeyError, match="mine"):
                await http.post(url(server), content=broken())
            assert transport.busy == 0


async def test_origins_are_bounded() -> None:
    """Very many origins hold a bounded number of pools."""
    transport = PoolTransport(environ={})
    for port in range(20_000, 20_100):
        transport._pool(httpx.URL(f"http://127.0.0.1:{port}/"))
    assert repr(transport).count("<Pool ") == 32
    await transport.aclose()


@pytest.fixture(scope="module")
def untrusted(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A server's TLS with a certificate that nobody vouches for."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder: Path = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


@on_both_loops
async def test_tls_is_verified(untrusted: ssl.SSLContext) -> None:
    """A certificate that nobody vouches for is a connect error."""
    async with RawServer(untrusted) as server:
        http, transport = client()
        async with http:
            with pytest.raises(httpx.ConnectError, match="certificate"):
                await http.get(f"https://127.0.0.1:{server.port}/")
        await until(lambda: transport.busy == 0)


async def test_a_bad_egress_proxy_is_a_configuration_error() -> None:
    """The environment's fault is said as such, without its password."""
    http, _ = client(environ={"https_proxy": "socks5://user:hidden@127.0.0.1:1"})
    async with http:
        with pytest.raises(ConfigError, match="https_proxy") as caught:
            await http.get("https://provider.test/")
    assert "hidden" not in str(caught.value)


@on_both_loops
async def test_a_kept_connection_that_ends_as_it_is_used_again() -> None:
    """Nothing of an answer came, and the body is at hand: it is sent once more, on a new connection, and no third
    time."""
    async with RawServer() as server:
        http, transport = client()

        async def serve() -> bytes:
            peer, _ = await answering(server, OK)
            await peer.request()
            await peer.close()
            peer, head = await answering(server, OK)
            await peer.request()
            await peer.close()
            await (await server.accept()).close()
            return head

        serving = asyncio.create_task(serve())
        async with http:
            for _ in range(2):
                assert (await http.post(url(server), content=b"")).text == "ok"
            with pytest.raises(httpx.RemoteProtocolError):
                await http.post(url(server), content=b"")
            assert b"POST" in await serving
            assert (server.accepted, transport.busy) == (3, 0)


@on_both_loops
@pytest.mark.parametrize("case", ["new connection", "part of an answer", "body that streams"])
async def test_what_is_not_sent_twice(case: str) -> None:
    async with RawServer() as server:
        http, transport = client()

        async def serve() -> None:
            peer, _ = await answering(server, *([] if case == "new connection" else [OK]))
            if case != "new connection":
                await peer.request()
                await peer.send(b"HTTP/1.1 2" if case == "part of an answer" else b"")
            await peer.close()

        async def body() -> AsyncIterator[bytes]:
            yield b"q"

        serving = asyncio.create_task(serve())
        async with http:
            if case != "new connection":
                assert (await http.post(url(server), content=b"")).text == "ok"
            with pytest.raises(httpx.RemoteProtocolError):
                await http.post(url(server), content=body() if case == "body that streams" else b"")
            await serving
            assert (server.accepted, transport.busy) == (1, 0)
