"""Attributes that are computed when they are first asked for."""

import pytest

from scorers.reading.lazy import lazy


class Well:
    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.drawn = 0

    @lazy
    def water(self) -> list[int]:
        """What was drawn."""
        self.drawn += 1
        if self.depth < 0:
            raise ValueError("dry")
        return [self.depth]


def test_it_is_computed_once_for_each_object():
    """The second read gives the same object; another instance has its own; what nobody asks for is not computed."""
    one, other, unread = Well(3), Well(4), Well(5)
    assert one.water is one.water
    assert (one.water, other.water) == ([3], [4])
    assert (one.drawn, other.drawn, unread.drawn) == (1, 1, 0)


def test_what_raised_is_tried_again():
    """Nothing is kept of a failure."""
    well = Well(-1)
    with pytest.raises(ValueError, match="dry"):
        _ = well.water
    well.depth = 2
    assert well.water == [2]
    assert well.drawn == 2


def test_the_class_shows_the_attribute():
    """With its docstring, for who reads the class."""
    assert Well.water.__doc__ == "What was drawn."
