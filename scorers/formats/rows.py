"""``Row``: one case as a file has it, whatever tool wrote the file; and what is wrong with a place in a file.

Readers of foreign formats give rows, writers take them; nothing else crosses that border. A row is not checked as a
case of a suite is: assertions of ours are carried as they stand.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec
import orjson

#: A value as JSON has it.
Json: TypeAlias = Any
#: An OpenAI chat message.
Message: TypeAlias = dict[str, Any]

#: Where tools keep what they have no field for: under this key of a case's metadata, and back from it on import.
OURS = "sightglass"
#: Keys of a case of ours that no other format has.
REST = ("stratum", "source", "tool_choice", "response_format", "parameters", "partial")
#: Longest pattern of an assertion, in characters.
_LONGEST_PATTERN = 2_000
#: Longest id.
MAX_ID = 256


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a model has answered to a case in a run of another tool. ``error``: it has not, and why.

    ``asked``: the whole conversation before the answer, where it holds more than the case (turns of an agent, prompts
    of a solver); empty where it is the input.
    """

    text: str = ""
    tool_calls: tuple[Json, ...] = ()
    model: str = ""
    error: str = ""
    asked: tuple[Message, ...] = ()


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One case. ``input`` is a text or a list of OpenAI chat messages; ``checks`` are assertions in our own form.

    ``line``: where it begins in its file, from 1. An ``id`` that is empty was not there. ``repeat``: above 0 where a
    run has asked the same case before in this file (again, or another model), so that the answer is new, the case not.
    ``rest``: what else a case of ours may say (``REST``).
    """

    input: str | tuple[Message, ...]
    line: int = 0
    id: str = ""
    expected: Json = None
    checks: tuple[Json, ...] = ()
    metadata: dict[str, Json] = msgspec.field(default_factory=dict)
    tags: tuple[str, ...] = ()
    weight: float = 1.0
    conversation: str = ""
    tools: tuple[Json, ...] = ()
    rest: dict[str, Json] = msgspec.field(default_factory=dict)
    answer: Answer | None = None
    repeat: int = 0

    @property
    def messages(self) -> list[Message]:
        """The input as chat messages."""
        return [{"role": "user", "content": self.input}] if isinstance(self.input, str) else list(self.input)


class Wrong(ValueError):
    """A place in a file that cannot be read: its line (0: the whole file), the field, and what was expected there."""

    def __init__(self, field: str, expected: str, line: int = 0) -> None:
        super().__init__(field, expected, line)
        self.field, self.expected, self.line = field, expected, line

    def __str__(self) -> str:
        return ": ".join(filter(None, [f"line {self.line}" if self.line else "", self.field, self.expected]))

    def at(self, line: int) -> Wrong:
        """The same in a line, where it has none of its own."""
        return self if self.line else Wrong(self.field, self.expected, line)


class Losses:
    """What a format cannot carry, counted by field. ``lost`` is gone; ``kept`` comes back to us, unread by the tool;
    ``noted`` is carried and means something else there."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    def lost(self, field: str, why: str = "has no place in this format") -> None:
        """One case loses ``field``."""
        self._counts[field, f"lost: it {why}"] += 1

    def kept(self, field: str, where: str = f"metadata.{OURS}") -> None:
        """One case's ``field`` is carried where only our import looks."""
        self._counts[field, f"kept in {where}, which only our import reads"] += 1

    def noted(self, field: str, sentence: str) -> None:
        """One case's ``field`` is not quite the same on the other side."""
        self._counts[field, sentence] += 1

    def __iter__(self) -> Iterator[str]:
        """One sentence a field and reason, with the number of cases, in a fixed order."""
        for (field, what), count in sorted(self._counts.items()):
            yield f"{field}: {count} {'case' if count == 1 else 'cases'}: {what}"

    @property
    def counts(self) -> dict[str, int]:
        """Cases by field, of what is lost for good."""
        found: Counter[str] = Counter()
        for (field, what), count in self._counts.items():
            if what.startswith("lost"):
                found[field] += count
        return dict(found)


def one_of(found: Json, field: str, losses: Losses) -> tuple[Json, tuple[Json, ...]]:
    """What is expected, and an assertion that takes each answer of a list of several that are right.

    Case and white space are folded there, as they are where one answer is expected. Of answers that are no texts, or
    too long for a pattern, the first counts, and the others are lost.
    """
    if not isinstance(found, list):
        return found, ()
    if len(found) < 2:
        return (found[0] if found else None), ()
    texts = [" ".join(str(one).split()) for one in found if isinstance(one, str | int | float)]
    each = (r"\s+".join(map(re.escape, text.split())) for text in dict.fromkeys(texts))
    pattern = rf"(?i)\A\s*(?:{'|'.join(each)})\s*\Z"
    if len(texts) < len(found) or not all(texts) or len(pattern) > _LONGEST_PATTERN:
        losses.lost(f"{field}: further ones that are right as well", "has no place in a case")
        return found[0], ()
    return found[0], ({"regex": pattern},)


# --- reading the fields of one object ----------------------------------------------------------------------------


def kind(value: Json) -> str:
    """The name of a JSON value's type, with its article."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    names = ((str, "text"), (int | float, "a number"), (list, "a list"), (dict, "an object"))
    return next((name for types, name in names if isinstance(value, types)), type(value).__name__)


def wrong(field: str, expected: str, value: Json) -> Wrong:
    """``field`` holds something else than what was expected."""
    return Wrong(field, f"expected {expected}, found {kind(value)}")


def text(doc: Mapping[str, Json], key: str, prefix: str = "") -> str:
    """A text, empty where there is none."""
    value = doc.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise wrong(prefix + key, "text", value)
    return value


def mapping(doc: Mapping[str, Json], key: str, prefix: str = "") -> dict[str, Json]:
    """An object, empty where there is none."""
    value = doc.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise wrong(prefix + key, "an object", value)
    return value


def items(doc: Mapping[str, Json], key: str, prefix: str = "") -> list[Json]:
    """A list, empty where there is none."""
    value = doc.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise wrong(prefix + key, "a list", value)
    return value


def texts(doc: Mapping[str, Json], key: str, prefix: str = "") -> tuple[str, ...]:
    """A list of texts, empty where there is none."""
    found = items(doc, key, prefix)
    for place, value in enumerate(found):
        if not isinstance(value, str):
            raise wrong(f"{prefix}{key}[{place}]", "text", value)
    return tuple(found)


def number(doc: Mapping[str, Json], key: str, default: float, prefix: str = "") -> float:
    """A finite number above zero."""
    value = doc.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong(prefix + key, "a number", value)
    if not 0 < value < 1e300:
        raise Wrong(prefix + key, f"expected a number above 0, found {value}")
    return float(value)


def identity(doc: Mapping[str, Json], key: str = "id") -> str:
    """An id: a text or a whole number; empty where there is none."""
    value = doc.get(key)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise wrong(key, "text or a whole number", value)
    if len(found := str(value)) > MAX_ID:
        raise Wrong(key, f"at most {MAX_ID} characters, found {len(found)}")
    return found


def as_text(value: Json) -> str:
    """A text as it is, anything else as its JSON text."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


# --- what tools without a field for it keep in their metadata -----------------------------------------------------


def _values(row: Row) -> dict[str, Json]:
    return {
        "id": row.id,
        "expected": row.expected,
        "assert": list(row.checks),
        "metadata": row.metadata,
        "tags": list(row.tags),
        "weight": row.weight if row.weight != 1.0 else None,
        "conversation": row.conversation,
        "tools": list(row.tools),
    }


def _says(field: str, value: Json) -> bool:
    """Whether a field of a row holds anything: false, zero and nothing may be what is expected."""
    return value is not None if field == "expected" else bool(value)


def left_behind(row: Row, fields: Sequence[str], losses: Losses) -> None:
    """Count those of ``fields`` that the row has, and all of ``rest``: a format without metadata loses them."""
    values = _values(row) | row.rest
    for field in (*fields, *row.rest):
        if _says(field, values[field]):
            losses.lost(field)


def packed(row: Row, fields: Sequence[str], losses: Losses) -> dict[str, Json]:
    """The metadata of a row, with those of ``fields`` that it has under ``metadata.sightglass``, each counted."""
    values = _values(row)
    ours = {field: values[field] for field in fields if _says(field, values[field])} | row.rest
    for field in ours:
        losses.kept(field)
    if OURS in row.metadata:
        losses.lost(f"metadata.{OURS}", "stands where our import looks for its own")
    own = {key: value for key, value in row.metadata.items() if key != OURS}
    return {**own, OURS: ours} if ours else own


def unpacked(row: Row) -> Row:
    """The row with what ``metadata.sightglass`` holds put back into its fields."""
    held = row.metadata.get(OURS)
    if not isinstance(held, dict):
        return row
    prefix = f"metadata.{OURS}."
    return msgspec.structs.replace(
        row,
        id=row.id or identity(held),
        checks=tuple(items(held, "assert", prefix)) or (() if "expected" in held else row.checks),
        tags=texts(held, "tags", prefix) or row.tags,
        weight=number(held, "weight", row.weight, prefix),
        conversation=text(held, "conversation", prefix) or row.conversation,
        tools=tuple(items(held, "tools", prefix)) or row.tools,
        expected=held.get("expected", row.expected),
        rest={**row.rest, **{key: held[key] for key in REST if held.get(key)}},
        metadata={key: value for key, value in row.metadata.items() if key != OURS},
    )
