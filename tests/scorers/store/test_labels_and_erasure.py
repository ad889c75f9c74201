"""Erasure of a user's data: what arrives while and after a user is forgotten, whatever the clocks of the hosts say."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from proxy.config.settings import Retention
from proxy.exchange import Decision, ExchangeRow, RowBatch
from proxy.sample import Sample
from scorers.cases.case import decode
from scorers.cases.suite import Suite
from scorers.score import Result, Score, Verdict
from scorers.store.facts import sample_facts
from scorers.store.labels_and_erasure import GRACE
from scorers.store.records import SampleQuery, ScoredSample
from scorers.store.runs import Ask, AskKey, AskState, Reserved, Run, RunTaken
from scorers.store.store import Store
from scorers.store.tables import exchanges, samples, scores
from support import experiments

NOW = 1_800_000_000.0
HOUR = 3_600.0
MakeSample = Callable[..., Sample]


class Clock:
    """The clock of the worker and of its store."""

    now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(store: Store) -> Clock:
    """The clock of ``store``."""
    clock = Clock()
    store._clock = store.suites._clock = store.asking._clock = store.experiments._clock = clock
    return clock


def arrives(store: Store, sample: Sample, together: bool) -> str:
    """Store a sample with its score and its row; all that is there then."""
    score = Score(
        sample_id=sample.id,
        scorer="format",
        output="parse_error",
        version="1",
        value=1.0,
        verdict=Verdict.YES,
        explanation="quotes a secret",
    )
    scored = ScoredSample.of(sample, "format", Result.SCORED, [score])
    if together:
        store.keep([(sample_facts(sample), "a secret")], [scored])
    else:
        store.save_samples([sample], content=True)
        store.save_scores([scored])
    row = ExchangeRow(sample.exchange, Decision.PUBLISHED)
    store.save_rows(RowBatch(f"b:{sample.id}", "p1", 1, {}, [row]))
    with store._database.read() as connection:
        return str([connection.execute(select(table)).all() for table in (samples, scores, exchanges)])


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("ahead", [0.0, 60.0, 12 * HOUR])
def test_v08_a_clock_that_runs_ahead(
    store: Store, clock: Clock, make_sample: MakeSample, ahead: float, together: bool
) -> None:
    """A request began before its user was forgotten and arrives after it. Its proxy's clock says that it began later:
    nothing that leads to the user is kept."""
    began = clock.now - 5.0 + ahead
    sample = make_sample("s1", question="a secret", user_hash="jane", session_id="of jane", started_at=began)
    store.forget_user("jane")
    clock.now += 20.0
    there = arrives(store, sample, together)
    assert "s1" in there
    assert "jane" not in there
    assert "secret" not in there


def test_v08_what_waits_longer_while_a_clock_runs_ahead(store: Store, clock: Clock, make_sample: MakeSample) -> None:
    """A copy may wait for hours. A clock that is less than the grace ahead does not hide that it began before."""
    sample = make_sample("s1", question="a secret", user_hash="jane", started_at=clock.now + GRACE - 5.0)
    store.forget_user("jane")
    clock.now += 5 * HOUR
    assert "jane" not in arrives(store, sample, together=False)


def test_v08_a_user_comes_back(store: Store, clock: Clock, make_sample: MakeSample) -> None:
    """What they send when the grace is over is kept."""
    store.forget_user("jane")
    clock.now += GRACE + 10.0
    sample = make_sample("s1", question="a secret", user_hash="jane", started_at=clock.now - 5.0)
    there = arrives(store, sample, together=False)
    assert "jane" in there
    assert "a secret" in there


def test_v08_the_grace_outlives_a_short_retention(store: Store, clock: Clock, make_sample: MakeSample) -> None:
    """Nobody who was forgotten is lost from memory before the grace is over."""
    store.forget_user("jane")
    clock.now += 100.0
    store.expire(Retention(samples=50.0, exchanges=50.0))
    assert "jane" not in arrives(store, make_sample("s1", user_hash="jane", started_at=clock.now), together=False)


def a_run(name: str = "r1") -> Run:
    """A run whose plan quotes a user; the clock of the command that made it runs an hour ahead."""
    plan = {"cases": [{"id": "ann", "asks": "A secret of Ann"}]}
    return Run(id=name, purpose="suite", subject="s", version="v", model="m", created_at=NOW + HOUR, plan=plan)


ANN = AskKey("ann")


def test_v08_a_pending_ask_is_not_sent(store: Store, clock: Clock) -> None:
    """The run is under way: the ask has its money, and its user is forgotten before it is sent. It is skipped, and
    costs nothing."""
    store.asking.create(a_run(), [(ANN, "jane"), (AskKey("bo"), None)])
    assert store.asking.reserve("r1", [ANN, AskKey("bo")], 100, "shop") is Reserved.YES
    store.forget_user("jane")
    assert not store.asking.begin("r1", ANN)
    assert store.asking.begin("r1", AskKey("bo"))
    with pytest.raises(RunTaken):
        store.asking.begin("r1", AskKey("bo"))
    store.asking.settle("r1", Ask(case_id="ann", state=AskState.SKIPPED.value, reason="forgotten"), "shop")
    assert store.asking.spent("shop") == 100
    assert store.asking.ledger("r1") == {"planned": 2, "done": 0, "skipped": 1, "failed": 0, "pending": 1}


def test_v08_an_answer_that_comes_late_is_not_kept_whatever_the_clock_says(store: Store, clock: Clock) -> None:
    """The run was begun by a host whose clock runs ahead: it seems to be newer than the erasure."""
    store.asking.create(a_run(), [(ANN, "jane")])
    assert store.asking.reserve("r1", [ANN], 100) is Reserved.YES
    assert store.asking.begin("r1", ANN)
    store.forget_user("jane")
    late = Ask(case_id="ann", state=AskState.DONE.value, answer={"text": "A secret"}, checks=[{"why": "A secret"}])
    store.asking.settle("r1", late)
    (ask,) = store.asking.asks("r1")
    assert (ask.state, ask.answer, ask.checks) == ("done", None, [])


def test_v08_a_run_that_is_created_after_its_cases_user_was_forgotten(store: Store, clock: Clock) -> None:
    """Its command had read the cases before: it quotes none of them in its plan, and sends none."""
    store.forget_user("jane")
    clock.now += 5.0
    store.asking.create(a_run(), [(ANN, "jane")])
    run = store.asking.run("r1")
    assert run is not None
    assert run.plan["cases"][0]["asks"] == ""
    assert store.asking.reserve("r1", [ANN], 100) is Reserved.YES
    assert not store.asking.begin("r1", ANN)


def test_v08_a_suite_that_is_stored_after_its_user_was_forgotten(store: Store, clock: Clock) -> None:
    """Cases that were made of samples before and are stored after it are tombstones at once."""
    cases = tuple(decode(b'{"id": "%s", "input": "A secret of %s"}' % (n, n)) for n in (b"ann", b"bo"))
    store.forget_user("jane")
    clock.now += 5.0
    store.suites.save(Suite(name="bakery", cases=cases), {"ann": "jane"})
    found = store.suites.load("bakery")
    assert found is not None
    assert ([case.id for case in found[0].cases], found[1]) == (["bo"], 1)


def test_v08_a_pair_that_is_enrolled_after_its_user_was_forgotten(store: Store, clock: Clock) -> None:
    """Its sample was drawn before: the pair has no text, so it is not asked."""
    store.forget_user("u1")
    experiments.begin(store, 3)
    found = {pair.user_hash: (pair.request, pair.served) for pair in store.experiments.pairs(experiments.RUN)}
    assert [user for user, text in found.items() if text == (None, None)] == ["u1"]


@pytest.mark.parametrize("late", ["score", "trimmed", "delivered again", "delivered again alone"])
def test_v08_what_comes_of_a_sample_that_was_deleted_is_counted_once(
    store: Store, clock: Clock, make_sample: MakeSample, late: str
) -> None:
    """A judge was at work on it, the queue tells that it has dropped it, or a worker that was killed had it: the
    deletion has counted it for each scorer. It does not come back as a sample that some scorer never gets."""
    gone = make_sample("s1", question="a secret", user_hash="jane", started_at=clock.now - 5.0)
    other = make_sample("s2", user_hash="bo", started_at=clock.now - 5.0)
    for scorer in ("refusal", "judge"):
        store.ensure_group(scorer)
    clock.now += 1.0
    first = {one.id: ScoredSample.of(one, "refusal", Result.SCORED, [refused(one)]) for one in (gone, other)}
    judged = {one.id: ScoredSample.of(one, "judge", Result.SCORED, [refused(one)]) for one in (gone, other)}
    for one in (gone, other):
        store.keep([(sample_facts(one), "{}")], [first[one.id]])
    assert store.forget_user("jane").samples == 1
    before = store.ledger()["scorers"]
    assert before == {"refusal": {"scored": 2, "pending": 0}, "judge": {"trimmed": 1, "pending": 1}}
    if late == "score":
        assert store.save_scores([judged["s1"], judged["s2"]]) == [judged["s2"]]
    elif late == "trimmed":
        assert store.record_trimmed("judge", ["s1", "s2"]) == ["s2"]
    elif late == "delivered again":
        assert store.keep([(sample_facts(one), "{}") for one in (gone, other)], list(first.values())) == []
        store.save_samples([gone], content=True)
    else:
        assert store.keep([(sample_facts(gone), "{}")], [first["s1"]]) == []
    assert store.samples(SampleQuery()).samples[0].id == "s2"
    assert len(store.samples(SampleQuery()).samples) == 1
    judge = {"score": {"scored": 1, "pending": 0}, "trimmed": {"pending": 0}}.get(late, {"pending": 1})
    found = store.ledger()["scorers"]
    assert found["refusal"] == before["refusal"]
    assert found["judge"] == {**judge, "trimmed": 2 if late == "trimmed" else 1}


def test_v08_a_sample_that_comes_after_its_row_was_deleted_is_counted(
    store: Store, clock: Clock, make_sample: MakeSample
) -> None:
    """Only its row was there: its scorers' results are kept without the user, in whatever order they come."""
    gone = make_sample("s1", question="a secret", user_hash="jane", started_at=clock.now - 5.0)
    for scorer in ("refusal", "judge"):
        store.ensure_group(scorer)
    store.save_rows(RowBatch("b", "p1", 1, {}, [ExchangeRow(gone.exchange, Decision.PUBLISHED)]))
    assert store.forget_user("jane").requests == 1
    clock.now += 1.0
    store.save_scores([ScoredSample.of(gone, "judge", Result.SCORED, [refused(gone)])])
    store.keep([(sample_facts(gone), "a secret")], [ScoredSample.of(gone, "refusal", Result.SCORED, [refused(gone)])])
    assert store.ledger()["scorers"] == {name: {"scored": 1, "pending": 0} for name in ("refusal", "judge")}
    (kept,) = store.samples(SampleQuery()).samples
    assert (kept.id, kept.has_content) == ("s1", False)


def refused(sample: Sample) -> Score:
    """A score without anything of a text."""
    return Score(sample_id=sample.id, scorer="refusal", output="refused", version="1", value=0.0, verdict=Verdict.NO)
