"""What the n-gram heads and the files they are read from promise."""

import json
import math
import time

import pytest

from scorers.reading.ngrams import (
    FOLDER,
    STEP,
    Head,
    Part,
    character_grams,
    gram_sets,
    logistic,
    tokens_of,
    tokens_of_each,
    word_grams,
)
from scorers.reading.text import words

HEADS = ("refusal", "refusal_foreign", "attempted", "indirect", "disorder")


def test_word_grams():
    """Runs up to the length asked for; marks of questions count, other marks do not."""
    assert word_grams("is it on, or off?", 2) == {
        "is",
        "it",
        "on",
        "or",
        "off",
        "?",
        "is it",
        "it on",
        "on or",
        "or off",
        "off ?",
    }
    assert word_grams("a b c d", 3) >= {"a b c", "b c d"}
    assert word_grams("a b", 0) == set()


def test_character_grams():
    """Every substring of each length, none of a text that is shorter."""
    assert character_grams("abcd", (3, 4)) == {"abc", "bcd", "abcd"}
    assert character_grams("ab", (3,)) == set()
    assert character_grams("abc", ()) == set()


def test_case_and_white_space_are_folded():
    """The same text in capitals or with more space has the same n-grams."""
    assert gram_sets("Go  HOME\n now", Part(3, (4,))) == gram_sets("go home now", Part(3, (4,)))


def test_the_logit_is_what_the_docstring_says():
    """Bias, dense features, and for each set the sum of known weights over the root of their number."""
    head = Head(0.5, {"loud": 2.0}, (Part(1, (2,)),), [({"go": 256, "home": -128}, {"go": 512})])
    expected = 0.5 + 2.0 * 0.25 + (256 - 128) * STEP / math.sqrt(2) + 512 * STEP
    assert head.logit(("go home then",), {"loud": 0.25}) == pytest.approx(expected)
    assert head.logit(("",)) == 0.5
    assert head.logit(("unknown words only",)) == 0.5


def test_signs_are_added_in_the_order_of_the_head():
    """What is shown adds its weight, whichever comes first; what the head does not know adds nothing."""
    head = Head(0.1, {"a": 0.7, "b": 1e16, "c": -1e16, "d": 0.3}, (Part(1),), [({"go": 256, "on": -64}, {})])
    shown = {"d": 1.0, "x": 9.0, "c": 1.0, "b": 1.0, "a": 0.5}
    assert head.logit_of(["go", "go"], shown) == 0.1 + (((0.35 + 1e16) - 1e16) + 0.3) + 1.0
    assert head.logit_of(["go", "on", "up"], {"d": 0.5}) == 0.1 + 0.15 + 192 * STEP / math.sqrt(2)
    assert head.logit_of([], {}) == 0.1


@pytest.mark.parametrize(
    "texts",
    [
        ["go home.", "", "is it on? yes: it's!", "don't 'go' o'clock"],
        ["go home.", "the caf\u00e9's door?"],
        ["a\x1eb", "c d"],
        ["snake_case is", "it"],
        [],
    ],
)
def test_tokens_of_many_texts_are_those_of_each(texts):
    """Read together or one by one: marks, apostrophes, other scripts, and the sign that stands between texts."""
    assert tokens_of_each(texts) == [tokens_of(text) for text in texts]
    known = [words(text) if at % 2 else None for at, text in enumerate(texts)]
    assert tokens_of_each(texts, known) == [tokens_of(text) for text in texts]


def test_length_does_not_decide():
    """A text that says the same thing many times weighs as much as once."""
    head = Head(0.0, {}, (Part(1),), [({"sorry": 256}, {})])
    assert head.logit(("sorry " * 100,)) == head.logit(("sorry",)) == 1.0


@pytest.mark.parametrize("name", HEADS)
def test_the_shipped_heads(name):
    """Readable, whole weights only, n-grams in the form in which texts are cut."""
    head = Head.read(name)
    assert head.dense or name == "refusal_foreign"  # which has no signs
    for part, pair in zip(head.parts, head.weights, strict=True):
        assert all(isinstance(weight, int) and weight for grams in pair for weight in grams.values())
        assert all(len(gram) in part.characters for gram in pair[1])
        assert all(1 <= len(gram.split()) <= part.words for gram in pair[0])


def test_the_files_are_small():
    """All model files together stay below five megabytes, and hold no sentence: words in threes at most."""
    assert sum(path.stat().st_size for path in FOLDER.glob("*.json")) < 5_000_000
    table = json.loads((FOLDER / "characters.json").read_text(encoding="utf-8"))
    assert max(map(len, table)) == 4


@pytest.mark.parametrize("name", HEADS)
def test_every_head_has_its_card(name):
    """A card beside each file names data, licences, figures and what is not caught."""
    card = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    assert all(word in card for word in ("Data and licences", "Measured", "Not caught"))


def test_a_broken_file_says_so():
    """A head that is not there is an error at import, never a silent zero."""
    with pytest.raises(OSError, match=r"nowhere\.json"):
        Head.read("nowhere")


@pytest.mark.parametrize("value", [-1e9, -60, 0, 3.5, 1e9])
def test_logistic(value):
    """A probability for any log-odds, without overflow."""
    assert 0 <= logistic(value) <= 1
    assert logistic(value) == pytest.approx(1 - logistic(-value))


def test_a_head_is_fast():
    """Two thousand answers of four hundred characters take a second or two at worst."""
    head, text = Head.read("refusal"), "I am sorry, but the boat has left and no other one will come today. " * 6
    shown = dict.fromkeys(head.dense, 0.5)
    started = time.process_time()
    for _ in range(2_000):
        head.logit((text[:400], text[-300:]), shown)
    assert time.process_time() - started < 4
