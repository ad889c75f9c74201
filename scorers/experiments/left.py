"""Closes what a worker has left of an experiment's run that is over: what was sent is charged, the rest is skipped."""

from __future__ import annotations

import msgspec

from scorers.experiments.ask import pending_of
from scorers.store.experiments import Pair, PairState
from scorers.store.runs import AskKey, Run, RunState
from scorers.store.store import Store

_ALL = 1_000_000
#: In the plan of a run that was stopped because the configuration had its experiment no more.
REMOVED = "removed"


def settle_held(store: Store, pair: Pair) -> bool:
    """Settle what a worker has left held for the judge of a pair; whether the comparison was under way. Then it is
    charged in full, as what was sent is, and the pair does not count. Blocking. Raises ``StoreError``."""
    doubtful = pair.held_micro is not None and not pending_of(pair)
    if pair.held_micro is not None:
        store.asking.charge(pair.run, pair.id, pair.held_micro if doubtful else 0)
    return doubtful


def close_removed(store: Store, run: Run) -> None:
    """Close a run whose experiment the configuration has no more, and say so. Blocking. Raises ``StoreError``."""
    close_left(store, run)
    if run.state != RunState.RUNNING.value:
        return
    kept = run.result or {}
    if "status" in kept:
        said = ["it is no longer in the configuration", *kept["status"]["reasons"]]
        store.experiments.result(run.id, {**kept, "status": {**kept["status"], "reasons": said}})
    store.experiments.plan(run.id, {REMOVED: True})


def close_left(store: Store, run: Run) -> None:
    """Nothing of the run is pending afterwards, and none of its money is reserved; one that is ``running`` is stopped.
    Blocking. Raises ``StoreError``."""
    book, pairs, app = store.asking, store.experiments, run.app or ""
    running = run.state == RunState.RUNNING.value
    state = RunState.STOPPED if running else RunState(run.state)
    waiting = [PairState.PENDING.value]
    if not running and not pairs.pairs(run.id, waiting, limit=1):
        return
    book.resume(run.id, app, state)
    for pair in pairs.pairs(run.id, waiting, limit=_ALL):
        settle_held(store, pair)
        book.skip(run.id, [AskKey(pair.id, arm) for arm in pending_of(pair)], "ended", app)
        pairs.close(msgspec.structs.replace(pair, state=PairState.SKIPPED.value, reason="ended"))
    book.finish(run.id, state, run.result)
