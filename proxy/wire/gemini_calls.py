"""Calls of functions in the parts of Gemini's answers, whole or in pieces.

Vertex streams the arguments of a call if the request asks for it (``streamFunctionCallArguments``): a first part has
the name, further ones have ``partialArgs``, each with the path of one value, and the last one has neither. The text of
one value may come in several.

Source: google-genai 3.6.1, ``types.FunctionCall`` and ``types.PartialArg``.
"""

from __future__ import annotations

import re
from typing import Any

from proxy.sample import ToolCall
from proxy.wire.facts import child, dump, items, string

#: A step of a path: a member, a member in quotes, a place in a list.
_STEP = re.compile(r"\.([^.\[\]'\"]{1,200})|\[['\"]([^'\"\]]{1,200})['\"]\]|\[(\d{1,4})\]")
#: A path has no more steps than this, and a call no more values.
_DEEPEST, _MOST = 32, 10_000


def calls_in(parts: list[dict[str, Any]]) -> list[ToolCall]:
    """The calls in the parts of one candidate, in order."""
    found: list[_Call] = []
    for part in parts:
        call = part.get("functionCall")
        if not isinstance(call, dict):
            continue
        goes_on = bool(found) and found[-1].open and not string(call, "name")
        if not goes_on and call:
            found.append(_Call(call))
        elif goes_on:
            found[-1].take(call)
    return [call.made() for call in found]


class _Call:
    """One call while its pieces come."""

    def __init__(self, call: dict[str, Any]) -> None:
        self.name, self.id = string(call, "name"), string(call, "id")
        self.args: dict[str, Any] = dict(child(call, "args"))
        self.open = call.get("willContinue") is True
        self._values = 0
        self._add(call)

    def take(self, call: dict[str, Any]) -> None:
        """A further piece."""
        self.args |= child(call, "args")
        self._add(call)
        self.open = call.get("willContinue") is True

    def _add(self, call: dict[str, Any]) -> None:
        for piece in items(call, "partialArgs"):
            self._values += 1
            if self._values > _MOST:
                return
            steps = _steps(string(piece, "jsonPath"))
            if steps:
                _put(self.args, steps, _value(piece))

    def made(self) -> ToolCall:
        """The call with the arguments that have come."""
        return ToolCall(self.name, (dump(self.args) or b"").decode(), self.id or None)


def _steps(path: str) -> list[str | int]:
    """The steps of ``$.a.b[0]``; none if the path is in another form."""
    steps: list[str | int] = []
    at = 1
    while path.startswith("$") and at < len(path) and len(steps) < _DEEPEST:
        step = _STEP.match(path, at)
        if step is None:
            return []
        steps.append(int(step[3]) if step[3] else step[1] or step[2])
        at = step.end()
    return steps if at == len(path) else []


def _value(piece: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON from outside is any value
    return next((piece[key] for key in ("stringValue", "numberValue", "boolValue") if key in piece), None)


def _put(args: dict[str, Any], steps: list[str | int], value: Any) -> None:  # noqa: ANN401 - JSON
    """Set the value at a path, or add to the text that is there. A place beyond the end of a list is the next one."""
    holder: Any = args
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if isinstance(step, int) and isinstance(holder, list):
            if step >= len(holder):
                holder.append(None)
            place: Any = min(step, len(holder) - 1)
        elif isinstance(step, str) and isinstance(holder, dict):
            holder.setdefault(step, None)
            place = step
        else:
            return  # the value there is of another kind
        if following is None:
            before = holder[place]
            holder[place] = before + value if isinstance(before, str) and isinstance(value, str) else value
        else:
            if holder[place] is None:
                holder[place] = [] if isinstance(following, int) else {}
            holder = holder[place]
