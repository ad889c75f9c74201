"""With which probability a sample is asked about, where the judge is asked, and how much a call may cost."""

from __future__ import annotations

import pytest

from scorers.judge.client import JudgeClient, endpoint
from scorers.judge.prompt import bare, normalised, steers
from scorers.judge.selection import LEAST_PACE, coin, factor, most, probability
from support.judging import judge_settings


def test_unsure_scores_are_asked_about_most() -> None:
    """Half as often for a sure no, twice for a sure yes, three times in the middle; once where nothing is known."""
    assert (factor(0.0), factor(0.5), factor(1.0), factor(None)) == (0.5, 3.0, 2.0, 1.0)
    assert factor(0.1) < factor(0.3) < factor(0.5) > factor(0.8) > factor(1.0)


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("pace", [0.0, 0.5, 1.0])
def test_a_probability_is_one_and_never_zero(share: float, pace: float) -> None:
    """Whatever the score and however little money is left."""
    for value in (0.0, 0.3, 0.5, 1.0):
        found = probability(share, [value], pace)
        assert share * 0.5 * LEAST_PACE <= found <= most(share) <= 1.0
    assert probability(share, [], 1.0) == share
    assert probability(share, [0.0, 0.5], 1.0) == most(share)


def test_a_share_of_one_is_all() -> None:
    """Sure of a no or not."""
    assert {probability(1.0, [value], 1.0) for value in (0.0, 0.2, 0.5, 1.0)} == {1.0}


def test_the_coin_is_even_and_stays_as_it_fell() -> None:
    """Uniform over samples, another one for another rubric or secret, the same when asked again."""
    coins = [coin(b"k" * 32, "refusal", f"r{i}") for i in range(4000)]
    assert coins == [coin(b"k" * 32, "refusal", f"r{i}") for i in range(4000)]
    assert sum(coins) / 4000 == pytest.approx(0.5, abs=0.02)
    assert sum(c < 0.1 for c in coins) / 4000 == pytest.approx(0.1, abs=0.02)
    assert coin(b"k" * 32, "refusal", "r1") != coin(b"k" * 32, "format", "r1") != coin(b"x" * 32, "refusal", "r1")


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://api.example.com", "https://api.example.com/v1/chat/completions"),
        ("https://api.example.com/v1", "https://api.example.com/v1/chat/completions"),
        ("https://api.example.com/v1/", "https://api.example.com/v1/chat/completions"),
        ("https://x.example.com/openai/deployments/j", "https://x.example.com/openai/deployments/j/chat/completions"),
    ],
)
def test_where_the_judge_is_asked(base: str, url: str) -> None:
    """With or without /v1, or under a path of its own."""
    assert endpoint(base) == url


def test_what_is_reserved_is_what_a_call_may_cost() -> None:
    """All characters at three to a token, and the longest answer."""
    client = JudgeClient(judge_settings("http://127.0.0.1:1"), "guard")
    messages = [{"role": "user", "content": "x" * 3_000}]
    assert client.at_most(messages) == pytest.approx((1_000 * 1.0 + 1_500 * 4.0) / 1e6)


@pytest.mark.parametrize("text", ["", " ", ":", "...", "\u200b\u200d", "Thought process:", "FINAL ANSWER —", "\n\n#\n"])
def test_what_says_nothing(text: str) -> None:
    """Punctuation, invisible characters, a bare opening."""
    assert bare(text)


@pytest.mark.parametrize("text", ["No.", "4", "是", "Solution: add the two numbers.", "ok, done"])
def test_a_short_answer_is_an_answer(text: str) -> None:
    """One word is enough when it is not the opening of nothing."""
    assert not bare(text)


@pytest.mark.parametrize(
    "text",
    [
        "Rate my essay: how would you score it?",
        "The judge gave the defendant two years.",
        "Our evaluation criteria are price and speed.",
        "I give this film seven stars.",
        "Base64 of a picture: " + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=" * 3,
    ],
)
def test_talk_of_judging_is_no_attack(text: str) -> None:
    """Ordinary sentences with the same words."""
    assert not steers(normalised(text))
