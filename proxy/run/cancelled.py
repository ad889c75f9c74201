"""Commands on an event loop: what Ctrl-C (and SIGTERM, where ``interrupt`` raises at it) does to them.

An exception that is raised in the midst of any step of any task leaves the others as they are, and a traceback behind.
So the command's own task is cancelled, which it can answer by closing what it has begun.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from types import FrameType
from typing import Any, TypeVar

from proxy.run.interrupt import Ended, raise_ended

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Like ``asyncio.run``. The first signal that would raise ``Ended`` cancels ``main``, and is raised after that. The
    next one raises at once, wherever the main thread is."""
    got: list[int] = []
    try:
        return asyncio.run(_cancelled_by_signals(main, got))
    except asyncio.CancelledError:
        if got:
            raise Ended(got[0]) from None
        raise


async def _cancelled_by_signals(main: Coroutine[Any, Any, T], got: list[int]) -> T:
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None
    numbers = [number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) is raise_ended]

    def give_back() -> None:
        for number in numbers:
            signal.signal(number, raise_ended)

    def cancel(number: int, frame: FrameType | None) -> None:
        give_back()
        got.append(number)
        loop.call_soon_threadsafe(task.cancel)

    for number in numbers:
        signal.signal(number, cancel)
    try:
        return await main
    finally:
        give_back()
