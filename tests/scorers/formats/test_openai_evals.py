"""OpenAI's evals: pages of results and runs as its API gives them, and lines that others write for its open evals."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from scorers.cases.suite import BadSuite
from scorers.formats import suites
from scorers.formats.table import recognised, unread

NULLS = {"tool_calls": None, "tool_call_id": None, "function_call": None}
RESULT: dict[str, Any] = {
    "id": "outputitem_1",
    "object": "eval.run.output_item",
    "created_at": 1_743_092_076,
    "run_id": "evalrun_1",
    "eval_id": "eval_1",
    "status": "pass",
    "datasource_item_id": 5,
    "datasource_item": {"input": "Fog over Orme", "ground_truth": "Weather"},
    "results": [{"name": "String check", "sample": None, "passed": True, "score": 1.0}],
    "sample": {
        "input": [
            {"role": "developer", "content": "Name the section.", **NULLS},
            {"role": "user", "content": "Fog over Orme", **NULLS},
        ],
        "output": [{"role": "assistant", "content": "Weather", **NULLS}],
        "model": "m-1",
        "error": None,
    },
}
PAGE = {"object": "list", "data": [RESULT, RESULT], "first_id": "a", "last_id": "b", "has_more": False}
TEMPLATE = [
    {"type": "message", "role": "developer", "content": {"type": "input_text", "text": "Name the section."}},
    {"type": "message", "role": "user", "content": "{{item.input}}"},
]
RUN: dict[str, Any] = {
    "object": "eval.run",
    "id": "evalrun_1",
    "eval_id": "eval_1",
    "data_source": {
        "type": "completions",
        "source": {"type": "file_content", "content": [{"item": {"input": "Fog", "ground_truth": "Weather"}}]},
        "input_messages": {"type": "template", "template": TEMPLATE},
    },
}


def read(body: str, form: str = "openai-evals") -> list[dict[str, Any]]:
    """The documents of the cases of a file."""
    found = suites.read(io.BufferedReader(io.BytesIO(body.encode())), "file", form)  # type: ignore[arg-type]
    return [case.document() for case in found.cases]


def asked(case: dict[str, Any]) -> list[tuple[str, str]]:
    """The messages of a case."""
    return [(message["role"], message["content"]) for message in case["messages"]]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("extra", [0, 100_000])
def test_a_page_of_results_is_recognised(indent: int | None, extra: int) -> None:
    """As ``output_items.list`` gives it, on one line or many, also where it is longer than what is looked at."""
    long = {**RESULT, "datasource_item": {**RESULT["datasource_item"], "note": "x" * extra}}
    body = json.dumps({**PAGE, "data": [RESULT, long]}, indent=indent)
    assert recognised(body.encode()[:65_536] if indent else body.encode()) == "openai-evals"


def test_what_was_sent_is_what_a_case_asks() -> None:
    """The instructions stand in the template of a run and not in the item: a case without them is another task."""
    cases = read(json.dumps({**PAGE, "data": [RESULT]}, indent=1))
    assert [asked(case) for case in cases] == [[("developer", "Name the section."), ("user", "Fog over Orme")]]
    assert cases[0]["expected"] == "Weather"
    assert cases[0]["metadata"] == {"input": "Fog over Orme"}


def test_a_run_holds_its_rows_and_its_template() -> None:
    """The items that a run was given, each with the messages that its template makes of it."""
    for body in (json.dumps(RUN), json.dumps({"object": "list", "data": [RUN]}, indent=2)):
        assert recognised(body.encode()) == "openai-evals"
        [case] = read(body)
        assert asked(case) == [("developer", "Name the section."), ("user", "Fog")]
        assert case["expected"] == "Weather"
    wrong = {**RUN["data_source"], "input_messages": {"template": [{"role": "user", "content": "{% if x %}"}]}}
    with pytest.raises(BadSuite, match=r"input_messages\.template: expected messages of text"):
        read(json.dumps({**RUN, "data_source": wrong}))


def test_parts_in_the_form_of_responses_are_those_of_chat() -> None:
    """Graders and the API of responses call a text ``input_text``, which chat completions refuse."""
    parts = [{"type": "input_text", "text": "Tide?"}, {"type": "input_image", "image_url": "https://x.example/a.png"}]
    row = {"item": {"messages": [{"role": "user", "content": parts}], "expected": "At noon."}}
    [case] = read(json.dumps(row))
    assert case["messages"][0]["content"] == [
        {"type": "text", "text": "Tide?"},
        {"type": "image_url", "image_url": {"url": "https://x.example/a.png"}},
    ]


def test_lines_of_messages_for_the_open_evals() -> None:
    """Phoenix writes ``messages`` where the open evals have ``input``."""
    body = json.dumps({"messages": [{"role": "user", "content": "Tide?"}], "ideal": "At noon."})
    assert recognised(body.encode()) == "openai-evals"
    [case] = read(body)
    assert (asked(case), case["expected"]) == ([("user", "Tide?")], "At noon.")


def test_rows_as_braintrust_gives_them() -> None:
    """A page of a dataset that was fetched is recognised and read."""
    row = {"id": "r1", "input": "Tide?", "expected": "At noon.", "tags": None, "dataset_id": "d", "_xact_id": "1"}
    body = json.dumps({"events": [row], "cursor": None}, indent=1)
    assert recognised(body.encode()) == "braintrust"
    [case] = read(body, "braintrust")
    assert (case["id"], case["expected"]) == ("r1", "At noon.")


@pytest.mark.parametrize(
    ("document", "tool"),
    [
        ({"object": "eval", "data_source_config": {}, "testing_criteria": []}, "save the output items of a run"),
        ({"spec": {"eval_name": "x"}}, "the log of a run"),
        ({"object": "chat.completion", "id": "c", "created": 1, "choices": []}, "an answer without its question"),
        ({"adapter_spec": {}, "request_states": []}, "HELM"),
        ({"features": [], "rows": []}, "Hugging Face"),
        ({"id": "t", "input": "q", "output": "a", "metadata": None, "observations": [], "scores": []}, "Langfuse (tr"),
        ({"id": "o", "traceId": "t", "type": "GENERATION", "input": "q", "output": "a", "metadata": None}, "(observ"),
    ],
)
def test_files_that_are_not_read_are_named(document: dict[str, Any], tool: str) -> None:
    """Each by the tool that wrote it, and by no other."""
    body = json.dumps(document).encode()
    assert recognised(body) is None
    assert tool in (unread(body, "file.json") or "")
