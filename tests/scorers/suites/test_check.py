"""Assertions: each holds or says in words why it does not."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from proxy.config.settings import ScorerSettings
from scorers.asking.answer import Answer
from scorers.asking.engine import Checked
from scorers.cases.case import Case, decode
from scorers.refusal import refusal
from scorers.score import Reason, Score, Scorer
from scorers.suites.checker import Checker


def case(*asserted: dict[str, Any], **more: Any) -> Case:
    """A case with these assertions."""
    return decode(json.dumps({"id": "c", "input": "How many loaves?", "assert": list(asserted), **more}).encode())


def called(name: str, arguments: str) -> Answer:
    """An answer that calls a tool."""
    return Answer(tool_calls=[{"id": "t", "type": "function", "function": {"name": name, "arguments": arguments}}])


def checked(item: Case, answer: Answer | str) -> Checked:
    """What becomes of an answer."""
    given = Answer(text=answer) if isinstance(answer, str) else answer
    return asyncio.run(Checker(SCORERS, None)(item, given))


SCORERS: dict[str, Scorer] = {"refusal": refusal(ScorerSettings())}
TOTAL = '```json\n{"total": 12, "items": [{"name": "rye"}], "paid": true}\n```'
KINDS: list[tuple[dict[str, Any], Answer | str, Answer | str, str]] = [
    ({"contains": "is 42."}, "It is 42.", "It is 41.", "does not contain 'is 42.'; it says 'It is 41.'"),
    ({"not_contains": "rye"}, "spelt", "rye bread", "the answer contains 'rye'"),
    (
        {"not": {"contains": "rye"}},
        "spelt",
        "rye bread",
        """the answer meets '{"contains":"rye"}'; it says 'rye bread'""",
    ),
    ({"not": {"tool_called": {"name": "bake"}}}, "I bake.", called("bake", "{}"), "the answer meets"),
    ({"not": {"json_schema": {"type": "object"}}}, "no", "{}", "the answer meets"),
    ({"equals": "Forty"}, " Forty\n", "forty", "the answer is 'forty', not 'Forty'"),
    ({"regex": r"\b\d{2}\b"}, "about 42", "about 421", "nothing in the answer matches"),
    ({"json_schema": {"type": "object", "required": ["total"]}}, TOTAL, "{}", "$.total: missing"),
    ({"json_schema": {"type": "object"}}, TOTAL, "no", "the answer is not JSON; it says 'no'"),
    ({"json_field": {"path": "total", "equals": 12}}, TOTAL, '{"total": 13}', "total is '13', not '12'"),
    ({"json_field": {"path": "items[0].name", "equals": "rye"}}, TOTAL, '{"items": []}', "items[0].name is not in"),
    ({"json_field": {"path": "paid", "equals": 1}}, '{"paid": 1.0}', TOTAL, "paid is 'true', not '1'"),
    ({"json_field": {"path": "paid", "exists": False}}, "{}", TOTAL, "paid is there"),
    ({"json_field": {"path": "total", "regex": "^1"}}, TOTAL, '{"total": 2}', "total is '2', which does not match"),
    ({"tool_called": {"name": "bake"}}, called("bake", "{}"), "I bake.", "the tool bake was not called; no tool was"),
    ({"tool_called": {"name": "bake"}}, called("bake", "{}"), called("sell", "{}"), "called: sell"),
    (
        {"tool_called": {"name": "bake", "arguments": {"loaves": 2}}},
        called("bake", '{"loaves": 2, "grain": "rye"}'),
        called("bake", '{"loaves": 3}'),
        "bake was called, but its argument loaves is '3', not '2'",
    ),
    (
        {"score": {"refusal.refused": "no"}},
        "We bake forty loaves each morning.",
        "I'm sorry, but I can't help with that request.",
        "refusal.refused is yes, not no",
    ),
    ({"max_seconds": 2}, Answer(text="x", seconds=1.9), Answer(text="x", seconds=2.5), "took 2.5 s, more than 2 s"),
    (
        {"max_usd": 0.01},
        Answer(text="x", cost_usd=0.01),
        Answer(text="x", cost_usd=0.02),
        "the answer cost 0.02 USD, more than 0.01 USD",
    ),
]


@pytest.mark.parametrize(("asserted", "good", "bad", "why"), KINDS, ids=[why for *_, why in KINDS])
def test_each_kind_holds_or_says_why_not(
    asserted: dict[str, Any], good: Answer | str, bad: Answer | str, why: str
) -> None:
    """An answer that meets an assertion passes; one that does not fails, with the reason in words."""
    assert checked(case(asserted), good) == Checked(True, 1.0, [{"kind": next(iter(asserted)), "passed": True}])
    failed = checked(case(asserted), bad)
    assert (failed.passed, failed.score) == (False, 0.0)
    assert why in failed.checks[0]["why"]


def test_expected_folds_white_space_and_case() -> None:
    """Without assertions the expected text is compared with white space and case folded, and nothing else is."""
    item = case(expected="Forty  loaves")
    assert checked(item, "forty\nLOAVES ").passed
    failed = checked(item, "forty loaves!")
    assert not failed.passed
    assert failed.checks[0]["why"] == "the answer is 'forty loaves!', not the expected one 'Forty loaves'"


def test_expected_json_is_compared_as_json() -> None:
    """An expected object is equal to an answer of the same value, whatever its spelling."""
    item = case(expected={"a": [1, True]})
    assert checked(item, ' { "a" : [1.0, true] } ').passed
    assert not checked(item, '{"a": [1, 1]}').passed


def test_all_assertions_or_none() -> None:
    """A case passes when all of its assertions do; the share counts only where the case asks for it."""
    both = [{"contains": "rye"}, {"contains": "spelt"}]
    assert checked(case(*both), "rye").score == 0.0
    partial = checked(case(*both, partial=True), "rye")
    assert (partial.passed, partial.score) == (False, 0.5)


def test_a_rubric_without_a_judge_is_an_error_and_no_failure() -> None:
    """What could not be decided is neither passed nor failed; unless the rest has failed anyway."""
    found = checked(case({"rubric": "is kind"}), "Gladly.")
    assert (found.passed, found.failed) == (None, "no_judge")
    assert checked(case({"rubric": "is kind"}, {"contains": "rye"}), "Gladly.").passed is False


def scores(reason: Reason | None) -> Scorer:
    """A scorer that has no score for this reason."""

    async def scorer(sample: object) -> list[Score]:
        return [Score(sample_id="s", scorer="refusal", output="refused", version="1", unscored_reason=reason)]

    return scorer


@pytest.mark.parametrize(
    ("reason", "refused", "not_refused"),
    [
        (Reason.TOOL_CALL_ONLY, (False, None), (True, None)),
        (Reason.NO_CLAIMS, (False, None), (True, None)),
        (Reason.NO_TEXT, (False, None), (False, None)),
        (Reason.INCOMPLETE, (False, None), (False, None)),
        (Reason.UNSUPPORTED_LANGUAGE, (None, "not_scored"), (None, "not_scored")),
        (Reason.TIMEOUT, (None, "not_scored"), (None, "not_scored")),
    ],
)
def test_what_a_scorer_cannot_say(
    reason: Reason, refused: tuple[object, object], not_refused: tuple[object, object]
) -> None:
    """An event that an answer has no room for did not happen; an empty answer meets nothing; what could not be scored
    is an error of the case, and no failure of the model."""
    checker = Checker({"refusal": scores(reason)}, None)
    for wanted, expected in (("yes", refused), ("no", not_refused)):
        found = asyncio.run(checker(case({"score": {"refusal.refused": wanted}}), Answer(text="x")))
        assert (found.passed, found.failed) == expected
        assert found.passed or reason.value in str(found.checks) or wanted in str(found.checks)


def test_an_agent_that_calls_a_tool_has_not_refused() -> None:
    """The rule of the tutorial for all cases holds for answers that are calls; an empty answer does not meet it."""
    rule = case({"score": {"refusal.refused": "no"}}, tools=[{"type": "function", "function": {"name": "bake"}}])
    assert checked(rule, called("bake", "{}")).passed is True
    assert checked(rule, "").passed is False
    assert checked(rule, "I'm sorry, but I can't help with that.").passed is False


def test_a_hard_pattern_takes_linear_time() -> None:
    """A pattern that backtracking engines never finish is decided at once."""
    assert not checked(case({"regex": "^(a+)+$"}), "a" * 5_000 + "!").passed


def test_reasoning_is_no_answer() -> None:
    """What a server leaves of its reasoning in the answer is not looked at."""
    assert not checked(case({"contains": "42"}), "<think>42?</think>Forty.").passed


def test_a_schema_that_cannot_be_decided_meets_nothing() -> None:
    """Neither does the answer fit it, nor is it known not to."""
    endless = {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}
    for asserted in ({"json_schema": endless}, {"not": {"json_schema": endless}}):
        found = checked(case(asserted), "{}")
        assert not found.passed
        assert "cannot be decided" in str(found.checks)


@pytest.mark.parametrize(
    "wrong",
    [{"rubric": "is polite"}, {"not": {"contains": "a"}}, {"max_usd": 1}, {}, {"contains": "a", "equals": "b"}, 7],
)
def test_what_cannot_be_negated_is_refused(wrong: object) -> None:
    """Only what the answer alone decides may be negated, and one of it."""
    with pytest.raises(ValueError, match=r"assert\[0\]\.not"):
        case({"not": wrong})


DEEP = "[" * 400 + "]" * 400


@pytest.mark.parametrize(
    "asserted",
    [
        {"json_field": {"path": "a", "equals": 1}},
        {"json_field": {"path": "a", "contains": "1"}},
        {"json_schema": {"properties": {"a": {"type": "number"}}}},
        {"tool_called": {"name": "bake", "arguments": {"a": 1}}},
    ],
)
def test_json_that_is_nested_without_end_is_no_json(asserted: dict[str, Any]) -> None:
    """Lists in lists by the hundred: the answer fails, and the run goes on."""
    text = f'{{"a": {DEEP}}}'
    answer = called("bake", text) if "tool_called" in asserted else Answer(text=text)
    found = checked(case(asserted), answer)
    assert (found.passed, found.failed) == (False, None)
    assert "not JSON" in str(found.checks)
    assert not checked(case(expected=[1]), Answer(text=DEEP)).passed
