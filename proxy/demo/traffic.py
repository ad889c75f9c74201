"""The made-up applications: dialogues sent through the real ``openai`` client, with Sightglass as its base URL."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import re
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import httpx
import openai
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam

from proxy.demo.dialogues import Dialogue

_CONCURRENCY = 6
_ANSWER_ONLY = "You answer questions of our users in one or two sentences."
_TOOL: ChatCompletionToolParam = {
    "type": "function",
    "function": {
        "name": "order_status",
        "description": "The state of one order.",
        "parameters": {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]},
    },
}
_COMPLETION = re.compile(rb'"id": ?"(chatcmpl-[0-9a-f]+)"')
_DECLINING = ("I'm sorry", "I'm not able", "I cannot")
_STATES = ("packed", "on its way", "delivered", "waiting for stock")


class Application:
    """Holds the conversations. ``close`` makes a conversation under way fail soon.

    With ``users`` somebody says afterwards how each task went: a refusal is a failure, most others are a success.
    """

    def __init__(self, base_url: str, api_key: str, model: str | None, users: bool = False) -> None:
        self._client = openai.OpenAI(base_url=f"{base_url}/v1", api_key=api_key, timeout=60.0)
        self._feedback = httpx.Client(base_url=base_url, timeout=10.0, trust_env=False) if users else None
        self._numbers = itertools.count(1)
        self._model = model
        self._stopped = threading.Event()
        self.requests = 0
        self.first_error: str | None = None

    @property
    def model(self) -> str:
        """The model that is asked; without a given one the first that the endpoint lists. Raises ``OpenAIError``."""
        if self._model is None:
            listed = self._client.models.list().data
            if not listed:
                raise openai.OpenAIError("the endpoint lists no model; name one in OPENAI_MODEL")
            self._model = listed[0].id
        return self._model

    def close(self) -> None:
        """Send no further requests."""
        self._stopped.set()
        self._client.close()
        if self._feedback is not None:
            self._feedback.close()

    def send_all(self, dialogues: Iterable[Dialogue]) -> Iterator[Dialogue]:
        """Send them, a few at a time, and give each as it ends; stops early after ``close``."""
        pool = ThreadPoolExecutor(_CONCURRENCY, thread_name_prefix="application")
        waiting = iter(dialogues)
        running: dict[Future[None], Dialogue] = {}
        try:
            while not self._stopped.is_set():
                while len(running) < _CONCURRENCY and (item := next(waiting, None)) is not None:
                    running[pool.submit(self.send, item)] = item
                if not running:
                    return
                done, _ = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
                yield from (running.pop(future) for future in done)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def send(self, dialogue: Dialogue) -> None:
        """One conversation, its follow-up question included. An error of the endpoint ends it."""
        number = next(self._numbers)
        session = f"demo-{number}"
        headers = {"x-sightglass-app": dialogue.app, "x-sightglass-session-id": session}
        if self._feedback is not None:
            headers["x-sightglass-task-id"] = f"task-{number}"
        messages = _opening(dialogue)
        try:
            if dialogue.tool:
                return self._with_tool(messages, headers)
            said = self._turn(messages, headers)
            self._say(number, "failure" if said.startswith(_DECLINING) else "success")
            if dialogue.follow_up is not None:
                messages.append({"role": "assistant", "content": said})
                messages.append({"role": "user", "content": dialogue.follow_up})
                self._turn(messages, headers)
        except (openai.OpenAIError, RuntimeError) as error:  # RuntimeError: the client was closed under us
            if not self._stopped.is_set():
                self.first_error = self.first_error or " ".join(str(error).split())

    def _say(self, number: int, outcome: str) -> None:
        """What the user says of the task; every seventh says nothing."""
        if self._feedback is not None and number % 7:
            with contextlib.suppress(httpx.HTTPError):  # feedback is a courtesy: no conversation fails for it
                self._feedback.post("/-/feedback", json={"task_id": f"task-{number}", "outcome": outcome})

    def bytes_of(self, dialogue: Dialogue) -> tuple[str, str]:
        """One streamed answer as it came over the wire: the completion's id and the SHA-256 of the whole body.

        Raises ``openai.OpenAIError``.
        """
        session = f"demo-{next(self._numbers)}"
        digest, head = hashlib.sha256(), b""
        with self._client.chat.completions.with_streaming_response.create(
            model=self.model,
            messages=_opening(dialogue),
            stream=True,
            extra_headers={"x-sightglass-app": dialogue.app, "x-sightglass-session-id": session},
        ) as response:
            for piece in response.iter_bytes():
                digest.update(piece)
                head += piece[: max(0, 1000 - len(head))]
        self.requests += 1
        found = _COMPLETION.search(head)
        return (found[1].decode() if found else ""), digest.hexdigest()

    def _turn(self, messages: list[ChatCompletionMessageParam], headers: dict[str, str]) -> str:
        """One streamed answer, as its text."""
        with self._client.chat.completions.create(
            model=self.model,
            messages=messages,
            stream=True,
            stream_options={"include_usage": True},
            extra_headers=headers,
        ) as stream:
            parts = [chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices]
        self.requests += 1
        return "".join(parts)

    def _with_tool(self, messages: list[ChatCompletionMessageParam], headers: dict[str, str]) -> None:
        """Two requests that are not streamed: the model calls the tool, then answers from its result."""
        asked = self._client.chat.completions.create(
            model=self.model, messages=messages, tools=[_TOOL], extra_headers=headers
        )
        self.requests += 1
        message = asked.choices[0].message
        if not message.tool_calls:
            return
        messages.append(message.model_dump(exclude_none=True))  # type: ignore[arg-type]
        for call in message.tool_calls:
            arguments = call.function.arguments if call.type == "function" else "{}"
            messages.append({"role": "tool", "tool_call_id": call.id, "content": _look_up(arguments)})
        self._client.chat.completions.create(model=self.model, messages=messages, tools=[_TOOL], extra_headers=headers)
        self.requests += 1


def _opening(dialogue: Dialogue) -> list[ChatCompletionMessageParam]:
    messages: list[ChatCompletionMessageParam] = []
    if dialogue.document is not None:
        messages.append(
            {"role": "system", "content": f"{_ANSWER_ONLY}\n\nContext:\n{' '.join(dialogue.document.split())}"}
        )
    messages.append({"role": "user", "content": dialogue.question})
    return messages


def _look_up(arguments: str) -> str:
    """The order desk's made-up data base."""
    try:
        order = str(json.loads(arguments)["order"])
    except (ValueError, KeyError, TypeError):
        return json.dumps({"error": "no such order"})
    number = sum(order.encode())
    facts = {"order": order, "state": _STATES[number % 4], "number of parcels": number % 3 + 1}
    return json.dumps({**facts, "carrier": "Northway Parcels", "day of arrival": f"{number % 27 + 1} March"})
