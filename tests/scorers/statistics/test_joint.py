"""The verdict over a primary outcome and its guards."""

from __future__ import annotations

import pytest

from scorers.statistics.betting import Interval
from scorers.statistics.joint import Measured, OutcomeVerdict, Verdict, alphas, joint, verdict_of


def measured(outcome: str, lower: float, upper: float, margin: float = 0.1, drifted: bool = False) -> Measured:
    """An outcome with these bounds; ``judge`` is the primary."""
    interval = Interval((lower + upper) / 2, lower, upper, 100, drifted)
    return Measured(outcome, outcome == "judge", margin, interval)


@pytest.mark.parametrize(
    ("lower", "upper", "said"),
    [
        (0.01, 0.30, OutcomeVerdict.BETTER),
        (-0.30, -0.01, OutcomeVerdict.WORSE),
        (-0.09, 0.09, OutcomeVerdict.EQUIVALENT),
        (0.01, 0.05, OutcomeVerdict.EQUIVALENT),
        (-0.05, -0.01, OutcomeVerdict.EQUIVALENT),
        (-0.10, 0.09, OutcomeVerdict.UNDECIDED),
        (-0.20, 0.20, OutcomeVerdict.UNDECIDED),
        (0.00, 0.20, OutcomeVerdict.UNDECIDED),
    ],
)
def test_one_outcome(lower: float, upper: float, said: OutcomeVerdict) -> None:
    """Within the margin on both sides is equivalent; else what side of 0 the interval is on."""
    assert verdict_of(Interval(0.0, lower, upper, 50), 0.1) is said


def test_ship_needs_every_outcome_above_its_own_margin() -> None:
    """A guard that may still be worse holds it up; with a wider margin of its own it does not."""
    good, guard = measured("judge", 0.05, 0.4), measured("cost", -0.15, 0.1)
    assert joint([good, guard]).verdict is Verdict.UNDECIDED
    assert joint([good, guard]).reasons == ("cost may still be worse by more than 0.1 (at least -0.150)",)
    assert joint([good, measured("cost", -0.15, 0.1, margin=0.2)]).verdict is Verdict.SHIP
    assert joint([measured("judge", -0.1, 0.4), measured("cost", -0.05, 0.1)]).verdict is Verdict.UNDECIDED


def test_one_outcome_below_its_margin_stops_it() -> None:
    """However good the primary is; worse by less than the margin does not."""
    good = measured("judge", 0.3, 0.6)
    bad = joint([good, measured("refusal.refused", -0.4, -0.2)])
    assert bad.verdict is Verdict.DO_NOT_SHIP
    assert bad.reasons == ("refusal.refused is worse by more than 0.1 (at most -0.200)",)
    assert joint([good, measured("refusal.refused", -0.09, -0.02)]).verdict is Verdict.SHIP
    assert joint([measured("judge", -0.4, -0.2), measured("cost", 0.1, 0.2)]).verdict is Verdict.DO_NOT_SHIP


def test_what_changed_while_it_ran_is_not_shipped() -> None:
    """A sequence without any mean left is no evidence for a candidate."""
    found = joint([measured("judge", 0.3, 0.6, drifted=True), measured("cost", -0.05, 0.1)])
    assert found.verdict is Verdict.UNDECIDED
    assert found.reasons == ("judge changed while the experiment ran",)


def test_nothing_to_compare_goes_first() -> None:
    """With its reason."""
    found = joint([measured("judge", 0.3, 0.6)], "no sample can be asked again")
    assert (found.verdict, found.reasons) == (Verdict.NOT_COMPARABLE, ("no sample can be asked again",))


def test_there_is_one_primary() -> None:
    """None, or two, is an error of the caller."""
    with pytest.raises(ValueError, match="exactly one primary"):
        joint([measured("cost", 0, 1)])


def test_the_guards_share_one_error() -> None:
    """The primary has .05, five guards .01 each; a primary is no guard of itself."""
    assert alphas("judge", ["a", "b", "c", "d", "e"]) == {"judge": 0.05, **dict.fromkeys("abcde", 0.01)}
    assert alphas("judge", []) == {"judge": 0.05}
