"""Tool calls in every form that providers and recorded files use, whole and in pieces.

Whole: ``{"function": {"name", "arguments"}}`` (OpenAI), ``{"custom": {"name", "input"}}`` (its free-text tools),
``{"function": "name", "arguments": {...}}`` (inspect_ai's files), ``{"name", "arguments" | "args" | "input"}``
(LangChain's, Cohere's and many servers'). Arguments are the JSON text as sent; an object is written as JSON. A call in
no known form keeps its whole JSON as its arguments: nothing is emptied in silence.

In pieces (chat's ``delta.tool_calls``): ``index`` tells which call a piece belongs to, where it is right. It is missing
(Gemini), or 0 for all calls (several proxies), or another one in the middle of a call; names come again with every
piece, ids too; see ``Pieces.take``. Arguments come again as a whole at the end, or with every piece as all that there
is so far, or after a first ``{}``; see ``_without_repeats``.
"""

from __future__ import annotations

from typing import Any

import orjson

from proxy.sample import ToolCall
from proxy.wire.facts import dump, place, string
from proxy.wire.json_array import Elements

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

    __slots__ = ("_looked", "_scan", "arguments", "begins_again", "id", "index", "name", "said")

    def __init__(self, index: int) -> None:
        self.index = index
        self.id = self.name = ""
        self.arguments: list[str] = []
        self.said = False
        #: Whether a later piece begins as JSON does: it may repeat what came before.
        self.begins_again = False
        self._scan: Elements | None = None
        self._looked = 0

    def add(self, arguments: str) -> None:
        """A piece of the arguments, which is not empty."""
        self.begins_again |= self.said and arguments.lstrip()[:1] in ("{", "[")
        self.arguments.append(arguments)
        self.said = self.said or not arguments.isspace()

    def is_complete(self) -> bool:
        """Whether the arguments are a complete JSON document. Any further piece then begins another call.

        Only the brackets are counted, and each piece is looked at once, however often this is asked.
        """
        if not self.arguments or not self.arguments[-1].rstrip().endswith(("}", "]")):
            return False
        if self._scan is None:
            self._scan = Elements(0)
            self._scan.feed(b"[")
        for piece in self.arguments[self._looked :]:
            self._scan.feed(piece.encode("utf-8", "replace"))
        self._looked = len(self.arguments)
        return self._scan.between

    def whole(self) -> str:
        """The arguments, each part of them once."""
        joined = "".join(self.arguments)
        if not self.begins_again or _is_json(joined):
            return joined
        once = _without_repeats(self.arguments)
        return once if _is_json(once) else joined


def _without_repeats(pieces: list[str]) -> str:
    """Pieces joined, where a piece that begins with all that came before it, or follows ``{}``, replaces that.

    What came before is joined only if the piece is as long, so the time is linear in all of them.
    """
    kept: list[str] = []
    size = 0
    for piece in pieces:
        if 0 < size <= len(piece) and (piece.startswith("".join(kept)) or (size == 2 and "".join(kept) == "{}")):
            kept, size = [], 0
        kept.append(piece)
        size += len(piece)
    return "".join(kept)


def _is_json(text: str) -> bool:
    try:
        orjson.loads(text.encode("utf-8", "replace"))
    except orjson.JSONDecodeError:
        return False
    return True


class Pieces:
    """The calls of one choice, assembled from the pieces of a stream."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        #: The last call of each index, and the first one of each id.
        self._at: dict[int, _Call] = {}
        self._named: dict[str, _Call] = {}

    def take(self, piece: dict[str, Any]) -> None:
        """Add a piece to the call with its index or its id, or to the last call.

        It begins a new call instead if its name and its id both differ from that call, or if it has a name and that
        call is already complete. A repeated name or id while arguments are incomplete begins nothing.
        """
        index = place(piece, -1)
        id, name, arguments = string(piece, "id"), name_of(piece), arguments_of(piece)
        call = self._of(index, id) or self._goes_on(index, id, name)
        if call is None or _begins(call, id, name, arguments):
            call = _Call(index)
            self._calls.append(call)
            if index >= 0:
                self._at[index] = call
        if id and not call.id:
            call.id = id
            self._named.setdefault(id, call)
        if name and not (call.said and call.name):
            # Repeated, or repeated with more of it, or in pieces of its own.
            call.name = name if name.startswith(call.name) else call.name + name
        if arguments:
            call.add(arguments)

    def _of(self, index: int, id: str) -> _Call | None:
        if index >= 0:
            return self._at.get(index)
        return self._named.get(id) or (self._calls[-1] if self._calls else None)

    def _goes_on(self, index: int, id: str, name: str) -> _Call | None:
        """The last call, where a piece under an index of its own has neither id nor name: the head of that call came
        under the index of another one."""
        if index < 0 or id or name or not self._calls or self._calls[-1].is_complete():
            return None
        self._at[index] = call = self._calls[-1]
        return call

    def calls(self) -> tuple[ToolCall, ...]:
        """The calls, in the order in which they began. A call that came under two indexes is one."""
        found: list[ToolCall] = []
        places: dict[str, int] = {}
        for call in self._calls:
            made = ToolCall(call.name, call.whole(), call.id or None)
            place = places.setdefault(call.id, len(found)) if call.id else len(found)
            one = _united(found[place], made) if place < len(found) else None
            if one is None:
                found.append(made)
            else:
                found[place] = one
        return tuple(found)


def _begins(call: _Call, id: str, name: str, arguments: str) -> bool:
    """Whether a piece begins a new call, although ``call`` has its index or is the last one."""
    if not name or not call.name or (id and call.id == id):
        return False
    if id and call.id:
        return call.index < 0 or name != call.name or not call.said or call.is_complete()
    return call.said and call.is_complete() and (name != call.name or bool(arguments.strip()))


def _united(first: ToolCall, second: ToolCall) -> ToolCall | None:
    """Two calls with one id as one call; ``None`` if they are two: some servers give all calls the same id."""
    before, after = first.arguments, second.arguments
    if second.name not in ("", first.name):
        return None
    if second.name and before and after and not (before == "{}" or after.startswith(before)):
        return None
    return ToolCall(first.name, _without_repeats([piece for piece in (before, after) if piece]), first.id)
