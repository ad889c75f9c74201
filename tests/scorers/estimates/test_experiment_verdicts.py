"""What experiments say, over many of them: from pairs to the joint verdict, on data as live traffic has it.

Conversations have one to five pairs that are alike. Answers tie, fail on either side, and some judgements are missing.
All seeds are fixed. The engine's own functions run: ``observations``, ``ConfidenceSequence``, ``joint``.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from scorers.statistics.betting import ConfidenceSequence
from scorers.statistics.enrolment import Closing, PairValues, event_difference, log_ratio, observations
from scorers.statistics.joint import Joint, Measured, OutcomeVerdict, Verdict, alphas, joint, verdict_of

GUARDS = ("refusal.refused", "failed", "cost", "latency")
MARGIN, STEP = 0.10, 0.01
RULE = Closing(idle_seconds=60, most_pairs=5)


@dataclass(frozen=True)
class World:
    """How the candidate does: the net win among decided pairs, and its own shares of refusals and failures."""

    win: float = 0.0
    refusals: float = 0.05
    failures: float = 0.01
    dearer: float = 1.0

    def pairs(self, seed: int, conversations: int) -> Iterator[PairValues]:
        """Pairs as they come in: each conversation's within a minute of each other."""
        chance = random.Random(seed)
        for number in range(conversations):
            taste = chance.uniform(-0.4, 0.4)  # what makes the pairs of a conversation alike
            tied = 0.15 + 0.3 * chance.random()
            for turn in range(_size(chance)):
                values = self._values(chance, tied, max(-1.0, min(1.0, self.win + taste)))
                yield PairValues(f"c{number}", 1000.0 * number + turn, True, values)

    def _values(self, chance: random.Random, tied: float, win: float) -> dict[str, float]:
        failed = chance.random() < self.failures, chance.random() < 0.01
        values = {"failed": float(failed[1]) - float(failed[0])}
        if any(failed):  # a failure loses; two are a tie
            return {**values, "judge": values["failed"], "refusal.refused": values["failed"]}
        refused = chance.random() < self.refusals, chance.random() < 0.05
        values["refusal.refused"] = event_difference(float(refused[0]), float(refused[1]))
        values["cost"] = log_ratio(self.dearer * chance.uniform(0.5, 1.5), chance.uniform(0.5, 1.5))
        values["latency"] = log_ratio(chance.lognormvariate(0, 0.3), chance.lognormvariate(0, 0.3))
        if chance.random() > 0.1:  # one judgement in ten never comes
            u = chance.random()
            values["judge"] = 0.0 if u < tied else (1.0 if chance.random() < (1 + win) / 2 else -1.0)
        return values


def _size(chance: random.Random) -> int:
    size = 1
    while size < 5 and chance.random() < 0.35:
        size += 1
    return size


class Experiment:
    """One experiment: all sequences, and the pairs that they have taken."""

    def __init__(self, margins: Mapping[str, float] | None = None) -> None:
        self.margins = margins or {}
        self.sequences = {name: ConfidenceSequence(a, STEP) for name, a in alphas("judge", GUARDS).items()}

    def add(self, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self.sequences[name].add(value)

    def verdict(self) -> Joint:
        return joint(
            [
                Measured(name, name == "judge", self.margins.get(name, MARGIN), sequence.interval)
                for name, sequence in self.sequences.items()
            ]
        )


def run(world: World, seed: int, pairs: int, margins: Mapping[str, float] | None = None) -> tuple[Experiment, Verdict]:
    """An experiment that is looked at after each conversation, and ends with its first verdict or its pairs."""
    coming = list(world.pairs(seed, pairs))[:pairs]
    experiment = Experiment(margins)
    for values in observations(coming, coming[-1].enrolled_at + 3600, RULE).values:
        experiment.add(values)
        if (said := experiment.verdict().verdict) is not Verdict.UNDECIDED:
            return experiment, said
    return experiment, Verdict.UNDECIDED


def test_the_joint_verdict_on_identical_arms_is_wrong_in_at_most_five_of_a_hundred_experiments() -> None:
    """1,000 A/A experiments, looked at all the time: ``do_not_ship``, or an outcome that is better or worse, is wrong.
    A coverage of 95 % at all times follows for the primary: a bound that has passed 0 never comes back."""
    wrong = uncovered = 0
    for seed in range(1000):
        experiment = Experiment()
        coming = list(World().pairs(seed, 200))
        for values in observations(coming, coming[-1].enrolled_at + 3600, RULE).values:
            experiment.add(values)
        primary = experiment.sequences["judge"].interval
        uncovered += not primary.lower <= 0 <= primary.upper
        said = verdict_of(primary, MARGIN)
        wrong += experiment.verdict().verdict is Verdict.DO_NOT_SHIP or said in (
            OutcomeVerdict.BETTER,
            OutcomeVerdict.WORSE,
        )
    assert wrong <= 50
    assert uncovered <= 50


def test_a_better_candidate_is_shipped_within_a_thousand_pairs() -> None:
    """A true net win of .3 over all pairs: ``ship`` in at least 90 of 100 experiments."""
    world = World(win=0.3 / 0.7)  # 30 % of the pairs tie
    said = [run(world, seed, 1000)[1] for seed in range(100)]
    assert said.count(Verdict.SHIP) >= 90
    assert Verdict.DO_NOT_SHIP not in said


def test_identical_arms_become_equivalent_within_five_thousand_pairs() -> None:
    """At a margin of .10, in at least 80 of 100 experiments."""
    reached = 0
    for seed in range(100):
        sequence = ConfidenceSequence(step=STEP)
        coming = list(World().pairs(10_000 + seed, 5000))[:5000]
        for values in observations(coming, coming[-1].enrolled_at + 3600, RULE).values:
            if "judge" in values:
                sequence.add(values["judge"])
                if verdict_of(sequence.interval, MARGIN) is OutcomeVerdict.EQUIVALENT:
                    reached += 1
                    break
    assert reached >= 80


def test_ties_that_become_more_frequent_make_no_winner() -> None:
    """Identical arms whose pairs tie more and more: the mean stays 0, and at most 5 % of sequences pass it."""
    wrong = drifted = 0
    for seed in range(300):
        chance, sequence = random.Random(seed), ConfidenceSequence(step=STEP)
        for n in range(300):
            sequence.add(0.0 if chance.random() < n / 400 else chance.choice((-1.0, 1.0)))
        wrong += not sequence.interval.lower <= 0 <= sequence.interval.upper
        drifted += sequence.interval.drifted
    assert wrong <= 15
    assert drifted <= 3


def test_an_effect_that_turns_round_is_not_shipped() -> None:
    """A candidate that wins at first and loses later, in an experiment that goes on: it drifted, or is worse."""
    for seed in range(10):
        experiment = Experiment()
        for world in (World(win=0.8), World(win=-0.9)):
            coming = list(world.pairs(seed, 250))
            for values in observations(coming, coming[-1].enrolled_at + 3600, RULE).values:
                experiment.add(values)
        found = experiment.verdict()
        assert experiment.sequences["judge"].interval.drifted
        assert (found.verdict, found.reasons[0]) == (Verdict.UNDECIDED, "judge changed while the experiment ran")


@pytest.mark.parametrize(
    ("world", "bad"),
    [(World(win=-0.3 / 0.7), "judge"), (World(refusals=0.35), "refusal.refused"), (World(dearer=1.6), "cost")],
    ids=["loses", "refuses", "costs"],
)
def test_a_worse_candidate_is_not_shipped(world: World, bad: str) -> None:
    """One outcome that is worse by more than its margin decides, however good the others are; it is named."""
    for seed in range(30):
        experiment, said = run(world, seed, 2000)
        assert said is Verdict.DO_NOT_SHIP
        assert verdict_of(experiment.sequences[bad].interval, MARGIN) is OutcomeVerdict.WORSE


def test_a_candidate_that_is_worse_by_just_the_margin_is_hardly_ever_shipped() -> None:
    """The worst case for ``ship``: the primary's mean is -margin. At most 5 of 100 get through."""
    world = World(win=-0.10 / 0.7, failures=0.01)
    shipped = [run(world, seed, 600, {"latency": 0.9, "cost": 0.9})[1] for seed in range(200)].count(Verdict.SHIP)
    assert shipped <= 10


def test_the_interval_covers_at_all_times_where_the_arms_differ() -> None:
    """True values that are not 0, of all kinds of outcomes: in at least 95 of 100 sequences no bound passes them."""
    for name, world, truth in (
        ("failed", World(failures=0.21), -0.20),
        ("refusal.refused", World(refusals=0.25, failures=0.0), -0.20 * 0.99 + 0.01),
    ):
        kept = 0
        for seed in range(200):
            sequence = ConfidenceSequence(step=STEP)
            coming = list(world.pairs(seed, 400))
            for values in observations(coming, coming[-1].enrolled_at + 3600, RULE).values:
                sequence.add(values[name])
            kept += sequence.interval.lower <= truth <= sequence.interval.upper
        assert kept >= 190, name
