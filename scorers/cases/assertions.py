"""What an answer may be asked for: the closed table of kinds, and how each is written.

An assertion is an object with one key, its kind: ``{"contains": "is 42."}``. The table holds for every kind what its
value must look like; whether an answer meets it is decided in ``scorers.suites``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from proxy.config.linear_regex import Inexpressible, LinearPattern
from scorers.cases import fields
from scorers.cases.fields import BadField, told
from scorers.score import known_output

#: A path into a JSON answer: names and positions, such as ``items[0].price``; a name may stand in quotes.
_STEP = re.compile(r'(?:^|\.)([^.\[\]"]+)|(?:^|\.)"([^"]*)"|\[(\d{1,9})\]')
_LONGEST_RUBRIC = 4_000
_LONGEST_PATTERN = 2_000
#: How a field of a JSON answer may be compared.
COMPARISONS = ("equals", "contains", "regex", "exists")


class Assertion(msgspec.Struct, frozen=True):
    """One thing asked of an answer. ``value`` is plain JSON, checked by the kind's rule."""

    kind: str
    value: Any

    def document(self) -> dict[str, Any]:
        """As it is written in a file."""
        return {self.kind: self.value}


def steps(path: str) -> list[str | int]:
    """The names and positions of a path. Raises ``ValueError`` for what is no path."""
    found: list[str | int] = []
    at = 0
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None or match.end() == at:
            raise ValueError(f"character {at + 1}")
        name = match[1] if match[1] is not None else match[2]
        found.append(int(match[3]) if name is None else name)
        at = match.end()
    return found


def pattern(value: object, path: str) -> LinearPattern:
    """A regular expression that takes linear time. Raises ``BadField``."""
    said = fields.text(value, path)
    if len(said) > _LONGEST_PATTERN:
        raise BadField(path, f"at most {_LONGEST_PATTERN} characters", f"{len(said)}")
    try:
        return LinearPattern(said)
    except Inexpressible as error:
        raise BadField(path, "a regular expression without look-around and back-references", str(error)) from None


def _text(value: object, path: str) -> None:
    fields.text(value, path)


def _any_text(value: object, path: str) -> None:
    fields.text(value, path, empty=True)


def _pattern(value: object, path: str) -> None:
    pattern(value, path)


def _schema(value: object, path: str) -> None:
    if not isinstance(value, dict | bool):
        raise BadField(path, "a JSON Schema (an object)", told(value))


def _field(value: object, path: str) -> None:
    given = fields.mapping(value, path)
    fields.only(given, ("path", *COMPARISONS), f"{path}.")
    if "path" not in given:
        raise BadField(f"{path}.path", "a path such as items[0].price", "nothing")
    try:
        steps(fields.text(given["path"], f"{path}.path"))
    except BadField:
        raise
    except ValueError as error:
        raise BadField(f"{path}.path", "a path such as items[0].price", f"something else at {error}") from None
    used = [name for name in COMPARISONS if name in given]
    if len(used) != 1:
        found = "none" if not used else " and ".join(used)
        raise BadField(path, f"path and one of {', '.join(COMPARISONS)}", found)
    if used[0] == "regex":
        pattern(given["regex"], f"{path}.regex")
    elif used[0] == "contains":
        fields.text(given["contains"], f"{path}.contains")
    elif used[0] == "exists":
        fields.flag(given["exists"], f"{path}.exists")


def _tool(value: object, path: str) -> None:
    given = fields.mapping(value, path)
    fields.only(given, ("name", "arguments"), f"{path}.")
    fields.text(given.get("name"), f"{path}.name")
    if "arguments" in given:
        fields.mapping(given["arguments"], f"{path}.arguments")


def _score(value: object, path: str) -> None:
    given = fields.mapping(value, path)
    if not given:
        raise BadField(path, 'an object such as {"refusal.refused": "no"}', "an empty object")
    for name, verdict in given.items():
        scorer, _, output = name.partition(".")
        try:
            known_output(scorer, output)
        except ValueError as error:
            raise BadField(f"{path}.{ascii(name)[1:-1][:64]}", "a scorer and its output", str(error)) from None
        fields.one_of(verdict, f"{path}.{name}", ("yes", "no"))


def _rubric(value: object, path: str) -> None:
    said = fields.text(value, path)
    if len(said) > _LONGEST_RUBRIC:
        raise BadField(path, f"at most {_LONGEST_RUBRIC} characters", f"{len(said)}")


def _seconds(value: object, path: str) -> None:
    fields.number(value, path)


def _usd(value: object, path: str) -> None:
    fields.number(value, path, positive=False)


#: What may stand in ``not``: kinds that need the answer alone and can always be decided.
NEGATED = ("contains", "equals", "regex", "json_schema", "json_field", "tool_called")


def _negated(value: object, path: str) -> None:
    given = fields.mapping(value, path)
    fields.only(given, NEGATED, f"{path}.")
    read(given, path)


#: Kind -> the check of its value. The one place that lists what there is.
KINDS: dict[str, Callable[[object, str], None]] = {
    "contains": _text,
    "not_contains": _text,
    "not": _negated,
    "equals": _any_text,
    "regex": _pattern,
    "json_schema": _schema,
    "json_field": _field,
    "tool_called": _tool,
    "score": _score,
    "rubric": _rubric,
    "max_seconds": _seconds,
    "max_usd": _usd,
}


def read(value: object, path: str) -> Assertion:
    """The assertion in a JSON value. Raises ``BadField``."""
    given = fields.mapping(value, path)
    if len(given) != 1:
        raise BadField(path, "an object with one key, the assertion", f"{len(given)} keys")
    kind = next(iter(given))
    if kind not in KINDS:
        fields.only(given, KINDS, f"{path}.")
    KINDS[kind](given[kind], f"{path}.{kind}")
    return Assertion(kind, given[kind])


def read_all(value: object, path: str) -> tuple[Assertion, ...]:
    """A list of assertions. Raises ``BadField``."""
    return tuple(read(item, f"{path}[{number}]") for number, item in enumerate(fields.items(value, path)))
