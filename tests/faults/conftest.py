"""One scripted provider and one proxy for each file; each test sets the provider's script."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from proxy.queue.redis import RedisQueue
from support import replies
from support.proxying import Proxy
from support.upstream import ScriptedUpstream


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedUpstream]:
    """The scripted provider of this file's tests."""
    with ScriptedUpstream(lambda request: replies.chat_json("The lamp is on the table.")) as server:
        yield server


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    """What this file's proxy is configured with beyond the helper's defaults; files override it."""
    return {}


@pytest.fixture(scope="module")
def proxy(
    provider: ScriptedUpstream, config: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    """One proxy in front of the provider; it must end well and quietly."""
    process = Proxy(tmp_path_factory.mktemp("proxy"), provider.url + "/v1", **config)
    yield process
    process.finish()


@pytest.fixture
def script(provider: ScriptedUpstream) -> Callable[[Any], ScriptedUpstream]:
    """Set the provider's script (a function of the request, or steps), and forget what it has seen."""

    def use(steps: Any) -> ScriptedUpstream:
        provider.script = steps if callable(steps) else lambda request: list(steps)
        provider.requests.clear()
        provider.disconnects = 0
        return provider

    return use


@pytest.fixture
def start_proxy(tmp_path: Path) -> Iterator[Callable[..., Proxy]]:
    """``start_proxy(upstream_url, **config)``: a proxy of the test's own; it must be quiet, and ends at once."""
    running: list[Proxy] = []

    def start(upstream: str, **config: Any) -> Proxy:
        folder = tmp_path / f"proxy-{len(running)}"
        folder.mkdir()
        running.append(Proxy(folder, upstream, **config))
        return running[-1]

    yield start
    for process in running:
        process.end_now()
    for process in running:
        assert "Traceback" not in process.output(), process.output()[-4000:]


@pytest.fixture
async def open_redis() -> AsyncIterator[Callable[..., RedisQueue]]:
    """``open_redis(url, timeout=...)``: a queue of the test's own."""
    made: list[RedisQueue] = []

    def make(url: str, max_bytes: int = 1_000_000, timeout: float = 0.25) -> RedisQueue:
        made.append(RedisQueue(url, max_bytes, timeout))
        return made[-1]

    yield make
    for queue in made:
        await queue.close()


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Proxy, ScriptedUpstream, ScriptedUpstream]]:
    """A proxy in front of two upstreams: ``one`` has a key of its own, ``two`` passes the client's; ``two`` is the
    default."""
    with (
        ScriptedUpstream(lambda r: replies.chat_json("from one")) as one,
        ScriptedUpstream(lambda r: replies.chat_json("from two")) as other,
    ):
        process = Proxy(
            tmp_path_factory.mktemp("two"),
            one.url,
            upstreams=[
                {"name": "one", "base_url": one.url + "/v1", "api_key": "sk-of-one-1234567", "models": ["gpt-*"]},
                {"name": "two", "base_url": other.url, "models": ["llama*"]},
            ],
            default_upstream="two",
        )
        yield process, one, other
        process.finish()
