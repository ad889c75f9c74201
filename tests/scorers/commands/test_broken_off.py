"""Runs that cannot be resumed are closed with what they have, whatever breaks them off: a signal in the midst of a
step, a store that fails."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from proxy.run.interrupt import Ended
from scorers.asking.engine import break_off
from scorers.asking.ownership import owned
from scorers.commands.progress import kept_anyway
from scorers.store.records import StoreUnavailable
from scorers.store.runs import AskKey, Run, RunState, RunTaken
from scorers.store.store import Store

RUN = Run(id="r1", purpose="stability", subject="works", version="1", model="m", app="works", budget_micro=10_000)
KEYS = [AskKey("one"), AskKey("two"), AskKey("three")]


def broken_off_by(
    store: Store, raised: BaseException, begun: bool = True, keep: Callable[[], Any] | None = None
) -> list[str]:
    """Perform a run until this is raised in the midst of it; the lines that were said."""
    said: list[str] = []
    book = store.asking

    def kept() -> None:
        break_off(book, "r1", "works")
        book.finish("r1", RunState.STOPPED, {"asked": 1})

    with contextlib.suppress(type(raised)), owned(book, "r1"), kept_anyway(book, "r1", keep or kept, said.append):
        if begun:
            book.create(RUN, [(key, None) for key in KEYS])
            book.reserve("r1", KEYS[:2], 100, "works")
            book.begin("r1", KEYS[0])
        raise raised
    return said


@pytest.mark.parametrize("raised", [Ended(15), KeyboardInterrupt(), StoreUnavailable("locked"), OSError(28, "full")])
def test_whatever_ends_a_run_it_is_closed(sqlite_store: Store, raised: BaseException) -> None:
    """A signal that comes while an answer is looked at raises there, and is no cancellation of the command."""
    said = broken_off_by(sqlite_store, raised)
    assert said == ["interrupted; what was asked until then is kept as r1"]
    run = sqlite_store.asking.run("r1")
    assert run is not None
    assert (run.state, run.result, run.spent_micro) == ("stopped", {"asked": 1}, 100)
    assert sqlite_store.asking.ledger("r1") == {"planned": 3, "done": 0, "skipped": 2, "failed": 1, "pending": 0}
    assert sqlite_store.asking.spent() == 100


def test_a_run_that_another_process_has_taken_is_left_to_it(sqlite_store: Store) -> None:
    """It is not closed under its hands."""
    assert broken_off_by(sqlite_store, RunTaken("r1: another process performs this run")) == []


def test_a_run_that_was_not_there_yet_leaves_nothing(sqlite_store: Store) -> None:
    """The store failed before the run was kept."""
    assert broken_off_by(sqlite_store, StoreUnavailable("locked"), begun=False) == ["interrupted; nothing was asked"]
    assert sqlite_store.asking.left() == []


def test_a_store_that_still_fails_is_said(sqlite_store: Store) -> None:
    """The line says who closes the run; what went wrong first is what the command reports."""

    def fails() -> None:
        raise StoreUnavailable("still locked")

    assert broken_off_by(sqlite_store, Ended(15), keep=fails) == ["interrupted; a worker closes run r1"]
    run = sqlite_store.asking.run("r1")
    assert run is not None
    assert (run.state, run.result) == ("stopped", None)
