"""The proxy's own endpoints: health and feedback on the data listener, ``/metrics`` on a separate listener."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Litestar, MediaType, Request, Response, get, post
from litestar.exceptions import HTTPException
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from proxy.errors import Refused, error_body

AnyRequest = Request[Any, Any, Any]
Headers = list[tuple[bytes, bytes]]


def _error(status: int, message: str, kind: str, code: str | None, headers: dict[str, str]) -> Response[bytes]:
    body = error_body(message, kind, code)
    return Response(body, status_code=status, media_type=MediaType.JSON, headers={"x-sightglass-error": "1", **headers})


def _on_refused(_request: AnyRequest, error: Refused) -> Response[bytes]:
    headers = {"retry-after": str(error.retry_after)} if error.retry_after is not None else {}
    return _error(error.status, error.message, error.kind, error.code, headers)


def _on_http(_request: AnyRequest, error: HTTPException) -> Response[bytes]:
    # Its detail may repeat the path; a status says enough here, and for 405 the methods that there are.
    message, headers = "there is nothing here for this request", dict(error.headers or {})
    return _error(error.status_code, message, "invalid_request_error", None, headers)


def data_app(is_ready: Callable[[], bool], take_feedback: Callable[[Headers, bytes], str]) -> Litestar:
    """Health and feedback. Readiness turns 503 as soon as the process begins to drain.

    ``take_feedback(headers, body)`` returns the id of the feedback without waiting, or raises ``Refused``.
    """

    @get("/-/healthy", media_type=MediaType.TEXT, sync_to_thread=False)
    def healthy() -> str:
        return "ok\n"

    @get("/-/ready", media_type=MediaType.TEXT, sync_to_thread=False)
    def ready() -> Response[str]:
        return Response("ready\n" if is_ready() else "draining\n", status_code=200 if is_ready() else 503)

    @post("/-/feedback", status_code=202)
    async def feedback(request: AnyRequest) -> dict[str, str]:
        return {"id": take_feedback(list(request.scope["headers"]), await request.body())}

    return Litestar(
        [healthy, ready, feedback],
        exception_handlers={Refused: _on_refused, HTTPException: _on_http},
        openapi_config=None,
        logging_config=None,
    )


def metrics_app(registry: CollectorRegistry, settle: Callable[[], None]) -> Litestar:
    """The Prometheus page of the proxy process. ``settle`` first records all finished requests."""

    @get("/metrics", sync_to_thread=False)
    def metrics(request: AnyRequest) -> Response[bytes]:
        settle()
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), headers={"content-type": content_type})

    return Litestar([metrics], exception_handlers={HTTPException: _on_http}, openapi_config=None, logging_config=None)
