"""Screening says of every pattern that matches that it may, and of the plain ones just what they match."""

from __future__ import annotations

import random
import re

import pytest

from scorers.reading.screen import Screen, without_looks
from scorers.reading.text import Blind

PATTERNS = {
    "plain": r"\b(?:cannot|will not) (?:say|tell)\b",
    "ahead": r"\bharbour(?! (?:office|wall))\b",
    "behind": r"(?<!no )lantern\b",
    "must": r"\bquay(?=[.!])",
    "class": r"[(?!x]{2}",
}
WORDS = [
    "cannot",
    "will",
    "not",
    "say",
    "tell",
    "harbour",
    "office",
    "wall",
    "no",
    "lantern",
    "quay.",
    "quay",
    "!",
    "(?",
    "x!",
    "((",
    "the",
    "É",
    "harbours",
    "Lantern",
]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"a(?! (?:b|\)))c", "ac"),
        (r"x(?<!you )\bwant", r"x\bwant"),
        (r"[(?!x](?=y[)])z", r"[(?!x]z"),
        (r"\((?!a)b", r"\(b"),
        (r"a(?:b|c)", r"a(?:b|c)"),
        (r"[])(?=](?=k)l", "[])(?=]l"),
    ],
)
def test_what_looks_around_is_left_out(pattern: str, expected: str) -> None:
    """Nested groups, escapes and brackets are read, and nothing else is lost."""
    assert without_looks(pattern) == expected
    re.compile(without_looks(pattern))


def test_found_is_what_the_patterns_find() -> None:
    """On texts drawn by lot, ASCII or not, in any case: the very names; and none is screened away."""
    coin = random.Random(9)
    screen = Screen(PATTERNS)
    seen: set[str] = set()
    for _ in range(3_000):
        text = " ".join(coin.choices(WORDS, k=coin.randrange(1, 7)))
        expected = {name for name, pattern in PATTERNS.items() if Blind(pattern).search(text)}
        assert screen.found(text) == expected, text
        assert screen.maybe(text.lower()) >= expected, text
        seen |= expected
    assert seen == set(PATTERNS)


def test_most_texts_are_screened_away() -> None:
    """A text that holds none of them has no candidate, so that no pattern runs; one that is not ASCII has all."""
    screen = Screen(PATTERNS)
    assert not screen.maybe("the tide comes in at nine and the ferry waits for it")
    assert screen.maybe("die fähre wartet") == set(PATTERNS)
