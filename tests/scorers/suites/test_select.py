"""Cases chosen from traffic: weights that add up to production, near-duplicates out, what cannot be asked again."""

from __future__ import annotations

import msgspec
import pytest

from proxy.exchange import Exchange, Operation, Outcome
from proxy.sample import Choice, Message, Sample, ToolCall
from scorers.suites.near_duplicates import clusters, duplicates
from scorers.suites.select import SOURCES, Drawn, Selection, covered, select, unfit

TOPICS = ("delivery of ovens to islands", "refund for a broken mixer bowl", "password link that has expired")


def sample(number: int, text: str, *, model: str = "m", **more: object) -> Sample:
    """A sample that asks ``text``."""
    exchange = Exchange(
        request_id=f"r{number}",
        instance="i",
        started_at=1_790_000_000.0 + number,
        app="shop",
        operation=Operation.CHAT,
        upstream="u",
        outcome=Outcome.OK,
        duration=1.0,
        model_asked=model,
    )
    made = Sample(id=f"s{number}", exchange=exchange, messages=(Message("user", text),), choices=(Choice(text="Yes."),))
    return msgspec.structs.replace(made, **more)


def pool(count: int) -> list[Drawn]:
    """Traffic of three topics, sampled at one half; every tenth failed, every seventh was flagged."""
    made = []
    for n in range(count):
        text = f"{TOPICS[n % 3]}: matter {n * 7919} of customer {n * 104729} in street {n * 1299709}"
        flagged = ("refusal.refused",) if n % 7 == 0 else ()
        failed = "feedback" if n % 10 == 0 else None
        made.append(Drawn(sample=sample(n, text), weight=2.0, conversation=f"v{n}", flagged=flagged, failed=failed))
    return made


def chosen(items: list[Drawn], sources: tuple[str, ...] = SOURCES, count: int = 40) -> Selection:
    """A selection with a fixed seed."""
    return select(items, sources, count, seed=1)


def test_weights_add_up_to_production() -> None:
    """The weights of all cases add up to the requests that the samples stand for, and each part's to its own."""
    found = chosen(pool(200))
    assert len(found.cases) == 40
    assert sum(case.weight for case in found.cases) == pytest.approx(400)
    failures = [case.weight for case in found.cases if case.stratum == "failures: feedback"]
    assert sum(failures) == pytest.approx(2.0 * 20)
    assert covered(found.coverage, found.cases)["covered"] == pytest.approx(1.0)


def test_only_what_was_asked_for() -> None:
    """With failures and flagged samples alone the rest of production is not covered, and that is said."""
    found = chosen(pool(200), ("failures", "flagged"))
    assert {str(case.stratum).split(":")[0] for case in found.cases} == {"failures", "flagged"}
    mix = covered(found.coverage, found.cases)
    assert mix["covered"] == pytest.approx(46 / 200)
    assert mix["strata"][0] == {"stratum": "rest", "production": pytest.approx(154 / 200), "cases": 0, "suite": 0.0}


def test_the_same_seed_draws_the_same_cases() -> None:
    """A selection can be made again, and another seed draws others."""
    items = pool(120)
    ids = [case.id for case in chosen(items).cases]
    assert ids == [case.id for case in chosen(items).cases]
    assert ids != [case.id for case in select(items, SOURCES, 40, seed=2).cases]


def test_near_duplicates_are_one_case_with_their_weight() -> None:
    """Requests that differ in a word of many are one case, which stands for all of them."""
    long = "please tell me at which heat and for how long I bake a large loaf of rye bread in a stone oven"
    items = [Drawn(sample=sample(n, f"{long}{'' if n else ' now'}"), weight=3.0) for n in range(5)]
    items.append(Drawn(sample=sample(9, "What does the museum of mills cost?"), weight=3.0))
    found = chosen(items)
    assert sorted(case.weight for case in found.cases) == [3.0, 15.0]
    assert found.coverage["left_out"] == {"near_duplicate": 4}


def test_two_questions_on_one_document_are_two() -> None:
    """Texts that are nearly the same around different questions are no duplicates; nor is one question on two texts."""
    document = " ".join(f"word{n}" for n in range(300))
    other = " ".join(f"term{n}" for n in range(300))
    texts = [("who built it", document), ("when does it open", document), ("who built it", other)]
    assert duplicates([(question, f"{question} {text}") for question, text in texts]) == [0, 1, 2]


def test_clusters_are_by_what_is_asked() -> None:
    """Inputs of one topic are one cluster."""
    texts = [f"{TOPICS[n % 3]} number {n}" for n in range(12)]
    found = clusters(texts)
    assert [found[n] == found[n % 3] for n in range(12)] == [True] * 12
    assert len(set(found)) == 3


UNFIT = [
    ({"messages": ()}, "no_content"),
    ({"request_truncated": True}, "cut"),
    ({"messages": (Message("user", "see", other_parts=("image",)),)}, "not_text"),
    ({"messages": (Message("user", "see", documents=("a text",)),)}, "not_text"),
    ({"tools": (msgspec.Raw(b'{"type": "web_search"}'),)}, "tools_hosted"),
    ({"off_wire": ("previous_response_id",)}, "state_off_wire"),
    ({"replayable": ("redacted", "tools_hosted", "state_off_wire")}, "tools_hosted"),
    ({"replayable": ("redacted",)}, None),
    ({"messages": (Message("user", "a"), Message("assistant", "b"))}, "answered"),
    ({"tools": (msgspec.Raw(b'{"type": "function", "function": {"name": "f"}}'),)}, None),
]


@pytest.mark.parametrize(("changed", "reason"), UNFIT, ids=[str(reason) for _, reason in UNFIT])
def test_what_cannot_be_asked_again(changed: dict[str, object], reason: str | None) -> None:
    """A request that was cut, has pictures, tools of the provider's or state on a server is no case, and is counted."""
    made = sample(1, "How?", **changed)
    assert unfit(made) == reason
    found = chosen([Drawn(sample=made, weight=1.0), Drawn(sample=sample(2, "Why?"), weight=1.0)])
    assert found.coverage["left_out"] == ({reason: 1} if reason else {})


def test_a_case_keeps_turns_calls_and_what_was_served() -> None:
    """A case has all turns with calls and results; the answer that was served stands in its source alone."""
    turns = (
        Message("user", "Order 7?"),
        Message("assistant", "", tool_calls=(ToolCall("state", '{"order": 7}', "t1"),)),
        Message("tool", "packed", tool_call_id="t1"),
    )
    found = chosen([Drawn(sample=sample(1, "", messages=turns), weight=1.0, conversation="v", user="hash")])
    (case,) = found.cases
    assert [message["role"] for message in case.messages] == ["user", "assistant", "tool"]
    assert case.messages[1]["tool_calls"][0]["function"] == {"name": "state", "arguments": '{"order": 7}'}
    assert case.source["answer"] == "Yes."
    assert case.expected is None
    assert found.users == {"s1": "hash"}
    assert b"hash" not in case.encode()


SCHEMA = {"type": "object", "properties": {"heat": {"type": "integer"}}}
CHAT_TOOL = {"type": "function", "function": {"name": "oven", "parameters": SCHEMA}}
#: Tools and response formats as other families write them.
FLAT_TOOL = {"type": "function", "name": "oven", "parameters": SCHEMA}
ANTHROPICS_TOOL = {"name": "oven", "input_schema": SCHEMA}
FLAT_FORMAT = {"type": "json_schema", "name": "heat", "schema": SCHEMA}


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


@pytest.mark.parametrize("tool", [CHAT_TOOL, FLAT_TOOL, ANTHROPICS_TOOL], ids=["chat", "responses", "messages"])
def test_a_case_asks_as_production_asked(tool: dict[str, object]) -> None:
    """Parameters come along, tools and formats of every family in the form of chat; what is nobody's business does
    not."""
    own = {"temperature": 0, "top_p": 0.5, "stop": ["\n"], "seed": 7, "reasoning_effort": "low", "max_tokens": 9_000}
    asked = sample(
        1,
        "How hot?",
        tools=(raw(tool),),
        response_format=raw(FLAT_FORMAT),
        parameters={**own, "tool_choice": "required", "user": "u-7"},
    )
    (case,) = chosen([Drawn(sample=asked, weight=1.0)]).cases
    assert case.parameters == {**own, "max_tokens": 1_024}
    assert case.tools == (CHAT_TOOL,)
    assert case.tool_choice == "required"
    assert case.response_format == {"type": "json_schema", "json_schema": {"name": "heat", "schema": SCHEMA}}


def test_a_tool_without_a_form_in_chat_is_no_case() -> None:
    """A request is not asked again without one of its tools; a choice of tools without tools is not sent."""
    nameless = sample(1, "How hot?", tools=(raw({"type": "function"}),))
    plain = sample(2, "How long?", parameters={"tool_choice": "auto"})
    odd = sample(3, "How wide?", parameters={"temperature": "hot"})
    empty = sample(4, "How far?", parameters={"stop": [], "reasoning_effort": ""})
    found = chosen([Drawn(sample=each, weight=1.0) for each in (nameless, plain, odd, empty)])
    assert found.coverage["left_out"] == {"other_form": 2}
    kept = {case.id: (case.tool_choice, case.parameters) for case in found.cases}
    assert kept == {"s2": (None, {}), "s4": (None, {})}


@pytest.mark.parametrize(
    ("changed", "cut"),
    [
        ({}, None),
        ({"choices": (Choice(text="word " * 2_000),)}, True),
        ({"response_truncated": True}, True),
        ({"exchange": msgspec.structs.replace(sample(1, "").exchange, outcome=Outcome.STREAM_INCOMPLETE)}, True),
    ],
    ids=["whole", "long", "truncated", "broken off"],
)
def test_an_answer_of_which_not_all_is_known_says_so(changed: dict[str, object], cut: bool | None) -> None:
    """So that nobody accepts half an answer as the expected one."""
    (case,) = chosen([Drawn(sample=sample(1, "How hot?", **changed), weight=1.0)]).cases
    assert case.source.get("answer_cut") is cut
    assert case.source["answer"]
