"""The responses of a WebSocket session, told as requests of their own: texts of messages in, steps out."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from proxy.exchange import FinishReason, Usage
from proxy.wire import responses
from proxy.wire.facts import Facts
from proxy.wire.sse import Event
from proxy.wire.websocket_responses import FAILED, TRANSCRIPT, Realtime, Responses, Step, What, kind_of


def text(**event: Any) -> bytes:
    return orjson.dumps(event)


def told(steps: list[Step]) -> list[tuple[str, int]]:
    return [(step.what.value, step.turn) for step in steps]


def events(steps: list[Step], turn: int) -> list[Event]:
    return [Event(b"", step.data) for step in steps if step.what is What.EVENT and step.turn == turn]


def asked(steps: list[Step], turn: int) -> Any:
    return next(orjson.loads(step.data) for step in steps if step.what is What.ASKED and step.turn == turn)


def facts(steps: list[Step], turn: int) -> Facts:
    found = Facts()
    for event in events(steps, turn):
        responses.facts_of_event(event, found)
    return found


def test_kind_is_found_at_either_end() -> None:
    """Some servers write the type last; a text that quotes a type does not count."""
    assert kind_of(b'{"type": "response.created"}') == "response.created"
    assert kind_of(b'{"response": {"id": "' + b"x" * 900 + b'"}, "type":"response.completed"}') == "response.completed"
    assert kind_of(b'{"type":"input_audio_buffer.append","audio":"AAAA"}') == ""
    assert kind_of(b'{"delta":"the \\"type\\":\\"error\\" of","type":"response.output_text.delta"}') == (
        "response.output_text.delta"
    )


def test_responses_one_after_another() -> None:
    """Each answer belongs to the oldest question that has none, even when the client asks ahead."""
    session, steps = Responses(), []
    first = text(type="response.create", model="gpt-lamp", input="Where is the lamp?")
    second = text(type="response.create", model="gpt-lamp", input="And the rope?", previous_response_id="resp_a")
    steps += session.client(first, False) + session.client(second, False)
    for id, word in (("resp_a", "here"), ("resp_b", "there")):
        steps += session.server(text(type="response.created", response={"id": id, "model": "gpt-lamp"}), False)
        steps += session.server(text(type="response.output_text.delta", delta=word), False)
        done = {"id": id, "model": "gpt-lamp", "status": "completed", "output": [], "usage": {"input_tokens": 4}}
        steps += session.server(text(type="response.completed", response=done), False)
    assert asked(steps, 1)["input"] == "Where is the lamp?"
    assert asked(steps, 2)["previous_response_id"] == "resp_a"
    assert [facts(steps, turn).response_id for turn in (1, 2)] == ["resp_a", "resp_b"]
    assert [step.turn for step in steps if step.what is What.ENDED] == [1, 2]
    assert session.server(text(type="response.output_text.delta", delta="late"), False) == []


def test_an_error_ends_the_response() -> None:
    """So do a failed and an incomplete one."""
    for kind in ("error", "response.failed", "response.incomplete"):
        session = Responses()
        session.client(text(type="response.create", model="m"), False)
        steps = session.server(text(type=kind, error={"code": "rate_limit_exceeded"}, response={}), False)
        assert told(steps) == [("event", 1), ("ended", 1)]


def test_a_response_that_nobody_asked_for() -> None:
    """What the server begins by itself is an exchange with an empty request."""
    session = Responses()
    steps = session.server(text(type="response.created", response={"id": "resp_c"}), False)
    assert told(steps) == [("begun", 1), ("asked", 1), ("event", 1)]


def test_responses_at_once_have_a_bound() -> None:
    """The seventeenth is left out, and that is told."""
    session = Responses()
    steps = [step for _ in range(20) for step in session.client(text(type="response.create"), False)]
    assert sum(step.what is What.BEGUN for step in steps) == 16
    assert [step.data for step in steps if step.what is What.LEFT_OUT] == [b"too_many_open"] * 4


def test_an_end_that_was_too_long_still_ends() -> None:
    """Its figures are lost and that is told; the next answer is not taken for this one's."""
    session = Responses()
    session.client(text(type="response.create", model="m"), False)
    steps = session.server(b'{"type":"response.completed","response":{"output":[{"text":"xxxx', True)
    assert told(steps) == [("left_out", 1), ("event", 1), ("ended", 1)]
    assert facts(steps, 1).terminated


def _created(id: str, lane: str | None, **more: Any) -> bytes:
    return text(type="response.created", response={"id": id, "model": "gpt-lamp", **more}, stream_id=lane)


def _word(word: str, lane: str | None) -> bytes:
    return text(type="response.output_text.delta", delta=word, stream_id=lane)


def _ended(id: str, lane: str | None, tokens: int, **more: Any) -> bytes:
    usage = {"input_tokens": tokens, "output_tokens": 1}
    response = {"id": id, "status": "completed", "output": [], "usage": usage, **more}
    return text(type=f"response.{response['status']}", response=response, stream_id=lane)


def test_responses_in_lanes() -> None:
    """The events of several lanes come in any order; each lane is a queue of its own (``stream_id``)."""
    session, steps = Responses(), []
    for lane, what in (("a", "one"), ("b", "two"), ("a", "three")):
        steps += session.client(text(type="response.create", model="m", input=what, stream_id=lane), False)
    steps += session.client(text(type="response.create", model="m", input="four"), False)
    for event in (
        _created("rb", "b"),
        _created("ra", "a"),
        _word("A", "a"),
        _word("B", "b"),
        _created("r4", None),
        _ended("ra", "a", 4),
        _word("4", None),
        _created("rc", "a"),
        _word("C", "a"),
        _ended("rb", "b", 5),
        _ended("rc", "a", 6),
        _ended("r4", None, 7),
    ):
        steps += session.server(event, False)
    found = {}
    for turn in (1, 2, 3, 4):
        [choice] = responses.stream(events(steps, turn)[:-1])
        told_of = facts(steps, turn)
        assert told_of.usage is not None
        found[asked(steps, turn)["input"]] = (told_of.response_id, choice.text, told_of.usage.input)
    assert found == {"one": ("ra", "A", 4), "two": ("rb", "B", 5), "three": ("rc", "C", 6), "four": ("r4", "4", 7)}
    assert [step.turn for step in steps if step.what is What.ENDED] == [1, 2, 3, 4]


def test_a_server_that_names_no_lanes() -> None:
    """Its answers come in the order of the requests; a head that comes twice begins nothing."""
    session, steps = Responses(), []
    for lane in ("a", "b"):
        steps += session.client(text(type="response.create", input=lane, stream_id=lane), False)
    for id in ("ra", "rb"):
        for event in (_created(id, None), _created(id, None), _ended(id, None, 4)):
            steps += session.server(event, False)
    assert [facts(steps, turn).response_id for turn in (1, 2)] == ["ra", "rb"]
    assert sum(step.what is What.BEGUN for step in steps) == 2


def test_an_end_that_was_cut_is_that_of_its_lane() -> None:
    """The lane stands in what is left of it."""
    session = Responses()
    for lane in ("a", "b"):
        session.client(text(type="response.create", stream_id=lane), False)
    steps = session.server(b'{"type":"response.completed","stream_id":"b","response":{"output":[{"text":"xx', True)
    assert told(steps) == [("left_out", 2), ("event", 2), ("ended", 2)]


@pytest.mark.parametrize("lane", [None, "a"])
def test_a_response_that_is_steered(lane: str | None) -> None:
    """It ends, and the next one goes on by its settings, with what the client said to steer it."""
    session, steps = Responses(), []
    steps += session.client(text(type="response.create", model="m", input="Go.", tools=[], stream_id=lane), False)
    steps += session.server(_created("ra", lane), False)
    said = [{"role": "user", "content": "Faster."}]
    steps += session.client(text(type="response.steer", previous_response_id="ra", input=said), False)
    steps += session.client(text(type="response.steer", previous_response_id="ra", input="Now."), False)
    steps += session.server(text(type="response.steer.accepted", steer={"id": "s"}, stream_id=lane), False)
    cut = {"status": "incomplete", "incomplete_details": {"reason": "steered"}}
    steps += session.server(_ended("ra", lane, 4, **cut), False)
    steps += session.server(_created("rb", lane, previous_response_id="ra"), False)
    steps += session.server(_ended("rb", lane, 9), False)
    assert facts(steps, 1).finish_reason is FinishReason.INCOMPLETE
    request = asked(steps, 2)
    assert (request["model"], request["previous_response_id"]) == ("m", "ra")
    assert [item["content"] for item in request["input"]] == ["Faster.", "Now."]
    assert facts(steps, 2).usage == Usage(9, output=1)
    assert told(steps)[-1] == ("ended", 2)


def test_what_steers_are_remembered() -> None:
    """They have a bound, and whatever a client sends is none of ours to judge."""
    session = Responses()
    for number in range(40):
        session.client(text(type="response.steer", previous_response_id=f"r{number}", input="x" * 50_000), False)
    session.client(text(type="response.steer", input=[[], 4], previous_response_id=[]), False)
    session.client(b'{"type":"response.steer"', False)
    assert len(session._steers) <= 16
    steps = session.server(_created("r", None, previous_response_id="r39"), False)
    assert asked(steps, 1) == {"previous_response_id": "r39", "input": [{"role": "user", "content": "x" * 50_000}]}


REALTIME = [
    {"type": "session.created", "session": {"id": "sess_1", "model": "gpt-realtime-lamp"}},
    {"type": "session.updated", "session": {"instructions": "Keep the stock list.", "tools": [{"name": "find_item"}]}},
]


def realtime(*more: dict[str, Any]) -> tuple[Realtime, list[Step]]:
    session = Realtime("gpt-realtime")
    return session, [step for event in (*REALTIME, *more) for step in session.server(orjson.dumps(event), False)]


def item(id: str, role: str, *content: dict[str, Any]) -> dict[str, Any]:
    return {"id": id, "type": "message", "role": role, "content": list(content)}


def test_realtime_in_text() -> None:
    """Items of the session are the input, its instructions the system message; deltas and the end are told."""
    session, _ = realtime(
        {"type": "conversation.item.added", "item": item("i1", "user", {"type": "input_text", "text": "Lamp?"})}
    )
    steps = session.client(text(type="response.create"), False)
    steps += session.server(text(type="response.created", response={"id": "r1"}), False)
    steps += session.server(text(type="response.output_text.delta", response_id="r1", delta="Bay "), False)
    steps += session.server(text(type="response.output_audio.delta", response_id="r1", delta="AAAA"), False)
    answer = item("i2", "assistant", {"type": "output_text", "text": "Bay 4."})
    usage = {"input_tokens": 30, "output_tokens": 9, "input_token_details": {"cached_tokens": 8}}
    done = {"id": "r1", "status": "completed", "output": [answer], "usage": usage}
    steps += session.server(text(type="response.done", response=done), False)
    content = responses.request(asked(steps, 1))
    assert [(message.role, message.content) for message in content.messages] == [
        ("system", "Keep the stock list."),
        ("user", "Lamp?"),
    ]
    assert len(content.tools) == 1
    found = facts(steps, 1)
    assert (found.model, found.response_id, found.terminated) == ("gpt-realtime-lamp", "r1", True)
    assert found.usage is not None
    assert (found.usage.input, found.usage.cached_input, found.usage.output) == (22, 8, 9)
    [choice] = responses.stream(events(steps, 1))
    assert choice.text == "Bay 4."
    second = session.client(text(type="response.create"), False)
    second += session.server(text(type="response.created", response={"id": "r2"}), False)
    second += session.server(
        text(type="response.done", response={"id": "r2", "status": "completed", "output": []}), False
    )
    assert [message["role"] for message in asked(second, 2)["input"]] == ["user", "assistant"]


def test_realtime_in_speech() -> None:
    """The server begins by itself; what was heard is what the user said, the transcript what was answered, and no sound
    is kept."""
    session, _ = realtime(
        {"type": "conversation.item.created", "item": item("i1", "user", {"type": "input_audio", "audio": "AAAA"})}
    )
    steps = session.server(text(type="response.created", response={"id": "r1"}), False)
    assert told(steps)[0] == ("begun", 1)
    heard = "conversation.item.input_audio_transcription.completed"
    steps += session.server(text(type=heard, item_id="i1", transcript="Where is the rope?"), False)
    delta = "response.output_audio_transcript.delta"
    steps += session.server(text(type=delta, response_id="r1", delta="On the"), False)
    assert responses.is_visible(orjson.loads(steps[-1].data))
    answer = item("i2", "assistant", {"type": "output_audio", "transcript": "On the hook."})
    steps += session.server(
        text(type="response.done", response={"id": "r1", "status": "completed", "output": [answer]}), False
    )
    [message] = responses.request(asked(steps, 1)).messages[1:]
    assert (message.role, message.content) == ("user", "Where is the rope?")
    [choice] = responses.stream(events(steps, 1))
    assert choice.text == "On the hook."
    assert b"AAAA" not in b"".join(step.data for step in steps)


def test_realtime_calls_and_their_results() -> None:
    """A function call is the answer, and its result a tool's message of the next request."""
    session, _ = realtime()
    call = {"id": "i1", "type": "function_call", "call_id": "c1", "name": "find_item", "arguments": '{"what":"rope"}'}
    session.client(text(type="response.create"), False)
    session.server(text(type="response.created", response={"id": "r1"}), False)
    steps = session.server(
        text(type="response.done", response={"id": "r1", "status": "completed", "output": [call]}), False
    )
    [choice] = responses.stream(events(steps, 1))
    assert [(one.name, one.arguments) for one in choice.tool_calls] == [("find_item", '{"what":"rope"}')]
    result = {"id": "i2", "type": "function_call_output", "call_id": "c1", "output": "hook 3"}
    session.server(text(type="conversation.item.added", item=result), False)
    session.client(text(type="response.create", response={"instructions": "Be short."}), False)
    session.server(text(type="response.created", response={"id": "r2"}), False)
    steps = session.server(
        text(type="response.done", response={"id": "r2", "status": "completed", "output": []}), False
    )
    messages = responses.request(asked(steps, 2)).messages
    assert [message.role for message in messages] == ["system", "assistant", "tool"]
    assert (messages[0].content, messages[2].content) == ("Be short.", "hook 3")


@pytest.mark.parametrize(
    ("status", "details", "finish"),
    [
        ("cancelled", {"reason": "turn_detected"}, "incomplete"),
        ("incomplete", {"reason": "max_output_tokens"}, "length"),
        ("incomplete", {"reason": "content_filter"}, "content_filter"),
        ("failed", {"error": {"code": "server_error"}}, "error"),
    ],
)
def test_realtime_endings(status: str, details: dict[str, Any], finish: str) -> None:
    """Each way in which a response may end is told in the words of ``/responses``."""
    session, _ = realtime()
    session.client(text(type="response.create"), False)
    session.server(text(type="response.created", response={"id": "r1"}), False)
    done = {"id": "r1", "status": status, "status_details": details, "output": []}
    steps = session.server(text(type="response.done", response=done), False)
    found = facts(steps, 1)
    assert found.terminated
    assert str(found.finish_reason) == finish
    assert (found.error is not None) == (status == "failed")


def test_realtime_errors_find_their_response() -> None:
    """An error that names another event is not that of the response which waits."""
    session, _ = realtime()
    session.client(text(type="response.create", event_id="e7"), False)
    assert session.server(text(type="error", error={"event_id": "e6", "code": "x"}), False) == []
    steps = session.server(text(type="error", error={"event_id": "e7", "code": "invalid_value"}), False)
    assert told(steps) == [("asked", 1), ("event", 1), ("ended", 1)]
    assert facts(steps, 1).error == "invalid_value"


def test_realtime_remembers_a_bounded_amount() -> None:
    """The oldest items are forgotten: what is told of a session never grows with it."""
    session, _ = realtime()
    for number in range(600):
        said = item(f"i{number}", "user", {"type": "input_text", "text": "rope " * 400})
        session.server(text(type="conversation.item.added", item=said), False)
    session.client(text(type="response.create"), False)
    session.server(text(type="response.created", response={"id": "r1"}), False)
    steps = session.server(
        text(type="response.done", response={"id": "r1", "status": "completed", "output": []}), False
    )
    kept = asked(steps, 1)["input"]
    assert kept[-1]["id"] == "i599"
    assert len(orjson.dumps(kept)) < 300_000


@pytest.mark.parametrize(
    "junk", [b"", b"[]", b"null", b'{"type":"response.done"}', b'{"type":"response.create"', b"\xff\xfe"]
)
def test_rubbish_is_passed_over(junk: bytes) -> None:
    """Nothing that either side may send raises."""
    for session in (Responses(), Realtime(None)):
        session.client(junk, False)
        session.server(junk, False)
        session.server(junk, True)


def _lamps(*more: dict[str, Any]) -> Realtime:
    """A session in which two turns were spoken."""
    said = [item(f"i{at}", "user", {"type": "input_text", "text": f"Lamp {at}?"}) for at in (1, 2)]
    return realtime(*({"type": "conversation.item.added", "item": one} for one in said), *more)[0]


def _answered(session: Realtime, response: dict[str, Any], *output: dict[str, Any]) -> list[str]:
    """What the model was asked, of one response of the session."""
    steps = session.client(text(type="response.create", response=response), False)
    steps += session.server(text(type="response.created", response={"id": "r"}), False)
    steps += session.server(text(type="response.done", response={"id": "r", "output": list(output)}), False)
    content = responses.request(asked(steps, steps[0].turn))
    assert content.off_wire == []
    return [message.content for message in content.messages if message.role != "system"]


def test_what_was_deleted_is_no_input() -> None:
    """Voice agents take old turns out of a session; one that nobody knows is passed over."""
    session = _lamps(*({"type": "conversation.item.deleted", "item_id": id} for id in ("i1", "i9")))
    assert _answered(session, {}) == ["Lamp 2?"]


def test_a_response_outside_the_conversation_leaves_nothing_in_it() -> None:
    """Its output is no item of the session, and the items that it names are its input."""
    session = _lamps()
    answer = item("i3", "assistant", {"type": "output_text", "text": "A lamp."})
    named = [{"type": "item_reference", "id": "i2"}, item("i4", "user", {"type": "input_text", "text": "Which?"})]
    assert _answered(session, {"conversation": "none", "input": named}, answer) == ["Lamp 2?", "Which?"]
    assert _answered(session, {"conversation": "auto"}, answer) == ["Lamp 1?", "Lamp 2?"]
    assert _answered(session, {}) == ["Lamp 1?", "Lamp 2?", "A lamp."]


_HEARD = "conversation.item.input_audio_transcription"


@pytest.mark.parametrize(
    "session",
    [
        {"audio": {"input": {"transcription": {"model": "gpt-4o-transcribe"}}}},
        {"type": "transcription", "input_audio_transcription": {"model": "gpt-4o-transcribe"}},
    ],
)
def test_transcripts_have_a_model_and_a_usage_of_their_own(session: dict[str, Any]) -> None:
    """From the sound that was heard to its transcript; one that nobody announced; one that failed."""
    heard, _ = realtime({"type": "session.updated", "session": session})
    steps = heard.server(text(type="input_audio_buffer.committed", item_id="i1"), False)
    assert (told(steps), steps[0].data) == ([("begun", 1)], TRANSCRIPT)
    usage = {"type": "tokens", "input_tokens": 14, "output_tokens": 5}
    steps = heard.server(text(type=f"{_HEARD}.completed", item_id="i1", transcript="Lamp?", usage=usage), False)
    assert told(steps) == [("event", 1), ("ended", 1)]
    assert orjson.loads(steps[0].data) == {"model": "gpt-4o-transcribe", "usage": usage}
    steps = heard.server(text(type=f"{_HEARD}.failed", item_id="i2", error={"code": "inaudible"}), False)
    assert told(steps) == [("begun", 2), ("event", 2), ("ended", 2)]
    assert steps[-1].data == FAILED
    assert heard.client(text(type="response.create"), False)[0].turn == 3


def test_transcripts_that_never_come_are_bounded() -> None:
    """And without a model that transcribes none is waited for."""
    deaf, _ = realtime()
    assert deaf.server(text(type="input_audio_buffer.committed", item_id="i1"), False) == []
    hears = {"input_audio_transcription": {"model": "whisper-1"}}
    heard, _ = realtime({"type": "session.updated", "session": hears})
    steps = [
        step
        for number in range(100)
        for step in heard.server(text(type="input_audio_buffer.committed", item_id=f"i{number}"), False)
    ]
    kinds = [step.what for step in steps]
    assert (kinds.count(What.BEGUN), kinds.count(What.ENDED)) == (100, 84)
