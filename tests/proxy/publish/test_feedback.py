"""Feedback: what is taken, what is refused, and what becomes of it when the queue is out of order."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import orjson
import pytest
from prometheus_client import CollectorRegistry

from proxy.config.settings import Redaction
from proxy.errors import Refused
from proxy.feedback import Feedback, FeedbackResult, TaskOutcome, read
from proxy.publish.feedback import FeedbackPublisher
from proxy.queue.protocol import QueueError, Unwritten
from proxy.telemetry.instruments import Instruments
from support.queues import ScriptedQueue


class Desk:
    """A desk with its queue and counters."""

    def __init__(self, abandon_after: float = 30.0) -> None:
        self.queue = ScriptedQueue()
        self.registry = CollectorRegistry()
        self.desk = FeedbackPublisher(self.queue, Redaction(), Instruments(self.registry, "proxy"), abandon_after)

    def counts(self) -> dict[str, int]:
        """The counter, without zeros."""
        found = {
            result.value: self.registry.get_sample_value("sightglass_feedback_total", {"result": result})
            for result in FeedbackResult
        }
        assert None not in found.values(), "every result is there from the start"
        return {name: int(n) for name, n in found.items() if n}

    def kept(self) -> dict[str, Feedback]:
        """What the queue holds."""
        return {item.id: msgspec.json.decode(item.payload, type=Feedback) for item in self.queue.items.values()}


def one(number: int = 1, **more: Any) -> Feedback:
    """A feedback on a task."""
    return Feedback(id=f"f{number}", at=1.0, task_id="t", outcome=TaskOutcome.SUCCESS, **more)


def test_what_is_read() -> None:
    """Every key arrives, numbers may be whole, and a task is named as requests name it."""
    body = orjson.dumps({"task_id": " T ", "outcome": "failure", "rating": 1, "comment": "slow"})
    found = read(body, "f1", "bot", {"task_id": str.strip})
    assert (found.task_id, found.outcome, found.rating, found.comment) == ("T", TaskOutcome.FAILURE, 1.0, "slow")
    assert (found.id, found.app, found.request_id) == ("f1", "bot", None)
    assert (
        read(b'{"request_id": " r ", "rating": 0, "outcome": null}', "f2", None, {"task_id": str.strip}).request_id
        == " r "
    )


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b"\xff", b'{"task_id": {}}', b'{"task_id": "t", "rating": "1"}'])
def test_what_is_refused(body: bytes) -> None:
    """Whatever is not feedback is one 400."""
    with pytest.raises(Refused) as refused:
        read(body, "f", None, {})
    assert refused.value.status == 400


async def test_comments_are_redacted_and_published_under_one_id() -> None:
    """Personal data and the giver's own credential are out before the queue has it."""
    made = Desk()
    made.desk.put(one(comment="ask jane@example.org, my key is orchardgatelatch"), ("orchardgatelatch",))
    made.desk.start()
    await made.desk.stop(5)
    assert made.kept()["feedback:f1"].comment == "ask [EMAIL_1], my key is [API_KEY_1]"
    assert made.counts() == {"published": 1}


async def test_a_queue_that_fails_is_tried_again_and_given_up() -> None:
    """Under the same id until the time is over; then it is counted, and the next one passes."""
    made = Desk(abandon_after=0.3)
    made.queue.answers = [QueueError("down"), None]
    made.desk.start()
    made.desk.put(one(1))
    await asyncio.sleep(0.4)
    assert made.queue.tries == [["feedback:f1"]] * 2
    made.queue.always = QueueError("down")
    made.desk.put(one(2))
    await asyncio.sleep(1.0)
    made.queue.always = None
    made.desk.put(one(3))
    await made.desk.stop(5)
    assert set(made.kept()) == {"feedback:f1", "feedback:f3"}
    assert made.counts() == {"published": 2, "dropped_queue": 1}


async def test_what_was_surely_not_written_is_kept() -> None:
    """While another process has the file, feedback waits; it is bounded by its number."""
    made = Desk(abandon_after=0.01)
    made.queue.always = Unwritten("locked")
    made.desk.start()
    made.desk.put(one(1))
    deadline = asyncio.get_running_loop().time() + 10
    while len(made.queue.tries) < 4:
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.01)
    assert made.counts() == {}
    made.queue.always = None
    await made.desk.stop(5)
    assert made.counts() == {"published": 1}


async def test_it_is_bounded_and_never_waits() -> None:
    """A queue that hangs fills the desk: then a giver is told to come later, and what is lost at the end is counted."""
    made = Desk()
    made.queue.gate.clear()
    made.desk.start()
    taken = 0
    with pytest.raises(Refused) as refused:
        for number in range(10_000):
            made.desk.put(one(number))
            taken += 1
    assert (refused.value.status, refused.value.retry_after) == (503, 5)
    await asyncio.sleep(0.05)
    await made.desk.stop(0.1)
    assert taken == 5_000
    assert made.counts() == {"dropped_ring_full": 1, "dropped_queue": taken}
