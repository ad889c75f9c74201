"""Whether a question may still be sent. Its user may have been forgotten since it was made, and while it waits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

#: Awaited before each sending of a question; False: nothing of it may be sent any more. May raise ``StoreError``.
StillThere = Callable[[], Awaitable[bool]]


async def always() -> bool:
    """What is nobody's may be sent."""
    return True
