"""From traffic to a request that may be asked again: what is kept of it, what is sent, and what never is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest

from proxy.exchange import Exchange, Operation, Outcome, Usage
from proxy.sample import Choice, Message, Sample, ToolCall, decode, encode
from scorers.asking.source import answered, body_of, cap_of, may_be_asked, replayable
from support import replies
from support.proxying import Proxy, post
from support.upstream import ScriptedUpstream

TOOL = {"type": "function", "function": {"name": "berth", "parameters": {"type": "object"}}}
ASK: dict[str, Any] = {
    "model": "m-7",
    "messages": [
        {"role": "system", "content": "You run the harbour office."},
        {"role": "user", "content": "Which berth is free?"},
        {
            "role": "assistant",
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "berth", "arguments": '{"n":1}'}}],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "berth 4"},
    ],
    "tools": [TOOL],
    "tool_choice": "auto",
    "temperature": 0.2,
    "max_tokens": 5_000,
    "user": "captain-77",
    "metadata": {"ship": "Alma"},
    "prompt_cache_key": "harbour",
    "store": True,
}


def the_sample(**changes: Any) -> Sample:
    facts = {
        "id": "s1",
        "exchange": Exchange(
            request_id="s1",
            instance="p",
            started_at=1.0,
            app="harbour",
            operation=Operation.CHAT,
            upstream="local",
            outcome=Outcome.OK,
            duration=0.5,
            model_asked="m-7",
            usage=Usage(input=40, output=300),
        ),
        "messages": (Message("user", "Which berth is free?"),),
        "choices": (Choice(text="Berth 4."),),
        "replayable": (),
    }
    return Sample(**{**facts, **changes})


@pytest.fixture
def proxy(tmp_path: Path) -> Any:
    with ScriptedUpstream(lambda request: replies.chat_json("Berth 4 is free.")) as up:
        process = Proxy(tmp_path, up.url, sampling={"rate": 1.0})
        yield process
        process.finish()


def test_a_request_through_the_proxy_is_sent_again_as_it_was(proxy: Proxy) -> None:
    """Messages, tool calls, tools and allowed parameters come back; ids of people, caches and state do not."""
    sample = proxy.sample_of(post(f"{proxy.url}/v1/chat/completions", ASK))
    assert replayable(sample) == frozenset()
    body = body_of(sample)
    assert body["messages"] == [
        *ASK["messages"][:2],
        {**ASK["messages"][2], "content": None},
        ASK["messages"][3],
    ]
    assert body["tools"] == [TOOL]
    assert (body["tool_choice"], body["temperature"], body["store"]) == ("auto", 0.2, False)
    assert set(body) == {"messages", "tools", "tool_choice", "temperature", "max_tokens", "store"}
    assert "captain-77" not in orjson.dumps(body).decode()


def test_a_redacted_request_says_so(proxy: Proxy) -> None:
    """What was redacted may be asked, and is not whole; so is what only a parameter held."""
    written = {**ASK, "messages": [{"role": "user", "content": "Write to alma.fisher@harbour-office.example"}]}
    sample = proxy.sample_of(post(f"{proxy.url}/v1/chat/completions", written))
    assert replayable(sample) == {"redacted"}
    assert may_be_asked(replayable(sample))
    assert "alma.fisher" not in orjson.dumps(body_of(sample)).decode()
    stopped = {**ASK, "stop": ["alma.fisher@harbour-office.example"]}
    sample = proxy.sample_of(post(f"{proxy.url}/v1/chat/completions", stopped))
    assert replayable(sample) == {"redacted"}
    assert "alma.fisher" not in encode(sample).decode()


def test_the_reasons_come_from_the_request(proxy: Proxy) -> None:
    """A hosted tool that was offered and not called, and a state that the server keeps, forbid asking again."""
    hosted = {**ASK, "tools": [{"type": "web_search"}]}
    sample = proxy.sample_of(post(f"{proxy.url}/v1/chat/completions", hosted))
    assert replayable(sample) == {"tools_hosted"}
    with pytest.raises(ValueError, match="cannot be asked"):
        body_of(sample)


@pytest.mark.parametrize(
    ("sample", "reasons"),
    [
        (None, {"no_content"}),
        (the_sample(messages=()), {"no_content"}),
        (the_sample(replayable=None), {"cut"}),
        (the_sample(replayable=("redacted", "cut")), {"redacted", "cut"}),
    ],
)
def test_what_is_not_known_is_not_asked(sample: Sample | None, reasons: set[str]) -> None:
    """Text that was not kept, and a sample of an older program, cannot be asked."""
    assert replayable(sample) == reasons
    assert not may_be_asked(replayable(sample))


def test_older_programs_read_the_new_sample() -> None:
    """The new members are ones that a reader without them passes over; without them, nothing is known."""
    document = orjson.loads(encode(the_sample(parameters={"seed": 1}, replayable=("redacted",))))
    old = msgspec.defstruct("Old", [("id", str), ("messages", tuple[Message, ...], ())])
    assert msgspec.json.decode(orjson.dumps(document), type=old).id == "s1"
    del document["replayable"], document["parameters"]
    assert decode(orjson.dumps(document)).replayable is None


@pytest.mark.parametrize(
    ("served", "asked", "most"), [(300, None, 1_200), (10, None, 1_024), (300, 900, 900), (300, 5_000, 1_200)]
)
def test_the_cap(served: int, asked: int | None, most: int) -> None:
    """max(4 x the served answer's tokens, 1,024), and never more than the request allowed."""
    base = the_sample()
    exchange = msgspec.structs.replace(base.exchange, usage=Usage(input=1, output=served))
    sample = the_sample(exchange=exchange, parameters={} if asked is None else {"max_tokens": asked})
    assert cap_of(sample) == most
    assert body_of(sample)["max_tokens"] == most
    assert body_of(sample, {"max_completion_tokens": 9_000})["max_tokens"] == most


def test_a_candidate_replaces_what_it_names() -> None:
    """A system prompt takes the place of the request's, and parameters those of the request; others are ignored."""
    sample = the_sample(
        messages=(Message("system", "Be brief."), Message("user", "Which berth?")),
        parameters={"temperature": 1.0, "metadata": {"a": "b"}},
    )
    body = body_of(sample, {"temperature": 0.0, "user": "x"}, "Be kind.")
    assert body["messages"] == [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Which berth?"}]
    assert (body["temperature"], "user" in body, "metadata" in body) == (0.0, False, False)


def test_other_families_are_asked_in_the_form_of_chat() -> None:
    """Tools and formats of Responses and of Anthropic become those of chat completions."""
    tools = [
        {"name": "berth", "input_schema": {"type": "object"}},
        {"type": "function", "name": "tide", "parameters": {"type": "object"}, "strict": True},
        {"type": "custom", "name": "log"},
    ]
    form = {"type": "json_schema", "name": "answer", "schema": {"type": "object"}}
    sample = the_sample(tools=tuple(msgspec.Raw(orjson.dumps(tool)) for tool in tools), response_format=form)
    body = body_of(sample)
    assert body["tools"] == [
        {"type": "function", "function": {"name": "berth", "parameters": {"type": "object"}}},
        {"type": "function", "function": {"name": "tide", "parameters": {"type": "object"}, "strict": True}},
        {"type": "custom", "custom": {"name": "log"}},
    ]
    assert body["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": {"type": "object"}},
    }


def test_another_answer_in_place_of_the_served_one() -> None:
    """What scorers read of an arm: its text and its calls, with the request unchanged."""
    call = {"id": "c", "type": "function", "function": {"name": "berth", "arguments": "{}"}}
    made = answered(the_sample(), {"text": "Berth 9.", "tool_calls": [call], "finish_reason": "stop"})
    assert made.choices == (Choice(text="Berth 9.", tool_calls=(ToolCall("berth", "{}", "c"),), finish_reason="stop"),)
    assert made.messages == the_sample().messages
