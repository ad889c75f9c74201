"""Rates out of a store of either kind."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from proxy.exchange import Decision, Exchange, ExchangeRow, Operation, Outcome, RowBatch
from proxy.sample import Sample
from scorers.estimates.model_names import ModelNames
from scorers.estimates.rates import Rate, Window, compute
from scorers.score import Reason, Result, Score, Verdict
from scorers.statistics.weighted_share import Observation, estimate, moments_of
from scorers.store.records import ScoredSample
from scorers.store.store import Store

MOMENT = 1_800_000_000.0
MakeSample = Callable[..., Sample]
MakeScored = Callable[..., ScoredSample]


def by_key(rates: list[Rate]) -> dict[tuple[str, str], Rate]:
    """Rates of one output by (app, model)."""
    return {(rate.app, rate.model): rate for rate in rates}


def test_no_scores_no_rows(store: Store) -> None:
    """An empty store has no rates."""
    assert compute(store, Window.DAY, MOMENT) == []


def test_a_row_for_each_app_and_one_for_all(store: Store, make_sample: MakeSample, make_scored: MakeScored) -> None:
    """Each (app, model) has a row, and app ``all`` has one for each model over the applications."""
    for i in range(40):
        facts = {"app": "a" if i % 4 else "b", "probability": 0.5, "conversation": f"c{i // 2}"}
        store.save_scores([make_scored(make_sample(f"r{i}", **facts), 0.9 if i % 10 == 0 else 0.1)])
    store.save_scores([make_scored(make_sample("x", model_asked=None))])
    rates = by_key(compute(store, Window.HOUR, MOMENT + 1))
    assert set(rates) == {("a", "gpt-x"), ("b", "gpt-x"), ("all", "gpt-x"), ("all", "other"), ("support", "other")}
    whole = rates["all", "gpt-x"]
    assert (whole.scored, whole.ratio, whole.calibrated, whole.judged) == (40, pytest.approx(0.1), False, 0)
    assert rates["b", "gpt-x"].scored == 10
    assert whole.scored == rates["a", "gpt-x"].scored + rates["b", "gpt-x"].scored


def test_the_database_and_the_formula_agree(store: Store, make_sample: MakeSample, make_scored: MakeScored) -> None:
    """The sums that the database makes give the very estimate of the single answers."""
    observations = []
    for i in range(60):
        hit, probability, conversation = i % 7 == 0, (0.1, 0.5, 1.0)[i % 3], f"c{i // 4}"
        observations.append(Observation(hit, 1 / probability, conversation))
        sample = make_sample(f"r{i}", probability=probability, conversation=conversation)
        store.save_scores([make_scored(sample, 0.9 if hit else 0.1)])
    expected = estimate(moments_of(observations))
    rate = by_key(compute(store, Window.DAY, MOMENT + 1))["support", "gpt-x"]
    assert expected is not None
    assert (rate.ratio, rate.lower, rate.upper) == pytest.approx((expected.ratio, expected.lower, expected.upper))


def test_unscored_is_null_and_never_zero(store: Store, make_sample: MakeSample) -> None:
    """When nothing was applicable the ratio is null, and the applicable share says why."""
    sample = make_sample("r1")
    score = Score(
        sample_id="r1", scorer="groundedness", output="ungrounded", version="1", unscored_reason=Reason.NO_EVIDENCE
    )
    store.save_scores([ScoredSample.of(sample, "groundedness", Result.NOT_APPLICABLE, [score])])
    rate = by_key(compute(store, Window.DAY, MOMENT + 1))["support", "gpt-x"]
    assert (rate.ratio, rate.lower, rate.upper, rate.scored) == (None, None, None, 0)
    assert rate.applicable_ratio == 0.0


def test_a_failed_scorer_does_not_change_what_is_applicable(store: Store, make_sample: MakeSample) -> None:
    """A time-out is neither applicable nor not applicable: it is in no share."""
    score = Score(sample_id="r1", scorer="refusal", output="refused", version="1", unscored_reason=Reason.TIMEOUT)
    store.save_scores([ScoredSample.of(make_sample("r1"), "refusal", Result.TIMEOUT, [score])])
    assert by_key(compute(store, Window.DAY, MOMENT + 1))["support", "gpt-x"].applicable_ratio is None


def test_windows_end_now(store: Store, make_sample: MakeSample, make_scored: MakeScored) -> None:
    """A sample is in the windows that reach back to its start, and in none that ended before."""
    store.save_scores([make_scored(make_sample("r1", started_at=MOMENT - 7200))])
    assert compute(store, Window.HOUR, MOMENT) == []
    assert len(compute(store, Window.DAY, MOMENT)) == 2
    assert len(compute(store, Window.WEEK, MOMENT + 6 * 86400)) == 2
    assert compute(store, Window.WEEK, MOMENT - 10000) == []


def test_the_share_that_opted_out_stands_beside(store: Store, make_sample: MakeSample, make_scored: MakeScored) -> None:
    """Requests that asked not to be kept are shown as a share of those that could have been."""
    store.save_scores([make_scored(make_sample("r1"))])
    rows = []
    for i in range(4):
        exchange = Exchange(
            request_id=f"q{i}",
            instance="p1",
            started_at=MOMENT,
            app="support" if i else "search",
            operation=Operation.CHAT,
            upstream="u",
            outcome=Outcome.OK,
            duration=1.0,
            model_asked="gpt-x",
        )
        rows.append(ExchangeRow(exchange, Decision.OPTED_OUT if i == 1 else Decision.PUBLISHED))
    store.save_rows(RowBatch("b", "p1", 1, {}, rows))
    rates = by_key(compute(store, Window.DAY, MOMENT + 1))
    assert rates["support", "gpt-x"].opted_out_ratio == pytest.approx(1 / 3)
    assert rates["all", "gpt-x"].opted_out_ratio == pytest.approx(1 / 4)


def unanswered(sample: Sample) -> ScoredSample:
    """What scorers make of a request that failed."""
    score = Score(sample_id=sample.id, scorer="refusal", output="refused", version="1", unscored_reason=Reason.NO_TEXT)
    return ScoredSample.of(sample, "refusal", Result.NOT_APPLICABLE, [score])


def test_invented_models_share_one_row(store: Store, make_sample: MakeSample, make_scored: MakeScored) -> None:
    """A name that only got errors has no row of its own; a model that answered keeps its row, its failures in it."""
    store.save_scores([make_scored(make_sample("r1")), unanswered(make_sample("r2", outcome=Outcome.UPSTREAM_ERROR))])
    for i in range(5):
        facts = {"model_asked": f"invented-{i}", "outcome": Outcome.CLIENT_ERROR, "status": 404}
        store.save_scores([unanswered(make_sample(f"i{i}", **facts))])
    rates = by_key(compute(store, Window.DAY, MOMENT + 1))
    assert {model for _, model in rates} == {"gpt-x", "other"}
    assert rates["support", "other"].scored == 0
    assert rates["support", "gpt-x"].applicable_ratio == pytest.approx(0.5)


def test_models_beyond_those_allowed_share_one_row(
    store: Store, make_sample: MakeSample, make_scored: MakeScored
) -> None:
    """Their answers, labels and corrected rates are counted together, as other; so are those beyond the bound."""
    for i in range(30):
        model = ("gpt-x", "gpt-y", "gpt-z")[i % 3]
        store.save_scores([make_scored(make_sample(f"r{i}", model_asked=model), 0.9 if i % 5 == 0 else 0.1)])
    store.save_label(("r1", "refusal", "refused", "ida"), Verdict.NO, "")
    listed = by_key(compute(store, Window.DAY, MOMENT + 1, ModelNames(frozenset({"gpt-x"}), 0)))
    assert {model for _, model in listed} == {"gpt-x", "other"}
    assert (listed["all", "other"].scored, listed["all", "other"].labelled) == (20, 1)
    assert listed["all", "other"].ratio == pytest.approx(4 / 20)
    bounded = by_key(compute(store, Window.DAY, MOMENT + 1, ModelNames(limit=2)))
    assert {model for _, model in bounded} == {"gpt-x", "gpt-y", "other"}


def test_a_hint_has_no_rate(store: Store, make_sample: MakeSample, make_scored: MakeScored) -> None:
    """An output that is only shown has no row; its scores stay with their samples."""
    hint = {"scorer": "groundedness", "output": "contradicted"}
    store.save_scores([make_scored(make_sample("h"), 0.9, **hint)])
    store.save_scores([make_scored(make_sample("u"), 0.9, scorer="groundedness", output="ungrounded")])
    assert {rate.output for rate in compute(store, Window.DAY, MOMENT + 1)} == {"ungrounded"}
