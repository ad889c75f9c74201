"""The page Theatre: published and reworded bars with production beside, the curve of refusals, effort."""

from __future__ import annotations

import re
import time

import pytest

from scorers.store.store import Store
from support import theatre_store
from support.console import serving

HOSTILE = "<script>alert(1)</script>"


def fill(store: Store) -> None:
    """Two models with runs; one has traffic."""
    now = time.time()
    theatre_store.benchmark(store, "heart-1", now - 90, published=38, reworded=21)
    theatre_store.benchmark(store, HOSTILE, now - 80, published=30, reworded=30)
    for effort, good in (("low", 6), ("high", 9)):
        many = [{"effort": effort, "thinking": 2.0, "good": n < good, "duration": 1.5} for n in range(10)]
        theatre_store.calls(store, "heart-1", now - 60, many)
    due = [(0.1, False, 20), (0.1, True, 3), (0.6, True, 5), (0.6, False, 6), (0.9, True, 9)]
    theatre_store.refusals(store, "heart-1", now - 60, due)
    theatre_store.refusals(store, HOSTILE, now - 60, [(0.1, True, 2), (0.9, False, 2)])


def test_benchmarks_their_shadow_and_production(store: Store) -> None:
    """Scores, the gap with its interval, production's figures of that model, and no correlation from two versions."""
    fill(store)
    with serving(store) as client:
        page = client.get("/theatre").text
    assert "no proof of contamination" in page
    assert "95\u00a0%</b>" in page  # 38 of 40 as published
    assert "+42.5</b>" in page  # (38 - 21) of 40
    assert 'class="shadow"' in page
    assert "cost per success" in page
    assert "$0.0133" in page  # 20 calls of 0.01 USD, 15 successes
    assert "Too few versions" in page
    assert "No answered request of this model." in page
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page


def test_curve_and_effort(store: Store) -> None:
    """Each model that was judged has a curve with its two errors; each effort a row."""
    fill(store)
    with serving(store) as client:
        page = client.get("/theatre").text
    assert page.count("<figure>") == 3
    assert "due 60\u00a0%, refused 45\u00a0%" in page
    assert "43 judged, 0 labelled" in page
    assert page.index("<td>low</td>") < page.index("<td>high</td>")
    assert "2.0 s" in page


def test_effort_is_a_picture(store: Store) -> None:
    """For each model whose success is known: success with its interval against cost and against thinking time, a point
    for each effort; a model's name is inert in it. A model without an end of a task has a row and no picture."""
    now = time.time()
    for effort, good, cost, thinking in (("low", 6, 0.01, 2.0), ("high", 9, 0.04, None)):
        facts = {"effort": effort, "thinking": thinking, "cost_usd": cost, "duration": 1.5}
        theatre_store.calls(store, HOSTILE, now - 60, [{**facts, "good": n < good} for n in range(10)])
    theatre_store.calls(store, "endless-1", now - 60, [{"effort": "low", "duration": 1.5} for _ in range(10)])
    with serving(store) as client:
        page = client.get("/theatre").text
    pictures = re.findall(r"<svg.*?</svg>", page.split("Effort: what more")[1], re.DOTALL)
    assert len(pictures) == 2
    cost, thinking = pictures
    assert "cost of an answer: low: 60\u00a0% at $0.01" in cost
    assert "high: 90\u00a0% at $0.04" in cost
    assert (cost.count("<circle"), cost.count('class="whisk"'), thinking.count("<circle")) == (2, 2, 1)
    (low, high) = (float(x) for x in re.findall(r'cx="([\d.]+)"', cost))
    assert high - 24 == pytest.approx(4 * (low - 24), rel=0.01)
    assert HOSTILE not in page
    assert "endless-1" in page


def test_an_empty_store_says_what_to_do(store: Store) -> None:
    """Without runs, judgements and efforts each part says so."""
    with serving(store) as client:
        page = client.get("/theatre")
        assert page.status_code == 200
        assert 'aria-current="page">Theatre' in client.get("/theatre").text
    for said in ("No benchmark has been run yet", "Nobody has said yet", "ask for a reasoning effort"):
        assert said in page.text
