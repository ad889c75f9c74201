"""What is protected: everything that carries the meaning is in the multiset, and a change of it is seen."""

from __future__ import annotations

import pytest

from scorers.rewrites.guard import frozen, preserved, protected

CHANGED = [
    ("Name 3 rivers.", "Name 4 rivers."),
    ("Pay $1,200 by May.", "Pay $1,300 by May."),
    ("Give two reasons.", "Give three reasons."),
    ("List rivers in Peru.", "List rivers in Chile."),
    ("Who was Ada Lovelace?", "Who was Ada Lovelance?"),
    ("Do not use tables.", "Do use tables."),
    ("It doesn't start.", "It does start."),
    ("List all ports.", "List some ports."),
    ("List every port.", "List ports."),
    ("You must sign it.", "You may sign it."),
    ("You should sign it.", "You sign it."),
    ('Reply with "red stone".', 'Reply with "blue stone".'),
    ("Call `make_tea` now.", "Call `make_coffee` now."),
    ("Open https://a.example/x now.", "Open https://a.example/y now."),
    ("Write to kim@post.example today.", "Write to tim@post.example today."),
    ("Run main.py again.", "Run test.py again."),
    ("Set user_name here.", "Set host_name here."),
    ("Use getUser here.", "Use getHost here."),
    ("Explain it without sums.", "Explain it with sums."),
    ("Take the first door.", "Take the last door."),
]


@pytest.mark.parametrize(("before", "after"), CHANGED, ids=[before for before, _ in CHANGED])
def test_a_change_of_meaning_is_seen(before: str, after: str) -> None:
    """A number, name, quotation, code, negation, quantifier or modal verb that changes is no longer preserved."""
    assert not preserved(before, after)
    assert not preserved(after, before)


KEPT = [
    ("Explain how a pump works.", "Please explain how a pump works."),
    ("What is the tallest tower?", "What's the tallest tower?"),
    ("Write a short poem. Keep it light.", "Write a short poem.\nKeep it light."),
    ("Which bridge is longer?", "Question:\nWhich bridge is longer?"),
    ("I'm looking for a garage.", "I am looking for a garage."),
]


@pytest.mark.parametrize(("before", "after"), KEPT, ids=[before for before, _ in KEPT])
def test_other_words_for_the_same_are_preserved(before: str, after: str) -> None:
    """A first word that loses its capital letter is no name; "please" and a label are nothing protected."""
    assert preserved(before, after)


def test_what_is_frozen_is_told_by_its_place() -> None:
    """A place inside code or a quotation is frozen, one beside it is not."""
    text = 'Change "old name" in `file`.'
    spans = frozen(text)
    assert spans.holds(text.index("old"), text.index("old") + 3)
    assert spans.holds(text.index("file"), text.index("file") + 4)
    assert not spans.holds(0, 6)
    assert not spans.holds(len(text) - 1, len(text))


def test_counts_matter() -> None:
    """The same number twice is not the same number once."""
    assert protected("7 or 7")["number:7"] == 2
    assert not preserved("7 or 7", "7 or x")
