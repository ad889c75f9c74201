"""What an endpoint said, made fit to be kept: bounded in depth, and without the key that it was asked with.

A provider may quote the key that it was sent, in an error as well as in an answer. Neither may reach a log or a store.
"""

from __future__ import annotations

import functools
from typing import Any

import msgspec
import orjson

from proxy.config.settings import Redaction
from proxy.redact import Redactor
from proxy.wire.facts import load_object

#: A key that is shorter is a word that stands for none, such as ``EMPTY``: it is left in answers.
_SHORTEST = 8
_PLACEHOLDER = "[API_KEY]"
#: Of an error so much is read, and so much is said, in characters.
_READ, _SAID = 4_000, 200
#: Of what is no JSON so much is looked at, in bytes, and said, in characters.
_LOOKED_AT, _BEGUN = 16_000, 80
#: Members that tell of an error where there is no ``error``.
_SAYING = ("message", "detail", "error_message", "error_msg")


@functools.cache
def _redactor() -> Redactor:
    return Redactor(Redaction())


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a model said. ``cost_usd`` is ``None`` where it is not known; ``seconds`` from the last try's start to its
    end; ``cut``: the limit on tokens ended it; ``first_token``: seconds to it, where the answer was streamed;
    ``left_out``: settings of the request that the endpoint refused, and without which it was asked."""

    text: str = ""
    tool_calls: list[dict[str, Any]] = []
    refusal: str = ""
    finish_reason: str | None = None
    model: str | None = None
    usage: dict[str, Any] | None = None
    cost_usd: float | None = None
    seconds: float = 0.0
    cut: bool = False
    first_token: float | None = None
    left_out: list[str] = []


def called(call: object) -> tuple[str, Any]:
    """The name and the arguments of a tool call, of a function or a custom tool; both are empty where it is none.

    Arguments are as the provider sent them: a text, which may be no JSON, or any value.
    """
    inner = (call.get("function") or call.get("custom")) if isinstance(call, dict) else None
    if not isinstance(inner, dict):
        return "", ""
    name, given = inner.get("name"), inner.get("arguments", inner.get("input"))
    return name if isinstance(name, str) else "", given


def written(call: object) -> str:
    """A tool call as people read it; empty for what is none."""
    name, given = called(call)
    said = given if isinstance(given, str) else "" if given is None else orjson.dumps(given).decode()
    return f"{name}({said})" if name or said else ""


class OwnKey:
    """The key that requests are sent with, which nothing that is kept may hold. ``None``: there is none."""

    def __init__(self, key: str | None) -> None:
        self._key = key if key is not None and len(key) >= _SHORTEST else None

    def out_of(self, answer: Answer) -> Answer:
        """The answer without the key. Raises ``ValueError`` for one that is nested too deeply for a store."""
        try:
            data = orjson.dumps(msgspec.to_builtins(answer))
        except (TypeError, RecursionError):
            raise ValueError(
                "the answer cannot be kept: it is nested too deeply, or has numbers beyond 64 bits"
            ) from None
        if self._key is None or orjson.dumps(self._key)[1:-1] not in data:
            return answer
        return msgspec.convert(self._without(orjson.loads(data)), Answer)

    def _without(self, value: Any) -> Any:  # noqa: ANN401 - JSON from outside is any value
        """A value of JSON with the key replaced in its texts; numbers and the names of our members stay."""
        if isinstance(value, str):
            return value if self._key is None else value.replace(self._key, _PLACEHOLDER)
        if isinstance(value, list):
            return [self._without(item) for item in value]
        if isinstance(value, dict):
            return {name if name in Answer.__struct_fields__ else self._without(name): self._without(item)
                    for name, item in value.items()}  # fmt: skip
        return value

    def message(self, data: bytes) -> str:
        """What an error says, for one line: at most 200 characters, printable, without keys; empty for nothing."""
        document = load_object(data)
        if document is None:
            return self.beginning(data)
        error = document.get("error")
        said = error.get("message") if isinstance(error, dict) else error
        if said is None:
            said = next((document[name] for name in _SAYING if isinstance(document.get(name), str)), None)
        if said is None:
            return ""
        return self._line(str(self._without(said)), _SAID)  # before it is cut: half a key is one, too

    def no_completion(self, data: bytes) -> str:
        """What is wrong with an answer that is no chat completion."""
        document = load_object(data)
        if document is None:
            return f"the answer is no chat completion{self.beginning(data)}"
        empty = "choices" in document and not document["choices"]
        return "the answer has no choices" if empty else "the answer is no chat completion"

    def beginning(self, data: bytes) -> str:
        """How what is no JSON begins, for one line, in the same way: a login page, a proxy's error."""
        return self._line(str(self._without(data[:_LOOKED_AT].decode(errors="replace"))), _BEGUN)

    def _line(self, text: str, most: int) -> str:
        shown = "".join(c if c.isprintable() else " " for c in text[:_READ])
        line = _redactor().text(" ".join(shown.split()), {})
        return f": {line[:most]}" if line else ""
