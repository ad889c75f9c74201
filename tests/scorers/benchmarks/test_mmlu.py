"""MMLU: its files, the generated letter, and options in another order."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from scorers.benchmarks import files, mmlu
from support import benchmarks

LETTERS = (
    ("Two and two are four.\nAnswer: B", "B"),
    ("**Answer: C**", "C"),
    ("Answer: **D**", "D"),
    ("answer: (a)", "A"),
    ("ANSWER : $B$", "B"),
    (r"Answer: \boxed{A}", "A"),
    (r"Answer: $\boxed{\text{C}}$", "C"),
    ("Answer: A\nOn second thought:\nAnswer: D", "D"),
    ("The answer is (B).", "B"),
    ("The correct answer is option C, because of the tide.", "C"),
    ("B", "B"),
    ("(c)", "C"),
    ("D.", "D"),
    ("B) the second one", "B"),
    ("<think>Answer: A</think>Answer: B", "B"),
    ("<think>Answer: A", None),
    ("Answer: Brazil", None),
    ("A tide is due at noon.", None),
    ("The answer is A's friend", None),
    ("I do not know.", None),
    ("", None),
)


@pytest.mark.parametrize(("answer", "letter"), LETTERS)
def test_the_letter_that_an_answer_gives(answer: str, letter: str | None) -> None:
    """The last line of the form that was asked for; else a letter that stands alone; never one out of the reasoning."""
    assert mmlu.letter(answer) == letter


def test_rows_that_are_there_twice_are_asked_once(tmp_path: Path) -> None:
    """Of 32 rows two are others again; the numbers are those of the file."""
    rows = mmlu.load(benchmarks.write(tmp_path / "data", questions=30))
    assert len(rows) == 32
    elsewhere = msgspec.structs.replace(rows[3], subject="tides")
    found = mmlu.distinct([*rows, elsewhere])
    assert [number for number, _ in found] == list(range(30))


def test_worked_examples_are_of_the_same_subject(tmp_path: Path) -> None:
    """``--shots`` takes the first rows of the development file in the item's subject."""
    folder = benchmarks.write(tmp_path / "data")
    items = mmlu.items(mmlu.distinct(mmlu.load(folder)), mmlu.shots(folder, 5))
    assert all(len(item.shots) == 5 for item in items)
    dev = mmlu.load(folder, "mmlu_dev.jsonl.gz")
    own = [mmlu.prompt(row) for row in dev if row.subject == items[1].group]
    assert [question for question, _ in items[1].shots] == own[:5]
    with pytest.raises(files.BadData, match="there are 5 worked examples of mmlu in"):
        mmlu.shots(folder, 6)


def _row(*choices: str, answer: int = 0) -> mmlu.Row:
    first, second, third, fourth = choices
    return mmlu.Row("tides", "When?", (first, second, third, fourth), answer)


def test_shuffled_options_move_the_right_one() -> None:
    """The same options in another order, deterministic by seed; the right one never keeps its letter."""
    row = _row("at noon", "at one", "at two", "at three", answer=2)
    found = [mmlu.shuffled(7, row, seed) for seed in range(40)]
    places = set()
    for other in found:
        assert other is not None
        assert sorted(other.choices) == sorted(row.choices)
        assert other.choices[other.answer] == "at two"
        places.add(other.answer)
    assert places == {0, 1, 3}
    assert found == [mmlu.shuffled(7, row, seed) for seed in range(40)]


@pytest.mark.parametrize(
    "option",
    [
        "All of the above",
        "None of these",
        "Both A and B",
        "A and C only",
        "(A) and (B)",
        "neither of the above",
        "Option B",
        "Both.",
        "Neither",
    ],
)
def test_options_that_speak_of_others_are_not_shuffled(option: str) -> None:
    """An option that names others, or their place, means something else in another order."""
    assert mmlu.shuffled(7, _row("at noon", "at one", "at two", option), 1) is None
    assert mmlu.shuffled(7, _row("A tide", "Vitamin A", "at two", "at three"), 1) is not None


def test_a_wrong_row_is_one_clear_error(tmp_path: Path) -> None:
    """A row with another number of options, or a right one that is not there, is named."""
    good = '{"subject": "s", "question": "q", "choices": ["a", "b", "c", "d"], "answer": %d}\n'
    (tmp_path / "mmlu_test.jsonl").write_text(good % 3 + good % 4)
    with pytest.raises(files.BadData, match="item 2: answer: expected 0 to 3, found 4"):
        mmlu.load(tmp_path)
    (tmp_path / "mmlu_test.jsonl").write_text('{"subject": "s", "question": "q", "choices": ["a"], "answer": 0}\n')
    with pytest.raises(files.BadData, match="line 1: "):
        mmlu.load(tmp_path)
