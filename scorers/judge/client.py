"""The judge's endpoint: one question, one answer and its cost, or a typed failure. OpenAI's chat form, no tools.

::

    JudgeFailed            no answer; its ``reason`` becomes the score's reason
    +-- JudgePaused        the judge is paused: the key, the money or the model is not accepted

Temporary failures are waited for. A 429 holds back all calls for as long as it says. 5xx and connections that were not
made are retried within a retry budget; broken ones only where an answer costs nothing, since money was set aside for
one call. (A kept connection that the server has just closed is no broken one: the transport uses another.) Permanent
failures (401, 403: key; 402, or an exhausted quota: money; 404: model) pause the judge, and one call tries again after
each pause. A token limit that cuts one answer after another also pauses it: such answers are paid for and are useless.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from proxy import __version__
from proxy.config.settings import Judge
from proxy.exchange import FinishReason, Usage
from proxy.observe.pricing import Prices
from proxy.upstream.transport import PoolTransport
from proxy.wire import chat
from proxy.wire.envelope import opened
from proxy.wire.facts import load_whole
from proxy.wire.finish_reasons import finish_of
from scorers.judge.forms import READ_OF_REFUSALS, Attempts, Forms, Ladder
from scorers.judge.selection import CHARACTERS_A_TOKEN
from scorers.judge.still_there import StillThere, always
from scorers.judge.told import told_usage
from scorers.judge.waiting import retry_after
from scorers.score import Reason

log = logging.getLogger("sightglass.worker")

#: Answers in a row that were cut by ``judge.max_tokens`` before the judge is paused.
_CUTS = 3
_LARGEST_ANSWER = 1_000_000
_TRIES = 3
#: The largest retry budget, and how much each first call adds to it: an outage must not triple the calls.
_RETRIES, _EARNED = 10.0, 0.1
_FIRST_PAUSE, _LONGEST_PAUSE = 60.0, 3600.0


class Pause(StrEnum):
    """Why the judge is paused."""

    KEY = "key"
    MONEY = "money"
    MODEL = "model"
    LIMIT = "limit"


#: Statuses of permanent failures.
PAUSES = {401: Pause.KEY, 403: Pause.KEY, 402: Pause.MONEY, 404: Pause.MODEL}


class JudgeFailed(Exception):
    """The judge gave no answer. The message names a status or a kind of failure, and never quotes text.

    ``maybe_paid``: the endpoint may have charged for it. It was sent, and is still at work, answered what is no
    completion, or the connection broke."""

    def __init__(self, reason: Reason, message: str, maybe_paid: bool = False) -> None:
        super().__init__(message)
        self.reason = reason
        self.maybe_paid = maybe_paid


class JudgePaused(JudgeFailed):
    """The judge is paused."""


class UserForgotten(JudgeFailed):
    """The user was forgotten before the question was sent, or sent again: there is no text to judge any more."""

    def __init__(self) -> None:
        super().__init__(Reason.NO_TEXT, "its user was forgotten")


class _Refused(JudgeFailed):
    """The endpoint does not take the question in this form; ``said``: its answer, which may name why."""

    def __init__(self, message: str, said: bytes) -> None:
        super().__init__(Reason.JUDGE_ERROR, message)
        self.said = said


class Reply(msgspec.Struct, frozen=True):
    """The judge's text, tokens in and out, and the cost in USD (``None`` when the endpoint reported no usage).
    ``cut``: the token limit ended it."""

    content: str
    tokens: int
    cost: float | None
    cut: bool = False


def endpoint(base_url: str) -> str:
    """The URL to call. A base URL may end in ``/v1``, have no path, or name a deployment."""
    base = base_url.rstrip("/")
    return base + ("/chat/completions" if urlsplit(base).path else "/v1/chat/completions")


class JudgeClient:
    """Asks one model. ``guard`` marks our calls, so that a Sightglass proxy never samples them.

    ``on_pause`` is called with the reason when a pause begins and with ``None`` when it ends.
    """

    def __init__(
        self, settings: Judge, guard: str, on_pause: Callable[[Pause | None], None] = lambda pause: None
    ) -> None:
        self._settings = settings
        assert settings.price is not None
        self._prices = Prices([{settings.model: settings.price}], date.min)
        self._url = endpoint(settings.base_url)
        headers = {"user-agent": f"sightglass/{__version__}", "x-sightglass-no-store": "1", "x-sightglass-judge": guard}
        if settings.api_key is not None:
            headers["authorization"] = f"Bearer {settings.api_key.get_secret_value()}"
        self._headers = headers
        self._on_pause = on_pause
        self._http: httpx.AsyncClient | None = None
        self._forms = Forms(_LADDER)
        self._retries = _RETRIES
        self._not_before = 0.0
        self._pause: Pause | None = None
        self._pause_until = 0.0
        self._pause_length = 0.0
        self._cuts = 0

    @property
    def paused(self) -> Pause | None:
        """Why the judge is paused; ``None`` when it is not."""
        return self._pause

    def at_most(self, messages: list[dict[str, str]]) -> float:
        """The largest possible cost of one question, in USD."""
        return self.cost_of(messages, self._settings.max_tokens)

    def cost_of(self, messages: list[dict[str, str]], answer: int) -> float:
        """The cost of one question whose answer has so many tokens, in USD."""
        tokens = sum(len(message["content"]) for message in messages) / CHARACTERS_A_TOKEN
        return self._cost(Usage(input=round(tokens), output=answer))

    def _cost(self, usage: Usage) -> float:
        return self._prices.cost(self._settings.model, usage) or 0.0

    async def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.aclose()

    async def ask(
        self, messages: list[dict[str, str]], schema: dict[str, object], still_there: StillThere = always
    ) -> Reply:
        """The judge's answer. ``still_there`` is asked before each try. Raises ``JudgeFailed``."""
        self._check_pause()
        deadline = time.monotonic() + self._settings.timeout
        self._retries = min(_RETRIES, self._retries + _EARNED)
        tried, attempts = 1, Attempts(self._forms, _body(self._settings, messages, schema))
        while True:
            await self._hold_back(deadline)
            if not await still_there():
                raise UserForgotten
            failed = await self._once(attempts, deadline)
            if isinstance(failed, Reply):
                return failed
            if isinstance(failed, _Refused):  # no try is used up: what is tried is another form
                if not attempts.refused(failed.said):
                    raise failed
                continue
            paid = failed.maybe_paid and self.at_most(messages) > 0
            if paid or isinstance(failed, JudgePaused) or tried == _TRIES or self._retries < 1:
                raise failed
            self._retries -= 1
            await self._rest(tried, deadline)
            tried += 1

    async def _once(self, attempts: Attempts, deadline: float) -> Reply | JudgeFailed:
        """A ``Reply``, or a ``JudgeFailed`` that may be retried. Raises failures that may not."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise JudgeFailed(Reason.TIMEOUT, "no answer in time")
        try:
            async with asyncio.timeout(left):
                status, headers, body = await self._post(attempts.sent)
        except TimeoutError:
            raise JudgeFailed(Reason.TIMEOUT, "no answer in time", maybe_paid=True) from None
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            return JudgeFailed(Reason.JUDGE_ERROR, type(error).__name__)
        except httpx.TimeoutException:
            return JudgeFailed(Reason.TIMEOUT, "no answer in time", maybe_paid=True)
        except httpx.HTTPError as error:
            return JudgeFailed(Reason.JUDGE_ERROR, type(error).__name__, maybe_paid=True)
        if status == 200:
            attempts.answered()
            reply = self._reply(body)
            if not reply.cut:
                self._go_on()
            else:
                self._count_cut()
            return reply
        return self._refused(status, headers, body)

    async def _post(self, asked: dict[str, Any]) -> tuple[int, httpx.Headers, bytes]:
        if self._http is None:  # created on the loop that uses it
            transport = PoolTransport(allow_private=self._settings.allow_private)
            self._http = httpx.AsyncClient(
                transport=transport, headers=self._headers, trust_env=False, timeout=self._settings.timeout
            )
        async with self._http.stream("POST", self._url, json=asked) as response:
            data = bytearray()
            async for piece in response.aiter_bytes():
                data += piece
                if len(data) > _LARGEST_ANSWER:
                    raise JudgeFailed(Reason.UNPARSEABLE, "the answer is too large", maybe_paid=True)
            return response.status_code, response.headers, bytes(data)

    def _reply(self, body: bytes) -> Reply:
        document = load_whole(body)
        document = opened(document) if isinstance(document, dict) else {}
        if not isinstance(document.get("choices"), list):
            raise JudgeFailed(Reason.UNPARSEABLE, "not a completion", maybe_paid=True)
        cost, tokens = None, 0
        choice = next(iter(chat.response(document)), None)
        said = choice is not None and bool(choice.text or choice.tool_calls)
        if (usage := told_usage(document.get("usage"), said)) is not None:
            tokens = usage.input + usage.cached_input + usage.cache_write + usage.output
            cost = self._cost(usage)
        if choice is None or choice.tool_calls:
            return Reply("", tokens, cost)
        if choice.finish_reason and finish_of(choice.finish_reason) is FinishReason.LENGTH:
            return Reply("", tokens, cost, cut=True)
        # A judge that declines has said nothing about the answer.
        return Reply("" if choice.refusal else choice.text, tokens, cost)

    def _refused(self, status: int, headers: httpx.Headers, body: bytes) -> JudgeFailed:
        failed = JudgeFailed(Reason.JUDGE_ERROR, f"status {status}")
        pause = PAUSES.get(status)
        if status == 429 and b"insufficient_quota" in body[:4096]:
            pause = Pause.MONEY
        if pause is not None:
            raise self._stop(pause, f"its endpoint answers {status}")
        if status in (429, 503):
            self._not_before = time.monotonic() + retry_after(headers, body)
            return failed
        if status in (400, 422):
            return _Refused(f"status {status}", body[:READ_OF_REFUSALS])
        if status >= 500 or status == 408:
            return failed
        raise failed

    def _count_cut(self) -> None:
        """Count another answer that the token limit cut. Such an answer is paid for and useless; a few in a row
        pause the judge."""
        self._cuts += 1
        if self._cuts >= _CUTS or self._pause is Pause.LIMIT:
            limit = f"judge.max_tokens ({self._settings.max_tokens}) cuts its answers"
            self._stop(Pause.LIMIT, f"{limit}; raise it, or set judge.reasoning_effort")

    def _stop(self, pause: Pause, why: str) -> JudgePaused:
        if self._pause is not pause:
            log.error("the judge is paused: %s (%s)", why, pause.value)
            self._on_pause(pause)
        self._pause = pause
        self._pause_length = min(_LONGEST_PAUSE, max(_FIRST_PAUSE, 2 * self._pause_length))
        self._pause_until = time.monotonic() + self._pause_length
        return JudgePaused(Reason.JUDGE_ERROR, f"paused: {pause.value}")

    def _go_on(self) -> None:
        self._cuts = 0
        if self._pause is not None:
            log.warning("the judge goes on")
            self._pause, self._pause_length = None, 0.0
            self._on_pause(None)

    def _check_pause(self) -> None:
        """Raise while paused. After each pause one call is let through."""
        if self._pause is None:
            return
        if time.monotonic() < self._pause_until:
            raise JudgePaused(Reason.JUDGE_ERROR, f"paused: {self._pause.value}")
        self._pause_until = time.monotonic() + self._settings.timeout

    async def _hold_back(self, deadline: float) -> None:
        """Wait until the endpoint accepts calls again; raise at once when that is too late."""
        wait = self._not_before - time.monotonic()
        if wait <= 0:
            return
        if time.monotonic() + wait >= deadline:
            raise JudgeFailed(Reason.JUDGE_ERROR, "the endpoint asks to wait")
        await asyncio.sleep(wait + random.uniform(0.0, 0.1 * wait))

    async def _rest(self, tried: int, deadline: float) -> None:
        rest = random.uniform(0.5, 1.0) * 0.2 * 2.0**tried
        await asyncio.sleep(max(0.0, min(rest, deadline - time.monotonic())))


#: What not every judge takes: its temperature, before the limit; the schema, then any JSON, and the effort after it.
_LADDER = Ladder(first=("temperature",), then=("response_format", "reasoning_effort"))


def _body(settings: Judge, messages: list[dict[str, str]], schema: dict[str, object]) -> dict[str, Any]:
    wanted = {"type": "json_schema", "json_schema": {"name": "facts", "strict": True, "schema": schema}}
    body: dict[str, Any] = {"model": settings.model, "messages": messages, "max_tokens": settings.max_tokens}
    body |= {"temperature": 0, "response_format": wanted}
    return body if settings.reasoning_effort is None else {**body, "reasoning_effort": settings.reasoning_effort}
