"""The judge in a worker: what the log says at the start, what the gauges show, one round of control items an hour."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from proxy.config.offpath import Price
from proxy.config.settings import Settings
from proxy.errors import ConfigError
from proxy.observe.pricing import priced
from scorers.judge.controls import ITEMS
from scorers.store.store import Store
from scorers.worker import judging as judging_module
from scorers.worker.judging import Judging
from support.judging import always
from support.scoring import Metrics, parsed, until
from support.upstream import ScriptedUpstream


class Held:
    """A lease that is ours."""

    held = True


def judged(tmp_path: Path, url: str) -> Settings:
    """One scorer and one application whose samples are judged."""
    judge = {"base_url": url, "model": "m", "price": {"input": 1, "output": 4}, "apps": ["support"]}
    return parsed(
        data_dir=str(tmp_path),
        apps=["support"],
        scorers={"refusal": {}},
        judge={**judge, "budget_usd_per_day": 2.0},
    )


async def test_only_the_holder_of_the_lease_shows_the_judges_health(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When another worker takes over, nobody here keeps it up to date; also where the round waits for the store."""
    monkeypatch.setattr(judging_module, "_EVERY", 0.05)
    store, metrics, stop, lease = Store.open("sqlite", tmp_path), Metrics(), asyncio.Event(), Held()

    def shown() -> bool:
        return metrics.value("judge_control_agreement_ratio", scorer="refusal") is not None

    with ScriptedUpstream(always(refused=1.0)) as server:
        judging = Judging(judged(tmp_path, server.url), store, metrics.instruments, lease)  # type: ignore[arg-type]
        running = asyncio.create_task(judging.run(stop))
        await until(shown, 20)
        lease.held = False
        await until(lambda: not shown(), 20)
        lease.held = True
        await until(shown, 20)
        stop.set()
        await running
    judging.unless_held()
    assert shown()
    lease.held = False
    judging.unless_held()
    assert not shown()
    store.close()


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


def test_a_judge_needs_a_price(tmp_path: Path) -> None:
    """Its own, or one of the tables; without any the start fails, with the key's path."""
    judge = {"base_url": "http://127.0.0.1:1", "model": "m", "apps": ["a"]}
    with pytest.raises(ConfigError) as error:
        priced(parsed(judge=judge))
    assert error.value.problems == ["judge.price: no price is known for 'm', so that its budget could be kept"]
    assert priced(parsed(judge={**judge, "model": "gpt-4o-mini"})).judge.price.input > 0  # type: ignore[union-attr]
    (tmp_path / "prices.yaml").write_text("as_of: 2026-01-01\nmodels: {m: {input: 3, output: 4}}\n")
    found = priced(parsed(judge=judge, prices=str(tmp_path / "prices.yaml")))
    assert found.judge is not None
    assert found.judge.price == Price(input=3, output=4)
    own = parsed(judge={**judge, "price": {"input": 1, "output": 2}})
    assert priced(own) is own
