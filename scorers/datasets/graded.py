"""Answers of our own, graded by how sure they sound: sure (0), with mild reserve (1), with strong reserve (2).

By construction: plain statements in frames of words. The frames are in four sources. Words of the first three are among
the rules of ``hedged``; the last one was written after them, and no rule was made after a look at it. They are no
substitute for what people hear in an answer: no set with labels by people was available.
"""

from __future__ import annotations

from typing import NamedTuple

_STATEMENTS = (
    "the ferry leaves Marl at seven",
    "zinc protects the roof against rust",
    "the museum holds forty maps of the coast",
    "the new pump uses half the power of the old one",
    "the river froze in the winter of 1893",
    "goats eat the bark of young trees",
    "the parser reads the file in one pass",
    "the village of Tosk has two bakeries",
    "the pension is paid on the last day of the month",
    "copper conducts heat better than steel",
    "the choir sang in Lisbon two years ago",
    "the index is rebuilt every night",
    "the second jetty belongs to the town",
    "bees find their way home by the sun",
    "the treaty ended the dispute over the valley",
    "a cold engine needs more fuel",
)
#: Source -> grade -> frames; ``{c}`` is the statement, ``{C}`` the same with a capital.
FRAMES: dict[str, tuple[tuple[str, ...], ...]] = {
    "plain": (
        ("{C}.", "{C}. That is certain.", "Without any doubt, {c}.", "Clearly, {c}."),
        ("Usually, {c}.", "{C}, in most cases.", "According to the guide, {c}.", "It is often said that {c}."),
        ("I think {c}, but I am not sure.", "Perhaps {c}; it is hard to say.", "It seems that {c}. I could be wrong."),
    ),
    "desk": (
        ("There is no question that {c}.", "{C}; this has been checked.", "We have confirmed that {c}."),
        ("As a rule, {c}.", "By most accounts {c}.", "The notes suggest that {c}.", "{C}, broadly speaking."),
        ("My best guess is that {c}.", "I would not bet on it, but {c}.", "For all I know, {c}. Please double-check."),
    ),
    "letter": (
        ("You can rely on it: {c}.", "It is a fact that {c}.", "{C}, and nobody disputes it."),
        ("From what people say, {c}.", "{C}, give or take.", "More often than not, {c}."),
        (
            "I have a feeling that {c}, though I may be mistaken.",
            "It might be that {c}.",
            "I cannot say for sure that {c}.",
        ),
    ),
    "talk": (
        ("Trust me, {c}.", "{C}. I saw it myself.", "Everybody agrees that {c}.", "It stands to reason that {c}."),
        ("I read somewhere that {c}.", "{C}, at least as a general trend.", "Experts believe that {c}."),
        ("If memory serves, {c}.", "Do not quote me on this: {c}.", "Chances are that {c}, yet I have my doubts."),
    ),
}


class Graded(NamedTuple):
    """One answer with its grade, its source, and its statement (answers of one statement belong together)."""

    text: str
    grade: int
    source: str
    statement: str


def rows() -> list[Graded]:
    """Every statement in every frame."""
    return [
        Graded(frame.format(c=one, C=one[0].upper() + one[1:]), grade, source, one)
        for source, grades in FRAMES.items()
        for grade, frames in enumerate(grades)
        for frame in frames
        for one in _STATEMENTS
    ]
