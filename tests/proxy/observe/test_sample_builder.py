"""Captured bytes to a Sample and over the wire: each family, truncated, undecodable, redacted, read by a neighbour."""

from __future__ import annotations

import gzip
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy import sample as samples
from proxy.config.settings import Redaction
from proxy.exchange import Exchange, Operation, Outcome, Usage
from proxy.observe.sample_builder import build_redacted, build_sample
from proxy.observe.tap import Tap
from proxy.redact import Redactor
from proxy.sample import Choice, Message, Sample, ToolCall
from support import replies

TEXT = "The lamp 灯 stands on the table."
CHAT = {"model": "m", "messages": [{"role": "user", "content": "Where is the lamp?"}]}


def _exchange(operation: Operation = Operation.CHAT, **changes: Any) -> Exchange:
    return Exchange(
        request_id="r1",
        instance="i",
        started_at=1.5,
        app="bot",
        operation=operation,
        upstream="u",
        outcome=Outcome.OK,
        duration=0.5,
        **changes,
    )


def _built(
    request: object,
    response: bytes,
    *,
    sse: bool = False,
    coding: bytes = b"",
    cap: int = 256_000,
    operation: Operation = Operation.CHAT,
) -> Sample:
    tap = Tap(operation, cap)
    tap.request(request if isinstance(request, bytes) else json.dumps(request).encode())
    tap.head(b"text/event-stream" if sse else b"application/json", coding)
    for start in range(0, len(response), 1000):
        tap.feed(response[start : start + 1000], 0.1)
    return build_sample(_exchange(operation), tap.content(), 0.25, "error")


def _body(steps: list[Any]) -> bytes:
    (step,) = steps
    return bytes(step).split(b"\r\n\r\n", 1)[1]


ANTHROPIC = {
    "id": "msg_1",
    "model": "m",
    "content": [{"type": "text", "text": TEXT}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 1, "output_tokens": 2},
}
ANTHROPIC_STREAM = b"".join(
    replies.sse({"type": kind, "index": 0, **fields}, kind)
    for kind, fields in (
        ("message_start", {"message": {"id": "msg_1"}}),
        ("content_block_delta", {"delta": {"type": "text_delta", "text": TEXT[:9]}}),
        ("content_block_delta", {"delta": {"type": "text_delta", "text": TEXT[9:]}}),
        ("message_stop", {}),
    )
)
INPUT = {"model": "m", "instructions": "Be brief.", "input": "Where is the lamp?"}
PROMPT = {"model": "m", "prompt": "Where is the lamp?"}
FAMILIES = [
    (Operation.CHAT, CHAT, False, _body(replies.chat_json(TEXT))),
    (Operation.CHAT, CHAT, True, b"".join(replies.chat_events(TEXT))),
    (Operation.COMPLETIONS, PROMPT, False, json.dumps({"choices": [{"index": 0, "text": TEXT}]}).encode()),
    (Operation.RESPONSES, INPUT, False, _body(replies.responses_json(TEXT))),
    (Operation.RESPONSES, INPUT, True, b"".join(replies.responses_events(TEXT))),
    (Operation.MESSAGES, CHAT, False, json.dumps(ANTHROPIC).encode()),
    (Operation.MESSAGES, CHAT, True, ANTHROPIC_STREAM),
]


@pytest.mark.parametrize(("operation", "request_", "sse", "response"), FAMILIES)
@pytest.mark.parametrize("coding", [b"", b"gzip"])
def test_each_family(operation: Operation, request_: object, sse: bool, response: bytes, coding: bytes) -> None:
    """Question and answer of each family, streamed or whole, coded or not, become one form."""
    body = gzip.compress(response) if coding else response
    sample = _built(request_, body, sse=sse, coding=coding, operation=operation)
    assert sample.messages[-1] == Message("user", "Where is the lamp?")
    assert [choice.text for choice in sample.choices] == [TEXT]
    assert (sample.undecodable, sample.request_truncated, sample.response_truncated) == (None, False, False)
    assert (sample.id, sample.probability, sample.stratum) == ("r1", 0.25, "error")
    assert samples.decode(samples.encode(sample)) == sample


def test_tool_calls_and_reasoning() -> None:
    """Streamed arguments are whole, and reasoning is beside the text."""
    call = replies.tool_call("lamp", '{"room": "Küche", "on": true}')
    response = b"".join(replies.chat_events("", reasoning="Let me see.", tool_calls=[call]))
    (choice,) = _built(CHAT, response, sse=True).choices
    assert choice == Choice(
        0,
        reasoning="Let me see.",
        tool_calls=(ToolCall("lamp", '{"room": "Küche", "on": true}', "call_1"),),
        finish_reason="tool_calls",
    )


_CALLED = {"role": "assistant", "content": None, "tool_calls": [replies.tool_call("lamp", "{}")]}
_APART = [
    {"index": index, "message": message, "finish_reason": "tool_calls"}
    for index, message in enumerate(({"role": "assistant", "content": "I look."}, _CALLED))
]


@pytest.mark.parametrize(("asked", "several"), [({}, 1), ({"n": 1}, 1), ({"n": None}, 1), ({"n": 2}, 2)])
def test_one_answer_in_two_choices(asked: dict[str, Any], several: int) -> None:
    """A text and a call apart are one answer where the request asks for one."""
    choices = _built({**CHAT, **asked}, json.dumps({"choices": _APART}).encode()).choices
    assert len(choices) == several
    assert choices[0].text == "I look." and choices[-1].tool_calls[0].name == "lamp"


def test_two_texts_are_two_answers() -> None:
    """Whatever the request asks for."""
    choices = [{"index": at, "message": {"role": "assistant", "content": f"Lamp {at}."}} for at in (0, 1)]
    assert len(_built(CHAT, json.dumps({"choices": choices}).encode()).choices) == 2


def test_a_truncated_request() -> None:
    """A request beyond the cap is said to be so and is not guessed at; the answer is still read."""
    sample = _built({**CHAT, "pad": "x" * 5000}, _body(replies.chat_json(TEXT)), cap=2000)
    assert (sample.messages, sample.request_truncated, sample.undecodable) == ((), True, "request_truncated")
    assert sample.choices[0].text == TEXT


def test_a_truncated_stream() -> None:
    """Of a stream beyond the cap beginning and end are read, and the gap is said."""
    response = b"".join(replies.chat_events("".join(f"<{number}>" for number in range(3000)), usage=None))
    sample = _built(CHAT, response, sse=True, cap=8000)
    text = sample.choices[0].text
    assert sample.response_truncated
    assert text.startswith("<0><1>")
    assert text.endswith("<2999>")
    assert len(text) < 8000


def test_a_truncated_answer() -> None:
    """A whole answer beyond the cap cannot be read and says so."""
    sample = _built(CHAT, _body(replies.chat_json("x" * 9000)), cap=4000)
    assert (sample.choices, sample.response_truncated, sample.undecodable) == ((), True, "response_truncated")


@pytest.mark.parametrize("request_", [b"", b"[1]", b"not json", b'{"messages": [', b"\x1f\x8b\x08"])
def test_a_request_that_is_no_json(request_: bytes) -> None:
    """A request that is no JSON object gives no messages and says why."""
    sample = _built(request_, _body(replies.chat_json(TEXT)))
    assert (sample.messages, sample.undecodable) == ((), "request_not_json")


@pytest.mark.parametrize("response", [b"<html>502 Bad Gateway</html>", b'{"choices": [{"mess', b"[]"])
def test_an_answer_that_is_no_json(response: bytes) -> None:
    """An answer that is no JSON object, or a cut one, gives no choices and says why."""
    sample = _built(CHAT, response)
    assert (sample.choices, sample.undecodable) == ((), "response_not_json")
    assert len(sample.messages) == 1


def test_no_answer_at_all() -> None:
    """Where nothing came there is nothing to decode."""
    sample = _built(CHAT, b"")
    assert (sample.choices, sample.undecodable) == ((), None)


@pytest.mark.parametrize(
    ("coding", "why"),
    [(b"aes128gcm", "unknown_coding"), (b"br", "corrupt_coding"), (b"gzip, gzip, gzip", "unknown_coding")],
)
def test_an_undecodable_answer(coding: bytes, why: str) -> None:
    """P08: an answer in a coding that cannot be read says why; the question is still there."""
    sample = _built(CHAT, _body(replies.chat_json(TEXT)), coding=coding)
    assert (sample.choices, sample.undecodable) == ((), why)
    assert len(sample.messages) == 1


def test_an_error_answer() -> None:
    """A provider's error has no choices, and that is no failure to read it."""
    sample = _built(CHAT, b'{"error": {"message": "no", "type": "x"}}')
    assert (sample.choices, sample.undecodable) == ((), None)


def test_redacted_before_it_leaves() -> None:
    """V03: what is built for leaving holds neither personal data nor the request's own key."""
    key = "correct-horse-battery"
    request = {"messages": [{"role": "user", "content": f"I am ann@example.com, my key is {key}"}]}
    tap = Tap(Operation.CHAT, 10_000)
    tap.request(json.dumps(request).encode())
    tap.head(b"application/json", b"")
    tap.feed(_body(replies.chat_json("Hello ann@example.com")), 0.1)
    sample = build_redacted(_exchange(), tap.content(), (0.5, "uniform"), Redactor(Redaction()), (key,))
    assert sample.messages[0].content == "I am [EMAIL_1], my key is [API_KEY_1]"
    assert sample.choices[0].text == "Hello [EMAIL_1]"
    assert (sample.probability, sample.stratum) == (0.5, "uniform")


# --- the wire -----------------------------------------------------------------------------------------------------

FULL = Sample(
    id="r9",
    exchange=_exchange(model_asked="m", usage=Usage(input=3), choices=2, wire_refusal=True),
    probability=0.125,
    stratum="refusal_signal",
    messages=(
        Message("system", "Be brief."),
        Message("user", "灯?", documents=("doc",), other_parts=("image",)),
        Message("assistant", tool_calls=(ToolCall("f", "{}", "c1"),)),
        Message("tool", "42", tool_call_id="c1", name="f"),
    ),
    tools=(msgspec.Raw(b'{"name":"f"}'),),
    response_format=msgspec.Raw(b'{"type":"json_schema","json_schema":{"name":"x"}}'),
    contexts=("context",),
    choices=(Choice(0, "a", finish_reason="stop"), Choice(1, "", "no", "hm", (ToolCall("f"),))),
    off_wire=("files",),
    request_truncated=True,
    response_truncated=True,
    undecodable="why",
    labels={"refusal.refused": "yes"},
)


def test_round_trip() -> None:
    """A sample with everything in it comes back from the wire as it was."""
    assert samples.decode(samples.encode(FULL)) == FULL


def test_unknown_fields_are_ignored() -> None:
    """A reader passes over the fields of a newer version, at every depth."""
    document = json.loads(samples.encode(FULL))
    document["future"] = {"x": [1]}
    document["wire_version"] = 2
    for part in (document["exchange"], document["messages"][1], document["choices"][0], document["exchange"]["usage"]):
        part["future"] = "x"
    read = samples.decode(json.dumps(document, separators=(",", ":")).encode())
    assert msgspec.structs.replace(read, wire_version=FULL.wire_version) == FULL


def test_missing_fields_take_their_defaults() -> None:
    """A sample of an older version, with the required fields only, is read."""
    exchange = json.loads(msgspec.json.encode(_exchange()))
    read = samples.decode(json.dumps({"id": "r1", "exchange": exchange}).encode())
    assert read == Sample(id="r1", exchange=_exchange())
    assert (read.probability, read.stratum, read.wire_version) == (1.0, "uniform", samples.WIRE_VERSION)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"id": 1}', b'{"id": "x", "exchange": {}}', b"\xff"])
def test_what_is_no_sample(data: bytes) -> None:
    """Bytes that are no sample raise ``ValueError``, which the consumer knows."""
    with pytest.raises(ValueError, match=r"."):
        samples.decode(data)


@given(st.binary(max_size=300), st.binary(max_size=300), st.booleans(), st.integers(0, 400))
def test_any_bytes_build_a_sample_that_can_travel(request: bytes, response: bytes, sse: bool, cap: int) -> None:
    """Whatever crossed the wire, there is a sample of it, and it can be written and read."""
    for operation in (Operation.CHAT, Operation.RESPONSES, Operation.MESSAGES):
        sample = _built(b'{"messages": [' + request, response, sse=sse, cap=cap, operation=operation)
        assert samples.decode(samples.encode(sample)) == sample


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@given(JSON)
def test_any_json_builds_a_sample_that_can_travel(value: Any) -> None:
    """Whatever stands in a place, the sample that leaves is one that the other side can read."""
    request = {
        "messages": [{"role": value, "content": value, "tool_calls": [{"id": value, "function": value}]}],
        "tools": [value],
        "response_format": {"x": value},
    }
    choice = {
        "index": value,
        "message": {"content": value, "refusal": value, "tool_calls": [{"function": value}]},
        "text": value,
    }
    answer = json.dumps(
        {"choices": [choice, {**choice, "delta": choice["message"]}], "content": value, "output": value}
    ).encode()
    for operation in (Operation.CHAT, Operation.RESPONSES, Operation.MESSAGES):
        for sse in (False, True):
            sample = _built(request, replies.sse(answer) if sse else answer, sse=sse, operation=operation)
            redacted = Redactor(Redaction()).sample(sample, ("secret-0123",))
            assert samples.decode(samples.encode(redacted)) == redacted


@pytest.mark.parametrize("operation", [Operation.CHAT, Operation.RESPONSES, Operation.MESSAGES])
def test_an_error_leaves_no_choice(operation: Operation) -> None:
    """A 429 is no answer, in the words of any family: there is no empty choice to be scored."""
    tap = Tap(operation, 10_000)
    tap.request(json.dumps(CHAT).encode())
    tap.head(b"application/json", b"")
    empty = {"content": [{"type": "text", "text": ""}], "output": [], "choices": [{"index": 0, "message": None}]}
    tap.feed(json.dumps({"type": "error", "error": {"type": "rate_limit_error"}, **empty}).encode(), 0.1)
    built = build_sample(_exchange(operation, status=429), tap.content(), 1.0, "error")
    assert built.choices == ()


def test_tools_that_a_search_found() -> None:
    """Definitions that came with the answer, or with an earlier turn, are the sample's tools too, each once."""
    searched, berth = {"type": "tool_search"}, {"type": "function", "name": "berth", "parameters": {"type": "object"}}
    old = {"type": "function", "name": "tide", "parameters": {"type": "object"}}
    asked = {"model": "m", "tools": [searched], "input": [{"type": "tool_search_output", "tools": [old]}]}
    found = {"type": "tool_search_output", "id": "t", "status": "completed", "tools": [berth, old]}
    call = {"type": "function_call", "id": "f", "call_id": "c", "name": "berth", "arguments": "{}"}
    whole = {"id": "resp_1", "object": "response", "status": "completed", "output": [found, call]}
    events = [
        replies.sse({"type": "response.output_item.done", "output_index": 0, "item": found}),
        replies.sse({"type": "response.output_item.done", "output_index": 1, "item": call}),
        replies.sse({"type": "response.completed", "response": {**whole, "output": []}}),
    ]
    for body, sse in ((json.dumps(whole).encode(), False), (b"".join(events), True)):
        built = _built(asked, body, sse=sse, operation=Operation.RESPONSES)
        assert [json.loads(bytes(tool)) for tool in built.tools] == [searched, old, berth]
        assert built.choices[0].tool_calls == (ToolCall("berth", "{}", "c"),)


def test_a_forced_tool_is_known() -> None:
    """The sample says which tool's call is the answer."""
    choice = {"type": "function", "function": {"name": "Plan"}}
    assert _built({**CHAT, "tool_choice": choice}, b"{}").answer_tools == ("Plan",)
