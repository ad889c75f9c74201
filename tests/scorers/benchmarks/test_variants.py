"""Variants: GSM8K with other numbers, names and units; HumanEval with other names and words."""

from __future__ import annotations

import ast
import re
from fractions import Fraction
from pathlib import Path

import pytest

from scorers.benchmarks import gsm8k, gsm8k_marks, gsm8k_names, gsm8k_numbers, humaneval, humaneval_variants
from scorers.benchmarks.gsm8k import Row
from support import benchmarks, theatre

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "benchmarks"
LOAVES = Row(
    "A mill fills 48 sacks on Monday and sells 16 of them. Each other sack earns $9. How many dollars is that?",
    "It keeps 48-16=<<48-16=32>>32 sacks.\nThey earn 32*9=$<<32*9=288>>288.\n#### 288",
)


def _row(question: str, *marks: str, final: str) -> Row:
    steps = "\n".join(f"A step: <<{mark}>>." for mark in marks)
    return Row(question, f"{steps}\n#### {final}")


#: Items that cannot be read in just one way, and why.
UNREADABLE = {
    "an operand that is nowhere": _row("He has 48 eggs. How many dozens?", "48/12=4", final="4"),
    "a number that stands twice": _row("He has 48 eggs, she has 48, and 9 break. How many?", "48-9=39", final="39"),
    "a number and a result alike": _row("Take 30 of 50, and 20 more. How many?", "50-30=20", "20+20=40", final="40"),
    "twice, which is also a 2": _row("Ann has 2 cats and twice as many dogs. How many dogs?", "2*2=4", final="4"),
    "a week's days": _row("She reads 7 pages daily, for a week. How many?", "7*7=49", final="49"),
    "half": _row("2 friends share half of 40 nuts. How many each?", "40/2=20", "20/2=10", final="10"),
    "the last mark is not the answer": _row("He has 48 eggs and loses 9. How many?", "48-9=39", final="38"),
    "a wrong sum": _row("He has 48 eggs and loses 9. How many?", "48-9=38", final="38"),
    "no marks": Row("He has 48 eggs and loses 9. How many?", "So 39.\n#### 39"),
    "not a sum": _row("He has 48 eggs and loses 9. How many?", "48-x=39", final="39"),
    "a large number in words": _row("Of sixty, 48 are old and 9 are new. How many?", "48+9=57", final="57"),
    "an unused small number": _row("4 of 48 eggs were brown; 9 broke. How many?", "48-9=39", final="39"),
    "a number that is left over": _row("From 121 he takes 48, then 9. How many?", "48-9=39", final="39"),
    "a small number in two steps": _row(
        "Parents and a child: tickets at $48, 2 drinks at $9. How much?", "48*2=96", "2*9=18", "96+18=114", final="114"
    ),
    "a fraction": _row("He has 48 eggs, 1/9 break; 9 are brown. How many?", "48-9=39", final="39"),
    "a result that is told": _row("He has 48 eggs, loses 9 and so has 39. How many?", "48-9=39", final="39"),
    "a step that leads nowhere": _row("A 48, a 17 and a 95. How many?", "48+17=65", "95-48=47", final="47"),
}


@pytest.mark.parametrize("row", UNREADABLE.values(), ids=UNREADABLE)
def test_items_with_several_readings_are_left_out(row: Row) -> None:
    """Where an operand could be meant by something else, or the steps do not lead to the answer, nothing is changed."""
    assert gsm8k_marks.read(row) is None


def test_marks_say_where_each_operand_comes_from() -> None:
    """Numbers of the question, as digits or words, and results of earlier steps; the item comes out as it was."""
    sums = gsm8k_marks.read(LOAVES)
    assert sums is not None
    assert [number.text for number in sums.numbers] == ["48", "16", "9"]
    assert [step.parts for step in sums.steps] == [(("q", 0), "-", ("q", 1)), (("s", 0), "*", ("q", 2))]
    assert gsm8k_marks.written(sums, [number.value for number in sums.numbers]) == LOAVES.question
    words = gsm8k_marks.read(_row("Six hens lay eight eggs each. How many?", "6*8=48", final="48"))
    assert words is not None
    assert gsm8k_marks.written(words, [Fraction(4), Fraction(9)]) == "Four hens lay nine eggs each. How many?"


@pytest.mark.parametrize(
    ("expression", "value"),
    [("2+3*4", 14), ("(2+3)*4", 20), ("20/4/5", 1), ("7-10", -3), (".5*8", 4), ("1,200/3", 400), ("-3+5", 2)],
)
def test_sums_are_computed_exactly(expression: str, value: int) -> None:
    """Products before sums, from the left, brackets, decimals, commas."""
    numbers: list[Fraction] = []
    parts: list[gsm8k_marks.Part] = []
    for token in gsm8k_marks._tokens(expression) or []:
        if isinstance(token, Fraction):
            numbers.append(token)
        parts.append(token if isinstance(token, str) else ("q", len(numbers) - 1))
    assert gsm8k_marks.evaluate(parts, numbers, []) == value


@pytest.mark.parametrize("expression", ["2+", "(2+3", "2 3", "4/0", "*2"])
def test_what_is_no_sum_has_no_value(expression: str) -> None:
    """An unclosed bracket, a missing number or a division by zero."""
    numbers = [token for token in gsm8k_marks._tokens(expression) or [] if isinstance(token, Fraction)]
    places = iter(range(len(numbers)))
    parts: list[gsm8k_marks.Part] = [
        token if isinstance(token, str) else ("q", next(places)) for token in gsm8k_marks._tokens(expression) or []
    ]
    assert gsm8k_marks.evaluate(parts, numbers, []) is None


def test_other_numbers_are_alike_and_the_answer_follows(tmp_path: Path) -> None:
    """Of our own items: the new answer is what an independent solver finds; digits, order and sign stay."""
    rows = gsm8k.load(benchmarks.write(tmp_path / "data", sums=60))
    found = 0
    for number, row in enumerate(rows):
        sums = gsm8k_marks.read(row)
        changed = gsm8k_numbers.changed(sums, f"own/{number}") if sums else None
        if changed is None:
            continue
        found += 1
        question, answer = changed
        assert answer != row.final
        assert theatre.worked_out(gsm8k.prompt(question)).endswith(f"#### {answer}")
        before, after = (re.findall(r"\d+", text) for text in (row.question, question))
        assert [len(text) for text in before] == [len(text) for text in after]
        assert sorted(range(3), key=lambda n: int(before[n])) == sorted(range(3), key=lambda n: int(after[n]))
        assert len(answer) == len(row.final.replace(",", ""))
        assert re.sub(r"\d+", "", question) == re.sub(r"\d+", "", row.question)
        assert gsm8k_numbers.changed(sums, f"own/{number}") == changed
    assert found > 50


def test_caps_articles_and_zeros_are_kept() -> None:
    """No eighth day in a week; ``an 8`` stays one that is said with a vowel; round numbers stay round."""
    row = _row(
        "A guide leads an 8-hour tour 5 days a week for 40 people. How many hours of people?",
        *("8*5=40", "40*40=1600"),
        final="1600",
    )
    assert gsm8k_marks.read(row) is None  # 40 is a result and a number
    row = _row("An 80-page book has 30 lines on a page. How many lines?", "80*30=2400", final="2400")
    sums = gsm8k_marks.read(row)
    assert sums is not None
    seen = {gsm8k_numbers.changed(sums, f"{n}") for n in range(20)} - {None}
    assert seen
    for changed in seen:
        assert changed is not None
        assert re.match(r"An 8\d-page|An 80-page", changed[0])
        assert re.search(r" [2-9]0 lines", changed[0])
    days = _row("He trains 4 days a week, 35 minutes each. How many minutes?", "4*35=140", final="140")
    loose = gsm8k_marks.numbers_of(days.question)
    assert (loose[0].cap, loose[1].cap) == (7, None)


def test_names_and_units_by_table() -> None:
    """A name becomes another of the same gender, everywhere; a unit only where nothing is converted."""
    question = "Janet drives 40 miles and Tom's car 30 miles. Janet pays $12. How many miles do both drive?"
    changed = gsm8k_names.changed(question, "1")
    assert changed is not None
    assert "Janet" not in changed
    assert "Tom" not in changed
    name = changed.split()[0]
    assert name in gsm8k_names._OTHER_WOMEN
    assert changed.count(name) == 2
    assert changed.count("kilometers") == 3
    assert "€12" in changed
    assert re.findall(r"\d+", changed) == re.findall(r"\d+", question)
    assert gsm8k_names.changed(question, "1") == changed
    for kept in ("A road of 3 miles has 5280 feet in each.", "It costs 2 quarters and $3.", "Nothing is here."):
        assert gsm8k_names.changed(kept, "1") is None


def test_functions_are_renamed_everywhere(tmp_path: Path) -> None:
    """Prompt, docstring, examples, solution and tests have the new names; the solution still passes its tests."""
    for row in humaneval.load(benchmarks.write(tmp_path / "data")):
        found = humaneval_variants.renamed(row, "1")
        assert found is not None
        changed = found.row
        assert (found.was, changed.entry_point == row.entry_point) == (row.entry_point, False)
        assert not re.search(rf"\b{row.entry_point}\b", changed.prompt + changed.canonical_solution)
        space: dict[str, object] = {}
        exec(changed.prompt + changed.canonical_solution + changed.test, space)
        exec(f"check({changed.entry_point})", space)
        assert f"def {changed.entry_point}" in changed.prompt


def test_attributes_and_strings_keep_their_names() -> None:
    """A method, a keyword and a string that are called like an argument are none."""
    row = humaneval.Row(
        task_id="HumanEval/9",
        prompt='def count_parts(text: str, count: int) -> int:\n    """ Count the text count times.\n    """\n',
        entry_point="count_parts",
        canonical_solution="    return text.count('count') * count\n",
        test="def check(candidate):\n    assert candidate('count', 2) == 2\n",
    )
    found = humaneval_variants.renamed(row, "1")
    assert found is not None
    space: dict[str, object] = {}
    exec(found.row.prompt + found.row.canonical_solution + found.row.test + f"\ncheck({found.row.entry_point})", space)
    assert ".count('count')" in found.row.canonical_solution


def test_docstrings_are_reworded_and_examples_kept(tmp_path: Path) -> None:
    """Prose changes; signature, examples, solution and tests do not."""
    changed = 0
    for row in humaneval.load(benchmarks.write(tmp_path / "data")):
        found = humaneval_variants.reworded(row, "1")
        if found is None:
            continue
        changed += 1
        assert found.row.prompt != row.prompt
        assert (found.row.test, found.row.canonical_solution) == (row.test, row.canonical_solution)
        for text in (row.prompt, found.row.prompt):
            tree = ast.parse(text + "    pass\n")
            assert isinstance(tree.body[-1], ast.FunctionDef)
        examples = [line for line in row.prompt.splitlines() if ">>>" in line]
        assert [line for line in found.row.prompt.splitlines() if ">>>" in line] == examples
    assert changed >= 6


@pytest.mark.shared_data
@pytest.mark.skipif(not DATA.is_dir(), reason="the benchmarks are not beside the checkout")
def test_how_many_published_items_can_be_varied() -> None:
    """Of 1,319 problems 142 with other numbers, most with other names or units; of 164 functions all and 150."""
    rows = gsm8k.load(DATA)
    read = [(number, row, sums) for number, row in enumerate(rows) if (sums := gsm8k_marks.read(row)) is not None]
    changed = [found for number, _, sums in read if (found := gsm8k_numbers.changed(sums, f"gsm8k/{number}/0/1"))]
    assert len(read) == 155
    assert len(changed) == 142
    assert sum(gsm8k_names.changed(row.question, "1") is not None for row in rows) > 850
    tasks = humaneval.load(DATA)
    assert sum(humaneval_variants.renamed(row, "1") is not None for row in tasks) == 164
    assert sum(humaneval_variants.reworded(row, "1") is not None for row in tasks) > 140
