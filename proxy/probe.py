"""``check-config --probe``: does each upstream answer? Any HTTP response counts; what it says is shown."""

from __future__ import annotations

import asyncio
import sys

from proxy.errors import UpstreamError
from proxy.exchange import Operation
from proxy.router import Route, Router, Target, upstream_path
from proxy.settings import Settings
from proxy.upstream.fetch import fetch
from proxy.upstream.pool import Pool


async def probe(settings: Settings) -> list[str]:
    """One line for each upstream that could not be reached; the others are reported on stderr."""
    router = Router(settings)
    results = await asyncio.gather(*(_reach(router, target, settings) for target in router.targets.values()))
    return [line for line in results if line is not None]


async def _reach(router: Router, target: Target, settings: Settings) -> str | None:
    index = list(router.targets).index(target.name)
    pool = Pool(target.host, target.port, target.tls, settings.timeouts.connect, target.settings.allow_private)
    try:
        route = Route(b"/v1/models", Operation.MODELS, None, target)
        headers = router.upstream_headers([(b"accept", b"application/json")], target, route)
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
        path = upstream_path(target, b"/v1/models", b"")
        head, _ = await fetch(pool, b"GET " + path + b" HTTP/1.1\r\n" + lines + b"\r\n", 10.0, 16_000_000)
    except UpstreamError as error:
        return f"upstreams[{index}].base_url: {target.name}: {error}"
    finally:
        pool.close()
    sys.stderr.write(f"{target.name}: answers with status {head.status}\n")
    return None
