"""What a file of another tool is to ``score`` and ``import``: told for what it is, or its answers taken."""

from __future__ import annotations

import io
import json

import pytest

from scorers.formats.answers import NotOurs, Recorded, hint
from scorers.formats.recorded import decode
from scorers.formats.rows import Wrong

#: A line of each tool's, of what its own programs write.
LINES = {
    "braintrust": {"input": "Hi", "output": "Moin", "expected": "Moin", "scores": {"exact": 1.0}, "error": None},
    "langfuse": {"datasetName": "d", "id": "a", "input": "Hi", "expectedOutput": "Moin", "metadata": None},
    "humanloop": {"inputs": {"q": "Hi"}, "target": {"response": "Moin"}},
    "promptfoo": {"vars": {"q": "Hi"}, "assert": [{"type": "contains", "value": "Moin"}]},
    "inspect": {"id": 1, "input": [{"role": "user", "content": "Hi"}], "target": "Moin"},
    "openai-evals": {"item": {"question": "Hi", "answer": "Moin"}, "sample": {"output_text": "Moin"}},
    "lm-eval": {"doc_id": 0, "arguments": {"gen_args_0": {"arg_0": "Hi"}}, "resps": [["Moin"]], "filter": "none"},
}
FOREIGN = [
    ("DeepEval", {"input": "Hi", "actual_output": "Moin"}),
    ("DeepEval or Opik", {"input": "Hi", "expected_output": "Moin"}),
    ("Ragas", {"user_input": "Hi", "response": "Moin"}),
    ("LangSmith", {"id": "a", "inputs": {"q": "Hi"}, "outputs": {"a": "Moin"}}),
    ("LangSmith", {"inputs": {"q": "Hi"}, "reference_outputs": {"a": "Moin"}}),
    ("Phoenix", {"input": {"q": "Hi"}, "output": {"a": "Moin"}, "metadata": {}}),
    ("Phoenix", {"action": "update", "name": "n", "inputs": [{"q": "Hi"}], "outputs": [{"a": "Moin"}], "metadata": []}),
    ("MLflow", {"columns": ["inputs", "outputs"], "data": [["Hi", "Moin"]]}),
    ("EvalPlus", {"date": "2026-11-28", "hash": "abc", "eval": {"HumanEval/0": []}}),
    ("Ragas", {"retrieved_contexts": ["Moin"], "response": "Moin"}),
    ("LiteLLM", {"call_type": "completion", "messages": [{"role": "user", "content": "Hi"}], "response": {}}),
    ("OpenTelemetry", {"resourceSpans": []}),
    ("Gemini", {"contents": [{"parts": [{"text": "Hi"}]}]}),
    ("garak", {"entry_type": "attempt", "status": 1}),
    ("OpenAI's batches", {"custom_id": "a", "method": "POST"}),
    ("OpenAI's batches", {"method": "POST", "url": "/v1/chat/completions", "body": {"model": "m", "messages": []}}),
    ("Anthropic's batches", {"custom_id": "a", "result": {"type": "succeeded"}}),
]


def source(data: bytes, form: str | None = None, name: str = "f.jsonl") -> Recorded:
    return Recorded(io.BufferedReader(io.BytesIO(data)), name, form)  # type: ignore[arg-type]


def told(data: bytes, name: str = "f.jsonl") -> list[str]:
    """The problems of a file that is given as ours."""
    found, given = [], source(data, name=name)
    for number, line in given:
        try:
            assert isinstance(line, bytes)
            decode(line, number)
        except ValueError as error:
            found.append(given.problem(number, line, error))
    return found


@pytest.mark.parametrize("name", LINES)
def test_a_known_tools_file_is_told_for_what_it_is(name: str) -> None:
    """One sentence that names the format, whether the objects stand on a line each, in a list, or over many lines."""
    line = json.dumps(LINES[name]).encode()
    for data in (line + b"\n" + line, json.dumps([LINES[name]] * 2, indent=2).encode(), b"[" + line + b"]"):
        with pytest.raises(NotOurs, match=f"--format {name}"):
            told(data)


@pytest.mark.parametrize("name", LINES)
def test_a_first_line_of_any_length_tells_what_a_file_is(name: str) -> None:
    """A conversation of 200 KB in front hides nothing, on a line of its own or in a list."""
    filled = json.loads(json.dumps(LINES[name]).replace("Hi", "Hi " * 70_000))
    for value in (filled, [filled]):
        with pytest.raises(NotOurs, match=f"--format {name}"):
            told(json.dumps(value).encode())


@pytest.mark.parametrize(("tool", "line"), FOREIGN)
def test_a_tool_that_is_not_read_is_named(tool: str, line: dict[str, object]) -> None:
    """The sentence says which formats there are instead."""
    with pytest.raises(NotOurs, match=f"a file of {tool}, which is not read; there are .*braintrust"):
        told(json.dumps(line).encode())


@pytest.mark.parametrize(
    ("name", "data", "form"),
    [
        ("log.eval", b"PK\x03\x04\x14\x00\x00\x00\x5d\x00\x00\x00\x00\x00header.json", "inspect"),
        ("p.yaml", b"prompts:\n  - '{{q}}'\ntests:\n  - vars: {q: Hi}\n", "promptfoo"),
        ("p.csv", b"q,__expected\nHi,contains: Moin\n", "promptfoo"),
        ("out.json", b'{\n  "evalId": "eval-1",\n  "results": {\n    "version": 3,\n', "promptfoo"),
        ("brief.prompt", b"---\nmodel: m\n---\n<user>\nHi\n</user>\n", "humanloop"),
    ],
)
def test_files_that_are_no_lines_are_told_as_well(name: str, data: bytes, form: str) -> None:
    """Archives, YAML, CSV and indented JSON are known by their beginning."""
    assert f"--format {form}" in str(hint(data, name))


def test_our_own_lines_are_never_taken_for_anothers() -> None:
    """A recorded sample is scored; a wrong line among them is told as a line."""
    good = b'{"prompt": "Hi", "response": "Moin"}\n'
    assert told(good * 3) == []
    assert told(good + b'{"input": "Hi", "output": "Moin", "scores": {}}\n') == [
        "f.jsonl: line 2: neither messages nor prompt"
    ]
    assert told(b'{"colour": "red"}\n' + good) == ["f.jsonl: line 1: neither messages nor prompt"]


def test_answers_of_another_tool_become_recorded_samples() -> None:
    """Each answer is a sample; asked again, it has an id of its own; what ended in an error is counted."""
    rows = [
        {"input": "Hi", "output": "Moin", "scores": {}, "metadata": {"sightglass": {"id": "a"}}},
        {"input": "Hi", "output": "Hallo", "scores": {}, "metadata": {"sightglass": {"id": "a"}}},
        {"input": "Hi", "output": None, "error": "gone", "scores": {}},
        {"input": [{"role": "user", "content": "Hi"}], "expected": "Moin"},
    ]
    given = source("\n".join(json.dumps(row) for row in rows).encode(), "braintrust")
    found = list(given)
    samples = [decode(line) for _, line in found if isinstance(line, bytes)]
    assert [(sample.id, sample.choices[0].text) for sample in samples] == [("a", "Moin"), ("a#1", "Hallo")]
    assert [str(line) for _, line in found if isinstance(line, Wrong)] == [
        "line 4: expected an answer to score, found a case without one"
    ]
    assert list(given.losses) == ["a case that ended in an error: 1 case: lost: it has no answer to score"]


def lines(data: bytes, form: str) -> tuple[list[dict[str, object]], list[str]]:
    """The recorded samples of a file, and what is said of it."""
    found = source(data, form)
    return [json.loads(line) for _, line in found if isinstance(line, bytes)], list(found.losses)


def test_an_agents_turns_and_images_of_a_log_are_evidence() -> None:
    """What a solver or a tool has added stands before the answer; an image comes from what the log keeps beside it."""
    user = {
        "role": "user",
        "content": [{"type": "text", "text": "Tide?"}, {"type": "image", "image": "attachment://ab"}],
    }
    call = {"id": "c", "type": "function", "function": "tide", "arguments": {"port": "Orme"}}
    said = {
        "id": "m4",
        "role": "assistant",
        "content": [{"type": "reasoning", "reasoning": "Hm."}, {"type": "text", "text": "At noon."}],
    }
    sample = {
        "id": "a",
        "epoch": 1,
        "input": [user],
        "target": "",
        "files": {"a.txt": "x"},
        "messages": [
            {"id": "m1", "role": "system", "content": "Be brief."},
            {"id": "m2", **user},
            {"id": "m3", "role": "assistant", "content": "", "tool_calls": [call]},
            {"id": "m5", "role": "tool", "content": "12:00", "tool_call_id": "c", "function": "tide"},
            said,
        ],
        "output": {"model": "m", "choices": [{"message": said, "stop_reason": "stop"}]},
        "attachments": {"ab": "data:image/png;base64,aaaa"},
    }
    log = {"version": 2, "status": "success", "eval": {"model": "m"}, "plan": {}, "samples": [sample]}
    [line], notes = lines(json.dumps(log).encode(), "inspect")
    turns = line["messages"]
    assert isinstance(turns, list)
    assert [turn["role"] for turn in turns] == ["system", "user", "assistant", "tool"]
    assert turns[1]["content"][1] == {"type": "image_url", "image_url": {"url": "data:image/png;base64,aaaa"}}
    assert turns[3]["content"] == "12:00"
    assert line["response"] == "At noon."
    assert notes == ["files: 1 case: lost: it has no place in a case"]
    [line], notes = lines(json.dumps({**log, "samples": [{**sample, "attachments": {}}]}).encode(), "inspect")
    assert "input: an image: 1 case: lost: it is named by the log and is not in it" in notes


def test_what_a_run_of_evals_has_sent_is_what_was_asked() -> None:
    """The template of a run stands filled in beside its answer, also where an item has no question of a known name."""
    sent = [{"role": "developer", "content": "Name the port."}, {"role": "user", "content": "Orme?"}]
    row = {
        "datasource_item": {"harbour": "Orme"},
        "results": [],
        "sample": {"input": sent, "output": [{"role": "assistant", "content": "Orme."}], "model": "m"},
    }
    [line], _ = lines(json.dumps(row).encode(), "openai-evals")
    assert (line["messages"], line["response"], line["model"]) == (sent, "Orme.", "m")
    named = {**row, "datasource_item": {"question": "Orme?"}}
    [line], _ = lines(json.dumps(named).encode(), "openai-evals")
    assert line["messages"] == sent


SAMPLE = {"id": "a", "prompt": "Tide?", "response": "At noon."}


@pytest.mark.parametrize(
    "data",
    [
        json.dumps([SAMPLE, {**SAMPLE, "id": "b"}]).encode(),
        json.dumps([SAMPLE, {**SAMPLE, "id": "b"}], indent=2).encode(),
        json.dumps({"samples": [SAMPLE, {**SAMPLE, "id": "b"}]}, indent=2).encode(),
    ],
)
def test_samples_may_stand_in_one_document(data: bytes) -> None:
    """A list, as ``jq -s`` makes it, or what ``POST /api/samples`` takes; a wrong one is told by its line."""
    assert [decode(line).id for _, line in source(data) if isinstance(line, bytes)] == ["a", "b"]
    assert told(data.replace(b'"prompt"', b'"ask"', 1).replace(b"Tide", b"tide")) == [
        f"f.jsonl: line {next(iter(source(data)))[0]}: neither messages nor prompt"
    ]


def test_a_broken_first_line_costs_itself_alone() -> None:
    """It is no document of many lines: those behind it are taken."""
    found = list(source(b'{"id": "z", "prompt": "Tide?\n' + json.dumps(SAMPLE).encode() + b"\n"))
    assert [number for number, _ in found] == [1, 2]


def test_numbers_that_only_python_writes_are_null() -> None:
    """Inspect writes NaN for a sample that was not scored; the log is read all the same."""
    sample = {
        "id": "a",
        "epoch": 1,
        "input": "Tide?",
        "target": "",
        "output": {"choices": [{"message": {"role": "assistant", "content": "At noon."}}]},
        "scores": {"odd": {"value": float("nan"), "metadata": {"p": float("-inf")}}},
    }
    log = {"eval": {"model": "m"}, "plan": {}, "status": "success", "samples": [sample]}
    for indent in (None, 2):
        [line], _ = lines(json.dumps(log, indent=indent).encode(), "inspect")
        assert line["response"] == "At noon."
    assert told(b'{"prompt": "Tide?", "response": "x", "usage": {"prompt_tokens": NaN}}') == []


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\x1f\x8b\x08\x00\x00", "f.jsonl: this is packed with gzip: unpack it first"),
        ('{"prompt": "a"}\n'.encode("utf-16"), "f.jsonl: this is text in UTF-16: write it in UTF-8"),
        (b"PAR1\x15\x04\n\x00", "f.jsonl: this is a Parquet file: write its rows as JSON, one a line"),
    ],
)
def test_what_is_no_text_is_told_once(data: bytes, says: str) -> None:
    """One sentence instead of one for each of its lines."""
    with pytest.raises(NotOurs) as caught:
        told(data)
    assert str(caught.value) == says


def test_tables_are_told_by_their_names() -> None:
    """Two tools read tables, each in its own way; one that is clearly of one of them is told as that."""
    assert "--format promptfoo (variables, __expected) or inspect" in str(hint(b"question,answer\nHi,Moin\n", "f.CSV"))
    assert "take its answers with --format inspect" in str(hint(b"id,input,target\r\n1,Hi,Moin\r\n", "f.csv"))
    assert "save it as CSV" in str(hint(b"PK\x03\x04\x14\x00", "f.xlsx"))


def test_text_in_another_encoding_is_named() -> None:
    """The place of its first byte that is no UTF-8 is told."""
    assert told('{"prompt": "café", "response": "x"}'.encode("latin-1")) == [
        "f.jsonl: line 1: not JSON: no UTF-8 at byte 16"
    ]


def test_likelihoods_are_no_answers() -> None:
    """lm-evaluation-harness logs numbers for texts whose likelihood it measures; nobody has said them."""
    base = {"doc_id": 0, "doc": {}, "target": "blue", "filter": "none", "metrics": []}
    measured = [["-0.146", "False"]]
    rows = [
        {**base, "arguments": {"gen_args_0": {"arg_0": "Sky?", "arg_1": " blue"}}, "resps": [measured]},
        {**base, "arguments": {"gen_args_0": {"arg_0": "The sky is blue"}}, "resps": [["-0.045"]]},
        {
            **base,
            "arguments": {f"gen_args_{n}": {"arg_0": f"The {who}", "arg_1": " fell"} for n, who in enumerate("ab")},
            "resps": [measured, measured],
        },
        {**base, "arguments": {"gen_args_0": {"arg_0": "Sky?", "arg_1": {"until": []}}}, "resps": [["-1.5"]]},
    ]
    found, notes = lines("\n".join(json.dumps(row) for row in rows).encode(), "lm-eval")
    assert [line["response"] for line in found] == ["-1.5"]
    assert notes == [
        "a case that ended in an error: 1 case: lost: it has no answer to score",
        "a choice between prompts: 1 case: lost: it has no answer in words",
        "a text whose likelihood was measured: 1 case: lost: it asks nothing",
    ]


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"samples": [SAMPLE, {**SAMPLE, "id": "b"}]}),
        json.dumps({"samples": [SAMPLE, {**SAMPLE, "id": "b"}]}) + "\n",
        '\ufeff{ "samples" :[' + json.dumps(SAMPLE) + ",\n" + json.dumps({**SAMPLE, "id": "b"}) + "]}",
        json.dumps({"samples": [SAMPLE]}) + "\n" + json.dumps({"samples": [{**SAMPLE, "id": "b"}]}) + "\n",
        json.dumps({"samples": [{**SAMPLE, "response": "Moin " * 900_000}, {**SAMPLE, "id": "b"}]}),
        json.dumps({"samples": [{**SAMPLE, "response": "Moin " * 30_000}]}) + "\n" + json.dumps(SAMPLE),
    ],
    ids=["one line", "its end", "two lines", "a list a line", "a long line", "a long line of two"],
)
def test_samples_in_a_document_on_one_line(body: str) -> None:
    """What ``POST /api/samples`` takes may be a file on one line, longer than a line may be, or several of them."""
    stream = io.BufferedReader(io.BytesIO(body.encode()))  # type: ignore[arg-type]
    found = [line for _, line in Recorded(stream, "f", None)]
    assert not [line for line in found if isinstance(line, Wrong)]
    assert len([decode(line) for line in found if isinstance(line, bytes)]) == 2
