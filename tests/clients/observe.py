"""One client at work: at the provider directly, and at another one of the same script through the proxy."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from clients.catalogue import Client
from clients.programs import sentences
from clients.provider import Provider, body_of
from clients.truth import PRICES
from proxy import sample as samples
from proxy.exchange import Exchange
from support.proxying import Proxy
from support.upstream import Recorded, ScriptedUpstream

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "clients"
PROGRAMS = Path(__file__).parent / "programs"
#: What a proxy decides by itself (RFC 9110, 7.6.1), or adds.
_HOP = (b"host", b"connection", b"keep-alive", b"x-sightglass-hop", b"upgrade", b"sec-websocket-key")
#: Drawn anew for each request, wherever they stand.
_DRAWN = re.compile(
    rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?:msg|ses|prt|wrk|rs|turn)_[0-9A-Za-z]{10,}"
    rb"|[0-9a-f]{16,64}|ai-sdk-[A-Za-z0-9]+|\d{4}-\d\d-\d\dT[0-9:.]+Z?|\b\d{13}\b|cch=[0-9a-f]+|Chunk ID: [0-9a-f]+"
)
_DRAWN_HEADERS = (b"idempotency-key", b"x-idempotency-key", b"content-length", b"date")


class Missing(Exception):
    """A client that is not installed here."""


@dataclass(slots=True)
class Observed:
    """What the proxy recorded of one run."""

    exchanges: list[Exchange]
    samples: dict[str, samples.Sample]


@dataclass(slots=True)
class Run:
    """Both runs of one client: what it printed at each, and what each provider got."""

    version: str
    printed: tuple[bytes, bytes]
    requests: tuple[list[Recorded], list[Recorded]]
    provider: Provider
    observed: Observed


def version_of(client: Client) -> str:
    """The installed version of a client. Raises ``Missing``."""
    if client.program.endswith(".mjs") or client.environment == "agents":
        file = BUILD / client.environment / "node_modules" / client.package / "package.json"
        if not file.exists() or shutil.which("node") is None:
            raise Missing(client.package)
        return str(json.loads(file.read_text())["version"])
    python = _python(client)
    code = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"
    done = subprocess.run([python, "-c", code, client.package], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Missing(client.package)
    return done.stdout.strip()


def _python(client: Client) -> str:
    if client.environment in ("own", "agents"):
        return sys.executable
    file = BUILD / client.environment / "bin" / "python"
    if not file.exists():
        raise Missing(client.package)
    return str(file)


def _command(client: Client) -> list[str]:
    if not client.program.endswith(".mjs"):
        return [_python(client), str(PROGRAMS / client.program)]
    place = BUILD / client.environment  # modules are looked for beside the program
    shutil.copyfile(PROGRAMS / client.program, place / client.program)
    said = {name: value for name, value in vars(sentences).items() if name.isupper()}
    (place / "sentences.mjs").write_text(f"export default {json.dumps(said)};\n", encoding="utf-8")
    return [str(shutil.which("node")), str(place / client.program)]


def _environment(client: Client, folder: Path) -> dict[str, str]:
    """No proxy, no key and no setting of the person who runs it; a home of its own."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    extra = {"NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1", "CLIENTS": str(BUILD / client.environment), "TZ": "UTC"}
    return kept | extra | {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "config"), "CI": "1"}


def _run(client: Client, url: str) -> bytes:
    # The same folder for both runs: agents put its name into what they send.
    folder = Path(tempfile.gettempdir()) / f"sightglass-clients-{os.getuid()}" / client.program.partition(".")[0]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = [*_command(client), url + client.base, *client.arguments]
    environ = _environment(client, folder)
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=client.seconds, cwd=folder, env=environ, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if done.returncode:
        raise RuntimeError(
            f"{client.name} ended with {done.returncode}: {done.stderr.decode(errors='replace')[-2000:]}"
        )
    return done.stdout


def run(client: Client) -> Run:
    """Run a client twice. Raises ``Missing``, and ``RuntimeError`` where its program fails."""
    version = version_of(client)
    direct, through = Provider(), Provider()
    with (
        tempfile.TemporaryDirectory(prefix="sightglass-clients-") as place,
        ScriptedUpstream(direct, direct.upgraded) as straight,
        ScriptedUpstream(through, through.upgraded) as behind,
        _proxy(Path(place), behind) as proxy,
    ):
        printed = _run(client, straight.url), _run(client, proxy.url)
        observed = _observed(proxy)
    requests = list(straight.requests), list(behind.requests)
    return Run(version, printed, requests, through, observed)


@contextlib.contextmanager
def _proxy(folder: Path, upstream: ScriptedUpstream) -> Iterator[Proxy]:
    prices = {"as_of": "2026-11-28", "models": PRICES}
    (folder / "prices.yaml").write_text(yaml.safe_dump(prices), encoding="utf-8")
    timeouts = {"connect": "5s", "first_byte": "30s", "idle": "30s"}
    proxy = Proxy(folder, upstream.url + "/v1", timeouts=timeouts, prices=str(folder / "prices.yaml"))
    try:
        yield proxy
    finally:
        proxy.finish()


def _observed(proxy: Proxy) -> Observed:
    """Everything in the queue once nothing is on its way."""
    proxy.wait_idle(20)
    rows = proxy.exchanges()
    rows.sort(key=lambda exchange: exchange.started_at)
    return Observed(rows, {sample.id: sample for sample in proxy.samples()})


def _ordered(body: bytes) -> bytes:
    """A JSON body with its members in order: Codex puts some of them in another one each time."""
    try:
        return json.dumps(_plain(json.loads(body)), sort_keys=True, ensure_ascii=False).encode()
    except ValueError:
        return body


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, str) and value.startswith("{"):  # JSON inside of a text
        with contextlib.suppress(ValueError):
            return _plain(json.loads(value))
    return value


def comparable(request: Recorded, varies: bool) -> tuple[Any, ...]:
    """What must be the same of a request in both runs."""
    body, headers = request.body, []
    for name, value in request.headers:
        if name.lower() not in (*_HOP, *_DRAWN_HEADERS):
            headers.append((name.lower(), value))
    target = request.target.encode()
    if varies:
        body = _DRAWN.sub(b"#", re.sub(rb"127\.0\.0\.1:\d+", b"HOST", _ordered(body_of(request))))
        headers = [(name, _DRAWN.sub(b"#", value)) for name, value in headers]
        target = _DRAWN.sub(b"#", target)
    return request.method, target, tuple(headers), body
