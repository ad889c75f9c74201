"""What the recorded format promises."""

import json

import msgspec
import pytest

from proxy.exchange import Outcome, StreamEnd, Usage
from proxy.sample import Choice, Message, Sample, ToolCall
from scorers.formats.recorded import decode, encode
from scorers.registry import build
from support.scoring import exchange, parsed

FULL = {
    "id": "7",
    "model": "m",
    "app": "shop",
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "image_url"}]},
        {"role": "tool", "content": "result", "tool_call_id": "c1"},
    ],
    "tools": [{"type": "function", "function": {"name": "f"}}],
    "contexts": ["one", "two"],
    "response": "Hello.",
    "refusal": "No.",
    "tool_calls": [{"id": "c2", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
    "finish_reason": "stop",
    "usage": {"prompt_tokens": 9, "completion_tokens": 3},
    "off_wire": ["files"],
    "system_documents": True,
    "labels": {"refusal.refused": "yes"},
}


def test_everything_is_read():
    """Each key of the format lands in the sample."""
    sample = decode(json.dumps(FULL))
    assert (sample.id, sample.exchange.model, sample.exchange.app) == ("7", "m", "shop")
    assert sample.exchange.instance == "recorded"
    assert [message.role for message in sample.messages] == ["system", "user", "tool"]
    assert sample.messages[1].other_parts == ("image_url",)
    assert sample.contexts == ("one", "two")
    assert sample.choices[0].text == "Hello."
    assert sample.choices[0].tool_calls == (ToolCall("f", "{}", "c2"),)
    assert sample.exchange.usage is not None
    assert (sample.exchange.usage.input, sample.exchange.usage.output) == (9, 3)
    assert sample.labels == {"refusal.refused": "yes"}
    assert sample.off_wire == ("files",)
    assert sample.system_documents


def test_out_and_in_again():
    """Encoding and decoding gives the same sample."""
    sample = decode(json.dumps(FULL))
    assert decode(encode(sample)) == sample


def test_documents_of_a_request_are_evidence():
    """A chat request that is kept as it was sent has its documents beside the messages."""
    asked = {
        "messages": [{"role": "user", "content": "When?"}],
        "documents": [{"title": "Office", "text": "Opens at six."}],
    }
    sample = decode(json.dumps({**asked, "context": "Closed in May.", "response": "At six."}))
    assert sample.contexts == ("Office\nOpens at six.", "Closed in May.")
    assert decode(encode(sample)).contexts == sample.contexts


def test_cache_writes_go_out_and_in_again():
    """Each kind of token stays what it was."""
    sample = decode(json.dumps({"prompt": "Hi", "response": "Hello."}))
    counted = msgspec.structs.replace(sample.exchange, usage=Usage(3, 20, 10, 4, 5))
    assert decode(encode(msgspec.structs.replace(sample, exchange=counted))).exchange.usage == Usage(3, 20, 10, 4, 5)


def test_the_least_that_is_enough():
    """A prompt and a response are enough; the id is the line's number; ``context`` is one context."""
    sample = decode(b'{"prompt": "Hi", "response": "Hello.", "context": "c", "extra": 1}', 12)
    assert (sample.id, sample.contexts) == ("12", ("c",))
    assert [(message.role, message.content) for message in sample.messages] == [("user", "Hi")]


def test_a_lone_surrogate_keeps_its_line():
    """Text that no UTF-8 can hold is read with a replacement."""
    assert decode(rb'{"prompt": "x", "response": "a\ud800b\u0000"}').choices[0].text == "a?b\0"


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ("7", "not a JSON object"),
        ('{"response": "x"}', "neither messages nor prompt"),
        ('{"prompt": "x"}', "response: missing"),
        ('{"prompt": 1, "response": "x"}', "prompt: not a string"),
        ('{"prompt": "x", "response": 1}', "response: not a string"),
        ('{"messages": "x", "response": "x"}', "messages: not a list"),
        ('{"messages": [1], "response": "x"}', "messages: not a list"),
        ('{"messages": [{}], "response": "x"}', "messages[0].role"),
        ('{"prompt": "x", "response": "x", "contexts": "c"}', "contexts: not a list"),
        ('{"prompt": "x", "response": "x", "context": ["c"]}', "context: not a string"),
        ('{"prompt": "x", "response": "x", "tool_calls": {}}', "tool_calls: not a list"),
        ('{"prompt": "x", "response": "x", "tools": {"a": 1}}', "tools: not a list"),
        ('{"prompt": "x", "response": "x", "tools": ["f"]}', "tools: not a list"),
        ('{"prompt": "x", "response": "x", "labels": {"a": "maybe"}}', "labels"),
        ('{"prompt": "x", "response": "x", "labels": {"a": []}}', "labels"),
        ('{"prompt": "x", "response": "x", "id": []}', "id: not a string"),
        ('{"prompt": "x", "response": "x", "labels": {"refused": "yes"}}', "there are refusal, groundedness"),
        ('{"prompt": "x", "response": "x", "labels": {"refusal.asked": "yes"}}', "refusal has refused"),
        ('{"prompt": "x", "response": "x", "request_truncated": 1}', "request_truncated: neither"),
        ('{"prompt": "x", "response": "x", "ended": "cut"}', "ended: Expected `object`"),
        ('{"prompt": "x", "response": "x", "ended": {"stream_end": "odd"}}', "ended: Invalid enum value 'odd'"),
        ("[" * 100_000, "nested"),
        (b'{"prompt": "\xff"}', "not JSON"),
    ],
)
def test_what_is_wrong_is_said(line, wrong):
    """A line that is no sample raises ValueError with one line that names the fault."""
    with pytest.raises(ValueError) as caught:
        decode(line)
    assert wrong in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "facts",
    [
        {"status": 200},
        {"status": 200, "streamed": True, "stream_end": StreamEnd.COMPLETE},
        {"status": 200, "streamed": True, "stream_end": StreamEnd.UPSTREAM_CUT, "outcome": Outcome.STREAM_INCOMPLETE},
        {"status": 200, "streamed": True, "stream_end": StreamEnd.NO_TERMINATOR, "outcome": Outcome.STREAM_INCOMPLETE},
        {"status": 200, "stream_end": StreamEnd.CLIENT_DISCONNECTED, "outcome": Outcome.CLIENT_DISCONNECTED},
        {"status": 500, "outcome": Outcome.UPSTREAM_ERROR, "error": "server_error", "answer": ""},
        {"status": 400, "outcome": Outcome.CLIENT_ERROR, "error": "content_filter", "answer": ""},
        {"status": 200, "wire_refusal": True, "answer": ""},
        {"request_truncated": True},
        {"response_truncated": True},
    ],
)
async def test_scores_are_the_same_after_export(facts: dict[str, object]) -> None:
    """How the stream ended, errors and what was cut off are in the line: every scorer says what it said before."""
    cut = {name: facts.pop(name) for name in ("request_truncated", "response_truncated") if name in facts}
    answer = str(facts.pop("answer", "The tower is 43 metres tall, as the document says, and it is white."))
    sample = Sample(
        id="s1",
        exchange=exchange("s1", **facts),
        messages=(Message(role="system", content="You are a guide."), Message(role="user", content="How tall is it?")),
        contexts=("The tower of Brenn is 43 metres tall. It is white, and was built in 1871.",),
        choices=(Choice(text=answer),),
        **cut,
    )
    again = decode(encode(sample))
    for name, scorer in build(parsed()).items():
        assert await scorer(again) == await scorer(sample), name


def test_an_exchange_that_ended_well_has_nothing_to_say() -> None:
    """Its line is as people write it."""
    sample = Sample(id="s1", exchange=exchange("s1", status=200, stream_end=StreamEnd.COMPLETE))
    assert set(json.loads(encode(sample))) == {"id", "model", "app", "messages", "response"}


def test_a_last_message_of_the_assistant_is_the_response():
    """Without ``response`` the answer is the message that the assistant said last, with its calls and its refusal."""
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello.", "tool_calls": [call]}]
    sample = decode(json.dumps({"messages": messages}))
    assert sample.choices == (Choice(text="Hello.", tool_calls=(ToolCall("f", "{}", "c"),)),)
    assert [message.role for message in sample.messages] == ["user"]
    parts = [{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo."}]
    messages[1] = {"role": "assistant", "content": parts}
    assert decode(json.dumps({"messages": messages, "response": None})).choices[0].text == "Hello."


def test_a_response_beside_an_assistants_message_stays_the_response():
    """A conversation that ends with the assistant keeps that message where a response is given."""
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]
    sample = decode(json.dumps({"messages": messages, "response": "Hello again."}))
    assert sample.choices[0].text == "Hello again."
    assert len(sample.messages) == 2
