"""One upstream connection over a real socket: framing, flow control, time-outs, and what makes it unfit for reuse."""

from __future__ import annotations

import asyncio

import pytest

from proxy.errors import UpstreamClosed, UpstreamIdle, UpstreamInvalid, UpstreamTimeout
from proxy.upstream import last_bytes
from proxy.upstream.connection import MAX_HEAD, Connection
from proxy.upstream.pool import Pool
from support.raw import GET, OK, Listening, Peer, RawServer, answered, begin, local_pool, on_both_loops, until

HEAD = b"HEAD / HTTP/1.1\r\nhost: upstream\r\n\r\n"


@on_both_loops
async def test_a_body_with_its_length() -> None:
    """Head and body arrive as sent, however they are cut, and the connection serves the next request."""
    async with RawServer() as server:
        pool = local_pool(server)
        listening, connection = await answered(
            server, pool, b"HTTP/1.1 201 Ma", b"de\r\nX-One: 1\r\ncontent-le", b"ngth: 6\r\n\r\nabc", b"def"
        )
        await listening.done
        assert listening.head == (201, b"Made", [(b"X-One", b"1"), (b"content-length", b"6")])
        assert listening.body == b"abcdef"
        pool.release(connection)
        assert pool.take() is connection
        pool.release(connection)
        pool.close()


@on_both_loops
async def test_a_chunked_body_without_its_framing() -> None:
    """Chunks arrive as their bytes; trailers, even in the same read, never become headers."""
    async with RawServer() as server:
        pool = local_pool(server)
        listening, connection = await answered(
            server,
            pool,
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
            b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nset-cookie: t=1\r\n\r\n",
        )
        await listening.done
        assert listening.body == b"abcde"
        assert listening.head is not None
        assert listening.head.headers == [(b"transfer-encoding", b"chunked")]
        pool.release(connection)
        assert pool.take() is connection
        pool.release(connection)
        pool.close()


@pytest.mark.parametrize(
    ("request_head", "answer"),
    [
        (HEAD, b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n"),
        (HEAD, b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"),
        (GET, b"HTTP/1.1 204 No Content\r\n\r\n"),
        (GET, b"HTTP/1.1 304 Not Modified\r\ncontent-length: 500\r\n\r\n"),
        (GET, b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"),
    ],
    ids=["HEAD", "HEAD chunked", "204", "304", "empty"],
)
@on_both_loops
async def test_answers_without_a_body(request_head: bytes, answer: bytes) -> None:
    """They end with their head, whatever length it names, and the connection serves the next request."""
    async with RawServer() as server:
        pool = local_pool(server)
        connection = await pool.connect()
        peer = await server.accept()
        for _ in range(2):
            listening = begin(connection, request_head)
            await peer.request()
            await peer.send(answer)
            await listening.done
            assert listening.body == b""
            pool.release(connection)
            assert pool.take() is connection
        listening = begin(connection)
        await peer.send(OK)
        await listening.done
        assert listening.body == b"ok"
        pool.release(connection)
        pool.close()


@on_both_loops
async def test_a_body_in_an_answer_to_head_is_the_last_of_its_connection() -> None:
    """HEAD has none: what came of it is no part of the answer, and what is still to come not the next one."""
    async with RawServer() as server:
        pool = local_pool(server)
        connection = await pool.connect()
        peer = await server.accept()
        listening = begin(connection, HEAD)
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nfrom a GE")
        await listening.done
        assert listening.body == b""
        pool.release(connection)
        assert (pool.busy, pool.take()) == (0, None)


@on_both_loops
async def test_informational_heads_are_passed_over() -> None:
    """100 and 103 come before the final head and leave nothing in it."""
    async with RawServer() as server:
        pool = local_pool(server)
        listening, connection = await answered(
            server, pool, b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n", OK
        )
        await listening.done
        assert listening.head == (200, b"OK", [(b"content-length", b"2")])
        assert listening.body == b"ok"
        pool.release(connection)
        pool.close()


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
@on_both_loops
async def test_a_body_that_ends_with_the_connection(version: bytes) -> None:
    """Without a length the body ends when the connection does, cleanly; such a connection is never used again."""
    async with RawServer() as server:
        pool = local_pool(server)
        connection = await pool.connect()
        peer = await server.accept()
        listening = begin(connection)
        await peer.send(b"HTTP/" + version + b" 200 OK\r\n\r\npart one")
        assert not listening.done.done()
        await peer.send(b", part two")
        await peer.close()
        await listening.done
        assert listening.body == b"part one, part two"
        pool.release(connection)
        assert pool.take() is None


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-le",
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ],
    ids=["nothing", "half a head", "short", "no last chunk", "only 100"],
)
@pytest.mark.parametrize("how", ["close", "reset"])
@on_both_loops
async def test_a_connection_that_ends_too_soon(answer: bytes, how: str) -> None:
    """What was promised and did not come is a failure, never a shorter answer."""
    async with RawServer() as server:
        pool = local_pool(server)
        connection = await pool.connect()
        peer = await server.accept()
        listening = begin(connection)
        await peer.request()
        await peer.send(answer)
        if how == "reset":
            peer.reset()
        else:
            await peer.close()
        with pytest.raises(UpstreamClosed):
            await listening.done
        pool.release(connection)
        assert (pool.busy, pool.take()) == (0, None)


@on_both_loops
async def test_a_reset_is_no_end_of_a_body_without_length() -> None:
    """Only a clean close ends such a body."""
    async with RawServer() as server:
        pool = local_pool(server)
        connection = await pool.connect()
        peer = await server.accept()
        listening = begin(connection)
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\n\r\nhalf")
        peer.reset()
        with pytest.raises(UpstreamClosed):
            await listening.done
        pool.release(connection)


@pytest.mark.parametrize(
    "head",
    [
        b"content-length: 3\r\ntransfer-encoding: chunked",
        b"transfer-encoding: chunked\r\ncontent-length: 3",
        b"content-length: 3\r\ncontent-length: 4",
        b"content-length: 3\r\ncontent-length: 3",
        b"content-length: 3, 3",
        b"content-length: -3",
        b"content-length: +3",
        b"content-length: 0x3",
        b"transfer-encoding: gzip, chunked",
        b"transfer-encoding: chunked, chunked",
        b"transfer-encoding: chunked\r\ntransfer-encoding: chunked",
        b"transfer-encoding: identity",
        b"transfer-encoding : chunked",
        b"x-a: b\r\n content-length: 3",
        b"x-a: \x00",
    ],
)
@on_both_loops
async def test_framing_that_can_be_read_in_two_ways_is_refused(head: bytes) -> None:
    """Length and chunks together, duplicates, foreign codings and malformed lines: no byte of the body gets through."""
    async with RawServer() as server:
        pool = local_pool(server)
        listening, connection = await answered(
            server, pool, b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        )
        with pytest.raises(UpstreamInvalid):
            await listening.done
        assert listening.body == b""
        pool.release(connection)
        assert (pool.busy, pool.take()) == (0, None)


@on_both_loops
async def test_what_is_not_http_is_refused() -> None:
    """An upstream that speaks something else fails the exchange, with a message that does not quote it."""
    async with RawServer() as server:
        pool = local_pool(server)
        listening, connection = await answered(server, pool, b"220 mail.example ESMTP\r\n")
        with pytest.raises(UpstreamInvalid) as caught:
            await listening.done
        assert "ESMTP" not in str(caught.value)
        pool.release(connection)


@pytest.mark.parametrize(
    ("start", "more"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"x-h: " + b"v" * 995 + b"\r\n"),
        (b"HTTP/1.1 200 OK\r\nx-endless: ", b"v" * 1000),
        (b"HTTP/1.1 200 ", b"r" * 1000),
        (b"HTTP/1.1 200 OK\r\n", b"n" * 1000),
    ],
    ids=["many headers", "one value", "reason", "one name"],
)
@on_both_loops
async def test_the_head_has_a_limit(start: bytes, more: bytes) -> None:
    """A head that does not end is given up at its limit, whichever part of it grows."""
    async with RawServer() as server:
        pool = local_pool(server)
        connection = await pool.connect()
        peer = await server.accept()
        listening = begin(connection)
        await peer.request()
        await peer.send(start)
        sent = 0
        while not listening.done.done() and sent < 10 * MAX_HEAD:
            peer.writer.write(more)
            sent += len(more)
            await asyncio.sleep(0)
        with pytest.raises(UpstreamInvalid):
            await listening.done
        assert listening.head is None
        pool.release(connection)


@on_both_loops
async def test_bytes_after_the_whole_answer_harm_only_the_connection() -> None:
    """The answer is complete; the connection is not used again, so that they can not become the next answer."""
    async with RawServer() as server:
        pool = local_pool(server)
        listening, connection = await answered(server, pool, OK + b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil")
        await listening.done
        assert listening.body == b"ok"
        pool.release(connection)
        assert (pool.busy, pool.take()) == (0, None)


@on_both_loops
async def test_an_answer_before_the_whole_request_was_sent() -> None:
    """A provider may answer early; the half-sent request makes the connection unfit for another one."""
    async with RawServer() as server:
        pool = local_pool(server)
        connection = await pool.connect()
        peer = await server.accept()
        listening = Listening()
        connection.begin(listening, False, 5.0, 5.0)
        connection.send_head(b"POST / HTTP/1.1\r\ncontent-length: 10\r\n\r\n", [b"half"], 10, False)
        await peer.send(OK)
        await listening.done
        pool.release(connection)
        assert (pool.busy, pool.take()) == (0, None)


@on_both_loops
async def test_no_head_in_time() -> None:
    """Silence before the head is a time-out of its own kind, with the status of a gateway time-out."""
    async with RawServer() as server:
        pool = local_pool(server)
        connection = await pool.connect()
        listening = begin(connection, first_byte=0.1)
        with pytest.raises(UpstreamTimeout) as caught:
            await listening.done
        assert caught.value.status == 504
        pool.release(connection)
        await (await server.accept()).gone()


@on_both_loops
async def test_a_body_that_stalls() -> None:
    """Each read restarts the clock; silence for longer than the idle time-out fails the exchange."""
    async with RawServer() as server:
        pool = local_pool(server)
        connection = await pool.connect()
        peer = await server.accept()
        listening = begin(connection, idle=1.0)
        await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n")
        for _ in range(5):
            await asyncio.sleep(0.3)
            await peer.send(b"x")
        assert not listening.done.done()
        with pytest.raises(UpstreamIdle):
            await listening.done
        pool.release(connection)


@on_both_loops
async def test_a_slow_reader_pauses_the_socket() -> None:
    """While paused not one more chunk arrives, the upstream is throttled, no clock runs; then all of it comes."""
    size = 32_000_000
    async with RawServer() as server:
        pool = local_pool(server)
        connection = await pool.connect()
        peer = await server.accept()
        listening = begin(connection, idle=0.2)
        listening.chunk = lambda chunk: connection.pause_reading()
        peer.writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size)
        peer.writer.write(b"x" * size)
        draining = asyncio.create_task(peer.writer.drain())
        await until(lambda: bool(listening.body))
        held = len(listening.body)
        await asyncio.sleep(0.5)
        assert len(listening.body) == held < 1_000_000
        assert not draining.done()
        assert not listening.done.done()
        listening.chunk = lambda chunk: None
        connection.resume_reading()
        await listening.done
        assert len(listening.body) == size
        await draining
        pool.release(connection)
        pool.close()


@on_both_loops
async def test_an_upstream_that_reads_slowly_is_said_to() -> None:
    """A request body that the upstream does not take pauses writing; the listener hears when it goes on."""
    async with RawServer() as server:
        pool = local_pool(server)
        connection = await pool.connect()
        peer = await server.accept()
        listening = begin(connection, b"POST / HTTP/1.1\r\ncontent-length: 32000000\r\n\r\n" + b"x" * 32_000_000)
        assert connection.paused_writing
        assert listening.writable == 0
        await peer.request()
        await peer.reader.readexactly(32_000_000)
        await until(lambda: listening.writable == 1)
        assert not connection.paused_writing
        pool.release(connection)


OFFER = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"
SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"


async def ended_tunnel(server: RawServer, pool: Pool, sent: bytes) -> tuple[Peer, Connection]:
    """A tunnel through which ``sent`` was written at once, and which then ended; the peer has read none of it."""
    connection = await pool.connect()
    peer = await server.accept()
    listening = begin(connection, OFFER)
    await peer.request()
    await peer.send(SWITCHED)
    await until(lambda: listening.upgraded is not None)
    peer.reader._transport.pause_reading()  # type: ignore[attr-defined]
    connection.write(sent)
    assert connection.transport is not None
    assert connection.transport.get_write_buffer_size() > 1_000_000, "all of it is on its way: nothing is left to lose"
    pool.release(connection)
    return peer, connection


@on_both_loops
async def test_the_last_bytes_of_a_tunnel_reach_a_slow_peer() -> None:
    """What was written before the tunnel ended still arrives, also where the peer speaks meanwhile."""
    sent = bytes(range(256)) * 125_000
    async with RawServer() as server:
        peer, _ = await ended_tunnel(server, local_pool(server), sent)
        await peer.send(b"\x89\x00")
        peer.reader._transport.resume_reading()  # type: ignore[attr-defined]
        assert await peer.reader.readexactly(len(sent)) == sent
        await peer.gone()


@on_both_loops
async def test_a_tunnel_that_ended_is_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer that reads nothing loses what is left after a while, and the socket is free."""
    monkeypatch.setattr(last_bytes, "TUNNEL_LINGER", 0.1)
    async with RawServer() as server:
        _, connection = await ended_tunnel(server, local_pool(server), bytes(32_000_000))
        assert connection.transport is not None
        ours = connection.transport.get_extra_info("socket")
        await until(lambda: ours.fileno() == -1)


@on_both_loops
async def test_a_peer_that_goes_on_speaking_is_not_listened_to_for_long() -> None:
    """After a mebibyte that nobody reads the socket is closed, whatever is left."""
    async with RawServer() as server:
        peer, connection = await ended_tunnel(server, local_pool(server), bytes(32_000_000))
        assert connection.transport is not None
        ours = connection.transport.get_extra_info("socket")
        peer.writer.write(bytes(8_000_000))
        await until(lambda: ours.fileno() == -1)


@on_both_loops
async def test_switching_protocols_makes_a_tunnel() -> None:
    """After 101 everything is raw, from the byte after the head on, and the connection is never pooled."""
    async with RawServer() as server:
        pool = local_pool(server)
        listening, connection = await answered(server, pool, SWITCHED + b"\x81\x02hi", b"HTTP/1.1 raw", request=OFFER)
        assert listening.head is not None
        assert (listening.head.status, listening.upgraded) == (101, b"\x81\x02hi")
        assert listening.body == b"HTTP/1.1 raw"
        pool.release(connection)
        assert (pool.busy, pool.take()) == (0, None)


@on_both_loops
async def test_switching_protocols_unasked_is_refused() -> None:
    """A 101 that no request offered fails the exchange and never makes a tunnel."""
    async with RawServer() as server:
        pool = local_pool(server)
        listening, connection = await answered(server, pool, b"HTTP/1.1 101 Now\r\nupgrade: x\r\n\r\nraw")
        with pytest.raises(UpstreamInvalid):
            await listening.done
        pool.release(connection)
        assert (pool.busy, listening.upgraded) == (0, None)


@on_both_loops
async def test_its_state_can_be_seen() -> None:
    """``repr`` says idle, busy, complete, closed."""
    async with RawServer() as server:
        pool = local_pool(server)
        listening, connection = await answered(server, pool)
        assert repr(connection) == "<Connection busy>"
        connection.abort()
        assert repr(connection) == "<Connection closed>"
        assert repr(pool) == f"<Pool 127.0.0.1:{server.port} idle=0 busy=1>"
        pool.release(connection)
        await asyncio.sleep(0.01)
        assert not listening.done.done(), "who released a connection hears nothing more of it"
