"""Experiments in a worker: each is conducted by itself, and none ends the worker or delays another."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from proxy.config.settings import Settings
from proxy.sample import Sample
from scorers.experiments.agreed import new_run
from scorers.experiments.conduct import Conductor
from scorers.experiments.parts import Places
from scorers.experiments.spec import specs_of
from scorers.store.asking import AskStore
from scorers.store.experiments import Enrolment
from scorers.store.records import StoreUnavailable
from scorers.store.runs import AskKey, RunState
from scorers.store.store import Store
from scorers.worker import experiments
from scorers.worker.experiments import Experiments
from support.arms import Arm
from support.conducting import document_for, walk
from support.scoring import Metrics, parsed, until
from support.upstream import STALL, Recorded, Step

NOW = time.time()
PAIRS = 6


class Held:
    """A lease that is ours."""

    held = True


class Unscored:
    """In place of the scorer processes: the answers of these tests are not looked at."""

    def __init__(self, *parts: object) -> None:
        pass

    async def __call__(self, samples: Sequence[Sample]) -> list[dict[str, float | None]]:
        """No event in any."""
        return [{} for _ in samples]


class Silent(Arm):
    """A candidate that never ends its answer."""

    def script(self, request: Recorded) -> Iterable[Step]:
        """Nothing."""
        self.requests.append(request)
        return [STALL]


@pytest.fixture(autouse=True)
def unscored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without processes; pauses are short."""
    monkeypatch.setattr(experiments, "PoolScoring", Unscored)
    monkeypatch.setattr(experiments, "_GRACE", 0.2)


def settings(folder: Path, served: str, rival: str, silent: str) -> Settings:
    """Two experiments, the first of which asks the silent candidate."""
    document = document_for((served, rival))
    (own,) = document["experiments"]
    hangs = {**own, "name": "hangs", "candidate": {"upstream": "silent", "model": "m-cand"}}
    document["experiments"] = [hangs, own]
    document["upstreams"].append({"name": "silent", "base_url": silent, "price": {"input": 1, "output": 1}})
    document["offpath"]["apps"]["guide"]["send_to"].append("silent")
    return parsed(**document, data_dir=str(folder))


async def conducted(store: Store, own: Settings, stop: asyncio.Event) -> asyncio.Task[None]:
    """The experiments of a worker, under way."""
    store.save_samples([walk(number, NOW - 30) for number in range(PAIRS)], content=True)
    made = Experiments(own, store, None, Metrics().instruments, Held())  # type: ignore[arg-type]
    return asyncio.create_task(made.run(stop))


def done_of(store: Store, name: str) -> int:
    """Pairs of an experiment that have ended."""
    run = store.experiments.current(name)
    return 0 if run is None else sum(store.experiments.counts(run.id)[state, None] for state in ("done",))


async def test_a_candidate_that_hangs_delays_no_other_experiment(tmp_path: Path) -> None:
    """While one experiment waits for its candidate, the other asks all of its pairs."""
    store, stop = Store.open("sqlite", tmp_path), asyncio.Event()
    slate = Silent("slate")
    with Arm("granite").serve() as served, Arm("basalt").serve() as rival, slate.serve() as silent:
        working = await conducted(store, settings(tmp_path, served.url, rival.url, silent.url), stop)
        await until(lambda: done_of(store, "walks") == PAIRS, 30)
        assert done_of(store, "hangs") == 0
        assert slate.requests, "it was asked, and has not answered"
        stop.set()
        await working
    store.close()


async def test_a_defect_of_one_experiment_ends_neither_the_worker_nor_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What nobody foresaw in one experiment is logged once by its kind, and that experiment rests."""
    rounds = Conductor.round

    async def round_(self: Conductor) -> bool:
        if self.spec.name == "hangs":
            raise KeyError("the text of a user")
        return await rounds(self)

    monkeypatch.setattr(Conductor, "round", round_)
    store, stop = Store.open("sqlite", tmp_path), asyncio.Event()
    with Arm("granite").serve() as served, Arm("basalt").serve() as rival:
        working = await conducted(store, settings(tmp_path, served.url, rival.url, rival.url), stop)
        await until(lambda: done_of(store, "walks") == PAIRS, 30)
        assert not working.done()
        stop.set()
        await working
    said = [record.getMessage() for record in caplog.records if "rests" in record.getMessage()]
    assert said == ["experiment hangs rests for an hour: KeyError"]
    store.close()


async def test_a_full_disk_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What can be read and not written is one outage, also beside an experiment that is over and writes nothing; it
    goes on when there is room again."""
    full = [True]
    real = AskStore.resume

    def resume(self: AskStore, run: str, account: str = "", state: RunState = RunState.RUNNING) -> list[AskKey]:
        if full[0]:
            full.append(True)
            raise StoreUnavailable("database or disk is full")
        return real(self, run, account, state)

    monkeypatch.setattr(AskStore, "resume", resume)
    monkeypatch.setattr(experiments, "_REST", 0.05)
    store, stop = Store.open("sqlite", tmp_path), asyncio.Event()
    with Arm("granite").serve() as served, Arm("basalt").serve() as rival:
        own = settings(tmp_path, served.url, rival.url, rival.url)
        (over, _) = specs_of(own)
        run = new_run(over, own, NOW)
        store.experiments.begin(run, Enrolment(NOW))
        store.asking.finish(run.id, RunState.STOPPED, None)
        working = await conducted(store, own, stop)
        await until(lambda: len(full) > 5, 30)
        full[0] = False
        await until(lambda: done_of(store, "walks") == PAIRS, 30)
        stop.set()
        await working
    assert sum(record.getMessage().startswith("experiments wait") for record in caplog.records) == 1
    store.close()


async def test_one_experiment_leaves_places_to_the_others() -> None:
    """Of two places for all, one experiment whose share is one waits for its own; the other one does not. Who gives up
    waiting takes none."""
    shared = asyncio.Semaphore(2)
    mine, others = Places(shared, asyncio.Semaphore(1)), Places(shared, asyncio.Semaphore(1))

    async def enter() -> None:
        async with mine:
            await asyncio.Event().wait()

    async with mine:
        second = asyncio.create_task(enter())
        await asyncio.sleep(0)
        async with asyncio.timeout(5), others:
            assert shared.locked()
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
    async with asyncio.timeout(5), mine, others:
        assert shared.locked()
