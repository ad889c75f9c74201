"""WebSocket sessions of the scripted provider: ``/v1/responses`` and ``/v1/realtime``, with permessage-deflate.

The frames are made by wsproto, which is a part of the tests alone: it knows nothing of the parser that it tests.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import AcceptConnection, CloseConnection, Event, Message, Ping, Request, TextMessage
from wsproto.extensions import PerMessageDeflate

from clients import forms
from proxy.exchange import Usage
from support.upstream import Recorded

if TYPE_CHECKING:
    from clients.provider import Provider
    from clients.truth import Truth

Events = list[dict[str, Any]]


async def serve(
    provider: Provider, request: Recorded, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """One session, until either side ends it."""
    socket = WSConnection(ConnectionType.SERVER)
    socket.receive_data(request.head)
    session = Session(provider, "/realtime" in request.target)
    text = ""
    while True:
        for event in socket.events():
            if isinstance(event, Message):
                text += str(event.data) if isinstance(event, TextMessage) else ""
                if event.message_finished:
                    whole, text = text, ""
                    for answer in session.take(whole):
                        # In two frames, as a long message comes.
                        said = json.dumps(answer, ensure_ascii=False)
                        writer.write(socket.send(TextMessage(said[:40], message_finished=False)))
                        writer.write(socket.send(TextMessage(said[40:])))
                continue
            reply = _reply(event)
            if reply is not None:
                writer.write(socket.send(reply))
        await writer.drain()
        if socket.state is ConnectionState.CLOSED:
            return  # the server closes first (RFC 6455, 7.1.1)
        data = await reader.read(65536)
        if not data:
            return
        socket.receive_data(data)


def _reply(event: Event) -> Event | None:
    if isinstance(event, Request):
        return AcceptConnection(extensions=[PerMessageDeflate()])
    if isinstance(event, CloseConnection | Ping):
        return event.response()
    return None


class Session:
    """What one socket has been told, and what it answers."""

    def __init__(self, provider: Provider, realtime: bool) -> None:
        self._provider = provider
        self._realtime = realtime
        self._items: list[Any] = []
        self._instructions = ""

    def take(self, text: str) -> Events:
        """The events that answer one event of the client."""
        event = json.loads(text)
        kind = event.get("type")
        if kind == "session.update":
            self._instructions = event["session"].get("instructions", "")
            return [{"type": "session.updated", "event_id": "event_1", "session": event["session"]}]
        if kind == "conversation.item.create":
            self._items.append(event["item"])
            return [{"type": "conversation.item.added", "event_id": "event_2", "item": event["item"]}]
        if kind != "response.create":
            return []
        return self._spoken() if self._realtime else self._written(event)

    def _written(self, event: dict[str, Any]) -> Events:
        body = {name: value for name, value in event.items() if name != "type"}
        truth, answer = self._provider.truth(
            "responses", str(body.get("model")), json.dumps(body, ensure_ascii=False).encode(), body
        )
        self._keep(truth, answer, f"resp_{answer.number}")
        return forms.response_events(answer)

    def _spoken(self) -> Events:
        given = {"instructions": self._instructions, "input": self._items}
        truth, answer = self._provider.truth(
            "realtime", "gpt-realtime", json.dumps(given, ensure_ascii=False).encode(), given
        )
        self._keep(truth, answer, f"resp_r{answer.number}")
        truth.usage = Usage(answer.taken, 0, 0, answer.given, 0)
        content = [{"type": "output_text", "text": answer.text}]
        item = {"type": "message", "id": "item_9", "role": "assistant", "status": "completed", "content": content}
        self._items.append(item)
        usage = {
            "total_tokens": answer.taken + answer.given,
            "input_tokens": answer.taken,
            "output_tokens": answer.given,
            "input_token_details": {"text_tokens": answer.taken, "audio_tokens": 0, "cached_tokens": 0},
            "output_token_details": {"text_tokens": answer.given, "audio_tokens": 0},
        }
        response = {"object": "realtime.response", "id": f"resp_r{answer.number}", "status": "completed"}
        done = {**response, "status_details": None, "output": [item], "usage": usage}
        begun = {**response, "status": "in_progress", "output": [], "usage": None}
        place = {"response_id": response["id"], "item_id": "item_9", "output_index": 0, "content_index": 0}
        deltas = [{"type": "response.output_text.delta", **place, "delta": piece} for piece in answer.pieces()]
        ended = {"type": "response.output_text.done", **place, "text": answer.text}
        events = [{"type": "response.created", "response": begun}, *deltas, ended]
        events.append({"type": "response.done", "response": done})
        return [{"event_id": f"event_{number}", **event} for number, event in enumerate(events)]

    def _keep(self, truth: Truth, answer: forms.Answer, response_id: str) -> None:
        self._provider.spoken(truth, answer, response_id)
