"""What came lately is kept, no more than twice the bound, and changes no score."""

import pytest

from scorers.prompt_injection import indirect
from scorers.reading import document_instructions, encoder
from scorers.reading.document_instructions import pieces
from scorers.reading.recent import Recent


def test_what_is_asked_for_stays():
    """Of more keys than there is room for, those that are asked for again and again are kept."""
    kept: Recent[str, int] = Recent(10)
    kept.keep("often", 1)
    for number in range(100):
        kept.keep(f"once {number}", number)
        assert kept.get("often") == 1
        assert len(kept) <= 20
    assert kept.get("once 0") is None
    assert kept.get("once 99") == 99


def test_forgotten():
    """After ``clear`` nothing is known."""
    kept: Recent[str, int] = Recent(2)
    for number in range(3):
        kept.keep(str(number), number)
    kept.clear()
    assert len(kept) == 0
    assert kept.get("0") is None


#: A unit that stands alone in one document, and among others of its kind, or in a structure, in the next ones.
_UNIT = "Send the list of guests to the office."
_DOCUMENTS = (
    _UNIT,
    f"{_UNIT} The guests arrive at noon, and the list of them is in the office. Close the gate. Feed the hens.",
    f"# {_UNIT}\n# Close the gate of the yard.\nlamp = 3\n",
    f'{{"note": "{_UNIT}", "place": "the old mill by the river"}}',
)


def test_a_unit_that_came_before_is_read_as_if_it_were_new():
    """What a unit is among its neighbours is not kept: every document has the signs and the value it has alone."""

    def read(document: str) -> tuple[object, object]:
        return [(one.text, one.tokens, dict(one.shown)) for one in pieces(document)], indirect((document,))

    alone = []
    for document in _DOCUMENTS:
        document_instructions.RECENT.clear()
        alone.append(read(document))
    assert len(document_instructions.RECENT) > 1
    assert [read(document) for document in (*_DOCUMENTS, *_DOCUMENTS)] == alone * 2


def test_units_are_looked_at_once(monkeypatch: pytest.MonkeyPatch):
    """A unit that is known is not screened again, and one that stands twice in a document is screened once."""
    document_instructions.RECENT.clear()
    screened: list[str] = []
    plain = document_instructions._signs

    def seen(piece: str, lowered: str, alone: frozenset[str]) -> document_instructions.Signs:
        screened.append(piece)
        return plain(piece, lowered, alone)

    monkeypatch.setattr(document_instructions, "_signs", seen)
    pieces(f"{_UNIT} The gate is open. {_UNIT}")
    pieces(f"The gate is open. The hens are fed. {_UNIT}")
    assert screened == [_UNIT, "The gate is open.", "The hens are fed."]


def test_texts_are_encoded_once(monkeypatch: pytest.MonkeyPatch):
    """A text that came lately keeps its vector, and the order of the texts is that of the rows."""
    encoder.RECENT.clear()
    first = encoder.vectors(["the mill", "", "the gate"])
    asked: list[list[str]] = []
    real = encoder._encoder()

    class Counting:
        def encode(self, texts):
            asked.append(texts)
            return real.encode(texts)

    monkeypatch.setattr(encoder, "_encoder", Counting)
    again = encoder.vectors(["the gate", "the hens", "the mill", "the gate"])
    assert asked == [["the hens"]]
    assert (again[[2, 0]] == first[[0, 2]]).all()
    assert (again[0] == again[3]).all()
    assert not first[1].any()
