"""The end of a worker in bounded time. What still waits for a store or a queue that does not answer is left behind: as
after a kill, nothing of it is lost, and what was not acknowledged is delivered again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

#: Seconds that the loops have to end, a little more than a consumer gives its batch; and all that is closed after them.
#: The supervisor waits a little longer than for both together.
LOOPS_SECONDS, CLOSING_SECONDS = 9.0, 5.0


class Threads(ThreadPoolExecutor):
    """Threads that know whether one of them is still at work."""

    def __init__(self, number: int, name: str) -> None:
        super().__init__(number, thread_name_prefix=name)
        self._running: set[Future[Any]] = set()

    @property
    def busy(self) -> bool:
        """Whether a call has not returned, also one that nobody waits for any more."""
        return bool(self._running)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401 - as there
        """As of every executor."""
        future = super().submit(fn, *args, **kwargs)
        self._running.add(future)
        future.add_done_callback(self._running.discard)
        return future


async def ended(tasks: Collection[asyncio.Task[None]], seconds: float) -> bool:
    """Whether all of them end within ``seconds``; those that do not are cancelled. Raises what one of them raised."""
    done, late = await asyncio.wait(tasks, timeout=seconds)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    for task in done:
        task.result()
    return not late
