"""What the training of ``attempted`` promises of the prompts that were written apart."""

from scorers.models.train.injection import QUARTERS, apart
from scorers.models.train.own_templates import templates
from scorers.reading.language import SUPPORTED, language_of


def test_a_manner_is_in_one_quarter():
    """So that a manner is left out as a whole; each quarter has attacks and others, of several manners."""
    turns = apart()
    quarters: dict[tuple[bool, str], set[int]] = {}
    for turn in turns:
        quarters.setdefault((turn.attacks, turn.manner), set()).add(turn.quarter)
    assert all(len(found) == 1 for found in quarters.values())
    for attacks in (True, False):
        found = [next(iter(of)) for (attack, _), of in quarters.items() if attack is attacks]
        assert all(found.count(at) >= 4 for at in range(QUARTERS))


def test_all_languages_and_both_labels_are_there():
    """Attacks and ordinary prompts in each of the eight languages."""
    assert {(turn.language, turn.attacks) for turn in apart()} == {
        (one, yes) for one in SUPPORTED for yes in (True, False)
    }


def test_templates_of_developers():
    """Whole prompts, no slot left open, none twice, in five languages; the same every time."""
    found = templates()
    assert found == templates()
    assert len(set(found)) == len(found) > 150
    assert not any("{w}" in text or "{s}" in text or "\\n" in text for text in found)
    assert {language_of(text[:1_000]).value for text in found} >= {"en", "de", "fr", "es", "pt"}
