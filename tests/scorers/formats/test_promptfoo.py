"""promptfoo's tests as its users write them: variables with several values, and assertions that we spell otherwise."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from scorers.cases.assertions import pattern
from scorers.cases.case import Case
from scorers.cases.suite import BadSuite
from scorers.formats import suites


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
    "theirs",
    [
        {"type": "not-contains-all", "value": ["a", "b"]},
        {"type": "not-icontains", "value": "a"},
        {"type": "not-icontains-any", "value": ["a"]},
        {"type": "contains-any", "value": '"a, b", c'},
        {"type": "contains-any", "value": []},
    ],
)
def test_what_we_cannot_say_is_counted(theirs: dict[str, Any]) -> None:
    """It is lost by its name, never guessed."""
    body = json.dumps([{"vars": {"q": "Which lock?"}, "expected": "x", "assert": [theirs]}]).encode()
    done = suites.read(io.BufferedReader(io.BytesIO(body)), "file", "promptfoo")  # type: ignore[arg-type]
    assert any(f"assert {theirs['type']}" in note for note in done.notes)
