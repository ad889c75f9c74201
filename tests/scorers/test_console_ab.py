"""Blind comparison over HTTP: nothing tells the arms, a rater gets nowhere else, and votes count once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from litestar.handlers import HTTPRouteHandler
from prometheus_client import CollectorRegistry

from proxy.config.settings import parse
from scorers.console.app import build_console
from scorers.console.roles import GUEST, LOCAL, rater
from scorers.experiments.people import ENTER
from scorers.store.store import Store
from scorers.store.votes import Kind
from support.console import serving
from support.experiments import NAME, RUN, begin

TOKENS = [
    {"name": "vera", "role": "viewer", "token": "v" * 20},
    {"name": "anna", "role": "annotator", "token": "a" * 20},
    {"name": "olga", "role": "admin", "token": "o" * 20},
]
PAGE = {"accept": "text/html"}


def bearer(letter: str) -> dict[str, str]:
    """The header of a token."""
    return {"authorization": f"Bearer {letter * 20}"}


def come_in(store: Store, client: httpx.Client, voter: str = "rita", experiment: str = NAME) -> None:
    """Exchange a link for a cookie, which the client keeps."""
    entered = client.post(ENTER, data={"link": store.raters.link(experiment, voter, "olga")})
    assert (entered.status_code, entered.headers["location"]) == (303, "/ab")
    client.cookies.update(entered.cookies)


@contextmanager
def rating(store: Store, **settings: object) -> Iterator[httpx.Client]:
    """A rater's client."""
    with serving(store, **settings) as client:
        come_in(store, client)
        yield client


@pytest.mark.parametrize("tokens", [TOKENS, []], ids=["tokens", "loopback"])
def test_a_rater_compares_pairs_of_one_experiment(sqlite_store: Store, tokens: list[dict[str, str]]) -> None:
    """By the API: the pair they were shown, one vote each, and clear errors."""
    begin(sqlite_store, 3)
    begin(sqlite_store, 1, run="run-2", name="other")
    with rating(sqlite_store, console_tokens=tokens) as client:
        shown = client.post("/api/pairs/next", json={"experiment": NAME})
        assert shown.status_code == 200
        pair = shown.json()
        assert set(pair) == {"pair_id", "messages", "left", "right"}
        assert [message["role"] for message in pair["messages"]] == ["system", "user"]
        assert {pair["left"][:3], pair["right"][:3]} == {"Tea", "Rye"}
        assert client.post("/api/pairs/next", json={"experiment": NAME}).json() == pair
        vote = {"pair_id": pair["pair_id"], "choice": "left"}
        assert client.post("/api/votes", json=vote).status_code == 201
        again = client.post("/api/votes", json=vote)
        unseen = client.post("/api/votes", json={**vote, "pair_id": "0" * 32})
        wrong = client.post("/api/votes", json={**vote, "choice": "both"})
        other = client.post("/api/pairs/next", json={"experiment": "other"})
        while (more := client.post("/api/pairs/next", json={"experiment": NAME})).status_code == 200:
            assert client.post("/api/votes", json={"pair_id": more.json()["pair_id"], "choice": "tie"}).is_success
    assert (again.status_code, again.json()["error"]["message"]) == (409, "you have voted on this pair")
    assert (unseen.status_code, unseen.json()["error"]["message"]) == (404, "you were shown no pair with this id")
    assert wrong.status_code == 400
    assert other.status_code == 403
    assert (more.status_code, "no pair" in more.text) == (404, True)
    votes = sqlite_store.votes.votes(RUN)
    assert len(votes) == 3
    assert {vote.voter for vote in votes} == {"rita"}


def test_a_page_of_a_run_that_is_over_leads_on(sqlite_store: Store) -> None:
    """A changed configuration begins a new run while a rater has a pair of the old one before them: their button leads
    to a pair of the new run, and nothing is voted on there."""
    begin(sqlite_store, 3)
    with rating(sqlite_store) as client:
        page = client.get("/ab", headers=PAGE).text
        begin(sqlite_store, 3, run="run-2")
        found = re.search(r'name="pair_id" value="([^"]+)"', page)
        assert found is not None
        sent = client.post("/ab/vote", data={"pair_id": found[1], "choice": "left"}, headers=PAGE)
        assert (sent.status_code, sent.headers.get("location")) == (303, "/ab")
        after = client.get("/ab", headers=PAGE)
        assert (after.status_code, found[1] in after.text, 'name="pair_id"' in after.text) == (200, False, True)
    assert sqlite_store.votes.votes("run-2") == []


def test_the_bytes_are_the_same_when_the_arms_are_exchanged(tmp_path: Path) -> None:
    """Two stores that differ only in which arm said what: page, API, headers and order are equal, vote for vote."""
    seen: list[list[tuple[int, list[tuple[str, str]], bytes]]] = []
    for swapped in (False, True):
        store = Store.open("sqlite", tmp_path / str(swapped))
        begin(store, 25, swapped=swapped)
        heard = []
        with rating(store) as client:
            for _ in range(30):
                page = client.get("/ab", headers=PAGE)
                told = client.post("/api/pairs/next", json={"experiment": NAME})
                for answer in (page, told):
                    headers = sorted((k, v) for k, v in answer.headers.items() if k not in ("date", "server"))
                    heard.append((answer.status_code, headers, answer.content))
                if told.status_code != 200:
                    break
                voted = client.post("/ab/vote", data={"pair_id": told.json()["pair_id"], "choice": "right"})
                assert voted.headers["location"] == "/ab"
        seen.append(heard)
        said = store.votes.people(RUN)
        assert said
        store.close()
    assert len(seen[0]) > 50
    assert seen[0] == seen[1]
    text = b"".join(content for _, _, content in seen[0])
    assert b"model-of" not in text
    assert b"candidate" not in text
    assert b"control" not in text.replace(b"cache-control", b"")


def test_the_votes_tell_the_arms_that_nobody_saw(tmp_path: Path) -> None:
    """Whoever always chooses one answer's words has chosen the candidate, or with exchanged arms the control."""
    for swapped, worth in ((False, 1.0), (True, -1.0)):
        store = Store.open("sqlite", tmp_path / str(swapped))
        begin(store, 12, swapped=swapped)
        with rating(store) as client:
            while (told := client.post("/api/pairs/next", json={"experiment": NAME})).status_code == 200:
                pair = told.json()
                choice = "left" if pair["left"].startswith("Rye") else "right"
                client.post("/api/votes", json={"pair_id": pair["pair_id"], "choice": choice})
        assert set(store.votes.people(RUN).values()) == {worth}
        store.close()


def _routes(store: Store) -> list[tuple[str, str]]:
    """Every route of the console, with a value for each parameter."""
    app = build_console(store, parse({"upstreams": [{"name": "u", "base_url": "http://127.0.0.1:1"}]}, {}),
                        CollectorRegistry(), dict)  # fmt: skip
    found = []
    for route in app.routes:
        for handler in getattr(route, "route_handlers", []):
            assert isinstance(handler, HTTPRouteHandler)
            path = re.sub(r"\{[^}]+\}", NAME, route.path)
            found += [(method, path) for method in sorted(handler.http_methods)]
    return found


@pytest.mark.parametrize("tokens", [TOKENS, []], ids=["tokens", "loopback"])
def test_a_rater_opens_nothing_else(sqlite_store: Store, tokens: list[dict[str, str]]) -> None:
    """Every route of the console, by every method that it has; and some that do not exist."""
    begin(sqlite_store, 2)
    own = {("GET", "/ab"), ("POST", "/ab/vote"), ("POST", "/api/pairs/next"), ("POST", "/api/votes")}
    own |= {("GET", ENTER), ("POST", ENTER), ("GET", "/ab/console.css"), ("GET", "/ab/keys.js"), ("POST", "/ab/leave")}
    routes = _routes(sqlite_store)
    assert own <= set(routes)
    assert len(routes) > 30
    others = [route for route in routes if route not in own and route[0] != "OPTIONS"]
    others += [("GET", "/nothing"), ("GET", "/ab/other"), ("GET", "/static/x"), ("GET", "/login"), ("POST", "/logout")]
    with rating(sqlite_store, console_tokens=tokens) as client:
        for method, path in others:
            for headers in ({}, PAGE):
                answer = client.request(method, path, headers=headers)
                assert answer.status_code == 403, (method, path)
                assert "ferry" not in answer.text
        for method, path in routes:
            if method == "OPTIONS":
                assert client.request(method, path).status_code in (204, 403), path
        assert client.get("/ab").status_code == 200


def test_roles_say_the_same() -> None:
    """What a role may do is one table: a rater without an experiment is a guest, an admin may compare too."""
    assert not GUEST.may("GET", "/ab")
    assert GUEST.may("POST", ENTER)
    assert rater("rita", NAME).may("POST", "/api/votes")
    assert not rater("rita", NAME).may("GET", "/metrics")
    assert not rater("rita", NAME).may("DELETE", "/ab")
    assert LOCAL.may("GET", "/ab")


def test_a_link_is_looked_at_without_being_used(sqlite_store: Store) -> None:
    """A preview of the link changes nothing; the button exchanges it once; then it says why it does not work."""
    begin(sqlite_store, 1)
    link = sqlite_store.raters.link(NAME, "rita", "olga")
    with serving(sqlite_store, console_tokens=TOKENS) as client:
        for _ in range(2):
            page = client.get(ENTER, params={"link": link}, headers=PAGE)
            assert page.status_code == 200
            assert link in page.text
            assert "set-cookie" not in page.headers
        entered = client.post(ENTER, data={"link": link})
        cookie = entered.headers["set-cookie"]
        again = client.post(ENTER, data={"link": link})
        unknown = client.post(ENTER, data={"link": "guess"})
        large = client.post(ENTER, data={"link": "x" * 20_000})
    assert "HttpOnly; SameSite=Strict" in cookie
    assert link not in cookie
    assert (again.status_code, "has been used" in again.text) == (403, True)
    assert (unknown.status_code, "not known" in unknown.text) == (403, True)
    assert large.status_code == 400
    assert "set-cookie" not in again.headers


def test_another_site_cannot_vote(sqlite_store: Store) -> None:
    """Forms of other pages are refused before anything is read; nothing is counted."""
    begin(sqlite_store, 2)
    hostile = {"origin": "https://orchard.example"}
    with rating(sqlite_store, console_tokens=TOKENS) as client:
        pair = client.post("/api/pairs/next", json={"experiment": NAME}).json()["pair_id"]
        vote = {"pair_id": pair, "choice": "left"}
        assert client.post("/ab/vote", data=vote, headers=hostile).status_code == 403
        assert client.post("/api/votes", json=vote, headers={"sec-fetch-site": "cross-site"}).status_code == 403
        assert client.post(ENTER, data={"link": "x"}, headers=hostile).status_code == 403
        assert client.post("/ab/leave", headers=hostile).status_code == 403
        assert client.get("/ab").status_code == 200
    assert sqlite_store.votes.votes(RUN) == []


def test_signing_out_ends_it(sqlite_store: Store) -> None:
    """The cookie opens nothing any more, also a copy of it."""
    begin(sqlite_store, 1)
    with rating(sqlite_store, console_tokens=TOKENS) as client:
        copy = {"cookie": f"sightglass_rater={client.cookies['sightglass_rater']}"}
        left = client.post("/ab/leave")
        assert (left.status_code, left.headers["location"]) == (303, ENTER)
        client.cookies.clear()
        assert client.get("/ab", headers=copy).status_code == 401
        assert "signed out" in client.get(ENTER, headers=copy).text


def test_annotators_compare_under_their_own_name_and_viewers_do_not(sqlite_store: Store) -> None:
    """A token's holder names the experiment; the voter is whose token it is."""
    begin(sqlite_store, 3)
    with serving(sqlite_store, console_tokens=TOKENS) as client:
        assert client.get("/ab", params={"experiment": NAME}, headers=bearer("v")).status_code == 403
        assert client.post("/api/pairs/next", json={"experiment": NAME}, headers=bearer("v")).status_code == 403
        page = client.get("/ab", params={"experiment": NAME}, headers=bearer("a"))
        pair = re.search(r'name="pair_id" value="(\w+)"', page.text)
        assert pair is not None
        form = {"pair_id": pair[1], "choice": "skip", "experiment": NAME}
        voted = client.post("/ab/vote", data=form, headers=bearer("a"))
        twice = client.post("/ab/vote", data=form, headers=bearer("a"))
        none = client.post("/api/pairs/next", json={"experiment": "none"}, headers=bearer("a"))
    assert (voted.status_code, voted.headers["location"]) == (303, f"/ab?experiment={NAME}")
    assert twice.status_code == 303  # a double click is no error
    assert none.status_code == 404
    assert [(vote.voter, vote.choice) for vote in sqlite_store.votes.votes(RUN)] == [("anna", "skip")]


def test_a_rater_s_cookie_takes_nothing_from_a_token(sqlite_store: Store) -> None:
    """In one browser, an admin's own way in still opens the console, while ``/ab`` is the rater's."""
    begin(sqlite_store, 2)
    with rating(sqlite_store, console_tokens=TOKENS) as client:
        assert client.get("/samples", headers=bearer("o")).status_code == 200
        assert client.get("/samples", headers={"authorization": "Bearer wrong"}).status_code == 401
        assert client.get("/ab", headers=bearer("o")).status_code == 200
    shown = sqlite_store.votes.next(RUN, "rita")
    assert shown is not None
    assert sqlite_store.votes.count(RUN, "olga") == 0


def test_reading_a_pair_is_recorded_and_its_text_is_no_markup(sqlite_store: Store, tmp_path: Path) -> None:
    """Who read which sample; tags and control characters of an answer stay text."""
    begin(sqlite_store, 1, answers=lambda number, arm: f"<script>alert(1)</script> \x1b[31m **{arm[:2]}**")
    with rating(sqlite_store) as client:
        page = client.get("/ab").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "⟨001B⟩" in page
    assert "**ca**" in page
    with sqlite_store._database.read() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM reads").fetchall()
    assert any("s-0" in map(str, row) and any(str(word).startswith("rita@") for word in row) for row in rows)


def test_identical_pairs_and_repeats_look_like_any_other(sqlite_store: Store) -> None:
    """A control shows one answer twice under the page of every pair; the sides of a repeat are exchanged."""
    begin(sqlite_store, 60)
    shown: dict[str, tuple[str, str]] = {}
    keys = set()
    with rating(sqlite_store) as client:
        while (told := client.post("/api/pairs/next", json={"experiment": NAME})).status_code == 200:
            pair = told.json()
            keys.add(tuple(pair))
            shown[pair["pair_id"]] = pair["left"], pair["right"]
            client.post("/api/votes", json={"pair_id": pair["pair_id"], "choice": "tie"})
    votes = sqlite_store.votes.votes(RUN)
    kinds = {vote.kind for vote in votes}
    assert kinds == set(Kind)
    assert keys == {("pair_id", "messages", "left", "right")}
    first = {vote.pair: shown[vote.id] for vote in votes if vote.showing == 0}
    for vote in votes:
        left, right = shown[vote.id]
        assert (left == right) == (vote.kind == Kind.IDENTICAL)
        if vote.kind == Kind.REPEAT:
            assert (right, left) == first[vote.pair]
