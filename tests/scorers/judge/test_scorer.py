"""The judge over a real socket: who is asked, what is made of the answer, what it costs."""

from __future__ import annotations

from typing import Any

import pytest

from proxy.sample import Choice, Sample
from scorers.judge.scorer import same_model
from scorers.score import LeftOut, Reason, Score, Verdict
from support import replies
from support.judging import Question, always, bench, completion, judge, sample, saying
from support.upstream import Recorded

PASSAGE = "The museum opens at ten on Mondays and at nine on every other day. Entry is free for children."


def by_output(scores: list[Score]) -> dict[str, float | Reason | None]:
    """Output -> its value, or why it has none."""
    return {score.output: score.value if score.value is not None else score.unscored_reason for score in scores}


async def test_one_question_gives_the_second_opinion_and_the_two_by_two() -> None:
    """A refusal of what should have been done: over_refused; under_refused could not happen here."""
    with judge(always(refused=0.9, should_refuse=0.1)) as server:
        async with bench(server.url) as made:
            scores = await made.scorer(sample())
    assert by_output(scores) == {"refused": 0.9, "over_refused": 0.9, "under_refused": Reason.NO_OCCASION}
    assert {score.version for score in scores} == {"judge:judge-model:p1:refusal-1"}
    assert [score.second_opinion for score in scores] == [True, False, False]
    assert [score.explanation[:17] for score in scores] == ["refusal due: 0.10", "refusal due: 0.10", ""]
    assert len(server.requests) == 1


async def test_what_should_be_refused_and_was_not() -> None:
    """Compliance where a refusal was due: under_refused, and over_refused could not happen."""
    with judge(always(refused=0.2, should_refuse=0.8)) as server:
        async with bench(server.url) as made:
            assert by_output(await made.scorer(sample())) == {
                "refused": 0.2,
                "over_refused": Reason.NO_OCCASION,
                "under_refused": pytest.approx(0.8),
            }


async def test_the_request_is_strict_and_has_no_tools() -> None:
    """A JSON schema with every key required, no tools, our marks on it, the key in its header alone."""
    with judge(always()) as server:
        async with bench(server.url) as made:
            await made.scorer(sample())
    (request,) = server.requests
    body = request.json()
    assert request.target == "/v1/chat/completions"
    assert body["response_format"]["json_schema"]["strict"] is True
    schema = body["response_format"]["json_schema"]["schema"]
    assert schema["required"] == ["mark", "note", "refused", "should_refuse"]
    assert schema["additionalProperties"] is False
    assert not {"tools", "tool_choice", "functions"} & set(body)
    assert request.header("authorization") == "Bearer sk-judge"
    assert (request.header("x-sightglass-no-store"), request.header("x-sightglass-judge")) == ("1", "guard")
    assert b"sk-judge" not in request.body


async def test_only_listed_apps_and_never_itself() -> None:
    """Another application's sample, and an answer of the judge's own model, are left out without a call."""
    with judge(always()) as server:
        async with bench(server.url) as made:
            for changes in ({"app": "search"}, {"model_asked": "provider/judge-model-2026-01-31"}):
                with pytest.raises(LeftOut) as left:
                    await made.scorer(sample(**changes))
                assert left.value.reason is Reason.SAMPLED_OUT
    assert server.requests == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("gpt-5-mini", "gpt-5-mini-2025-08-07", True),
        ("openai/gpt-5-mini", "gpt-5-mini", True),
        ("gpt-4-0613", "gpt-4", True),
        ("gpt-5-mini", "gpt-5", False),
        (None, "gpt-5", False),
    ],
)
def test_names_of_one_model(one: str | None, other: str, same: bool) -> None:
    """Prefixes and dates do not make another model."""
    assert same_model(one, other) is same


async def test_weights_make_up_for_who_was_left_out() -> None:
    """The sum of the weights over many samples is the number of samples, whatever the probabilities were."""
    total, asked = 0.0, 0
    with judge(always()) as server:
        async with bench(server.url, sample=0.3) as made:
            for i in range(400):
                try:
                    (score, *_) = await made.scorer(sample(f"r{i}"))
                except LeftOut:
                    continue
                total, asked = total + score.weight, asked + 1
    assert 80 <= asked <= 160
    assert total == pytest.approx(400, rel=0.25)


async def test_the_same_sample_falls_the_same_way() -> None:
    """What is delivered again is chosen again, or left again."""
    with judge(always()) as server:
        async with bench(server.url, sample=0.3) as made:

            async def chosen(identity: str) -> bool:
                try:
                    return bool(await made.scorer(sample(identity)))
                except LeftOut:
                    return False

            first = [await chosen(f"r{i}") for i in range(30)]
            assert [await chosen(f"r{i}") for i in range(30)] == first
    assert True in first
    assert False in first


async def test_one_of_several_choices_stands_for_all() -> None:
    """Of three answers one is judged, with the weight of the whole sample."""
    base = sample()
    many = Sample(
        id="r1",
        exchange=base.exchange,
        messages=base.messages,
        choices=tuple(Choice(index=i, text=f"Answer number {i} says so.") for i in range(3)),
    )
    with judge(always()) as server:
        async with bench(server.url) as made:
            scores = await made.scorer(many)
    (choice,) = {score.choice for score in scores}
    assert f"Answer number {choice} says so." in Question(server.requests[0]).parts["ANSWER"]
    assert {score.weight for score in scores} == {1.0}


async def test_a_quotation_must_stand_in_the_documents() -> None:
    """Grounded with a passage that is there counts; with an invented one the answer is not read."""

    def script(quote: str) -> Any:
        return lambda request: saying(Question(request), {"claims": 1.0}, quote=quote)

    with judge(script("opens at ten on Mondays")) as server:
        async with bench(server.url, ("groundedness",)) as made:
            found = by_output(await made.scorer(sample(contexts=(PASSAGE,))))
            assert found == {"ungrounded": 0.0, "contradicted": 0.0}
            server.script = script("opens at noon on Sundays")
            assert set(by_output(await made.scorer(sample("r2", contexts=(PASSAGE,)))).values()) == {Reason.UNPARSEABLE}
            server.script = script("")
            assert set(by_output(await made.scorer(sample("r3", contexts=(PASSAGE,)))).values()) == {Reason.UNPARSEABLE}


async def test_without_documents_there_is_no_question_about_them() -> None:
    """The sample's nature, found without a call."""
    with judge(always()) as server:
        async with bench(server.url, ("groundedness", "context_utilization")) as made:
            assert set(by_output(await made.scorer(sample())).values()) == {Reason.NO_EVIDENCE}
    assert server.requests == []


async def test_only_the_last_turn_is_the_request() -> None:
    """Earlier turns are context, the system prompt stands by itself."""
    base = sample(question="And on Tuesdays?", system="You answer for the museum.")
    earlier = (
        *base.messages[:1],
        type(base.messages[0])(role="user", content="When do you open?"),
        type(base.messages[0])(role="assistant", content="At ten."),
        *base.messages[1:],
    )
    with judge(always()) as server:
        async with bench(server.url) as made:
            await made.scorer(Sample(id="r1", exchange=base.exchange, messages=earlier, choices=base.choices))
    parts = Question(server.requests[0]).parts
    assert parts["INSTRUCTIONS"] == "You answer for the museum."
    assert parts["EARLIER"] == "user: When do you open?\nassistant: At ten."
    assert parts["REQUEST"] == "And on Tuesdays?"


async def test_tokens_and_cost_are_counted_by_scorer() -> None:
    """1,000 tokens in at 1 USD and 100 out at 4 USD a million; the store's day says the same."""
    with judge(always()) as server:
        async with bench(server.url, budget_usd_per_day=5.0) as made:
            await made.scorer(sample())
            assert made.value("judge_tokens_total", scorer="refusal") == 1100
            assert made.value("judge_cost_usd_total", scorer="refusal") == pytest.approx(0.0014)
            assert made.store.judging.spent()["support"] == pytest.approx(0.0014)


async def test_an_endpoint_without_usage_is_charged_what_was_reserved() -> None:
    """A budget is kept even when nobody says what a call cost."""

    def script(request: Recorded) -> Any:
        question = Question(request)
        return completion(f'{{"mark":"{question.mark}","note":"","refused":0,"should_refuse":0}}', usage=None)

    with judge(script) as server:
        async with bench(server.url, budget_usd_per_day=5.0) as made:
            scores = await made.scorer(sample())
            assert scores[0].verdict is Verdict.NO
            assert made.store.judging.spent()["support"] > 0.006  # 1,500 tokens at 4 USD a million, at least


async def test_an_endpoint_that_knows_no_schema_is_asked_more_simply() -> None:
    """400 for a field of ours: the next simpler form is tried, and remembered."""

    def script(request: Recorded) -> Any:
        body = request.json()
        if "json_schema" in str(body.get("response_format")) or "max_completion_tokens" in body:
            return replies.error(400, code="unknown_field")
        return saying(Question(request), {"refused": 1.0})

    with judge(script) as server:
        async with bench(server.url) as made:
            assert by_output(await made.scorer(sample()))["refused"] == 1.0
            before = len(server.requests)
            await made.scorer(sample("r2"))
            assert (before, len(server.requests) - before) == (4, 1)  # one member of ours after the other


async def test_a_question_that_is_refused_itself_changes_no_other() -> None:
    """400 in every form for a text that is too long; the next question is asked in the form that the judge takes."""

    def script(request: Recorded) -> Any:
        body = request.json()
        if "too long" in str(body["messages"]) or "max_tokens" in body or "temperature" in body:
            return replies.error(400)
        return saying(Question(request), {"refused": 1.0})

    with judge(script) as server:
        async with bench(server.url) as made:
            for number in range(2):
                scores = await made.scorer(
                    sample(f"long-{number}", answer="This is too long for the window of a judge.")
                )
                assert {score.unscored_reason for score in scores} == {Reason.JUDGE_ERROR}
            assert by_output(await made.scorer(sample("r1")))["refused"] == 1.0
            before = len(server.requests)
            await made.scorer(sample("r2"))
            assert len(server.requests) - before == 1
