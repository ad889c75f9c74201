"""Puts the console together: routes, errors, OpenAPI, and the gate in front of all of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from http import HTTPStatus

from litestar import Litestar as App
from litestar import MediaType, Request, Response
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from prometheus_client import CollectorRegistry

from proxy.config.settings import Settings
from proxy.errors import error_body
from proxy.queue.protocol import SampleQueue
from proxy.redact import Redactor
from scorers.console import views
from scorers.console.ab import AB
from scorers.console.api import API, AnyRequest, Room
from scorers.console.asked_again import ASKED_AGAIN
from scorers.console.auth import AccessControl
from scorers.console.drift import DRIFT
from scorers.console.experiment_pages import EXPERIMENT_PAGES
from scorers.console.experiments import EXPERIMENTS
from scorers.console.labelling import DESK
from scorers.console.pages import LOGIN_STYLE, PAGES, error_page, login_page, make_templates
from scorers.console.quality import QUALITY
from scorers.console.raters import RATERS
from scorers.console.roles import make_keys, names_of
from scorers.console.sessions import Sessions
from scorers.console.suites import SUITES
from scorers.console.theatre import THEATRE
from scorers.console.unavailable import UNAVAILABLE
from scorers.console.write_api import CHANGES
from scorers.store.records import BadQuery, NotYourLabel, StoreUnavailable, UnknownSample
from scorers.store.store import Store

_log = logging.getLogger("sightglass.console")
#: Beginnings of paths that machines read; errors elsewhere are pages for those who accept HTML.
_MACHINES = ("/api", "/metrics", "/-", "/schema", "/static")


def _message(error: HTTPException) -> str:
    """One clear line of what is wrong."""
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        problems = [_problem(item) for item in error.extra]
        if problems:
            return "; ".join(problems)
    return str(error.detail)


def _problem(item: dict[str, str]) -> str:
    key, message = item.get("key", "?"), item.get("message", "")
    if message == "'data'":  # the name of the argument, where there is no body
        return "the body is empty, and a JSON object is needed"
    return f"{key}: {message}"


def _answer(request: Request[None, str, State], status: int, message: str) -> Response[str] | Response[bytes]:
    path, accept = request.scope["path"], request.headers.get("accept", "")
    if "text/html" in accept and not path.startswith(_MACHINES):
        return error_page(request.app.state.room, status, message)
    kind = "server_error" if status >= 500 else "invalid_request_error"
    return Response(error_body(message, kind), status_code=status, media_type=MediaType.JSON)


def _on_http(request: AnyRequest, error: HTTPException) -> Response[str] | Response[bytes]:
    response = _answer(request, error.status_code, _message(error))
    for name, value in (error.headers or {}).items():
        response.set_header(name, value)
    return response


def _on_bad_query(request: AnyRequest, error: BadQuery) -> Response[str] | Response[bytes]:
    return _answer(request, HTTPStatus.BAD_REQUEST, str(error))


def _on_unknown(request: AnyRequest, error: UnknownSample) -> Response[str] | Response[bytes]:
    return _answer(request, HTTPStatus.NOT_FOUND, str(error))


def _on_another_s(request: AnyRequest, error: NotYourLabel) -> Response[str] | Response[bytes]:
    return _answer(request, HTTPStatus.CONFLICT, str(error))


def _on_unavailable(request: AnyRequest, error: StoreUnavailable) -> Response[str] | Response[bytes]:
    UNAVAILABLE.tell(error)
    return _answer(request, HTTPStatus.SERVICE_UNAVAILABLE, "the store is unavailable, try again later")


def _on_bug(request: AnyRequest, error: Exception) -> Response[str] | Response[bytes]:
    _log.error("a console request failed", exc_info=error)
    return _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, "this is an error of the console; its log says more")


def build_console(
    store: Store,
    settings: Settings,
    registry: CollectorRegistry,
    health: Callable[[], dict[str, object]],
    queue: SampleQueue | None = None,
) -> App:
    """The console as an ASGI application. ``health()`` gives ``/-/ready`` its facts; ``ready`` among them decides.

    ``queue`` is where samples from elsewhere go, and where copies of users are deleted. The caller opens and closes
    store and queue, and binds the address in ``settings.console_listen``.
    """
    keys = make_keys(settings)
    templates = make_templates(settings.console_listen)
    templates.globals["waits"] = lambda: views.waits(health())
    room = Room(store, queue, Redactor(settings.redaction), registry, health, templates, names_of(keys))
    app = App(
        route_handlers=[
            *API,
            *CHANGES,
            *DRIFT,
            *QUALITY,
            *PAGES,
            *DESK,
            *SUITES,
            *THEATRE,
            *EXPERIMENTS,
            *EXPERIMENT_PAGES,
            *ASKED_AGAIN,
            *AB,
            *RATERS,
        ],
        dependencies={
            "room": Provide(lambda: room, sync_to_thread=False),
            "settings": Provide(lambda: settings, sync_to_thread=False),
        },
        exception_handlers={
            HTTPException: _on_http,
            BadQuery: _on_bad_query,
            UnknownSample: _on_unknown,
            NotYourLabel: _on_another_s,
            StoreUnavailable: _on_unavailable,
            Exception: _on_bug,
        },
        openapi_config=OpenAPIConfig(
            title="Sightglass console",
            version="1",
            path="/schema",
            render_plugins=[JsonRenderPlugin()],
            use_handler_docstrings=True,
        ),
        state=State({"room": room}),
        logging_config=None,
        debug=False,
        pdb_on_exception=False,
    )
    # Around the whole handler, not as a middleware: those see no request that matches no route.
    access = keys, Sessions(store.sessions, keys), store.raters
    app.asgi_handler = AccessControl(app.asgi_handler, settings, access, partial(login_page, templates), LOGIN_STYLE)
    return app
