"""Production's own figures beside benchmarks, rank correlation over versions, refusals by how due they are, effort."""

from __future__ import annotations

import math
import time
from itertools import permutations

import pytest

from scorers.benchmarks import curves, production
from scorers.score import Verdict
from scorers.statistics.rank import rank_correlation
from scorers.store.runs import Purpose
from scorers.store.store import Store
from support import theatre_store

NOW = time.time()


def test_figures_are_those_of_the_model(store: Store) -> None:
    """Success, cost per success with failures included, latency, refusals: of this model, by either of its names."""
    own = [{"good": n < 6, "duration": 1.0 + n, "cost_usd": 0.02} for n in range(8)]
    theatre_store.calls(store, "m-new", NOW - 60, own)
    theatre_store.calls(store, "m-old", NOW - 60, [{"good": False, "cost_usd": 5.0}] * 3)
    theatre_store.calls(store, "m-new", NOW - 40 * 86_400, [{"good": False}] * 5)
    theatre_store.calls(store, "alias", NOW - 60, [{"model_served": "m-new-0712", "duration": 9.0}])
    theatre_store.refusals(store, "m-new", NOW - 60, [(None, True, 3), (None, False, 7)])
    found = production.figures(store, ["m-new", "m-new-0712", "absent"], NOW)
    assert set(found) == {"m-new", "m-new-0712"}
    figures = found["m-new"]
    assert figures["requests"] == 8
    assert figures["success"]["ratio"] == pytest.approx(6 / 8)
    assert figures["success"]["lower"] < 6 / 8 < figures["success"]["upper"]
    assert figures["cost_per_success_usd"] == pytest.approx(8 * 0.02 / 6)
    assert figures["latency"]["duration_p50"] == pytest.approx(4.5)
    assert figures["refusal"]["ratio"] == pytest.approx(0.3)
    assert figures["groundedness"] is None
    assert found["m-new-0712"]["latency"]["duration_p50"] == 9.0
    assert found["m-new-0712"]["success"] is None


def test_below_five_versions_nothing_is_said(store: Store) -> None:
    """Four versions: too few. With five in the same order as their success the correlation is perfect, p = 1/60."""
    for n in range(5):
        model = f"m{n}"
        theatre_store.benchmark(store, model, NOW - 100 + n, published=20 + n, reworded=10)
        theatre_store.calls(store, model, NOW - 60, [{"good": place < 3 + n} for place in range(10)])
        runs = production.newest(store.asking.runs(purpose=Purpose.BENCHMARK.value))
        found = production.correlation(runs, production.figures(store, list(runs), NOW))
        assert found["versions"] == n + 1
        if n < 4:
            assert (found["verdict"], found["pairs"]) == ("too few versions", [])
    assert "verdict" not in found
    pairs = {pair["figure"]: pair for pair in found["pairs"]}
    assert pairs["success"]["rho"] == 1.0
    assert pairs["success"]["p_value"] == pytest.approx(2 / math.factorial(5))
    assert pairs["cost_per_success_usd"]["rho"] == -1.0
    assert "latency" not in pairs  # the same for all


def test_rank_correlation_by_hand() -> None:
    """Against the formula without ties, and a p-value counted over all orders; none below five or for a constant."""
    xs, ys = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [2.0, 1.0, 4.0, 3.0, 6.0, 5.0]
    found = rank_correlation(xs, ys)
    assert found is not None
    assert found[0] == pytest.approx(1 - 6 * 6 / (6 * 35))
    as_far = sum(sum((x - y) ** 2 for x, y in zip(xs, order, strict=True)) in range(7) for order in permutations(xs))
    assert found[1] == pytest.approx(2 * as_far / math.factorial(6))
    assert rank_correlation(xs[:4], ys[:4]) is None
    assert rank_correlation(xs, [1.0] * 6) is None
    tied = rank_correlation([1, 1, 2, 3, 4], [1, 1, 2, 3, 4])
    assert tied is not None
    assert tied[0] == pytest.approx(1.0)
    many = rank_correlation(list(range(12)), list(range(12)))
    assert many is not None
    assert many[1] < 0.001


def test_refusals_by_how_due_they_are(store: Store) -> None:
    """Points at the mean probability of their answers, with intervals; both errors; people's word goes first."""
    theatre_store.refusals(
        store,
        "m",
        NOW - 60,
        [(0.05, False, 18), (0.05, True, 2), (0.45, True, 5), (0.45, False, 5), (0.95, True, 9), (0.95, False, 1)],
    )
    theatre_store.refusals(store, "unjudged", NOW - 60, [(None, True, 4)])
    (curve,) = curves.calibration(store.theatre.refusals(NOW - 100, NOW))
    assert (curve["model"], curve["n"], curve["judged"], curve["labelled"]) == ("m", 40, 40, 0)
    assert [round(point["due"], 2) for point in curve["points"]] == [0.05, 0.45, 0.95]
    assert [round(point["ratio"], 2) for point in curve["points"]] == [0.10, 0.50, 0.90]
    for point in curve["points"]:
        assert 0 <= point["lower"] < point["ratio"] < point["upper"] <= 1
    assert curve["over_refused"]["ratio"] == pytest.approx(7 / 30)
    assert curve["under_refused"]["ratio"] == pytest.approx(1 / 10)
    kept = next(page for page in store.theatre.refusals(NOW - 100, NOW) if page.due == 0.95 and not page.refused)
    store.save_label((kept.conversation, "refusal", "over_refused", "anna"), Verdict.YES, "")
    (curve,) = curves.calibration(store.theatre.refusals(NOW - 100, NOW))
    assert (curve["judged"], curve["labelled"]) == (39, 1)
    assert curve["over_refused"]["ratio"] == pytest.approx(8 / 31)


def test_effort_against_quality_cost_and_time(store: Store) -> None:
    """A row for each model and effort, in the order of effort; few requests make none."""
    for effort, thinking, cost, good in (("high", 8.0, 0.05, 9), ("low", 1.0, 0.01, 5)):
        many = [{"effort": effort, "thinking": thinking, "cost_usd": cost, "good": n < good} for n in range(10)]
        theatre_store.calls(store, "m", NOW - 60, many)
    theatre_store.calls(store, "m", NOW - 60, [{"effort": "max"}] * 2)
    low, high = curves.efforts(store.theatre.calls(NOW - 100, NOW))
    assert (low["effort"], high["effort"]) == ("low", "high")
    assert (low["thinking_seconds"], high["thinking_seconds"]) == (1.0, 8.0)
    assert high["success"]["ratio"] == pytest.approx(0.9)
    assert high["cost_per_success_usd"] == pytest.approx(0.5 / 9)
    assert low["cost_usd"] == pytest.approx(0.01)
