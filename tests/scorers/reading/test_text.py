"""What scorers.text promises."""

import re
import time

import pytest
from hypothesis import given, strategies

from scorers.reading.text import (
    Blind,
    RoughLanguage,
    answer_text,
    informative,
    names,
    numbers,
    parted,
    plain,
    rough_language,
    said_once,
    sentences,
    stem,
    unwrapped,
    words,
)

HOSTILE = [
    "." * 10**6,
    " " * 10**6,
    "A. " * 333_333,
    "1," * 500_000,
    "\ud800\x00" * 500_000,
    "。" * 10**6,
    '!"' * 500_000,
]


def test_plain_keeps_the_length():
    """Curly quotes, dashes and odd spaces become plain ones, one for one."""
    text = "“It’s” a\u00a0b–c\x00"
    assert plain(text) == '"It\'s" a b-c '
    assert len(plain(text)) == len(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One thing. Another thing!", ["One thing.", "Another thing!"]),
        ("Dr. Gray left. He was tired.", ["Dr. Gray left.", "He was tired."]),
        ("1. Boil water.\n2. Add tea.", ["1. Boil water.", "2. Add tea."]),
        ("It costs 3.50 a day. Fine.", ["It costs 3.50 a day.", "Fine."]),
        ("天气很好。我们走吧！", ["天气很好。", "我们走吧！"]),
        ("He met Dr. Voss. She (approx. 40) left.", ["He met Dr. Voss.", "She (approx. 40) left."]),
        (
            "See (e.g. Fig. B) here. J.R. Oak (St.\u2003Ives) paid.",
            ["See (e.g. Fig. B) here.", "J.R. Oak (St. Ives) paid."],
        ),
        ("It ran from coast. Next came inst. Done.", ["It ran from coast.", "Next came inst.", "Done."]),
        ("   \n\n ", []),
        ("", []),
    ],
)
def test_sentences(text, expected):
    """Sentences and list items come in order; abbreviations, decimals and list numbers end none."""
    assert sentences(text) == expected


def test_no_text_is_lost_between_sentences():
    """The words of the sentences are the words of the text."""
    text = 'He said "no." (Really?) Then: done... e.g. this\n- item one\n\tmore text'
    assert [word for piece in sentences(text) for word in words(piece)] == words(text)


def test_informative_words_are_stemmed_and_number_words_become_digits():
    """Stop words fall out; claim and evidence meet in the same stem."""
    assert informative("The gardens were painted by three artists") == ["garden", "paint", "3", "artist"]
    assert stem("walked") == stem("walks") == stem("walking")


def test_numbers_and_names():
    """Thousands separators do not matter; the first word of a sentence is no name."""
    assert numbers("1,200 boats, 3.5 tons and twelve men") == {"1200", "3.5", "12"}
    assert names("Yesterday Marta met Jonas at The Harbour") == {"marta", "jonas", "harbour"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The harbour was closed because of the storm.", RoughLanguage.ENGLISH),
        ("Ok.", RoughLanguage.ENGLISH),
        ("", RoughLanguage.ENGLISH),
        ("12345 !!!", RoughLanguage.ENGLISH),
        ("Der Hafen ist wegen des Sturms geschlossen und die Schiffe sind nicht zu sehen.", RoughLanguage.OTHER),
        ("El puerto está cerrado por la tormenta y los barcos no se ven en el mar.", RoughLanguage.OTHER),
        ("Порт закрыт из-за шторма.", RoughLanguage.OTHER),
        ("港は嵐のために閉まっています。", RoughLanguage.OTHER),
        ("港口因为风暴关闭了。", RoughLanguage.CHINESE),
    ],
)
def test_language(text, expected):
    """Script first, then function words; a short Latin text has the benefit of the doubt."""
    assert rough_language(text) is expected


def test_reasoning_left_in_the_answer_is_cut():
    """A leading think block is no answer, and one that never ends leaves none."""
    assert answer_text("<think>hm</think>Yes.") == "Yes."
    assert answer_text("<think>hm") == ""
    assert answer_text("I <think>") == "I <think>"


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:3]))
@pytest.mark.parametrize("function", [plain, sentences, informative, numbers, names, rough_language])
def test_hostile_text_takes_linear_time(function, text):
    """A megabyte of one repeated pattern is done in seconds at worst, not hours."""
    started = time.process_time()
    function(text)
    assert time.process_time() - started < 3


@given(strategies.text(alphabet="iIıİkK\u212asSſ éÉ.\nx5", max_size=40))
def test_blind_finds_what_ignorecase_finds(text: str):
    """Positions are the same, odd letters included that only one of the two ways takes for ASCII."""
    for pattern in (r"\bsix\b|k+", r"(?:^|\n)\W{0,3}is", r"[a-m]é?\s|[^a-z]{2}"):
        blind, plain_way = Blind(pattern), re.compile(pattern, re.IGNORECASE)
        assert [match.span() for match in blind.finditer(text)] == [match.span() for match in plain_way.finditer(text)]
        assert blind.count(text) == len(plain_way.findall(text))
        assert (blind.search(text) is None) == (plain_way.search(text) is None)
        assert (blind.match(text) is None) == (plain_way.match(text) is None)


@given(strategies.text(alphabet="ab9.:, \t\r\n\u2028A", max_size=40))
def test_unwrapped_is_what_its_pattern_says(text: str):
    """A line end between a word and a small letter or number is a space, with the blanks around it."""
    wrap = re.compile(r"(?<=[^\s.!?:;|])[ \t]{0,8}\r?\n[ \t]{0,8}(?=[a-z]|\d{1,9}[ ,])")
    assert unwrapped(text) == wrap.sub(" ", text)


@pytest.mark.parametrize(
    ("text", "once"),
    [
        ("ha" * 50, "ha"),
        ("One sentence of some length, and no more. " * 9, "One sentence of some length, and no more. "),
        (("One sentence of some length. " * 9)[:-7], "One sentence of some length. "),
        ("Twice is no habit, however long it may be. " * 2, "Twice is no habit, however long it may be. " * 2),
        ("Over and over and over again. " * 9 + "And then an end.", None),
        ("short", None),
        ("", None),
    ],
)
def test_what_is_said_over_and_over_is_said_once(text, once):
    """Only where the whole text is one piece at least three times, the last of them perhaps cut."""
    assert said_once(text) == (text if once is None else once)


@pytest.mark.parametrize("unit", ["a", "ab", "a" * 40 + "b", "x" * 31 + "\n"])
def test_repetition_takes_linear_time(unit):
    """Two megabytes of what begins alike everywhere."""
    text = unit * (2 * 10**6 // len(unit)) + "!"
    started = time.process_time()
    said_once(text)
    assert time.process_time() - started < 0.5


_PIECES = (
    "Mr.",
    "1.",
    "A.",
    "e.g. ",
    ".",
    "!",
    "?",
    " ",
    "\t",
    "\n",
    "\n\n",
    "\r\n",
    "x",
    ")",
    " " * 63,
    "word " * 18,
    "1\u3002",
)


@given(strategies.lists(strategies.sampled_from(_PIECES), min_size=2, max_size=14))
def test_the_lines_of_a_text_have_its_sentences(pieces):
    """A text that is parted has the sentences of its lines; where that is not sure, it stays whole."""
    text = "".join(pieces) + "\n" + "word " * 300
    assert [one for part in parted(text) for one in sentences(part)] == sentences(text)


def test_what_is_parted():
    """Long lines are, and short ones, and blanks that a mark does not take whole, are not."""
    line = "word " * 20 + "end."
    assert parted(f"{line}\n{line}") == [line, line]
    for text in ("one\ntwo", f"{line} 1.{' ' * 80}\n{line}", f"{line}\n{line} 1\u3002"):
        assert parted(text) == [text]
