"""Clients that people use, over real sockets: each reads through us what it reads without us, and the provider gets the
same bytes.

Each client is a program of ``tests/clients`` (or a command) that prints what an application reads at each URL that it
is given: a scripted provider's own, and that of the real proxy in front of another one with the same script. Clients
beyond openai 3 are installed by ``tests/clients/install.sh``, which ``make test`` runs.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from support import replies
from support.proxying import Proxy
from support.upstream import Recorded, ScriptedUpstream, Step

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = ROOT / "tests" / "clients"
PYTHON = ROOT / "build" / "clients" / "small" / "bin" / "python"
NODE = ROOT / "build" / "clients" / "node"

LAMP = "The lamp stands on the small table beside the door. 灯 🏮"
PLACE = '{"place": "table", "metres": 1.5}'
#: What a proxy adds or decides by itself; everything else must be the client's own.
HOP = (b"host", b"connection", b"keep-alive", b"x-sightglass-hop")
#: Drawn anew by a client for each request.
RANDOM = (b"idempotency-key", b"x-stainless-retry-count", b"content-length", b"content-type")


class Pair(NamedTuple):
    """The same provider twice: one asked straight, one through the proxy."""

    straight: ScriptedUpstream
    behind: ScriptedUpstream
    proxy: Proxy

    @property
    def urls(self) -> list[str]:
        """Base URLs without ``/v1``: straight, then through the proxy."""
        return [self.straight.url, self.proxy.url]


def _anthropic(request: Recorded, body: dict[str, Any]) -> Iterable[Step]:
    if request.target.startswith("/v1/messages/count_tokens"):
        return replies.http(200, b'{"input_tokens": 11}')
    usage = {"input_tokens": 11, "output_tokens": 7}
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [{"type": "text", "text": LAMP}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": usage,
    }
    if body.get("tools"):
        call = {"type": "tool_use", "id": "toolu_1", "name": "find", "input": {"what": "lamp"}}
        message |= {"content": [call], "stop_reason": "tool_use"}
    if not body.get("stream"):
        return replies.http(200, json.dumps(message).encode(), {"request-id": "req_a"})
    empty = {"type": "text", "text": ""}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**message, "content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": empty},
        {"type": "ping"},
    ]
    for piece in replies.pieces(LAMP, 9):
        delta = {"type": "text_delta", "text": piece}
        events.append({"type": "content_block_delta", "index": 0, "delta": delta})
    events += [
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": usage},
        {"type": "message_stop"},
    ]
    return replies.stream([replies.sse(event, event["type"]) for event in events])


def _chat(body: dict[str, Any]) -> Iterable[Step]:
    streamed = bool(body.get("stream"))
    if body.get("tools"):
        calls = [replies.tool_call("find", '{"what": "lamp"}')]
        if streamed:
            return replies.stream(replies.chat_events("", tool_calls=calls, usage=None))
        return replies.chat_json(None, tool_calls=calls)
    text = PLACE if body.get("response_format") else LAMP
    usage = replies.USAGE if (body.get("stream_options") or {}).get("include_usage") else None
    return replies.stream(replies.chat_events(text, usage=usage)) if streamed else replies.chat_json(text)


def provider(request: Recorded) -> Iterable[Step]:
    """Answers each form in kind."""
    path = request.target.partition("?")[0]
    if path.startswith("/v1/files"):
        if request.method == "GET":
            return replies.http(200, bytes(range(256)) * 10, {"content-type": "application/octet-stream"})
        file = {"id": "file-1", "object": "file", "bytes": 1, "created_at": 1, "filename": "a", "purpose": "batch"}
        return replies.http(200, json.dumps({**file, "status": "processed"}).encode())
    if path == "/v1/models":
        return replies.http(200, b'{"object":"list","data":[{"id":"m","object":"model","created":1,"owned_by":"x"}]}')
    body = request.json()
    if body.get("model") == "missing":
        return replies.error(404, code="model_not_found")
    if path.startswith("/v1/messages"):
        return _anthropic(request, body)
    if path == "/v1/embeddings":
        vector = {"object": "embedding", "index": 0, "embedding": [0.25, -0.5]}
        usage = {"prompt_tokens": 2, "total_tokens": 2}
        return replies.http(
            200, json.dumps({"object": "list", "data": [vector], "model": "m", "usage": usage}).encode()
        )
    if path == "/v1/responses":
        return replies.stream(replies.responses_events(LAMP)) if body.get("stream") else replies.responses_json(LAMP)
    return _chat(body)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two providers with one script, and the proxy in front of the second; it must end well and quietly."""
    with ScriptedUpstream(provider) as straight, ScriptedUpstream(provider) as behind:
        timeouts = {"connect": "5s", "first_byte": "20s", "idle": "20s"}
        proxy = Proxy(tmp_path_factory.mktemp("clients"), behind.url + "/v1", timeouts=timeouts)
        yield Pair(straight, behind, proxy)
        proxy.finish()


@pytest.fixture
def pair(running: Pair) -> Pair:
    """The pair, without the requests of another test."""
    running.straight.requests.clear()
    running.behind.requests.clear()
    return running


def _environment(folder: Path) -> dict[str, str]:
    """No proxy, no key and no setting of the person who runs the tests."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
    return kept | {"HOME": str(folder), "LLM_USER_PATH": str(folder), "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def _run(command: list[str], folder: Path) -> bytes:
    done = subprocess.run(command, capture_output=True, timeout=60, cwd=folder, env=_environment(folder), check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-3000:]
    return done.stdout


def _plain(request: Recorded) -> tuple[Any, ...]:
    """What must be the same; a multipart boundary is drawn anew each time and stands for itself."""
    body, kind = request.body, request.header("content-type") or ""
    boundary = re.search(r'boundary="?([^";]+)', kind)
    if boundary:
        body, kind = body.replace(boundary[1].encode(), b"BOUNDARY"), kind.replace(boundary[1], "BOUNDARY")
    headers = [(name.lower(), value) for name, value in request.headers if name.lower() not in (*HOP, *RANDOM)]
    names = sorted(name.lower() for name, _ in request.headers if name.lower() in RANDOM)
    return request.method, request.target, kind, body, tuple(headers), tuple(names)


def _same_upstream(pair: Pair, least: int) -> None:
    """The provider behind the proxy got what the other one got; requests sent together may come in any order."""
    straight, behind = [sorted(map(_plain, side.requests), key=repr) for side in (pair.straight, pair.behind)]
    assert len(straight) >= least
    assert behind == straight
    assert all(request.header("x-sightglass-hop") for request in pair.behind.requests)


def _same(pair: Pair, printed: bytes, least: int) -> dict[str, Any]:
    """Both URLs read alike; what was read, and the client's version."""
    document = json.loads(printed)
    straight, through = document["read"]
    assert through == straight
    assert LAMP in json.dumps(through, ensure_ascii=False)
    _same_upstream(pair, least)
    return {"version": document["version"], **through}


def _python() -> str:
    if not PYTHON.exists():
        pytest.skip("the Python clients are not installed: `make clients` says why")
    return str(PYTHON)


def _check_openai(pair: Pair, python: str, folder: Path, major: str) -> None:
    urls = [url + "/v1" for url in pair.urls]
    read = _same(pair, _run([python, str(CLIENTS / "openai_smoke.py"), *urls], folder), 22)
    assert read["version"].split(".")[0] == major
    sync, other = read["sync"], read["async"]
    assert sync["stream"] == other["stream"] == LAMP
    assert json.loads(sync["tools_stream"]) == json.loads(other["tools"]) == {"what": "lamp"}
    assert sync["structured"] == other["structured"] == json.loads(PLACE)
    assert sync["usage"][0]["total_tokens"] == 27
    assert sync["responses_stream"][-1] == LAMP
    assert (sync["upload"], sync["error"][0]) == ("file-1", "model_not_found")
    uploads = [request for request in pair.behind.requests if request.method == "POST" and "files" in request.target]
    assert sorted(len(request.body) > 300_000 for request in uploads) == [False, True]


def test_openai_python_3(pair: Pair, tmp_path: Path) -> None:
    """Synchronous and asynchronous: chat, streams, tools, structured outputs, responses, files, errors."""
    _check_openai(pair, sys.executable, tmp_path, "3")


def test_openai_python_2(pair: Pair, tmp_path: Path) -> None:
    """The version before, which is built on another HTTP client."""
    _check_openai(pair, _python(), tmp_path, "2")


def test_anthropic_python(pair: Pair, tmp_path: Path) -> None:
    """Messages, streams, tools, token counts, errors: Anthropic's own URL and header."""
    read = _same(pair, _run([_python(), str(CLIENTS / "anthropic_smoke.py"), *pair.urls], tmp_path), 8)
    assert read["sync"]["stream"] == [LAMP, 7]
    assert read["sync"]["events"][-1] == "message_stop"
    assert read["sync"]["error"][0] == 404
    assert read["async"]["stream"] == LAMP


def test_langchain_openai(pair: Pair, tmp_path: Path) -> None:
    """A chat model with streams, tools, structured output, and embeddings."""
    urls = [url + "/v1" for url in pair.urls]
    read = _same(pair, _run([_python(), str(CLIENTS / "langchain_smoke.py"), *urls], tmp_path), 6)
    assert read["stream"] == read["async"] == LAMP
    assert read["tools"][0]["args"] == {"what": "lamp"}
    assert read["structured"] == json.loads(PLACE)


def test_llm(pair: Pair, tmp_path: Path) -> None:
    """The command-line tool, configured as its users configure another endpoint."""
    command = Path(_python()).parent / "llm"
    models = [
        {"model_id": name, "model_name": "gpt-4o-mini", "api_base": url + "/v1", "api_key_name": "lamp"}
        for name, url in zip(("straight", "through"), pair.urls, strict=True)
    ]
    (tmp_path / "extra-openai-models.yaml").write_text(json.dumps(models))  # JSON is YAML
    for more in ([], ["--no-stream"]):
        told = [
            _run([str(command), "-m", name, "--key", "sk-test", *more, "Where is the lamp?"], tmp_path).decode()
            for name in ("straight", "through")
        ]
        assert told[0] == told[1] == LAMP + "\n"
    _same_upstream(pair, 2)
    assert [request.json().get("stream", False) for request in pair.behind.requests] == [True, False]


def test_node_clients(pair: Pair, tmp_path: Path) -> None:
    """openai-node and @anthropic-ai/sdk: chat, streams, tools, structured outputs, responses, files, errors."""
    node = shutil.which("node")
    if node is None or not (NODE / ".installed").exists():
        pytest.skip("node or its clients are not installed: `make clients` says why")
    program = NODE / "smoke.mjs"  # modules are looked for beside the program
    shutil.copyfile(CLIENTS / "node" / "smoke.mjs", program)
    read = _same(pair, _run([node, str(program), *pair.urls], tmp_path), 12)
    assert read["openai"]["stream"] == read["openai"]["responses"] == read["anthropic"]["stream"] == LAMP
    assert read["openai"]["toolsStream"]["tool_calls"][0]["function"]["arguments"] == '{"what": "lamp"}'
    assert read["openai"]["structured"]["parsed"] == json.loads(PLACE)
    assert read["openai"]["error"] == [404, "model_not_found"]


@pytest.mark.parametrize("stream", [True, False])
def test_curl(pair: Pair, tmp_path: Path, stream: bool) -> None:
    """``curl -N``: every byte of the body, and the provider's headers."""
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed")
    question = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Where?"}], "stream": stream}
    command = [curl, "-sSN", "--include", "-H", "Authorization: Bearer sk-test", "-H", "Content-Type: application/json"]
    command += ["-d", json.dumps(question)]
    straight, through = (_run([*command, url + "/v1/chat/completions"], tmp_path) for url in pair.urls)
    ours = re.compile(rb"(?i)(x-sightglass-[a-z-]+|transfer-encoding|connection):[^\r]*\r\n")
    assert ours.sub(b"", through) == ours.sub(b"", straight)
    assert b"x-request-id: req_upstream" in through
    assert through.count(b"data:") == (0 if not stream else straight.count(b"data:"))
    _same_upstream(pair, 1)


def test_install_script_names_what_is_missing(tmp_path: Path) -> None:
    """Where a client cannot be installed the script says so and does not fail the build."""
    copy = tmp_path / "project"
    for name in ("tests/clients/node/package-lock.json", "tests/clients/install.sh", "requirements/clients/small.lock"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "dirname", "mkdir", "cat", "sha256sum"):
        (tools / name).symlink_to(str(shutil.which(name)))
    (tools / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tools / "python3").chmod(0o755)
    done = subprocess.run(
        [str(tools / "bash"), str(copy / "tests/clients/install.sh")],
        capture_output=True,
        text=True,
        env={"PATH": str(tools)},
        timeout=20,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [line.split(" (")[0] for line in done.stderr.splitlines() if line.startswith("SKIPPED")] == [
        "SKIPPED: the Python clients of 'small'",
        "SKIPPED: the Node clients of 'node'",
    ]


def test_locks_name_no_registry() -> None:
    """No lock file holds an address, and every package has a hash."""
    files = sorted(CLIENTS.glob("*/package-lock.json"))
    assert len(files) == 3
    for file in files:
        packages = [item for name, item in json.loads(file.read_text())["packages"].items() if name]
        assert packages
        assert all(item["integrity"].startswith("sha512-") and "resolved" not in item for item in packages)
    locks = sorted((ROOT / "requirements" / "clients").glob("*.lock"))
    assert len(locks) == 4
    assert all("://" not in lock.read_text() for lock in locks)
