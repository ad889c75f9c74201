"""Labels in the store turn flagged shares into rates: in a window that has them, and by a fit in one that has none."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from proxy.sample import Sample
from scorers.estimates.calibration_fits import calibrations, refit
from scorers.estimates.correction import weighted
from scorers.estimates.rates import Rate, Window, compute
from scorers.score import Result, Score, Verdict
from scorers.statistics.calibrate import FEWEST
from scorers.store.labelling import LabelledScore
from scorers.store.records import ScoredSample
from scorers.store.store import Store

NOW = 1_800_000_000.0
MakeSample = Callable[..., Sample]
MakeScored = Callable[..., ScoredSample]


def fill(
    store: Store, make_sample: MakeSample, make_scored: MakeScored, n: int, at: float, **more: float
) -> list[bool]:
    """``n`` scored answers at ``at``; the score overstates: .7 half of the time when nothing happened."""
    draw = random.Random(int(at) + n)
    prevalence, flagged = more.get("prevalence", 0.2), more.get("flagged", 0.3)
    truths, items = [], []
    for i in range(n):
        truth = draw.random() < prevalence
        value = draw.uniform(0.6, 0.95) if truth or draw.random() < flagged else draw.uniform(0.02, 0.4)
        sample = make_sample(f"s{int(at)}-{i}", started_at=at, app="a" if i % 2 else "b")
        truths.append(truth)
        items.append(make_scored(sample, value))
    store.save_scores(items)
    return truths


def label(store: Store, at: float, truths: list[bool], which: range) -> None:
    """One person's labels."""
    for i in which:
        key = (f"s{int(at)}-{i}", "refusal", "refused", "ida")
        store.save_label(key, Verdict.YES if truths[i] else Verdict.NO, "")


def of_all(store: Store, window: Window = Window.DAY, now: float = NOW) -> Rate:
    """The rate over all applications."""
    (found,) = [rate for rate in compute(store, window, now) if rate.app == "all"]
    return found


def test_labels_make_a_rate_of_what_was_flagged(store: Store, make_sample: MakeSample, make_scored: MakeScored) -> None:
    """Below the fewest labels the share is flagged; from there on it is the rate, near the truth, and says so."""
    truths = fill(store, make_sample, make_scored, 600, NOW - 100)
    before = of_all(store)
    assert (before.calibrated, before.ratio) == (False, pytest.approx(0.44, abs=0.06))
    label(store, NOW - 100, truths, range(FEWEST - 1))
    assert not of_all(store).calibrated
    label(store, NOW - 100, truths, range(FEWEST - 1, 200))
    after = of_all(store)
    true = sum(truths) / len(truths)
    assert (after.calibrated, after.labelled, after.scored) == (True, 200, 600)
    assert after.lower is not None
    assert after.upper is not None
    assert after.lower <= true <= after.upper
    assert after.ratio == pytest.approx(true, abs=0.05)
    assert {rate.app: rate.calibrated for rate in compute(store, Window.DAY, NOW)} == {
        "a": True,
        "b": True,
        "all": True,
    }


def test_labels_of_suspects_only_do_not_inflate_the_rate(
    store: Store, make_sample: MakeSample, make_scored: MakeScored
) -> None:
    """A person who looks at every flagged answer and at few others: the strata of the score put it right."""
    truths = fill(store, make_sample, make_scored, 600, NOW - 100)
    rows = store.labelling.candidates(("refusal", "refused"), 0, "x", None, 10)
    assert rows == []  # no text was kept
    values = dict.fromkeys(range(600))
    for i in values:
        (score,) = store.sample(f"s{int(NOW - 100)}-{i}").record.scores  # type: ignore[union-attr]
        values[i] = score.value  # type: ignore[assignment]
    suspects = [i for i in values if values[i] >= 0.5][:150]  # type: ignore[operator]
    others = [i for i in values if values[i] < 0.5][:40]  # type: ignore[operator]
    for i in suspects + others:
        label(store, NOW - 100, truths, range(i, i + 1))
    found = of_all(store)
    assert found.calibrated
    assert found.ratio == pytest.approx(sum(truths) / 600, abs=0.06)


def test_a_fit_carries_over_until_the_scores_move(
    store: Store, make_sample: MakeSample, make_scored: MakeScored
) -> None:
    """Labels of two days ago calibrate today by the fit; when today's scores look different, it is flagged again."""
    past = NOW - 2 * 86_400
    truths = fill(store, make_sample, make_scored, 500, past)
    label(store, past, truths, range(200))
    fill(store, make_sample, make_scored, 300, NOW - 50)
    assert not of_all(store, Window.HOUR).calibrated
    assert refit(store, NOW) == [("refusal", "refused", "gpt-x")]
    assert refit(store, NOW) == []
    carried = of_all(store, Window.HOUR)
    assert carried.calibrated
    assert carried.lower is not None
    assert carried.upper is not None
    assert carried.lower <= 0.2 <= carried.upper
    assert carried.upper - carried.lower < 0.25
    fill(store, make_sample, make_scored, 900, NOW - 40, prevalence=0.9, flagged=0.9)
    assert not of_all(store, Window.HOUR).calibrated
    assert refit(store, NOW) == [("refusal", "refused", "gpt-x")]
    (shown,) = calibrations(store, NOW)
    assert (shown.why, shown.labels, shown.method) == ("histogram", 200, "platt")


def test_a_calibration_shows_agreement_and_what_is_missing(
    store: Store, make_sample: MakeSample, make_scored: MakeScored
) -> None:
    """Before the fit: how many labels it takes, and how well the verdicts agree so far."""
    truths = fill(store, make_sample, make_scored, 100, NOW - 100)
    label(store, NOW - 100, truths, range(30))
    (shown,) = calibrations(store, NOW)
    assert (shown.labels, shown.labels_needed, shown.method) == (30, FEWEST - 30, None)
    assert shown.agreement is not None
    assert shown.agreement.sensitivity is not None
    assert shown.agreement.sensitivity.ratio == 1.0


def test_several_people(store: Store, make_sample: MakeSample, make_scored: MakeScored) -> None:
    """The majority counts, of a tie the newest; unsure counts for nothing."""
    store.save_scores([make_scored(make_sample("r1", started_at=NOW - 5))])

    def give(annotator: str, verdict: Verdict) -> None:
        store.save_label(("r1", "refusal", "refused", annotator), verdict, "")

    give("a", Verdict.UNSURE)
    assert store.labelling.rows(0, NOW) == []
    give("b", Verdict.NO)
    give("c", Verdict.YES)
    (row,) = store.labelling.rows(0, NOW)
    assert row.truth is True
    give("d", Verdict.NO)
    (row,) = store.labelling.rows(0, NOW)
    assert row.truth is False


def test_judged_counts_and_second_opinions_change_no_rate(
    store: Store, make_sample: MakeSample, make_scored: MakeScored
) -> None:
    """A judge's view of ``refused`` is counted beside the scorer's rate and not in it; ``over_refused`` is a rate."""
    for i in range(10):
        sample = make_sample(f"r{i}", started_at=NOW - 5)
        store.save_scores([make_scored(sample, 0.9 if i < 2 else 0.1)])
        outputs = {"refused": 0.9, "over_refused": 0.8}
        scores = [
            Score(
                sample_id=sample.id,
                scorer="refusal",
                output=output,
                version="judge:m:p1:refusal-1",
                weight=2.0,
                value=value,
                verdict=Verdict.YES,
            )
            for output, value in outputs.items()
        ]
        store.save_scores([ScoredSample.of(sample, "judge", Result.SCORED, scores)])
        store.save_scores([make_scored(sample, 0.9 if i < 2 else 0.1, version="2")])  # a newer scorer, delivered later
    found = {rate.output: rate for rate in compute(store, Window.DAY, NOW) if rate.app == "all"}
    assert (found["refused"].ratio, found["refused"].scored, found["refused"].judged) == (pytest.approx(0.2), 10, 10)
    assert (found["over_refused"].ratio, found["over_refused"].judged) == (1.0, 10)
    assert store.ledger()["scorers"]["judge"] == {"scored": 10}


def test_strata_add_up() -> None:
    """The weights in each stratum are what was scored there; sparse strata are taken with the one below or above."""
    rows = [
        LabelledScore(
            key=("refusal", "refused", "a", "m"),
            sample_id=f"r{i}",
            conversation=f"r{i}",
            value=value,
            said=value > 0.5,
            truth=False,
            weight=1.0,
            chosen=None,
        )
        for i, value in enumerate([0.05] * 6 + [0.15] * 2 + [0.95] * 8)
    ]
    cells = [600.0, 100.0, 0, 0, 0, 50.0, 0, 0, 0, 40.0]
    found = weighted(rows, cells)
    assert sum(weight for _, weight in found) == pytest.approx(790)
    assert sum(weight for row, weight in found if row.value == 0.05) == pytest.approx(600)
    assert len({round(weight, 6) for row, weight in found if row.value > 0.1}) == 1
