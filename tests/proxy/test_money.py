"""What answers cost, over sockets: the reasons of unpriced ones, announced ends of models, usage that is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from support import plain, replies
from support.processes import wait_until
from support.proxying import KEY, Proxy, Wire
from support.upstream import Recorded, ScriptedUpstream, Step

END = 1797206400.0  # 2026-12-14T00:00:00Z
LISTED = {
    "object": "list",
    "data": [
        {"id": "gpt-5-mini", "object": "model", "shutdown_date": "2026-12-14"},
        {"id": "nobody-asks-for-this", "object": "model", "shutdown_date": "2026-12-14"},
        {"id": "lamp-1", "object": "model", "shutdown_date": None},
    ],
}


@pytest.fixture(scope="module")
def provider() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream(lambda request: []) as server:
        yield server


@pytest.fixture(scope="module")
def proxy(provider: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    process = Proxy(tmp_path_factory.mktemp("money"), provider.url, sampling={"rate": 1.0})
    yield process
    process.finish()


def _ask(proxy: Proxy, provider: ScriptedUpstream, body: dict[str, Any], answer: dict[str, Any], path: str) -> Any:
    """The Exchange of one request."""
    provider.script = lambda request: replies.http(200, orjson.dumps(answer))
    signed = {"authorization": f"Bearer {KEY}"}
    response = plain.post(f"{proxy.url}/v1/{path}", json=body, headers=signed, timeout=20)
    assert response.json() == answer
    return proxy.sample_of(response).exchange


def _chat(model: str, usage: dict[str, Any], **more: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": "It is lit."}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    return {"id": "c-1", "object": "chat.completion", "model": model, "choices": choices, "usage": usage, **more}


def _message(usage: dict[str, Any], **more: Any) -> dict[str, Any]:
    content = [{"type": "text", "text": "It is lit."}]
    base = {
        "id": "m-1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-6",
        "stop_reason": "end_turn",
    }
    return {**base, "content": content, "usage": usage, **more}


TEXT = {"prompt_tokens": 1_000_000, "completion_tokens": 0, "total_tokens": 1_000_000}
ASK = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "Is the lamp lit?"}]}
HOUR = [{"type": "text", "text": "Keep the log.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]
WRITTEN = {"input_tokens": 0, "cache_creation_input_tokens": 1_000_000, "output_tokens": 0}


@pytest.mark.parametrize(
    ("ask", "answer", "cost", "unpriced"),
    [
        ({}, {}, 0.25, None),
        ({}, {"service_tier": "default"}, 0.25, None),
        ({"service_tier": "flex"}, {"service_tier": "flex"}, 0.125, None),
        ({"service_tier": "flex"}, {"service_tier": "default"}, 0.25, None),
        ({"service_tier": "flex"}, {}, None, "service_tier"),
        ({}, {"service_tier": "scale"}, None, "service_tier"),
        ({}, {"model": "gpt-5-mini-2031-01-01"}, None, "no_price"),
        ({"model": "alias"}, {}, 0.25, None),
        ({}, {"usage": {**TEXT, "prompt_tokens_details": {"audio_tokens": 5}}}, None, "modality"),
        ({}, {"usage": {**TEXT, "cost": 0.5, "is_byok": False}}, 0.5, None),
        ({}, {"model": "maker/lamp", "usage": {**TEXT, "cost": 0.5, "cost_details": {}}}, 0.5, None),
        ({}, {"usage": {**TEXT, "num_sources_used": 3}}, None, "tool_fee"),
        ({}, {"web_search": [{"link": "https://lamps.example"}]}, None, "tool_fee"),
    ],
)
def test_chat(
    proxy: Proxy, provider: ScriptedUpstream, ask: Any, answer: Any, cost: float | None, unpriced: str | None
) -> None:
    """The cost of a chat answer is that of what its answer names, or it is unpriced and says why."""
    whole = {**_chat("gpt-5-mini", TEXT), **answer}
    exchange = _ask(proxy, provider, {**ASK, **ask}, whole, "chat/completions")
    assert exchange.unpriced == unpriced
    assert exchange.cost_usd == (None if cost is None else pytest.approx(cost))


@pytest.mark.parametrize(
    ("ask", "answer", "cost", "unpriced"),
    [
        ({}, _message(WRITTEN), 3.75, None),
        ({"system": HOUR}, _message(WRITTEN), None, "cache_write"),
        (
            {"system": HOUR},
            _message({**WRITTEN, "cache_creation": {"ephemeral_1h_input_tokens": 1_000_000}}),
            6.0,
            None,
        ),
        ({}, _message({"input_tokens": 1_000_000, "output_tokens": 0, "inference_geo": "us"}), 3.3, None),
        ({"inference_geo": "us"}, _message({"input_tokens": 9, "output_tokens": 0}), None, "service_tier"),
        ({}, _message({"input_tokens": 9, "output_tokens": 0, "speed": "fast"}), None, "service_tier"),
        ({}, _message({"input_tokens": 9, "output_tokens": 0, "service_tier": "priority"}), None, "service_tier"),
        (
            {},
            _message({"input_tokens": 0, "output_tokens": 0, "server_tool_use": {"web_search_requests": 2}}),
            0.02,
            None,
        ),
        ({}, _message({"input_tokens": 9, "output_tokens": 0}, container={"id": "box"}), None, "tool_fee"),
    ],
)
def test_messages(
    proxy: Proxy, provider: ScriptedUpstream, ask: Any, answer: Any, cost: float | None, unpriced: str | None
) -> None:
    """The same of Anthropic's messages: long caches, regions, speeds, searches, containers."""
    body = {"model": "claude-sonnet-4-6", "max_tokens": 9, "messages": ASK["messages"], **ask}
    exchange = _ask(proxy, provider, body, answer, "messages")
    assert exchange.unpriced == unpriced
    assert exchange.cost_usd == (None if cost is None else pytest.approx(cost))


SEARCH = {"type": "web_search_call", "id": "w", "status": "completed", "action": {"type": "search", "query": "lamp"}}
OPENED = {**SEARCH, "action": {"type": "open_page", "url": "https://lamps.example"}}
SAID = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "It is lit."}]}


@pytest.mark.parametrize(
    ("output", "more", "cost", "unpriced"),
    [
        ([SAID], {}, 0.25, None),
        ([SEARCH, OPENED, SEARCH, SAID], {}, 0.27, None),
        ([{"type": "code_interpreter_call", "id": "c"}, SAID], {}, None, "tool_fee"),
        ([{"type": "shell_call", "environment": {"type": "local"}}, SAID], {}, 0.25, None),
        ([{"type": "shell_call", "environment": {"type": "container_reference"}}, SAID], {}, None, "tool_fee"),
        ([SAID], {"completion_window": "24h"}, None, "service_tier"),
    ],
)
def test_responses(
    proxy: Proxy, provider: ScriptedUpstream, output: Any, more: Any, cost: float | None, unpriced: str | None
) -> None:
    """The same of responses: searches by the call, the opening of a page for nothing, containers not known."""
    usage = {"input_tokens": 1_000_000, "output_tokens": 0, "total_tokens": 1_000_000}
    answer = {"id": "resp_m", "object": "response", "status": "completed", "model": "gpt-5-mini", "usage": usage}
    exchange = _ask(
        proxy,
        provider,
        {"model": "gpt-5-mini", "input": "Is it lit?"},
        {**answer, "output": output, **more},
        "responses",
    )
    assert exchange.unpriced == unpriced
    assert exchange.cost_usd == (None if cost is None else pytest.approx(cost))


def test_reasons_are_counted(proxy: Proxy, provider: ScriptedUpstream) -> None:
    """Each unpriced answer is counted once, by model and by reason."""

    def counted() -> tuple[float, float]:
        name = "sightglass_unpriced_reasons_total"
        return proxy.metric(name, reason="no_price"), proxy.metric("sightglass_unpriced_total")

    before = counted()
    _ask(proxy, provider, ASK, _chat("lamp-unknown", TEXT), "chat/completions")
    wait_until(lambda: counted() == (before[0] + 1, before[1] + 1), 5, "the answer was counted")


def test_an_announced_end(proxy: Proxy, provider: ScriptedUpstream) -> None:
    """The date in a list of models that passes through is shown for the models in use, and the list is unchanged."""
    body = orjson.dumps(LISTED)
    _ask(proxy, provider, ASK, _chat("gpt-5-mini", TEXT), "chat/completions")
    provider.script = lambda request: replies.http(200, body)
    assert plain.get(f"{proxy.url}/v1/models").content == body
    name = "sightglass_model_shutdown_timestamp_seconds"
    wait_until(lambda: proxy.metric(name, upstream="scripted", model="gpt-5-mini") == END, 5, "the date is shown")
    assert proxy.metric(name) == END


def _stream(request: Recorded) -> list[Step]:
    asked = (request.json().get("stream_options") or {}).get("include_usage")
    return replies.stream(replies.chat_events("It is lit.", usage=replies.USAGE if asked else None))


@pytest.mark.parametrize("kind", ["text/event-stream", "text/plain"])
def test_usage_is_asked_for_by_an_option(provider: ScriptedUpstream, tmp_path: Path, kind: str) -> None:
    """``--ask-usage`` asks at every upstream; the client gets what it would have got, and the answer has its cost."""

    def script(request: Recorded) -> list[Step]:
        first, *rest = _stream(request)
        assert isinstance(first, bytes)
        return [first.replace(b"text/event-stream", kind.encode()), *rest]

    provider.script = script
    asking = Proxy(tmp_path, provider.url, shell='exec "$@" --ask-usage')
    try:
        answers = []
        for port in (provider.port, asking.port):
            with Wire(port) as wire:
                wire.post({**ASK, "stream": True})
                answers.append(wire.answer())
        assert answers[0].body == answers[1].body
        assert b'"prompt_tokens"' not in answers[1].body
        assert provider.requests[-1].json()["stream_options"] == {"include_usage": True}
        assert asking.line_of(answers[1])["input_tokens"] == 20
    finally:
        asking.finish()
