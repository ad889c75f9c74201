"""Screening says of every pattern that matches that it may, and of the plain ones just what they match."""

from __future__ import annotations

import random
import re

import pytest

from scorers import abstention
from scorers.reading import declining, document_instructions, hedges, injection_signs, order_patterns, refusal_signs
from scorers.reading.screen import Screen, loosened, translated, without_looks
from scorers.reading.text import Blind
from scorers.report.ordinary import exchanges

#: What people and models say in ordinary exchanges of eight languages.
TEXTS = [
    text
    for one in exchanges()
    for text in (*(message.content for message in one.sample.messages), *(said.text for said in one.sample.choices))
    if text
]

PATTERNS = {
    "plain": r"\b(?:cannot|will not) (?:say|tell)\b",
    "ahead": r"\bharbour(?! (?:office|wall))\b",
    "behind": r"(?<!no )lantern\b",
    "must": r"\bquay(?=[.!])",
    "class": r"[(?!x]{2}",
    "letters": r"\b[^\W\d_]{2}\d",
    "blanks": r"tide\s\w{2,3}\Wr[^\W]",
    "end": r"mole$",
    "unlike": r"pier[^\w.]",
    "gap": r"\boffice\b[^.!?]{0,4}wall",
    "many": r"\bno (?:\w{1,7} ){1,2}the",
}
#: As they are, in automata of their own, and with gaps of any length.
BUILT = {
    "one": Screen(PATTERNS),
    "apart": Screen(PATTERNS, (("plain", "gap"), ("end",))),
    "loose": Screen(PATTERNS, (("many",),), loose=True),
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
    "é\u00e84",
    "ab\u0664",
    "tide\u2003été\u2019rú",
    "tide\x1cwe\u00b7ri",
    "mole",
    "mole\n",
    "tide\x0bwe.ri",
    "tide\x1fwe.ri",
    "pier\u2014",
    "pier\u00e9",
    "\u017fay",
    "tell \u212aay \u0130",
    "can\u2019t",
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


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"a{0,40}b{1,12} ?c{2,4}", r"a*b+ ?c{2,}"),
        (r"(?:\w{1,12} ){0,3}?x", r"(?:\w+ )*?x"),
        (r"a{0,1}b{3}c{2,}", r"a{0,1}b{3}c{2,}"),
    ],
)
def test_upper_bounds_are_left_out(pattern: str, expected: str) -> None:
    """But for what may be there once, and what is counted exactly or has none."""
    assert loosened(pattern) == expected


@pytest.mark.parametrize("built", BUILT)
def test_found_is_what_the_patterns_find(built: str) -> None:
    """On texts drawn by lot, ASCII or not, in any case: the very names; and none is screened away."""
    coin = random.Random(9)
    screen = BUILT[built]
    seen: set[str] = set()
    for _ in range(6_000):
        text = " ".join(coin.choices(WORDS, k=coin.randrange(1, 7)))
        expected = {name for name, pattern in PATTERNS.items() if Blind(pattern).search(text)}
        assert screen.found(text) == expected, text
        assert screen.maybe(text.lower()) >= expected, text
        seen |= expected
    assert seen == set(PATTERNS)


def test_a_longer_gap_is_only_a_candidate() -> None:
    """What a screen with gaps of any length takes for found is looked at once more."""
    text = "the office of the keeper, by the wall"
    assert BUILT["loose"].maybe(text) == {"gap"}
    assert not BUILT["loose"].found(text)
    assert "gap" not in BUILT["loose"].exact
    assert not BUILT["apart"].maybe(text)


def test_lines_are_screened_together_as_one_by_one() -> None:
    """Units of documents, eight at a time: each has the names that it has alone; most have none."""
    screen = document_instructions._ALONE_SCREEN
    lines = [" ".join(part.lower().split()) for text in TEXTS for part in text.split(". ")]
    seen: set[str] = set()
    for at in range(0, len(lines), 8):
        several = lines[at : at + 8]
        found = screen.each(several)
        assert found == [screen.maybe(line) for line in several]
        seen |= frozenset().union(*found)
    assert len(seen) > 10


def test_most_texts_are_screened_away() -> None:
    """A text that holds none of them has no candidate, so that no pattern runs, ASCII or not."""
    screen = Screen(PATTERNS)
    assert not screen.maybe("the tide comes in at nine and the ferry waits for it")
    # To a wider pattern each letter beyond ASCII may be a figure.
    assert screen.maybe("die fähre wartet, und der wind \u201edreht\u201c sich") == {"letters"}


def test_what_cannot_be_screened_may_be_anything() -> None:
    """Letters that match others when case does not count, and text that is no Unicode."""
    screen = Screen(PATTERNS)
    for text in ("da\u017f licht", "\u0131\u015f\u0131k", "\u0130stanbul".lower(), "a\ud800b"):
        assert screen.maybe(text) == set(PATTERNS), text


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"\bwe\b", "we"),
        (r"\w{2}", r"[\w\x{80}-\x{10ffff}]{2}"),
        (r"[\d.]", r"[\d\x{80}-\x{10ffff}.]"),
        (r"[^\s,]\W", r"[^\s\x0b\x1c-\x1f,]\W"),
        (r"[^\W\d_]", r"[^\d_]"),
        (r"[^\W]", "(?s:.)"),
        (r"[]$]x\$$", r"[]$]x\$\n?$"),
    ],
)
def test_what_is_of_ascii_is_widened(pattern: str, expected: str) -> None:
    """Classes have all that is beyond ASCII; boundaries go, and what a class would exclude too much."""
    assert translated(pattern, wider=True) == expected


ODD = "\u2019\u201c\u00e9\u00a0\u2014\u0663\u4e2d\u017f\u0130"
#: Every screen of the scorers, with its patterns as they are searched for.
SCREENS = {
    "declining": (declining._SCREEN, {"declines": declining._ENGLISH, "idioms": declining._IDIOMS_PATTERN}),
    "refusal": (refusal_signs._SCREEN, refusal_signs._PATTERNS),
    "counted": (refusal_signs._COUNTED_SCREEN, refusal_signs._COUNTED),
    "injection": (injection_signs._SCREEN, injection_signs._PATTERNS),
    "abstention": (abstention._SCREEN, {"abstains": abstention._ABSTAINS_PATTERN, **hedges.PATTERNS}),
    **{
        name: (
            screen,
            {
                key: f"^(?:{pattern})" if key in order_patterns.BEGIN else pattern
                for key, pattern in order_patterns.PATTERNS.items()
                if (key in document_instructions._ALONE) == (name == "documents")
            },
        )
        for name, screen in (
            ("documents", document_instructions._ALONE_SCREEN),
            ("documents, beside", document_instructions._BESIDE_SCREEN),
        )
    },
}


@pytest.mark.parametrize("name", SCREENS)
def test_no_screen_loses_what_a_text_in_any_language_has(name: str) -> None:
    """Questions and answers of ordinary work in eight languages, as they are, cut apart, and with odd signs put in."""
    screen, patterns = SCREENS[name]
    coin = random.Random(4)
    found = 0
    for text in TEXTS:
        signs = list(text)
        for _ in range(1 + len(text) // 80):
            signs.insert(coin.randrange(len(signs)), coin.choice(ODD))
        for one in (text, "".join(signs), *text.split(". ")):
            line = " ".join(one.split())
            has = {key for key, pattern in patterns.items() if Blind(pattern).search(line)}
            assert screen.maybe(line.lower()) >= has, line
            found += len(has)
    assert found
