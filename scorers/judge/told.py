"""What an answer to a request of ours says that it used, where that can be so."""

from __future__ import annotations

from proxy.exchange import Usage
from proxy.wire.usage import usage_of

#: No model reads and writes more tokens for one request.
_MOST = 20_000_000


def told_usage(value: object, said: bool) -> Usage | None:
    """The usage of an answer; ``None`` where it is not told, or cannot be so: nothing was read, nothing was written
    though something is ``said``, or more than any model takes. What is not told is charged what was reserved: else
    answers that count nothing would be free, and one that counts too much would end the day for everybody."""
    usage = usage_of(value)
    if usage is None:
        return None
    read = usage.input + usage.cached_input + usage.cache_write
    written = usage.output + usage.reasoning_output
    return usage if read and (written or not said) and read + written <= _MOST else None
