"""One recorded exchange, served over real sockets: the sample that it leaves, and what scorers say of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import zstandard

from proxy.config.settings import ScorerSettings
from proxy.sample import Sample
from scorers.registry import FACTORIES
from scorers.score import Score
from support import replies
from support.proxying import Proxy, Wire
from support.upstream import Recorded, ScriptedUpstream, Step

#: How a body is cut on its way: whole, an event in each piece, and pieces that respect nothing.
CHUNKINGS = ("whole", "events", "odd")
_ODD = 13


@dataclass(frozen=True, slots=True)
class Recording:
    """A request and its answer. ``pieces`` are the answer's events (or its one document) as bytes."""

    path: str
    request: bytes
    pieces: tuple[bytes, ...]
    content_type: str = "application/json"
    status: int = 200
    coding: str | None = None
    headers: tuple[str, ...] = ()

    def body(self) -> bytes:
        """The whole answer."""
        return b"".join(self.pieces)


def recording(case: dict[str, Any]) -> Recording:
    """The recording in a case: ``request`` or ``request_raw``, ``response`` or ``events`` (``named``, ``done``)."""
    request = case["request_raw"].encode() if case.get("request_raw") else json.dumps(case["request"]).encode()
    if case.get("coding") == "zstd":
        request = zstandard.ZstdCompressor().compress(request)
    if case.get("response") is not None:
        pieces, kind = [json.dumps(case["response"]).encode()], "application/json"
    else:
        pieces, kind = list(events(case["events"], named=case.get("named", False))), "text/event-stream"
        pieces += [b"data: [DONE]\n\n"] if case.get("done") and case["events"] else []
    return Recording(case["path"], request, tuple(pieces), case.get("content_type", kind), coding=case.get("coding"))


def events(payloads: list[Any], *, named: bool = False) -> Iterator[bytes]:
    """Server-sent events of payloads; ``{"__raw__": text}`` is sent as that text; ``named``: with their type's name."""
    for payload in payloads:
        raw = isinstance(payload, dict) and "__raw__" in payload
        data = payload["__raw__"] if raw else json.dumps(payload)
        yield replies.sse(data.encode(), payload["type"] if named and not raw else None)


def steps(played: Recording, chunking: str) -> Iterator[Step]:
    """The answer as the upstream writes it, in HTTP chunks cut by ``chunking``."""
    yield replies.head(played.status, {"content-type": played.content_type, "transfer-encoding": "chunked"})
    body = played.body()
    if chunking == "events":
        cut = list(played.pieces)
    elif chunking == "odd":
        cut = [body[start : start + _ODD] for start in range(0, len(body), _ODD)]
    else:
        cut = [body]
    for piece in cut:
        if piece:
            yield replies.chunk(piece)
    yield b"0\r\n\r\n"


@dataclass(slots=True)
class Stage:
    """A proxy in front of a scripted upstream; plays one recording after another."""

    upstream: ScriptedUpstream
    proxy: Proxy
    asked: list[Recorded] = field(default_factory=list)

    def play(self, played: Recording, chunking: str = "whole") -> Sample:
        """The sample of one exchange. The client's bytes are compared with the upstream's, both ways."""
        self.upstream.script = lambda request: steps(played, chunking)
        headers = [*played.headers, "Content-Type: application/json"]
        headers += [f"Content-Encoding: {played.coding}"] if played.coding else []
        with Wire(self.proxy.port) as wire:
            wire.request("POST", played.path, played.request, headers)
            answer = wire.answer()
        assert answer.body == played.body(), "the client did not get the upstream's bytes"
        assert self.upstream.requests[-1].body == played.request, "the upstream did not get the client's bytes"
        return self.proxy.sample_of(answer.headers["x-sightglass-request-id"], 10)


def scores(sample: Sample, scorer: str) -> list[Score]:
    """What one scorer says of a sample."""

    async def run() -> list[Score]:
        return await FACTORIES[scorer](ScorerSettings())(sample)

    return asyncio.run(run())
