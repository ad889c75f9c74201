"""Reasoning on the wire, through the real proxy: when it began, how long it lasted, what it cost, and what it leaves
out of the speed of the text. Also what an answer says of its tier, its refusal and the models that gave it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from proxy.exchange import Exchange, Hop, Usage
from support import replies
from support.frames import block, chunks, message, text_block
from support.proxying import Proxy, Wire
from support.upstream import ScriptedUpstream

PRICES = """as_of: 2026-11-28
models:
  keeper-1: {input: 1.0, output: 100.0}
  keeper-2: {input: 2.0, output: 200.0}
"""
GAP = 0.04


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ScriptedUpstream, Proxy]]:
    """A proxy with prices of its own."""
    folder = tmp_path_factory.mktemp("reasoning")
    prices = Path(folder, "prices.yaml")
    prices.write_text(PRICES)
    with ScriptedUpstream(lambda request: []) as upstream:
        proxy = Proxy(folder, upstream.url, sampling={"rate": 1.0}, prices=str(prices), apps=["bot"])
        yield upstream, proxy
        proxy.finish()


def _asked(stage: tuple[ScriptedUpstream, Proxy], events: tuple[bytes, ...], path: str, **request: Any) -> Exchange:
    upstream, proxy = stage
    upstream.script = lambda _: replies.stream(list(events), gap=GAP)
    body = {"model": "keeper-1", "stream": True, "messages": [{"role": "user", "content": "When?"}], **request}
    with Wire(proxy.port) as wire:
        wire.post(body, path, ["x-sightglass-app: bot"])
        answer = wire.answer()
    return proxy.sample_of(answer.headers["x-sightglass-request-id"], 10).exchange


def _usage(given: int, thought: int = 0) -> bytes:
    details = {"completion_tokens_details": {"reasoning_tokens": thought}} if thought else {}
    usage = {"prompt_tokens": 5, "completion_tokens": given, "total_tokens": 5 + given, **details}
    return replies.sse(json.dumps({"model": "keeper-1", "choices": [], "usage": usage}).encode())


CHAT = "/v1/chat/completions"
WORDS = [{"content": f"word{number} "} for number in range(6)]
THOUGHTS = [{"reasoning": f"thought{number} "} for number in range(10)]


@pytest.mark.parametrize(
    ("deltas", "usage", "told"),
    [
        (WORDS, _usage(6), True),
        (WORDS, _usage(1006, 1000), True),
        ([*THOUGHTS, *WORDS], _usage(16, 10), True),
        ([*THOUGHTS, *WORDS], _usage(16), False),
        ([{"content": "<think>"}, {"content": "so"}, {"content": "</think>"}, *WORDS], _usage(10), False),
    ],
)
def test_speed_is_that_of_the_visible_text(
    stage: tuple[ScriptedUpstream, Proxy], deltas: list[dict[str, Any]], usage: bytes, told: bool
) -> None:
    """One pause a word, whether reasoning was hidden, shown or absent; no figure where nobody counts what was seen."""
    _, proxy = stage
    name = "sightglass_time_per_output_token_seconds"
    before = proxy.metric(f"{name}_sum"), proxy.metric(f"{name}_count")
    _asked(stage, (*chunks(*deltas, done=False), usage, b"data: [DONE]\n\n"), CHAT)
    proxy.wait_idle()
    more, times = (proxy.metric(f"{name}_sum") - before[0], proxy.metric(f"{name}_count") - before[1])
    assert times == int(told)
    if told:
        assert GAP * 0.8 < more < GAP * 6


def test_when_reasoning_began_and_what_it_cost(stage: tuple[ScriptedUpstream, Proxy]) -> None:
    """Ten pieces of reasoning before the first word: their time, their cost by the effort that was asked for."""
    _, proxy = stage
    events = (*chunks(*THOUGHTS, *WORDS, done=False), _usage(16, 10), b"data: [DONE]\n\n")
    exchange = _asked(stage, events, CHAT, reasoning_effort="high")
    assert exchange.usage == Usage(input=5, output=6, reasoning_output=10)
    assert exchange.effort == "high"
    assert exchange.reasoning_streamed
    assert exchange.first_reasoning is not None
    assert exchange.first_token is not None
    assert exchange.thinking == pytest.approx(exchange.first_token - exchange.first_reasoning)
    assert exchange.thinking > 9 * GAP
    assert exchange.reasoning_cost_usd == pytest.approx(10 * 100.0 / 1e6)
    labels = {"app": "bot", "model": "keeper-1"}
    assert proxy.metric("sightglass_reasoning_cost_usd_total", effort="high", **labels) == pytest.approx(0.001)
    assert proxy.metric("sightglass_time_to_first_reasoning_seconds_count", **labels) >= 1
    assert proxy.metric("sightglass_thinking_seconds_sum", **labels) >= exchange.thinking * 0.99


def test_reasoning_that_is_not_shown(stage: tuple[ScriptedUpstream, Proxy]) -> None:
    """A redacted block is reasoning that began and was not streamed; whose tokens are not told, there is no speed."""
    redacted = block(0, {"type": "redacted_thinking", "data": "eHg="})
    exchange = _asked(stage, message(redacted, text_block(1, "At ", "six.")), "/v1/messages", max_tokens=99)
    assert exchange.first_reasoning is not None
    assert exchange.thinking is not None
    assert not exchange.reasoning_streamed
    assert exchange.reasoning_cost_usd is None


def test_reasoning_between_two_texts(stage: tuple[ScriptedUpstream, Proxy]) -> None:
    """A model that thinks again after its first words: the time after those is not the text's, so there is no speed."""
    _, proxy = stage
    thought = {"type": "thinking_delta", "thinking": "Hm."}
    blocks = (block(0, {"type": "thinking", "thinking": ""}, thought), text_block(1, "At "))
    again = (*blocks, block(2, {"type": "thinking", "thinking": ""}, thought), text_block(3, "six."))
    name = "sightglass_time_per_output_token_seconds_count"
    for found, more in ((blocks, 1), (again, 0)):
        events = list(message(*found))
        last = json.loads(events[-2].split(b"data: ", 1)[1])
        last["usage"] |= {"output_tokens_details": {"thinking_tokens": 5}}
        events[-2] = replies.sse(json.dumps(last).encode(), "message_delta")
        before = proxy.metric(name)
        exchange = _asked(stage, tuple(events), "/v1/messages", max_tokens=99)
        assert exchange.reasoning_again is not bool(more)
        proxy.wait_idle()
        assert proxy.metric(name) - before == more


def test_an_answer_without_reasoning(stage: tuple[ScriptedUpstream, Proxy]) -> None:
    """Nothing is said of what did not happen."""
    exchange = _asked(stage, (*chunks(*WORDS, done=False), _usage(6), b"data: [DONE]\n\n"), CHAT)
    assert (exchange.first_reasoning, exchange.thinking, exchange.reasoning_streamed) == (None, None, False)
    assert (exchange.effort, exchange.service_tier, exchange.refusal_category, exchange.hops) == (None, None, None, ())


def test_tier_and_refusal(stage: tuple[ScriptedUpstream, Proxy]) -> None:
    """The tier that served, and what a refusal was about, in the provider's words."""
    events = chunks({"content": "Six."}, service_tier="flex")
    assert _asked(stage, events, CHAT).service_tier == "flex"
    refused = message(stop="refusal", stop_details={"type": "refusal", "category": "bio"})
    exchange = _asked(stage, refused, "/v1/messages", max_tokens=99)
    assert (exchange.refusal_category, exchange.wire_refusal) == ("bio", True)


def test_a_fallback_of_the_provider_s_own(stage: tuple[ScriptedUpstream, Proxy]) -> None:
    """The model that was asked declined, another one answered: both hops with their cost, and the cost of both."""
    steps = [
        {"type": "message", "model": "keeper-2", "input_tokens": 9, "output_tokens": 4},
        {"type": "fallback_message", "model": "keeper-1", "input_tokens": 9, "output_tokens": 12},
    ]
    events = list(message(text_block(0, "At six.")))
    last = json.loads(events[-2].split(b"data: ", 1)[1])
    last["usage"] = {"output_tokens": 12, "iterations": steps}
    events[-2] = replies.sse(json.dumps(last).encode(), "message_delta")
    exchange = _asked(stage, tuple(events), "/v1/messages", model="keeper-2", max_tokens=99)
    first, second = (9 * 2.0 + 4 * 200.0) / 1e6, (9 * 1.0 + 12 * 100.0) / 1e6
    assert exchange.model_served == "keeper-1"
    assert exchange.hops == (
        Hop("message", "keeper-2", Usage(input=9, output=4), pytest.approx(first)),
        Hop("fallback_message", "keeper-1", Usage(input=9, output=12), pytest.approx(second)),
    )
    assert exchange.cost_usd == pytest.approx(first + second)
