"""Keep-alive connections of one origin: which one is taken, which never, and what a cancellation leaves behind."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from proxy.errors import ConnectFailed
from proxy.upstream.fetch import fetch
from proxy.upstream.pool import Pool
from support.raw import GET, OK, Listening, Peer, RawServer, begin, local_pool, on_both_loops, until

SECRET = "hidden-name"


async def used(server: RawServer, pool: Pool, count: int) -> list[Peer]:
    """Make ``count`` connections, use each once and release them in their order."""
    connections = [await pool.connect() for _ in range(count)]
    peers = [await server.accept() for _ in range(count)]
    for connection, peer in zip(connections, peers, strict=True):
        listening = begin(connection)
        await peer.request()
        await peer.send(OK)
        await listening.done
        pool.release(connection)
    return peers


@contextlib.contextmanager
def nobody_accepts() -> Iterator[int]:
    """A port whose queue of connections is full, so that one more hangs."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(8):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A server's TLS with a certificate that nobody vouches for."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    folder: Path = tmp_path_factory.mktemp("tls")
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


@on_both_loops
async def test_one_after_the_other_shares_a_connection() -> None:
    """A connection whose exchange ended cleanly serves the next one."""
    async with RawServer() as server:
        pool = local_pool(server)

        async def answer() -> None:
            peer = await server.accept()
            for _ in range(10):
                await peer.request()
                await peer.send(OK)

        answering = asyncio.create_task(answer())
        for _ in range(10):
            head, body = await fetch(pool, GET, 5)
            assert (head.status, body) == (200, b"ok")
        await answering
        assert server.accepted == 1
        pool.close()


@on_both_loops
async def test_the_newest_idle_connection_is_taken_first() -> None:
    """Last in, first out: the oldest ones get old and are closed, instead of all being kept half-warm."""
    async with RawServer() as server:
        pool = local_pool(server)
        connections = [await pool.connect() for _ in range(3)]
        peers = [await server.accept() for _ in range(3)]
        for index in (1, 0, 2):
            listening = begin(connections[index])
            await peers[index].send(OK)
            await listening.done
            pool.release(connections[index])
        assert repr(pool) == f"<Pool 127.0.0.1:{server.port} idle=3 busy=0>"
        taken = [pool.take() for _ in range(4)]
        assert taken == [connections[2], connections[0], connections[1], None]
        assert pool.busy == 3
        for connection in connections:
            pool.release(connection)
        assert pool.busy == 0
        pool.close()


@on_both_loops
async def test_a_connection_closed_while_idle_is_not_used() -> None:
    """The server's close is seen before the next request is written; the other idle ones stay."""
    async with RawServer() as server:
        pool = local_pool(server)
        _, newest = await used(server, pool, 2)
        await newest.close()
        await until(lambda: "idle=1" in repr(pool))
        first = pool.take()
        assert first is not None
        assert not first.closed
        assert pool.take() is None
        pool.release(first)


@on_both_loops
async def test_bytes_that_nobody_asked_for_end_an_idle_connection() -> None:
    """An answer before its question could be taken for the next one's; the connection is closed at once."""
    async with RawServer() as server:
        pool = local_pool(server)
        [peer] = await used(server, pool, 1)
        await peer.send(OK)
        await until(lambda: "idle=0" in repr(pool))
        assert pool.take() is None
        await peer.gone()


@on_both_loops
async def test_idle_connections_get_too_old() -> None:
    """Beyond the keep time a connection is closed instead of used: servers and firewalls forget it silently."""
    async with RawServer() as server:
        pool = local_pool(server, keep=0.05)
        peers = await used(server, pool, 2)
        await asyncio.sleep(0.1)
        assert pool.take() is None
        for peer in peers:
            await peer.gone()


@on_both_loops
async def test_closing_ends_idle_connections_now_and_busy_ones_after_their_exchange() -> None:
    """A pool that a reload has replaced lets requests under way end well, and keeps nothing."""
    async with RawServer() as server:
        pool = local_pool(server)
        busy = await pool.connect()
        peer = await server.accept()
        [idle] = await used(server, pool, 1)
        listening = begin(busy)
        pool.close()
        await idle.gone()
        await peer.request()
        await peer.send(OK)
        await listening.done
        pool.release(busy)
        await peer.gone()
        assert repr(pool).endswith("idle=0 busy=0>")


@on_both_loops
async def test_nobody_listens() -> None:
    """A refused connection is said plainly, without the URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        pool = Pool("127.0.0.1", free.getsockname()[1], False, 5.0)
        with pytest.raises(ConnectFailed) as caught:
            await pool.acquire()
    assert "refused" in str(caught.value).lower()
    assert "127.0.0.1" not in str(caught.value)
    assert pool.busy == 0


@on_both_loops
async def test_a_connection_that_takes_too_long() -> None:
    """The connect time-out holds."""
    with nobody_accepts() as port:
        pool = Pool("127.0.0.1", port, False, 0.2)
        with pytest.raises(ConnectFailed, match="took too long"):
            await pool.acquire()
    assert pool.busy == 0


@on_both_loops
async def test_a_tls_handshake_that_takes_too_long() -> None:
    """The connect time-out covers the handshake, and the socket is closed."""
    async with RawServer() as server:
        pool = local_pool(server, tls=True, connect_timeout=0.2)
        with pytest.raises(ConnectFailed, match="took too long"):
            await pool.acquire()
        await (await server.accept()).gone()
        assert pool.busy == 0


@pytest.mark.parametrize("name", [f"{SECRET}.invalid", f"{SECRET}..example", f"{SECRET}-{'x' * 80}.example"])
@on_both_loops
async def test_a_name_that_does_not_resolve(name: str) -> None:
    """Unknown names, and what can be no name at all, fail with a message that does not quote them."""
    pool = Pool(name, 80, False, 10.0)
    with pytest.raises(ConnectFailed) as caught:
        await pool.acquire()
    assert SECRET not in str(caught.value)
    assert pool.busy == 0


def test_a_certificate_that_nobody_vouches_for(certificate: ssl.SSLContext) -> None:
    """It is not accepted, and the message says that it is the certificate."""

    @on_both_loops
    async def refused() -> None:
        async with RawServer(certificate) as server:
            pool = local_pool(server, tls=True)
            with pytest.raises(ConnectFailed, match="certificate was not accepted") as caught:
                await pool.acquire()
            assert "https://" not in str(caught.value)
            assert pool.busy == 0

    for loop in refused.pytestmark[0].args[1]:  # type: ignore[attr-defined]
        refused(new_loop=loop)


@on_both_loops
async def test_tls_with_an_upstream_that_speaks_plain_http() -> None:
    """The handshake fails with a message of ours."""
    async with RawServer() as server:
        pool = local_pool(server, tls=True)
        connecting = asyncio.create_task(pool.acquire())
        await (await server.accept()).send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        with pytest.raises(ConnectFailed, match="TLS handshake"):
            await connecting
        assert pool.busy == 0


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "fe80::1%lo",
        "100.100.100.200",
        "::ffff:169.254.169.254",
        "::ffff:100.100.100.200",
        "64:ff9b::169.254.169.254",
        "2002:a9fe:a9fe::1",
        "fd00:ec2::254",
    ],
)
@on_both_loops
async def test_link_local_and_metadata_addresses_are_never_reached(address: str) -> None:
    """However they are written: as numbers, mapped into IPv6, behind a translator. Nothing is sent there."""
    pool = Pool(address, 80, False, 5.0)
    with pytest.raises(ConnectFailed, match="link-local or a metadata service"):
        await pool.acquire()
    assert pool.busy == 0


@on_both_loops
async def test_cancelled_while_connecting() -> None:
    """Neither a connection that hangs nor a handshake under way leaves anything behind."""
    with nobody_accepts() as port:
        pool = Pool("127.0.0.1", port, False, 5.0)
        connecting = asyncio.create_task(pool.acquire())
        await asyncio.sleep(0.05)
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting
        assert pool.busy == 0
    async with RawServer() as server:
        pool = local_pool(server, tls=True)
        connecting = asyncio.create_task(pool.acquire())
        peer = await server.accept()
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting
        await peer.gone()
        assert pool.busy == 0


@pytest.mark.parametrize("steps", range(8))
@on_both_loops
async def test_cancelled_at_any_step_of_connecting(steps: int) -> None:
    """Whatever turn of the loop the cancellation falls into: either there is a connection, or nothing is left."""
    async with RawServer() as server:
        pool = local_pool(server)
        connecting = asyncio.create_task(pool.acquire())
        for _ in range(steps):
            await asyncio.sleep(0)
        connecting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            pool.release(await connecting)
        assert pool.busy == 0
        await asyncio.sleep(0.02)
        while server.accepted:
            server.accepted -= 1
            await (await server.accept()).gone()


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\nx"])
@on_both_loops
async def test_cancelled_while_waiting_for_the_answer(sent: bytes) -> None:
    """Before the head or inside the body: the connection is closed and not kept."""
    async with RawServer() as server:
        pool = local_pool(server)
        fetching = asyncio.create_task(fetch(pool, GET, 5))
        peer = await server.accept()
        await peer.request()
        await peer.send(sent)
        assert pool.busy == 1
        fetching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fetching
        assert (pool.busy, pool.take()) == (0, None)
        await peer.gone()


@pytest.mark.parametrize(
    ("announced", "body", "whole", "again"),
    [(3, b"abc", True, True), (3, b"ab", True, False), (3, b"abcd", True, False), (None, b"abc", False, False)],
    ids=["as announced", "too short", "too long", "chunked without its end"],
)
@on_both_loops
async def test_only_a_whole_request_is_followed_by_another(
    announced: int | None, body: bytes, whole: bool, again: bool
) -> None:
    """Whatever the provider answered: a body that is not as long as its head said makes the connection unfit."""
    async with RawServer() as server:
        pool = local_pool(server)
        connection = await pool.connect()
        peer = await server.accept()
        listening = Listening()
        connection.begin(listening, False, 5.0, 5.0)
        connection.send_head(b"POST / HTTP/1.1\r\nhost: a\r\n\r\n", [body], announced, whole)
        await peer.request()
        await peer.send(OK)
        await listening.done
        assert connection.reusable == again
        pool.release(connection)
        assert (pool.take() is connection) == again
        pool.close()


@on_both_loops
async def test_an_offer_to_switch_protocols_is_followed_by_nothing() -> None:
    """A provider that declines politely may still wait for a tunnel's bytes."""
    async with RawServer() as server:
        pool = local_pool(server)
        connection = await pool.connect()
        peer = await server.accept()
        listening = begin(connection, b"GET / HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n")
        await peer.request()
        await peer.send(OK)
        await listening.done
        pool.release(connection)
        assert (pool.busy, pool.take()) == (0, None)
