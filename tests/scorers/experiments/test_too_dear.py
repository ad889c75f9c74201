"""An experiment that costs more than three times what was estimated: it waits until a person says what to do."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from scorers.commands.experiment import main
from scorers.store.runs import MICRO, RunState
from support import replies
from support.arms import Arm
from support.conducting import Stage, document_for, staged, walk
from support.upstream import Recorded, Step

NOW = time.time()
#: USD of both arms of a pair; 18 times what was estimated.
PAIR, ESTIMATE = 0.000_18, 0.000_01


def _waits(status: dict[str, Any]) -> bool:
    return any("three times" in said for said in status["reasons"])


@asynccontextmanager
async def dear(tmp_path: Path, number: int = 600) -> AsyncIterator[tuple[Stage, Arm]]:
    """An experiment that has paused for its cost, and its candidate."""
    arms = Arm("granite"), Arm("basalt")
    async with staged(tmp_path, arms, [walk(n, NOW) for n in range(number)], {"margin": 0.02}) as stage:
        await stage.estimate(ESTIMATE)
        await stage.until(_waits)
        yield stage, arms[1]


async def test_it_asks_no_more_in_a_worker_that_runs_on_and_in_one_that_starts_again(tmp_path: Path) -> None:
    """Neither days nor a restart are a person who has looked."""
    async with dear(tmp_path) as (stage, rival):
        asked = len(rival.requests)
        assert 56 < asked < 80  # 10,000 micro-dollars are too little to matter
        for _ in range(5):
            stage.offset += 4_000
            await stage.rounds(1)
        assert len(rival.requests) == asked
        for _ in range(3):
            again = Stage(stage.store, stage.settings)
            again.offset = stage.offset
            status = await again.rounds(3)
            await again.close()
            assert (status["state"], _waits(status)) == ("running", True)
        assert len(rival.requests) == asked


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_person_who_accepts_the_cost(
    tmp_path: Path, restarted: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """``experiment resume``: it goes on at once, and what pairs have cost is the estimate from then on."""
    async with dear(tmp_path) as (stage, rival):
        (said,) = [reason for reason in stage.conductor.document["status"]["reasons"] if "three times" in reason]
        assert "0.00018 USD a pair, and 0.00001 was" in said
        assert "`sightglass experiment resume walks` goes on at that cost, `stop` ends it" in said
        asked = len(rival.requests)
        config = _config(tmp_path, stage)
        assert main(["resume", "walks", "--config", config]) == 0
        assert "goes on at 0.00018 USD a pair" in capsys.readouterr().out
        stage.offset += 6
        going = stage
        if restarted:
            going = Stage(stage.store, stage.settings)
            going.offset = stage.offset
        found = await going.until(lambda status: status["pairs"] > asked + 50)
        assert not _waits(found)
        # A second word changes nothing, and says so.
        assert main(["resume", "walks", "--config", config]) == 2
        assert "does not wait for anybody" in capsys.readouterr().err
        if restarted:
            await going.close()


async def test_what_is_over_is_not_resumed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run that was stopped stays so."""
    async with dear(tmp_path) as (stage, _):
        config = _config(tmp_path, stage)
        assert main(["stop", "walks", "--config", config, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["state"] == "stopped"
        assert main(["resume", "walks", "--config", config]) == 2
        assert "walks is stopped" in capsys.readouterr().err
        run = stage.store.experiments.current("walks")
        assert run is not None
        assert run.state == RunState.STOPPED.value


async def test_it_says_what_was_only_assumed(tmp_path: Path) -> None:
    """A candidate that tells no usage is charged the most that it may cost, which is far more than the estimate: who
    looks is told that the calls were not so dear."""

    class Untold(Arm):
        def script(self, request: Recorded) -> Iterable[Step]:
            self.requests.append(request)
            return replies.chat_json("Left.", usage=None)

    samples = [walk(n, NOW) for n in range(60)]
    async with staged(tmp_path, (Arm("granite"), Untold("basalt")), samples) as stage:
        found = await stage.until(_waits)
        run = stage.store.experiments.current("walks")
        assert run is not None
        charged, assumed = stage.store.experiments.charged(run.id)
    (said,) = [reason for reason in found["reasons"] if "three times" in reason]
    assert assumed == found["pairs"]
    assert charged / MICRO == pytest.approx(found["cost_usd"])
    assert f"; {found['pairs']} calls of unknown cost were charged the most they may" in said


def _config(tmp_path: Path, stage: Stage) -> str:
    urls = (str(stage.settings.upstreams[0].base_url), str(stage.settings.upstreams[1].base_url))
    path = tmp_path / "sightglass.yaml"
    path.write_text(yaml.safe_dump({**document_for(urls, {"margin": 0.02}), "data_dir": str(tmp_path)}))
    return str(path)
