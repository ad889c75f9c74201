"""The control: a demand that changes what a right answer is. An answer that ignores it is deaf, and not stable."""

from __future__ import annotations

from random import Random

#: Everyday nouns that answers seldom begin with.
_NOUNS = (
    *("Lantern", "Harbour", "Marble", "Orchard", "Pebble", "Saddle", "Thimble", "Walnut", "Kettle", "Meadow", "Copper"),
    *("Feather",),
)


def control(text: str, chance: Random) -> tuple[str, str]:
    """``text`` with one more demand, and the word by which an answer shows that it was heard."""
    low = text.lower()
    free = [noun for noun in _NOUNS if noun.lower() not in low]
    word = chance.choice(free or list(_NOUNS))
    return f"{text.rstrip()}\n\nBegin your answer with the word {word}.", word


def heard(answer: str, word: str) -> bool:
    """Whether an answer shows that the demand was heard."""
    return word.lower() in answer.lower()
