"""Feedback on a request, a response or a task: read, redacted, and published like everything else that leaves us.

The desk takes feedback into a bounded queue of its own and answers at once; a background task publishes. What is given
up is counted. A comment is redacted before it leaves the process; when that fails, the feedback does not leave.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

import msgspec
import orjson

from proxy.config.settings import Redaction
from proxy.errors import Contained, Refused
from proxy.queue.protocol import Item, Kind, QueueError, SampleQueue
from proxy.redact import Redactor, Unfit
from proxy.telemetry.instruments import Instruments

log = logging.getLogger("sightglass.feedback")

#: Largest body of one feedback, in bytes, and longest comment, in characters.
MAX_BODY = 65_536
MAX_COMMENT = 10_000
_MAX_ID = 256
#: Feedback held while the queue does not take it.
_MAX_HELD = 5_000
_BATCH = 200
_SUBJECTS = ("request_id", "response_id", "task_id")
_KEYS = (*_SUBJECTS, "outcome", "rating", "comment")


class TaskOutcome(StrEnum):
    """How a task ended: by its feedback, or unknown after idle time. Label of ``sightglass_tasks_total``."""

    SUCCESS = "success"
    FAILURE = "failure"
    UNKNOWN = "unknown"


class FeedbackResult(StrEnum):
    """What became of one feedback; exactly one each. Label of ``sightglass_feedback_total``."""

    PUBLISHED = "published"
    DROPPED_RING_FULL = "dropped_ring_full"
    DROPPED_QUEUE = "dropped_queue"
    DROPPED_REDACTOR = "dropped_redactor"


class Feedback(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What somebody said of one request, response or task; exactly one of the three ids is there.

    ``at`` is Unix seconds. ``app`` is known from the client's key or header; without it the feedback is for whatever
    application the id belongs to. ``rating`` is in [0, 1].
    """

    id: str
    at: float
    app: str | None = None
    request_id: str | None = None
    response_id: str | None = None
    task_id: str | None = None
    outcome: TaskOutcome | None = None
    rating: float | None = None
    comment: str = ""


def read(body: bytes, identity: str, app: str | None, clean: Mapping[str, Callable[[str], str]]) -> Feedback:
    """The feedback in a request's body. ``clean`` is what ids of that name go through in requests, so that they meet.

    Raises ``Refused`` (413, 400) with one message that names the key and repeats nothing of its value.
    """
    if len(body) > MAX_BODY:
        raise Refused(413, f"feedback has at most {MAX_BODY} bytes", "body_too_large")
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise _wrong("the body is not JSON") from None
    if not isinstance(document, dict):
        raise _wrong("the body is not a JSON object")
    if not set(document) <= set(_KEYS):
        raise _wrong(f"unknown key; there are {', '.join(_KEYS)}")
    given = [name for name in _SUBJECTS if document.get(name) is not None]
    if len(given) != 1:
        raise _wrong("give one of request_id, response_id and task_id")
    subject = _string(document, given[0], _MAX_ID)
    if given[0] in clean:
        subject = clean[given[0]](subject)
    if not subject:
        raise _wrong(f"{given[0]}: empty")
    outcome, rating = _outcome(document), _rating(document)
    comment = _string(document, "comment", MAX_COMMENT)
    if outcome is None and rating is None and not comment:
        raise _wrong("give at least one of outcome, rating and comment")
    return Feedback(
        id=identity, at=time.time(), app=app, outcome=outcome, rating=rating, comment=comment, **{given[0]: subject}
    )


def _wrong(message: str) -> Refused:
    return Refused(400, message, "invalid_feedback")


def _string(document: dict[str, Any], name: str, longest: int) -> str:
    value = document.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > longest:
        raise _wrong(f"{name}: a string of at most {longest} characters")
    return value


def _outcome(document: dict[str, Any]) -> TaskOutcome | None:
    value = document.get("outcome")
    if value is None:
        return None
    if value not in (TaskOutcome.SUCCESS.value, TaskOutcome.FAILURE.value):
        raise _wrong("outcome: success or failure")
    return TaskOutcome(value)


def _rating(document: dict[str, Any]) -> float | None:
    value = document.get("rating")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1 or math.isnan(value):
        raise _wrong("rating: a number from 0 to 1")
    return float(value)


class FeedbackDesk:
    """Takes feedback and publishes it in the background."""

    def __init__(
        self, queue: SampleQueue, redaction: Redaction, instruments: Instruments, abandon_after: float = 30.0
    ) -> None:
        self._queue = queue
        self._redactor = Redactor(redaction)
        self._counters = {result: instruments.counter("sightglass_feedback_total", result) for result in FeedbackResult}
        self._fails_closed = Contained(self._unredacted)
        self._abandon_after = abandon_after
        self._held: deque[tuple[Feedback, tuple[str, ...]]] = deque()
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._leaving = 0

    def put(self, feedback: Feedback, secrets: tuple[str, ...] = ()) -> None:
        """Take one, without waiting. ``secrets`` must not be in any copy. Raises ``Refused`` (503) when all is full."""
        if len(self._held) + self._leaving >= _MAX_HELD:
            self._counters[FeedbackResult.DROPPED_RING_FULL].inc()
            raise Refused(503, "too much feedback waits, try again later", "overloaded", retry_after=5)
        self._held.append((feedback, secrets))
        self._wake.set()

    def start(self) -> None:
        """Begin publishing."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="feedback")

    async def stop(self, timeout: float) -> None:
        """Publish what is held, for at most ``timeout`` seconds; what is left is counted as dropped."""
        self._stopping.set()
        self._wake.set()
        if self._task is not None:
            _, pending = await asyncio.wait([self._task], timeout=timeout)
            for task in pending:
                task.cancel()
                await asyncio.wait([task])
        self._counters[FeedbackResult.DROPPED_QUEUE].inc(len(self._held) + self._leaving)
        self._held.clear()
        self._leaving = 0

    async def _run(self) -> None:
        while self._held or not self._stopping.is_set():
            if not self._held:
                self._wake.clear()
                await self._wake.wait()
                continue
            batch = [self._held.popleft() for _ in range(min(_BATCH, len(self._held)))]
            items = [item for pair in batch if (item := self._item(*pair)) is not None]
            self._leaving = len(items)
            result = FeedbackResult.PUBLISHED if await self._published(items) else FeedbackResult.DROPPED_QUEUE
            self._counters[result].inc(len(items))
            self._leaving = 0

    def _item(self, feedback: Feedback, secrets: tuple[str, ...]) -> Item | None:
        with self._fails_closed:
            comment = self._comment(feedback.comment, secrets)
            payload = msgspec.json.encode(msgspec.structs.replace(feedback, comment=comment))
            return Item(f"feedback:{feedback.id}", Kind.FEEDBACK, payload)
        return None  # whatever broke, the copy does not leave

    def _unredacted(self, error: Exception) -> None:
        log.error("feedback could not be redacted and was dropped (%s)", type(error).__name__)
        self._counters[FeedbackResult.DROPPED_REDACTOR].inc()

    def _comment(self, comment: str, secrets: tuple[str, ...]) -> str:
        """A comment as it may leave; none while a configured pattern can not be used."""
        try:
            return self._redactor.text(comment, {}, secrets)
        except Unfit:
            return ""

    async def _published(self, items: list[Item]) -> bool:
        """Whether the queue took them, tried again under the same ids until ``abandon_after`` seconds have passed."""
        if not items:
            return True
        loop = asyncio.get_running_loop()
        give_up, delay = loop.time() + self._abandon_after, 0.1
        while True:
            try:
                await self._queue.publish(items)
                return True
            except QueueError:
                # The publisher, which uses the same queue, has said what is wrong with it.
                if loop.time() > give_up or (self._stopping.is_set() and delay > 0.2):
                    log.error("%d feedbacks were given up: the queue did not take them", len(items))
                    return False
            with contextlib.suppress(TimeoutError):
                if self._stopping.is_set():
                    await asyncio.sleep(delay)
                else:
                    await asyncio.wait_for(self._stopping.wait(), delay)
            delay = min(delay * 2, 5.0)
