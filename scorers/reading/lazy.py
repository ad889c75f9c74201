"""Attributes that are computed when they are first asked for, and then kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Generic, Self, TypeVar, overload
from weakref import WeakSet

T = TypeVar("T")


class lazy(Generic[T]):
    """``functools.cached_property`` without its lock, which Python 3.11 takes for each first read.

    For objects that one thread uses, with a ``__dict__``. The value stands there under the attribute's name, where
    Python looks before it asks here again. A method that raises is called again the next time.
    """

    def __init__(self, made: Callable[[Any], T]) -> None:
        self._made = made
        self.__doc__ = made.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type | None = None) -> T: ...

    def __get__(self, instance: object | None, owner: type | None = None) -> Self | T:
        if instance is None:
            return self
        found = instance.__dict__[self._name] = self._made(instance)
        return found


class Patterns:
    """Patterns that are compiled when they are first used. Most commands use none, and all of them take half a second.

    A process where no sample may wait for it calls ``compile_all``.
    """

    _made: ClassVar[WeakSet[Patterns]] = WeakSet()

    def __init__(self) -> None:
        self._made.add(self)

    def compile(self) -> None:
        """Compile what most samples need."""
        raise NotImplementedError


def compile_all() -> None:
    """Compile what most samples need of all patterns that are imported by now."""
    for patterns in list(Patterns._made):
        patterns.compile()
