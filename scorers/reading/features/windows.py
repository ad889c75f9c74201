"""The window of the documents that holds most of a sentence's weight: how it is found, and what it is found with."""

from __future__ import annotations

import math
from typing import TypeVar

from scorers.reading.lazy import lazy

T = TypeVar("T")
#: Weights of stems, sorted by stem.
Weighed = tuple[tuple[float, str], ...]
#: Sums in another order differ by less.
_SLACK = 1e-9


class Places(dict[str, T]):
    """Something of each stem, computed when it is first asked for. It knows the places of stems, and no index: that
    would keep an index alive until the garbage collector looks."""

    def __init__(self, places: dict[str, list[int]], chunks: int) -> None:
        super().__init__()
        self._places = places
        self._chunks = chunks


class Rarity(Places[float]):
    """How rare a stem is among the chunks, at least 1."""

    def __missing__(self, token: str) -> float:
        known = 1.0 + max(0.0, math.log((self._chunks + 1) / (len(self._places.get(token, ())) + 0.5)))
        self[token] = known
        return known


class Masks(Places[int]):
    """The chunks that hold a stem, as bits."""

    @lazy
    def _bits(self) -> list[int]:
        return [1 << position for position in range(self._chunks)]

    def __missing__(self, token: str) -> int:
        known = self[token] = sum(map(self._bits.__getitem__, self._places[token]))
        return known


class Spread(Places[list[int]]):
    """The chunks that hold a stem, and those right behind them."""

    def __missing__(self, token: str) -> list[int]:
        places = self._places[token]
        known = self[token] = [*{*places, *[place + 1 for place in places]}]
        return known


def most_of(found: list[tuple[float, list[int]]], size: int) -> tuple[float, int]:
    """``heaviest`` by adding up each of ``size`` places. ``found``: a weight and its places, each once."""
    sums = [0.0] * size
    for weight, places in found:
        for place in places:
            sums[place] += weight
    most = max(sums)
    return most, sums.index(most)


def heaviest(found: list[tuple[float, int]]) -> tuple[float, int]:
    """The greatest sum of weights whose masks share a bit, summed in the order of ``found``, and the first such bit.

    ``found``: a weight above 0 and a mask of at least one bit each. Bits are parted by mask after mask, the heaviest
    first; a part that cannot reach the best sum so far is dropped. Parts hold different bits, so there are never more
    of them than bits.
    """
    shared = found[0][1]
    for _, mask in found:
        shared &= mask
    if shared:
        most = 0.0
        for weight, _ in found:
            most += weight
        return most, (shared & -shared).bit_length() - 1
    ranked = sorted(found, reverse=True)
    rest = [0.0]
    everything = 0
    for weight, mask in reversed(ranked):
        rest.append(rest[-1] + weight)
        everything |= mask
    rest.reverse()
    size, enough = len(ranked), -_SLACK
    leaves: list[tuple[float, int]] = []
    parts = [(0, everything, 0.0)]
    while parts:
        at, part, total = parts.pop()
        while total + rest[at] >= enough:
            if at == size:
                enough = max(enough, total - _SLACK)
                leaves.append((total, part))
                break
            weight, mask = ranked[at]
            at += 1
            inside = part & mask
            if inside:
                if inside != part and total + rest[at] >= enough:
                    parts.append((at, part ^ inside, total))
                part, total = inside, total + weight
    sums: dict[float, int] = {}
    for total, part in leaves:
        if total >= enough:
            # Each mask holds all of a part or nothing of it.
            exact = 0.0
            for weight, mask in found:
                if mask & part:
                    exact += weight
            sums[exact] = sums.get(exact, 0) | part
    most = max(sums)
    return most, (sums[most] & -sums[most]).bit_length() - 1
