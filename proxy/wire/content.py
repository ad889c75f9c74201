"""The content of a request in one format for all families, and the parts of messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from proxy.sample import Message
from proxy.wire.facts import child, dump, string

#: Documents may hold parts; nobody nests them deeper than this.
_MAX_DEPTH = 8


@dataclass(slots=True)
class RequestContent:
    """The input of the model. ``off_wire`` names evidence that did not cross the wire.

    ``answer_tools`` names the tools that the request forces. A call of such a tool is the answer.
    """

    messages: list[Message] = field(default_factory=list)
    tools: list[msgspec.Raw] = field(default_factory=list)
    response_format: msgspec.Raw | None = None
    off_wire: list[str] = field(default_factory=list)
    answer_tools: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Parts:
    """The parts of one message, sorted by kind."""

    text: list[str] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


def raw(value: object) -> msgspec.Raw:
    """A JSON value as bytes; ``null`` if it is nested too deeply."""
    return msgspec.Raw(dump(value) or b"null")


def parts_of(content: object, depth: int = 0) -> Parts:
    """Text, documents and the kinds of all other parts in a message's ``content`` (string or list of parts)."""
    parts = Parts()
    if isinstance(content, str):
        parts.text.append(content)
    elif isinstance(content, list) and depth < _MAX_DEPTH:
        for part in content:
            _sort(part, parts, depth)
    return parts


def _sort(part: object, parts: Parts, depth: int) -> None:
    if isinstance(part, str):
        parts.text.append(part)
        return
    if not isinstance(part, dict):
        return
    kind = string(part, "type")
    if kind in ("text", "input_text", "output_text", "summary_text"):
        parts.text.append(string(part, "text"))
    elif kind in ("document", "search_result"):
        _document(part, parts, depth)
    elif kind == "refusal":
        parts.text.append(string(part, "refusal"))
    elif kind:
        parts.others.append(kind[:40])


def _document(part: dict[str, Any], parts: Parts, depth: int) -> None:
    source = child(part, "source")
    if string(source, "type") == "text":
        parts.documents.append(string(source, "data"))
        return
    inner = parts_of(part.get("content") if "content" in part else source.get("content"), depth + 1)
    if inner.text:
        parts.documents.append("\n".join(inner.text))
    else:
        parts.others.append(string(part, "type"))


def joined(parts: Parts) -> str:
    """The text of a message."""
    return "\n".join(parts.text)
