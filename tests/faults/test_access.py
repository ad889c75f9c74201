"""X06, X08: who gets into the console when its listener is exposed; routes are enumerated from the application."""

from __future__ import annotations

import contextlib
import re
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
import uvicorn
from litestar import Litestar
from prometheus_client import CollectorRegistry

from proxy.config.settings import parse
from proxy.errors import ConfigError
from scorers.console.app import build_console
from scorers.store.store import Store
from support import plain

TOKEN = "an-admins-long-token-0123456789abcdef"
VIEWER = "a-viewers-long-token-0123456789abcdef"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
OVERRIDES = {"x-http-method-override": "GET", "x-method-override": "GET", "x-original-url": "/-/healthy"}


class Console:
    """The console of an empty store, bound as for an exposed listener."""

    def __init__(self, folder: Path) -> None:
        self.store = Store.open("sqlite", folder)
        self.listener = socket.create_server(("0.0.0.0", 0))
        self.port = self.listener.getsockname()[1]
        document = {
            "upstreams": [{"name": "u", "base_url": "http://127.0.0.1:1"}],
            "console_listen": f"0.0.0.0:{self.port}",
            "console_token": TOKEN,
            "console_tokens": [{"token": VIEWER, "role": "viewer", "name": "wall"}],
        }
        self.app: Litestar = build_console(self.store, parse(document, {}), CollectorRegistry(), dict)
        self.server = uvicorn.Server(uvicorn.Config(self.app, log_level="critical", lifespan="off", ws="none"))
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.listener]})
        self.client = plain.client(base_url=f"http://127.0.0.1:{self.port}", timeout=20)

    def __enter__(self) -> Console:
        self.thread.start()
        deadline = time.monotonic() + 10
        while not self.server.started and time.monotonic() < deadline:
            time.sleep(0.005)
        return self

    def __exit__(self, *exc: object) -> None:
        self.client.close()
        self.server.should_exit = True
        self.thread.join(10)
        self.listener.close()
        self.store.close()

    def send(self, method: str, raw_path: str, **headers: Any) -> httpx.Response:
        """A request whose path goes out exactly so."""
        request = self.client.build_request(method, "/", headers=headers)
        request.url = request.url.copy_with(raw_path=raw_path.encode())
        return self.client.send(request)

    def paths(self) -> list[str]:
        """Every path that the application has, with something in the place of its parameters."""
        return sorted({re.sub(r"\{[^}]*\}", "x", route.path) for route in self.app.routes})


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """One console for all cases."""
    with Console(tmp_path_factory.mktemp("console")) as running:
        yield running


def variants(path: str) -> set[str]:
    """Other ways to write a path, which a lax router takes for the same."""
    odd = {path, path + "/", "/" + path, path.upper(), path.title(), path.replace("/", "//"), path + "?x=/-/healthy"}
    odd |= {path.replace("a", "%61", 1), path.replace("/", "/%2e/", 1), path + "/%2e", path + "%00", path + ";x"}
    odd |= {"/-/healthy/.." + path, "/-/healthy/%2e%2e" + path, "/-/ready/%2E%2E%2F" + path[1:], path + "%20"}
    return odd


def test_x06_every_route_without_a_token_is_401(console: Console) -> None:
    """However path and method are written, nothing but the two probes answers; new routes are closed by default."""
    paths = console.paths()
    assert {"/api/samples", "/api/labels", "/api/users/x", "/api/costs", "/metrics", "/"} <= set(paths)
    probes = {"/-/healthy", "/-/ready"}
    wrong: list[str] = []
    for path in paths:
        for variant in sorted(variants(path)):
            answer = console.send("GET", variant, **OVERRIDES)
            # A probe stays a probe, whatever its query says and however its letters are encoded.
            if answer.status_code != 401 and unquote(variant.partition("?")[0]) not in probes:
                wrong.append(f"GET {variant}: {answer.status_code}")
        for method in METHODS:
            if path in probes:
                continue
            # Raters bring a link in place of a token: without one it is refused, and nothing is said of what there is.
            refused = (403,) if (method, path) == ("POST", "/ab/enter") else (401,)
            if console.send(method, path, **OVERRIDES).status_code not in refused:
                wrong.append(f"{method} {path}")
    assert wrong == []


def test_x06_the_same_routes_open_with_the_token(console: Console) -> None:
    """The walls stand because of the token, not because everything is shut."""
    opened = [path for path in console.paths() if console.send("GET", path, authorization=f"Bearer {TOKEN}").is_success]
    assert {"/", "/samples", "/api/samples", "/api/rates", "/api/costs", "/api/ledger", "/metrics"} <= set(opened)


def test_x06_a_viewer_reads_and_changes_nothing(console: Console) -> None:
    """With a viewer's token every request that changes something is 403, on every route."""
    for path in console.paths():
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            answer = console.send(method, path, authorization=f"Bearer {VIEWER}", **OVERRIDES)
            assert answer.status_code in ((403,) if path != "/login" else (403, 401)), f"{method} {path}"
    assert console.send("GET", "/api/samples", authorization=f"Bearer {VIEWER}").status_code == 200


@pytest.mark.parametrize(
    "presented",
    [
        b"x",
        TOKEN[:20].encode(),
        TOKEN[:-1].encode(),
        (TOKEN + "\u00fc").encode(),
        TOKEN.upper().encode(),
        (TOKEN[:20] + "x" * (len(TOKEN) - 20)).encode(),
        "\u0430n-admins-long-token-0123456789abcdef".encode(),
        b"' OR '1'='1",
        b"*",
        b"%00",
        b"\xff\xfe",
        b"[^]{1,}",
        b"x" * 30_000,
    ],
    ids=str,
)
def test_x08_a_wrong_token_is_a_constant_401(console: Console, presented: bytes) -> None:
    """Prefixes, look-alikes, metacharacters of databases, and long ones: the same answer, byte for byte."""
    plain = console.client.get("/api/samples")
    answer = console.client.get("/api/samples", headers={"authorization": b"Bearer " + presented})
    assert (answer.status_code, answer.content) == (401, plain.content)
    form = console.client.post("/login", data={"token": presented.decode("latin-1")})
    assert form.status_code in (401, 413)
    assert "set-cookie" not in form.headers


def test_x08_a_token_of_a_megabyte_is_refused(console: Console) -> None:
    """It is turned away by the server's own limit of a head, or by us; the console lives."""
    with contextlib.suppress(httpx.TransportError):
        answer = console.client.get("/api/samples", headers={"authorization": b"Bearer " + b"x" * 1_000_000})
        assert 400 <= answer.status_code < 500
    assert console.client.get("/-/healthy").status_code == 200


def test_x08_time_does_not_tell_how_much_was_right(console: Console) -> None:
    """A token that is right but for its end takes as long as one that is wrong from its beginning, within noise."""

    def taken(token: str) -> float:
        begun = time.perf_counter()
        assert console.client.get("/api/x", headers={"authorization": f"Bearer {token}"}).status_code == 401
        return time.perf_counter() - begun

    # In turn, so that whatever else the machine does falls on both.
    pairs = [(taken(TOKEN[:-1] + "x"), taken("x" * len(TOKEN))) for _ in range(150)]
    near, far = (statistics.median(times) for times in zip(*pairs, strict=True))
    assert abs(near - far) < 0.002 + 0.5 * max(near, far)


def test_x06_an_exposed_console_without_a_token_does_not_start() -> None:
    """Beyond loopback some token is required, whichever kind; names are unique, tokens are long, roles are known."""
    exposed = {"upstreams": [{"name": "u", "base_url": "http://127.0.0.1:1"}], "console_listen": "0.0.0.0:8082"}
    with pytest.raises(ConfigError, match="console_token"):
        parse(exposed, {})
    one = {"token": VIEWER, "role": "viewer", "name": "wall"}
    assert parse({**exposed, "console_tokens": [one]}, {}).console_token is None
    for wrong in ([one, one], [{**one, "token": "short"}], [{**one, "role": "owner"}], [{**one, "name": "all"}]):
        with pytest.raises(ConfigError, match="console_tokens"):
            parse({**exposed, "console_tokens": wrong}, {})
