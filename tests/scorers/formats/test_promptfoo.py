"""promptfoo's tests as its users write them: variables with several values, and assertions that we spell otherwise."""

from __future__ import annotations

import asyncio
import io
import json
import time
from typing import Any

import pytest

from scorers.asking.client import Answer
from scorers.cases.assertions import pattern
from scorers.cases.case import Case
from scorers.cases.suite import BadSuite, Suite
from scorers.formats import suites
from scorers.formats.answers import recorded_lines
from scorers.formats.rows import Losses
from scorers.suites.checker import Checker


def read(document: object) -> tuple[Case, ...]:
    """The cases of a configuration."""
    body = io.BufferedReader(io.BytesIO(json.dumps(document).encode()))  # type: ignore[arg-type]
    return suites.read(body, "file", "promptfoo").cases


def checks(*asserted: dict[str, Any]) -> list[Any]:
    """What assertions become."""
    [case] = read([{"vars": {"q": "Which lock?"}, "assert": list(asserted)}])
    return list(suites.row_of(case).checks)


def asked(document: object) -> list[str]:
    """The only message of each case."""
    return [case.messages[0]["content"] for case in read(document)]


def test_a_list_of_texts_is_a_test_for_each() -> None:
    """And several lists are one for each combination, with each prompt. Other lists are values as they are."""
    variables = {"lock": ["upper", "lower"], "day": ["Monday", "Friday"], "depths": [3, 4]}
    document = {"prompts": ["{{lock}} {{day}} {{depths}}"], "tests": [{"description": "locks", "vars": variables}]}
    expected = ["upper Monday [3,4]", "upper Friday [3,4]", "lower Monday [3,4]", "lower Friday [3,4]"]
    assert asked(document) == expected
    assert [case.id for case in read(document)] == ["locks", "locks#2", "locks#3", "locks#4"]
    whole: dict[str, Any] = {**document, "defaultTest": {"options": {"disableVarExpansion": True}}}
    assert asked(whole) == ['["upper","lower"] ["Monday","Friday"] [3,4]']


def test_a_prompt_that_is_chosen_by_name_among_others_of_any_form() -> None:
    """Messages written out in place of a prompt have no name; no name chooses them, and they stop no import."""
    prompts = [[{"role": "user", "content": "{{q}}!"}], 5, {"label": "long", "raw": "Tell me: {{q}}"}]
    test = {"vars": {"q": "Which lock?"}}
    assert asked({"prompts": prompts, "tests": [{**test, "prompts": ["long"]}]}) == ["Tell me: Which lock?"]
    assert asked({"prompts": prompts[:1], "tests": [{**test, "prompts": ["none"]}]}) == ["Which lock?!"]


def test_many_variables_and_assertions_take_linear_time() -> None:
    """Variables are filled in by one another once for a test, not for each of its assertions."""
    variables = {f"lock{number}": "shut" for number in range(20_000)}
    asserted = [{"type": "contains", "value": f"{{{{lock7}}}} {number}"} for number in range(5_000)]
    begun = time.process_time()
    [case] = read({"prompts": ["{{lock1}}"], "tests": [{"vars": variables, "assert": asserted}]})
    assert time.process_time() - begun < 4
    assert case.assertions[4_999].document() == {"contains": "shut 4999"}


def test_too_many_combinations_are_refused() -> None:
    """Five lists of ten are a hundred thousand calls that nobody meant."""
    many = {f"v{number}": [str(value) for value in range(10)] for number in range(5)}
    with pytest.raises(BadSuite) as caught:
        read([{"vars": many}])
    assert "at most 10000 combinations" in caught.value.problems[0]


@pytest.mark.parametrize(
    ("theirs", "holds", "fails"),
    [
        ({"type": "icontains", "value": "Gate (2)"}, "the GATE (2) opens", "gate 2"),
        ({"type": "starts-with", "value": "a.b"}, "a.b c", "x a.b"),
        ({"type": "contains-any", "value": ["ebb", "flood+"]}, "the flood+ comes", "EBB, floods"),
        ({"type": "contains-any", "value": "ebb, flood"}, "flood", "tide"),
        ({"type": "icontains-any", "value": ["ebb", "flood"]}, "Ebb", "tide"),
    ],
)
def test_assertions_that_a_pattern_says(theirs: dict[str, Any], holds: str, fails: str) -> None:
    """Their text is taken literally."""
    [check] = checks(theirs)
    found = pattern(check["regex"], "regex")
    assert next(found.spans(holds), None)
    assert not next(found.spans(fails), None)


def test_assertions_of_several_texts() -> None:
    """All of them, or none of them, is one of ours for each; JSON of any form is a schema that takes all."""
    assert checks({"type": "contains-all", "value": ["ebb", "flood"]}) == [{"contains": "ebb"}, {"contains": "flood"}]
    assert checks({"type": "icontains-all", "value": ["a", "b"]}) == [{"regex": "(?i)a"}, {"regex": "(?i)b"}]
    assert checks({"type": "not-contains-any", "value": ["a", "b"]}) == [{"not_contains": "a"}, {"not_contains": "b"}]
    assert checks({"type": "is-json"}) == [{"json_schema": {}}]


@pytest.mark.parametrize(
    ("theirs", "ours", "holds", "fails"),
    [
        ({"type": "not-icontains", "value": "ebb."}, [{"regex": r"(?i)ebb\."}], "ebbs", "The EBB."),
        ({"type": "not-icontains-any", "value": ["a", "b"]}, [{"regex": "(?i)a"}, {"regex": "(?i)b"}], "c", "B"),
        ({"type": "not-icontains-all", "value": ["a"]}, [{"regex": "(?i)a"}], "c", "A"),
        ({"type": "not-starts-with", "value": "As"}, [{"regex": r"\AAs"}], "Is As", "As is"),
        ({"type": "not-equals", "value": "ebb"}, [{"equals": "ebb"}], "ebbs", "ebb"),
        ({"type": "not-regex", "value": "[0-9]{4}"}, [{"regex": "[0-9]{4}"}], "123", "1234"),
        ({"type": "not-is-json"}, [{"json_schema": {}}], "ebb", "[1]"),
        ({"type": "not-equals", "value": {"a": 1}}, [{"json_schema": {"const": {"a": 1}}}], '{"a": 2}', '{"a": 1}'),
    ],
)
def test_what_must_not_hold(theirs: dict[str, Any], ours: list[Any], holds: str, fails: str) -> None:
    """``not-`` stands before most of their assertions: ours says the same of the same answers, and goes back."""
    found = checks(theirs)
    assert found == [{"not": one} for one in ours]
    [case] = read([{"vars": {"q": "Which lock?"}, "assert": [theirs]}])
    for text, passes in ((holds, True), (fails, False)):
        assert asyncio.run(Checker({}, None)(case, Answer(text=text))).passed is passes
    if theirs["type"] in ("not-equals", "not-regex", "not-is-json") and not isinstance(theirs.get("value"), dict):
        [line] = suites.write(Suite(name="s", cases=(case,)), "promptfoo")[0].splitlines()
        [back] = json.loads(line)["assert"]
        assert checks(back) == found


def test_refusals_are_what_the_scorer_says() -> None:
    """Both know what a refusal is, by rules of their own."""
    for name, said in (("is-refusal", "yes"), ("not-is-refusal", "no")):
        assert checks({"type": name}) == [{"score": {"refusal.refused": said}}]


@pytest.mark.parametrize(
    "theirs",
    [
        {"type": "not-contains-all", "value": ["a", "b"]},
        {"type": "not-icontains-all", "value": ["a", "b"]},
        {"type": "not-regex", "value": "(?=a)"},
        {"type": "not-llm-rubric", "value": "is polite"},
        {"type": "contains-any", "value": '"a, b", c'},
        {"type": "contains-any", "value": []},
    ],
)
def test_what_we_cannot_say_is_counted(theirs: dict[str, Any]) -> None:
    """It is lost by its name, never guessed."""
    body = json.dumps([{"vars": {"q": "Which lock?"}, "expected": "x", "assert": [theirs]}]).encode()
    done = suites.read(io.BufferedReader(io.BytesIO(body)), "file", "promptfoo")  # type: ignore[arg-type]
    assert any(f"assert {theirs['type']}" in note for note in done.notes)


# --- configurations and results as promptfoo 0.123.1 takes and writes them ------------------------------------------


def noted(document: object) -> str:
    """What an import says of what it could not take."""
    body = io.BufferedReader(io.BytesIO(json.dumps(document).encode()))  # type: ignore[arg-type]
    return "\n".join(suites.read(body, "file", "promptfoo").notes)


def rows(text: str) -> list[Any]:
    """The documents of the cases of a file."""
    body = io.BufferedReader(io.BytesIO(text.encode()))  # type: ignore[arg-type]
    return [case.document() for case in suites.read(body, "file", "promptfoo").cases]


def test_names_in_assertions_and_in_values_are_filled_in() -> None:
    """``value: {{answer}}`` is the usual way to write what is expected; variables may name one another."""
    variables = {"lock": "upper {{side}}", "side": "lock", "depth": {"low": 3}, "shut": None}
    test = {
        "vars": variables,
        "assert": [
            {"type": "contains", "value": "the {{ lock }}"},
            {"type": "contains-any", "value": ["{{side | upper}}", "{{depth.low}}"]},
            {"type": "equals", "value": "{% if side %}x{% endif %}"},
            {"type": "contains", "value": "file://expected.txt"},
        ],
    }
    document = {"prompts": ["{{lock}}, {{depth.low}} {{shut}}{{tide}}."], "tests": [test]}
    [case] = read(document)
    assert case.messages[0]["content"] == "upper lock, 3 ."
    assert suites.row_of(case).checks == ({"contains": "the upper lock"}, {"regex": "(?:LOCK|3)"})
    notes = noted(document)
    assert "vars.tide: 1 case: named by a prompt and given by no test" in notes
    assert "assert equals: 1 case: lost: it holds a file, a template" in notes
    assert "assert contains: 1 case: lost" in notes


def test_a_template_that_grows_is_refused() -> None:
    """Variables that name one another many times would fill the memory."""
    many = {f"v{n}": "{{" + f"v{n + 1}" + "}}" for n in range(3)} | {"v3": "x" * 9_000}
    with pytest.raises(BadSuite) as caught:
        read({"prompts": ["{{v0}}" * 500], "tests": [{"vars": many}]})
    assert "at most 4,000,000 characters once a template is filled in" in caught.value.problems[0]


def test_what_a_case_would_refuse_is_counted_and_costs_no_file() -> None:
    """A pattern with look-around, a rubric that is too long: the other assertions are taken."""
    found = [{"type": "regex", "value": "^(?=.*a)b"}, {"type": "llm-rubric", "value": "x" * 5_000}]
    assert checks(*found, {"type": "contains", "value": "a"}) == [{"contains": "a"}]
    notes = noted([{"vars": {"q": "a"}, "assert": found}])
    assert "assert regex: 1 case: lost" in notes
    assert "assert llm-rubric: 1 case: lost" in notes


def test_what_is_not_binding_there_is_not_binding_here() -> None:
    """Weight 0 is only measured; a set without a threshold is its assertions; a threshold of a test is told."""
    inner = [{"type": "contains", "value": "a"}, {"type": "equals", "value": {"n": 1}}]
    sets = {"type": "assert-set", "assert": inner}
    assert checks({"type": "is-json", "weight": 0}, sets) == [{"contains": "a"}, {"json_schema": {"const": {"n": 1}}}]
    assert checks({**sets, "threshold": 0.5}) == []
    schema = {"type": "is-json", "value": "type: object\nrequired: [n]"}
    assert checks(schema) == [{"json_schema": {"type": "object", "required": ["n"]}}]
    test = {"vars": {"q": "a"}, "threshold": 0.5, "options": {"transform": "output.trim()"}, "provider": "p"}
    notes = noted([test])
    for lost in ("threshold: 1 case: lost", "options.transform: 1 case: lost", "provider: 1 case: lost"):
        assert lost in notes


def test_defaults_scenarios_and_references() -> None:
    """A scenario is each of its tests with each of its data; defaults hold for all, unless a test declines them."""
    document = {
        "prompts": ["{{side}} {{q}}"],
        "templates": {"short": {"type": "contains", "value": "m"}},
        "defaultTest": {"metadata": {"team": "locks"}, "assert": [{"type": "contains", "value": "d"}]},
        "tests": [
            {"vars": {"side": "left", "q": "bank"}, "assert": [{"$ref": "#/templates/short"}]},
            {"vars": {"side": "no", "q": "side"}, "options": {"disableDefaultAsserts": True}},
        ],
        "scenarios": [
            {
                "config": [{"vars": {"side": "upper"}}, {"vars": {"side": "lower"}}],
                "tests": [{"vars": {"q": "lock"}, "assert": [{"type": "contains", "value": "w"}]}],
            }
        ],
    }
    found = {case.messages[0]["content"]: case for case in read(document)}
    assert list(found) == ["left bank", "no side", "upper lock", "lower lock"]
    assert [list(suites.row_of(case).checks) for case in found.values()] == [
        [{"contains": "d"}, {"contains": "m"}],
        [],
        [{"contains": "d"}, {"contains": "w"}],
        [{"contains": "d"}, {"contains": "w"}],
    ]
    assert all(case.metadata == {"team": "locks"} for case in found.values())


def test_prompts_as_people_write_them() -> None:
    """One text, a name of a file without a scheme, labels that a test asks for, what stands before and behind."""
    test: dict[str, Any] = {"vars": {"q": 42}}
    assert asked({"prompts": "Say {{q}}", "tests": [test]}) == ["Say 42"]
    assert asked({"prompts": ["prompts/ask.txt"], "tests": [test]}) == ["42"]
    assert asked({"prompts": {"ask.txt": "ask"}, "tests": [test]}) == ["42"]
    labelled = [{"label": "one", "raw": "1 {{q}}"}, {"label": "two", "raw": "2 {{q}}"}]
    assert asked({"prompts": labelled, "tests": [{**test, "prompts": ["two"]}]}) == ["2 42"]
    around = {**test, "options": {"prefix": "<", "suffix": ">"}}
    assert asked({"prompts": ["{{q}}"], "tests": [around]}) == ["<42>"]


def test_a_description_is_no_id() -> None:
    """Many tests may have one description; the same test twice is one case; an id that stands twice is an error."""
    tests = [{"description": "polite", "vars": {"q": q}} for q in ("a", "b", "a")]
    assert [(case.id, case.messages[0]["content"]) for case in read(tests)] == [("polite", "a"), ("polite#2", "b")]
    assert "a test that stands twice: 1 case: lost" in noted(tests)
    with pytest.raises(BadSuite):
        read([{**test, "metadata": {"id": "x"}} for test in tests])


def test_results_of_several_prompts_are_several_cases() -> None:
    """They share a description and differ in what was asked; asked again, it is the same case."""
    base = {"testIdx": 0, "vars": {"q": "lock"}, "testCase": {"description": "d"}, "success": True, "failureReason": 0}
    found = [
        {**base, "promptIdx": n, "prompt": {"raw": f"{n} lock"}, "response": {"output": "ok"}} for n in (0, 1, 0, 1, 0)
    ]
    assert [(case.id, case.messages[0]["content"]) for case in read(found)] == [("d", "0 lock"), ("d#2", "1 lock")]
    body = io.BufferedReader(io.BytesIO(json.dumps(found).encode()))  # type: ignore[arg-type]
    lines = [json.loads(line) for _, line in recorded_lines(body, "promptfoo", Losses()) if isinstance(line, bytes)]
    assert [line["id"] for line in lines] == ["d", "d#2", "d#1", "d#2#1", "d#3"]


def test_cells_of_a_table() -> None:
    """Only types that promptfoo knows are types; thresholds, lists of metadata and what stands around a prompt."""
    table = (
        "q ,__expected,__expected2,__metadata:kinds[],__prefix,__threshold\r\n"
        '"Which ""lock""?",contains: upper,latency(500),"a,b\\, c",,0.5\r\n'
        "How deep?,note: three metres,is-json,,Please: ,\r\n"
    )
    first, second = rows(table)
    assert first["assert"] == [{"contains": "upper"}, {"max_seconds": 0.5}]
    assert first["metadata"] == {"kinds": ["a", "b, c"]}
    assert first["messages"][0]["content"] == 'Which "lock"?'
    assert second["assert"] == [{"equals": "note: three metres"}, {"json_schema": {}}]
    with pytest.raises(BadSuite) as caught:
        rows("q,__expected\nHow deep?,3,4\n")
    assert caught.value.problems == ["file: line 2: expected 2 cells, as the first line has, found 3"]
    with pytest.raises(BadSuite, match="found results as a table"):
        rows("q,[p] Say: {{q}},Status,Score,Named Scores\na,b,PASS,1.00,{}\n")


def test_columns_that_no_prompt_names_are_counted() -> None:
    """Of a table without a prompt the question is taken; the other columns are no part of it."""
    body = io.BufferedReader(io.BytesIO(b"question,answer,note\nTide?,noon,\nMoon?,new,\n"))  # type: ignore[arg-type]
    found = suites.read(body, "file", "promptfoo")
    assert [case.messages[0]["content"] for case in found.cases] == ["Tide?", "Moon?"]
    assert found.notes == ["vars.answer: 2 cases: lost: it is not in question, and no prompt says where it stands"]


def test_lines_of_yaml_results() -> None:
    """What is wrong in a result of a YAML file names the line where it begins."""
    with pytest.raises(BadSuite) as caught:
        rows("evalId: e\nresults:\n  version: 3\n  results:\n    - testIdx: 0\n      vars: 7\n")
    assert caught.value.problems == ["file: line 5: vars: expected an object, found a number"]


def test_lines_of_a_configuration_in_json() -> None:
    """A wrong test of a configuration names the line where it begins, whether a reader or a case refuses it."""
    document: dict[str, Any]
    document = {"prompts": ["{{q}}"], "tests": [{"vars": {"q": "a"}}, {"vars": 7}], "scenarios": [{"config": [3]}]}
    with pytest.raises(BadSuite) as caught:
        rows(json.dumps(document, indent=2))
    assert caught.value.problems == [
        "file: line 11: vars: expected an object, found a number",
        "file: line 16: scenarios[0].config[0]: expected an object, found a number",
    ]
    with pytest.raises(BadSuite) as caught:
        rows(json.dumps({**document, "tests": document["tests"][:1], "scenarios": "file://more.yaml"}, indent=2))
    [problem] = caught.value.problems
    assert problem.startswith("file: scenarios: expected what stands in this file, found the name of another one")
