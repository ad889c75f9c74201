"""The scripted provider: it speaks every wire, and writes down what is true of each answer that it gives.

What it answers depends on the request alone, so that two of them give a client the same answers in whatever order it
asks. A request that offers the tool and says ``OCHRE`` gets a call of it first; one for the model ``missing`` a 404.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import zstandard

from clients import forms, sockets
from clients.forms import Answer
from clients.programs import sentences as say
from clients.truth import Truth, dialogue_of, number_of, said_in
from proxy.exchange import Usage
from support import replies
from support.upstream import Recorded, Step

_GEMINI = re.compile(r"/models/([^/:]+):(streamGenerateContent|generateContent)")
_NDJSON = {"content-type": "application/x-ndjson"}
#: What agents call the tool that runs a command, and how they want it called.
SHELLS: dict[str, dict[str, Any]] = {
    "Bash": {"command": f"echo '{say.RESULT}'", "description": "Look at the stock list"},
    "bash": {"command": f"echo '{say.RESULT}'", "description": "Look at the stock list"},
    "shell": {"command": ["bash", "-lc", f"echo '{say.RESULT}'"]},
    "shell_command": {"command": f"echo '{say.RESULT}'"},
    "exec_command": {"cmd": f"echo '{say.RESULT}'"},
    say.TOOL: say.ARGUMENTS,
    "Place": {"place": "bay 4"},
    "final_result": {"place": "bay 4"},
}


def body_of(request: Recorded) -> bytes:
    """The body without its coding."""
    if request.header("content-encoding") == "zstd":
        return zstandard.ZstdDecompressor().decompressobj().decompress(request.body)
    return request.body


class Provider:
    """One run's script; ``truths`` in the order in which the requests came, one for each."""

    def __init__(self) -> None:
        self.truths: list[Truth] = []
        self._dialogues: dict[str, str] = {}

    def __call__(self, request: Recorded) -> Iterable[Step]:
        """The steps of one answer."""
        path = request.target.partition("?")[0]
        raw = body_of(request)
        try:
            body = json.loads(raw) if raw else {}
        except ValueError:
            body = {}
        truth, steps = self._answer(request, path, raw, body if isinstance(body, dict) else {})
        self.truths.append(truth)
        return steps

    async def upgraded(self, request: Recorded, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A WebSocket session."""
        await sockets.serve(self, request, reader, writer)

    # --- what is true -----------------------------------------------------------------------------------------------

    def truth(self, operation: str, model: str, raw: bytes, body: dict[str, Any]) -> tuple[Truth, Answer]:
        """The truth of a request, and what it is answered."""
        truth = Truth(operation, model, said=said_in(raw), dialogue=dialogue_of(raw))
        previous = body.get("previous_response_id") or body.get("previous_interaction_id")
        if isinstance(previous, str) and not truth.dialogue:
            truth.dialogue = self._dialogues.get(previous, "")
        sentences = [sentence for sentence, role in truth.said if role == "user"]
        number = number_of(operation, sentences[-1:], say.RESULT.encode() in raw, model)
        name = _tool(raw, body)
        usage = Usage(100 + number, number % 7 * 4, 0, 10 + number % 50, number % 3 * 5)
        calls = ((f"call_{number}", name, SHELLS.get(name, say.ARGUMENTS)),) if name else ()
        text = "" if calls else f"Answer {number}: bay {number % 9}, behind the door. 灯 🏮"
        if not calls and _wants_json(body):
            text = json.dumps({"place": f"bay {number % 9}"})
        return truth, Answer(number, model, text, usage, calls)

    def spoken(self, truth: Truth, answer: Answer, response_id: str) -> None:
        """One answer of a WebSocket session."""
        _say(truth, answer, answer.usage, response_id)
        self._dialogues[response_id] = truth.dialogue
        self.truths.append(truth)

    def _answer(self, request: Recorded, path: str, raw: bytes, body: dict[str, Any]) -> tuple[Truth, Iterable[Step]]:
        if request.method != "POST":
            return _counted(request, path)
        native = _GEMINI.search(path)
        if native:
            return self._gemini(native[1], native[2].startswith("stream"), "alt=sse" in request.target, raw, body)
        model = body.get("model")
        deployment = re.search(r"/openai/deployments/([^/]+)/", path)
        model = model if isinstance(model, str) else deployment[1] if deployment else ""
        if model == "missing":
            operation = {"responses": "responses", "messages": "messages"}.get(path.rsplit("/", 1)[-1], "chat")
            return Truth(operation, model, 404, "client_error"), replies.error(404, code="model_not_found")
        tail = path.rstrip("/").rsplit("/", 1)[-1]
        makers = {
            "/api/chat": self._ollama,
            "/api/generate": self._ollama,
            "/v2/chat": self._cohere,
            "completions": self._chat if "/chat/" in path else None,
            "responses": self._responses,
            "messages": self._messages,
            "embeddings": self._embeddings,
            "interactions": self._interactions,
        }
        maker = makers.get(path) or makers.get(tail)
        return maker(request, model, raw, body) if maker is not None else _counted(request, path)

    # --- the wires ------------------------------------------------------------------------------------------------

    def _chat(self, request: Recorded, model: str, raw: bytes, body: dict[str, Any]) -> tuple[Truth, Iterable[Step]]:
        truth, answer = self.truth("chat", model, raw, body)
        streamed = bool(body.get("stream"))
        asked = not streamed or bool((body.get("stream_options") or {}).get("include_usage"))
        if streamed and not asked and (inside := _counts_unasked(request)):
            _say(truth, answer, answer.usage, f"chatcmpl-{answer.number}")
            return truth, replies.stream(forms.chat_stream(answer, False, inside))
        _say(truth, answer, answer.usage if asked else None, f"chatcmpl-{answer.number}")
        if not streamed:
            return truth, _json(forms.chat(answer))
        return truth, replies.stream(forms.chat_stream(answer, asked))

    def _responses(
        self, request: Recorded, model: str, raw: bytes, body: dict[str, Any]
    ) -> tuple[Truth, Iterable[Step]]:
        truth, answer = self.truth("responses", model, raw, body)
        _say(truth, answer, answer.usage, f"resp_{answer.number}")
        self._dialogues[f"resp_{answer.number}"] = truth.dialogue
        truth.finish = "tool_calls" if answer.calls else "stop"
        if body.get("stream"):
            return truth, replies.stream(forms.response_stream(answer))
        return truth, _json(forms.response(answer))

    def _messages(
        self, request: Recorded, model: str, raw: bytes, body: dict[str, Any]
    ) -> tuple[Truth, Iterable[Step]]:
        truth, answer = self.truth("messages", model, raw, body)
        known = answer.usage
        usage = Usage(known.input, known.cached_input, 0, known.output + known.reasoning_output, 0)
        _say(truth, answer, usage, f"msg_{answer.number}")
        if body.get("stream"):
            return truth, replies.stream(forms.message_stream(answer))
        return truth, _json(forms.message(answer))

    def _gemini(
        self, model: str, streamed: bool, sse: bool, raw: bytes, body: dict[str, Any]
    ) -> tuple[Truth, Iterable[Step]]:
        truth, answer = self.truth("chat", model, raw, body)
        _say(truth, answer, answer.usage, f"gem-{answer.number}")
        if not streamed:
            return truth, _json(forms.gemini(answer))
        parts = forms.gemini_parts(answer)
        if sse:
            return truth, replies.stream([replies.sse(part) for part in parts])
        pieces = [b"[" + json.dumps(parts[0], indent=2).encode()]
        pieces += [b"\n,\r\n" + json.dumps(part, indent=2).encode() for part in parts[1:]]
        return truth, _pieces([*pieces, b"\n]\n"], {"content-type": "application/json; charset=UTF-8"})

    def _interactions(
        self, request: Recorded, model: str, raw: bytes, body: dict[str, Any]
    ) -> tuple[Truth, Iterable[Step]]:
        truth, answer = self.truth("chat", model, raw, body)
        _say(truth, answer, answer.usage, f"v1_{answer.number}")
        self._dialogues[f"v1_{answer.number}"] = truth.dialogue
        if body.get("stream"):
            return truth, replies.stream(forms.interaction_stream(answer))
        return truth, _json(forms.interaction(answer))

    def _ollama(self, request: Recorded, model: str, raw: bytes, body: dict[str, Any]) -> tuple[Truth, Iterable[Step]]:
        chat = request.target.startswith("/api/chat")
        truth, answer = self.truth("chat" if chat else "completions", model, raw, body)
        _say(truth, answer, Usage(answer.taken, 0, 0, answer.given, 0), None)
        if body.get("stream", True):
            return truth, _pieces(forms.ollama_lines(answer, chat), _NDJSON)
        return truth, _json(forms.ollama(answer, chat))

    def _cohere(self, request: Recorded, model: str, raw: bytes, body: dict[str, Any]) -> tuple[Truth, Iterable[Step]]:
        truth, answer = self.truth("chat", model, raw, body)
        _say(truth, answer, Usage(answer.taken, 0, 0, answer.given, 0), f"co-{answer.number}")
        truth.served = None  # an answer does not name its model
        if body.get("stream"):
            return truth, replies.stream(forms.cohere_stream(answer))
        return truth, _json(forms.cohere(answer))

    def _embeddings(
        self, request: Recorded, model: str, raw: bytes, body: dict[str, Any]
    ) -> tuple[Truth, Iterable[Step]]:
        given = body.get("input")
        size = len(given) if isinstance(given, list) else 1
        truth = Truth("embeddings", model, served=model, usage=Usage(7), generation=False)
        vectors = [{"object": "embedding", "index": index, "embedding": [0.25, -0.5]} for index in range(size)]
        usage = {"prompt_tokens": 7, "total_tokens": 7}
        return truth, _json({"object": "list", "data": vectors, "model": model, "usage": usage})


def _say(truth: Truth, answer: Answer, usage: Usage | None, response_id: str | None) -> None:
    truth.served, truth.usage, truth.text, truth.response_id = answer.model, usage, answer.text, response_id
    truth.calls = [(name, arguments) for _, name, arguments in answer.calls]
    truth.finish = "tool_calls" if answer.calls else "stop"


def _counts_unasked(request: Recorded) -> str:
    """Where a provider puts the usage of a stream that nobody asked it for: Groq, Mistral and Together do."""
    if request.target.startswith("/openai/v1/"):
        return "x_groq"
    agent = (request.header("user-agent") or "").lower()
    return "usage" if "mistral" in agent or "together" in agent else ""


def _tool(raw: bytes, body: dict[str, Any]) -> str:
    """The offered tool that the answer calls, or nothing: after ``OCHRE``, and until its result has come."""
    offered = set(re.findall(r'"name":\s*"([A-Za-z_]+)"', json.dumps(body.get("tools") or [])))
    if say.PLACE.encode() in raw:
        return next((name for name in ("Place", "final_result") if name in offered), "")
    if say.OCHRE.encode() not in raw or say.RESULT.encode() in raw:
        return ""
    return next((name for name in SHELLS if name in offered and "place" not in SHELLS[name]), "")


def _wants_json(body: dict[str, Any]) -> bool:
    kind = (body.get("response_format") or {}).get("type") if isinstance(body.get("response_format"), dict) else None
    form = ((body.get("text") or {}).get("format") or {}).get("type") if isinstance(body.get("text"), dict) else None
    return kind in ("json_schema", "json_object") or form in ("json_schema", "json_object")


def _json(document: dict[str, Any]) -> list[Step]:
    return replies.http(200, json.dumps(document, ensure_ascii=False).encode())


def _pieces(pieces: list[bytes], headers: dict[str, str]) -> Iterator[Step]:
    yield replies.head(200, {**headers, "transfer-encoding": "chunked"})
    for piece in pieces:
        yield replies.chunk(piece)
    yield b"0\r\n\r\n"


def _counted(request: Recorded, path: str) -> tuple[Truth, Iterable[Step]]:
    """What is no question to a model."""
    if path.endswith("/count_tokens"):
        return Truth("other", None, generation=False, note="count_tokens"), replies.http(200, b'{"input_tokens": 11}')
    if path.endswith("/models") and request.method == "GET":
        model = {"id": say.MODEL, "object": "model", "created": 1, "owned_by": "lighthouse"}
        listed = {"object": "list", "data": [model]}
        return Truth("models", None, generation=False), replies.http(200, json.dumps(listed).encode())
    status = 404 if request.method != "HEAD" else 200
    note = f"{request.method} {path}"
    outcome = "client_error" if status == 404 else "ok"
    reply = replies.error(404, code="not_found") if status == 404 else replies.http(200, b"", {"content-length": "0"})
    return Truth("other", None, status, outcome, generation=False, note=note), reply
