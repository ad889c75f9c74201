"""The console over real sockets: API, pages, access."""

from __future__ import annotations

import json
import math
import re
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
import uvicorn
from prometheus_client import CollectorRegistry, Counter

from proxy.config.settings import parse
from proxy.exchange import Decision, Exchange, ExchangeRow, Operation, Outcome, RowBatch
from proxy.feedback import Feedback, TaskOutcome
from proxy.sample import Sample
from scorers.console.app import build_console
from scorers.console.unavailable import UNAVAILABLE
from scorers.store.records import ScoredSample
from scorers.store.store import Store
from support import plain

MakeSample = Callable[..., Sample]
MakeScored = Callable[..., ScoredSample]
Health = Callable[[], dict[str, object]]
TOKEN = "geheim-ü-\u2603"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\u202e javascript:alert(3) {{7*7}}"


def _ready() -> dict[str, object]:
    return {"ready": True}


@contextmanager
def serving(store: Store, token: str | None = None, health: Health = _ready) -> Iterator[str]:
    """The console on a free loopback port; yields its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield from _serve(listener, store, token, health)


def _serve(listener: socket.socket, store: Store, token: str | None, health: Health) -> Iterator[str]:
    port = listener.getsockname()[1]
    document = {
        "upstreams": [{"name": "local", "base_url": "http://127.0.0.1:1"}],
        "console_listen": f"127.0.0.1:{port}",
        "console_token": token,
    }
    registry = CollectorRegistry()
    Counter("sightglass_things_total", "Things.", registry=registry).inc()
    app = build_console(store, parse(document, {}), registry, health)
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def filled(sqlite_store: Store, make_sample: MakeSample, make_scored: MakeScored) -> Store:
    """A store with a hostile flagged sample, a harmless one, and rows."""
    now = time.time()
    sqlite_store.ensure_group("refusal")
    bad = make_sample(
        "r1",
        started_at=now - 60,
        app="a<b>",
        session_id="s&1",
        question=HOSTILE,
        answer=HOSTILE,
        contexts=("The box is empty, as everybody knows.",),
    )
    good = make_sample("r2", started_at=now - 50, probability=0.5)
    sqlite_store.save_samples([bad, good], content=True)
    sqlite_store.save_samples([make_sample("r3", started_at=now - 40)], content=False)
    sqlite_store.save_scores([make_scored(bad, 0.9, explanation=HOSTILE), make_scored(good, 0.1)])
    rows = [ExchangeRow(sample.exchange, Decision.PUBLISHED) for sample in (bad, good)]
    sqlite_store.save_rows(RowBatch("b", "p<1>", 1, {"published": 2, "opted_out": 1}, rows))
    return sqlite_store


@pytest.fixture
def open_client(filled: Store) -> Iterator[httpx.Client]:
    """A client of a console that needs no token."""
    with serving(filled) as url, plain.client(base_url=url) as client:
        yield client


@pytest.fixture
def locked_client(filled: Store) -> Iterator[httpx.Client]:
    """A client, without the token, of a console that needs it."""
    with serving(filled, TOKEN) as url, plain.client(base_url=url) as client:
        yield client


def bearer(token: str = TOKEN) -> dict[str, bytes]:
    """The header that opens the console."""
    return {"authorization": b"Bearer " + token.encode()}


class Tags(HTMLParser):
    """Collects the tags and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def test_samples_are_listed_with_their_scores(open_client: httpx.Client) -> None:
    """The list holds the newest first, without text, with scores, and pages by cursor."""
    first = open_client.get("/api/samples", params={"limit": 2}).json()
    assert [sample["id"] for sample in first["samples"]] == ["r3", "r2"]
    assert first["samples"][1]["scores"][0]["verdict"] == "no"
    assert "content" not in first["samples"][0]
    second = open_client.get("/api/samples", params={"limit": 2, "cursor": first["cursor"]}).json()
    assert [sample["id"] for sample in second["samples"]] == ["r1"]
    assert second["cursor"] is None


def test_samples_are_filtered(open_client: httpx.Client) -> None:
    """Every filter of the API reaches the store."""

    def ids(**params: str) -> list[str]:
        response = open_client.get("/api/samples", params=params)
        assert response.status_code == 200, response.text
        return [sample["id"] for sample in response.json()["samples"]]

    assert ids(scorer="refusal") == ids(output="refused") == ["r2", "r1"]
    assert ids(verdict="yes") == ids(session_id="s&1") == ids(app="a<b>") == ["r1"]
    assert ids(trace_id="x") == ids(response_id="x") == ids(model="x") == []
    assert ids(since=str(time.time() - 45)) == ["r3"]
    assert ids(until="2020-01-01T00:00:00Z") == []


def test_a_sample_has_its_text_and_the_read_is_recorded(open_client: httpx.Client, tmp_path: Path) -> None:
    """One sample comes with content, evidence and scores, and who read it is on record."""
    sample = open_client.get("/api/samples/r1").json()
    assert sample["content"]["choices"][0]["text"] == HOSTILE
    assert sample["evidence"] == ["The box is empty, as everybody knows."]
    assert sample["scores"][0]["explanation"] == HOSTILE
    without = open_client.get("/api/samples/r3").json()
    assert (without["content"], without["evidence"]) == (None, [])
    assert open_client.get("/samples/r1").status_code == 200
    with closing(sqlite3.connect(tmp_path / "data" / "store.db")) as connection:
        reads = connection.execute("SELECT who, sample_id, at FROM reads ORDER BY id").fetchall()
    assert [(who, sample_id) for who, sample_id, _ in reads] == [("local@127.0.0.1", "r1")] * 2
    assert abs(reads[0][2] - time.time()) < 60


def test_rates(open_client: httpx.Client) -> None:
    """Rates come with intervals for each application and for all."""
    rates = open_client.get("/api/rates", params={"window": "1h"}).json()["rates"]
    assert {rate["app"] for rate in rates} == {"a<b>", "support", "all"}
    (whole,) = [rate for rate in rates if rate["app"] == "all"]
    assert whole["ratio"] == pytest.approx(1 / 3)
    assert whole["lower"] <= whole["ratio"] <= whole["upper"]
    assert set(whole) == {
        *("scorer", "output", "app", "model", "ratio", "lower", "upper", "scored"),
        *("applicable_ratio", "judged", "labelled", "calibrated", "opted_out_ratio"),
    }


def test_the_ledger(open_client: httpx.Client) -> None:
    """The ledger balances, and one request says what became of it."""
    assert open_client.get("/api/ledger").json() == {
        "proxies": {"p<1>": {"opted_out": 1, "published": 2}},
        "scorers": {"refusal": {"pending": 1, "scored": 2}},
        "reasons": {},
    }
    assert "1 wait for the slowest scorer" in open_client.get("/ledger").text
    request = open_client.get("/api/ledger/r1").json()
    assert request["decision"] == "published"
    assert request["scorers"]["refusal"]["result"] == "scored"
    missing = open_client.get("/api/ledger/nothing")
    assert missing.status_code == 404
    assert "message" in missing.json()["error"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/samples?limit=0", "limit"),
        ("/api/ledger?app=a", "app"),
        ("/api/samples?limit=1001", "limit"),
        ("/api/samples?limit=many", "limit"),
        ("/api/samples?verdict=maybe", "verdict"),
        ("/api/samples?since=yesterday", "since"),
        ("/api/samples?cursor=zzz", "cursor"),
        ("/api/samples?scorrer=refusal", "scorrer"),
        ("/api/samples?verdict=yes&verdict=no", "verdict: given more than once"),
        ("/api/drift?since=2001-02-03&until=2001-02-02", "since"),
        ("/api/rates?window=2h", "window"),
        ("/samples?limit=-1", "limit"),
    ],
)
def test_wrong_parameters_are_one_clear_message(open_client: httpx.Client, path: str, name: str) -> None:
    """A parameter that can not be read is a 400 whose message begins with its name."""
    response = open_client.get(path)
    assert response.status_code == 400
    message = response.json()["error"]["message"]
    assert message.startswith(name)
    assert "Traceback" not in message


def test_errors_are_pages_for_people(open_client: httpx.Client) -> None:
    """A browser gets a page with the same status, a program gets JSON."""
    for path, status in (("/samples/none", 404), ("/nowhere", 404), ("/samples?limit=x", 400)):
        page = open_client.get(path, headers={"accept": "text/html"})
        assert (page.status_code, page.headers["content-type"]) == (status, "text/html; charset=utf-8")
        assert open_client.get(path).headers["content-type"] == "application/json"
    assert open_client.post("/api/ledger").status_code == 405
    assert (
        open_client.post("/api/labels").json()["error"]["message"] == "the body is empty, and a JSON object is needed"
    )


def test_metrics_in_both_formats(open_client: httpx.Client) -> None:
    """The registry is given in the text format, and in OpenMetrics to those who ask for it."""
    plain = open_client.get("/metrics")
    assert plain.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "sightglass_things_total 1.0" in plain.text
    asked = open_client.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})
    assert asked.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert asked.text.endswith("# EOF\n")


def test_health(filled: Store) -> None:
    """Healthy while the process answers; ready only while the worker says so and the store answers."""
    facts: dict[str, object] = {"ready": False, "why": "starting"}
    with serving(filled, health=lambda: facts) as url, plain.client(base_url=url) as client:
        healthy, waiting = client.get("/-/healthy"), client.get("/-/ready")
        assert (healthy.json(), waiting.status_code, waiting.json()) == ({"status": "ok"}, 503, facts)
        facts["ready"] = True
        assert client.get("/-/ready").status_code == 200


def test_openapi_describes_the_api(open_client: httpx.Client) -> None:
    """The schema has every route with its parameters and a typed response, and there is no page that loads code."""
    schema = open_client.get("/schema/openapi.json").json()
    assert {"/api/samples", "/api/samples/{sample_id}", "/api/rates", "/api/ledger"} <= set(schema["paths"])
    operation = schema["paths"]["/api/samples"]["get"]
    assert {"scorer", "output", "verdict", "since", "cursor"} <= {p["name"] for p in operation["parameters"]}
    assert "$ref" in json.dumps(operation["responses"]["200"])
    assert open_client.get("/schema/swagger").status_code == 404
    every = [each for item in schema["paths"].values() for each in item.values() if isinstance(each, dict)]
    assert len(every) >= 18
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)+", each["operationId"]) for each in every)
    assert len({each["operationId"] for each in every}) == len({each["summary"] for each in every}) == len(every)
    for each in every:
        assert " " in each["summary"], each
        assert "allable" not in each["summary"] + each["description"], each


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"scorer": "nosuch"}, "refusal, groundedness"),
        ({"output": "nosuch"}, "refused, over_refused"),
        ({"scorer": "refusal", "output": "asked"}, "refusal has refused"),
        ({"verdict": "maybe"}, "verdict"),
    ],
)
def test_unknown_names_are_told(open_client: httpx.Client, params: dict[str, str], named: str) -> None:
    """A mistyped scorer or output is an error that names those there are, and never an empty list."""
    for path in ("/api/samples", "/samples"):
        answer = open_client.get(path, params=params)
        assert answer.status_code == 400
        assert named in answer.text


@pytest.mark.parametrize("given", ["jane@example.org", "u1", "0" * 31, "0" * 33, "g" * 32, "A" * 32])
def test_only_hashes_name_a_user(open_client: httpx.Client, given: str) -> None:
    """Who gives the id itself is told that the hash is meant, and is not told that nothing was there."""
    answer = open_client.delete(f"/api/users/{given}")
    assert answer.status_code == 400
    assert "32 hex digits" in answer.json()["error"]["message"]
    assert open_client.delete(f"/api/users/{'0' * 32}").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/?by=app&window=1h", "/samples", "/samples/r1", "/samples/r1?verdict=yes", "/samples?app=%3Cb%3E"),
        *("/drift", "/ledger", "/requests/r1"),
    ],
)
def test_model_output_is_inert(open_client: httpx.Client, path: str) -> None:
    """No script, no image and no handler of the hostile text becomes markup, and nothing is loaded from elsewhere."""
    response = open_client.get(path)
    assert response.status_code == 200
    tags = Tags(response.text)
    assert not {"img", "iframe", "object", "style"} & set(tags.tags)
    assert tags.tags.count("script") == 1
    assert ("src", "/static/console.js") in tags.attributes
    for name, value in tags.attributes:
        assert not name.startswith("on")
        assert name != "style"
        if name in ("href", "src", "action"):
            assert re.match(r"/(?!/)|#|data:image/svg", value), value
    assert "\u202e" not in response.text
    assert "49" not in re.findall(r"\{\{.*?\}\}", response.text)
    assert response.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self';")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "same-origin"


def test_an_empty_store_has_pages(sqlite_store: Store) -> None:
    """Before the first request every page says so instead of failing."""
    with serving(sqlite_store) as url, plain.client(base_url=url) as client:
        for path in ("/", "/samples", "/drift", "/ledger"):
            page = client.get(path)
            assert page.status_code == 200
            assert 'class="empty"' in page.text
        css = client.get("/static/console.css")
        assert css.headers["content-type"] == "text/css; charset=utf-8"
        assert client.get("/static/console.js").headers["content-type"] == "text/javascript; charset=utf-8"


def test_filters_of_the_page_ignore_empty_fields(open_client: httpx.Client) -> None:
    """A form sent with most fields empty lists by the others and keeps them for the next page."""
    page = open_client.get("/samples?scorer=refusal&verdict=&app=&limit=1&since=").text
    assert "/samples/r2" in page
    assert "/samples/r1" not in page
    assert re.search(r'href="/samples\?scorer=refusal&amp;limit=1&amp;cursor=[^"]+"', page)


PATHS = [
    *("/", "/samples", "/samples/r1", "/api/samples", "/api/samples/r1", "/api/rates", "/api/ledger", "/api/ledger/r1"),
    *("/metrics", "/schema", "/schema/openapi.json", "/static/console.css", "/login", "/nowhere", "//", "//-/healthy"),
    *(
        "/-/healthy/",
        "/-/healthy/../../api/ledger",
        "/%2d/healthy/x",
        "/API/ledger",
        "/-/HEALTHY",
        "/-/ready%2f..%2fapi",
    ),
    *("/api//ledger", "/api/ledger/", "/-/healthy;/api/ledger", "/-/", "/favicon.ico", "/.env"),
]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_without_the_token_everything_is_denied(locked_client: httpx.Client, method: str) -> None:
    """Whatever the path and the method, existing or not, without the token it is 401; only two probes are open."""
    for path in PATHS:
        request = locked_client.build_request(method, "/", headers={"x-http-method-override": "GET"})
        request.url = request.url.copy_with(raw_path=path.encode())
        assert locked_client.send(request).status_code == 401, path
    for path in ("/-/healthy", "/-/ready"):
        assert locked_client.get(path).status_code == 200


def test_routes_are_all_behind_the_gate(filled: Store) -> None:
    """Every route that the application has, enumerated from it, is closed but for the two probes."""
    document = {
        "upstreams": [{"name": "u", "base_url": "http://127.0.0.1:1"}],
        "console_listen": "0.0.0.0:8082",
        "console_token": TOKEN,
    }
    app = build_console(filled, parse(document, {}), CollectorRegistry(), _ready)
    paths = {re.sub(r"\{[^}]*\}", "x", route.path) for route in app.routes}
    assert len(paths) > 12
    with serving(filled, TOKEN) as url, plain.client(base_url=url) as client:
        found = {path: client.get(path).status_code for path in paths}
    assert {path for path, status in found.items() if status != 401} == {"/-/healthy", "/-/ready"}


def test_the_token_opens(locked_client: httpx.Client) -> None:
    """The token opens every route, whatever its characters; a wrong, near or doubled one does not."""
    assert locked_client.get("/api/ledger", headers=bearer()).status_code == 200
    assert locked_client.get("/api/ledger", headers={"authorization": b"bearer " + TOKEN.encode()}).status_code == 200
    assert locked_client.get("/nowhere", headers=bearer()).status_code == 404
    for wrong in ("x", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "x" * 50_000):
        assert locked_client.get("/api/ledger", headers=bearer(wrong)).status_code == 401
    twice = [("authorization", "Bearer x"), ("authorization", bearer()["authorization"])]
    assert locked_client.get("/api/ledger", headers=twice).status_code == 401
    assert locked_client.get("/api/ledger", headers={"authorization": TOKEN.encode()}).status_code == 401


def test_a_browser_logs_in(locked_client: httpx.Client) -> None:
    """A browser is asked by a form; the right token gives a cookie that opens pages and holds no token."""
    asked = locked_client.get("/samples", headers={"accept": "text/html,*/*"})
    assert asked.status_code == 401
    assert 'name="token"' in asked.text
    assert re.search(r"style-src 'self' 'sha256-[^']+'", asked.headers["content-security-policy"])
    wrong = locked_client.post("/login", data={"token": "no"}, headers={"accept": "text/html"})
    assert wrong.status_code == 401
    assert "set-cookie" not in wrong.headers
    right = locked_client.post("/login", data={"token": TOKEN})
    assert (right.status_code, right.headers["location"]) == (303, "/")
    cookie = right.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert TOKEN not in cookie
    assert locked_client.get("/").status_code == 200
    value = locked_client.cookies["sightglass_console"]
    locked_client.cookies.clear()
    for forged in (f"9{value}", value[:-1], value.partition(".")[0], "9999999999.", "x" * 9000, "²." + "0" * 64):
        header = {"cookie": f"sightglass_console={forged}".encode()}
        assert locked_client.get("/", headers=header).status_code == 401
    assert locked_client.post("/login", content=b"token=" + b"x" * 5000).status_code == 413


def test_other_names_are_turned_away_without_a_token(open_client: httpx.Client) -> None:
    """A host name that is not this machine's is refused, so a rebound DNS name reaches nothing."""
    port = open_client.base_url.port
    for host in (f"127.0.0.1:{port}", "localhost", f"LOCALHOST:{port}", f"[::1]:{port}", "10.0.0.7"):
        assert open_client.get("/api/ledger", headers={"host": host}).status_code == 200, host
    for host in ("evil.example", f"evil.example:{port}", "localhost.evil.example", "127.0.0.1.evil.example", "[", ""):
        response = open_client.get("/api/ledger", headers={"host": host})
        assert response.status_code in (400, 421), host


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_other_sites_change_nothing(locked_client: httpx.Client, headers: dict[str, str]) -> None:
    """A request that changes something and comes from another site is refused, even with the token."""
    response = locked_client.post("/login", data={"token": TOKEN}, headers=headers)
    assert response.status_code == 403
    assert "set-cookie" not in response.headers


def test_our_own_pages_may_post(locked_client: httpx.Client) -> None:
    """The form of our own page passes with the headers that browsers send."""
    origin = str(locked_client.base_url).rstrip("/")
    headers = {"origin": origin, "sec-fetch-site": "same-origin"}
    assert locked_client.post("/login", data={"token": TOKEN}, headers=headers).status_code == 303


def test_a_store_that_is_gone_is_503(
    filled: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the database can not be read the answer is one line and 503, readiness says so, and the process lives. The
    log has one line, however many ask."""
    monkeypatch.setattr(UNAVAILABLE, "_told_at", -math.inf)
    with serving(filled) as url, plain.client(base_url=url) as client:
        with closing(sqlite3.connect(tmp_path / "data" / "store.db")) as connection:
            connection.execute("ALTER TABLE samples RENAME TO elsewhere")
            connection.commit()
        broken = client.get("/api/samples")
        assert (broken.status_code, set(broken.json())) == (503, {"error"})
        assert client.get("/", headers={"accept": "text/html"}).status_code == 503
        assert client.get("/-/healthy").status_code == 200
    assert len([line for line in caplog.messages if line.startswith("the store is unavailable")]) == 1


def test_a_bug_shows_no_traceback(filled: Store) -> None:
    """An unforeseen error is a plain 500 without internals."""

    def broken() -> dict[str, object]:
        raise RuntimeError("secret detail")

    with serving(filled, health=broken) as url, plain.client(base_url=url) as client:
        response = client.get("/-/ready")
    assert response.status_code == 500
    assert "secret" not in response.text
    assert "Traceback" not in response.text


@pytest.fixture
def spent(filled: Store) -> Store:
    """The filled store with priced calls: one success, one failure, in two applications."""
    now = time.time()
    for number, (app, cost) in enumerate((("bot", 0.5), ("bot", 0.25), ("desk", 2.0))):
        facts = {"instance": "p", "started_at": now - 30, "app": app, "operation": Operation.CHAT, "upstream": "u"}
        exchange = Exchange(
            request_id=f"c{number}",
            outcome=Outcome.OK,
            duration=0.5,
            status=200,
            cost_usd=cost,
            model_asked="m",
            **facts,
        )
        filled.save_rows(RowBatch(f"c{number}", "p", number + 2, {}, [ExchangeRow(exchange, Decision.SAMPLED_OUT)]))
        outcome = TaskOutcome.FAILURE if number == 1 else TaskOutcome.SUCCESS
        filled.save_feedback([Feedback(id=f"f{number}", at=now, request_id=f"c{number}", outcome=outcome)], True)
    return filled


def test_costs(spent: Store) -> None:
    """Cost per success counts failures too; all applications come last; the page shows the same."""
    with serving(spent) as url, plain.client(base_url=url) as client:
        bot, desk, whole = client.get("/api/costs", params={"window": "1h"}).json()["costs"]
        assert (bot["app"], bot["cost_per_success_usd"]) == ("bot", 0.75)
        assert (desk["app"], desk["cost_per_success_usd"]) == ("desk", 2.0)
        assert (whole["app"], whole["cost_per_success_usd"], whole["unknown_ratio"]) == ("all", 1.375, 0.0)
        assert whole["tasks"] == {"success": 2, "failure": 1, "unknown": 0}
        (only,) = client.get("/api/costs", params={"app": "desk"}).json()["costs"]
        assert only == desk
        assert client.get("/api/costs", params={"until": "2020-01-01"}).json()["costs"] == []
        assert client.get("/api/costs", params={"colour": "1"}).status_code == 400
        page = client.get("/").text
        assert "Cost per successful task" in page
        assert "$1.38" in page or "$1.37" in page


def test_unpriced_answers_are_loud(spent: Store) -> None:
    """Answers of unknown cost are on the overview and in the API with the line to add; a hostile name is inert."""
    facts = {"instance": "p", "started_at": time.time() - 9, "app": "bot", "operation": Operation.CHAT, "upstream": "u"}
    rows = [
        Exchange(request_id=f"u{at}", outcome=Outcome.OK, duration=1.0, model_served=name, unpriced=why, **facts)
        for at, (name, why) in enumerate((("lamp-9", "no_price"), ("lamp-9", "no_price"), (HOSTILE, "tool_fee")))
    ]
    made = [ExchangeRow(exchange, Decision.SAMPLED_OUT) for exchange in rows]
    with serving(spent) as url, plain.client(base_url=url) as client:
        assert "Unpriced answers" not in client.get("/").text
        spent.save_rows(RowBatch("u", "p", 9, {}, made))
        lamp, hostile = client.get("/api/costs", params={"window": "1h"}).json()["unpriced"]
        line = "lamp-9: {input: USD, output: USD}"
        assert lamp == {"model": "lamp-9", "reason": "no_price", "answers": 2, "line": line}
        assert hostile["answers"] == 1
        (only,) = client.get("/api/costs", params={"model": "lamp-9"}).json()["unpriced"]
        assert only == lamp
        page = client.get("/").text
        assert "Unpriced answers" in page
        assert line in page
        assert "no price under this name" in page
        assert "<script>alert" not in page
        assert "\u202e" not in page


def test_rates_are_a_list_like_the_others(open_client: httpx.Client) -> None:
    """Filters, bounds of time and cursors: the pages together are the whole list, in order and once."""
    whole = open_client.get("/api/rates").json()
    assert whole["cursor"] is None
    found, cursor = [], {}
    while True:
        page = open_client.get("/api/rates", params={"limit": 1, **cursor}).json()
        found += page["rates"]
        if page["cursor"] is None:
            break
        cursor = {"cursor": page["cursor"]}
    assert found == whole["rates"]
    assert {rate["app"] for rate in open_client.get("/api/rates", params={"app": "all"}).json()["rates"]} == {"all"}
    assert open_client.get("/api/rates", params={"model": "none"}).json()["rates"] == []
    assert open_client.get("/api/rates", params={"until": "2020-01-01"}).json()["rates"] == []
    for wrong in ("limit=0", "limit=1001", "cursor=zzz", "since=x", "colour=1", "since=2026-01-02&until=2026-01-01"):
        assert open_client.get(f"/api/rates?{wrong}").status_code == 400, wrong


def test_labels(open_client: httpx.Client, filled: Store) -> None:
    """A label is kept under its key, its comment redacted; what can not be labelled is one clear error."""
    label = {"sample_id": "r1", "scorer": "refusal", "output": "refused", "verdict": "yes", "annotator": "ann"}
    for verdict in ("yes", "no"):
        kept = open_client.post("/api/labels", json={**label, "verdict": verdict, "comment": "ask a@b.example"})
        assert (kept.status_code, kept.json()["comment"]) == (201, "ask [EMAIL_1]")
    assert sum(filled.labelled(0, time.time()).values()) == 1
    assert open_client.post("/api/labels", json={**label, "sample_id": "none"}).status_code == 404
    for wrong in ({"verdict": "maybe"}, {"output": "asked"}, {"scorer": "x"}, {"colour": 1}, {"sample_id": ""}):
        answer = open_client.post("/api/labels", json={**label, **wrong})
        assert (answer.status_code, set(answer.json())) == (400, {"error"}), wrong


def test_a_user_is_deleted(sqlite_store: Store, make_sample: MakeSample, make_scored: MakeScored) -> None:
    """What there is of the user goes, what comes late is kept without the user, and the ledger adds up."""
    sqlite_store.ensure_group("refusal")
    mine, late, other = (
        make_sample(name, user_hash=user, started_at=time.time() - 5)
        for name, user in (("r1", "a1" * 16), ("r2", "a1" * 16), ("r3", "b2" * 16))
    )
    sqlite_store.save_samples([mine, other], content=True)
    sqlite_store.save_scores([make_scored(mine, explanation="quoted")])
    with serving(sqlite_store) as url, plain.client(base_url=url) as client:
        assert client.delete(f"/api/users/{'a1' * 16}").json() == {"samples": 1, "requests": 0, "queued": 0}
        sqlite_store.save_samples([late], content=True)
        sqlite_store.save_scores([make_scored(late, explanation="quoted")])
        assert client.get("/api/samples/r1").status_code == 404
        kept = client.get("/api/samples/r2").json()
        assert (kept["content"], kept["session_id"], kept["scores"][0]["explanation"]) == (None, None, "")
        assert client.get("/api/samples/r3").json()["content"] is not None
        assert sum(client.get("/api/ledger").json()["scorers"]["refusal"].values()) == 3
