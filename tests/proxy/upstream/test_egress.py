"""The way through the network's own proxy: what the environment says, and CONNECT on real sockets."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import shutil
import ssl
import subprocess
from pathlib import Path

import httpx
import pytest

from proxy.errors import ConfigError, ConnectFailed
from proxy.upstream.egress import Egress, egress_for
from proxy.upstream.fetch import fetch
from proxy.upstream.pool import Pool
from proxy.upstream.transport import PoolTransport
from support.raw import GET, OK, RawServer, on_both_loops, until

PROXY = "http://egress.test:3128"


class ConnectProxy:
    """A small CONNECT proxy on loopback that alone knows where the name ``provider.test`` is."""

    def __init__(self, port: int, answer: bytes = b"HTTP/1.1 200 Connection established\r\n\r\n") -> None:
        self.port = 0
        self.heads: list[bytes] = []
        self.open = 0
        self._target = port
        self._answer = answer

    async def __aenter__(self) -> ConnectProxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()
        await asyncio.sleep(0.02)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            self.heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(self._answer)
            if b" 200 " in self._answer:
                inward, outward = await asyncio.open_connection("127.0.0.1", self._target)
                await asyncio.wait(
                    [asyncio.create_task(_copy(reader, outward)), asyncio.create_task(_copy(inward, writer))]
                )
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open -= 1
            writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@pytest.mark.parametrize(
    ("environ", "host", "port", "tls", "expected"),
    [
        ({}, "api.test", 443, True, None),
        ({"HTTPS_PROXY": PROXY}, "api.test", 443, True, Egress("egress.test", 3128)),
        ({"HTTPS_PROXY": PROXY}, "api.test", 80, False, None),
        ({"HTTP_PROXY": PROXY}, "api.test", 80, False, Egress("egress.test", 3128)),
        ({"ALL_PROXY": PROXY}, "api.test", 443, True, Egress("egress.test", 3128)),
        ({"HTTPS_PROXY": PROXY, "https_proxy": "http://lower.test:1"}, "api.test", 443, True, Egress("lower.test", 1)),
        ({"HTTPS_PROXY": "egress.test:3128"}, "api.test", 443, True, Egress("egress.test", 3128)),
        ({"HTTPS_PROXY": "http://egress.test"}, "api.test", 443, True, Egress("egress.test", 80)),
        ({"HTTPS_PROXY": "  "}, "api.test", 443, True, None),
        ({"HTTPS_PROXY": PROXY, "ALL_PROXY": PROXY}, "127.0.0.1", 443, True, None),
        ({"HTTPS_PROXY": PROXY}, "localhost", 443, True, None),
        ({"HTTPS_PROXY": PROXY}, "::1", 443, True, None),
    ],
)
def test_what_the_environment_says(
    environ: dict[str, str], host: str, port: int, tls: bool, expected: Egress | None
) -> None:
    """The scheme's own variable before ALL_PROXY, lower case before upper; loopback is always direct."""
    assert egress_for(host, port, tls, environ) == expected


@pytest.mark.parametrize(
    ("listed", "host", "direct"),
    [
        ("*", "api.test", True),
        ("api.test", "api.test", True),
        ("API.test", "api.TEST", True),
        ("api.test", "deep.api.test", True),
        (".api.test", "deep.api.test", True),
        (".api.test", "api.test", True),
        ("*.api.test", "deep.api.test", True),
        ("api.test", "otherapi.test", False),
        ("pi.test", "api.test", False),
        ("other.test, api.test", "api.test", True),
        ("api.test:443", "api.test", True),
        ("api.test:8443", "api.test", False),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.1.2.3", "10.1.2.3", True),
        ("10.1.2.3", "10.1.2.3.test", False),
        ("fd00::/8", "fd00::7", True),
        ("", "api.test", False),
        (",,", "api.test", False),
    ],
)
def test_no_proxy(listed: str, host: str, direct: bool) -> None:
    """Domains with all below them, ports, addresses and networks; nothing that merely ends alike."""
    found = egress_for(host, 443, True, {"HTTPS_PROXY": PROXY, "NO_PROXY": listed})
    assert (found is None) == direct


@pytest.mark.parametrize(
    "value", ["https://egress.test", "socks5://egress.test:1", "http://", "http://x:99999", "http://["]
)
def test_what_is_no_proxy_we_can_use(value: str) -> None:
    """One clear error that names the variable and never its value, which may hold a password."""
    with pytest.raises(ConfigError) as caught:
        egress_for("api.test", 443, True, {"HTTPS_PROXY": value})
    assert caught.value.problems[0].startswith("HTTPS_PROXY: ")
    assert "egress" not in caught.value.problems[0]


def test_credentials_are_sent_and_never_shown() -> None:
    """User and password are decoded for the header; the repr has neither."""
    found = egress_for("api.test", 443, True, {"HTTPS_PROXY": "http://me:p%40ss@egress.test:1"})
    assert found is not None
    assert base64.b64decode(found.authorization.removeprefix(b"Basic ")) == b"me:p@ss"
    assert repr(found) == "<Egress egress.test:1>"


@on_both_loops
async def test_requests_go_through() -> None:
    """The proxy resolves the name; its credentials go to it alone, and the tunnel is kept for the next request."""
    async with RawServer() as server, ConnectProxy(server.port) as proxy:
        egress = Egress("127.0.0.1", proxy.port, b"Basic c2VjcmV0")
        pool = Pool("provider.test", 8080, False, 5.0, egress=egress)
        seen: list[bytes] = []

        async def serve() -> None:
            peer = await server.accept()
            for _ in range(3):
                seen.append(await peer.request())
                await peer.send(OK)

        serving = asyncio.create_task(serve())
        for _ in range(3):
            head, body = await fetch(pool, GET, 5)
            assert (head.status, body) == (200, b"ok")
        await serving
        assert len(proxy.heads) == 1
        assert proxy.heads[0].startswith(b"CONNECT provider.test:8080 HTTP/1.1\r\nHost: provider.test:8080\r\n")
        assert b"Proxy-Authorization: Basic c2VjcmV0\r\n" in proxy.heads[0]
        assert not any(b"secret" in head.lower() or b"c2VjcmV0" in head for head in seen)
        pool.close()
        await until(lambda: proxy.open == 0)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with key.pem and cert.pem of ``provider.test``."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=provider.test"]
    command += ["-addext", "subjectAltName=DNS:provider.test"]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@on_both_loops
async def test_tls_inside_the_tunnel(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The upstream's certificate is verified for the upstream's name; the proxy never sees a byte of the request."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    async with RawServer(context) as server, ConnectProxy(server.port) as proxy:
        transport = PoolTransport(environ={"HTTPS_PROXY": proxy.url})

        async def serve() -> bytes:
            peer = await server.accept()
            head = await peer.request()
            await peer.send(OK)
            return head

        async with httpx.AsyncClient(transport=transport) as http:
            serving = asyncio.create_task(serve())
            response = await http.get("https://provider.test/v1/models", headers={"authorization": "Bearer sk-inside"})
            assert response.text == "ok"
            assert b"sk-inside" in await serving
            assert b"sk-inside" not in proxy.heads[0]
            with pytest.raises(httpx.ConnectError, match="certificate"):
                await http.get("https://elsewhere.test/")
        await until(lambda: proxy.open == 0)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "credentials"),
        (b"HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno", "refused the connection .403"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "does not speak HTTP"),
        (b"HTTP/1.1 200 ok\r\nx: " + b"y" * 20_000, "too large"),
        (b"HTTP/1.1 200 ok\r\n\r\nHTTP/1.1 200 injected\r\n\r\n", "more than an answer"),
    ],
)
async def test_a_proxy_that_does_not(answer: bytes, message: str) -> None:
    """What a proxy answers instead of a tunnel is a failed connection, and its socket is closed."""
    async with RawServer() as server, ConnectProxy(server.port, answer) as proxy:
        pool = Pool("provider.test", 443, True, 5.0, egress=Egress("127.0.0.1", proxy.port))
        with pytest.raises(ConnectFailed, match=message):
            await pool.connect()
        assert pool.busy == 0
        await until(lambda: proxy.open == 0)


@on_both_loops
async def test_a_silent_proxy() -> None:
    """A proxy that accepts and says nothing costs the connect time-out; one that hangs up fails at once."""
    async with RawServer() as server:
        pool = Pool("provider.test", 443, True, 0.2, egress=Egress("127.0.0.1", server.port))
        with pytest.raises(ConnectFailed, match="too long"):
            await pool.connect()
        await (await server.accept()).gone()
        connecting = asyncio.create_task(pool.connect())
        await (await server.accept()).close()
        with pytest.raises(ConnectFailed):
            await connecting


async def test_metadata_addresses_are_refused_through_a_proxy_too() -> None:
    """What is written as a metadata address is not asked for, whoever would connect."""
    async with RawServer() as server, ConnectProxy(server.port) as proxy:
        pool = Pool("169.254.169.254", 80, False, 5.0, egress=Egress("127.0.0.1", proxy.port))
        with pytest.raises(ConnectFailed, match="metadata"):
            await pool.connect()
        assert proxy.heads == []


@on_both_loops
async def test_cancelled_at_any_moment() -> None:
    """A connection attempt that is given up leaves no socket at the proxy."""
    async with RawServer() as server, ConnectProxy(server.port) as proxy:
        pool = Pool("provider.test", 80, False, 5.0, egress=Egress("127.0.0.1", proxy.port))
        for steps in range(12):
            task = asyncio.create_task(pool.connect())
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            outcome = (await asyncio.gather(task, return_exceptions=True))[0]
            if not isinstance(outcome, BaseException):
                pool.release(outcome)
        assert pool.busy == 0
        await until(lambda: proxy.open == 0)


def test_this_test_run_is_not_behind_its_own_proxy() -> None:
    """The suite's own loopback servers are reached directly, whatever the environment says."""
    assert egress_for("127.0.0.1", 80, False, os.environ) is None
