"""What commands ask is counted by the worker, each request once, and nothing that the worker asked by itself."""

from __future__ import annotations

import asyncio
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import literal

from proxy.telemetry.instruments import Bounded
from scorers.store import asking, spending
from scorers.store.runs import INTERRUPTED, Ask, AskKey, AskState, Purpose, Run, RunState
from scorers.store.store import Store
from scorers.worker import background_runs, counting
from scorers.worker.background_runs import BackgroundRuns
from scorers.worker.counting import Commanded
from support.processes import wait_until
from support.scoring import Metrics, parsed, until

ANSWER = {"text": "Good day.", "usage": {"prompt_tokens": 20, "completion_tokens": 7}}


class Clock:
    """A clock that is set by hand."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def begun(store: Store, name: str, purpose: Purpose, app: str | None = "quay", by: str = "command") -> list[AskKey]:
    """A run of four asks, under way."""
    keys = [AskKey(f"c{number}", "", 0) for number in range(4)]
    run = Run(id=name, purpose=purpose.value, subject="own", version="1", model="m-1", app=app, plan={"by": by})
    store.asking.create(run, [(key, None) for key in keys])
    store.asking.reserve(name, keys, 1_000, app or "")
    return keys


def answered(store: Store, run: str, key: AskKey, reason: str | None = None) -> None:
    """One of them was sent and has ended."""
    store.asking.begin(run, key)
    state = AskState.FAILED if reason else AskState.DONE
    answer = {"answer": None} if reason else {"answer": ANSWER, "cost_usd": 0.25}
    store.asking.settle(run, Ask(case_id=key.case_id, arm="", state=state.value, reason=reason, **answer))  # type: ignore[arg-type]


def test_each_request_of_a_command_is_counted_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the moment of the look: while a run goes on, after its end, and when it is gone on with."""
    clock, metrics = Clock(), Metrics()
    store.asking._clock = clock
    for module in (asking, spending):  # this clock in the place of the server's
        monkeypatch.setattr(module, "store_time", lambda connection, now: literal(now))
    own = Commanded(store.asking, metrics.instruments, ["quay"])
    keys = begun(store, "before", Purpose.SUITE)
    answered(store, "before", keys[0])
    clock.now += 60
    assert own.news() == [], "what ended before this worker counted is another's"

    def look(seconds: float = 30.0) -> None:
        clock.now += seconds
        own.count(own.news())

    def value(name: str, result: str, purpose: str = "suite", app: str = "quay") -> float | None:
        return metrics.value(f"offpath_{name}_total", purpose=purpose, app=app, result=result)

    answered(store, "before", keys[1])
    look(1.0)
    assert value("requests", "ok") is None, "it may not be written yet"
    look()
    look()
    assert (value("requests", "ok"), value("tokens", "ok"), value("cost_usd", "ok")) == (1, 27, 0.25)
    answered(store, "before", keys[2], "rate_limited")
    store.asking.finish("before", RunState.DONE, {})
    look()
    assert (value("requests", "ok"), value("requests", "rate_limited")) == (1, 1)
    store.asking.reopen("before", "quay")
    store.asking.reserve("before", [keys[3]], 1_000, "quay")
    answered(store, "before", keys[3])
    look()
    look()
    assert value("requests", "ok") == 2

    others = begun(store, "others", Purpose.STABILITY, by="worker")
    shadows = begun(store, "shadows", Purpose.SHADOW)
    foreign = begun(store, "foreign", Purpose.PROBE, app="made-up")
    answered(store, "others", others[0])
    answered(store, "shadows", shadows[0])
    answered(store, "foreign", foreign[0])
    answered(store, "foreign", foreign[1], INTERRUPTED)
    store.asking.skip("foreign", foreign[2:], "budget", "made-up")
    look()
    assert value("requests", "ok", "stability") is None, "this worker's own are counted when they end"
    assert value("requests", "ok", "shadow") is None
    assert value("requests", "ok", "probe", "other") == 1
    assert value("requests", "upstream_error", "probe", "other") is None

    own.rest()
    answered(store, "later", begun(store, "later", Purpose.PROBE)[0])
    look()
    look()
    assert value("requests", "ok", "probe") is None, "meanwhile another worker counted"


@pytest.mark.real_servers
@pytest.mark.parametrize("ahead", [-3_600.0, -20.0, 3_600.0])
@pytest.mark.parametrize("ended", [False, True])
def test_clocks_of_hosts_may_differ(
    ahead: float, ended: bool, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a command on a host whose clock is wrong has asked is counted all the same, soon and once."""
    monkeypatch.setattr(counting, "_SETTLED", 0.3)
    with (
        closing(Store.open(postgres_url, tmp_path / "here")) as here,
        closing(Store.open(postgres_url, tmp_path / "there")) as there,
    ):
        there.asking._clock = lambda: time.time() + ahead
        metrics = Metrics()
        own = Commanded(here.asking, metrics.instruments, ["quay"])
        assert own.news() == []
        answered(there, "afar", begun(there, "afar", Purpose.SUITE)[0])
        if ended:
            there.asking.finish("afar", RunState.DONE, {})

        def counted() -> float | None:
            own.count(own.news())
            return metrics.value("offpath_requests_total", purpose="suite", app="quay", result="ok")

        wait_until(lambda: counted() == 1, 20, "it is counted")
        assert counted() == 1


class Held:
    """A lease that is ours."""

    held = True


async def test_a_worker_counts_what_commands_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where its configuration asks for nothing by itself."""
    monkeypatch.setattr(background_runs, "_READ_EVERY", 0.0)
    monkeypatch.setattr(counting, "_SETTLED", 0.0)
    store, metrics, stop = Store.open("sqlite", tmp_path), Metrics(), asyncio.Event()
    labels = (metrics.instruments, Bounded("model", ["m-1"], 5, metrics.instruments))
    runs = BackgroundRuns(parsed(apps=["quay"]), store, dict, labels, Held(), every=0.02)  # type: ignore[arg-type]
    working = asyncio.create_task(runs.run(stop))
    await until(lambda: runs._read_at > 0, 10)
    keys = begun(store, "mine", Purpose.PROBE)
    answered(store, "mine", keys[0])
    counted = {"purpose": "probe", "app": "quay", "result": "ok"}
    await until(lambda: metrics.value("offpath_requests_total", **counted) == 1, 10)
    stop.set()
    await working
    store.close()
