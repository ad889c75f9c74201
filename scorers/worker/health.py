"""The health of a worker. Alive means that work makes progress, not merely that the process responds."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from scorers.worker.consumer import Consumer

log = logging.getLogger("sightglass.worker")

#: No progress for this long, and for the time that one sample may take, means that a consumer is wedged.
WEDGED_SECONDS = 60.0
#: One that says that it waits for store, queue or processes gets this long: to start again might help it by then.
OUTAGE_SECONDS = 600.0
#: While the store does not answer, one without progress for so long waits for it.
HANGS_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Health:
    """Checks ``consumers``. ``slowest``: the longest time-out of a scorer. It and the two bounds are in seconds.
    ``away``: whether the store does not answer; a consumer may then hang in it without knowing."""

    consumers: Mapping[str, Consumer]
    slowest: float
    wedged: float = WEDGED_SECONDS
    outage: float = OUTAGE_SECONDS
    away: Callable[[], bool] = lambda: False

    def __call__(self) -> dict[str, object]:
        """``ok``: no consumer is wedged; otherwise the process should be restarted. ``ready`` equals ``ok``: during an
        outage of the queue people need the console. ``waiting``: the groups that wait for an outage to end; ``lease``:
        the store takes no write.

        ``seconds_since_progress``: per group, since it finished something or found that there was nothing to do.
        """
        ages = {group: round(consumer.progress.age, 1) for group, consumer in self.consumers.items()}
        hang = {group for group, age in ages.items() if age > HANGS_SECONDS} if self.away() else set()
        waiting = sorted(group for group, consumer in self.consumers.items() if consumer.waiting or group in hang)
        bounds = {group: self.outage if group in waiting else self.wedged + self.slowest for group in ages}
        alive = all(age < bounds[group] for group, age in ages.items())
        waiting += ["lease"] if self.away() else []
        return {"ok": alive, "ready": alive, "waiting": waiting, "seconds_since_progress": ages}


def _end() -> None:
    os._exit(70)


def watch(health: Callable[[], dict[str, object]], every: float = 10.0, end: Callable[[], None] = _end) -> None:
    """Check every ``every`` seconds from a thread, which a blocked loop cannot block. Wedged twice in a row ends the
    process.

    This is for a worker under our own supervisor, which restarts it. Elsewhere the caller of ``/-/healthy`` decides.
    Two checks are needed, because a process that was only suspended recovers in time.
    """

    def look() -> None:
        wedged = 0
        while wedged < 2:
            threading.Event().wait(every)
            wedged = wedged + 1 if not health()["ok"] else 0
        log.critical("no progress: %s; this worker ends, to be started again", health()["seconds_since_progress"])
        end()

    threading.Thread(target=look, name="watch", daemon=True).start()
