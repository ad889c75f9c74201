"""Who is signed in to the console, for how long and in whose name; wrong tokens; what lists leave out."""

from __future__ import annotations

import html
import logging
import re
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from prometheus_client import CollectorRegistry

from proxy.config.settings import parse
from proxy.sample import Sample
from scorers.console.app import build_console
from scorers.console.auth import own_path
from scorers.console.throttle import LIMITS, WINDOW, Throttle, Way
from scorers.score import Verdict
from scorers.store.labels_and_erasure import Writer
from scorers.store.records import NotYourLabel, ScoredSample
from scorers.store.sessions import MOST, SessionRow
from scorers.store.store import Store
from support import plain

MakeSample = Callable[..., Sample]
MakeScored = Callable[..., ScoredSample]
ADMIN = "quince-marmalade-on-rye"
TOKENS = [
    {"name": "nina", "role": "annotator", "token": "nina-picks-the-plums"},
    {"name": "otto", "role": "annotator", "token": "otto-peels-the-pears"},
    {"name": "wall", "role": "viewer", "token": "wall-hangs-in-the-hall"},
    {"name": "prom", "role": "scrape", "token": "prom-looks-every-15-s"},
]
BY_NAME = {item["name"]: item["token"] for item in TOKENS}
PAGE = {"accept": "text/html"}
QUOTED = "The kettle sings at dawn in Utrecht."


@contextmanager
def serving(store: Store, tokens: list[dict[str, str]] | None = None, token: str | None = ADMIN) -> Iterator[str]:
    """The console on a free loopback port; yields its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        document: dict[str, Any] = {
            "upstreams": [{"name": "u", "base_url": "http://127.0.0.1:1"}],
            "console_listen": f"127.0.0.1:{port}",
            "console_tokens": TOKENS if tokens is None else tokens,
            "console_token": token,
        }
        app = build_console(store, parse(document, {}), CollectorRegistry(), dict)
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.005)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join()


def client(url: str, token: str | None = None) -> httpx.Client:
    """A client, with a token in its headers or (as a browser) without."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return plain.client(
        base_url=url,
        headers=headers,
        timeout=10,
    )


def sign_in(browser: httpx.Client, token: str, **fields: str) -> httpx.Response:
    """Sends the form of the login page."""
    return browser.post("/login", data={"token": token, **fields}, headers=PAGE)


@pytest.fixture
def desk(sqlite_store: Store, make_sample: MakeSample, make_scored: MakeScored) -> Store:
    """One scored sample whose explanation quotes its text."""
    sqlite_store.ensure_group("refusal")
    sample = make_sample("s1", started_at=time.time() - 20, answer=QUOTED)
    sqlite_store.save_samples([sample], content=True)
    sqlite_store.save_scores([make_scored(sample, 0.9, explanation=QUOTED)])
    return sqlite_store


# --- sessions --------------------------------------------------------------------------------------------------------


def test_signing_out_ends_the_session_itself(sqlite_store: Store) -> None:
    """The cookie that somebody has copied opens nothing after the button; a link alone signs nobody out."""
    with serving(sqlite_store) as url, client(url) as browser, client(url) as thief:
        sign_in(browser, BY_NAME["nina"])
        stolen = {"cookie": f"sightglass_console={browser.cookies['sightglass_console']}"}
        assert browser.get("/logout").status_code == 404
        hostile = {"origin": "https://orchard.example"}
        assert browser.post("/logout", headers=hostile).status_code == 403
        assert thief.get("/samples", headers=stolen).status_code == 200
        out = browser.post("/logout")
        assert (out.status_code, out.headers["location"]) == (303, "/")
        assert "Max-Age=0" in out.headers["set-cookie"]
        assert thief.get("/samples", headers=stolen).status_code == 401
        assert thief.post("/logout").status_code == 401


def test_a_session_outlives_a_restart_and_is_known_to_every_worker(sqlite_store: Store) -> None:
    """Sessions are in the store: another console on it, later or beside, knows them and ends them for all."""
    with serving(sqlite_store) as url, client(url) as browser, serving(sqlite_store) as other:
        sign_in(browser, ADMIN)
        cookie = {"cookie": f"sightglass_console={browser.cookies['sightglass_console']}"}
        with client(other) as elsewhere:
            assert elsewhere.get("/", headers=cookie).status_code == 200
            assert elsewhere.post("/logout", headers=cookie).status_code == 303
        assert browser.get("/").status_code == 401


@pytest.mark.parametrize(
    "now",
    [
        pytest.param([{**TOKENS[0], "token": "nina-has-a-new-token"}], id="changed"),
        pytest.param([], id="taken away"),
        pytest.param([{**TOKENS[0], "name": "otto", "token": "nina-has-a-new-token"}], id="for another name"),
    ],
)
def test_a_changed_token_ends_its_sessions_for_good(sqlite_store: Store, now: list[dict[str, str]]) -> None:
    """Its sessions are over, and stay so when the old token comes back; those of other tokens go on."""
    with serving(sqlite_store, TOKENS) as url, client(url) as browser, client(url) as admin:
        sign_in(browser, BY_NAME["nina"])
        sign_in(admin, ADMIN)
        cookies = [{"cookie": f"sightglass_console={each.cookies['sightglass_console']}"} for each in (browser, admin)]
    for tokens, nina in ((now, 401), (TOKENS, 401)):
        with serving(sqlite_store, tokens) as url, client(url) as anyone:
            assert anyone.get("/", headers=cookies[0]).status_code == nina
            assert anyone.get("/", headers=cookies[1]).status_code == 200


def test_a_new_role_counts_at_once(sqlite_store: Store) -> None:
    """A session may what its token may now, not what it might when it began."""
    with serving(sqlite_store) as url, client(url) as browser:
        sign_in(browser, BY_NAME["nina"])
        cookie = {"cookie": f"sightglass_console={browser.cookies['sightglass_console']}"}
    label = {"sample_id": "none", "scorer": "refusal", "output": "refused", "verdict": "yes"}
    with serving(sqlite_store, [{**TOKENS[0], "role": "viewer"}]) as url, client(url) as later:
        assert later.post("/api/labels", json=label, headers=cookie).status_code == 403


def test_sessions_are_over_in_time_and_are_not_endless(sqlite_store: Store, tmp_path: Path) -> None:
    """After twelve hours the store forgets one; a token has so many at once, of which the oldest goes."""
    with serving(sqlite_store) as url, client(url) as browser:
        sign_in(browser, ADMIN)
        assert browser.get("/").status_code == 200
        with closing(sqlite3.connect(tmp_path / "data" / "store.db")) as connection:
            connection.execute("UPDATE console_sessions SET expires_at = ?", [time.time() - 1])
            connection.commit()
        assert browser.get("/").status_code == 401
    now = time.time()
    for number in range(MOST + 5):
        sqlite_store.sessions.begin(SessionRow(f"id{number}", "seal", "nina", "::1", now + number, now + 1000))
    assert sqlite_store.sessions.find("id4") is None
    assert sqlite_store.sessions.find("id5") is not None


def test_the_store_opens_nothing_by_itself(sqlite_store: Store, tmp_path: Path) -> None:
    """A copy of the store holds neither cookie nor token, and its ids are no cookies."""
    with serving(sqlite_store) as url, client(url) as browser:
        sign_in(browser, BY_NAME["nina"])
        cookie = browser.cookies["sightglass_console"]
        browser.cookies.clear()
        with closing(sqlite3.connect(tmp_path / "data" / "store.db")) as connection:
            (row,) = connection.execute("SELECT * FROM console_sessions").fetchall()
        assert not any(secret in str(value) for value in row for secret in (cookie, BY_NAME["nina"]))
        for value in row[:2]:
            forged = {"cookie": f"sightglass_console={value}"}
            assert browser.get("/", headers=forged).status_code == 401


def test_the_cookie_is_for_https_where_the_browser_speaks_it(sqlite_store: Store) -> None:
    """Whoever ends TLS in front of us keeps the browser's Origin; then the cookie never goes out in the clear."""
    with serving(sqlite_store) as url, client(url) as browser:
        plain = sign_in(browser, ADMIN).headers["set-cookie"]
        assert "Secure" not in plain and "HttpOnly" in plain and "SameSite=Strict" in plain
        origin = {"origin": str(browser.base_url).replace("http://", "https://").rstrip("/")}
        behind = browser.post("/login", data={"token": ADMIN}, headers=origin)
        assert behind.headers["set-cookie"].endswith("; Secure")


def test_pages_say_who_is_signed_in(desk: Store) -> None:
    """Every page names the token and its role, also an error's; only a session has the button to end it."""
    with serving(desk) as url, client(url) as browser:
        sign_in(browser, BY_NAME["nina"])
        for path in ("/", "/samples", "/samples/s1", "/ledger", "/drift", "/nowhere"):
            page = browser.get(path, headers=PAGE).text
            assert "<bdi>nina</bdi>" in page and ">annotator<" in page, path
            assert 'action="/logout"' in page
        with client(url, BY_NAME["wall"]) as program:
            page = program.get("/", headers=PAGE).text
            assert "<bdi>wall</bdi>" in page and 'action="/logout"' not in page
        sign_in(browser, ADMIN)
        assert "<bdi>console_token</bdi>" in browser.get("/").text
    with serving(desk, [], None) as url, client(url) as local:
        assert "/logout" not in local.get("/").text


# --- the page that was asked for -------------------------------------------------------------------------------------


def test_after_a_login_comes_the_page_that_was_asked_for(desk: Store) -> None:
    """The form remembers path and query; also over a wrong token; the login page itself leads on when signed in."""
    wanted = "/samples?verdict=yes&app=a%26b"
    with serving(desk) as url, client(url) as browser:
        for asked in (browser.get(wanted, headers=PAGE), sign_in(browser, "wrong-one", next=wanted)):
            (kept,) = re.findall(r'name="next" value="([^"]*)"', asked.text)
            assert html.unescape(kept) == wanted
        assert sign_in(browser, ADMIN, next=wanted).headers["location"] == wanted
        on = browser.get("/login", params={"next": "/ledger"})
        assert (on.status_code, on.headers["location"]) == (303, "/ledger")
        assert browser.get("/login", params={"next": "//pears.example"}).headers["location"] == "/"


@pytest.mark.parametrize(
    "elsewhere",
    [
        *("https://pears.example/", "//pears.example", "/\\pears.example", "\\\\pears.example", "///pears.example"),
        *("/\t/pears.example", "\t//pears.example", "/\n/pears.example", " //pears.example", "javascript:alert(1)"),
        *("pears.example", "", "/ü", "/login", "/logout", "/login?next=//pears.example", "/" + "x" * 3000),
        *("/samples\r\nset-cookie: a=b", "/%0d%0a/x\\y", "http:/samples"),
    ],
)
def test_a_login_leads_nowhere_else(elsewhere: str) -> None:
    """What is no plain path of the console is its first page."""
    assert own_path(elsewhere) == "/"
    assert own_path("/samples/s1?x=1") == "/samples/s1?x=1"


@pytest.mark.parametrize(
    ("wanted", "opened"),
    [
        ("/drift#refusal.refused/all", "/drift#refusal.refused/all"),
        ("/samples?app=" + "%26%3D" * 320, "/samples?app=" + "%26%3D" * 320),
        ("/samples?app=" + "&" * 1900, "/samples?app=" + "&" * 1900),
        ("/samples?app=" + "x" * 3000, "/samples"),
        ("/logout#x", "/"),
        ("//pears.example?" + "x" * 3000, "/"),
    ],
)
def test_long_queries_and_fragments_survive_a_login(sqlite_store: Store, wanted: str, opened: str) -> None:
    """The page that was asked for opens over real HTTP; of a query that is too long, the page without it."""
    with serving(sqlite_store) as url, client(url) as browser:
        answer = sign_in(browser, ADMIN, next=wanted)
    assert (answer.status_code, answer.headers["location"]) == (303, opened)


# --- wrong tokens ----------------------------------------------------------------------------------------------------


def test_wrong_logins_are_counted_logged_and_made_to_wait(
    sqlite_store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """The address and the count are logged, never the token; then even the right one must wait, sessions go on."""
    caplog.set_level(logging.WARNING, "sightglass.console")
    with serving(sqlite_store) as url, client(url) as browser, client(url) as guest:
        sign_in(guest, ADMIN)
        for _ in range(LIMITS[Way.FORM]):
            assert sign_in(browser, "not-this-one").status_code == 401
        late = sign_in(browser, ADMIN, next="/ledger")
        assert late.status_code == 429
        assert 0 < int(late.headers["retry-after"]) <= WINDOW
        assert "set-cookie" not in late.headers and 'value="/ledger"' in late.text
        assert guest.get("/").status_code == 200
        assert browser.get("/-/healthy").status_code == 200
    lines = [record.getMessage() for record in caplog.records]
    assert any("127.0.0.1" in line and f"{LIMITS[Way.FORM]}th" in line for line in lines)
    assert not any("not-this-one" in line or ADMIN in line for line in lines)


def test_guesses_in_the_header_wait_too_and_one_old_token_does_not(sqlite_store: Store) -> None:
    """A program that was forgotten shows one wrong token again and again, and takes nobody's way in; guessing does."""
    with serving(sqlite_store) as url, client(url) as any_one:

        def ask(token: str) -> int:
            return any_one.get("/api/ledger", headers={"authorization": f"Bearer {token}"}).status_code

        assert {ask("the-token-of-last-year") for _ in range(LIMITS[Way.HEADER] + 5)} == {401}
        assert ask(ADMIN) == 200
        assert {ask(f"guess-{number}") for number in range(LIMITS[Way.HEADER] - 1)} == {401}
        assert ask("one-more") == 429
        assert ask(ADMIN) == 429
        assert any_one.get("/api/ledger").status_code == 401


def test_the_throttle_forgets_in_time_and_is_bounded() -> None:
    """An address is heard again when its oldest mistake is a minute old; IPv6 counts by network; memory has a bound."""
    now = [100.0]
    throttle = Throttle(lambda: now[0])
    for number in range(LIMITS[Way.FORM]):
        now[0] += 1
        assert throttle.wrong(Way.FORM, f"2001:db8::{number:x}", b"%d" % number) == number + 1
    assert throttle.wait(Way.FORM, "2001:db8::ffff") == pytest.approx(101 + WINDOW - now[0])
    assert throttle.wait(Way.FORM, "2001:db8:0:1::1") == 0.0
    assert throttle.wait(Way.HEADER, "2001:db8::1") == 0.0
    now[0] = 101 + WINDOW
    assert throttle.wait(Way.FORM, "2001:db8::1") == 0.0
    for number in range(5_000):
        throttle.wrong(Way.FORM, f"10.{number >> 8}.0.{number & 255}", b"x")
    assert len(throttle._wrong) <= 2_000


# --- roles -----------------------------------------------------------------------------------------------------------


def test_scrape_reads_the_metrics_and_nothing_else(desk: Store) -> None:
    """Its token opens /metrics; every other route, and the form, turns it away."""
    with serving(desk) as url, client(url, BY_NAME["prom"]) as prometheus, client(url) as browser:
        assert prometheus.get("/metrics").status_code == 200
        for path in ("/", "/api/samples", "/api/samples/s1", "/api/ledger", "/schema/openapi.json", "/samples/s1"):
            assert prometheus.get(path).status_code == 403, path
        assert prometheus.post("/metrics").status_code == 403
        assert prometheus.post("/api/labels", json={}).status_code == 403
        turned = sign_in(browser, BY_NAME["prom"])
        assert turned.status_code == 403 and "set-cookie" not in turned.headers


# --- labels ----------------------------------------------------------------------------------------------------------


def label(verdict: str, annotator: str = "") -> dict[str, str]:
    """A label of the one sample."""
    return {"sample_id": "s1", "scorer": "refusal", "output": "refused", "verdict": verdict, "annotator": annotator}


def test_an_annotator_labels_in_their_own_name(desk: Store) -> None:
    """Whatever name the body or the form has: the label is the token's, and another's stays as it was."""
    with serving(desk) as url, client(url, BY_NAME["nina"]) as nina, client(url, BY_NAME["otto"]) as otto:
        assert otto.post("/api/labels", json=label("no")).json()["annotator"] == "otto"
        kept = nina.post("/api/labels", json=label("yes", "otto"))
        assert (kept.status_code, kept.json()["annotator"]) == (201, "nina")
        assert nina.post("/labels", data=label("unsure", "otto")).status_code == 303
    found = {each.annotator: (each.verdict, each.written_by) for each in desk.labels_of("s1")}
    assert found == {"otto": (Verdict.NO, "otto"), "nina": (Verdict.UNSURE, "nina")}


def test_an_admin_may_bring_labels_of_others_but_overwrites_nobody_s(desk: Store) -> None:
    """A name that is no token's may be given, with the writer kept; a token's name and a stranger's label may not."""
    desk.save_label(("s1", "refusal", "refused", "maria"), Verdict.NO, "", writer=Writer("label:maria", own=True))
    with serving(desk) as url, client(url, ADMIN) as admin, client(url) as browser:
        assert admin.post("/api/labels", json=label("yes", "nina")).status_code == 403
        assert admin.post("/api/labels", json=label("yes", "maria")).status_code == 409
        for verdict in ("yes", "no"):
            assert admin.post("/api/labels", json=label(verdict, "paula")).status_code == 201
        sign_in(browser, ADMIN)
        assert browser.post("/api/labels", json=label("yes", "paula")).status_code == 201  # the same token
        assert "(written by <bdi>(console_token)</bdi>)" in browser.get("/samples/s1").text
    found = {each.annotator: (each.verdict, each.written_by) for each in desk.labels_of("s1")}
    assert found == {"maria": (Verdict.NO, "label:maria"), "paula": (Verdict.YES, "(console_token)")}


def test_the_console_token_s_names_are_nobody_else_s(desk: Store) -> None:
    """A token that somebody has named as the nameless one is shown does not write over its labels."""
    tokens = [{"name": "browser", "role": "annotator", "token": "browser-is-my-name"}]
    with serving(desk, tokens) as url, client(url) as browser, client(url, tokens[0]["token"]) as other:
        sign_in(browser, ADMIN)
        assert browser.post("/labels", data=label("yes")).status_code == 303
        assert other.post("/api/labels", json=label("no")).status_code == 201
    found = {each.annotator: each.verdict for each in desk.labels_of("s1")}
    assert found == {"(browser)": Verdict.YES, "browser": Verdict.NO}


def test_labels_in_the_store(store: Store, make_sample: MakeSample) -> None:
    """Only who wrote a label writes over it; one of before writers were kept is its annotator's."""
    store.save_samples([make_sample("s1")], content=True)
    key = ("s1", "refusal", "refused", "rosa")
    store.save_label(key, Verdict.YES, "")
    with pytest.raises(NotYourLabel, match=r"^annotator: "):
        store.save_label(key, Verdict.NO, "", writer=Writer("hugo", own=False))
    store.save_label(key, Verdict.UNSURE, "", writer=Writer("rosa", own=False))
    (kept,) = store.labels_of("s1")
    assert (kept.verdict, kept.written_by) == (Verdict.UNSURE, "rosa")


# --- what is read without a record -----------------------------------------------------------------------------------


def test_lists_quote_nothing(desk: Store) -> None:
    """Explanations quote the text: they come where the reading is recorded, and nowhere else."""
    with serving(desk) as url, client(url, ADMIN) as admin:
        (listed,) = admin.get("/api/samples").json()["samples"]
        assert listed["scores"][0]["explanation"] == ""
        for path in ("/api/samples", "/api/ledger/s1", "/samples", "/requests/s1", "/"):
            assert QUOTED not in admin.get(path).text, path
        assert desk_reads(desk) == 0
        assert admin.get("/api/samples/s1").json()["scores"][0]["explanation"] == QUOTED
        assert desk_reads(desk) == 1


def desk_reads(store: Store) -> int:
    """How many readings are on record."""
    with store._database.read() as connection:
        return int(connection.exec_driver_sql("SELECT COUNT(*) FROM reads").scalar_one())
