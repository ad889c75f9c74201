"""The connection to Redis: one client with short timeouts behind a circuit breaker. Translates all client errors.

Nothing here retries, and failures are not logged: the caller has its own schedule and reports a failure once. One
warning is: of a server that may delete the queue to make room (``maxmemory-policy``), when that is first seen.

A connection is opened separately from the calls, because this can take several round trips. A call waits for a
connection no longer than for an answer, and each has the whole of that time. The client library closes a connection on
which a call was abandoned, so no later call can get its answer.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any

from redis import exceptions
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import MasterNotFoundError, Sentinel
from redis.backoff import NoBackoff

from proxy.queue.breaker import Breaker
from proxy.queue.cluster import ClusterClient
from proxy.queue.protocol import QueueError
from proxy.queue.redis_url import Address
from proxy.queue.scripts import Script

log = logging.getLogger("sightglass.queue")

#: A connection may take so long to be made (s): name, TCP, TLS, password, and in a cluster its map.
_CONNECT_SECONDS = 5.0
#: A node of a cluster has so long to take a connection before the next one is asked (s).
_NODE_SECONDS = 1.0
#: What Redis says when it lives but does not want to: such a call is refused without the breaker being touched.
_REFUSALS = {
    "OOM": "out of memory (OOM)",
    "NOPERM": "the user may not do this (NOPERM)",
    "MISCONF": "it cannot write to its disk and refuses writes (MISCONF)",
    "READONLY": "it is a read-only replica (READONLY)",
    "CLUSTERDOWN": "the cluster is down (CLUSTERDOWN)",
    "TRYAGAIN": "its keys are on their way to another node (TRYAGAIN)",
}

#: The client library's names for those that it takes out of the text.
_NAMES = {
    "OutOfMemoryError": "OOM",
    "NoPermissionError": "NOPERM",
    "ReadOnlyError": "READONLY",
    "ClusterDownError": "CLUSTERDOWN",
    "TryAgainError": "TRYAGAIN",
}

Value = bytes | str | int | float
#: The client library's ``execute_command`` is not typed.
Client = Any


class Link:
    """Runs scripts. ``timeout``: maximum seconds that a call waits for a connection, and then for its answer."""

    def __init__(self, address: Address, timeout: float) -> None:
        self.address = address
        self._timeout = timeout
        self._breaker = Breaker(time.monotonic)
        self._client: Client = None
        self._sentinels: list[Client] = []
        self._ready = False
        self._reason = "out of order"
        self._connecting: asyncio.Task[None] | None = None
        #: The policy of eviction that was last warned of.
        self._warned = ""

    async def run(self, script: Script, keys: Sequence[str], arguments: Sequence[Value] = ()) -> Any:  # noqa: ANN401 - a script's own form
        """The result of the script. Raises ``QueueError``."""
        words: tuple[Value, ...] = (len(keys), *keys, *arguments)

        async def evaluate(client: Client) -> object:
            try:
                return await _execute(client, keys[0], "EVALSHA", script.sha, *words)
            except exceptions.NoScriptError:
                return await _execute(client, keys[0], "EVAL", script.body, *words)

        return await self._call(evaluate)

    async def execute(self, name: str, key: str, *words: Value) -> Any:  # noqa: ANN401 - a command's own form
        """The result of a command on one key. Raises ``QueueError``."""
        return await self._call(lambda client: _execute(client, key, name, key, *words))

    async def clustered(self) -> bool:
        """Whether the server is a cluster. Raises ``QueueError``."""
        if self._client is None:
            await self._call(_nothing)
        return isinstance(self._client, ClusterClient)

    async def close(self) -> None:
        """Abandon calls in progress and close all connections."""
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.wait([self._connecting])
        if isinstance(self._client, ClusterClient):
            await self._client.aclose()
        elif self._client is not None:
            await self._client.aclose(close_connection_pool=True)  # by default not when a sentinel made it
        for each in self._sentinels:
            await each.aclose()

    async def _call(self, work: Callable[[Client], Awaitable[object]]) -> object:
        if not self._breaker.admit():
            raise QueueError(f"{self.address.shown}: {self._reason} (a moment ago; tried again soon)")
        try:
            async with asyncio.timeout(self._timeout) as limit:
                client = await self._connected()
                # Afresh: of what connecting left, a server that is merely slow could not answer within, ever.
                limit.reschedule(asyncio.get_running_loop().time() + self._timeout)
                answer = await work(client)
        except asyncio.CancelledError:
            self._breaker.left()
            raise
        except (exceptions.RedisError, OSError, TimeoutError) as error:
            raise self._translated(error) from None
        self._breaker.succeeded()
        return answer

    def _translated(self, error: Exception) -> QueueError:
        """The error for the caller. It contains no sent data and no password."""
        text, code = str(error), type(error).__name__
        refusal = next((said for word, said in _REFUSALS.items() if word in text or _NAMES.get(code) == word), None)
        if refusal is not None or (type(error) is exceptions.ResponseError):
            self._breaker.succeeded()  # it answers: others may get what they want
            self._ready = code not in ("ReadOnlyError", "ClusterDownError")  # another one may have become the primary
            return QueueError(f"{self.address.shown}: {refusal or text[:200]}")
        self._ready = False
        self._breaker.failed()
        if isinstance(error, exceptions.AuthenticationError):
            reason = "it does not accept our user and password"
        elif isinstance(error, TimeoutError | exceptions.TimeoutError):
            reason = f"no answer within {self._timeout:g} s"
        elif isinstance(error, MasterNotFoundError):
            reason = _unnamed(text)
        else:
            reason = text[:200] or code
        self._reason = reason
        return QueueError(f"{self.address.shown}: {reason}")

    async def _connected(self) -> Client:
        """A client with a connection that was just verified. Connecting continues if a caller gives up."""
        if not self._ready or self._client is None:
            if self._connecting is None:
                self._connecting = asyncio.create_task(self._connect(), name="redis-connect")
                self._connecting.add_done_callback(_retrieve)
            connecting = self._connecting
            try:
                await asyncio.shield(connecting)
            finally:
                if connecting.done():
                    self._connecting = None
        return self._client

    async def _connect(self) -> None:
        async with asyncio.timeout(_CONNECT_SECONDS):
            if self._client is None:
                self._client = await self._make()
            client = self._client
            if isinstance(client, ClusterClient):
                await client.refresh()
            else:
                # Connections that rest may be as dead as the one that failed, and would each cost a call its time.
                await client.connection_pool.disconnect(inuse_connections=False)
                await client.execute_command("PING")
            await self._look_at_memory(client)
            self._ready = True

    async def _look_at_memory(self, client: Client) -> None:
        """Warn, once for each policy, when keys without an expiry may be evicted. The server that is asked need not be
        the only one of its cluster. One that does not say is not asked again before the next connection."""
        try:
            said = await _execute(client, "{sg:0}", "INFO", "memory")
        except exceptions.RedisError:
            return
        told: dict[str, object] = said if isinstance(said, dict) else {}
        policy = str(told.get("maxmemory_policy", ""))
        evicts = policy.startswith("allkeys") and bool(told.get("maxmemory"))
        if evicts and policy != self._warned:
            log.warning(
                "%s evicts keys when its memory is full (maxmemory-policy %s): samples would be lost uncounted; set"
                " noeviction",
                self.address.shown, policy,
            )  # fmt: skip
        self._warned = policy if evicts else ""

    async def _make(self) -> Client:
        """A client of the right kind. If the server is a cluster node, a cluster client."""
        kind, hosts, service, options, _, own = self.address
        common: dict[str, Any] = options | {
            "socket_timeout": _CONNECT_SECONDS,
            "socket_connect_timeout": _CONNECT_SECONDS,
            "socket_keepalive": True,
            "protocol": 2,
            "driver_info": None,
            "retry": Retry(NoBackoff(), 0),
        }
        if kind == "sentinel":
            make: Any = Sentinel
            sentinel = make(hosts, sentinel_kwargs={"socket_timeout": 1.0, "protocol": 2} | own, **common)
            self._sentinels = list(sentinel.sentinels)
            return sentinel.master_for(service)
        host, port = hosts[0]
        if kind == "":
            client: Client = Redis(host=host, port=port, **common)
            async with AsyncExitStack() as unless_used:
                unless_used.push_async_callback(client.aclose)
                if (await client.info("cluster")).get("cluster_enabled") != 1:
                    unless_used.pop_all()
                    return client
        common.pop("db", None)
        return ClusterClient(hosts, common | {"socket_connect_timeout": _NODE_SECONDS})


def _unnamed(text: str) -> str:
    """What the client library says of sentinels that name no primary, without its descriptions of each connection."""
    said, _, why = text.partition(" : ")
    causes = sorted({each.rpartition(" - ")[2] for each in why.split(", <")} - {""})
    return (said + (f" ({', '.join(causes)})" if causes else ""))[:200]


async def _execute(client: Client, key: str, *words: Value) -> object:
    if isinstance(client, ClusterClient):
        return await client.execute_command(*words, key=key)
    return await client.execute_command(*words)


async def _nothing(client: Client) -> None:
    """Being connected is all."""


def _retrieve(task: asyncio.Task[None]) -> None:
    # Its error is told to whoever waits for it; when nobody does any more, it must not be reported as forgotten.
    if not task.cancelled():
        task.exception()
