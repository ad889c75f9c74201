"""Two upstreams with a set gap in quality, set noise, set times and set prices: production and a candidate."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx

from support import plain, replies
from support.upstream import Recorded, ScriptedUpstream, Step

REFUSAL = "I'm sorry, but I can't help with that request."
USAGE = {"prompt_tokens": 60, "completion_tokens": 20, "total_tokens": 80}


@dataclass
class Arm:
    """One upstream. It refuses the share ``refuses`` of the questions; ``noise`` of the answers are the other kind.

    ``status``: what it answers instead. ``seconds``: how long it takes. ``mark``: words that only it says.
    """

    mark: str
    refuses: float = 0.0
    noise: float = 0.0
    status: int | None = None
    seconds: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[Recorded] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def script(self, request: Recorded) -> Iterable[Step]:
        """The answer to one request."""
        with self._lock:
            self.requests.append(request)
            number = len(self.requests)
        if self.status is not None:
            return replies.error(self.status, self.headers)
        question = next(m["content"] for m in reversed(request.json()["messages"]) if m["role"] == "user")
        refused = share(question) < self.refuses
        if share(f"{self.mark} {number}") < self.noise:
            refused = not refused
        text = REFUSAL if refused else f"The {self.mark} answer: take the second street behind the mill, then left."
        model = request.json()["model"]
        if request.json().get("stream"):
            return replies.stream(replies.chat_events(text, model=model, usage=USAGE), first=self.seconds, gap=0.01)
        steps = replies.chat_json(text, model=model, usage=USAGE, headers=self.headers)
        return [self.seconds, *steps] if self.seconds else steps

    def serve(self) -> ScriptedUpstream:
        """The upstream, to be entered."""
        return ScriptedUpstream(self.script)

    def bodies(self) -> list[dict[str, Any]]:
        """What it was asked."""
        return [request.json() for request in self.requests]


def share(text: str) -> float:
    """A number in [0, 1) that the text decides."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big") / 2.0**48


def converse(
    url: str, app: str, numbers: Iterable[int], model: str = "m-prod", threads: int = 4
) -> list[httpx.Response]:
    """One question of each of these conversations, through the proxy."""

    def one(number: int) -> httpx.Response:
        message = {"role": "user", "content": f"How do I get to house number {number} of the old town?"}
        headers = {"x-sightglass-session-id": f"walk-{number}", "x-sightglass-app": app}
        body = {"model": model, "messages": [message]}
        return client.post(f"{url}/v1/chat/completions", json=body, headers=headers)

    with (
        plain.client(timeout=30.0) as client,
        ThreadPoolExecutor(threads) as pool,
    ):
        return list(pool.map(one, numbers))
