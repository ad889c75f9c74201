"""Values of a JSON document, checked: a wrong one says where it is, what was expected and what was found."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from typing import Any

from proxy.config.document import meant

#: Characters of a wrong value that are quoted.
_QUOTED = 40


class BadField(ValueError):
    """A value that cannot be used. The message is one line that begins with the field's path."""

    def __init__(self, path: str, expected: str, found: str) -> None:
        super().__init__(f"{path}: expected {expected}, found {found}")
        self.path = path


def told(value: object) -> str:
    """What a value is, in a few words: ``the number 3``, ``an empty list``."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        short = value if len(value) <= _QUOTED else value[:_QUOTED] + "..."
        return f"the text {short!a}" if value else "an empty text"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    return "an object" if value else "an empty object"


def text(value: object, path: str, *, empty: bool = False) -> str:
    """``value``, a text; ``empty``: it may be empty. Raises ``BadField``."""
    if not isinstance(value, str) or not (value or empty):
        raise BadField(path, "a text" if empty else "a text that is not empty", told(value))
    return value


def mapping(value: object, path: str) -> dict[str, Any]:
    """``value``, an object. Raises ``BadField``."""
    if not isinstance(value, dict):
        raise BadField(path, "an object", told(value))
    return value


def items(value: object, path: str) -> list[Any]:
    """``value``, a list. Raises ``BadField``."""
    if not isinstance(value, list):
        raise BadField(path, "a list", told(value))
    return value


def texts(value: object, path: str) -> tuple[str, ...]:
    """``value``, a list of texts that are not empty. Raises ``BadField``."""
    return tuple(text(item, f"{path}[{number}]") for number, item in enumerate(items(value, path)))


def number(value: object, path: str, *, positive: bool = True) -> float:
    """``value``, a finite number above 0, or (not ``positive``) at least 0. Raises ``BadField``."""
    expected = "a number above 0" if positive else "a number that is not negative"
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadField(path, expected, told(value))
    if value < 0 or (positive and value == 0):
        raise BadField(path, expected, told(value))
    return float(value)


def flag(value: object, path: str) -> bool:
    """``value``, true or false. Raises ``BadField``."""
    if not isinstance(value, bool):
        raise BadField(path, "true or false", told(value))
    return value


def one_of(value: object, path: str, known: Collection[str]) -> str:
    """``value``, one of ``known``. Raises ``BadField``."""
    if not isinstance(value, str) or value not in known:
        raise BadField(path, f"one of {', '.join(known)}", told(value))
    return value


def only(document: dict[str, Any], known: Iterable[str], path: str) -> None:
    """Raise ``BadField`` for the first key of ``document`` that is not among ``known``."""
    names = list(known)
    for key in document:
        if key not in names:
            near = meant(key, names)
            hint = f" (is {near!r} meant?)" if near else ""
            raise BadField(
                f"{path}{ascii(key)[1:-1][:64]}", f"one of the keys {', '.join(names)}", f"another key{hint}"
            )
