"""The content of a request in one format for all families, and the parts of messages."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import Any

import msgspec

from proxy.sample import Message
from proxy.wire.facts import child, dump, string

#: Documents may hold parts; nobody nests them deeper than this.
_MAX_DEPTH = 8


@dataclass(slots=True)
class RequestContent:
    """The input of the model. ``contexts`` are documents outside the messages. ``off_wire`` names evidence that did
    not cross the wire.

    ``answer_tools`` names the tools that the request forces. A call of such a tool is the answer.
    """

    messages: list[Message] = field(default_factory=list)
    tools: list[msgspec.Raw] = field(default_factory=list)
    response_format: msgspec.Raw | None = None
    contexts: list[str] = field(default_factory=list)
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
    """Text, documents and the kinds of all other parts in a message's ``content``: a string, a part, or a list."""
    parts = Parts()
    if isinstance(content, str):
        parts.text.append(content)
    elif depth < _MAX_DEPTH:
        for part in listed(content):
            _sort(part, parts, depth)
    return parts


def listed(content: object) -> list[Any]:
    """The parts of a message's ``content``, which may be a single one."""
    return content if isinstance(content, list) else [content] if isinstance(content, dict) else []


def _sort(part: object, parts: Parts, depth: int) -> None:
    if isinstance(part, str):
        parts.text.append(part)
        return
    if not isinstance(part, dict):
        return
    if is_thought(part):
        return
    kind = string(part, "type")
    # Without a type, they are Bedrock's blocks, which gateways pass on.
    if kind in ("text", "input_text", "output_text", "summary_text") or (not kind and "text" in part):
        parts.text.append(string(part, "text") or string(part.get("text"), "value"))
    elif kind in ("document", "search_result") or (not kind and isinstance(part.get("document"), dict)):
        _document(part, parts, depth)
    elif kind == "refusal":
        parts.text.append(string(part, "refusal"))
    elif kind in _FILES and (written := _written(part)):
        parts.documents.append(written)
    elif kind and kind not in _NO_CONTENT:
        parts.others.append(kind[:40])


def _document(part: dict[str, Any], parts: Parts, depth: int) -> None:
    held = child(part, "document")
    source = child(part, "source") or child(held, "source")  # the second is Bedrock's
    if string(source, "type") == "text":
        parts.documents.append(string(source, "data"))
        return
    inner = parts_of(part.get("content") if "content" in part else source.get("content"), depth + 1)
    if inner.text:
        parts.documents.append("\n".join(inner.text))
    elif told := (_bedrock_text(held, source) if "format" in held else _document_text(held) or _written(part)):
        parts.documents.append(told)  # by ``_document_text``, Cohere's
    else:
        parts.others.append("document" if held else string(part, "type"))


def _bedrock_text(held: dict[str, Any], source: dict[str, Any]) -> str:
    """The text of a document in Bedrock's form: as it is, or as bytes whose format says that they are text."""
    if text := string(source, "text"):
        return text
    return decoded(string(source, "bytes")) if string(held, "format") in _TEXT_FORMATS else ""


#: Types of parts that were thought.
_THOUGHTS = frozenset(("thinking", "redacted_thinking", "reasoning", "reasoning_text", "reasoning_content"))
#: Other parts that are no content of a message: names of what stands elsewhere.
_NO_CONTENT = ("reference", "tool_reference")


def is_thought(part: dict[str, Any]) -> bool:
    """Whether a part of a message was thought and not said.

    Its type tells that, a mark (Gemini) or the name of what it holds (Bedrock).
    """
    return string(part, "type") in _THOUGHTS or part.get("thought") is True or "reasoningContent" in part


#: Parts that are files, and the members of one, or of what it holds, that say where its bytes are.
_FILES = ("file", "input_file", "file_url", "document", "document_url", "container_upload")
_HOLDERS = ("file", "source", "file_url")
_BYTES, _ELSEWHERE = ("file_data", "data", "content"), ("file_id", "file_url", "document_url", "url", "uri")
_ADDRESSES = ("https://", "http://", "gs://", "s3://")
#: Bytes of text as an address.
_TEXT_BYTES = re.compile(r"data:(?:text/[\w.+-]{1,60}|application/(?:json|xml|yaml))(?:;charset=[\w-]{1,20})?;base64,")


def _written(part: dict[str, Any]) -> str:
    """The text of a file whose bytes came with the message, if they are text; otherwise nothing."""
    for one in (part, *(child(part, name) for name in _HOLDERS)):
        for name in (*_BYTES, *_ELSEWHERE):
            value = one.get(name)
            if isinstance(value, str) and (begin := _TEXT_BYTES.match(value)):
                return decoded(value[begin.end() :])
        kind = string(one, "media_type") or string(one, "mime_type")
        if kind.startswith("text/") and string(one, "data"):
            return decoded(string(one, "data"))
        bare = string(one, "file_data")  # as it is, and the name tells what it is
        if bare and _TEXT_NAME.search(string(one, "filename")[-_LONGEST_NAME:]) and (text := _text_of(bare)):
            return text
    return ""


def decoded(data: str) -> str:
    """The text of bytes in base64; empty if it is none."""
    try:
        return base64.b64decode(data, validate=False).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


#: The name under which a request's ``off_wire`` has files that it only refers to.
FILES = "files"


def names_files(content: object, depth: int = 0) -> bool:
    """Whether a message's ``content``, or a tool's result in it, refers to a file by its id or its address.

    The bytes of such a file never cross the wire.
    """
    if isinstance(content, str) or depth >= _MAX_DEPTH:
        return False
    for part in listed(content):
        kind = string(part, "type")
        if kind in _FILES and _is_elsewhere(part):
            return True
        if kind == "tool_result" and names_files(part.get("content"), depth + 1):
            return True
    return False


def _is_elsewhere(part: dict[str, Any]) -> bool:
    held = (part, *(child(part, name) for name in _HOLDERS))
    given = [one[name] for one in held for name in _BYTES if one.get(name)]
    if given:  # OpenRouter takes an address for the bytes, too
        return all(isinstance(value, str) and value.startswith(_ADDRESSES) for value in given)
    # An address may hold the bytes itself (Mistral's ``document_url``).
    named = [value for one in held for name in _ELSEWHERE if (value := string(one, name))]
    return any(not value.startswith("data:") for value in named)


#: What a document given outside the messages holds beside its text.
_NO_TEXT = ("id", "doc_id", "document_id", "url", "uri", "source", "type")


def documents_of(value: object) -> list[str]:
    """The texts of documents: texts, or objects whose members are texts (title, text), one object deep, or parts.

    One word is no document, but the id of one. There are as many as a captured request holds.
    """
    found = [_document_text(one) for one in (value if isinstance(value, list) else [value])]
    return [text for text in found if len(text.split(None, 1)) > 1]


def _document_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if not isinstance(value, dict):
        return ""
    holder = next((inner for name in ("data", "document") if (inner := child(value, name))), value)
    found = [_member_text(said) for name, said in holder.items() if name not in _NO_TEXT]
    return "\n".join(said for said in found if said)


def _member_text(value: object) -> str:
    """The text of a member of a document: as it is, or of parts (``[{"type": "text", "text": ...}]``)."""
    if isinstance(value, str):
        return value
    parts = listed(value)
    return joined(parts_of(value, _MAX_DEPTH - 1)) if parts and all(map(_is_text, parts)) else ""


def _is_text(part: object) -> bool:
    return isinstance(part, dict) and isinstance(part.get("text"), str)


def _text_of(data: str) -> str:
    """The text of bytes in base64 of which nothing says that they are; empty if they are none, or no text."""
    try:
        return base64.b64decode(data, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


#: How names of files end whose bytes are text.
_TEXT_NAME = re.compile(r"\.(?:txt|text|md|markdown|csv|tsv|jsonl?|xml|ya?ml|html?|log|rst)\Z", re.IGNORECASE)
_LONGEST_NAME = 200
#: Formats of Bedrock's documents that are text.
_TEXT_FORMATS = ("txt", "md", "csv", "html")


class Prose:
    """The text of an answer, in pieces. What stands on two sides of a tool's run is no one sentence."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._apart = False

    def add(self, text: str) -> None:
        """A further piece."""
        if not text:
            return
        if self._apart and self._pieces and not (self._pieces[-1].endswith("\n") or text.startswith("\n")):
            self._pieces.append("\n")
        self._apart = False
        self._pieces.append(text)

    def cut(self) -> None:
        """Something else stands here."""
        self._apart = True

    def whole(self) -> str:
        """All of it."""
        return "".join(self._pieces)


def joined(parts: Parts) -> str:
    """The text of a message."""
    return "\n".join(parts.text)
