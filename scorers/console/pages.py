"""The pages: server-rendered HTML, every value escaped, nothing loaded from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery

from proxy.config.settings import Settings
from proxy.config.values import url_of
from proxy.exchange import Outcome
from scorers.console import labels as words
from scorers.console import views
from scorers.console.api import AnyRequest, Room, TheRoom, TheSettings
from scorers.console.drift_board import board
from scorers.console.query_params import sample_query, with_names
from scorers.console.roles import current
from scorers.drift.monitor import views as drift_views
from scorers.estimates.costs import task_costs
from scorers.estimates.model_names import ModelNames
from scorers.estimates.price_tips import unpriced
from scorers.estimates.rates import ALL, Window, compute
from scorers.score import OUTPUTS, Verdict
from scorers.store.records import SampleQuery

_HERE = Path(__file__).parent
_PAGE_SIZE = 50
_HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}")
_CSS = (_HERE / "static" / "console.css").read_bytes()
_JS = (_HERE / "static" / "console.js").read_bytes()
#: The login form stands in front of the gate, where the style sheet is not to be had.
_LOGIN_CSS = (_HERE / "static" / "login.css").read_text(encoding="utf-8").rstrip("\n")
#: The source of that style in a content security policy.
LOGIN_STYLE = "'sha256-" + base64.b64encode(hashlib.sha256(_LOGIN_CSS.encode()).digest()).decode() + "'"


class By(StrEnum):
    """What the overview's rows are: models over all applications, or also each application."""

    MODEL = "model"
    APP = "app"


def make_templates(listen: str) -> Environment:
    """The templates: autoescape everywhere, an unknown name is an error. ``listen``: the console's own address."""
    environment = Environment(
        loader=FileSystemLoader([_HERE / "templates", _HERE / "static"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shown = (views.inert, views.percent, views.moment, views.clock, views.iso, views.words, views.dollars, views.lasted)
    for function in (
        *shown,
        words.meaning,
        words.reason,
        words.result,
        words.decision,
        words.outcome,
        words.unpriced_because,
        words.replayable,
    ):
        environment.filters[function.__name__] = function
    environment.globals["signed_in"] = current.get
    environment.globals["console_listen"] = listen
    environment.globals["states"], environment.globals["whose"] = words.STATES, words.WHOSE
    return environment


def render(templates: Environment, name: str, status: int = 200, **values: object) -> Response[str]:
    """A page."""
    return Response(templates.get_template(name).render(**values), status_code=status, media_type=MediaType.HTML)


def proxy_url(request: AnyRequest, settings: Settings) -> str:
    """Where applications reach the proxy: its configured address, or the host of this page where that is every one."""
    name = request.url.hostname or ""
    return url_of(settings.listen, name if _HOST.fullmatch(name) else "127.0.0.1")


@get("/", sync_to_thread=True, include_in_schema=False)
def overview(
    request: AnyRequest,
    room: TheRoom,
    settings: TheSettings,
    window: FromQuery[Window] = Window.DAY,
    by: FromQuery[By] = By.MODEL,
) -> Response[str]:
    """How the models behave: rates with intervals, failed requests, the ledger, the latest flagged samples."""
    ledger = room.store.ledger()
    now = time.time()
    rates = compute(room.store, window, now, ModelNames.of(settings))
    if by is By.MODEL:
        rates = [rate for rate in rates if rate.app == ALL]
    costs = task_costs(room.store.costs(now - window.seconds, now))
    return render(
        room.templates,
        "overview.html",
        table=views.rate_table(rates),
        window=window.value,
        since=now - window.seconds,
        errors=views.errors_of(
            room.store.failures(now - window.seconds, now), window.seconds, settings.retention.exchanges
        ),
        proxy_url=proxy_url(request, settings),
        by=by.value,
        windows=[item.value for item in Window],
        unpriced=unpriced(room.store, settings, now - window.seconds, now),
        costs=costs if len(costs) != 2 else costs[:1],  # one application is all of them
        shares=views.decision_shares(views.ledger_tables(ledger)[0]),
        balance=views.balance(ledger),
        board=board(drift_views(room.store, settings, now)),
        flagged=room.store.samples(SampleQuery(verdict=Verdict.YES, limit=10)).samples,
    )


@get("/samples", sync_to_thread=True, include_in_schema=False)
def list_page(request: AnyRequest, room: TheRoom, settings: TheSettings) -> Response[str]:
    """Samples, with filters."""
    given = {name: value for name, value in request.query_params.items() if value}
    page = room.store.samples(with_names(sample_query(given, _PAGE_SIZE), room.store, settings))
    rest = {name: value for name, value in given.items() if name != "cursor"}
    beside = {name: value for name, value in rest.items() if name != "verdict"}
    return render(
        room.templates,
        "samples.html",
        page=page,
        given=given,
        tabs=[
            (value, name, "/samples?" + urlencode({**beside, **({"verdict": value} if value else {})}))
            for value, name in (("", "all"), ("yes", "flagged"), ("unsure", "unsure"))
        ],
        listed=urlencode({name: value for name, value in rest.items() if name != "limit"}),
        scorers=list(OUTPUTS),
        outputs=views.OUTPUT_NAMES,
        verdicts=[verdict.value for verdict in Verdict],
        outcomes=[outcome.value for outcome in Outcome],
        first="/samples?" + urlencode(rest) if "cursor" in given else None,
        following="/samples?" + urlencode({**rest, "cursor": page.cursor}) if page.cursor else None,
    )


@get("/static/console.css", sync_to_thread=False, include_in_schema=False)
def stylesheet() -> Response[bytes]:
    """The one style sheet."""
    return stylesheet_of()


def stylesheet_of() -> Response[bytes]:
    """The style sheet, wherever it is served."""
    headers = {"content-type": "text/css; charset=utf-8", "cache-control": "private, max-age=300"}
    return Response(_CSS, headers=headers)


@get("/static/console.js", sync_to_thread=False, include_in_schema=False)
def script() -> Response[bytes]:
    """The one script: keys. Every page works without it."""
    headers = {"content-type": "text/javascript; charset=utf-8", "cache-control": "private, max-age=300"}
    return Response(_JS, headers=headers)


def error_page(room: Room, status: int, message: str) -> Response[str]:
    """An error, for people."""
    return render(room.templates, "error.html", status, code=status, message=message)


def login_page(templates: Environment, problem: str, wanted: str) -> bytes:
    """The form that asks for the token and leads to the page ``wanted``; ``problem``: what was wrong, if anything."""
    return templates.get_template("login.html").render(problem=problem, wanted=wanted).encode()


PAGES: tuple[HTTPRouteHandler, ...] = (overview, list_page, stylesheet, script)
