"""What the training of ``attempted`` promises of the prompts that were written apart."""

from scorers.models.train.injection import QUARTERS, apart
from scorers.reading.language import SUPPORTED


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
