"""PRIVACY: what must not leave, and where it does not go."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from support import replies
from support.collector import Collector, attributes
from support.processes import wait_until
from support.proxying import CHAT, KEY, Proxy, post
from support.upstream import ScriptedUpstream

QUESTION, ANSWER = "Which drawer hides the brass lantern?", "The lantern hides in the lowest drawer."


def test_v06_content_stays_out_of_telemetry_by_default(
    start_proxy: Callable[..., Proxy], upstream: ScriptedUpstream
) -> None:
    """Spans and metrics of sampled requests, streamed and failed ones too, hold no word of them and no key."""
    upstream.script = lambda r: (
        replies.stream(replies.chat_events(ANSWER)) if r.json().get("stream") else replies.chat_json(ANSWER)
    )
    with Collector() as collector:
        proxy = start_proxy(upstream.url, env=collector.env)
        body = {
            **CHAT,
            "messages": [{"role": "user", "content": QUESTION}],
            "stop": ["lantern-stop"],
            "user": "lantern-user",
            "metadata": {"lantern": "lantern-metadata"},
            "tools": [{"type": "function", "function": {"name": "lantern_tool", "parameters": {}}}],
        }
        post(proxy.url, body, cookie="lantern-cookie")
        post(proxy.url, {**body, "stream": True})
        post(f"{proxy.url}/v1/files/{KEY}?key={KEY}&q=lantern", body)
        upstream.script = lambda r: replies.error(500)
        post(proxy.url, body)
        assert len(collector.wait_spans(8)) == 8
        wait_until(lambda: bool(collector.metrics()), 10, "metrics")
        sent = collector.everything()
        assert b"gpt-4o-mini" in sent
        for secret in (b"lantern", b"drawer", KEY.encode()):
            assert secret not in sent
        paths = {attributes(span).get("url.path") for span in collector.spans()}
        assert any(path and "[API_KEY_" in path for path in paths), "a key in a path is replaced, not the path dropped"


def test_v06_baggage_and_tracestate_stop_here(start_proxy: Callable[..., Proxy], upstream: ScriptedUpstream) -> None:
    """What callers tell one another does not reach the provider, with and without an exporter."""
    told = {"baggage": "user=lantern", "tracestate": "vendor=lantern"}
    with Collector() as collector:
        for env in (collector.env, {}):
            proxy = start_proxy(upstream.url, env=env)
            upstream.requests.clear()
            assert post(proxy.url, CHAT, **told).status_code == 200
            assert b"lantern" not in upstream.requests[0].head


def test_v06_baggage_goes_on_where_settings_say_so(
    start_proxy: Callable[..., Proxy], upstream: ScriptedUpstream
) -> None:
    """``baggage_headers: true`` is for an upstream of one's own."""
    proxy = start_proxy(upstream.url, baggage_headers=True)
    assert post(proxy.url, CHAT, baggage="user=lantern", tracestate="vendor=lantern").status_code == 200
    assert upstream.requests[0].header("baggage") == "user=lantern"
    assert upstream.requests[0].header("tracestate") == "vendor=lantern"


@pytest.mark.parametrize("word", ["no_content", "false", "", "maybe"])
def test_v06_only_the_known_words_turn_capture_on(
    start_proxy: Callable[..., Proxy], upstream: ScriptedUpstream, word: str
) -> None:
    """A value that is none of the field's leaves content capture off."""
    upstream.script = lambda r: replies.chat_json(ANSWER)
    with Collector() as collector:
        env = collector.env | {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": word}
        proxy = start_proxy(upstream.url, env=env)
        post(proxy.url, {**CHAT, "messages": [{"role": "user", "content": QUESTION}]})
        assert len(collector.wait_spans(2)) == 2
        assert b"lantern" not in collector.everything()
