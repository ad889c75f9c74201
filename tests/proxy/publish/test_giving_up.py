"""When a batch is given up: in doubt after a time, certain of nothing written only where room is short."""

from __future__ import annotations

import pytest

from proxy.publish.giving_up import ABANDON_AFTER, Trials
from proxy.queue import redis, sqlite
from proxy.queue.protocol import REMEMBERED, QueueError, Unwritten

DOUBT, LOCKED = QueueError("no reply"), Unwritten("locked")


@pytest.mark.parametrize(
    ("errors", "waited", "pressed", "ends"),
    [
        ([LOCKED], 1e6, False, False),
        ([LOCKED], 81.0, True, True),
        ([LOCKED], 79.0, True, False),
        ([DOUBT], 639.0, False, False),
        ([DOUBT], 641.0, False, True),
        ([DOUBT], 81.0, True, True),
        ([DOUBT, LOCKED], 641.0, False, True),
    ],
)
def test_when_it_ends(errors: list[QueueError], waited: float, pressed: bool, ends: bool) -> None:
    """A batch that may have been written stays in doubt, whatever the later errors say."""
    now = [100.0]
    trials = Trials(lambda: now[0], 640.0)
    for error in errors[:-1]:
        assert not trials.failed(error, pressed=False)
    now[0] += waited
    assert trials.failed(errors[-1], pressed) is ends


def test_a_batch_in_doubt_is_given_up_while_every_queue_knows_its_ids() -> None:
    """Otherwise its second copy would be stored twice."""
    assert min(redis._REMEMBER, sqlite._REMEMBER, REMEMBERED) > ABANDON_AFTER
