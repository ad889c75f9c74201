"""What every format promises: cases out and in again, losses counted, wrong files told of by line and field."""

from __future__ import annotations

import asyncio
import io
import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scorers.asking.client import Answer
from scorers.cases import case as cases
from scorers.cases.case import Case
from scorers.cases.suite import BadSuite, Suite
from scorers.formats import answers, suites
from scorers.formats.rows import Losses
from scorers.formats.table import FORMATS, WRITABLE, recognised
from scorers.suites.checker import Checker

TOOL = {"type": "function", "function": {"name": "tide_table", "parameters": {"type": "object"}}}
CALL = {"id": "t1", "type": "function", "function": {"name": "tide_table", "arguments": '{"port":"Cuxhaven"}'}}
DOCUMENTS = [
    {
        "id": "plain",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "When is high tide?"}],
        "expected": "At noon.",
        "tags": ["tide", "short"],
        "metadata": {"ticket": 7, "where": {"port": "Cuxhaven"}},
    },
    {
        "id": "with everything",
        "messages": [
            {"role": "user", "content": 'Tide for "Cuxhaven" {{1+1}} {{env.HOME}} {% raw %} file:///etc/hostname'},
            {"role": "assistant", "content": "", "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "t1", "content": "12:04"},
            {"role": "user", "content": "So?\nGrüße \u2028 \U0001f30a"},
        ],
        "assert": [
            {"contains": "12:04"},
            {"not_contains": "{{env.HOME}}"},
            {"regex": "1[0-9]:"},
            {"json_field": {"path": "tide.time", "equals": "12:04"}},
            {"tool_called": {"name": "tide_table"}},
            {"score": {"refusal.refused": "no"}},
            {"rubric": "Names the time."},
            {"max_seconds": 2},
            {"max_usd": 0.01},
        ],
        "tags": ["tide"],
        "weight": 12.5,
        "conversation": "c-9",
        "stratum": "unsure",
        "tools": [TOOL],
        "parameters": {"temperature": 0},
    },
    {"id": "json", "messages": [{"role": "user", "content": "As JSON."}], "expected": {"tide": {"time": "12:04"}}},
]
SUITE = Suite(name="tides", cases=tuple(cases.read(document) for document in DOCUMENTS))
#: What each format loses of ``SUITE``, by field, in cases.
LOST = {
    "humanloop": {"id": 3, "metadata": 1, "tags": 2, "assert": 1, "tools": 1, "conversation": 1, "weight": 1,
                  "stratum": 1, "parameters": 1},
    "openai-finetune": {"the whole case": 1, "id": 2, "metadata": 1, "tags": 1},
}  # fmt: skip


def read(name: str, data: bytes | str, file: str = "file") -> suites.Read:
    encoded = data.encode() if isinstance(data, str) else data
    return suites.read(io.BufferedReader(io.BytesIO(encoded)), file, name)  # type: ignore[arg-type]


def problems(name: str, data: bytes | str) -> list[str]:
    with pytest.raises(BadSuite) as caught:
        read(name, data)
    return caught.value.problems


def lost(name: str) -> dict[str, int]:
    losses = Losses()
    writer = FORMATS[name].write
    assert writer is not None
    list(writer([suites.row_of(case) for case in SUITE.cases], "tides", losses))
    return losses.counts


@pytest.mark.parametrize("name", WRITABLE)
def test_a_suite_comes_back_as_it_left(name: str) -> None:
    """What a format can carry is the same afterwards; what it cannot is counted, field by field."""
    data, notes = suites.write(SUITE, name)
    found = read(name, data).cases
    assert lost(name) == LOST.get(name, {})
    if name not in LOST:
        assert {case.id: case for case in found} == {case.id: case for case in SUITE.cases}
        return
    assert notes
    kept = SUITE.cases if name == "humanloop" else (SUITE.cases[0], SUITE.cases[2])
    assert [case.messages for case in found] == [case.messages for case in kept]
    texts = [case.expected if name == "humanloop" else _text(case.expected) for case in kept]
    assert [case.expected for case in found] == texts


def _text(value: object) -> object:
    return json.dumps(value, separators=(",", ":")) if isinstance(value, dict) else value


@pytest.mark.parametrize("name", WRITABLE)
@pytest.mark.parametrize("expected", [False, 0, "", [], {}, True, "false", 1.5, [None], "a\nb"])
def test_what_is_expected_comes_back_whatever_it_is(name: str, expected: object) -> None:
    """False, zero and nothing at all are expected answers like any other; a format without JSON says what it does."""
    case = cases.read({"id": "c", "input": "Is the lock open?", "expected": expected})
    if name == "openai-finetune" and expected == "":
        with pytest.raises(ValueError, match="the whole case: 1 case: lost"):
            suites.write(Suite(name="locks", cases=(case,)), name)
        return
    data, notes = suites.write(Suite(name="locks", cases=(case,)), name)
    [found] = read(name, data).cases
    if name == "openai-finetune" and not isinstance(expected, str):
        assert any(note.startswith("expected: 1 case: leaves as its JSON text") for note in notes)
        assert json.loads(str(found.expected)) == expected
        return
    assert (found.expected, found.labelled) == (expected, True)
    assert type(found.expected) is type(expected)


@pytest.mark.parametrize("name", ["braintrust", "langfuse", "promptfoo", "inspect", "openai-evals"])
def test_metadata_in_our_own_place_is_said_to_be_lost(name: str) -> None:
    """What a user keeps under ``metadata.sightglass`` would be read as ours: it is left out, and counted."""
    own = cases.read({"id": "c", "input": "Open?", "expected": "yes", "metadata": {"k": 1, "sightglass": {"mine": 2}}})
    data, notes = suites.write(Suite(name="locks", cases=(own,)), name)
    assert read(name, data).cases[0].metadata == {"k": 1}
    assert any(note.startswith("metadata.sightglass: 1 case: lost") for note in notes)


@pytest.mark.parametrize("name", WRITABLE)
def test_what_is_written_is_recognised(name: str) -> None:
    """A file of ours is known for what it is by its beginning."""
    data, _ = suites.write(SUITE, name)
    assert recognised(data) == name


def test_what_is_not_carried_is_said_with_its_number() -> None:
    """Each kind of loss is one sentence with the number of cases; what only comes back to us is said as well."""
    _, notes = suites.write(SUITE, "humanloop")
    assert "tags: 2 cases: lost: it has no place in this format" in notes
    _, notes = suites.write(SUITE, "langfuse")
    assert "tags: 2 cases: kept in metadata.sightglass, which only our import reads" in notes
    _, notes = suites.write(SUITE, "openai-finetune")
    assert any("forbid training" in note for note in notes)


def test_recorded_text_never_stands_where_promptfoo_renders_it() -> None:
    """Text that looks like a template is in an object and in no assertion, and the file is one of tests alone."""
    data, _ = suites.write(SUITE, "promptfoo")
    for line in data.splitlines():
        test = json.loads(line)
        assert set(test["vars"]) == {"messages"}
        assert isinstance(test["vars"]["messages"], list)
        assert all("{{" not in json.dumps(check) for check in test.get("assert", []))
        assert test["options"] == {"disableVarExpansion": True}


@pytest.mark.parametrize("name", WRITABLE)
def test_nothing_of_a_wrong_file_is_taken(name: str) -> None:
    """One line that is no case, and there is no suite; the line is told."""
    data, _ = suites.write(SUITE, name)
    found = problems(name, data + b'{"unfinished": \n')
    assert len(found) == 1
    line = data.count(b"\n") + 1
    assert found[0].startswith(f"file: line {line}: expected one JSON object, found what is not JSON")


def test_at_most_twenty_errors_then_a_count() -> None:
    """A file of nothing but errors says twenty of them, and how many more there are."""
    found = problems("braintrust", '{"input": 7}\n' * 50)
    assert len(found) == 21
    assert found[0] == "file: line 1: input: expected text or a list of messages, found a number"
    assert found[-1] == "and 30 more problems"


@pytest.mark.parametrize(
    ("name", "line", "says"),
    [
        ("jsonl", '{"input": "a", "asert": []}', "asert: expected one of the keys"),
        ("jsonl", '{"input": "a", "assert": [{"contain": "x"}]}', "assert[0].contain: expected one of the keys"),
        ("jsonl", '{"messages": [{"role": "robot", "content": ""}]}', "messages[0].role: expected one of system"),
        ("braintrust", '{"id": "a", "expected": "b"}', "input: expected text or a list of messages, found none"),
        ("braintrust", '{"input": "a", "tags": ["x", 3]}', "tags[1]: expected text, found a number"),
        ("langfuse", '{"expectedOutput": "x"}', "input: expected text or a list of messages, found none"),
        ("humanloop", '{"inputs": {"q": 3}, "target": {}}', "inputs.q: expected text, found a number"),
        ("promptfoo", '{"var": {}}', "vars: expected one of vars, assert"),
        ("inspect", '{"input": "a", "metadata": 3}', "metadata: expected an object, found a number"),
        ("inspect", '{"input": "a", "metadata": "late"}', "metadata: expected an object, or its JSON, found text"),
        ("openai-evals", '{"item": {"colour": "red"}}', "item.messages: expected one of messages, input, question"),
        ("openai-finetune", '{"messages": [{"role": "user", "content": "a"}]}', "expected an assistant's message"),
        ("lm-eval", '{"doc_id": 1, "arguments": {}, "resps": []}', "arguments.gen_args_0: expected what was asked"),
    ],
)
def test_a_wrong_line_names_line_field_and_what_was_expected(name: str, line: str, says: str) -> None:
    """Every error says where it is, what was expected and what was found."""
    assert says in problems(name, line)[0]
    assert problems(name, line)[0].startswith("file: line 1: ")


def test_the_same_id_twice_is_wrong() -> None:
    """Both lines are named; nothing is taken."""
    found = problems("braintrust", '{"id": "a", "input": "1"}\n{"id": "a", "input": "2"}\n')
    assert found == ["file: line 2: id: expected each id once, found 'a' again (first at line 1)"]


def test_a_case_of_ten_megabytes_is_told_of_and_never_held() -> None:
    """A line above the limit costs one sentence; a reader holds little more than the limit."""
    line = b'{"id": "a", "input": "' + b"x" * 10_000_000 + b'"}\n'
    for name in ("jsonl", "braintrust", "openai-finetune"):
        tracemalloc.start()
        found = problems(name, line + b'{"input": "b", "messages": null}\n')
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert "line 1: expected at most 4,000,000 bytes on a line, found more" in found[0]
        assert peak < 25_000_000


def test_a_file_with_no_case_is_wrong() -> None:
    """An empty file is not a suite of nothing."""
    for name in FORMATS:
        assert len(problems(name, b"")) == 1


def test_a_json_document_over_many_lines_names_the_line_of_its_element() -> None:
    """Elements of a list are told by the line on which they begin."""
    document = json.dumps([{"input": "a", "expected": 1}, {"input": 3}], indent=2)
    assert problems("braintrust", document) == [
        "file: line 6: input: expected text or a list of messages, found a number"
    ]


def test_yaml_that_grows_is_refused() -> None:
    """Aliases of aliases are counted as often as they stand; a document may not hold itself."""
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for name, before in zip("bcdefgh", "abcdefg", strict=True):
        bomb += f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    assert "values, found more" in problems("promptfoo", bomb)[0]
    assert problems("promptfoo", "tests: &t\n  - *t\n")
    assert problems("promptfoo", "tests: !!python/object:os.system {}\n")


# --- fuzzing -----------------------------------------------------------------------------------------------------

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
_KEYS = st.sampled_from(
    [
        "id",
        "input",
        "messages",
        "expected",
        "metadata",
        "tags",
        "assert",
        "vars",
        "item",
        "sample",
        "target",
        "inputs",
        "role",
        "content",
        "tool_calls",
        "function",
        "name",
        "arguments",
        "output",
        "scores",
        "error",
        "rows",
        "api_version",
        "span_id",
        "span_attributes",
        "type",
        "doc_id",
        "filter",
        "resps",
        "gen_args_0",
        "gen_args_1",
        "arg_0",
        "arg_1",
        "metrics",
        "testIdx",
        "promptIdx",
        "testCase",
        "response",
        "prompt",
        "raw",
        "provider",
        "results",
        "tests",
        "prompts",
        "defaultTest",
        "weight",
        "conversation",
        "sightglass",
        "epoch",
        "samples",
        "eval",
        "plan",
        "choices",
        "message",
        "text",
        "preferred_output",
        "ideal",
        "datasource_item",
        "expectedOutput",
        "status",
        "value",
        "threshold",
        "tools",
        "parameters",
        "partial",
    ]
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=6),
    max_leaves=25,
)


@pytest.mark.parametrize("name", list(FORMATS))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.dictionaries(_KEYS, _VALUES, max_size=8), max_size=4), st.booleans())
def test_no_value_is_a_traceback(name: str, values: list[object], as_list: bool) -> None:
    """Whatever JSON a file holds: cases, or problems in words; the answers as well."""
    body = json.dumps(values, indent=1) if as_list else "\n".join(json.dumps(value) for value in values)
    _survives(name, body.encode())


@pytest.mark.parametrize("name", list(FORMATS))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_no_bytes_are_a_traceback(name: str, data: st.DataObject) -> None:
    """Files that are cut, or have a byte changed, or are anything at all."""
    whole = next(iter(suites.write(SUITE, name))) if name in WRITABLE else b'{"doc_id": 1, "arguments": {"gen_args_0": '
    start = data.draw(
        st.sampled_from([whole, b"", b"PK\x03\x04", b"---\n", b"a: &a [*a]\n", b"q,__expected\n", b"[\n"])
    )
    place = data.draw(st.integers(0, len(start)))
    _survives(name, start[:place] + data.draw(st.binary(max_size=40)) + start[place + data.draw(st.integers(0, 9)) :])


def _survives(name: str, body: bytes) -> None:
    try:
        found: Iterator[Case] = iter(read(name, body).cases)
        for case in found:
            assert cases.decode(case.encode()) == case
    except BadSuite as error:
        assert all("\n" not in problem or problem for problem in error.problems)
    list(answers.recorded_lines(io.BufferedReader(io.BytesIO(body)), name, Losses()))  # type: ignore[arg-type]
    recognised(body)
    answers.hint(body, "file")


@pytest.mark.parametrize(
    ("name", "line", "field"),
    [
        ("inspect", {"input": "Which lock?", "target": ["Upper  Lock", "the upper"]}, "target"),
        ("openai-evals", {"input": "Which lock?", "ideal": ["Upper  Lock", "the upper"]}, "ideal"),
        ("openai-evals", {"item": {"input": "Which lock?", "ideal": ["Upper  Lock", "the upper"]}}, "item.ideal"),
    ],
)
def test_several_answers_that_are_right(name: str, line: dict[str, Any], field: str) -> None:
    """The first is what is expected, and an assertion takes each, with case and white space folded as for one."""
    done = read_one(name, line)
    [case] = done.cases
    assert (case.expected, done.notes) == ("Upper  Lock", [])
    for said, passed in (("upper lock\n", True), ("The Upper", True), ("not the upper", False), ("lower", False)):
        assert asyncio.run(Checker({}, None)(case, Answer(text=said))).passed is passed
    [case] = read_one(name, _with(line, field, ["Upper Lock"])).cases
    assert (case.expected, case.assertions) == ("Upper Lock", ())
    done = read_one(name, _with(line, field, ["a" * 1_500, "b" * 1_500]))
    assert (done.cases[0].expected, done.cases[0].assertions) == ("a" * 1_500, ())
    assert any(f"{field}: further ones that are right as well: 1 case: lost" in note for note in done.notes)


def _with(line: dict[str, Any], field: str, value: object) -> dict[str, Any]:
    """The line with another value of a field, whose path has at most one point."""
    outer, _, inner = field.rpartition(".")
    return {**line, outer: {**line[outer], inner: value}} if outer else {**line, inner: value}


def read_one(name: str, line: dict[str, Any]) -> suites.Read:
    """What a file of this one line becomes."""
    stream = io.BufferedReader(io.BytesIO(json.dumps(line).encode()))  # type: ignore[arg-type]
    return suites.read(stream, "file", name)


def test_letters_that_are_right_together_are_no_choice() -> None:
    """With choices, a list of targets is one answer of several letters: the first alone is kept, and that is said."""
    done = read_one("inspect", {"input": "Which?", "choices": ["a", "b", "c"], "target": ["A", "B"]})
    assert (done.cases[0].expected, done.cases[0].assertions) == ("A", ())
    assert any("further ones" in note for note in done.notes)
