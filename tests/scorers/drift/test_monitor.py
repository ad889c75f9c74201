"""Signals over a real store: fed once, by the uniform coin, one word a conversation; accepted, bounded."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from proxy.config.settings import Retention, Settings, parse
from proxy.exchange import Outcome, Usage
from proxy.sample import IMPORTED, Message, Sample
from scorers.drift import monitor
from scorers.drift.monitor import BATCH, Chosen, SignalView, accept_baseline, advance, changes_of, views
from scorers.drift.signals import State
from scorers.score import Reason, Verdict
from scorers.store.drift import LastWritten, Written
from scorers.store.facts import facts_of, sample_facts
from scorers.store.records import ScoredSample
from scorers.store.store import Store

MakeSample = Callable[..., Sample]
MakeScored = Callable[..., ScoredSample]
NOW = time.time()


def settings(**more: Any) -> Settings:
    """Settings with a baseline of 60 samples and no days."""
    document = {
        "upstreams": [{"name": "local", "base_url": "http://127.0.0.1:1"}],
        "drift": {"false_alarms_per_month": 1, "baseline": {"min_days": 0, "min_samples": 60}},
        **more,
    }
    return parse(document, {})


class Traffic:
    """Writes samples and their scores as the worker does."""

    def __init__(self, store: Store, make_sample: MakeSample, make_scored: MakeScored) -> None:
        self.store, self._sample, self._scored = store, make_sample, make_scored
        self.number = 0
        self.sent: list[Sample] = []

    def send(self, count: int, share: float, together: bool = False, **facts: Any) -> list[ScoredSample]:
        """So many conversations of one turn, of which a share is refused. ``together``: samples and scores in one
        transaction."""
        samples, scored = [], []
        for index in range(count):
            self.number += 1
            known = {"started_at": NOW + self.number, "conversation": f"c{self.number}", **facts}
            sample = self._sample(f"s{self.number}", **known)
            samples.append(sample)
            hit = (index + 1) * share // 1 > index * share // 1
            scored.append(self._scored(sample, 0.9 if hit else 0.1))
        self.sent += samples
        if together:
            self.store.keep([(sample_facts(sample), None) for sample in samples], scored)
        else:
            self.store.save_samples(samples, content=True)
            self.store.save_scores(scored)
        return scored


@pytest.fixture
def traffic(store: Store, make_sample: MakeSample, make_scored: MakeScored) -> Traffic:
    """Traffic into the store, of each kind in turn."""
    return Traffic(store, make_sample, make_scored)


def drain(store: Store, own: Settings) -> int:
    """Take all that the feed has; the lines taken."""
    total = 0
    while (done := advance(store, own)).lines:
        total += done.lines
        if done.lines < BATCH:
            break
    return total


def rows(store: Store, table: str) -> int:
    """The number of rows of a table."""
    with store._database.read() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def view(store: Store, own: Settings, name: str = "refusal.refused") -> SignalView:
    """One signal as it stands."""
    (found,) = [item for item in views(store, own, NOW + 10_000) if item.signal == name]
    return found


def test_each_observation_counts_once(traffic: Traffic) -> None:
    """Samples and scores that are delivered twice are fed once, and taken once."""
    own = settings()
    scored = traffic.send(50, 0.1)
    assert drain(traffic.store, own) == 100  # a line for the facts, one for the score
    assert (view(traffic.store, own).samples, view(traffic.store, own).samples_needed) == (50, 10)
    traffic.store.save_scores(scored)
    assert advance(traffic.store, own).lines == 0
    traffic.send(5, 0.0)
    drain(traffic.store, own)
    found = view(traffic.store, own)
    assert (found.samples, found.samples_needed, found.state) == (55, 5, State.LEARNING)
    assert found.baseline == pytest.approx(5 / 55)
    names = {item.signal for item in views(traffic.store, own, NOW)}
    assert names == {
        "refusal.refused",
        "refusal.refused.shape",
        "latency.duration",
        "mix.app",
        "mix.model",
        "mix.language",
        "mix.length",
    }


def test_samples_with_their_scores_are_one_row_of_the_feed(traffic: Traffic) -> None:
    """What is written together is fed together, and counts as if it had come line by line; delivered twice, once."""
    own, store = settings(), traffic.store
    scored = traffic.send(50, 0.1, together=True)
    assert (rows(store, "drift_batches"), rows(store, "drift_feed")) == (1, 0)
    assert drain(store, own) == 100
    assert rows(store, "drift_batches") == 0
    assert (view(store, own).samples, view(store, own).baseline) == (50, pytest.approx(0.1))
    store.keep([(sample_facts(sample), None) for sample in traffic.sent[-50:]], scored)
    assert advance(store, own).lines == 0


def test_more_than_a_turn_takes_is_left_to_the_next(traffic: Traffic) -> None:
    """Rows are taken whole: a turn takes them until it has enough, and says that there may be more."""
    own, store = settings(), traffic.store
    for _ in range(5):
        traffic.send(BATCH // 4, 0.0, together=True)
    first = advance(store, own).lines
    assert (first, rows(store, "drift_batches")) == (BATCH, 3)
    assert first + drain(store, own) == 5 * BATCH // 2


def test_a_score_without_its_sample_waits_though_others_are_written_together(
    traffic: Traffic, make_sample: MakeSample, make_scored: MakeScored
) -> None:
    """Its line stands by itself until the facts of its sample are there."""
    own, store = settings(), traffic.store
    first, second = make_sample("a"), make_sample("b")
    store.keep([(sample_facts(first), None)], [make_scored(first), make_scored(second)])
    assert (rows(store, "drift_batches"), rows(store, "drift_feed")) == (1, 1)
    assert advance(store, own).lines == 2
    store.save_samples([second], content=False)
    assert advance(store, own).lines == 2
    assert view(store, own).samples == 2


def test_a_conversation_that_goes_on_is_noted_by_the_hour(traffic: Traffic) -> None:
    """It stays one voice for as long as it goes on. Within an hour a turn that adds nothing to it writes nothing."""
    own, store = settings(), traffic.store
    for later, noted in ((0, True), (3000, False), (700_000, True)):
        with store._database.write() as connection:
            connection.execute(text(f"UPDATE drift_voices SET at = at - {later}"))
        traffic.send(1, 0.0, conversation="c", together=True)
        begun = time.time()
        drain(store, own)
        with store._database.read() as connection:
            at = connection.execute(text("SELECT min(at) FROM drift_voices")).scalar_one()
        assert (at >= begun) is noted
    assert view(store, own).samples == 1


def test_one_word_a_conversation(traffic: Traffic) -> None:
    """An agent in a loop is one voice on each signal; a request outside any conversation speaks for itself."""
    own = settings()
    for _ in range(3):
        traffic.send(10, 1.0, conversation="loop")
        drain(traffic.store, own)
    traffic.send(4, 0.0, conversation=None)
    drain(traffic.store, own)
    assert view(traffic.store, own).samples == view(traffic.store, own, "refusal.refused.shape").samples == 5
    assert view(traffic.store, own, "mix.app").samples == 5
    assert view(traffic.store, own).baseline == pytest.approx(0.2)


def test_a_conversation_speaks_for_each_model(traffic: Traffic) -> None:
    """It may change the model; of the mix it has one word all the same."""
    own = settings()
    traffic.send(2, 0.0, conversation="c", model_asked="one")
    traffic.send(2, 0.0, conversation="c", model_asked="two")
    drain(traffic.store, own)
    found = {(item.signal, item.model): item.samples for item in views(traffic.store, own, NOW)}
    assert found["refusal.refused", "one"] == found["refusal.refused", "two"] == 1
    assert found["mix.model", "all"] == 1


@pytest.mark.parametrize("stratum", ["error", "new_system_prompt", IMPORTED])
def test_only_the_uniform_coin_feeds(traffic: Traffic, make_sample: MakeSample, stratum: str) -> None:
    """What a stratum kept, or what came from elsewhere, says nothing of the traffic."""
    samples = [make_sample(f"x{number}", stratum=stratum) for number in range(5)]
    traffic.store.save_samples(samples, content=True)
    assert advance(traffic.store, settings()).lines == 0


def test_a_score_waits_for_its_sample(traffic: Traffic, make_sample: MakeSample, make_scored: MakeScored) -> None:
    """The scorer was first: the line stays until the facts are there; without them it is taken after a minute."""
    own, store = settings(), traffic.store
    first, second = make_sample("a", tools_hash="t"), make_sample("b")
    store.save_scores([make_scored(first), make_scored(second)])
    assert advance(store, own).lines == 0
    store.save_samples([first], content=False)
    assert advance(store, own).lines == 2
    assert view(store, own).samples == 1
    with store._database.write() as connection:
        connection.execute(text("UPDATE drift_feed SET at = at - 61"))
    assert advance(store, own).lines == 1
    assert view(store, own).samples == 2


def test_an_alarm_with_its_cause_survives_a_restart(traffic: Traffic, store_url: str, tmp_path: Path) -> None:
    """The state is in the store: another program goes on where this one was, and knows when what changed."""
    own = settings()
    traffic.send(200, 0.05, system_fingerprint="fp1")
    drain(traffic.store, own)
    assert view(traffic.store, own).state is State.WATCHING
    assert changes_of(traffic.store.drift_states()) == {}
    again = Store.open(store_url, tmp_path / "data")
    traffic.store, at = again, NOW + traffic.number + 1
    traffic.send(100, 0.5, system_fingerprint="fp2")
    assert drain(again, own) == 200
    found = view(again, own)
    assert found.state is State.DRIFTED
    assert found.since > at
    assert found.threshold is not None
    assert found.statistic >= found.threshold
    cause = found.causes[0]
    assert (cause.dimension, cause.from_, cause.to, cause.at) == ("system_fingerprint", "fp1", "fp2", at)
    assert changes_of(again.drift_states()) == {("gpt-x", "system_fingerprint"): at}
    again.close()


def test_accepting(traffic: Traffic) -> None:
    """By name, whatever its state; without a name, what has drifted; of what is unknown nothing."""
    own, store = settings(), traffic.store
    traffic.send(200, 0.05)
    traffic.send(100, 0.5)
    drain(store, own)
    assert accept_baseline(store, own, Chosen(signal="no.such"), NOW) == []
    assert accept_baseline(store, own, Chosen(app="elsewhere"), NOW) == []
    keys = accept_baseline(store, own, Chosen(), NOW + 400)
    assert ("refusal.refused", "support", "gpt-x") in keys
    assert ("mix.app", "all", "all") not in keys
    found = view(store, own)
    assert found.state in (State.LEARNING, State.WATCHING)
    assert found.since == NOW + 400
    assert found.baseline == pytest.approx(0.5, abs=0.1)
    assert found.causes == []
    named = Chosen(signal="mix.app", app="all", model="all")
    assert accept_baseline(store, own, named, NOW) == [("mix.app", "all", "all")]
    assert accept_baseline(store, own, Chosen(), NOW) == []


def test_models_and_signals_are_bounded(traffic: Traffic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Models beyond the limit are ``other``; signals beyond theirs are refused and counted."""
    own = settings(models={"max": 3})
    for number in range(10):
        traffic.send(1, 0.0, model_asked=f"model-{number}")
    drain(traffic.store, own)
    models = {item.model for item in views(traffic.store, own, NOW)}
    assert models == {"all", "other", "model-0", "model-1", "model-2"}
    monkeypatch.setattr(monitor, "MAX_SIGNALS", len(views(traffic.store, own, NOW)))
    traffic.send(1, 0.0, app="another")
    done = advance(traffic.store, own)
    assert done.refused > 0
    assert all(item.app != "another" for item in views(traffic.store, own, NOW))
    listed = settings(models={"allow": ["only"]})
    assert monitor.Models(listed).name("else", set()) == "other"
    assert monitor.Models(listed).name("only", set()) == "only"


def test_weighted_choices_make_one_word(store: Store, make_sample: MakeSample, make_scored: MakeScored) -> None:
    """Of four answers to one request, one refused: a quarter of a word."""
    sample = make_sample("n4", conversation="c")
    base = make_scored(sample)
    scores = [
        msgspec.structs.replace(
            base.scores[0],
            choice=choice,
            weight=0.25,
            value=0.9 if choice == 0 else 0.1,
            verdict=Verdict.YES if choice == 0 else Verdict.NO,
        )
        for choice in range(4)
    ]
    store.save_samples([sample], content=True)
    store.save_scores([msgspec.structs.replace(base, scores=scores)])
    drain(store, settings())
    found = view(store, settings())
    assert (found.samples, found.baseline) == (1, pytest.approx(0.25))
    assert view(store, settings(), "refusal.refused.shape").baseline == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize("together", [False, True])
def test_choices_without_a_score_are_no_part_of_the_word(
    store: Store, make_sample: MakeSample, make_scored: MakeScored, together: bool
) -> None:
    """Of three answers to one request one could not be scored: the others are the whole word."""
    sample = make_sample("n2", conversation="c")
    base = make_scored(sample, 0.9)
    unscored = {"value": None, "verdict": None, "unscored_reason": Reason.NO_TEXT}
    scores = [
        msgspec.structs.replace(base.scores[0], choice=choice, weight=0.5, **(unscored if choice == 1 else {}))
        for choice in range(3)
    ]
    scored = msgspec.structs.replace(base, scores=scores)
    if together:
        store.keep([(sample_facts(sample), None)], [scored])
    else:
        store.save_samples([sample], content=True)
        store.save_scores([scored])
    drain(store, settings())
    found = view(store, settings())
    assert (found.samples, found.baseline) == (1, pytest.approx(1.0))


@pytest.mark.parametrize("together", [False, True])
def test_of_a_sample_that_was_scored_again_the_newest_version_counts(
    store: Store, make_sample: MakeSample, make_scored: MakeScored, together: bool
) -> None:
    """An older version's score that is still stored is no part of the word, however it was written first."""
    sample = make_sample("n5", conversation="c")
    for version, value in (("1", 0.9), ("2", 0.1)):
        base = make_scored(sample, value)
        scores = [msgspec.structs.replace(score, version=version) for score in base.scores]
        scored = msgspec.structs.replace(base, scores=scores)
        if version == "1" and together:
            store.keep([(sample_facts(sample), None)], [scored])
        else:
            store.save_samples([sample], content=True)
            store.save_scores([scored])
    drain(store, settings())
    assert (view(store, settings()).samples, view(store, settings()).baseline) == (1, pytest.approx(0.0))


def test_what_was_erased_before_its_turn_is_not_counted(traffic: Traffic) -> None:
    """Neither the sample's facts nor its scores, though this process wrote them a moment ago."""
    traffic.send(1, 1.0, together=True, user_hash="u")
    traffic.send(1, 0.0, together=True)
    traffic.store.forget_user("u")
    assert drain(traffic.store, settings()) == 2
    found = {item.signal: item.samples for item in views(traffic.store, settings(), NOW)}
    assert (found["refusal.refused"], found["mix.app"]) == (1, 1)
    assert view(traffic.store, settings()).baseline == pytest.approx(0.0)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_scorer_that_comes_later_is_counted_too(
    store: Store, store_url: str, tmp_path: Path, make_sample: MakeSample, make_scored: MakeScored, elsewhere: bool
) -> None:
    """Of a sample that was written with the scores of one scorer, another's come before the turn, from this process or
    from another."""
    sample = make_sample("n6", conversation="c")
    base = make_scored(sample, 0.9)
    store.keep([(sample_facts(sample), None)], [base])
    score = msgspec.structs.replace(base.scores[0], scorer="abstention", output="abstained", value=0.2)
    with closing(Store.open(store_url, tmp_path / "data")) as other:
        later = msgspec.structs.replace(base, scorer="abstention", scores=[score])
        (other if elsewhere else store).save_scores([later])
    drain(store, settings())
    found = {item.signal for item in views(store, settings(), NOW)}
    assert {"refusal.refused", "abstention.abstained", "mix.app"} <= found


def test_another_process_takes_what_this_one_wrote(traffic: Traffic, store_url: str, tmp_path: Path) -> None:
    """It reads from the store what it did not write itself."""
    traffic.send(30, 0.1, together=True)
    with closing(Store.open(store_url, tmp_path / "data")) as other:
        assert drain(other, settings()) == 60
    assert (view(traffic.store, settings()).samples, rows(traffic.store, "drift_batches")) == (30, 0)
    assert view(traffic.store, settings()).baseline == pytest.approx(0.1)


def test_what_was_written_last_is_bounded() -> None:
    """The oldest go first; what was taken, and what is written again, is not kept."""
    last = LastWritten(most=3)
    written = {f"s{n}": Written("a", None, None, float(n), None, {}) for n in range(5)}
    last.put(written, [])
    assert list(last.take(["s0", "s1", "s2", "s4"])) == ["s2", "s4"]
    last.put({}, ["s3"])
    assert last.take(written) == {}


def test_retention_takes_the_feed_and_silent_voices(traffic: Traffic) -> None:
    """Lines that nobody takes go with their samples; a conversation that was silent for a week may speak anew."""
    store, own = traffic.store, settings()
    traffic.send(3, 0.0)
    drain(store, own)
    traffic.send(3, 0.0)
    traffic.send(3, 0.0, together=True)
    with store._database.write() as connection:
        connection.execute(text("UPDATE drift_feed SET at = at - 3000000"))
        connection.execute(text("UPDATE drift_batches SET at = at - 3000000"))
        connection.execute(text("UPDATE drift_voices SET at = at - 700000"))
    store.expire(Retention())
    assert [rows(store, table) for table in ("drift_feed", "drift_batches", "drift_voices")] == [0, 0, 0]
    assert view(store, own).samples == 3


def test_two_who_take_at_once_take_each_line_once(traffic: Traffic) -> None:
    """A lease that just changed hands: nothing is counted twice."""
    own = settings()
    traffic.send(120, 0.1)
    taken: list[int] = []
    threads = [threading.Thread(target=lambda: taken.append(drain(traffic.store, own))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    drain(traffic.store, own)
    found = view(traffic.store, own)
    assert found.samples == 60  # since the baseline of the first 60


def test_facts_hold_no_text(make_sample: MakeSample) -> None:
    """Names, hashes, the input's length by powers of four and its language; cost and time of answers only."""
    sample = make_sample(
        "f",
        question="Wo ist der Schlüssel für die Tür und warum ist er nicht mehr da, wie es sich gehört?",
        usage=Usage(input=70, cached_input=30, output=9),
        cost_usd=0.01,
        system_prompt_hash="p",
        parameters_hash="q",
        model_served="gpt-x-1",
    )
    facts = facts_of(sample)
    assert (facts.length, facts.language, facts.duration, facts.first_token) == ("64-255 tokens", "other", 0.5, None)
    assert (facts.cost, facts.system_prompt, facts.parameters, facts.response_model) == (0.01, "p", "q", "gpt-x-1")
    failed = facts_of(make_sample("g", outcome=Outcome.UPSTREAM_ERROR, cost_usd=0.01, request_bytes=8))
    assert (failed.cost, failed.duration, failed.length) == (None, None, "0-15 tokens")
    bare = msgspec.structs.replace(sample, messages=(Message(role="assistant", content="x"),))
    assert facts_of(bare).language is None


def test_a_model_that_only_failed_has_no_signal(traffic: Traffic) -> None:
    """Names that clients invented are one model, other, of whose upstream nothing is told."""
    own = settings(models={"max": 1})
    for number in range(4):
        traffic.send(4, 0.0, model_asked=f"invented-{number}", outcome=Outcome.CLIENT_ERROR, tools_hash=f"t{number}")
    traffic.send(4, 0.0)
    drain(traffic.store, own)
    found = views(traffic.store, own, NOW)
    assert {item.model for item in found} == {"all", "other", "gpt-x"}
    assert {item.model for item in found if item.signal == "latency.duration"} == {"gpt-x"}
    assert changes_of(traffic.store.drift_states()) == {}
