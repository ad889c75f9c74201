"""The garbage collector of a process that scores: what was loaded stays, and what is made of a sample dies by itself.

Nothing in a reading refers to what refers to it, so reference counts free it. Looking through all that was loaded again
and again took a twelfth of the time.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_THRESHOLDS = (20_000, 20, 20)


def settle() -> None:
    """For the rest of this process: leave out what is loaded by now, and look rarely."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)


@contextmanager
def settled() -> Iterator[None]:
    """The same for a while."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
