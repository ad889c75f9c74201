"""What was worked out lately, kept for texts that come again: chunks of a knowledge base, policies, templates."""

from __future__ import annotations

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """A value for each key that was asked for lately: at most ``2 * most`` of them.

    There are two halves. When the newer one is full, it takes the place of the older one, so what nobody asked for
    meanwhile is forgotten. That costs nothing for a key, where an order of use would have to be kept for each.
    """

    __slots__ = ("_most", "_newer", "_older")

    def __init__(self, most: int) -> None:
        self._most = most
        self._newer: dict[K, V] = {}
        self._older: dict[K, V] = {}

    def __len__(self) -> int:
        return len(self._newer.keys() | self._older.keys())

    def get(self, key: K) -> V | None:
        """The value that is kept for ``key``, which counts as used; ``None`` if none is."""
        found = self._newer.get(key)
        if found is None and (found := self._older.get(key)) is not None:
            self.keep(key, found)
        return found

    def keep(self, key: K, value: V) -> None:
        """Keep ``value``, which is not ``None``, for ``key``."""
        if len(self._newer) >= self._most:
            self._older, self._newer = self._newer, {}
        self._newer[key] = value

    def clear(self) -> None:
        """Forget everything."""
        self._newer, self._older = {}, {}
