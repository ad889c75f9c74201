"""Whether a worker does anything: alive means progress, not that something answers."""

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


@dataclass(frozen=True, slots=True)
class Health:
    """Judges ``consumers``. ``slowest``: the longest time-out of a scorer; it and the two bounds in seconds."""

    consumers: Mapping[str, Consumer]
    slowest: float
    wedged: float = WEDGED_SECONDS
    outage: float = OUTAGE_SECONDS

    def __call__(self) -> dict[str, object]:
        """``ok``: none is wedged, else the process should be started again. ``ready`` is the same: while the queue is
        away the console is what people need. ``waiting``: the groups that wait for an outage to end.

        ``seconds_since_progress``: of each group, since it finished something or found that there is nothing to do.
        """
        ages = {group: round(consumer.progress.age, 1) for group, consumer in self.consumers.items()}
        waiting = sorted(group for group, consumer in self.consumers.items() if consumer.waiting)
        bounds = {group: self.outage if group in waiting else self.wedged + self.slowest for group in ages}
        alive = all(age < bounds[group] for group, age in ages.items())
        return {"ok": alive, "ready": alive, "waiting": waiting, "seconds_since_progress": ages}


def _end() -> None:
    os._exit(70)


def watch(health: Callable[[], dict[str, object]], every: float = 10.0, end: Callable[[], None] = _end) -> None:
    """Look from a thread, which a held loop does not hold, every ``every`` seconds; wedged twice in a row is the end.

    For a worker under our own supervisor, which starts it again; elsewhere whoever asks ``/-/healthy`` decides. Twice:
    a process that was merely stopped for a while comes back in time.
    """

    def look() -> None:
        wedged = 0
        while wedged < 2:
            threading.Event().wait(every)
            wedged = wedged + 1 if not health()["ok"] else 0
        log.critical("no progress: %s; this worker ends, to be started again", health()["seconds_since_progress"])
        end()

    threading.Thread(target=look, name="watch", daemon=True).start()
