"""What of an answer claims nothing: citation marks, lists of sources, headings, heads of tables."""

import time

import pytest

from scorers.reading.features.claims import claims
from scorers.reading.features.marks import unmarked

CLAIM = "The mill of Orrin has three wheels"


@pytest.mark.parametrize(
    "mark",
    [
        " [2]",
        "[2][5]",
        " [2, 5; 7-9]",
        "[^2]",
        "[^mill]",
        " [[2]](https://mills.example/orrin)",
        " ([Marl Gazette, 2031](https://mills.example/orrin))",
        " (https://mills.example/orrin)",
        " https://mills.example/orrin",
        "\u30107:2\u2020orrin.pdf\u3011",
        " \ue200cite\ue202turn0search4\ue201",
        " (p. 31)",
        " (see page 31)",
        " (Source: mill-guide.pdf)",
        " [source 4]",
        " (document 4)",
        " (Holm, 2019)",
        " (Holm & Lind, 2019, p. 31)",
        " (Holm & Lind 2019)",
        " (Holm et al. 2019)",
        " (Marl Gazette 2031, p. 4)",
        " (Marl Gazette \u00a7 3.2)",
        " [Holm 2019]",
        " [ID: 14]",
        "<sup>4</sup>",
        '<ref name="m">4</ref>',
        "\u2074",
        "\u2020",
    ],
)
def test_citation_marks_are_gone(mark: str) -> None:
    """In the middle of a sentence and at its end, with the sentence as it was."""
    for text in (f"{CLAIM}{mark}.", f"{CLAIM}{mark}, and it turns."):
        bare = " ".join(unmarked(text).split()).replace(" .", ".").replace(" ,", ",")
        assert bare == text.replace(mark, "")


@pytest.mark.parametrize(
    "text",
    [
        f'<cite index="3-1">{CLAIM}.</cite>',
        f"# The mill\n\n{CLAIM}.",
        f"**The mill**\n{CLAIM}.",
        f"{CLAIM}.[^a]\n\n[^a]: https://mills.example/orrin-2031",
        f"{CLAIM}.\n\nSources:\n1. Marl Gazette, 4 May 2031\n2. [Mills](https://mills.example)\n- guide.pdf, p. 7",
        f"{CLAIM}.\n\n**References**\n\n- guide.pdf",
        f"Source: guide.pdf, page 7\n{CLAIM}.",
        f"{CLAIM}.\n[1] Marl Gazette 2031, https://mills.example/orrin",
        f"---\n{CLAIM}.\n---",
        f"{CLAIM}. [Marl Gazette](https://mills.example/orrin)",
    ],
)
def test_what_stands_around_claims_nothing(text: str) -> None:
    """Headings, rulers, notes and lists of sources are no claims."""
    assert claims(text) == [f"{CLAIM}."]


def test_of_a_table_the_rows_claim() -> None:
    """Not its head and not its ruler."""
    table = "| mill | wheels |\n|:---|---:|\n| Orrin | 3 |\n| Marl | 5 |"
    assert claims(table) == ["| Orrin | 3 |", "| Marl | 5 |"]


@pytest.mark.parametrize(
    "text",
    [
        "The mill (Orrin) costs 5 [EUR] a day.",
        "Sources of the river lie in the north.",
        "Its page in the book is torn.",
        "Built in 1902 (Marl) and 1911.",
        "It turns again (Reopened in May 1902), says the owner of part (ID 4711).",
        "x < 3 and y > 5 for all mills",
    ],
)
def test_what_looks_like_a_mark(text: str) -> None:
    """Brackets and words of a sentence stay."""
    assert unmarked(text) == text


def test_the_words_of_a_link_stay() -> None:
    """In a sentence only the address goes."""
    assert unmarked("The [mill](https://mills.example/o) turns.") == "The mill turns."


def test_a_heading_alone_is_said() -> None:
    """Where nothing else is said."""
    assert unmarked("# Three wheels") == "# Three wheels"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("The tide turns at nine, as Page 12 says.", "The tide turns at nine, as   says."),
        ("The tide turns at nine, as the page says 12 times.", "The tide turns at nine, as the page says 12 times."),
    ],
)
def test_a_source_and_its_number_without_brackets(text: str, left: str) -> None:
    """They are a mark in either case of letters; a number elsewhere is none."""
    assert unmarked(text) == left


@pytest.mark.parametrize(
    "unit", ["[", "[1", "(", "([a](", "<cite ", "\u3010", "# ", "|-|\n", "p. 1 ", "\ue200", "http://", "(A & ", "[Ab "]
)
def test_linear_time(unit: str) -> None:
    """Half a megabyte of marks takes a moment."""
    started = time.process_time()
    unmarked(unit * (500_000 // len(unit)))
    assert time.process_time() - started < 3
