"""Sentences that scores name, found in texts: exact, by blanks, never overlapping, never lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scorers.console.highlights import Quote, claim_of, nearest, pieces, quotes
from scorers.score import Score, Verdict


def _score(output: str, value: float, explanation: str, scorer: str = "groundedness") -> Score:
    verdict = Verdict.YES if value >= 0.5 else Verdict.NO
    return Score(
        sample_id="s", scorer=scorer, output=output, version="1", value=value, verdict=verdict, explanation=explanation
    )


@given(st.text(alphabet="ab \n<", max_size=40), st.lists(st.text(alphabet="ab <", min_size=1, max_size=6), max_size=4))
def test_pieces_are_the_text(text: str, wanted: list[str]) -> None:
    """Whatever is marked, the pieces together are the text."""
    found = pieces(text, [Quote(quote, "q", False) for quote in wanted if quote.strip()])
    assert "".join(piece.text for piece in found) == text


def test_a_quotation_is_found_over_line_breaks() -> None:
    """Blanks and line breaks count as equal; a quotation that is not there marks nothing."""
    found = pieces("One two\n  three four. Five.", [Quote("two three four.", "q", True)])
    assert [(piece.text, piece.mark) for piece in found] == [
        ("One ", ""),
        ("two\n  three four.", "q"),
        (" Five.", ""),
    ]
    assert [piece.mark for piece in pieces("One two.", [Quote("three", "q", True)])] == [""]


def test_what_was_flagged_goes_first() -> None:
    """Of two that overlap the flagged one is marked."""
    found = pieces("alpha beta gamma", [Quote("alpha beta", "weak", False), Quote("beta gamma", "strong", True)])
    assert [(piece.text, piece.strong) for piece in found] == [("alpha ", False), ("beta gamma", True)]


def test_one_sentence_has_all_its_names() -> None:
    """Two outputs that flag one sentence are both named; a milder view of it is not."""
    sentence = "The lamp was made in 1871."
    both = quotes([_score("ungrounded", 0.9, sentence), _score("contradicted", 0.8, sentence)])
    assert [(quote.mark, quote.strong) for quote in both] == [("ungrounded, contradicted", True)]
    mild = quotes([_score("ungrounded", 0.1, sentence), _score("contradicted", 0.8, sentence)])
    assert [(quote.mark, quote.strong) for quote in mild] == [("contradicted", True)]
    assert quotes([_score("refused", 0.9, "sorry", "refusal")]) == []


def test_the_claim_is_the_flagged_sentence() -> None:
    """Of the two outputs of groundedness the flagged one names the claim."""
    claim = claim_of([_score("contradicted", 0.1, "A mild sentence."), _score("ungrounded", 0.9, "A wild sentence.")])
    assert claim is not None and claim.text == "A wild sentence."
    assert claim_of([_score("refused", 0.9, "I am sorry.", "refusal")]) is None


def test_the_nearest_sentence_of_the_evidence() -> None:
    """The sentence that shares most words, and none when nothing is shared."""
    evidence = ["Rain fell. The lamp stands on the table.", "Nobody came."]
    found = nearest("The lamp fell off the table.", evidence)
    assert found is not None and found.text == "The lamp stands on the table."
    assert nearest("Quarterly revenue doubled.", evidence) is None
    assert nearest("", evidence) is None


def test_a_quotation_is_found_around_citation_marks() -> None:
    """A quoted sentence leaves out the marks that stand in the answer."""
    text = "The mill of Orrin [2] has three wheels ([Gazette](https://mills.example/o)). It turns."
    named = Quote("The mill of Orrin has three wheels .", "ungrounded", True)
    marked = [piece.text for piece in pieces(text, [named]) if piece.strong]
    assert marked == ["The mill of Orrin [2] has three wheels ([Gazette](https://mills.example/o))."]
