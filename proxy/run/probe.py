"""``check-config --probe``: does each upstream answer? Any HTTP response counts; what it says is shown."""

from __future__ import annotations

import asyncio
import sys

import httpx

from proxy.config.settings import Settings
from proxy.exchange import Operation
from proxy.routing.router import Route, Router
from proxy.routing.target import Target, upstream_path
from proxy.upstream.transport import PoolTransport

#: Seconds without a byte before an upstream is called silent.
_PATIENCE = 10.0


async def probe(settings: Settings) -> list[str]:
    """One line for each upstream that could not be reached; the others are reported on stderr."""
    router = Router(settings)
    results = await asyncio.gather(*(_reach(router, target, settings) for target in router.targets.values()))
    return [line for line in results if line is not None]


async def _reach(router: Router, target: Target, settings: Settings) -> str | None:
    index = list(router.targets).index(target.name)
    route = Route(b"/v1/models", Operation.MODELS, None, target)
    headers = router.upstream_headers([(b"accept", b"application/json")], target, route)
    origin = f"{'https' if target.tls else 'http'}://{target.authority.decode()}"
    url = origin + upstream_path(target, b"/v1/models", b"").decode("latin-1")
    request = httpx.Request("GET", url, headers=headers, extensions={"timeout": {"read": _PATIENCE}})
    async with PoolTransport(settings.timeouts.connect, target.settings.allow_private) as transport:
        try:
            response = await transport.handle_async_request(request)
        except httpx.TransportError as error:
            return f"upstreams[{index}].base_url: {target.name}: {error}"
        await response.aclose()
    sys.stderr.write(f"{target.name}: answers with status {response.status_code}\n")
    return None
