"""What prepared documents know."""

import random

import pytest

from scorers.reading.features.documents import Evidence
from scorers.reading.features.index import chunks, hashed, readable
from scorers.reading.features.windows import heaviest, most_of
from scorers.reading.text import content, informative, words
from scorers.reading.values.values import values_of

TEXTS = ("The Brenn lighthouse was built in 1871. It is white.", "Tickets are sold at the harbour office.")


@pytest.fixture
def evidence() -> Evidence:
    return Evidence(TEXTS, "We are 17 people from Oslo.")


@pytest.mark.parametrize("text", ["Seven tall towers were painted.", "A 1 b 22 the", "", "\x00 ü ß Ω"])
def test_content_is_what_informative_gives(text):
    """The faster form over words agrees with the shared one over text."""
    assert content(words(text)) == informative(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fish &amp; chips", "fish & chips"),
        ("light\u00adhouse", "lighthouse"),
        ('{"openOnSundays": true}', '{"open On Sundays": true}'),
        ("The iPhone rang", "The iPhone rang"),
    ],
)
def test_readable(text, expected):
    """Character references are read, soft hyphens go, keys of JSON fall into words; prose stays."""
    assert readable(text) == expected


def test_chunks_are_sentences_and_long_lines_are_cut():
    """No chunk has more than sixty words."""
    assert chunks("One two. Three four.") == ["One two.", "Three four."]
    assert [len(chunk.split()) for chunk in chunks("word " * 100)] == [40, 40, 20]
    assert [len(chunk.split()) for chunk in chunks("word " * 60)] == [60]


def test_best_window(evidence):
    """The best two neighbours, the best one, and nothing."""
    weights = evidence.weigh({"brenn", "whit"})
    assert evidence.best_window(weights) == (1.0, 0)
    share, position = evidence.best_window(evidence.weigh({"ticket"}), 1)
    assert (share, position) == (1.0, 2)
    assert evidence.best_window(evidence.weigh({"penguin"})) == (0.0, 0)
    assert evidence.best_window({}) == (0.0, 0)


def test_a_stem_in_too_many_chunks_is_everywhere():
    """A word of thousands of chunks costs nothing and counts as held."""
    common = Evidence(("\n".join(f"bell number {i}" for i in range(1200)),), "")
    assert common.best_window({"bell": 1.0}) == (1.0, 0)


def test_holds_other_endings(evidence):
    """A longer word is known by its first five letters, a name by four, a short one only as it is."""
    assert evidence.holds("lighthouskeeper")
    assert not evidence.holds("lig")
    assert evidence.begins("bren")
    assert not evidence.begins("bre")


def test_copied(evidence):
    """Trigrams that the documents have; too few words have none."""
    assert evidence.copied(hashed(words("lighthouse was built in 1999"))) == pytest.approx(2 / 3)
    assert evidence.copied(hashed(["one"])) is None


def test_the_question_lends_numbers_and_names(evidence):
    """What people said is known as a number or a word, but no window has it."""
    assert all(map(evidence.holds_value, values_of("17 in 1871")))
    assert not any(map(evidence.holds_value, values_of("18 in 1872")))
    assert evidence.says("oslo")
    assert evidence.best_window(evidence.weigh({"oslo"}))[0] == 0.0


def test_dates_in_figures_have_their_month():
    """2018-12-20 is a day of December."""
    assert Evidence(("Published 2018-12-20.",), "").holds("december")
    assert not Evidence(("Published 2018-13-20.",), "").holds("december")


def test_hours_after_noon_are_known_by_both_clocks():
    """16:00 is four o'clock, and 8:00 is no other hour."""
    hours = Evidence(("Open 8:00-16:00 on Mondays.",), "")
    assert hours.holds("4")
    assert hours.holds_value(values_of("at 4 pm")[0])
    assert not hours.holds_value(values_of("at 8 pm")[0])


def test_empty_documents_hold_nothing():
    """Blank texts are no error."""
    empty = Evidence(("", " "), "")
    assert empty.chunks == []
    assert empty.known(empty.weigh({"tower"})) == 0.0
    assert empty.copied(hashed(words("a b c d"))) == 0.0


@pytest.mark.parametrize("share", [(0.03, 0.2), (0.5, 0.9)], ids=["few", "many"])
def test_the_heaviest_place_is_that_of_the_plain_sum(share):
    """By adding up or by parting: the sum, to the last bit, and the first place that trying every place gives."""
    coin = random.Random(4)
    for _ in range(1_000):
        size = coin.randrange(1, 50)
        found = []
        for _ in range(coin.randrange(1, 12)):
            places = [at for at in range(size) if coin.random() < coin.choice(share)]
            if places:
                found.append((coin.choice((1.0, 2.5, 0.25 + coin.random())), places))
        sums = [sum_of(found, at) for at in range(size)]
        if found:
            masks = [(weight, sum(1 << at for at in places)) for weight, places in found]
            assert most_of(found, size) == heaviest(masks) == (max(sums), sums.index(max(sums)))


def sum_of(found, at):
    """The weights at one place, added in order."""
    total = 0.0
    for weight, places in found:
        if at in places:
            total += weight
    return total


def test_where_a_trigram_is():
    """Its places in order, of many only the first; of a strange one none."""
    evidence = Evidence(("The old lamp burns. The old lamp is lit. " + "A new boat came. " * 40,), "")
    lamp, boat, strange = hashed(words("the old lamp a new boat the new lamp"))[::3]
    assert evidence.places_of([strange, boat, lamp, lamp]) == {boat: [9], lamp: [0, 4]}
    assert evidence.places_of([strange]) == {}
    many = Evidence(("it is so " * 40 + ".",), "")
    grams = hashed(words("it is so"))
    assert many.places_of(grams) == {grams[0]: list(range(0, 96, 3))}


def test_a_window_that_was_looked_for_is_looked_for_once():
    """The same weights have the same window; other weights, or one chunk in the place of two, have their own."""
    text = "The lamp burns at the pier. A raft leaves. The lamp of the raft is lit. The pier is shut."
    evidence, plain = Evidence((text,), ""), lambda: Evidence((text,), "")
    for _ in range(2):
        for weights in ({"lamp": 1.0, "raft": 2.0}, {"raft": 2.0, "lamp": 1.0}, {"lamp": 2.0, "raft": 1.0, "x": 4.0}):
            for size in (2, 1):
                assert evidence.best_window(weights, size) == plain().best_window(weights, size)
    assert evidence.best_window({"pier": 1.0, "raft": 1.0}) == (1.0, 0)
    assert evidence.best_window({"pier": 1.0, "raft": 1.0}, 1) == (0.5, 0)
