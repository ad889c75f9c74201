"""Keep-alive connections of one origin. The newest idle connection is used, at constant cost for any pool size."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl
from functools import partial

from proxy.errors import ConnectFailed, ConnectTimedOut, NoDescriptors
from proxy.net.descriptors import descriptors
from proxy.upstream.addresses import check, interleaved, race
from proxy.upstream.connection import Connection
from proxy.upstream.egress import Egress, check_destination, tunnel


class Pool:
    """Connections to ``host:port``, through ``egress`` if there is one.

    ``connect_timeout`` is in seconds. Idle connections are kept for at most ``keep`` seconds.
    """

    def __init__(
        self,
        host: str,
        port: int,
        tls: bool,
        connect_timeout: float,
        allow_private: bool = False,
        keep: float = 55.0,
        *,
        egress: Egress | None = None,
    ) -> None:
        self._host, self._port = host, port
        self._tls = ssl.create_default_context() if tls else None
        self._connect_timeout = connect_timeout
        self._allow_private = allow_private
        self._keep = keep
        self._egress = egress
        self._loop = asyncio.get_running_loop()
        # A dict keeps insertion order and forgets a lost connection in constant time.
        self._idle: dict[Connection, None] = {}
        self._busy: set[Connection] = set()
        self._closed = False

    def __repr__(self) -> str:
        return f"<Pool {self._host}:{self._port} idle={len(self._idle)} busy={len(self._busy)}>"

    @property
    def busy(self) -> int:
        """The number of connections that serve an exchange now."""
        return len(self._busy)

    def take(self) -> Connection | None:
        """An open idle connection, without waiting; ``None`` if a new one is needed."""
        now = self._loop.time()
        while self._idle:
            connection, _ = self._idle.popitem()
            if connection.closed or now - connection.idle_since > self._keep:
                connection.abort()
                continue
            self._busy.add(connection)
            return connection
        return None

    async def connect(self) -> Connection:
        """A new connection. Raises ``ConnectFailed``; no bytes were written in that case."""
        connection = await self._connect()
        self._busy.add(connection)
        return connection

    async def acquire(self) -> Connection:
        """An open connection, idle or new. Raises ``ConnectFailed``."""
        return self.take() or await self.connect()

    def release(self, connection: Connection) -> None:
        """Return a connection.

        It is reused only if request and response are known to be complete; otherwise it is closed.
        """
        self._busy.discard(connection)
        if not connection.end():
            return
        if self._closed:
            connection.abort()
        else:
            connection.idle_since = self._loop.time()
            self._idle[connection] = None

    def close(self) -> None:
        """Close the idle connections. Busy connections close after their exchange."""
        self._closed = True
        for connection in list(self._idle):
            connection.abort()
        self._idle.clear()

    def _lost(self, connection: Connection) -> None:
        self._idle.pop(connection, None)

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._connect_timeout):
                connection = await self._first_address(loop)
            if connection.transport is not None and descriptors.few_for(connection.transport, 1):
                connection.abort()
                raise NoDescriptors("this proxy has no file descriptors left")
            return connection
        except TimeoutError:
            raise ConnectTimedOut("connecting to the upstream took too long") from None
        except ssl.SSLCertVerificationError as error:
            raise ConnectFailed(f"the upstream's certificate was not accepted: {error.verify_message}") from None
        except ssl.SSLError:
            raise ConnectFailed("the TLS handshake with the upstream failed") from None
        except (socket.gaierror, UnicodeError):  # the latter for what can be no name at all, like a..b
            raise ConnectFailed("the upstream's name could not be resolved") from None
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                descriptors.tell()
                raise NoDescriptors("this proxy has no file descriptors left") from None
            # Not ``error.strerror``: asyncio writes the address into it.
            why = os.strerror(error.errno).lower() if error.errno else "refused"
            raise ConnectFailed(f"could not connect to the upstream: {why}") from None

    async def _first_address(self, loop: asyncio.AbstractEventLoop) -> Connection:
        # A proxy that the environment names is as trusted as what Settings name.
        host, port, private = self._host, self._port, self._allow_private
        if self._egress is not None:
            check_destination(host, private)
            host, port, private = self._egress.host, self._egress.port, True
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = interleaved(list(dict.fromkeys(str(item[4][0]) for item in found)))
        for address in addresses:
            check(host, address, private)
        return await race([partial(self._open, loop, address) for address in addresses], Connection.abort)

    async def _open(self, loop: asyncio.AbstractEventLoop, address: str) -> Connection:
        def factory() -> Connection:
            connection = Connection(loop)
            connection.on_lost = self._lost
            return connection

        if self._egress is not None:
            return await tunnel(self._egress, address, (self._host, self._port), self._tls, factory())
        _, connection = await loop.create_connection(
            factory, address, self._port, ssl=self._tls, server_hostname=self._host if self._tls else None
        )
        return connection
