"""Drift in the console over real sockets: the API, the page, accepting, and who may."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import uvicorn
from prometheus_client import CollectorRegistry

from proxy.config.settings import Settings, parse
from proxy.sample import Sample
from scorers.console.app import build_console
from scorers.drift.monitor import advance
from scorers.store.records import ScoredSample
from scorers.store.store import Store
from support import plain

HOSTILE = "<script>alert(1)</script>"
_KEYS = {
    *("signal", "app", "model", "state", "since", "baseline", "current", "samples", "samples_needed", "statistic"),
    *("threshold", "causes"),
}
_TOKENS = [{"token": f"{role}-0123456789", "role": role, "name": role} for role in ("viewer", "annotator", "admin")]


def settings(listener: socket.socket) -> Settings:
    """A console on this address with a token of each role."""
    return parse(
        {
            "upstreams": [{"name": "local", "base_url": "http://127.0.0.1:1"}],
            "console_listen": f"127.0.0.1:{listener.getsockname()[1]}",
            "console_tokens": _TOKENS,
            "drift": {"false_alarms_per_month": 1, "baseline": {"min_days": 0, "min_samples": 60}},
        },
        {},
    )


@pytest.fixture
def console(
    sqlite_store: Store, make_sample: Callable[..., Sample], make_scored: Callable[..., ScoredSample]
) -> Iterator[str]:
    """A console over a store whose refusals have drifted with a hostile fingerprint."""
    now = time.time()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        own = settings(listener)
        for number in range(200):
            late = number >= 100
            facts = {"started_at": now - 300 + number, "conversation": f"c{number}", "app": HOSTILE}
            sample = make_sample(f"s{number}", system_fingerprint=HOSTILE if late else "fp1", **facts)
            sqlite_store.save_samples([sample], content=False)
            sqlite_store.save_scores([make_scored(sample, 0.9 if number % (2 if late else 20) == 0 else 0.1)])
        while advance(sqlite_store, own).lines:
            pass
        app = build_console(sqlite_store, own, CollectorRegistry(), lambda: {"ready": True})
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.005)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


def ask(method: str, url: str, role: str = "viewer", **more: Any) -> httpx.Response:
    """One request with the role's token."""
    headers = {"authorization": f"Bearer {role}-0123456789", **more.pop("headers", {})}
    return plain.request(method, url, headers=headers, timeout=10, **more)


def test_the_api_tells_signals_and_causes(console: str) -> None:
    """Every documented key; filters and pages; a mistyped parameter is an error."""
    body = ask("GET", f"{console}/api/drift").json()
    assert body["cursor"] is None
    rows = {row["signal"]: row for row in body["signals"]}
    assert all(set(row) >= _KEYS for row in rows.values())
    refused = rows["refusal.refused"]
    assert (refused["state"], refused["app"], refused["model"]) == ("drifted", HOSTILE, "gpt-x")
    assert refused["baseline"] < 0.1 < refused["current"]
    cause = refused["causes"][0]
    assert set(cause) >= {"dimension", "from", "to", "at", "share"}
    assert (cause["dimension"], cause["from"], cause["to"]) == ("system_fingerprint", "fp1", HOSTILE)
    first = ask("GET", f"{console}/api/drift", params={"limit": 2}).json()
    assert len(first["signals"]) == 2
    second = ask("GET", f"{console}/api/drift", params={"limit": 1000, "cursor": first["cursor"]}).json()
    assert len(second["signals"]) == len(rows) - 2
    assert {row["model"] for row in ask("GET", f"{console}/api/drift", params={"model": "all"}).json()["signals"]} == {
        "all"
    }
    assert ask("GET", f"{console}/api/drift", params={"until": "1"}).json()["signals"] == []
    assert ask("GET", f"{console}/api/drift", params={"signal": "x"}).status_code == 400


def test_who_may_accept(console: str) -> None:
    """Nobody without a token, no viewer; an annotator may, and then the signal has a new baseline."""
    url = f"{console}/api/drift/accept"
    chosen = {"signal": "refusal.refused", "app": HOSTILE, "model": "gpt-x"}
    assert plain.post(url, json=chosen).status_code == 401
    assert ask("POST", url, json=chosen).status_code == 403
    assert ask("POST", url, "annotator", json=chosen, headers={"origin": "http://evil.example"}).status_code == 403
    answer = ask("POST", url, "annotator", json=chosen)
    assert (answer.status_code, answer.json()) == (200, {"accepted": [chosen]})
    rows = {row["signal"]: row for row in ask("GET", f"{console}/api/drift").json()["signals"]}
    assert rows["refusal.refused"]["state"] in ("learning", "watching")
    assert rows["refusal.refused"]["baseline"] > 0.3
    assert ask("POST", url, "admin").status_code == 200  # all that have drifted
    assert ask("POST", url, "admin").json() == {"accepted": []}


@pytest.mark.parametrize(
    "body", [b"[]", b"{", b'{"signal": 7}', b'{"sig": "x"}', b"\xff", b'{"signal": "' + b"x" * 5000]
)
def test_a_wrong_body_is_one_clear_error(console: str, body: bytes) -> None:
    """400, as JSON, and nothing is accepted."""
    answer = ask("POST", f"{console}/api/drift/accept", "admin", content=body)
    assert answer.status_code == 400
    assert "error" in answer.json()


def test_the_page_is_inert_and_accepts(console: str) -> None:
    """What traffic names is shown as text; the button's form leads back to the page."""
    page = ask("GET", f"{console}/drift", "annotator")
    assert page.status_code == 200
    assert HOSTILE not in page.text
    assert "&lt;script&gt;" in page.text
    assert 'action="/api/drift/accept"' in page.text
    assert "fp1" in page.text
    form = {"signal": "refusal.refused", "app": HOSTILE, "model": "gpt-x"}
    answer = ask("POST", f"{console}/api/drift/accept", "annotator", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/drift")
    unknown = ask("POST", f"{console}/api/drift/accept", "annotator", data={**form, "signal": "none"})
    assert unknown.status_code == 404
