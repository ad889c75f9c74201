"""Ids and keyed hashes of one request. They identify its origin without revealing it."""

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

from proxy.config.data_folder import write_private
from proxy.errors import ConfigError
from proxy.exchange import Operation
from proxy.observe.system_prompts import lasting, program_of
from proxy.wire.chat import asks_in_items
from proxy.wire.client_forms import before_blocks, turn
from proxy.wire.facts import child, dump, load, string
from proxy.wire.outline import left_out
from proxy.wire.partial import CUT

_SECRET_BYTES = 32
_REMEMBERED = 10_000
#: Bytes of a conversation's opening that are hashed; a longer one by its two ends.
_HASHED = 1024
_random = random.Random()
#: Applications send few system prompts many times: so many are known, short ones (characters) as they are and all by a
#: digest of what lasts in them.
_PROMPTS, _LONGEST_PROMPT = 256, 16_384
#: Each request of a conversation repeats its opening: so many are known, of at most so many characters each, with all
#: that names them.
_OPENINGS, _LONGEST_OPENING = 1024, 4096
#: Messages in which the first one is looked for that a person wrote.
_FIRST = 64
#: Members of a request, and of its metadata, by which clients name a session; Claude Code's also stands in a user's id.
_SESSION_NAMES = (
    *("session_id", "conversation_id", "chat_id", "thread_id"),
    *("sessionId", "conversationId", "chatId", "threadId"),
)
_NAMING = frozenset(("conversation", "metadata", "client_metadata", "prompt_cache_key", *_SESSION_NAMES))
_IN_USER_ID = re.compile(r"_session_([\w-]{8,64})\Z")
#: What in a key of a cache says nothing of the session: dates, versions, models.
_NO_SESSION = re.compile(r"\d{4}-\d\d(?:-\d\d)?|\bv\d+(?:\.\d+)*\b|\b(?:gpt|claude|gemini|o)-?\d[\w.]*", re.IGNORECASE)

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
    """The server secret for sampling and hashes: created once, mode 0600, shared by all processes of a data folder.

    Raises ``ConfigError`` if the path holds something else. An existing file is never overwritten.
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
    """32 hex digits that sort by time: 48 bits of milliseconds and 80 random bits. An identifier, not a secret."""
    return "%032x" % (time.time_ns() // 1_000_000 << 80 | _random.getrandbits(80))


def keyed(secret: bytes, value: bytes) -> str:
    """A hash that cannot be reversed or matched without the secret; 32 hex digits."""
    return hashlib.blake2b(value, key=secret, digest_size=16).hexdigest()


def judge_guard(secret: bytes) -> str:
    """The value of ``x-sightglass-judge`` on calls of a judge. A proxy with the same secret never samples them."""
    return keyed(secret, b"judge")


def counted_mark(secret: bytes) -> str:
    """The value of ``x-sightglass-counted`` on requests of a run in the store, whose worker counts them. A proxy with
    the same secret does not count them once more."""
    return keyed(secret, b"counted")


class Conversations:
    """Assigns requests to conversations.

    Sources in order of trust: the name given by the application, ids sent by clients, the response that the request
    continues, and the first messages up to the first one written by a person.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._by_response: OrderedDict[str, str] = OrderedDict()
        self._openings: dict[tuple[str, ...], str] = {}
        self._prompts: dict[str, str] = {}
        self._programs: dict[bytes, str] = {}
        self._parameters: dict[tuple[tuple[str, Any], ...], str] = {}

    def key(
        self, app: str, named: str | None, operation: Operation, document: dict[str, Any], socket: str | None = None
    ) -> str | None:
        """The keyed hash of the conversation; ``None`` if nothing identifies it.

        ``document``: the request or its outline, always the same of the two. ``socket``: the name of the session that
        the request arrived through.
        """
        if not named:
            named = None if _NAMING.isdisjoint(document) else _session_in(document)
        if named is not None:
            return self._named(app, named)
        previous = document.get("previous_response_id")
        if "thread" in document:  # Anthropic's: earlier turns are kept by the provider
            previous = string(document["thread"], "previous_message_id") or previous
        if previous and isinstance(previous, str) and previous in self._by_response:
            return self._by_response[previous]
        if socket is not None:
            return self._named(app, socket)
        return self._by_opening(app, operation, document)

    def _named(self, app: str, name: str) -> str:
        return keyed(self._secret, f"{app}\0id\0{name}".encode("utf-8", "surrogatepass"))

    def _hash(self, app: str, opening: bytes | None) -> str | None:
        return None if opening is None else keyed(self._secret, app.encode() + b"\0" + opening)

    def _by_opening(self, app: str, operation: Operation, document: dict[str, Any]) -> str | None:
        """By the first messages: instructions with their variable parts masked, and the first text of a person."""
        if operation is Operation.COMPLETIONS and "messages" not in document:
            prompt = dump(document["prompt"]) if document.get("prompt") else None
            return None if prompt is None else self._hash(app, _ends(prompt.decode()).encode())
        answers = _in_items(operation, document)
        given = document.get("input" if answers else "messages")
        system = document.get("instructions" if answers else "system")
        if isinstance(given, str) and answers:
            given = [{"role": "user", "content": given}]
        instructions = _text(system) if system else ""
        before = [self._program(instructions)] if instructions else []
        messages = given if isinstance(given, list) else []
        seen = 0
        for message in messages:
            if not isinstance(message, dict):
                continue
            role = message.get("role")
            if role == "user":
                # One key of a cache for all sessions of a program makes no session; it may tell two programs apart.
                cache_key = string(document, "prompt_cache_key") if "prompt_cache_key" in document else ""
                told = (app, *before, cache_key)
                if (found := self._by_words(told, message.get("content"))) is not None:
                    return found
            if role in ("system", "developer"):
                content = message.get("content")
                before.append(self._program(content if isinstance(content, str) else _text(content)))
            seen += 1
            if seen == _FIRST:
                break
        return self._hash(app, _only(messages))

    def _by_words(self, told: tuple[str, ...], content: object) -> str | None:
        """By the first words of a person, if there are any in ``content``, and what was ``told`` before: the
        application, the programs of instructions, the key of a cache.
        """
        place = (*told, content) if isinstance(content, str) else None
        if place is not None and (known := self._openings.get(place)) is not None:
            return known
        if not (said := _said(content)):
            return None
        app, *before, cache_key = told
        found = self._hash(app, dump([*before, said, cache_key]))
        if place is not None and found is not None and sum(map(len, place)) <= _LONGEST_OPENING:
            if len(self._openings) >= _OPENINGS:
                self._openings.clear()
            self._openings[place] = found
        return found

    def remember(self, response_id: str | None, conversation: str | None) -> None:
        """Store this response, so that a later request can continue it."""
        if response_id and conversation:
            self._by_response[response_id] = conversation
            if len(self._by_response) > _REMEMBERED:
                self._by_response.popitem(last=False)

    def system_prompt(self, operation: Operation, document: dict[str, Any], whole: Whole | None = None) -> str | None:
        """Hash of the system prompt with its variable parts masked; ``None`` if the prompt is incomplete.

        ``document`` may be an outline. The full document is then taken from ``whole`` if the outline omits a part of
        the prompt.
        """
        text = _system(operation, document)
        if not text or text.endswith(CUT):
            return None
        if whole is not None and left_out(text):
            # What the outline passed over may be no JSON at all.
            text = _system(operation, whole()) or text
        return self._program(text)

    def _program(self, prompt: str) -> str:
        """The hash of the program that a system prompt belongs to."""
        known = self._prompts.get(prompt)
        if known is not None:
            return known
        text = lasting(prompt)
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        known = self._programs.get(digest)
        if known is None:
            known = keyed(self._secret, program_of(text).encode("utf-8", "surrogatepass"))
            if len(self._programs) >= _PROMPTS:
                self._programs.clear()
            self._programs[digest] = known
        if len(self._prompts) >= _PROMPTS:
            self._prompts.clear()
        if len(prompt) <= _LONGEST_PROMPT:
            self._prompts[prompt] = known
        return known

    def tools(self, document: dict[str, Any], whole: Whole | None = None) -> str | None:
        """Hash of the tool schemas. ``whole``: see ``system_prompt``."""
        tools = document.get("tools")
        if not isinstance(tools, list) or not tools:
            return None
        schemas = dump(tools) or b""
        if whole is not None and left_out(schemas):
            schemas = dump(whole().get("tools") or tools) or b""
        return keyed(self._secret, schemas)

    def parameters(self, document: dict[str, Any]) -> str | None:
        """Hash of the parameters that shape an answer; ``None`` if none is set. Lists and long texts are ignored."""
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


def _only(messages: list[Any]) -> bytes | None:
    """An opening without user messages: the first message alone. ``None`` if a user message can still follow."""
    told = [message for message in messages if isinstance(message, dict)]
    if not told or messages[-1] == CUT or any(message.get("role") == "user" for message in told):
        return None
    only = dump(told[0])
    return None if only is None else _ends(only.decode()).encode()


def _session_in(document: dict[str, Any]) -> str | None:
    """The session id that a client puts into the request body."""
    held = document.get("conversation")
    found = held if isinstance(held, str) else string(held, "id")
    metadata = child(document, "metadata")
    for place in (document, metadata, child(document, "client_metadata")):
        for name in _SESSION_NAMES:
            found = found or string(place, name)
    found = found or _in_user_id(string(metadata, "user_id"))
    key = string(document, "prompt_cache_key")
    if not found and any(char.isdigit() for char in _NO_SESSION.sub("", key)):
        found = key
    return found[:256] or None


def _in_user_id(user: str) -> str:
    """The session that Claude Code puts into its user id: as JSON, in older versions after a marker."""
    if user.startswith("{"):
        return string(load(user.encode("utf-8", "surrogatepass")), "session_id")
    match = _IN_USER_ID.search(user[-100:])
    return match[1] if match else ""


def _said(content: object) -> str:
    """The text that a person wrote in a user turn: both ends and the length.

    Pictures and files count. Tool results and text written by the client do not.
    """
    if isinstance(content, str):
        said = turn(content).spoken.strip()
        return _ends(before_blocks(said) if said.endswith(CUT) else said)
    others: list[str] = []
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict) and "text" not in part and part.get("type") not in ("tool_result", "cache_control"):
            kept = dump({name: value for name, value in part.items() if name != "cache_control"}) or b""
            others.append(_ends(kept.decode()))
    said = _said(_text(content))
    return "\n".join([said, *others]) if others else said


def _ends(text: str) -> str:
    """Both ends and the length of a long text; for a truncated text, its beginning."""
    if text.endswith(CUT):
        return text[: _HASHED // 2]
    if len(text) <= _HASHED:
        return text
    return f"{text[: _HASHED // 2]}{text[-_HASHED // 2 :]}{len(text) + left_out(text)}"


def _in_items(operation: Operation, document: dict[str, Any]) -> bool:
    """Whether a request has its turns as items of Responses."""
    return operation is Operation.RESPONSES or (operation is Operation.CHAT and asks_in_items(document))


def _system(operation: Operation, document: dict[str, Any]) -> str:
    in_items = _in_items(operation, document)
    if in_items and string(document, "instructions"):
        return string(document, "instructions")
    if operation is Operation.MESSAGES:
        return _text(document.get("system"))
    given = document.get("input" if in_items else "messages")
    first = 0
    for message in given if isinstance(given, list) else ():
        if not isinstance(message, dict):
            continue
        role = message.get("role")
        if role in ("system", "developer"):
            return _text(message.get("content"))
        first += 1
        if first == 2:
            break
    return ""


def _text(content: object) -> str:
    """The text of a message or prompt that is a string or a list of parts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return (dump(content) or b"").decode() if content else ""
    return "\n".join(part if isinstance(part, str) else string(part, "text") for part in content)
