"""Tool calls in every form that providers and recorded files use, whole and in pieces.

Whole: ``{"function": {"name", "arguments"}}`` (OpenAI), ``{"custom": {"name", "input"}}`` (its free-text tools),
``{"function": "name", "arguments": {...}}`` (inspect_ai's files), ``{"name", "arguments" | "args" | "input"}``
(LangChain's, Cohere's and many servers'). Arguments are the JSON text as sent; an object is written as JSON. A call in
no known form keeps its whole JSON as its arguments: nothing is emptied in silence.

In pieces (chat's ``delta.tool_calls``): ``index`` tells which call a piece belongs to, where it is right. It is missing
(Gemini), or 0 for all calls (several proxies), names come again with every piece, ids too; see ``Pieces.take``.
"""

from __future__ import annotations

from typing import Any

import orjson

from proxy.sample import ToolCall
from proxy.wire.facts import dump, place, string

_ARGUMENTS = ("arguments", "args", "input", "parameters")


def name_of(call: dict[str, Any]) -> str:
    """The name of a call or of a piece of a call; empty if it has none."""
    function = call.get("function")
    if isinstance(function, str):
        return function
    return string(_holder(call), "name")


def arguments_of(call: dict[str, Any]) -> str:
    """The arguments of a call or of a piece of a call, as JSON text; empty if it has none."""
    for holder in (_holder(call), call):
        for key in _ARGUMENTS:
            value = holder.get(key)
            if isinstance(value, str):
                return value
            if isinstance(value, dict | list):
                return (dump(value) or b"").decode()
    return ""


def _holder(call: dict[str, Any]) -> dict[str, Any]:
    for key in ("function", "custom"):
        inner = call.get(key)
        if isinstance(inner, dict):
            return inner
    return call


def call_of(call: dict[str, Any]) -> ToolCall:
    """A complete call."""
    name, arguments = name_of(call), arguments_of(call)
    if not name and not arguments:
        arguments = (dump(call) or b"").decode()
    return ToolCall(name, arguments, string(call, "id") or string(call, "call_id") or None)


class _Call:
    """A call that is being assembled."""

    __slots__ = ("arguments", "id", "index", "name", "said")

    def __init__(self, index: int, id: str) -> None:
        self.index, self.id = index, id
        self.name = ""
        self.arguments: list[str] = []
        self.said = False

    def is_complete(self) -> bool:
        """Whether the arguments are a complete JSON document. Any further piece then begins another call."""
        if not self.arguments or not self.arguments[-1].rstrip().endswith(("}", "]")):
            return False
        try:
            orjson.loads("".join(self.arguments).encode("utf-8", "replace"))
        except orjson.JSONDecodeError:
            return False
        return True


class Pieces:
    """The calls of one choice, assembled from the pieces of a stream."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []

    def take(self, piece: dict[str, Any]) -> None:
        """Add a piece to the call with its index or its id, or to the last call.

        It begins a new call instead if its name and its id both differ from that call, or if it has a name and that
        call is already complete. A repeated name or id while arguments are incomplete begins nothing.
        """
        index = place(piece, -1)
        id, name, arguments = string(piece, "id"), name_of(piece), arguments_of(piece)
        call = self._of(index, id)
        if call is None or _begins(call, id, name, arguments):
            call = _Call(index, id)
            self._calls.append(call)
        call.id = call.id or id
        if name and not call.said:
            # Repeated, or repeated with more of it, or in pieces of its own.
            call.name = name if name.startswith(call.name) else call.name + name
        if arguments:
            call.arguments.append(arguments)
            call.said = call.said or not arguments.isspace()

    def _of(self, index: int, id: str) -> _Call | None:
        if index >= 0:
            return next((call for call in reversed(self._calls) if call.index == index), None)
        named = next((call for call in self._calls if call.id == id), None) if id else None
        return named or (self._calls[-1] if self._calls else None)

    def calls(self) -> tuple[ToolCall, ...]:
        """The calls, in the order in which they began."""
        return tuple(ToolCall(call.name, "".join(call.arguments), call.id or None) for call in self._calls)


def _begins(call: _Call, id: str, name: str, arguments: str) -> bool:
    """Whether a piece begins a new call, although ``call`` has its index or is the last one."""
    if not name or not call.name or (id and call.id == id):
        return False
    if id and call.id:
        return call.index < 0 or name != call.name or not call.said or call.is_complete()
    return call.said and call.is_complete() and (name != call.name or bool(arguments.strip()))
