"""Our own endpoints: ``/-/healthy`` and ``/-/ready`` on the data listener, ``/metrics`` on its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Litestar, MediaType, Request, Response, get
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder


def data_app(is_ready: Callable[[], bool]) -> Litestar:
    """Health of the data listener. Ready turns 503 as soon as the process begins to drain."""

    @get("/-/healthy", media_type=MediaType.TEXT, sync_to_thread=False)
    def healthy() -> str:
        return "ok\n"

    @get("/-/ready", media_type=MediaType.TEXT, sync_to_thread=False)
    def ready() -> Response[str]:
        return Response("ready\n" if is_ready() else "draining\n", status_code=200 if is_ready() else 503)

    return Litestar([healthy, ready], openapi_config=None, logging_config=None)


def metrics_app(registry: CollectorRegistry) -> Litestar:
    """The Prometheus page of the proxy process."""

    @get("/metrics", sync_to_thread=False)
    def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), media_type=content_type)

    return Litestar([metrics], openapi_config=None, logging_config=None)
