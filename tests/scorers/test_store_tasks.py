"""Tasks: what makes one up, what it costs, how it ends, once; over SQLite and real PostgreSQL."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from proxy.config.settings import Retention
from proxy.exchange import Decision, Exchange, ExchangeRow, Operation, Outcome, RowBatch
from proxy.feedback import Feedback, TaskOutcome
from scorers.store.engine import open_database
from scorers.store.records import AppCosts, TaskChange
from scorers.store.store import Store
from scorers.store.tables import feedback as table
from scorers.store.tasks import total_cost

MOMENT = 1_800_000_000.0
SUCCESS, FAILURE, UNKNOWN = TaskOutcome
_numbers = itertools.count(1)


def call(
    identity: str, cost: float | None = 1.0, decision: Decision = Decision.SAMPLED_OUT, **facts: Any
) -> ExchangeRow:
    """The row of one call."""
    known: dict[str, Any] = {"instance": "p1", "started_at": MOMENT, "app": "support", "duration": 0.5, "status": 200}
    known |= {"operation": Operation.CHAT, "upstream": "local", "outcome": Outcome.OK, "model_asked": "gpt-x"}
    return ExchangeRow(Exchange(request_id=identity, cost_usd=cost, **(known | facts)), decision)


def batch(*rows: ExchangeRow) -> RowBatch:
    """A batch of rows with a name of its own."""
    number = next(_numbers)
    return RowBatch(f"b{number}", "p1", number, {}, list(rows))


def feedback(outcome: TaskOutcome | None = SUCCESS, **of: Any) -> Feedback:
    """One feedback, with an id of its own."""
    number = next(_numbers)
    return Feedback(id=f"f{number}", at=MOMENT + number, outcome=outcome, **of)


def ended(outcome: TaskOutcome, cost: float | None, app: str = "support") -> TaskChange:
    """What a task's end is told as."""
    return TaskChange(app=app, outcome=outcome, ended=True, cost_usd=cost)


class Clock:
    """Time that a test moves."""

    now = MOMENT

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The time of ``timed``."""
    return Clock()


@pytest.fixture
def timed(store_url: str, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """An empty store, of each kind in turn, that goes by ``clock``."""
    opened = Store(open_database(store_url, tmp_path / "data"), clock)
    yield opened
    opened.close()


def test_a_task_ends_with_its_feedback_and_costs_all_of_its_calls(store: Store) -> None:
    """Calls to several models, a retry and an aborted one are in the cost; the task is counted once."""
    store.save_rows(
        batch(
            call("r1", 1.0, task_id="t"),
            call("r2", 0.25, task_id="t", model_asked="small", retry_count=1),
            call("r3", 0.5, task_id="t", outcome=Outcome.CLIENT_DISCONNECTED),
            call("r4", None, task_id="t", outcome=Outcome.RATE_LIMITED, status=429),
            call("other", 100.0, task_id="u"),
            call("none", 100.0),
        )
    )
    assert store.save_feedback([feedback(task_id="t")], True) == [ended(SUCCESS, 1.75)]
    assert store.save_feedback([feedback(FAILURE, task_id="t")], True) == []
    assert store.costs(0, 1e12) == [AppCosts("support", SUCCESS, 1, 1.75, 0)]


@pytest.mark.parametrize("of", ["request_id", "response_id", "task_id"])
@pytest.mark.parametrize("first", ["rows", "feedback"])
def test_feedback_and_rows_meet_in_any_order(store: Store, of: str, first: str) -> None:
    """By the id of a request, of a response or of the task; whichever comes first waits for the other."""
    rows = batch(call("r1", 1.0, task_id="t", response_id="resp"), call("r2", 2.0, task_id="t"))
    given = [feedback(FAILURE, **{of: {"request_id": "r1", "response_id": "resp", "task_id": "t"}[of]})]
    if first == "rows":
        assert store.save_rows(rows) == []
        assert store.save_feedback(given, True) == [ended(FAILURE, 3.0)]
    else:
        assert store.save_feedback(given, True) == []
        assert store.save_rows(rows) == [ended(FAILURE, 3.0)]
    assert store.save_rows(rows) == []
    assert store.save_feedback(given, True) == []


def test_a_request_without_a_task_is_one_of_its_own_when_feedback_names_it(store: Store) -> None:
    """Only requests that somebody spoke of are tasks."""
    store.save_rows(batch(call("r1", 1.0), call("r2", 2.0, response_id="x"), call("r3", 4.0)))
    assert store.save_feedback([feedback(request_id="r1")], True) == [ended(SUCCESS, 1.0)]
    assert store.save_feedback([feedback(FAILURE, response_id="x")], True) == [ended(FAILURE, 2.0)]
    assert store.end_idle_tasks(-1.0) == []


def test_what_comes_after_the_end_adds_cost_and_no_task(store: Store) -> None:
    """Rows of another replica may come late: they belong to the same task, so the ratio stays over one population."""
    store.save_rows(batch(call("r1", 1.0, task_id="t")))
    store.save_feedback([feedback(task_id="t")], True)
    late = batch(call("r2", 0.5, task_id="t"))
    assert store.save_rows(late) == [TaskChange(app="support", outcome=SUCCESS, ended=False, cost_usd=0.5)]
    assert store.save_rows(late) == []
    assert store.save_rows(batch(call("r3", None, task_id="t"))) == []
    assert store.costs(0, 1e12) == [AppCosts("support", SUCCESS, 1, 1.5, 0)]


def test_a_call_of_unknown_cost_sets_its_task_apart(store: Store) -> None:
    """A task with an unmetered call is in neither counter; a failure that cost nothing does not do that."""
    store.save_rows(batch(call("r1", 1.0, task_id="t"), call("r2", None, task_id="t")))
    store.save_rows(batch(call("r3", None, task_id="u", outcome=Outcome.UPSTREAM_ERROR, status=502)))
    assert store.save_feedback([feedback(task_id="t")], True) == [ended(SUCCESS, None)]
    assert store.save_feedback([feedback(FAILURE, task_id="u")], True) == [ended(FAILURE, 0.0)]
    assert store.save_rows(batch(call("r4", 9.0, task_id="t"))) == []
    assert store.costs(0, 1e12) == [AppCosts("support", FAILURE, 1, 0.0, 0), AppCosts("support", SUCCESS, 0, 0.0, 1)]


def test_idle_tasks_end_as_unknown(timed: Store, clock: Clock) -> None:
    """After idle time, counted from the last call; feedback that comes later than that changes no count."""
    timed.save_rows(batch(call("r1", 1.0, task_id="t"), call("r2", 1.0, task_id="u")))
    clock.now += 60
    timed.save_rows(batch(call("r3", 1.0, task_id="t")))
    clock.now += 60
    assert timed.end_idle_tasks(100) == [ended(UNKNOWN, 1.0)]
    assert timed.end_idle_tasks(100) == []
    assert timed.save_feedback([feedback(task_id="u")], True) == []
    clock.now += 60
    assert timed.end_idle_tasks(100) == [ended(UNKNOWN, 2.0)]


def test_the_same_name_in_two_applications_is_two_tasks(store: Store) -> None:
    """A client that is known by its key ends the tasks of its own application only."""
    store.save_rows(batch(call("r1", 1.0, task_id="t"), call("r2", 2.0, task_id="t", app="search")))
    assert store.save_feedback([feedback(FAILURE, request_id="r1", app="search")], True) == []
    assert store.save_feedback([feedback(task_id="t", app="search")], True) == [ended(SUCCESS, 2.0, "search")]
    assert store.save_feedback([feedback(FAILURE, task_id="t")], True) == [ended(FAILURE, 1.0)]


def test_feedback_meets_its_request_once(store: Store) -> None:
    """Reading a stored response again under the same id makes no second task of it."""
    store.save_feedback([feedback(response_id="x")], True)
    assert store.save_rows(batch(call("r1", 1.0, response_id="x"))) == [ended(SUCCESS, 1.0)]
    read = call("r2", 1.0, Decision.NOT_OBSERVED, response_id="x", operation=Operation.RESPONSES)
    assert store.save_rows(batch(read)) == []


def test_only_an_outcome_ends_a_task(store: Store) -> None:
    """A rating or a comment alone is kept, and the task goes on."""
    store.save_rows(batch(call("r1", 1.0, task_id="t")))
    assert store.save_feedback([feedback(None, task_id="t", rating=1.0, comment="nice")], True) == []
    assert store.save_feedback([feedback(task_id="t")], True) == [ended(SUCCESS, 1.0)]


def test_two_workers_end_a_task_once(store_url: str, tmp_path: Path) -> None:
    """However many look at the same feedback and the same idle tasks, each end is told to one of them."""
    stores = [Store.open(store_url, tmp_path / "data") for _ in range(3)]
    stores[0].save_rows(batch(*(call(f"r{n}", 1.0, task_id=f"t{n}") for n in range(60))))
    given = [feedback(task_id=f"t{n}") for n in range(30)]
    told: list[TaskChange] = []
    problems: list[BaseException] = []

    def work(own: Store) -> None:
        try:
            told.extend(own.save_feedback(given, True))
            while changes := own.end_idle_tasks(-1.0):
                told.extend(changes)
        except BaseException as error:  # noqa: BLE001 - shown when the threads have ended
            problems.append(error)

    threads = [threading.Thread(target=work, args=(own,)) for own in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    (counted,) = [sum(row.tasks for row in own.costs(0, 1e12)) for own in stores[:1]]
    for own in stores:
        own.close()
    assert problems == []
    assert len(told) == counted == 60


def test_tasks_go_with_the_longest_retention(timed: Store, clock: Clock) -> None:
    """An ended task stays while its rows could come again, then it is deleted."""
    timed.save_rows(batch(call("r1", 1.0, task_id="t")))
    timed.save_feedback([feedback(task_id="t")], True)
    clock.now += 50
    timed.expire(Retention(samples=100.0, exchanges=10.0))
    assert len(timed.costs(0, 1e12)) == 1
    clock.now += 51
    timed.expire(Retention(samples=100.0, exchanges=10.0))
    assert timed.costs(0, 1e12) == []


def test_a_background_response_is_paid_once() -> None:
    """Its usage is seen only by those who read it; reading it twice costs nothing more."""
    made = call("r1", None, response_id="x", operation=Operation.RESPONSES)
    reads = [call(f"r{n}", 2.0, Decision.NOT_OBSERVED, response_id="x", operation=Operation.RESPONSES) for n in (2, 3)]
    assert total_cost([made, *reads]) == 2.0
    assert total_cost([call("r1", 2.0, response_id="x", operation=Operation.RESPONSES), *reads]) == 2.0
    assert total_cost([made]) is None
    assert total_cost([call("m", None, operation=Operation.MODELS)]) == 0.0


@pytest.mark.parametrize("of", [{"request_id": "r1"}, {"response_id": "resp-1"}, {"task_id": "t1"}])
def test_feedback_on_its_way_when_its_user_is_forgotten(timed: Store, clock: Clock, of: dict[str, str]) -> None:
    """V08: what was said before the deletion and comes after it is not kept; another user's is, and what is said
    later."""
    clock.now = MOMENT + 10_000.0
    timed.save_rows(
        batch(call("r1", user_hash="jane", response_id="resp-1", task_id="t1"), call("r2", user_hash="john"))
    )
    assert timed.forget_user("jane").requests == 1
    late = Feedback(id="late", at=MOMENT + 9_999.0, comment="praise from jane", **of)
    new = Feedback(id="new", at=MOMENT + 20_000.0, comment="of another day", **of)
    other = Feedback(id="other", at=MOMENT + 9_999.0, comment="praise from john", request_id="r2")
    clock.now += 1_000.0
    ahead = Feedback(id="ahead", at=MOMENT + 10_300.0, comment="by a clock that runs ahead", **of)
    timed.save_feedback([late, ahead, other], comments=True)
    clock.now = MOMENT + 20_000.0
    timed.save_feedback([new], comments=True)
    with timed._database.read() as connection:
        assert set(connection.execute(select(table.c.id)).scalars()) == {"new", "other"}
