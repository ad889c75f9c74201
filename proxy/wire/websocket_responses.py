"""The responses requested in one WebSocket session, each translated to the events of ``/responses`` over SSE.

``/v1/responses``: the client's ``response.create`` is the request body with a type. The server answers with the same
events as SSE, one response at a time in each lane. ``/v1/realtime``: earlier turns are items of the session. A response
begins when the server says so, even without a request, and its events name it. Sans-I/O: message texts in, steps out.
The number of concurrent responses, the number of items and their total size are bounded.

Sources: openai-python 3.57.0, ``types/responses/responses_client_event.py`` and ``types/realtime``.
"""

from __future__ import annotations

import re
from collections import OrderedDict, deque
from enum import Enum
from typing import Any, NamedTuple

from proxy.wire.facts import child, dump, items, load, string

_TYPE = re.compile(
    rb'"type"\s*:\s*"((?:response|session|conversation\.item|input_audio_buffer\.committed|error)[a-z._]*)"'
)
_STREAM = re.compile(rb'"stream_id"\s*:\s*"([^"\\]{1,200})"')
#: The type stands near the beginning of a message, or near its end.
_NEAR = 400
_ENDS = ("response.completed", "response.incomplete", "response.failed", "response.cancelled", "response.done", "error")
#: Responses that may be under way, and items of a realtime session that are remembered, with their bytes.
_OPEN, _ITEMS, _BYTES = 16, 256, 256_000
_COMMITTED, _HEARD = "input_audio_buffer.committed", "conversation.item.input_audio_transcription.completed"
_UNHEARD = "conversation.item.input_audio_transcription.failed"
#: What a step says of a response that is the transcript of what was heard, and of one that failed.
TRANSCRIPT, FAILED = b"transcript", b"failed"
_SHORT = {
    "response.text.delta": "response.output_text.delta",
    "response.audio_transcript.delta": "response.output_text.delta",
    "response.output_audio_transcript.delta": "response.output_text.delta",
}
_PASSED = ("response.output_text.delta", "response.function_call_arguments.delta", "response.output_item.done")


class What(Enum):
    """The event that happened to a response."""

    BEGUN = "begun"
    ASKED = "asked"
    EVENT = "event"
    ENDED = "ended"
    LEFT_OUT = "left_out"


class Step(NamedTuple):
    """One event of the response ``turn``.

    ``data`` is, for ASKED, the request body; for EVENT, the JSON of the event; for LEFT_OUT, why it is not read; for
    BEGUN, ``TRANSCRIPT`` of a transcript, of which an EVENT tells model and usage; for ENDED, ``FAILED`` if it failed.
    """

    what: What
    turn: int
    data: bytes = b""


def kind_of(message: bytes) -> str:
    """The type of an event, without parsing it."""
    found = _TYPE.search(message, 0, _NEAR) or _TYPE.search(message, max(0, len(message) - _NEAR))
    return found[1].decode() if found else ""


class _Turn:
    """One response of a session. ``asked``: its request, for a successor; ``id``: since it has begun."""

    __slots__ = ("asked", "id", "number")

    def __init__(self, number: int, asked: bytes) -> None:
        self.number = number
        self.asked = asked if len(asked) <= _BYTES else b"{}"
        self.id: str | None = None


class Responses:
    """A session of ``/v1/responses``. In each lane (``stream_id``) answers come in the order of the requests.

    A client can steer a response. It then ends, and the server begins the next one by itself, with the settings of the
    one before it and with what the client said.
    """

    def __init__(self) -> None:
        self._open: list[tuple[str, _Turn]] = []
        self._number = 0
        #: Requests of responses that have ended, by lane, and what steers are waiting, by the response.
        self._ended: OrderedDict[str, bytes] = OrderedDict()
        self._steers: OrderedDict[str, list[object]] = OrderedDict()

    def client(self, message: bytes, cut: bool) -> list[Step]:
        """A text from the client. ``cut``: it is truncated."""
        kind = kind_of(message)
        if kind == "response.steer" and not cut:
            self._steer(load(message))
        if kind != "response.create":
            return []
        if len(self._open) >= _OPEN:
            return [Step(What.LEFT_OUT, 0, b"too_many_open")]
        return self._begin(_lane(message), message)

    def server(self, message: bytes, cut: bool) -> list[Step]:
        """A text from the server."""
        kind = kind_of(message)
        if not kind.startswith(("response.", "error")) or kind.startswith("response.steer."):
            return []
        lane = _lane(message)
        steps: list[Step] = []
        if kind == "response.created":
            response = child(load(message), "response")
            id = string(response, "id")
            turn = self._of(lane, id)
            if turn is None and len(self._open) < _OPEN:
                steps = self._begin(lane, self._succeeding(lane, response))
                turn = self._of(lane, id)
            if turn is not None:
                turn.id = id
        else:
            turn = self._of(lane)
        if turn is None:
            return []
        if cut:
            steps.append(Step(What.LEFT_OUT, turn.number, b"message_too_long"))
            message = dump({"type": kind}) or b""
        steps.append(Step(What.EVENT, turn.number, message))
        if kind in _ENDS:
            self._end(turn)
            steps.append(Step(What.ENDED, turn.number))
        return steps

    def _of(self, lane: str, id: str | None = None) -> _Turn | None:
        """The response that an event belongs to: the oldest in its lane, or of all, if the server names no lanes.

        ``id``: that of a response that the event begins; it is this one, or one that has not begun.
        """
        fitting = [turn for name, turn in self._open if name == lane] or [turn for _, turn in self._open if not lane]
        return next((turn for turn in fitting if id is None or turn.id in (None, id)), None)

    def _begin(self, lane: str, request: bytes) -> list[Step]:
        self._number += 1
        self._open.append((lane, _Turn(self._number, request)))
        return [Step(What.BEGUN, self._number), Step(What.ASKED, self._number, request)]

    def _end(self, turn: _Turn) -> None:
        at = next(at for at, (_, one) in enumerate(self._open) if one is turn)
        lane, _ = self._open.pop(at)
        self._ended.pop(lane, None)
        self._ended[lane] = turn.asked
        while len(self._ended) > _OPEN or sum(map(len, self._ended.values())) > _BYTES:
            self._ended.popitem(last=False)

    def _steer(self, doc: object) -> None:
        """Remember what a client said to steer a response."""
        said = doc.get("input") if isinstance(doc, dict) else None
        given = said if isinstance(said, list) else [{"role": "user", "content": said}]
        self._steers.setdefault(string(doc, "previous_response_id"), []).extend(given)
        while len(self._steers) > _OPEN or len(dump(list(self._steers.values())) or b"") > _BYTES:
            self._steers.popitem(last=False)

    def _succeeding(self, lane: str, response: dict[str, Any]) -> bytes:
        """The request of a response that the server began by itself."""
        parent = string(response, "previous_response_id")
        before = load(self._ended.get(lane, b"{}"))
        said = self._steers.pop(parent, None)
        if said is None or not isinstance(before, dict):
            return b"{}"
        return dump({**before, "previous_response_id": parent, "input": said}) or b"{}"


def _lane(message: bytes) -> str:
    """The lane that a message names; empty if it names none."""
    if b'"stream_id"' not in message:
        return ""
    doc = load(message)
    if doc is None and (found := _STREAM.search(message)):  # it is cut
        return found[1].decode("utf-8", "replace")
    return string(doc, "stream_id")


class Realtime:
    """A session of ``/v1/realtime``. ``model``: from the URL, until the session names another."""

    def __init__(self, model: str | None) -> None:
        self._session: dict[str, Any] = {"model": model} if model else {}
        self._items: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._sizes: dict[str, int] = {}
        self._asked: deque[tuple[int, dict[str, Any], str]] = deque()
        self._open: OrderedDict[str, tuple[int, dict[str, Any], list[str]]] = OrderedDict()
        self._number = 0
        #: Items of sound whose transcript, by another model, is under way.
        self._unheard: OrderedDict[str, int] = OrderedDict()

    def client(self, message: bytes, cut: bool) -> list[Step]:
        """A text from the client. ``cut``: it is truncated."""
        kind = kind_of(message)
        if kind not in ("response.create", "session.update") or cut:
            return []
        doc = load(message)
        if kind == "session.update":
            self._session.update(child(doc, "session"))
            return []
        if len(self._asked) + len(self._open) >= _OPEN:
            return [Step(What.LEFT_OUT, 0, b"too_many_open")]
        self._number += 1
        self._asked.append((self._number, child(doc, "response"), string(doc, "event_id")))
        return [Step(What.BEGUN, self._number)]

    def server(self, message: bytes, cut: bool) -> list[Step]:
        """A text from the server."""
        kind = kind_of(message)
        if cut:
            return [Step(What.LEFT_OUT, 0, b"message_too_long")] if kind in _ENDS else []
        if kind in ("session.created", "session.updated"):
            self._session.update(child(load(message), "session"))
        elif kind in ("conversation.item.added", "conversation.item.created", "conversation.item.done"):
            self._remember(child(load(message), "item"))
        elif kind == _COMMITTED:
            return self._listen(string(load(message), "item_id"))
        elif kind in (_HEARD, _UNHEARD):
            return self._hear(load(message), kind == _HEARD)
        elif kind == "conversation.item.deleted":
            self._forget(string(load(message), "item_id"))
        elif kind == "response.created":
            return self._created(child(load(message), "response"))
        elif kind == "response.done":
            return self._done(child(load(message), "response"))
        elif kind == "error":
            return self._error(message, string(child(load(message), "error"), "event_id"))
        elif (told := _SHORT.get(kind, kind)) in _PASSED:
            doc = load(message)
            found = self._open.get(string(doc, "response_id"))
            if found is not None and isinstance(doc, dict):
                return [Step(What.EVENT, found[0], dump({**doc, "type": told}) or b"{}")]
        return []

    def _created(self, response: dict[str, Any]) -> list[Step]:
        steps: list[Step] = []
        if self._asked:
            turn, asked, _ = self._asked.popleft()
        elif len(self._open) < _OPEN:  # the server heard that the speaker had come to an end
            self._number += 1
            turn, asked = self._number, {}
            steps.append(Step(What.BEGUN, turn))
        else:
            return [Step(What.LEFT_OUT, 0, b"too_many_open")]
        self._open[string(response, "id")] = turn, asked, list(self._items)
        begun = {"id": response.get("id"), "model": self._session.get("model")}
        return [*steps, Step(What.EVENT, turn, dump({"type": "response.created", "response": begun}) or b"{}")]

    def _done(self, response: dict[str, Any]) -> list[Step]:
        found = self._open.pop(string(response, "id"), None)
        if found is None:
            return []
        turn, asked, before = found
        for item in items(response, "output") if asked.get("conversation") != "none" else ():
            self._remember(item)
        status = string(response, "status") or "completed"
        details = child(response, "status_details")
        told = {
            "id": response.get("id"),
            "model": self._session.get("model"),
            "status": status,
            "output": [_answered(item) for item in items(response, "output")],
            "usage": response.get("usage"),
            "error": details.get("error"),
        }
        if status == "incomplete":
            told["incomplete_details"] = {"reason": details.get("reason")}
        event = dump({"type": f"response.{status}", "response": told}) or b"{}"
        request = Step(What.ASKED, turn, self._request(asked, before))
        return [request, Step(What.EVENT, turn, event), Step(What.ENDED, turn)]

    def _error(self, message: bytes, event_id: str) -> list[Step]:
        """Assigns an error to a requested response that has not begun, if it names that response or none."""
        if not self._asked or event_id not in ("", self._asked[0][2]):
            return []
        turn, asked, _ = self._asked.popleft()
        request = Step(What.ASKED, turn, self._request(asked, list(self._items)))
        return [request, Step(What.EVENT, turn, message), Step(What.ENDED, turn)]

    def _request(self, asked: dict[str, Any], before: list[str]) -> bytes:
        """The input of the model, in the format of ``/responses``."""
        told: dict[str, Any] = {name: self._session.get(name) for name in ("model", "instructions", "tools")}
        told.update({name: asked[name] for name in ("instructions", "tools", "input") if asked.get(name) is not None})
        if "input" not in asked:
            told["input"] = [self._items[id] for id in before if id in self._items]
        elif isinstance(told.get("input"), list):
            told["input"] = [self._referred_to(item) for item in told["input"]]
        return dump({name: value for name, value in told.items() if value is not None}) or b"{}"

    def _referred_to(self, item: object) -> object:
        """An item of the session for a reference to it."""
        if string(item, "type") != "item_reference":
            return item
        return self._items.get(string(item, "id"), item)

    def _forget(self, id: str) -> None:
        if self._items.pop(id, None) is not None:
            del self._sizes[id]

    def _remember(self, item: dict[str, Any]) -> None:
        id = string(item, "id") or f"item {self._number} {len(self._items)}"
        kept = {**item, "content": [_said(part) for part in items(item, "content")]} if "content" in item else item
        self._items[id], self._sizes[id] = kept, len(dump(kept) or b"")
        while len(self._items) > _ITEMS or sum(self._sizes.values()) > _BYTES:
            self._sizes.pop(self._items.popitem(last=False)[0])
            if not self._items:
                return

    def _transcriber(self) -> dict[str, Any]:
        """What the session says of the model that transcribes what is heard; empty if none does."""
        return child(child(child(self._session, "audio"), "input"), "transcription") or child(
            self._session, "input_audio_transcription"
        )

    def _listen(self, id: str) -> list[Step]:
        """Sound was heard. Its transcript has a model, a usage and a price of its own."""
        if not self._transcriber():
            return []
        self._number += 1
        self._unheard[id] = self._number
        begun = Step(What.BEGUN, self._number, TRANSCRIPT)
        if len(self._unheard) <= _OPEN:
            return [begun]
        return [begun, Step(What.ENDED, self._unheard.popitem(last=False)[1])]

    def _hear(self, doc: object, heard: bool) -> list[Step]:
        id, steps = string(doc, "item_id"), list[Step]()
        item = self._items.get(id)
        if item is not None and heard:
            item["content"] = [{"type": "input_text", "text": string(doc, "transcript")}]
        turn = self._unheard.pop(id, None)
        if turn is None:  # it was not said when it began
            self._number += 1
            turn = self._number
            steps.append(Step(What.BEGUN, turn, TRANSCRIPT))
        usage = doc.get("usage") if isinstance(doc, dict) else None
        told = dump({"model": string(self._transcriber(), "model") or None, "usage": usage}) or b"{}"
        return [*steps, Step(What.EVENT, turn, told), Step(What.ENDED, turn, b"" if heard else FAILED)]


def _said(part: dict[str, Any]) -> dict[str, Any]:
    """A part of an item without its audio. The transcript is its text."""
    if string(part, "type") in ("input_audio", "audio", "output_audio") and string(part, "transcript"):
        return {"type": "input_text", "text": string(part, "transcript")}
    return {name: value for name, value in part.items() if name not in ("audio", "image_url")}


def _answered(item: dict[str, Any]) -> dict[str, Any]:
    if "content" not in item:
        return item
    content = [
        {"type": "output_text", "text": string(p, "text") or string(p, "transcript")} for p in items(item, "content")
    ]
    return {**item, "content": content}
