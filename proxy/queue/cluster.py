"""A minimal Redis Cluster client: keys -> slot -> node, and following the redirections of nodes.

The client of the library reads the table of all commands whenever a node is lost, which takes a tenth of a second on
the event loop. This client knows where its keys are. When a node is lost, its caller asks the other nodes for the slot
map before the next attempt.
"""

from __future__ import annotations

from typing import Any

from redis import exceptions
from redis.asyncio import Redis
from redis.crc import key_slot

#: How often one call goes where it is told to go.
_REDIRECTIONS = 5
_Host = tuple[str, int]


class ClusterClient:
    """``execute_command`` on the node that holds ``key``. ``options`` are those of a single-node client."""

    def __init__(self, seeds: list[_Host], options: dict[str, Any]) -> None:
        self._seeds = seeds
        self._options = options
        self._nodes: dict[_Host, Any] = {}
        self._ranges: list[tuple[int, int, _Host]] = []

    async def refresh(self) -> None:
        """Read the slot map from the first node that answers. Raises the error of the last node."""
        last: Exception = exceptions.ConnectionError("no node of the cluster is known")
        for node in self._nodes.values():  # what rests may be as dead as the connection that failed
            await node.connection_pool.disconnect(inuse_connections=False)
        known = {host: None for _, _, host in self._ranges} | dict.fromkeys(self._seeds)
        for host in known:
            try:
                said = await self._node(host).execute_command("CLUSTER SLOTS")
            except (exceptions.RedisError, OSError) as error:
                last = error
                continue
            self._ranges = _read(said, host)
            await self._forget_others()
            return
        raise last

    async def execute_command(self, *words: Any, key: str) -> Any:  # noqa: ANN401 - a command's own form
        """The answer of the node that holds ``key``."""
        slot = key_slot(key.encode())
        host = next((host for first, last, host in self._ranges if first <= slot <= last), None)
        if host is None:
            raise exceptions.ClusterDownError("CLUSTERDOWN no node holds the slot")
        asking = False
        for _ in range(_REDIRECTIONS):
            try:
                if asking:
                    pipe = self._node(host).pipeline(transaction=False)
                    pipe.execute_command("ASKING")
                    pipe.execute_command(*words)
                    return (await pipe.execute())[1]
                return await self._node(host).execute_command(*words)
            except exceptions.AskError as error:
                host, asking = (error.host or host[0], error.port), True
            except exceptions.MovedError as error:
                host, asking = (error.host or host[0], error.port), False
                self._ranges.insert(0, (slot, slot, host))
                del self._ranges[20_000:]
        raise exceptions.ClusterDownError("CLUSTERDOWN nodes send us round in circles")

    async def aclose(self) -> None:
        """Close all connections."""
        for node in self._nodes.values():
            await node.aclose()
        self._nodes.clear()

    def _node(self, host: _Host) -> Any:  # noqa: ANN401 - the client library's is not typed
        if host not in self._nodes:
            self._nodes[host] = Redis(host=host[0], port=host[1], **self._options)
        return self._nodes[host]

    async def _forget_others(self) -> None:
        kept = {host for _, _, host in self._ranges} | set(self._seeds)
        for host in [each for each in self._nodes if each not in kept]:
            await self._nodes.pop(host).aclose()


def _read(said: list[Any], asked: _Host) -> list[tuple[int, int, _Host]]:
    """Slot ranges with the address of their primary. A node that does not know its own name is the node asked."""
    ranges = []
    for first, last, primary, *_ in said:
        name = primary[0].decode() if isinstance(primary[0], bytes) else primary[0]
        ranges.append((int(first), int(last), (name or asked[0], int(primary[1]))))
    return ranges
