"""One question to an OpenAI-compatible endpoint (chat completions): an answer, or a typed failure.

429 holds everybody back for as long as the endpoint says. 5xx and connections that were not made are asked again with
growing pauses; broken ones and time-outs only where an answer costs nothing. Each has a bound. What does not pass by
itself (401, 403: key; 402, a quota that is used up: money; 404: model) ends the run: ``Halted``. Some endpoints say
these things with status 400, or inside of a 200. 403 and 404 may also be about one request (a filter that blocks it, no
provider that knows its tools): once a request was answered, only several of them in a row end the run. A stream that
nobody asked for is read all the same. Tool calls in an answer are read and never run.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
import msgspec
import orjson

from proxy import __version__
from proxy.config.values import host_of
from proxy.exchange import FinishReason, Usage
from proxy.observe.pricing import Answer as Priced
from proxy.observe.pricing import Prices
from proxy.upstream.fast_head import Head
from proxy.upstream.quota import quota_left, requests_left
from proxy.upstream.transport import PoolTransport
from proxy.wire.content import joined, parts_of
from proxy.wire.facts import load_object, load_whole
from proxy.wire.finish_reasons import error_of, finish_of
from proxy.wire.stream_start import is_stream
from scorers.asking.answer import Answer, OwnKey
from scorers.asking.streaming import Streamed, in_one_choice
from scorers.judge.client import PAUSES, Pause, endpoint
from scorers.judge.forms import READ_OF_REFUSALS, Attempts, Forms, Ladder
from scorers.judge.selection import CHARACTERS_A_TOKEN
from scorers.judge.still_there import StillThere, always
from scorers.judge.told import told_usage
from scorers.judge.waiting import retry_after
from scorers.store.runs import FORGOTTEN

_LARGEST_ANSWER = 8_000_000
_FIRST_REST, _LONGEST_REST = 0.5, 30.0
_MINUTE = 60.0
#: A wait that is longer is said, once a minute.
_LONG_WAIT = 5.0
#: By so many bytes an answer is known for a stream, or for none.
_OPENING = 1_024
#: What endpoints say with status 400 that others say with 401 (Gemini), or 404.
_KEY_SAID = re.compile(rb'"(?:API_KEY_INVALID|invalid_api_key)"')
_MODEL_SAID = re.compile(rb'"(?:model_not_found|invalid_model)"')
#: Statuses that mean the same inside of an answer with status 200 (aggregators).
_INSIDE = frozenset({401, 402, 404, 429})
#: Statuses that may be about one request alone, and how many of them in a row are about all.
_OF_ONE, _OF_ALL = frozenset({403, 404}), 5
#: Members that not every server knows, and those that some models do not take, or not with every value.
_LADDER = Ladder(
    then=("store", "seed", "stream_options"),
    settings=("temperature", "top_p", "reasoning_effort", "stop", "frequency_penalty", "presence_penalty"),
)


class QuotaTold(NamedTuple):
    """What an answer said of the quota: the share that is left, the requests that are left, and when (Unix s)."""

    share: float
    requests: float | None
    at: float


class Failed(Exception):
    """No answer. ``reason`` is a word for the ledger; ``maybe_paid``: the endpoint may have answered all the same."""

    def __init__(self, reason: str, message: str, maybe_paid: bool = False) -> None:
        super().__init__(message)
        self.reason = reason
        self.maybe_paid = maybe_paid


class Refused(Failed):
    """The endpoint does not take the request as it is; ``said``: its answer, which may name what it does not know."""

    def __init__(self, message: str, said: bytes) -> None:
        super().__init__("refused", message)
        self.said = said


class Halted(Failed):
    """Nobody is to be asked any more: the key, the money or the model is not accepted."""


class UserForgotten(Failed):
    """The user was forgotten before the question was sent, or sent again."""

    def __init__(self) -> None:
        super().__init__(FORGOTTEN, "its user was forgotten")


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to ask and how. ``requests_per_minute``: 0 for no limit of ours; ``tries`` includes the first; ``patience``:
    seconds for which an answer of 429 counts as none of them; ``counted``: what tells the own proxy that the worker
    counts the requests."""

    base_url: str
    model: str
    api_key: str | None = None
    timeout: float = 120.0
    tries: int = 6
    patience: float = 0.0
    requests_per_minute: float = 0.0
    max_tokens: int = 1_024
    counted: str | None = None


class Client:
    """Asks one endpoint. Made and used on one loop. ``say``: called with a line when everybody must wait for long."""

    def __init__(self, target: Target, prices: Prices, say: Callable[[str], object] = lambda line: None) -> None:
        self.target = target
        self._say, self._said_at = say, -_MINUTE
        self._prices = prices
        self._url = endpoint(target.base_url)
        self._host = host_of(target.base_url)
        self._own_key = OwnKey(target.api_key)
        headers = {"user-agent": f"sightglass/{__version__}", "x-sightglass-no-store": "1"}
        if target.counted is not None:
            headers["x-sightglass-counted"] = target.counted
        if target.api_key:
            headers["authorization"] = f"Bearer {target.api_key}"
        self._http = httpx.AsyncClient(
            transport=PoolTransport(allow_private=True), headers=headers, trust_env=False, timeout=target.timeout
        )
        self._not_before = 0.0
        self._begun: deque[float] = deque()
        self._forms = Forms(_LADDER)
        #: How many requests in a row had such a status since one was answered; ``None`` before the first answer.
        self._barred: int | None = None
        #: What the last answer said of the quota.
        self.quota_told: QuotaTold | None = None

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def at_most(self, body: dict[str, Any]) -> float | None:
        """What one question may cost, in USD; ``None`` where there is no price."""
        limit = body.get("max_tokens") or self.target.max_tokens
        said = len(orjson.dumps(body))
        return self.cost(Usage(input=round(said / CHARACTERS_A_TOKEN), output=int(limit)), None)

    def cost(self, usage: Usage, served: str | None) -> float | None:
        """USD for these tokens; ``None`` where that is not known."""
        now = time.time()
        for said, asked in ((served, self.target.model), (self.target.model, None)):
            found = self._prices.quote(Priced(said, asked, usage, host=self._host, began=now, ended=now))
            if isinstance(found, float):
                return found
        return None

    async def ask(self, body: dict[str, Any], still_there: StillThere = always) -> Answer:
        """The answer to ``body``, a chat request without its model. Raises ``Failed``, and ``Halted``.

        ``still_there``: whether it may still be sent; asked after a wait and before each further try.
        What may have been paid for, and has a price, is not asked again: money was set aside for one call.
        """
        tried, asked, first, sent = 0, 0, time.monotonic(), False
        attempts = Attempts(self._forms, {**body, "max_tokens": body.get("max_tokens") or self.target.max_tokens})
        while True:
            if (await self._hold_back() or sent) and not await still_there():
                raise UserForgotten
            sent = True
            failed = await self._once(attempts, time.monotonic())
            if isinstance(failed, Answer):
                return msgspec.structs.replace(failed, left_out=self._forms.settings_left_out(attempts.form))
            if isinstance(failed, Refused):  # no try is used up: what is tried is another form
                if not attempts.refused(failed.said):
                    raise failed
                continue
            # A quota is whole again by itself: while it is waited for, no try is used up.
            waits = failed.reason == "rate_limited" and time.monotonic() - first < self.target.patience
            tried, asked = tried + (not waits), asked + 1
            if tried >= self.target.tries or (failed.maybe_paid and self.at_most(body)):
                raise failed
            await asyncio.sleep(min(_LONGEST_REST, _FIRST_REST * 2 ** min(asked - 1, 10)) * random.uniform(0.5, 1.0))

    async def _once(self, attempts: Attempts, began: float) -> Answer | Failed:
        """An ``Answer``, or a ``Failed`` that may be tried again. Raises those that may not."""
        try:
            async with asyncio.timeout(self.target.timeout):
                status, headers, data, streamed = await self._post(attempts.sent, began)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:  # nothing was sent
            return Failed("unreachable", f"{self._host}: {error}")
        except (TimeoutError, httpx.TimeoutException):
            return Failed("timeout", f"no answer within {self.target.timeout:g} s", maybe_paid=True)
        except httpx.HTTPError as error:
            return Failed("broken", f"the connection broke ({type(error).__name__})", maybe_paid=True)
        if status // 100 == 2:
            failed = self._error_inside(headers, data)
            if failed is not None:
                return failed
            attempts.answered()
            self._barred = 0
            return self._answer(data, time.monotonic() - began, streamed)
        return self._refused(status, headers, data)

    async def _post(self, sent: dict[str, Any], began: float) -> tuple[int, httpx.Headers, bytes, Streamed | None]:
        content = orjson.dumps({**sent, "model": self.target.model})
        own = {"content-type": "application/json"}
        async with self._http.stream("POST", self._url, content=content, headers=own) as response:
            data = bytearray()
            kind = response.headers.get("content-type", "")  # of a stream, some servers write text/plain, or none
            streamed = Streamed(began) if sent.get("stream") and not kind.startswith("application/json") else None
            async for piece in response.aiter_bytes():
                data += piece
                if streamed is not None:
                    streamed.feed(piece)
                if len(data) > _LARGEST_ANSWER:
                    raise Failed("too_large", f"the answer is larger than {_LARGEST_ANSWER:,} bytes", maybe_paid=True)
            if streamed is None and is_stream(bytes(data[:_OPENING]), kind.startswith("text/event-stream"), False):
                streamed = Streamed(began)
                streamed.feed(bytes(data))
                streamed.first_token = None  # it was not asked for, and is not measured
            head = Head(response.status_code, b"", list(response.headers.raw))
            if (left := quota_left(head)) is not None:
                self.quota_told = QuotaTold(left, requests_left(head), time.time())
            return response.status_code, response.headers, bytes(data), streamed

    def _answer(self, data: bytes, seconds: float, streamed: Streamed | None = None) -> Answer:
        try:
            document: Any = load_whole(data) if streamed is None else streamed.document()
            if streamed is not None and document is not None and not streamed.ended:
                raise Failed("broken", "the stream ended before the answer did", maybe_paid=True)
            document = in_one_choice(document)
            choice = document["choices"][0]
            if choice.get("error"):  # an aggregator's provider failed, which it says with status 200
                raise Failed("upstream_error", "the answer ended with an error", maybe_paid=True)
            message = choice["message"]
            content = message.get("content")
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            raise Failed("malformed", self._own_key.no_completion(data), maybe_paid=True) from None
        served = document["model"] if isinstance(document.get("model"), str) else None
        reason = choice.get("finish_reason") if isinstance(choice.get("finish_reason"), str) else None
        calls = message.get("tool_calls")
        refusal, text = message.get("refusal"), joined(parts_of(content))
        usage = told_usage(document.get("usage"), bool(text or calls))
        answer = Answer(
            text=text,
            tool_calls=[call for call in calls if isinstance(call, dict)] if isinstance(calls, list) else [],
            refusal=refusal if isinstance(refusal, str) else "",
            finish_reason=reason,
            model=served,
            usage=document["usage"] if usage is not None else None,
            cost_usd=self.cost(usage, served) if usage is not None else None,
            seconds=round(seconds, 4),
            cut=reason is not None and finish_of(reason) is FinishReason.LENGTH,
            first_token=streamed.first_token if streamed is not None else None,
        )
        try:
            return self._own_key.out_of(answer)
        except ValueError as error:
            raise Failed("malformed", str(error), maybe_paid=True) from None

    def _error_inside(self, headers: httpx.Headers, data: bytes) -> Failed | None:
        """The failure that a document tells of whose status says that all is well; ``None`` for any other. Raises
        ``Halted``."""
        document = load_object(data)
        if document is None or document.get("choices") or error_of(document) is None:
            return None
        status = _status_of(document)
        if status in _INSIDE:
            return self._refused(status, headers, data)
        return Failed("upstream_error", f"the answer is an error{self._own_key.message(data)}", maybe_paid=True)

    def _refused(self, status: int, headers: httpx.Headers, data: bytes) -> Failed:
        said = self._own_key.message(data)
        pause = PAUSES.get(status)
        if status == 429 and b"insufficient_quota" in data[:4096]:
            pause = Pause.MONEY
        if status == 400:
            pause = Pause.KEY if _KEY_SAID.search(data[:4096]) else pause
            pause = Pause.MODEL if _MODEL_SAID.search(data[:4096]) else pause
        if pause is not None:
            if status in _OF_ONE and not self._is_about_all(data):
                raise Failed("refused", f"status {status}{said}")
            raise Halted(pause.value, f"{self._url} answers {status}{said}")
        if status in (429, 503):
            self._wait(retry_after(headers, data), f"status {status}{said}")
            return Failed("rate_limited" if status == 429 else "upstream_error", f"status {status}{said}")
        if status in (400, 422):
            return Refused(f"status {status}{said}", data[:READ_OF_REFUSALS])
        if status >= 500 or status == 408:
            return Failed("upstream_error", f"status {status}{said}")
        if 300 <= status < 400:
            said = f"{_whither(headers.get('location', ''))}; redirects are not followed"
        raise Failed("refused", f"status {status}{said}")

    def _is_about_all(self, data: bytes) -> bool:
        """Whether a status that may be about one request means the key, or the model."""
        if self._barred is None or _KEY_SAID.search(data[:4096]) or _MODEL_SAID.search(data[:4096]):
            return True
        self._barred += 1
        return self._barred >= _OF_ALL

    def _wait(self, seconds: float, why: str) -> None:
        now = time.monotonic()
        self._not_before = max(self._not_before, now + seconds)
        if seconds > _LONG_WAIT and now - self._said_at >= _MINUTE:
            self._said_at = now
            self._say(f"waiting {seconds:.0f} s, as the endpoint says: {why}")

    async def _hold_back(self) -> bool:
        """Wait until the endpoint, and our own limit, take another call; whether there was anything to wait for."""
        waited = False
        while True:
            now = time.monotonic()
            wait = self._not_before - now
            rate = self.target.requests_per_minute
            if rate > 0:
                while self._begun and self._begun[0] <= now - _MINUTE:
                    self._begun.popleft()
                # Spread over the minute, so that a limit of 60 is one a second and no burst of 60.
                if self._begun:
                    wait = max(wait, self._begun[-1] + _MINUTE / rate - now)
            if wait <= 0:
                if rate > 0:
                    self._begun.append(now)
                return waited
            waited = True
            await asyncio.sleep(wait)


def _status_of(document: dict[str, Any]) -> int | None:
    """The status of HTTP that an error document tells; ``None`` where it tells none."""
    inner = document.get("error")
    for told in (inner if isinstance(inner, dict) else {}, document):
        for name in ("code", "status", "status_code"):
            value = told.get(name)
            if isinstance(value, int) and 400 <= value < 600:
                return value
            if isinstance(value, str) and re.fullmatch("[45][0-9]{2}", value):
                return int(value)
    return None


def _whither(location: str) -> str:
    """Where a redirect leads, without its path, which may hold a key; empty where that is the same host."""
    try:
        parts = urlsplit(location)
    except ValueError:
        return ""
    return f", to {parts.scheme}://{parts.hostname}" if parts.scheme in ("http", "https") and parts.hostname else ""
