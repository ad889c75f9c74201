"""Does a JSON value match a JSON Schema? The keywords that structured outputs and tools use, in bounded time.

Known: type, enum, const, properties, required, additionalProperties, items, prefixItems, min/maxItems, min/maxLength,
minimum and its kin, multipleOf, anyOf, oneOf, allOf, not, local $ref, and OpenAPI's nullable. Not looked at: pattern
and format (a pattern of a stranger may take for ever), and keywords not named here; they are met by every value.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

#: Comparisons of a value with a schema; a schema that asks for more is not decided.
MOST = 50_000
_DEEPEST = 100
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "number": (int, float),
    "integer": (int, float),
}


#: Keyword -> whether a number breaks its bound.
_WRONG: dict[str, Callable[[float, float], bool]] = {
    "minimum": lambda value, bound: value < bound,
    "maximum": lambda value, bound: value > bound,
    "exclusiveMinimum": lambda value, bound: value <= bound,
    "exclusiveMaximum": lambda value, bound: value >= bound,
    "multipleOf": lambda value, bound: bound > 0 and not _whole(value / bound),
}


def _whole(number: float) -> bool:
    return math.isinf(number) or abs(number - round(number)) <= 1e-9 * max(1.0, abs(number))


class Undecided(ValueError):
    """The schema is recursive without end, refers to what is not there, or asks for too many comparisons."""


def mismatch(value: object, schema: object) -> str:
    """Where and how ``value`` differs from ``schema``; empty when it matches. Raises ``Undecided``."""
    return next(_Check(schema).errors(value, schema, "$", 0), "")


class _Check:
    def __init__(self, root: object) -> None:
        self._root = root
        self._left = MOST

    def errors(self, value: object, schema: object, path: str, depth: int) -> Iterator[str]:
        """The differences, the nearest first."""
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST:
            raise Undecided(path)
        if schema is False:
            yield f"{path}: nothing is allowed here"
        if not isinstance(schema, Mapping):
            return
        if isinstance(schema.get("$ref"), str):
            yield from self.errors(value, self._resolved(schema["$ref"]), path, depth + 1)
        if value is None and schema.get("nullable") is True:
            return
        if "type" in schema and not _is(value, schema["type"]):
            yield f"{path}: not of type {schema['type']}"
            return
        if (
            "enum" in schema
            and isinstance(schema["enum"], list)
            and not any(_same(value, one) for one in schema["enum"])
        ):
            yield f"{path}: not one of the allowed values"
        if "const" in schema and not _same(value, schema["const"]):
            yield f"{path}: not the required value"
        yield from self._combined(value, schema, path, depth)
        if isinstance(value, dict):
            yield from self._members(value, schema, path, depth)
        elif isinstance(value, list):
            yield from self._entries(value, schema, path, depth)
        else:
            yield from _bounds(value, schema, path)

    def _combined(self, value: object, schema: Mapping[str, Any], path: str, depth: int) -> Iterator[str]:
        for one in _list(schema, "allOf"):
            yield from self.errors(value, one, path, depth + 1)
        for name in ("anyOf", "oneOf"):
            options = _list(schema, name)
            fits = sum(next(self.errors(value, one, path, depth + 1), "") == "" for one in options)
            if options and (fits == 0 or (name == "oneOf" and fits > 1)):
                yield f"{path}: fits {fits} of the {len(options)} alternatives"
        if "not" in schema and next(self.errors(value, schema["not"], path, depth + 1), "") == "":
            yield f"{path}: what must not be"

    def _members(self, value: dict[str, Any], schema: Mapping[str, Any], path: str, depth: int) -> Iterator[str]:
        known = schema.get("properties")
        known = known if isinstance(known, Mapping) else {}
        for name in _list(schema, "required"):
            if name not in value:
                yield f"{path}.{name}: missing"
        other = schema.get("additionalProperties", True)
        for name, member in value.items():
            if name in known:
                yield from self.errors(member, known[name], f"{path}.{name}", depth + 1)
            elif other is False and not schema.get("patternProperties"):
                yield f"{path}.{name}: not in the schema"
            elif isinstance(other, Mapping):
                yield from self.errors(member, other, f"{path}.{name}", depth + 1)

    def _entries(self, value: list[Any], schema: Mapping[str, Any], path: str, depth: int) -> Iterator[str]:
        first = _list(schema, "prefixItems")
        for at, entry in enumerate(value):
            items = first[at] if at < len(first) else schema.get("items", True)
            yield from self.errors(entry, items, f"{path}[{at}]", depth + 1)
        yield from _size(len(value), schema, "Items", path)

    def _resolved(self, reference: str) -> object:
        found = self._root
        if not reference.startswith("#"):
            raise Undecided(reference)
        for step in reference.lstrip("#").split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            if not isinstance(found, Mapping) or name not in found:
                raise Undecided(reference)
            found = found[name]
        return found


def _list(schema: Mapping[str, Any], name: str) -> list[Any]:
    found = schema.get(name)
    return found if isinstance(found, list) else []


def _is(value: object, kind: object) -> bool:
    kinds = kind if isinstance(kind, list) else [kind]
    return any(_one(value, name) for name in kinds)


def _one(value: object, name: object) -> bool:
    types = _TYPES.get(name) if isinstance(name, str) else None
    if types is None:
        return True  # a type of another dialect: not decided here, so not held against the answer
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, types) and not (name == "integer" and isinstance(value, float) and value % 1 != 0)


def _same(one: object, other: object) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _bounds(value: object, schema: Mapping[str, Any], path: str) -> Iterator[str]:
    if isinstance(value, str):
        yield from _size(len(value), schema, "Length", path)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    for name, wrong in _WRONG.items():
        bound = schema.get(name)
        if isinstance(bound, int | float) and not isinstance(bound, bool) and wrong(value, bound):
            yield f"{path}: {name} {bound}"


def _size(size: int, schema: Mapping[str, Any], unit: str, path: str) -> Iterator[str]:
    low, high = schema.get(f"min{unit}"), schema.get(f"max{unit}")
    if (isinstance(low, int) and size < low) or (isinstance(high, int) and size > high):
        yield f"{path}: {size} {unit.lower()}"
