"""What the readers of labelled sets promise, on rows of our own."""

import json
from pathlib import Path

import pytest

from scorers.datasets.sets import GROUNDEDNESS, SETS, DataSet, label_is, of


@pytest.fixture
def begin() -> DataSet:
    return next(found for found in GROUNDEDNESS if found.name == "begin")


def write(folder: Path, *rows: object) -> None:
    text = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
    (folder / "begin.jsonl").write_text(text + "\n", encoding="utf-8")


def row(identity: str, label: str, **fields: object) -> dict[str, object]:
    return {
        "id": identity,
        "prompt": "How tall?",
        "context": "It is tall.",
        "response": "Tall.",
        "label": label,
    } | fields


def test_rows_become_samples(tmp_path: Path, begin: DataSet) -> None:
    """Context, question and answer are where a scorer looks for them; other labels are left out."""
    write(
        tmp_path,
        row("a", "supported"),
        row("b", "unsupported"),
        row("c", "generic"),
        row("d", "supported", response=None),
    )
    found = begin.load(tmp_path)
    assert [(one.sample.id, one.label) for one in found] == [("a", False), ("b", True), ("d", False)]
    assert found[0].sample.contexts == ("It is tall.",)
    assert found[0].sample.choices[0].text == "Tall."
    assert found[0].sample.messages[0].content == "How tall?"
    assert found[0].group == found[1].group == "It is tall."


def test_a_row_without_context_has_none(tmp_path: Path, begin: DataSet) -> None:
    """Null is no document."""
    write(tmp_path, row("a", "supported", context=None))
    assert begin.load(tmp_path)[0].sample.contexts == ()


def test_a_broken_line_is_named(tmp_path: Path, begin: DataSet) -> None:
    """The file and the line are in the error; a file that is not there is an OSError."""
    write(tmp_path, row("a", "supported"), "{")
    with pytest.raises(ValueError, match=r"begin\.jsonl:2"):
        begin.load(tmp_path)
    with pytest.raises(OSError, match=r"begin\.jsonl"):
        begin.load(tmp_path / "none")


def test_sets_are_named_once() -> None:
    """No output has two sets of one name, and every output is ``scorer.output``."""
    keys = [(one.output, one.name) for one in SETS]
    assert len(set(keys)) == len(keys)
    assert all(one.output.count(".") == 1 for one in SETS)


def test_helpers() -> None:
    """A label is yes, no or left out; a missing group is a group."""
    truth = label_is("bad", "good")
    assert [truth({"label": label}) for label in ("bad", "good", "else")] == [True, False, None]
    assert of("domain")({}) == "None"


@pytest.mark.parametrize(
    ("output", "name", "given", "expected"),
    [
        ("refusal.refused", "gptfuzz_responses", {"label": "refusal", "split": "dev-eval"}, [True]),
        ("refusal.refused", "gptfuzz_responses", {"label": "compliance", "split": "dev-eval"}, [False]),
        ("refusal.refused", "gptfuzz_responses", {"label": "refusal", "split": "dev-train"}, []),
        ("refusal.refused", "coconot_pref", {"label": "compliance"}, [False]),
        ("refusal.refused", "coconot_pref", {"label": "refusal"}, []),
        ("refusal.refused", "halueval_general", {"label": "hallucinated"}, [False]),
        ("clarification.asked", "in3_turns", {"label": "asks"}, [True]),
        ("clarification.asked", "in3_turns", {"label": None}, []),
        ("prompt_injection.attempted", "tensortrust", {"label": "injection", "response": None}, [True]),
        ("prompt_injection.attempted", "inthewild_jailbreaks", {"label": "jailbreak", "response": None}, [True]),
        ("prompt_injection.indirect", "bipia_indirect", {"label": "benign", "response": None}, [False]),
    ],
)
def test_labels_of_answers_and_attacks(
    tmp_path: Path, output: str, name: str, given: dict[str, object], expected: list
) -> None:
    """What each label means for its output, and which rows are left out."""
    (data,) = [one for one in SETS if (one.output, one.name) == (output, name)]
    (tmp_path / f"{name}.jsonl").write_text(json.dumps(row("a", "") | given) + "\n", encoding="utf-8")
    assert [one.label for one in data.load(tmp_path)] == expected
