"""Suites as files: nothing half read, and a folder whose cases are others than its manifest says is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scorers.cases.case import LONGEST_CASE, decode
from scorers.cases.folder import CASES, MANIFEST, load, save
from scorers.cases.suite import BadSuite, Suite


def suite(*texts: str) -> Suite:
    """A suite that asks these."""
    lines = (json.dumps({"id": f"q{n}", "input": text, "expected": "yes"}) for n, text in enumerate(texts))
    return Suite(name="bakery", cases=tuple(decode(line.encode()) for line in lines), app="shop", about={"made": "x"})


def problems(path: Path) -> list[str]:
    """What is said of files that are no suite."""
    with pytest.raises(BadSuite) as raised:
        load(path)
    return raised.value.problems


def test_round_trip(tmp_path: Path) -> None:
    """A suite that was saved loads as the same one; saved again, its files are the same bytes."""
    made = suite("Rye?", "Spelt?")
    save(made, tmp_path)
    first = (tmp_path / CASES).read_bytes(), (tmp_path / MANIFEST).read_bytes()
    assert load(tmp_path) == made
    save(load(tmp_path), tmp_path)
    assert ((tmp_path / CASES).read_bytes(), (tmp_path / MANIFEST).read_bytes()) == first


def test_version_is_of_the_content() -> None:
    """The order of cases and the suite's name change no version; one more character does."""
    one, other = suite("Rye?", "Spelt?"), suite("Rye?", "Spelt!")
    turned = Suite(name="other", cases=one.cases[::-1])
    assert one.version == turned.version != other.version


def test_changed_cases_are_refused(tmp_path: Path) -> None:
    """Cases that the manifest does not know are refused, and the message says how to write it anew."""
    save(suite("Rye?"), tmp_path)
    path = tmp_path / CASES
    path.write_text(path.read_text().replace("Rye", "Oat"))
    (said,) = problems(tmp_path)
    assert "manifest.json: version: expected" in said
    assert "suite export" in said


def test_one_wrong_line_and_nothing_is_read(tmp_path: Path) -> None:
    """Every wrong line is named by its number, also ids that come twice; no suite comes of the good ones."""
    path = tmp_path / "cases.jsonl"
    path.write_text('{"id": "a", "input": "x"}\n\n{"id": "b"}\nnonsense\n{"id": "a", "input": "y"}\n')
    said = problems(path)
    assert [text.split(": ")[1] for text in said] == ["line 3", "line 4", "line 5"]
    assert "'a' again (first at" in said[2]
    assert "line 1" in said[2]


def test_at_most_twenty_problems_and_a_count(tmp_path: Path) -> None:
    """Of many wrong lines twenty are told, and how many more there are."""
    path = tmp_path / "cases.jsonl"
    path.write_text("{}\n" * 57)
    said = problems(path)
    assert len(said) == 21
    assert said[-1] == "and 37 more problems"


def test_a_case_of_ten_megabytes_is_one_error(tmp_path: Path) -> None:
    """A line beyond the bound is refused by its size, and the lines after it are still looked at."""
    path = tmp_path / "cases.jsonl"
    long = json.dumps({"id": "long", "input": "x" * 10_000_000})
    path.write_text(f"{long}\n{{}}\n")
    said = problems(path)
    assert said[0] == f"{path}: line 1: the case: expected at most {LONGEST_CASE:,} bytes, found more"
    assert said[1].startswith(f"{path}: line 2: messages")


def test_an_empty_file_is_no_suite(tmp_path: Path) -> None:
    """A file without a case is an error, never a suite that passes."""
    path = tmp_path / "cases.jsonl"
    path.write_text("\n")
    assert problems(path) == [f"{path}: expected at least one case, found none"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"format_version": 2}, "format: expected sightglass-suite 1"),
        ({"name": "../x"}, "expected a name of letters"),
        ({"more": 1}, "more"),
    ],
)
def test_a_wrong_manifest_is_named(tmp_path: Path, changed: dict[str, object], said: str) -> None:
    """A manifest of another version, with a name that is none or keys of somebody else's is refused."""
    save(suite("Rye?"), tmp_path)
    path = tmp_path / MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))
    assert said in problems(tmp_path)[0]


def test_missing_files_are_named(tmp_path: Path) -> None:
    """A folder without manifest, and a file that is not there, are one line each."""
    assert problems(tmp_path) == [f"{tmp_path / MANIFEST}: No such file or directory"]
    assert problems(tmp_path / "none.jsonl") == [f"{tmp_path / 'none.jsonl'}: No such file or directory"]
