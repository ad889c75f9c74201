"""What comes back from an endpoint can be kept: without the key that it was asked with, and bounded in depth."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date
from typing import Any

import msgspec
import orjson
import pytest

from proxy.config.offpath import Price
from proxy.observe.pricing import Prices
from scorers.asking.answer import Answer, called, written
from scorers.asking.client import Client, Failed, Target
from scorers.cases.case import decode
from scorers.console.ab import answer_text
from scorers.stability.compare import traits
from scorers.suites.check import decided
from scorers.suites.verdict import said as shown
from support import replies
from support.upstream import ScriptedUpstream

KEY = "made/up-key-4711-of-nobody"
BODY = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 50}


@pytest.fixture
def server() -> Iterator[ScriptedUpstream]:
    """A provider whose script each test replaces."""
    with ScriptedUpstream(lambda request: replies.chat_json("Good day.")) as made:
        yield made


def asked(server: ScriptedUpstream, key: str = KEY, stream: bool = False) -> Answer:
    """One answer, asked for with ``key``, one try."""

    async def run() -> Answer:
        target = Target(base_url=server.url, model="m", api_key=key, tries=1)
        client = Client(target, Prices([{"m": Price(input=0.0, output=0.0)}], date.min))
        try:
            return await client.ask(BODY | ({"stream": True} if stream else {}))
        finally:
            await client.close()

    return asyncio.run(run())


def error(message: str) -> bytes:
    """An error's body."""
    return orjson.dumps({"error": {"message": message, "type": "invalid_request_error", "code": None}})


@pytest.mark.parametrize("status", [400, 401, 402, 404, 429, 500, 503])
def test_an_error_that_quotes_the_key_is_told_without_it(server: ScriptedUpstream, status: int) -> None:
    """A provider may say which key it refused. What is told of it goes to logs, to the store and to terminals."""
    told = f"Incorrect key: {KEY}, and not sk-proj-{'a1B2' * 12}."
    server.script = lambda request: replies.http(status, error(told))
    with pytest.raises(Failed) as failed:
        asked(server)
    assert KEY not in str(failed.value)
    assert "sk-proj-" not in str(failed.value)
    assert f"{status}: Incorrect key: [API_KEY], and not [API_KEY_1]." in str(failed.value)


def test_half_a_key_at_the_end_of_what_is_read_is_told_to_nobody(server: ScriptedUpstream) -> None:
    """A long error is cut after its keys have been taken out, not before."""
    server.script = lambda request: replies.http(400, error(" " * (4_000 - len(KEY) + 2) + KEY))
    with pytest.raises(Failed) as failed:
        asked(server)
    assert KEY[:-2] not in str(failed.value)
    assert "[API_KEY]"[:6] in str(failed.value)


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_that_quotes_the_key_is_kept_without_it(server: ScriptedUpstream, stream: bool) -> None:
    """Neither the text nor the arguments of a call hold the key, also where it came in pieces."""
    call = replies.tool_call("login", orjson.dumps({"key": KEY}).decode())
    text = f"Your key is {KEY}."
    server.script = lambda request: (
        replies.stream(replies.chat_events(text, tool_calls=[call]))
        if stream
        else replies.chat_json(text, tool_calls=[call])
    )
    found = asked(server, stream=stream)
    assert KEY.encode() not in msgspec.json.encode(found)
    assert found.text == "Your key is [API_KEY]."
    assert orjson.loads(found.tool_calls[0]["function"]["arguments"]) == {"key": "[API_KEY]"}


def test_a_word_that_stands_for_no_key_changes_no_answer(server: ScriptedUpstream) -> None:
    """Servers of one's own are asked with a word such as EMPTY: answers may say it."""
    server.script = lambda request: replies.chat_json("The list is EMPTY.")
    assert asked(server, key="EMPTY").text == "The list is EMPTY."


def test_a_key_of_digits_spoils_no_number(server: ScriptedUpstream) -> None:
    """A key for a server of one's own may be digits alone, which stand in counts and times as well."""
    key = "00000000"
    usage = {"prompt_tokens": 100, "completion_tokens": 7, "queue_ns": 100_000_000, key: 1}
    message = {"content": f"It is {key}.", "role": "assistant"}
    body = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage}
    server.script = lambda request: replies.http(200, orjson.dumps(body))
    found = asked(server, key=key)
    assert found.text == "It is [API_KEY]."
    assert found.usage == {"prompt_tokens": 100, "completion_tokens": 7, "queue_ns": 100_000_000, "[API_KEY]": 1}


def test_an_answer_that_no_store_can_hold_is_no_answer(server: ScriptedUpstream) -> None:
    """A call whose members are nested without end is typed, like anything that is no chat completion."""
    nested = b"[" * 600 + b"]" * 600
    call = b'{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}, "more": ' + nested + b"}"
    message = b'{"role": "assistant", "content": null, "tool_calls": [' + call + b"]}"
    server.script = lambda request: replies.http(200, b'{"choices": [{"index": 0, "message": ' + message + b"}]}")
    with pytest.raises(Failed, match="nested too deeply") as failed:
        asked(server)
    assert (failed.value.reason, failed.value.maybe_paid) == ("malformed", True)


def test_half_a_character_is_no_reason_to_lose_an_answer(server: ScriptedUpstream) -> None:
    """An answer that a limit of tokens cut within an emoji is read as production's answers are."""
    body = b'{"choices": [{"index": 0, "message": {"content": "It is 42 \\ud83d"}, "finish_reason": "length"}]}'
    server.script = lambda request: replies.http(200, body)
    found = asked(server)
    assert found.text.startswith("It is 42 ")
    assert found.cut
    found.text.encode()


FUNCTION = {"id": "t", "type": "function", "function": {"name": "bake", "arguments": '{"loaves": 2}'}}
CUSTOM = {"id": "t", "type": "custom", "custom": {"name": "bake", "input": "two loaves"}}


@pytest.mark.parametrize(
    ("call", "parts", "said"),
    [
        (FUNCTION, ("bake", '{"loaves": 2}'), 'bake({"loaves": 2})'),
        (CUSTOM, ("bake", "two loaves"), "bake(two loaves)"),
        ({"function": {"name": "bake", "arguments": {"loaves": 2}}}, ("bake", {"loaves": 2}), 'bake({"loaves":2})'),
        ({"function": {"name": "bake"}}, ("bake", None), "bake()"),
        ({"function": {"name": 7, "arguments": None}}, ("", None), ""),
        ({"function": "bake"}, ("", ""), ""),
        ({"function": [1], "custom": CUSTOM["custom"]}, ("", ""), ""),
        ({}, ("", ""), ""),
        ("bake", ("", ""), ""),
        (None, ("", ""), ""),
    ],
)
def test_a_call_in_whatever_form(call: Any, parts: tuple[str, Any], said: str) -> None:
    """Calls of functions and of custom tools are read alike; what is none ends neither a run nor a page."""
    assert (called(call), written(call)) == (parts, said)
    answer = {"text": "", "tool_calls": [call]}
    assert shown(answer) == said
    assert answer_text(answer) == (said or "(no text)")
    if isinstance(call, dict):
        given = Answer(tool_calls=[call])
        assert traits(given, {}).calls[0][0] == parts[0]
        case = decode(b'{"id": "c", "input": "x", "assert": [{"tool_called": {"name": "bake"}}]}')
        assert decided(case.assertions[0], case, given).passed is (parts[0] == "bake")


def _with_error(event: bytes, error: object, inside: bool) -> bytes:
    """The event with an error beside its choices, or in its first choice."""
    doc = orjson.loads(event.removeprefix(b"data: "))
    if inside and doc["choices"]:
        doc["choices"][0]["error"] = error
    elif not inside:
        doc["error"] = error
    return replies.sse(doc)


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize(("error", "text"), [(None, "Good day."), ({"message": "overloaded"}, None)])
def test_only_an_error_that_says_something_ends_a_stream(
    server: ScriptedUpstream, error: object, text: str | None, inside: bool
) -> None:
    """Some gateways send ``"error": null`` with every event of a stream; that is none."""
    events = [event for event in replies.chat_events("Good day.") if b"[DONE]" not in event]
    events = [_with_error(event, error, inside) for event in events]
    server.script = lambda request: replies.stream([*events, b"data: [DONE]\n\n"])
    if text is None:
        with pytest.raises(Failed):
            asked(server, stream=True)
    else:
        assert asked(server, stream=True).text == text


@pytest.mark.parametrize(
    ("error", "reason"), [(None, None), ({"code": 502, "message": "overloaded"}, "upstream_error")]
)
def test_a_choice_that_ended_with_an_error_is_no_answer(
    server: ScriptedUpstream, error: object, reason: str | None
) -> None:
    """Aggregators answer 200 where a provider failed: that is a failure, and no empty answer of the model."""
    message = {"role": "assistant", "content": "Good"}
    choice = {"index": 0, "message": message, "finish_reason": "error" if error else "stop", "error": error}
    server.script = lambda request: replies.http(200, orjson.dumps({"model": "m", "choices": [choice]}))
    if reason is None:
        assert asked(server).text == "Good"
    else:
        with pytest.raises(Failed) as failed:
            asked(server)
        assert (failed.value.reason, failed.value.maybe_paid) == (reason, True)
