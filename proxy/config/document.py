"""A configuration file before it becomes Settings: YAML parsing, ``${VAR}`` substitution and error messages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, get_args

import yaml
from pydantic import BaseModel
from typing_extensions import is_typeddict

_QUOTED = re.compile(r"'([^']+)'")
_VARIABLE = re.compile(r"\$\{([^}]*)\}")


def join(path: str, part: int | str) -> str:
    """The path of a key or an item below ``path``."""
    if isinstance(part, int):
        return f"{path}[{part}]"
    return f"{path}.{part}" if path else part


@dataclass(slots=True)
class Substitution:
    """Substitutes environment variables in one document.

    ``problems`` lists the missing variables; ``unset`` holds the paths at which they are used.
    """

    environ: Mapping[str, str]
    problems: list[str] = field(default_factory=list)
    unset: set[str] = field(default_factory=set)
    #: Values that are a variable and nothing else: their path, what holds them, and under which key.
    _whole: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    def document(self, node: object, path: str = "") -> object:
        """The document with each variable replaced by its text. Raises ``RecursionError``."""
        made: Any
        if isinstance(node, dict):
            made = {}
            for key, value in node.items():
                self._put(made, key, value, join(path, str(key)))
            return made
        if isinstance(node, list):
            made = [None] * len(node)
            for index, value in enumerate(node):
                self._put(made, index, value, join(path, index))
            return made
        return _VARIABLE.sub(lambda match: self._value(match[1], path), node) if isinstance(node, str) else node

    def _put(self, made: Any, key: Any, value: object, path: str) -> None:  # noqa: ANN401 - a dict or a list
        made[key] = self.document(value, path)
        if isinstance(value, str) and _VARIABLE.fullmatch(value):
            self._whole[path] = (made, key)

    def _value(self, name: str, path: str) -> str:
        if name not in self.environ:
            self.problems.append(f"{path}: the environment has no variable {name!r}")
            self.unset.add(path)
            return "?"
        # A secret's file ends in a line end; inside a value, such as a URL, nobody else would find it.
        return self.environ[name].strip()

    def read_numbers(self, paths: set[str]) -> bool:
        """Parse as YAML each of ``paths`` whose value is a single variable. Returns whether any value changed."""
        changed = False
        for path in paths & self._whole.keys():
            holder, key = self._whole.pop(path)
            try:
                value = yaml.safe_load(holder[key])
            except yaml.YAMLError:
                continue
            if isinstance(value, bool | int | float):
                holder[key] = value
                changed = True
        return changed


class _Loader(yaml.SafeLoader):
    """A YAML loader that rejects duplicate keys. Standard YAML loaders drop one of the two values silently."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping. Raises ``yaml.YAMLError``."""
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode) and key.value != "<<"]
        twice = next((name for number, name in enumerate(names) if name in names[:number]), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"the key {twice!r} is given twice", node.start_mark)
        return super().construct_mapping(node, deep)


def read_yaml(text: str) -> object:
    """The document in ``text``. Raises ``yaml.YAMLError``, also for a duplicate key."""
    return yaml.load(text, _Loader)  # noqa: S506 - a safe loader


def positions(text: str) -> dict[str, int]:
    """The line of each key and each item of a YAML document, by path; empty if the text is not YAML."""
    found: dict[str, int] = {}
    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError:
        return found
    waiting: list[tuple[str, yaml.Node | None]] = [("", root)]
    seen: set[int] = set()
    while waiting:
        path, node = waiting.pop()
        if id(node) in seen:  # an alias, which may refer to what holds it
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            inner = [(join(path, str(key.value)), key, value) for key, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            inner = [(join(path, number), value, value) for number, value in enumerate(node.value)]
        else:
            continue
        for place, mark, value in inner:
            found.setdefault(place, mark.start_mark.line + 1)
            waiting.append((place, value))
    return found


def located(problem: str, lines: Mapping[str, int]) -> str:
    """``problem`` with a line number.

    The message begins with a path; the line is that of the path or its nearest parent.
    """
    path = problem.partition(": ")[0]
    while path and path not in lines:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return f"{problem} (line {lines[path]})" if path else problem


def meant(name: str, known: Iterable[str]) -> str | None:
    """The known name most similar to ``name``, if one is similar enough."""
    near = get_close_matches(name.lower(), list(known), n=1, cutoff=0.6)
    return near[0] if near else None


def path_of(location: tuple[int | str, ...]) -> str:
    """The path of a location reported by pydantic."""
    text = ""
    for part in location:
        if part not in ("[key]", "float", "constrained-float", "dict[str,constrained-float]"):
            text = join(text, part)
    return text


def keys_below(model: type[BaseModel], key: str = "") -> dict[str, set[str]]:
    """The keys of ``model`` and of every nested model, by parent key."""
    found = {key: set(model.model_fields)}
    for name, described in model.model_fields.items():
        kinds: list[object] = [described.annotation]
        while kinds:
            kind = kinds.pop()
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                found.update(keys_below(kind, name))
            elif is_typeddict(kind):
                found[name] = set(kind.__annotations__)
            else:
                kinds.extend(get_args(kind))
    return found


#: For what pydantic says in words of its own making.
_PLAINER = {
    "too_short": "at least one is needed",
    "model_type": "a mapping of keys is needed",
    "dict_type": "a mapping of keys is needed",
    "string_too_short": "is empty",
    "tuple_type": "a list is needed",
    "list_type": "a list is needed",
    "bool_type": "true or false is needed",
    "string_type": "a text is needed",
    "missing": "is needed",
}


def line_of(error: Mapping[str, Any], names: Mapping[str, Iterable[str]]) -> str:
    """One line for one pydantic error. ``names``: the valid keys below each key (top level: ``""``)."""
    path = path_of(tuple(error["loc"]))
    if error["type"] == "extra_forbidden" or error["loc"][-1:] == ("[key]",):
        parents = [part for part in error["loc"][:-1] if isinstance(part, str)]
        if error["loc"][-1] == "[key]":  # of a mapping whose keys are a closed set, which pydantic lists
            name, known = parents[-1], _QUOTED.findall(str(error.get("ctx", {}).get("expected", "")))
        else:  # a name that the file chose, such as that of a scorer, stands between a key and its model's keys
            name = str(error["loc"][-1])
            known = [*next((names[part] for part in (*reversed(parents), "") if part in names), [])]
        near = meant(name, known)
        return f"{path}: unknown key" + (f"; did you mean {near}?" if near else "")
    message = _PLAINER.get(error["type"]) or error["msg"].removeprefix("Value error, ")
    return f"{path}: {message}" if path else message
