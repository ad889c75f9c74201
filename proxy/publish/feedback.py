"""Publishes feedback to the queue: redacted, and under the same rules as all other data that leaves the process.

Feedback enters a separate bounded queue, and the client is answered at once. A background task publishes it. Dropped
feedback is counted. A comment is redacted before it leaves the process. If redaction fails, the feedback is not
published.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque

import msgspec

from proxy.config.settings import Redaction
from proxy.errors import Contained, Refused
from proxy.feedback import Feedback, FeedbackResult
from proxy.publish.giving_up import ABANDON_AFTER, Trials
from proxy.queue.protocol import Item, Kind, QueueError, SampleQueue
from proxy.redact import Redactor, Unfit
from proxy.telemetry.instruments import Instruments

log = logging.getLogger("sightglass.feedback")

#: Feedback held while the queue does not take it.
_MAX_HELD = 5_000
_BATCH = 200


class FeedbackPublisher:
    """Accepts feedback and publishes it in the background."""

    def __init__(
        self, queue: SampleQueue, redaction: Redaction, instruments: Instruments, abandon_after: float = ABANDON_AFTER
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
        """Add one item without waiting.

        No copy may contain ``secrets``. Raises ``Refused`` (503) if the queue is full.
        """
        if len(self._held) + self._leaving >= _MAX_HELD:
            self._counters[FeedbackResult.DROPPED_RING_FULL].inc()
            raise Refused(503, "too much feedback waits, try again later", "overloaded", retry_after=5)
        self._held.append((feedback, secrets))
        self._wake.set()

    def start(self) -> None:
        """Start publishing."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="feedback")

    async def stop(self, timeout: float) -> None:
        """Publish the remaining items for at most ``timeout`` seconds. Whatever is left is counted as dropped."""
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
        """The redacted comment; none if a configured pattern cannot be used."""
        try:
            return self._redactor.text(comment, {}, secrets)
        except Unfit:
            return ""

    async def _published(self, items: list[Item]) -> bool:
        """Whether the queue accepted the items. Retries use the same ids until they are given up."""
        if not items:
            return True
        loop = asyncio.get_running_loop()
        trials, delay = Trials(loop.time, self._abandon_after), 0.1
        while True:
            try:
                await self._queue.publish(items)
                return True
            except QueueError as error:
                # The publisher, which uses the same queue, has said what is wrong with it.
                pressed = len(self._held) + self._leaving > _MAX_HELD // 2
                if trials.failed(error, pressed) or (self._stopping.is_set() and delay > 0.2):
                    log.error("%d feedbacks were given up: the queue did not take them", len(items))
                    return False
            with contextlib.suppress(TimeoutError):
                if self._stopping.is_set():
                    await asyncio.sleep(delay)
                else:
                    await asyncio.wait_for(self._stopping.wait(), delay)
            delay = min(delay * 2, 5.0)
