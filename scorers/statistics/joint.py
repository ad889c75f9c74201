"""The verdict of an experiment: one primary outcome and guards.

The primary has an error of .05 (.025 on each side), all guards together share .05. ``ship`` needs the lower bound of
the primary above -margin and that of every guard above its own. So a candidate that is worse than its margin on any
outcome is shipped with a probability of at most .025. ``do_not_ship`` needs one outcome whose upper bound is below
-margin. For a candidate within all margins its probability is at most .025 + .025. These hold however often one looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from scorers.statistics.betting import ALPHA, Interval

#: The margin of an outcome that names none.
MARGIN = 0.10


class OutcomeVerdict(StrEnum):
    """What is known of one outcome. ``equivalent``: the difference is smaller than the margin, in either direction."""

    BETTER = "better"
    WORSE = "worse"
    EQUIVALENT = "equivalent"
    UNDECIDED = "undecided"


class Verdict(StrEnum):
    """What an experiment says."""

    SHIP = "ship"
    DO_NOT_SHIP = "do_not_ship"
    UNDECIDED = "undecided"
    NOT_COMPARABLE = "not_comparable"


@dataclass(frozen=True, slots=True)
class Measured:
    """One outcome as it stands; positive is better for the candidate."""

    outcome: str
    primary: bool
    margin: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Joint:
    """The verdict, and why in words: what decided it, or what is missing."""

    verdict: Verdict
    reasons: tuple[str, ...]


def alphas(primary: str, guards: Sequence[str]) -> dict[str, float]:
    """The error that each outcome may make: the primary's own, and the guards' equal parts of another one."""
    return {**{guard: ALPHA / len(guards) for guard in guards}, primary: ALPHA}


def verdict_of(interval: Interval, margin: float) -> OutcomeVerdict:
    """One outcome's verdict. An effect that is sure but smaller than the margin is ``equivalent``."""
    if -margin < interval.lower and interval.upper < margin:
        return OutcomeVerdict.EQUIVALENT
    if interval.lower > 0:
        return OutcomeVerdict.BETTER
    return OutcomeVerdict.WORSE if interval.upper < 0 else OutcomeVerdict.UNDECIDED


def too_low(item: Measured) -> bool:
    """Whether the outcome is worse by more than its margin."""
    return item.interval.upper < -item.margin


def high_enough(item: Measured) -> bool:
    """Whether the outcome is not worse by as much as its margin."""
    return item.interval.lower > -item.margin


def joint(outcomes: Sequence[Measured], not_comparable: str | None = None) -> Joint:
    """The verdict over all outcomes. ``not_comparable``: why there is nothing to compare, if so.

    Raises ``ValueError`` unless exactly one outcome is primary.
    """
    if sum(item.primary for item in outcomes) != 1:
        raise ValueError("an experiment has exactly one primary outcome")
    if not_comparable is not None:
        return Joint(Verdict.NOT_COMPARABLE, (not_comparable,))
    low = [item for item in outcomes if too_low(item)]
    if low:
        said = (f"{i.outcome} is worse by more than {i.margin:g} (at most {i.interval.upper:+.3f})" for i in low)
        return Joint(Verdict.DO_NOT_SHIP, tuple(said))
    drifted = [item.outcome for item in outcomes if item.interval.drifted]
    if drifted:
        return Joint(Verdict.UNDECIDED, tuple(f"{name} changed while the experiment ran" for name in drifted))
    missing = [item for item in outcomes if not high_enough(item)]
    if missing:
        return Joint(Verdict.UNDECIDED, tuple(_missing(item) for item in missing))
    return Joint(Verdict.SHIP, ("no outcome is worse by as much as its margin",))


def _missing(item: Measured) -> str:
    return f"{item.outcome} may still be worse by more than {item.margin:g} (at least {item.interval.lower:+.3f})"
