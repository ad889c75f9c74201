"""The work that is measured, as bytes: requests, what the upstream answers, and the bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import orjson

MODEL = "gpt-4o-mini"
PATH = "/v1/chat/completions"
#: Stands in each body; the load puts a number of four digits there, so that conversations differ.
PLACE = b"@@@@"
CHUNKS, GAP = 64, 0.010

Pairs = tuple[tuple[str, str], ...]

_PLAIN: Pairs = (
    ("Authorization", "Bearer sk-bench-0123456789abcdef0123456789abcdef"),
    ("Accept", "application/json"),
    ("Content-Type", "application/json"),
    ("User-Agent", "bench"),
    ("x-sightglass-app", "bench"),
)
#: What openai-python sends besides, and what OpenAI answers besides.
_SDK: Pairs = (
    ("Accept-Encoding", "gzip, deflate"),
    ("x-stainless-lang", "python"),
    ("x-stainless-package-version", "3.0.0"),
    ("x-stainless-os", "Linux"),
    ("x-stainless-arch", "x64"),
    ("x-stainless-runtime", "CPython"),
    ("x-stainless-runtime-version", "3.11.7"),
    ("x-stainless-async", "false"),
    ("x-stainless-retry-count", "0"),
    ("x-stainless-read-timeout", "600"),
)
_BACK: Pairs = (("x-request-id", "req_0123456789abcdef0123456789abcdef"), ("openai-processing-ms", "412"))
_SDK_BACK: Pairs = (
    ("access-control-expose-headers", "X-Request-ID"),
    ("openai-organization", "bench"),
    ("openai-version", "2020-10-01"),
    ("x-ratelimit-limit-requests", "30000"),
    ("x-ratelimit-limit-tokens", "150000000"),
    ("x-ratelimit-remaining-requests", "29999"),
    ("x-ratelimit-remaining-tokens", "149999967"),
    ("x-ratelimit-reset-requests", "2ms"),
    ("x-ratelimit-reset-tokens", "0s"),
    ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
    ("x-content-type-options", "nosniff"),
    ("cf-cache-status", "DYNAMIC"),
    ("cf-ray", "94d6f1b2ccdd3a5e-FRA"),
    ("alt-svc", 'h3=":443"; ma=86400'),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One kind of work. ``must`` and ``aim`` are times nginx, or milliseconds for the latency."""

    name: str
    title: str
    kind: Literal["load", "streams", "latency"]
    upstream: Literal["nginx", "scripted"]
    connections: int
    body: bytes
    must: float
    aim: float
    headers: Pairs = _PLAIN
    back: Pairs = _BACK
    by_default: bool = True

    def request(self, number: int = 0, body: bytes | None = None) -> bytes:
        """The request as it goes over the wire, with the cell's body (and the number in it) or another one."""
        lines = [f"POST {PATH} HTTP/1.1", "Host: localhost", *(f"{name}: {value}" for name, value in self.headers)]
        body = self.body.replace(PLACE, b"%04d" % number) if body is None else body
        return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def _body(size: int, **first: object) -> bytes:
    """A chat request of about ``size`` bytes."""
    system = "You are the assistant of a shop. Answer in one sentence and name the page that you rely on."
    sentence = "The parcel was sent on Monday and the tracking page has not changed since then. "
    text = (sentence * (size // len(sentence) + 1))[: max(0, size - 280)]
    messages = [{"role": "system", "content": system}, {"role": "user", "content": f"Case {PLACE.decode()}: {text}"}]
    return orjson.dumps({"model": MODEL, **first, "messages": messages, "temperature": 0.2})


def reply(characters: int = 600) -> bytes:
    """The answer: 1 KB with a text of 600 characters."""
    text = ("It left our warehouse on Monday; the carrier scans it again at the next hub, see the tracking page. " * 7)[
        :characters
    ]
    message = {"role": "assistant", "content": text, "refusal": None, "annotations": []}
    usage = {
        "prompt_tokens": 228,
        "completion_tokens": 131,
        "total_tokens": 359,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }
    return orjson.dumps(
        {**_BASE, "object": "chat.completion", "choices": [_choice("message", message, "stop")], "usage": usage}
    )


_BASE = {
    "id": "chatcmpl-bench0123456789",
    "created": 1750000000,
    "model": "gpt-4o-mini-2024-07-18",
    "system_fingerprint": "fp_bench",
}


def _choice(key: str, part: object, finish: str | None) -> dict[str, object]:
    return {"index": 0, key: part, "logprobs": None, "finish_reason": finish}


def events() -> list[bytes]:
    """The stream's chunks, each with its event or events."""
    deltas: list[tuple[object, str | None]] = [({"role": "assistant", "content": ""}, None)]
    deltas += [({"content": f" word{number:02d}"}, None) for number in range(CHUNKS - 3)]
    deltas.append(({}, "stop"))
    chunk = {**_BASE, "object": "chat.completion.chunk"}
    documents = [{**chunk, "choices": [_choice("delta", delta, finish)], "usage": None} for delta, finish in deltas]
    usage = {"prompt_tokens": 228, "completion_tokens": CHUNKS - 3, "total_tokens": 225 + CHUNKS}
    last = {**chunk, "choices": [], "usage": usage}
    framed = [b"data: " + orjson.dumps(document) + b"\n\n" for document in [*documents, last]]
    return [*framed[:-1], framed[-1] + b"data: [DONE]\n\n"]


_SMALL = _body(1024)

CELLS: tuple[Cell, ...] = (
    Cell("chat", "1 KB chat, not streamed, 64 connections", "load", "nginx", 64, _SMALL, 3.5, 2.5),
    Cell(
        "stream",
        f"stream of {CHUNKS} chunks {GAP * 1000:.0f} ms apart, 32 connections",
        "streams",
        "scripted",
        32,
        _body(1024, stream=True, stream_options={"include_usage": True}),
        3.0,
        1.5,
    ),
    Cell("body", "100 KB request body, 16 connections", "load", "scripted", 16, _body(100 * 1024), 3.2, 2.5),
    Cell("latency", "added median latency, one connection", "latency", "nginx", 1, _SMALL, 0.6, 0.3),
    Cell(
        "sdk",
        "1 KB chat with openai-python's and OpenAI's headers, 64 connections",
        "load",
        "nginx",
        64,
        _SMALL,
        3.5,
        2.5,
        (*_PLAIN, *_SDK),
        (*_BACK, *_SDK_BACK),
        by_default=False,
    ),
)
