"""Templates of promptfoo (Nunjucks), as far as they are names: ``{{ name }}``, ``{{ item.price }}``, and a few filters.

Anything more is left as it stands, and whoever asks is told so. Nothing is executed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property, partial

import orjson

from scorers.formats.files import MAX_LINE
from scorers.formats.rows import Json, Losses, Wrong, as_text

_PLACE = re.compile(r"\{\{-?\s*([A-Za-z_][\w.]*)\s*((?:\|\s*(?:dump|safe|trim|lower|upper)\s*)*)-?\}\}")
#: A name inside the value of a variable, which promptfoo puts in before it renders, so many times at most.
_INNER, _ROUNDS = re.compile(r"\{\{\s*(\w+)\s*\}\}"), 5
#: What begins a template.
_SIGNS = ("{{", "{%", "{#")
_FILTERS: dict[str, Callable[[str], str]] = {"trim": str.strip, "lower": str.lower, "upper": str.upper}
_MISSING = object()


class Variables:
    """The variables of one test, for all of its assertions."""

    def __init__(self, given: Mapping[str, Json]) -> None:
        self._given = given

    @cached_property
    def settled(self) -> Mapping[str, Json]:
        """They, with the names inside of them filled in by one another. Raises ``Wrong``: one becomes too long."""
        return _settled(self._given)


def rendered(template: str, variables: Mapping[str, Json], losses: Losses) -> str:
    """A prompt with its names filled in; one without a value is left out, as promptfoo does. What is left is counted.

    In a prompt that is JSON, a text stands between quotes: its own are escaped. Raises ``Wrong``: it becomes too long.
    """
    quoted = template.lstrip().startswith("[")
    settled = _settled(variables)

    def say(found: re.Match[str]) -> str:
        held = _at(settled, found[1])
        if held is _MISSING:
            losses.noted(f"vars.{found[1][:60]}", "named by a prompt and given by no test: left out, as promptfoo does")
        said = _said(held, found[2])
        return orjson.dumps(said).decode()[1:-1] if quoted and "dump" not in found[2] else said

    made = _replaced(_PLACE, template, say)
    if "{%" in template or "{{" in _PLACE.sub("", template):
        losses.lost("prompts: a template with more than names", "is left as it stands")
    return made


def filled(value: Json, variables: Variables) -> Json:
    """The value of an assertion with the names in its texts filled in; None where more than names stands in it."""
    if isinstance(value, list):
        found = [filled(one, variables) for one in value]
        return None if None in found else found
    if not isinstance(value, str) or not any(sign in value for sign in _SIGNS):
        return value
    if any(sign in _PLACE.sub("", value) for sign in _SIGNS):
        return None
    return _replaced(_PLACE, value, lambda found: _said(_at(variables.settled, found[1]), found[2]))


def _said(held: Json, filters: str) -> str:
    if held is _MISSING:
        return ""
    if "dump" in filters:
        return orjson.dumps(held).decode()
    said = "" if held is None else as_text(held)
    for name, change in _FILTERS.items():
        said = change(said) if name in filters else said
    return said


def _at(variables: Mapping[str, Json], path: str) -> Json:
    held: Json = variables
    for step in path.split("."):
        if not isinstance(held, Mapping) or step not in held:
            return _MISSING
        held = held[step]
    return held


def _settled(variables: Mapping[str, Json]) -> Mapping[str, Json]:
    """The variables, with the names inside of them filled in by one another."""
    found = dict(variables)
    for _ in range(_ROUNDS):
        before = dict(found)
        for name, value in before.items():
            if isinstance(value, str) and "{{" in value:
                found[name] = _replaced(_INNER, value, partial(_other, before, name))
        if found == before:
            break
    return found


def _other(variables: Mapping[str, Json], own: str, match: re.Match[str]) -> str:
    """What stands for a name inside the value of ``own``: itself, where it means that one or none."""
    return match[0] if match[1] == own or match[1] not in variables else _said(variables[match[1]], "")


def _replaced(pattern: re.Pattern[str], text: str, say: Callable[[re.Match[str]], str]) -> str:
    """``text`` with each place said by ``say``. Raises ``Wrong`` where it would be longer than a case may be."""
    pieces, last, length = list[str](), 0, len(text)
    for match in pattern.finditer(text):
        said = say(match)
        length += len(said)
        if length > MAX_LINE:
            raise Wrong("vars", f"expected at most {MAX_LINE:,} characters once a template is filled in, found more")
        pieces += [text[last : match.start()], said]
        last = match.end()
    return "".join([*pieces, text[last:]])
