"""Cases that a tool has no form for: they leave so that the tool takes the file, and come back as they were."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from scorers.cases.case import Case
from scorers.cases.case import read as case_of
from scorers.cases.suite import Suite
from scorers.formats import suites
from support.odd_messages import ODD, odd_cases

CASES = {case.id: case for case in odd_cases()}


def written(name: str, *cases: Case) -> bytes:
    return suites.write(Suite(name="tides", cases=cases), name)[0]


def read(name: str, data: bytes) -> tuple[Case, ...]:
    return suites.read(io.BufferedReader(io.BytesIO(data)), "file.jsonl", name).cases  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["jsonl", "braintrust", "langfuse", "promptfoo", "inspect", "openai-evals"])
@pytest.mark.parametrize("odd", ODD)
def test_odd_messages_come_back(name: str, odd: str) -> None:
    """Nothing of a message is lost on the way out and back, also where the tool does not know it."""
    assert read(name, written(name, CASES[odd])) == (CASES[odd],)


def test_inspect_takes_every_message() -> None:
    """What its reader refuses (seen with 0.3.285) is in no line: a content that is not there, roles that it does not
    know, arguments that are no object. A call stays before what the tool said to it. What stays whole needs no copy."""
    for line in written("inspect", *CASES.values()).splitlines():
        document = json.loads(line)
        called: list[str] = []
        for message in document["input"]:
            assert message["role"] in ("system", "user", "assistant", "tool"), document["id"]
            assert isinstance(message["content"], str | list), document["id"]
            for call in message.get("tool_calls", []):
                assert isinstance(call["function"], str)
                assert isinstance(call["arguments"], dict)
                called.append(call["id"])
            assert message.get("tool_call_id") in (None, *called), document["id"]
        kept = document["metadata"]["sightglass"].get("messages", {})
        assert not any(document["input"][int(place)] == one for place, one in kept.items())
    plain = Case(id="c", messages=({"role": "user", "content": "Tide?"},), expected="12:04")
    assert json.loads(written("inspect", plain))["metadata"] == {}


def test_what_somebody_has_changed_in_inspects_form_counts() -> None:
    """The message that our export kept is put back only where Inspect's is still what was written."""
    document: dict[str, Any] = json.loads(written("inspect", CASES["developer"]))
    document["input"][0]["content"] = "Be thorough."
    (case,) = read("inspect", json.dumps(document).encode())
    assert case.messages[0] == {"role": "system", "content": "Be thorough."}
    document["input"][0]["content"] = "Be brief."
    (case,) = read("inspect", json.dumps(document).encode())
    assert case.messages[0] == {"role": "developer", "content": "Be brief."}


def test_a_call_without_arguments_can_be_written() -> None:
    """A case of a file may have one: no format breaks off."""
    call = {"id": "t1", "type": "function", "function": {"name": "tide_table"}}
    messages = [ODD["no words"][0], {"role": "assistant", "content": "", "tool_calls": [call]}, ODD["developer"][1]]
    case = Case(id="c", messages=tuple(messages), expected="x")
    for name in ("jsonl", "braintrust", "langfuse", "promptfoo", "inspect", "openai-evals", "openai-finetune"):
        (found,) = read(name, written(name, case))
        assert found.messages[1]["tool_calls"][0]["function"]["arguments"] == "{}"


def test_what_inspect_does_not_see_is_said() -> None:
    """Each kind in one sentence; nothing of it is lost to our import."""
    _, notes = suites.write(Suite(name="tides", cases=(CASES["developer"], CASES["a file alone"])), "inspect")
    assert [note for note in notes if "lost" in note] == []
    kept = "1 case: kept in metadata.sightglass, which only our import reads"
    assert {f"input: role developer: {kept}", f"input: part file: {kept}"} <= set(notes)


def test_a_custom_call_of_inspect_is_one_here() -> None:
    """Inspect keeps what a custom tool is given under ``input``; in a log of its own nothing of ours stands beside."""
    call = {"id": "t1", "type": "custom", "function": "tide_table", "arguments": {"input": "Cuxhaven, today"}}
    messages = [ODD["no words"][0], {"role": "assistant", "content": "", "tool_calls": [call]}, ODD["developer"][1]]
    (case,) = read("inspect", json.dumps({"id": "c", "input": messages, "target": "12:04"}).encode())
    assert case.messages[1]["tool_calls"] == ODD["a custom call"][1]["tool_calls"]


@pytest.mark.parametrize("name", ["jsonl", "braintrust", "langfuse", "promptfoo", "inspect", "openai-evals"])
def test_an_assertion_that_says_what_is_expected_stays_one(name: str) -> None:
    """``equals`` is exact, where ``expected`` alone folds case and white space: a case with both keeps both."""
    own = {"id": "c", "input": "Tide?", "expected": "12:04", "assert": [{"equals": "12:04"}]}
    assert read(name, written(name, case_of(own))) == (case_of(own),)
    alone = {key: value for key, value in own.items() if key != "assert"}
    assert read(name, written(name, case_of(alone))) == (case_of(alone),)
