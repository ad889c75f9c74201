"""From pairs of answers to observations: one a conversation, in the order in which conversations came.

Pairs of one conversation are alike, so each conversation counts once, with the mean of its pairs. When it is closed is
a rule that is fixed beforehand and does not look at results. Otherwise a sequence could be led by what comes in first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_CLIP = math.log(4)


@dataclass(frozen=True, slots=True)
class PairValues:
    """One pair. ``enrolled_at``: Unix s. ``done``: no result of it is awaited any more. ``values``: by outcome, in
    [-1, 1], positive where the candidate is better; an outcome that is absent is missing."""

    conversation: str
    enrolled_at: float
    done: bool
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Closing:
    """When a conversation is closed: so many seconds after its last pair, or with so many pairs."""

    idle_seconds: float = 1800.0
    most_pairs: int = 5


@dataclass(slots=True)
class Observations:
    """``values``: for each closed conversation in order, the means of its pairs by outcome; ``conversations`` names
    them. ``open``: conversations that are not closed, or wait for one that is not. ``late``: pairs that came after
    their conversation was closed, and are not counted."""

    values: list[dict[str, float]] = field(default_factory=list)
    conversations: list[str] = field(default_factory=list)
    open: int = 0
    late: int = 0


def observations(pairs: Iterable[PairValues], now: float, rule: Closing = Closing()) -> Observations:
    """The observations of these pairs, in the order of enrolment, up to the first conversation that is still open.

    More pairs only ever add to the end of what was given before, if none is enrolled in the past.
    """
    found = Observations()
    groups: dict[str, list[PairValues]] = {}
    for pair in sorted(pairs, key=lambda pair: pair.enrolled_at):
        own = groups.setdefault(pair.conversation, [])
        full = len(own) >= rule.most_pairs
        if full or (own and pair.enrolled_at - own[-1].enrolled_at > rule.idle_seconds):
            found.late += 1
        else:
            own.append(pair)
    waiting = False
    for name, own in groups.items():
        over = len(own) >= rule.most_pairs or now - own[-1].enrolled_at > rule.idle_seconds
        waiting = waiting or not over or not all(pair.done for pair in own)
        if waiting:
            found.open += 1
        else:
            found.conversations.append(name)
            found.values.append(_means(own))
    return found


def _means(pairs: list[PairValues]) -> dict[str, float]:
    sums: dict[str, list[float]] = {}
    for pair in pairs:
        for outcome, value in pair.values.items():
            sums.setdefault(outcome, []).append(value)
    return {outcome: math.fsum(values) / len(values) for outcome, values in sums.items()}


def log_ratio(candidate: float, control: float) -> float:
    """How much cheaper (faster) the candidate was: the logarithm of control / candidate, clipped at [1/4, 4], on a
    scale on which 4 times is 1. Both are at least 0; two zeros are a tie, one zero is the end of the scale."""
    if candidate < 0 or control < 0:
        raise ValueError("costs and durations are at least 0")
    if candidate == control:
        return 0.0
    if candidate == 0 or control == 0:
        return 1.0 if candidate == 0 else -1.0
    return max(-1.0, min(1.0, (math.log(control) - math.log(candidate)) / _CLIP))


def ratio_of(value: float) -> float:
    """The ratio candidate / control that a value of ``log_ratio`` means: 1 is a quarter, -1 is four times."""
    return math.exp(-value * _CLIP)


def event_difference(candidate: float | None, control: float | None) -> float:
    """How much less the candidate shows an event: control - candidate; 1 yes, 0 no, between them unsure.

    ``None`` is *not applicable*, which counts as no event. If only pairs counted to which the scorer applies in both
    arms, an arm could choose its pairs by what it answers.
    """
    return (control or 0.0) - (candidate or 0.0)
