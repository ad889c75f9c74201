"""The judge in a worker: what the log says at the start, what the gauges show, one round of control items an hour."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from proxy.errors import ConfigError
from scorers.judge.controls import ITEMS
from scorers.store.store import Store
from scorers.worker.judging import Judging
from support.judging import always
from support.scoring import Metrics, parsed, until
from support.upstream import ScriptedUpstream


class Held:
    """A lease that is ours."""

    held = True


async def test_one_round_an_hour_whoever_restarts(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The items of the scorers that run are sent once; a second worker in the same hour finds them done."""
    store = Store.open("sqlite", tmp_path)
    with ScriptedUpstream(always(refused=1.0)) as server:
        judge = {"base_url": server.url, "model": "m", "price": {"input": 1, "output": 4}, "apps": ["support", "typo"]}
        settings = parsed(
            data_dir=str(tmp_path),
            apps=["support"],
            scorers={"refusal": {}},
            judge={**judge, "budget_usd_per_day": 2.0},
        )
        wanted = sum(item.scorer == "refusal" for item in ITEMS)
        for _ in range(2):
            metrics, stop = Metrics(), asyncio.Event()
            with caplog.at_level(logging.WARNING):
                judging = Judging(settings, store, metrics.instruments, Held())  # type: ignore[arg-type]
            running = asyncio.create_task(judging.run(stop))
            await until(lambda m=metrics: m.value("judge_control_agreement_ratio", scorer="refusal") is not None, 20)
            stop.set()
            await running
            assert metrics.value("judge_control_agreement_ratio", scorer="refusal") == pytest.approx(0.5, abs=0.2)
            assert metrics.value("judge_budget_remaining_usd", scorer="all") is not None
            assert metrics.value("degraded", component="judge") == 0
        assert len(server.requests) == wanted
    store.close()
    assert "judge.apps: typo is not among apps" in caplog.text


def test_a_judge_needs_a_price() -> None:
    """Without one the start fails, with the key's path."""
    with pytest.raises(ConfigError) as error:
        parsed(judge={"base_url": "http://127.0.0.1:1", "model": "m", "apps": ["a"]})
    assert error.value.problems == ["judge: a judge needs a price, so that its budget can be kept"]
