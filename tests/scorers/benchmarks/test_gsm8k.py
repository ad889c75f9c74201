"""GSM8K: its file, what is asked, and how an answer is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from scorers.benchmarks import files, gsm8k
from support import benchmarks

#: An answer, and what the strict and the flexible reading make of it.
READINGS = (
    ("3 + 4 = 7\n#### 7", "7", "7"),
    ("#### 1,234", "1,234", "1,234"),
    ("#### -5", "-5", "-5"),
    ("#### 8\nNo, wait.\n#### 9", "8", "9"),
    ("#### $12", None, "$12"),
    ("It is **$1,250**.", None, "$1,250"),
    ("It takes 40 minutes, of which 5 are a rest", None, "5"),
    ("I cannot say.", None, None),
    ("", None, None),
)


@pytest.mark.parametrize(("answer", "strict", "flexible"), READINGS)
def test_strict_reads_the_form_and_flexible_the_last_number(
    answer: str, strict: str | None, flexible: str | None
) -> None:
    """Strict takes the number behind the first ####, flexible the last number."""
    assert (gsm8k.strict(answer), gsm8k.flexible(answer)) == (strict, flexible)


@pytest.mark.parametrize(
    ("answer", "final", "flexible", "strict"),
    [
        ("#### 1,234.", "1234", True, True),
        ("That is $1234", "1,234", True, False),
        ("#### 12", "13", False, False),
        ("#### 12.0", "12", False, False),
        ("<think>12? No: 13.\n#### 13</think>It is 12.", "12", True, False),
        ("<think>#### 12", "12", False, False),
    ],
)
def test_numbers_are_compared_as_text_and_reasoning_is_no_answer(
    answer: str, final: str, flexible: bool, strict: bool
) -> None:
    """Commas, dollar signs and a last full stop do not matter; what stands in the reasoning does not count."""
    assert gsm8k.mark(answer, final) == {"flexible": flexible, "strict": strict}


def test_items_are_read_as_they_are(tmp_path: Path) -> None:
    """Each line is one item, with its final number; the assistant's turn is never begun."""
    folder = benchmarks.write(tmp_path / "data", sums=5)
    items = gsm8k.items(gsm8k.load(folder))
    assert [item.key for item in items] == [f"gsm8k/{number}" for number in range(5)]
    assert items[0].task == gsm8k.load(folder)[0].final
    (message,) = items[0].messages()
    assert message["role"] == "user"
    assert "####" in message["content"]
    assert gsm8k.load(folder)[0].question in message["content"]


def test_worked_examples_are_earlier_turns(tmp_path: Path) -> None:
    """Eight examples of our own, each of which ends in its right number; a training file goes before them."""
    folder = benchmarks.write(tmp_path / "data", sums=5)
    shots = gsm8k.shots(folder, 8)
    assert len(shots) == 8
    messages = gsm8k.items(gsm8k.load(folder), shots)[0].messages()
    assert [message["role"] for message in messages] == ["user", "assistant"] * 8 + ["user"]
    (folder / "gsm8k_train.jsonl").write_bytes((folder / "gsm8k_test.jsonl").read_bytes())
    taken = gsm8k.shots(folder, 3)
    assert taken[0][0] == gsm8k.prompt(gsm8k.load(folder)[0].question)
    assert "<<" not in taken[0][1]
    with pytest.raises(files.BadData, match="there are 5 worked examples"):
        gsm8k.shots(folder, 6)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "expected JSON lines, found none"),
        (b"{}\n", "line 1: Object missing required field `question`"),
        (b'{"question": "a", "answer": "no number"}\n', "item 1: answer: expected a number behind ####, found none"),
        (b"\x1f\x8bnothing", "gsm8k_test.jsonl: "),
    ],
)
def test_a_wrong_file_is_one_clear_error(tmp_path: Path, content: bytes, said: str) -> None:
    """A file that holds something else is named with its line; so is one that is not there."""
    with pytest.raises(files.BadData, match=r"there is no such file; .*benchmark data"):
        gsm8k.load(tmp_path)
    with pytest.raises(files.BadData, match="there is no such folder"):
        gsm8k.load(tmp_path / "none")
    (tmp_path / "gsm8k_test.jsonl").write_bytes(content)
    with pytest.raises(files.BadData) as error:
        gsm8k.load(tmp_path)
    assert said in str(error.value)
    assert "\n" not in str(error.value)
