"""The API about measuring itself: calibration, two by two, the judge's health, and what it would cost."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client import CollectorRegistry

from proxy.sample import Sample
from scorers.commands.data import report
from scorers.console.app import build_console
from scorers.score import Reason, Result, Score, Verdict
from scorers.store.judging import Control
from scorers.store.records import ScoredSample
from scorers.store.store import Store
from scorers.worker.fitting import Fitter
from support.scoring import parsed, until

MakeSample = Callable[..., Sample]
MakeScored = Callable[..., ScoredSample]
JUDGE = {
    "base_url": "http://127.0.0.1:1",
    "model": "m",
    "price": {"input": 1, "output": 4},
    "sample": 0.5,
    "apps": ["support"],
}


async def ask(store: Store, path: str, *, judge: dict[str, Any] | None = None, status: int = 200) -> Any:
    """A GET on the console's API."""
    settings = parsed(judge=judge) if judge else parsed()
    app = build_console(store, settings, CollectorRegistry(), lambda: {"ready": True})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8082") as client:
        answer = await client.get(path)
    assert answer.status_code == status, answer.text
    return answer.json()


def judged(
    sample: Sample, values: dict[str, float | Reason], scorer: str = "refusal", weight: float = 2.0
) -> ScoredSample:
    """What a judge made of a sample."""
    scores = [
        Score(
            sample_id=sample.id,
            scorer=scorer,
            output=output,
            version="judge:m:p1:r",
            weight=weight,
            value=None if isinstance(value, Reason) else value,
            verdict=None if isinstance(value, Reason) else Verdict.YES if value >= 0.5 else Verdict.NO,
            unscored_reason=value if isinstance(value, Reason) else None,
        )
        for output, value in values.items()
    ]
    return ScoredSample.of(sample, "judge", Result.SCORED, scores)


async def test_two_by_two(sqlite_store: Store, make_sample: MakeSample) -> None:
    """Of 8 requests that should be done 2 are refused, of 2 that should not 1 is done: cells, shares, applicability."""
    for i in range(10):
        free = i < 8
        values: dict[str, float | Reason] = {
            "over_refused": (1.0 if i < 2 else 0.0) if free else Reason.NO_OCCASION,
            "under_refused": Reason.NO_OCCASION if free else float(i == 8),
        }
        sqlite_store.save_scores([judged(make_sample(f"r{i}", started_at=time.time() - 5), values)])
    found = (await ask(sqlite_store, "/api/tables?app=all"))["tables"]
    (table,) = found
    first = await ask(sqlite_store, "/api/tables?limit=1")
    (rest,) = (await ask(sqlite_store, f"/api/tables?cursor={first['cursor']}"))["tables"]
    assert {first["tables"][0]["app"], rest["app"]} == {"all", rest["app"]}
    await ask(sqlite_store, "/api/tables?cursor=zz", status=400)
    for wrong in ("zzz=1", "cursor=zz", "limit=0"):
        await ask(sqlite_store, f"/api/calibration?{wrong}", status=400)
    assert (table["scorer"], table["app"], table["due_ratio"]) == ("refusal", "all", pytest.approx(0.2))
    assert (table["over"]["ratio"], table["over"]["applicable_ratio"], table["over"]["judged"]) == (0.25, 0.8, 8)
    assert (table["under"]["ratio"], table["under"]["applicable_ratio"]) == (0.5, pytest.approx(0.2))
    assert table["over"]["lower"] < 0.25 < table["over"]["upper"]
    assert table["cells"] == {
        "not_due_happened": pytest.approx(0.2),
        "not_due_not_happened": pytest.approx(0.6),
        "due_happened": pytest.approx(0.1),
        "due_not_happened": pytest.approx(0.1),
    }


async def test_labels_by_the_api_calibrate(
    sqlite_store: Store, make_sample: MakeSample, make_scored: MakeScored
) -> None:
    """POST /api/labels with an annotator, fifty times: the rate is calibrated, and the calibration is told."""
    draw = random.Random(1)
    app = build_console(sqlite_store, parsed(), CollectorRegistry(), lambda: {"ready": True})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8082") as client:
        for i in range(60):
            truth = draw.random() < 0.3
            value = draw.uniform(0.5, 1.0) if truth or draw.random() < 0.1 else draw.uniform(0.0, 0.5)
            sqlite_store.save_scores([make_scored(make_sample(f"r{i}", started_at=time.time() - 5), value)])
            label = {"sample_id": f"r{i}", "scorer": "refusal", "output": "refused", "annotator": "ida"}
            answer = await client.post("/api/labels", json={**label, "verdict": "yes" if truth else "no"})
            assert answer.status_code == 201, answer.text
    rates = (await ask(sqlite_store, "/api/rates?window=1h&app=all"))["rates"]
    assert (rates[0]["calibrated"], rates[0]["labelled"]) == (True, 60)
    assert await ask(sqlite_store, "/api/calibration?model=nobody") == {"calibrations": [], "cursor": None}
    (shown,) = (await ask(sqlite_store, "/api/calibration"))["calibrations"]
    assert (shown["labels"], shown["method"], shown["agreement"]["sensitivity"]["ratio"]) == (60, None, 1.0)
    assert shown["agreement"]["kappa"] > 0.6
    assert shown["agreement"]["prevalence"] == pytest.approx(rates[0]["ratio"], abs=0.05)


async def test_the_worker_fits_while_it_holds_the_lease(
    sqlite_store: Store, make_sample: MakeSample, make_scored: MakeScored
) -> None:
    """Without the lease nothing happens; with it the fit is there within moments."""
    for i in range(60):
        sqlite_store.save_scores([make_scored(make_sample(f"r{i}", started_at=time.time() - 5), 0.9 if i % 3 else 0.1)])
        verdict = Verdict.YES if i % 3 else Verdict.NO
        sqlite_store.save_label((f"r{i}", "refusal", "refused", "ida"), verdict, "")

    class Held:
        held = False

    stop, lease = asyncio.Event(), Held()
    running = asyncio.create_task(Fitter(sqlite_store, lease, 0.05).run(stop))  # type: ignore[arg-type]
    await asyncio.sleep(0.2)
    assert sqlite_store.labelling.fits() == {}
    lease.held = True
    await until(lambda: bool(sqlite_store.labelling.fits()), 10)
    stop.set()
    await running
    (shown,) = (await ask(sqlite_store, "/api/calibration"))["calibrations"]
    assert (shown["method"], shown["why"], shown["stale"]) == ("platt", "first", False)


async def test_what_a_judge_would_cost(sqlite_store: Store, make_sample: MakeSample) -> None:
    """Matching x sampled x price a week, from the last day; other apps and older samples do not count."""
    for i in range(10):
        sample = make_sample(f"r{i}", started_at=time.time() - 100, answer="word " * 200)
        sqlite_store.save_samples([sample], True)
    sqlite_store.save_samples([make_sample("s1", started_at=time.time() - 100, app="search")], True)
    sqlite_store.save_samples([make_sample("old", started_at=time.time() - 2 * 86_400)], True)
    found = await ask(sqlite_store, "/api/judge/estimate", judge=JUDGE)
    assert (found["apps"], found["matching"], len(found["rubrics"])) == (["support"], 10, 6)
    assert found["calls_a_week"] == pytest.approx(10 * 6 * 7 * 0.5 * 1.05)
    assert found["usd_a_week"] == pytest.approx(found["calls_a_week"] * found["usd_a_call"])
    assert 500 < found["tokens_a_call"] < 3000
    assert found["usd_a_week_upper"] == pytest.approx(2 * found["usd_a_week"])  # the probability ends at 1
    cheap = await ask(sqlite_store, "/api/judge/estimate?apps=search&sample=0.1&input_price=0.1&output_price=0.4")
    assert (cheap["matching"], cheap["sample"]) == (1, 0.1)
    capped = await ask(sqlite_store, "/api/judge/estimate", judge={**JUDGE, "budget_usd_per_day": 0.001})
    assert capped["usd_a_week"] == pytest.approx(0.007)


async def test_without_a_price_there_is_no_estimate(sqlite_store: Store) -> None:
    """One clear error."""
    answer = await ask(sqlite_store, "/api/judge/estimate", status=400)
    assert "input_price" in answer["error"]["message"]


async def test_the_judges_health(sqlite_store: Store) -> None:
    """Agreement by scorer, and today's spending."""
    number = int(time.time() // 3600)
    controls = [
        Control(number, f"refusal-{i}.refused", "refusal", "judge:m:p1:r", "yes", float(i > 0)) for i in range(4)
    ]
    sqlite_store.judging.save_controls(controls)
    assert sqlite_store.judging.spend("support", 0.25, 5.0, 5.0)
    found = await ask(sqlite_store, "/api/judge/health")
    assert (found["scorers"]["refusal"]["agreement"], found["scorers"]["refusal"]["items"]) == (0.75, 4)
    assert found["spent_usd_today"] == {"all": 0.25, "support": 0.25}


def test_the_report_tells_the_estimate(
    tmp_path: Path, make_sample: MakeSample, capsys: pytest.CaptureFixture[str]
) -> None:
    """``sightglass report`` says what the configured judge costs a week."""
    store = Store.open("sqlite", tmp_path)
    store.save_samples([make_sample("r1", started_at=time.time() - 60)], True)
    store.close()
    config = tmp_path / "c.yaml"
    document = {
        "upstreams": [{"name": "a", "base_url": "http://127.0.0.1:1"}],
        "data_dir": str(tmp_path),
        "judge": JUDGE,
    }
    config.write_text(yaml.safe_dump(document))
    assert report(["--config", str(config)]) == 0
    assert "judge: 1 samples a day, 22 calls a week" in capsys.readouterr().out
