"""What the URL of a Redis queue may say, and what is refused before anything is started."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from proxy.errors import ConfigError
from proxy.queue.protocol import Item, Kind, QueueError
from proxy.queue.redis import RedisQueue
from proxy.queue.redis_url import parse
from support.patience import patient
from support.processes import Child, free_ports
from support.servers import RedisServer
from support.tls import self_signed

#: Every sign that ends a part of a URL.
PASSWORD = "h@y/b#le:o%w[i]n? +d"
ITEM = Item("s1", Kind.SAMPLE, b"x")


@pytest.mark.parametrize("sign", ["/", "#", "?"])
def test_a_raw_sign_in_the_password_is_refused(sign: str) -> None:
    """It would end the address: the first half of the password would be taken for a port, and logged."""
    with pytest.raises(ConfigError) as caught:
        parse(f"redis://ann:123{sign}harbour@redis.example:6379/0")
    [problem] = caught.value.problems
    assert "percent-encoded" in problem
    assert "123" not in problem and "harbour" not in problem and "ann" not in problem


@pytest.mark.parametrize("sign", ["@", ":", "[", "]", "+", " ", "%"])
def test_signs_that_are_clear_need_no_encoding(sign: str) -> None:
    """The host begins behind the last @, and a bracket in the password is no address."""
    assert parse(f"redis://ann:1{sign}2@redis.example/0").options["password"] == f"1{sign}2"


@pytest.mark.parametrize("database", ["zero", "1/2", "-1", "0?db=one"])
def test_a_database_is_a_whole_number(database: str) -> None:
    """Anything else would be database 0, or 12."""
    with pytest.raises(ConfigError, match="database"):
        parse(f"redis://redis.example/{database}")


@pytest.mark.parametrize("option", ["decode_responses=true", "connection_pool=x", "fast=1", "path=/s", "SHARDS=2"])
def test_an_unknown_option_is_refused(option: str) -> None:
    """Also one that the client library has, where it would change what our calls get back. The message names it."""
    with pytest.raises(ConfigError) as caught:
        parse(f"redis://redis.example/0?{option}")
    assert caught.value.problems == [f"queue: unknown option '{option.partition('=')[0]}'"]


def test_options_of_tls_need_tls() -> None:
    """Who names an authority believes that the connection is encrypted. ``ssl=true`` is as good as ``rediss``."""
    with pytest.raises(ConfigError, match="ssl_ca_certs needs TLS: rediss://"):
        parse("redis://redis.example/0?ssl_ca_certs=/ca.pem")
    assert parse("redis://redis.example/0?ssl_ca_certs=/ca.pem&ssl=true").options["ssl"] is True
    assert "ssl" not in parse("redis://redis.example/0?ssl=false").options
    with pytest.raises(ConfigError, match="ssl_cert_reqs is one of none, optional, required"):
        parse("rediss://redis.example/0?ssl_cert_reqs=perhaps")


@pytest.mark.real_servers
async def test_a_password_with_odd_signs_and_a_unix_socket(tmp_path: Path) -> None:
    """Encoded it is the server's, by either way; what is shown names the way that is taken."""
    socket = tmp_path / "redis.sock"
    with RedisServer(tmp_path / "redis", "--requirepass", PASSWORD, "--unixsocket", str(socket)) as server:
        user = f":{quote(PASSWORD, safe='')}@"
        for place in (f"127.0.0.1:{server.port}/0", f"localhost/0?unix_socket_path={socket}"):
            queue = RedisQueue(f"redis://{user}{place}", 1000, 5.0)
            await queue.publish([ITEM])
            assert await queue.fill() == 0.001
            await queue.close()
    closed = RedisQueue(f"redis://localhost/0?unix_socket_path={socket}", 1000, 5.0)
    with pytest.raises(QueueError, match=f"^redis at {socket}: "):
        await closed.publish([ITEM])
    await closed.close()


@pytest.mark.real_servers
@pytest.mark.parametrize("tls", [False, True])
async def test_sentinels_have_a_password_and_a_certificate_of_their_own(tls: bool, tmp_path: Path) -> None:
    """They get their own password, never the server's, and TLS where the URL asks for it."""
    (port,) = free_ports(1)
    key, certificate = self_signed(tmp_path)
    with RedisServer(tmp_path / "redis", "--requirepass", "of-the-server") as server:
        encrypted = f"tls-cert-file {certificate}\ntls-key-file {key}\ntls-auth-clients no\ntls-port {port}\nport 0\n"
        file = tmp_path / "sentinel.conf"
        file.write_text(
            (encrypted if tls else f"port {port}\n")
            + f"bind 127.0.0.1\ndir {tmp_path}\nrequirepass of-the-sentinels\n"
            + f"sentinel monitor main 127.0.0.1 {server.port} 1\nsentinel auth-pass main of-the-server\n"
        )
        sentinel = Child("sentinel", ["redis-server", str(file), "--sentinel"], tmp_path / "sentinel.log", tmp_path)
        more = f"&sentinel_ssl=true&ssl_ca_certs={certificate}" if tls else ""
        url = f"redis+sentinel://:of-the-server@127.0.0.1:{port}/main/0?sentinel_password="
        try:
            queue = RedisQueue(f"{url}of-the-sentinels{more}", 1000, 5.0)
            deadline = time.monotonic() + patient(15)
            while True:
                try:
                    await queue.publish([ITEM])
                    break
                except QueueError as error:  # the sentinel has just been started
                    assert time.monotonic() < deadline, error
                    await asyncio.sleep(0.2)
            assert await queue.fill() == 0.001
            await queue.close()
            refused = RedisQueue(f"{url}another{more}", 1000, 5.0)
            with pytest.raises(QueueError, match=r"^redis at 127.0.0.1:\d+ \(main\): [^<>]{10,120}$"):
                await refused.publish([ITEM])
            await refused.close()
        finally:
            sentinel.stop()
