"""Applications keep their client: the real ``openai`` package through ``serve``, in every form that people use."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import openai
import pytest

from scorers.registry import FACTORIES
from support import replies
from support.processes import Sightglass, wait_until
from support.upstream import Recorded, ScriptedUpstream, Step

LAMP = "The lamp stands on the small table beside the door."
TOOL = {
    "type": "function",
    "function": {"name": "find", "parameters": {"type": "object", "properties": {"what": {"type": "string"}}}},
}


def provider(request: Recorded) -> Iterable[Step]:
    """Answers each form in kind."""
    body = request.json() if request.body else {}
    streamed = bool(body.get("stream"))
    if request.target.endswith("/responses"):
        return replies.stream(replies.responses_events(LAMP)) if streamed else replies.responses_json(LAMP)
    if body.get("tools"):
        calls = [replies.tool_call("find", '{"what": "lamp"}')]
        return (
            replies.stream(replies.chat_events("", tool_calls=calls))
            if streamed
            else replies.chat_json(None, tool_calls=calls)
        )
    return replies.stream(replies.chat_events(LAMP)) if streamed else replies.chat_json(LAMP)


def ask(client: openai.OpenAI) -> list[str]:
    """One request of each form; what the application reads from each."""
    chat: dict[str, Any] = {"model": replies.MODEL, "messages": [{"role": "user", "content": "Where is the lamp?"}]}
    read = [client.chat.completions.create(**chat).choices[0].message.content]
    pieces = [
        c.choices[0].delta.content or "" for c in client.chat.completions.create(**chat, stream=True) if c.choices
    ]
    read.append("".join(pieces))
    called = client.chat.completions.create(**chat, tools=[TOOL]).choices[0].message.tool_calls
    read.append(called[0].function.arguments)
    arguments = ""
    for chunk in client.chat.completions.create(**chat, tools=[TOOL], stream=True):
        for choice in chunk.choices:
            for call in choice.delta.tool_calls or []:
                arguments += call.function.arguments or ""
    read.append(arguments)
    read.append(client.responses.create(model=replies.MODEL, input="Where is the lamp?").output_text)
    stream = client.responses.create(model=replies.MODEL, input="Where is the lamp?", stream=True)
    read.append("".join(event.delta for event in stream if event.type == "response.output_text.delta"))
    return [text or "" for text in read]


def test_each_form_reads_the_same_as_without_us(
    upstream: ScriptedUpstream, start_sightglass: Callable[..., Sightglass]
) -> None:
    """Chat and responses, streamed and not, with tools; then every request is in the ledger with its facts."""
    upstream.script = provider
    with openai.OpenAI(base_url=upstream.url + "/v1", api_key="sk-test", max_retries=0) as straight:
        expected = ask(straight)
    direct, upstream.requests[:] = list(upstream.requests), []
    sightglass = start_sightglass(upstream.url + "/v1", apps=["lamps"])
    with openai.OpenAI(base_url=f"{sightglass.url}/apps/lamps/v1", api_key="sk-test", max_retries=0) as client:
        assert ask(client) == expected
    assert [(r.method, r.target, r.body) for r in upstream.requests] == [(r.method, r.target, r.body) for r in direct]
    sightglass.wait_scored(len(expected))
    samples = sightglass.api("samples")["samples"]
    assert {sample["app"] for sample in samples} == {"lamps"}
    assert {sample["model"] for sample in samples} == {replies.MODEL}
    results = sorted(sample["results"]["refusal"] for sample in samples)
    assert results == ["not_applicable"] * 2 + ["scored"] * 4, "tool calls alone have no text to score"
    one = sightglass.api(f"samples/{samples[0]['id']}")
    assert LAMP in str(one)
    ledger = sightglass.api(f"ledger/{samples[0]['id']}")
    assert ledger["decision"] == "published"
    assert set(ledger["scorers"]) == set(FACTORIES)
    assert all(entry["result"] != "pending" for entry in ledger["scorers"].values())


def test_errors_reach_the_application_as_the_provider_sent_them(
    upstream: ScriptedUpstream, start_sightglass: Callable[..., Sightglass]
) -> None:
    """The client raises what it would raise without us, and its own retries go through."""
    upstream.script = lambda r: replies.error(429, {"retry-after": "0"})
    sightglass = start_sightglass(upstream.url)
    with openai.OpenAI(base_url=f"{sightglass.url}/v1", api_key="sk-test", max_retries=2) as client:
        with pytest.raises(openai.RateLimitError, match="upstream says 429") as caught:
            client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hello"}])
        assert caught.value.response.headers["x-request-id"] == "req_upstream"
    assert len(upstream.requests) == 3
    wait_until(lambda: 'outcome="rate_limited"' in sightglass.metrics(), 5, "the outcome in the metrics")


def test_sampling_out_and_opting_out_leave_a_row_and_no_text(
    upstream: ScriptedUpstream, start_sightglass: Callable[..., Sightglass]
) -> None:
    """A rate of zero and the opt-out header keep no content; the ledger says why there is no score."""
    rules = {"rate": 0.0, "always": {"new_system_prompt": 0, "error": 0, "refusal_signal": 0, "stream_incomplete": 0}}
    sightglass = start_sightglass(upstream.url, sampling=rules)
    identities = []
    with openai.OpenAI(base_url=f"{sightglass.url}/v1", api_key="sk-test") as client:
        for headers in ({}, {"x-sightglass-no-store": "1"}):
            raw = client.chat.completions.with_raw_response.create(
                model="m", messages=[{"role": "user", "content": "a private matter"}], extra_headers=headers
            )
            identities.append(raw.headers["x-sightglass-request-id"])
    wait_until(lambda: sum(sum(c.values()) for c in sightglass.api("ledger")["proxies"].values()) == 2, 10, "two rows")
    decisions = [sightglass.api(f"ledger/{identity}")["decision"] for identity in identities]
    assert decisions == ["sampled_out", "opted_out"]
    assert sightglass.api("samples")["samples"] == []
    files = [file.read_bytes() for file in sightglass.data_dir.iterdir() if file.is_file()]
    assert not any(b"private matter" in data for data in files)
