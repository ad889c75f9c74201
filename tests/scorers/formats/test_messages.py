"""Messages where other tools hold them: an answer as what is expected, tools beside an input, calls of earlier days."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from scorers.cases import case as cases
from scorers.cases.suite import Suite
from scorers.formats import suites

USER = {"role": "user", "content": "Tide?"}
TOOL = {"type": "function", "function": {"name": "tide", "parameters": {"type": "object"}}}
CALL = {"id": "c", "type": "function", "function": {"name": "tide", "arguments": '{"port": "Orme"}'}}
CALLED = {"tool_called": {"name": "tide", "arguments": {"port": "Orme"}}}


def read(form: str, *rows: object) -> tuple[list[dict[str, Any]], list[str]]:
    """The documents of the cases of a file, and what is said of it."""
    body = "".join(json.dumps(row) + "\n" for row in rows)
    found = suites.read(io.BufferedReader(io.BytesIO(body.encode())), "file", form)  # type: ignore[arg-type]
    return [case.document() for case in found.cases], found.notes


def item(form: str, asked: object, expected: object) -> dict[str, Any]:
    """A row of a dataset."""
    if form == "langfuse":
        return {"datasetName": "d", "id": "a", "input": asked, "expectedOutput": expected, "metadata": None}
    if form == "openai-evals":
        return {"item": {"id": "a", "messages" if isinstance(asked, list) else "input": asked, "expected": expected}}
    return {"id": "a", "input": asked, "expected": expected, "tags": None}


FORMS = ["langfuse", "braintrust", "openai-evals"]


@pytest.mark.parametrize("form", FORMS)
def test_an_answer_of_a_trace_is_its_text_and_its_calls(form: str) -> None:
    """A row that was made of a trace holds the assistant's message: nobody expects that object of a model."""
    [case], _ = read(form, item(form, [USER], {"role": "assistant", "content": "At noon.", "refusal": None}))
    assert case["expected"] == "At noon."
    [case], _ = read(form, item(form, [USER], {"role": "assistant", "content": None, "tool_calls": [CALL]}))
    assert case["assert"] == [CALLED]
    assert "expected" not in case
    [case], _ = read(form, item(form, [USER], [{"index": 0, "message": {"role": "assistant", "content": "Soon."}}]))
    assert case["expected"] == "Soon."
    [case], _ = read(form, item(form, [USER], {"time": "12:04"}))
    assert case["expected"] == {"time": "12:04"}


@pytest.mark.parametrize("form", FORMS)
def test_tools_beside_an_input_are_tools_of_the_case(form: str) -> None:
    """As the clients of these services log a request; what a case cannot hold is counted."""
    asked = {"messages": [USER], "tools": [TOOL, {"type": "web_search"}], "tool_choice": "auto"}
    [case], notes = read(form, item(form, asked, "At noon."))
    assert (case["messages"], case["tools"]) == ([USER], [TOOL])
    assert any("tool_choice: 1 case: lost" in note for note in notes)
    assert any("tools: 1 case: lost: it is run by the provider itself" in note for note in notes)
    [case], _ = read(form, item(form, {"messages": [USER], "functions": [TOOL["function"]]}, "At noon."))
    assert case["tools"] == [TOOL]


@pytest.mark.parametrize("form", FORMS)
def test_an_object_that_looks_like_an_answer_comes_back(form: str) -> None:
    """Whoever expects such an object on purpose gets it back from an export of ours."""
    kept = {"id": "a", "input": "Tide?", "expected": {"role": "assistant", "content": None, "tool_calls": [CALL]}}
    suite = Suite(name="tides", cases=(cases.read(kept),))
    data, _ = suites.write(suite, form)
    found = suites.read(io.BufferedReader(io.BytesIO(data)), "file", form)  # type: ignore[arg-type]
    assert found.cases == suite.cases


def test_text_of_a_span_that_holds_messages() -> None:
    """Langfuse's attributes hold objects as JSON text."""
    row = item(
        "langfuse", json.dumps({"messages": [USER], "tools": [TOOL]}), '{"role": "assistant", "content": "Soon."}'
    )
    [case], _ = read("langfuse", row)
    assert (case["messages"], case["tools"], case["expected"]) == ([USER], [TOOL], "Soon.")


def test_lines_to_train_on_of_earlier_days() -> None:
    """``functions`` and ``function_call`` become tools and calls; a refusal is what is expected."""
    called = {"role": "assistant", "content": None, "function_call": CALL["function"]}
    functions = [TOOL["function"]]
    turns = [USER, called, {"role": "function", "name": "tide", "content": "12:04"}]
    whole = {"messages": [*turns, {"role": "assistant", "content": "At noon."}], "functions": functions}
    refused = {"messages": [USER, {"role": "assistant", "content": None, "refusal": "No."}]}
    found, notes = read("openai-finetune", whole, {"messages": [USER, called], "functions": functions}, refused)
    assert [case.get("expected") for case in found] == ["At noon.", None, "No."]
    assert found[0]["tools"] == [TOOL]
    assert found[0]["messages"][1]["tool_calls"] == [{**CALL, "id": "call_1"}]
    assert found[0]["messages"][2] == {"role": "tool", "tool_call_id": "call_1", "name": "tide", "content": "12:04"}
    assert found[1]["assert"] == [CALLED]
    assert notes == []


def test_calls_of_custom_tools_may_stand_in_a_conversation() -> None:
    """Their input is a text; a call without a name is told by its place."""
    custom = {"id": "c", "type": "custom", "custom": {"name": "note", "input": "low water"}}
    asked = [USER, {"role": "assistant", "content": None, "tool_calls": [custom]}, {"role": "tool", "content": "ok"}]
    [case], _ = read("braintrust", item("braintrust", asked, "Noted."))
    assert case["messages"] == asked
    with pytest.raises(ValueError, match=r"tool_calls\[0\].custom.name: expected a text"):
        cases.read({"messages": [asked[0], {**asked[1], "tool_calls": [{**custom, "custom": {}}]}, asked[2]]})
