"""``Case``: what a model is asked, and what is expected of its answer. One line of JSON, and back.

``{"id", "messages" | "input", "expected", "assert", "metadata", "tags", "weight", "conversation"}``; also ``stratum``
and ``source`` (where it came from), ``tools``, ``tool_choice``, ``response_format`` and ``parameters`` (what goes into
the request beside the messages), ``partial`` (the share of assertions that hold counts, not only all of them).
Messages are OpenAI's chat messages, kept as they are; ``input`` is one user message, or a list of messages.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import msgspec
import orjson

from scorers.cases import assertions, fields
from scorers.cases.assertions import Assertion
from scorers.cases.fields import BadField, told

#: Bytes of one line: as many as a stored sample may have.
LONGEST_CASE = 4_000_000
_LONGEST_ID = 256
ROLES = ("system", "developer", "user", "assistant", "tool", "function")
#: What of a request is asked again; nothing else ever is (no user, no metadata, no state of a server's).
PARAMETERS = (
    *("temperature", "top_p", "max_tokens", "stop", "seed", "reasoning_effort"),
    *("frequency_penalty", "presence_penalty"),
)
KEYS = (
    *("id", "messages", "input", "expected", "assert", "metadata", "tags", "weight", "conversation"),
    *("stratum", "source", "tools", "tool_choice", "response_format", "parameters", "partial"),
)


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One case. ``messages``: chat messages as JSON objects, the last one not the assistant's.

    ``expected``: a text or any JSON; ``None`` where nobody has said. ``weight``: the requests of production that it
    stands for (1 where it stands for itself). ``conversation``: cases of one are one voice; ``None`` is a voice of its
    own. ``stratum``: the part of production that it was drawn from. ``source``: where it came from, as JSON.
    """

    id: str
    messages: tuple[dict[str, Any], ...]
    expected: Any = None
    assertions: tuple[Assertion, ...] = ()
    metadata: dict[str, Any] = {}
    tags: tuple[str, ...] = ()
    weight: float = 1.0
    conversation: str | None = None
    stratum: str | None = None
    source: dict[str, Any] = {}
    tools: tuple[dict[str, Any], ...] = ()
    tool_choice: Any = None
    response_format: dict[str, Any] | None = None
    parameters: dict[str, Any] = {}
    partial: bool = False

    @property
    def labelled(self) -> bool:
        """Whether anything is expected of the answer."""
        return self.expected is not None or bool(self.assertions)

    @property
    def cluster(self) -> str:
        """The voice that the case is part of."""
        return f"c:{self.conversation}" if self.conversation is not None else f"i:{self.id}"

    def document(self) -> dict[str, Any]:
        """As it is written in a file: what is not said is left out."""
        found: dict[str, Any] = {
            "id": self.id,
            "messages": list(self.messages),
            "expected": self.expected,
            "assert": [item.document() for item in self.assertions],
            "metadata": self.metadata,
            "tags": list(self.tags),
            "weight": self.weight if self.weight != 1.0 else None,
            "conversation": self.conversation,
            "stratum": self.stratum,
            "source": self.source,
            "tools": list(self.tools),
            "tool_choice": self.tool_choice,
            "response_format": self.response_format,
            "parameters": self.parameters,
            "partial": self.partial or None,
        }
        # An expected value may be false, zero or empty, and says something all the same.
        said = {key: value for key, value in found.items() if value not in (None, [], {}) or key == "messages"}
        return said | ({"expected": self.expected} if self.expected is not None else {})

    def encode(self) -> bytes:
        """One line without its end, UTF-8; the same for the same case."""
        return _canonical(self.document())

    def digest(self) -> str:
        """A hash of everything in the case, 64 hexadecimal digits."""
        return hashlib.sha256(self.encode()).hexdigest()


def _canonical(document: object) -> bytes:
    try:
        return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # a number beyond 64 bits
        line = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return line.encode("utf-8", "replace")


def decode(line: bytes) -> Case:
    """The case on one line. Raises ``ValueError`` with one phrase: what is wrong, where, and what was expected."""
    if len(line) > LONGEST_CASE:
        raise ValueError(f"the case: expected at most {LONGEST_CASE:,} bytes, found {len(line):,}")
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError as strict:
        try:
            document = json.loads(line)  # numbers beyond 64 bits, lone surrogates
        except (ValueError, RecursionError):
            raise ValueError(f"expected a JSON object, found no JSON ({strict.msg})") from None
    return read(document)


def read(document: object) -> Case:
    """The case in a JSON value. Raises ``BadField`` (a ``ValueError``) with one phrase."""
    if not isinstance(document, dict):
        raise BadField("the line", "a JSON object", told(document))
    fields.only(document, KEYS, "")
    messages = _messages(document)
    given = document.get
    found = Case(
        id=_identity(given("id"), messages, document),
        messages=messages,
        expected=given("expected"),
        assertions=assertions.read_all(given("assert") or [], "assert") if given("assert") is not None else (),
        metadata=fields.mapping(given("metadata") or {}, "metadata"),
        tags=_tags(given("tags")),
        weight=fields.number(given("weight"), "weight") if given("weight") is not None else 1.0,
        conversation=_optional(given("conversation"), "conversation"),
        stratum=_optional(given("stratum"), "stratum"),
        source=fields.mapping(given("source") or {}, "source"),
        tools=_tools(given("tools")),
        tool_choice=_choice(given("tool_choice")),
        response_format=_format(given("response_format")),
        parameters=_parameters(given("parameters")),
        partial=fields.flag(given("partial"), "partial") if given("partial") is not None else False,
    )
    return _unicode(found)


def _unicode(case: Case) -> Case:
    """Lone surrogates are in no UTF-8: they are replaced, and the case is kept."""
    try:
        orjson.dumps(case.document())
    except orjson.JSONEncodeError as error:
        if "surrogate" not in str(error) and "UTF-8" not in str(error):
            return case
        return read(json.loads(json.dumps(case.document(), ensure_ascii=False).encode("utf-8", "replace")))
    return case


def _identity(value: object, messages: tuple[dict[str, Any], ...], document: dict[str, Any]) -> str:
    if value is None:
        # Of the content, so that the case has the same one wherever its line stands.
        said = {"messages": messages, "expected": document.get("expected"), "assert": document.get("assert")}
        return f"case-{hashlib.sha256(_canonical(said)).hexdigest()[:12]}"
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    identity = fields.text(value, "id")
    if len(identity) > _LONGEST_ID:
        raise BadField("id", f"at most {_LONGEST_ID} characters", str(len(identity)))
    return identity


def _messages(document: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    both = [key for key in ("messages", "input") if document.get(key) is not None]
    if len(both) != 1:
        raise BadField("messages", "either messages or input", "both" if both else "neither")
    given = document[both[0]]
    if both[0] == "input" and isinstance(given, str):
        return ({"role": "user", "content": fields.text(given, "input")},)
    listed = fields.items(given, both[0])
    if not listed:
        raise BadField(both[0], "at least one message", "an empty list")
    found = tuple(_message(item, f"{both[0]}[{number}]") for number, item in enumerate(listed))
    if found[-1]["role"] == "assistant":
        path = f"{both[0]}[{len(found) - 1}].role"
        raise BadField(path, "user or tool in the last message (what is expected goes into expected)", "assistant")
    return found


def _message(value: object, path: str) -> dict[str, Any]:
    message = fields.mapping(value, path)
    fields.one_of(message.get("role"), f"{path}.role", ROLES)
    content = message.get("content")
    if isinstance(content, list):
        for number, part in enumerate(content):
            fields.text(fields.mapping(part, f"{path}.content[{number}]").get("type"), f"{path}.content[{number}].type")
    elif content is not None and not isinstance(content, str):
        raise BadField(f"{path}.content", "a text or a list of parts", told(content))
    calls = message.get("tool_calls")
    if calls is not None:
        for number, call in enumerate(fields.items(calls, f"{path}.tool_calls")):
            place = f"{path}.tool_calls[{number}]"
            own = "custom" if fields.mapping(call, place).get("type") == "custom" else "function"
            fields.text(fields.mapping(call.get(own), f"{place}.{own}").get("name"), f"{place}.{own}.name")
    elif content is None:
        raise BadField(f"{path}.content", "a text or a list of parts", told(content))
    return message


def _optional(value: object, path: str) -> str | None:
    return None if value is None else fields.text(value, path)


def _tags(value: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fields.texts(value, "tags"))) if value is not None else ()


def _tools(value: object) -> tuple[dict[str, Any], ...]:
    if value is None:
        return ()
    found = []
    for number, item in enumerate(fields.items(value, "tools")):
        tool = fields.mapping(item, f"tools[{number}]")
        # A tool that the provider runs itself would act again.
        fields.one_of(tool.get("type"), f"tools[{number}].type", ("function", "custom"))
        found.append(tool)
    return tuple(found)


def _choice(value: object) -> object:
    if value is not None and not isinstance(value, str | dict):
        raise BadField("tool_choice", "a word or an object", told(value))
    return value


def _format(value: object) -> dict[str, Any] | None:
    return None if value is None else fields.mapping(value, "response_format")


def _parameters(value: object) -> dict[str, Any]:
    if value is None:
        return {}
    given = fields.mapping(value, "parameters")
    fields.only(given, PARAMETERS, "parameters.")
    return given


def checked(case: Case) -> Case:
    """The case, whose parameters are what endpoints take. Raises ``BadField``. For files alone: what a version before
    has stored stays readable."""
    for name, value in case.parameters.items():
        if value is not None:
            _parameter(value, name, f"parameters.{name}")
    return case


def _parameter(value: object, name: str, path: str) -> None:
    if name in ("max_tokens", "seed"):
        if isinstance(value, bool) or not isinstance(value, int) or (name == "max_tokens" and value < 1):
            raise BadField(path, "a whole number above 0" if name == "max_tokens" else "a whole number", told(value))
    elif name == "stop" and isinstance(value, list):
        fields.texts(value, path)
    elif name in ("stop", "reasoning_effort"):
        fields.text(value, path)
    elif isinstance(value, bool) or not isinstance(value, int | float):
        raise BadField(path, "a number", told(value))
