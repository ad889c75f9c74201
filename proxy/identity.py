"""Ids and keyed hashes of one request: who it belongs to, without saying who that is."""

from __future__ import annotations

import hashlib
import os
import random
import re
import stat
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from proxy.datadir import write_private
from proxy.errors import ConfigError
from proxy.exchange import Operation
from proxy.wire.facts import dump, items, string
from proxy.wire.outline import left_out

_SECRET_BYTES = 32
_MASK = re.compile(r"\{\{?[^{}]{0,80}\}?\}|<[^<>]{0,80}>|\d+")
_REMEMBERED = 10_000
#: Bytes of a conversation's opening that are hashed; a longer one by its two ends.
_HASHED = 1024
_random = random.Random()
#: Applications send few system prompts many times: their hashes are kept, within 256 prompts of 16 K characters.
_PROMPTS, _LONGEST_PROMPT = 256, 16_384

#: What a caller sets to shape an answer. ``n``, ``user`` and limits of the transport are none of them.
_PARAMETERS = frozenset(
    (
        *("temperature", "top_p", "top_k", "min_p", "max_tokens", "max_completion_tokens", "max_output_tokens"),
        *("frequency_penalty", "presence_penalty", "repetition_penalty", "reasoning_effort", "verbosity"),
        "tool_choice",
    )
)
_PLAIN = frozenset((int, float, str, bool))

Whole = Callable[[], dict[str, Any]]


def load_secret(path: Path) -> bytes:
    """The server's secret for coins and hashes: made once, 0600, shared by the processes of one data folder.

    Raises ``ConfigError`` where something else stands there: nothing of ours is written over.
    """
    secret = os.urandom(_SECRET_BYTES)
    try:
        write_private(path, secret)
    except FileExistsError:
        return _existing_secret(path)
    except OSError as error:
        raise ConfigError([f"data_dir: {path}: {error.strerror}"]) from None
    return secret


def _existing_secret(path: Path) -> bytes:
    found = b""
    for _ in range(100):  # another process may be about to write it
        try:
            # Without waiting: it might be a pipe that nobody writes to.
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(handle, "rb") as file:
                if not stat.S_ISREG(os.fstat(handle).st_mode):
                    raise ConfigError([f"data_dir: {path}: not a file"])
                found = file.read(_SECRET_BYTES + 1)
        except OSError as error:
            raise ConfigError([f"data_dir: {path}: {error.strerror}"]) from None
        if len(found) >= _SECRET_BYTES:
            break
        time.sleep(0.01)
    if len(found) != _SECRET_BYTES:
        size = f"more than {_SECRET_BYTES}" if found[_SECRET_BYTES:] else str(len(found))
        what = f"{size} bytes, where the secret has {_SECRET_BYTES}"
        then = "put the right one back, or remove it: with a new one the hashes of users and conversations begin anew"
        raise ConfigError([f"data_dir: {path}: {what}; {then}"])
    return found


def new_request_id() -> str:
    """32 hex digits that sort by time: 48 bits of milliseconds, 80 random bits. A name, not a secret."""
    return f"{time.time_ns() // 1_000_000:012x}{_random.getrandbits(80):020x}"


def keyed(secret: bytes, value: bytes) -> str:
    """A hash that cannot be reversed or matched without the secret; 32 hex digits."""
    return hashlib.blake2b(value, key=secret, digest_size=16).hexdigest()


def judge_guard(secret: bytes) -> str:
    """What a judge's own calls carry in ``x-sightglass-judge``: a proxy with the same secret never samples them."""
    return keyed(secret, b"judge")


class Conversations:
    """Which conversation a request belongs to: session or task id, else its first messages, else what it answers."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._by_response: OrderedDict[str, str] = OrderedDict()
        self._prompts: dict[str, str] = {}
        self._parameters: dict[tuple[tuple[str, Any], ...], str] = {}

    def key(self, app: str, named: str | None, operation: Operation, document: dict[str, Any]) -> str | None:
        """The conversation's keyed hash; ``None`` when there is nothing to tell it by. ``document``: the request, or
        its outline, whichever it always is."""
        if named is not None:
            return keyed(self._secret, f"{app}\0id\0{named}".encode("utf-8", "surrogatepass"))
        previous = string(document, "previous_response_id")
        if previous and previous in self._by_response:
            return self._by_response[previous]
        opening = _opening(operation, document)
        if opening is None:
            return None
        if len(opening) > _HASHED:
            # Both ends and the length tell conversations apart: the system prompt is at one, the question at the other.
            size = len(opening) + left_out(opening)
            opening = opening[: _HASHED // 2] + opening[-_HASHED // 2 :] + b"%d" % size
        return keyed(self._secret, app.encode() + b"\0" + opening)

    def remember(self, response_id: str | None, conversation: str | None) -> None:
        """A later request may name this response as the one it goes on from."""
        if response_id and conversation:
            self._by_response[response_id] = conversation
            if len(self._by_response) > _REMEMBERED:
                self._by_response.popitem(last=False)

    def system_prompt(self, operation: Operation, document: dict[str, Any], whole: Whole | None = None) -> str | None:
        """Hash of the system prompt with dates, digits and placeholders masked. ``document`` may be an outline of the
        ``whole`` one, which is asked for when the outline leaves out a part of the prompt."""
        text = _system(operation, document)
        if not text:
            return None
        if whole is not None and left_out(text):
            # What the outline passed over may be no JSON at all.
            text = _system(operation, whole()) or text
        known = self._prompts.get(text)
        if known is None:
            known = keyed(self._secret, _MASK.sub("#", text).encode("utf-8", "surrogatepass"))
            if len(self._prompts) >= _PROMPTS:
                self._prompts.clear()
            if len(text) <= _LONGEST_PROMPT:
                self._prompts[text] = known
        return known

    def tools(self, document: dict[str, Any], whole: Whole | None = None) -> str | None:
        """Hash of the tool schemas; ``whole`` as in ``system_prompt``."""
        tools = document.get("tools")
        if not isinstance(tools, list) or not tools:
            return None
        schemas = dump(tools) or b""
        if whole is not None and left_out(schemas):
            schemas = dump(whole().get("tools") or tools) or b""
        return keyed(self._secret, schemas)

    def parameters(self, document: dict[str, Any]) -> str | None:
        """Hash of the parameters that shape an answer; ``None`` when none is set. Lists and long texts do not count."""
        values = tuple([item for item in document.items() if item[0] in _PARAMETERS and type(item[1]) in _PLAIN])
        known = self._parameters.get(values)
        if known is None and values:
            told = sorted(
                (name, value[:64] if isinstance(value, str) else repr(float(max(-1e99, min(1e99, value)))))
                for name, value in values
            )
            known = keyed(self._secret, f"parameters\0{told}".encode("utf-8", "surrogatepass"))
            if len(self._parameters) >= _PROMPTS:
                self._parameters.clear()
            if not any(isinstance(value, str) and len(value) > 64 for _, value in values):
                self._parameters[values] = known
        return known


def _opening(operation: Operation, document: dict[str, Any]) -> bytes | None:
    if operation is Operation.RESPONSES:
        given = document.get("input")
        first = _ends(given) if isinstance(given, str) else _through_first_user(given)
        return dump([document.get("instructions"), first]) if first else None
    if operation is Operation.COMPLETIONS:
        return dump(document["prompt"]) if document.get("prompt") else None
    first = _through_first_user(document.get("messages"))
    if not first:
        return None
    return dump([document.get("system"), first] if "system" in document else first)


def _through_first_user(messages: object) -> list[dict[str, Any]]:
    """The messages up to the first of a user, of at most 16; only the first one where there is none."""
    first: list[dict[str, Any]] = []
    for message in messages[:16] if isinstance(messages, list) else ():
        if isinstance(message, dict):
            content = message.get("content")
            if isinstance(content, str) and len(content) > _HASHED:
                first.append({**message, "content": _ends(content)})
            else:
                first.append(message)
            if message.get("role") == "user":
                return first
    return first[:1]


def _ends(text: str) -> str:
    """A long text by both ends and its length: writing all of it down costs more than the rest of its request."""
    if len(text) <= _HASHED:
        return text
    return f"{text[: _HASHED // 2]}{text[-_HASHED // 2 :]}{len(text) + left_out(text)}"


def _system(operation: Operation, document: dict[str, Any]) -> str:
    if operation is Operation.RESPONSES and string(document, "instructions"):
        return string(document, "instructions")
    if operation is Operation.MESSAGES:
        return _text(document.get("system"))
    for message in items(document, "input" if operation is Operation.RESPONSES else "messages")[:2]:
        if message.get("role") in ("system", "developer"):
            return _text(message.get("content"))
    return ""


def _text(content: object) -> str:
    return content if isinstance(content, str) else (dump(content) or b"").decode() if content else ""
