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
