"""How an experiment stands: one confidence sequence for each outcome, the joint verdict, and the JSON of ``status``.

Observations are conversations in the order of enrolment; a pair that was left out is none. Everything is computed from
the stored pairs, so a worker that starts again comes to the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scorers.experiments.enrol import MOST_PAIRS, reasons_shown
from scorers.experiments.spec import COST, FIRST_TOKEN, PEOPLE, Spec
from scorers.statistics.betting import ConfidenceSequence, Interval
from scorers.statistics.enrolment import Closing, PairValues, observations, ratio_of
from scorers.statistics.joint import Measured, OutcomeVerdict, Verdict, alphas, joint, verdict_of
from scorers.statistics.planning import more_pairs
from scorers.store.experiments import ARMS, CANDIDATE, CONTROL, Enrolment, Pair, PairState
from scorers.store.runs import Run, RunState
from scorers.store.votes import Kind, Showing

#: A conversation takes no more pairs than those that it was enrolled with.
_CLOSED = Closing(idle_seconds=0.0, most_pairs=MOST_PAIRS)
_STATES = {
    RunState.RUNNING.value: "running",
    RunState.DONE.value: "decided",
    RunState.STOPPED.value: "stopped",
    RunState.OUT_OF_BUDGET.value: "out_of_budget",
}
#: What a pause begins with that lasts until the next day (UTC).
DAY_BUDGET = "the budget of the day"
#: And one in which nothing is asked any more, and people still vote.
RUN_BUDGET = "the experiment's budget"
_WORTH = {CANDIDATE: 1.0, CONTROL: -1.0}
DECIDED = (Verdict.SHIP, Verdict.DO_NOT_SHIP)


class _Series:
    """Sequences over the same conversations, by outcome."""

    def __init__(self, errors: Mapping[str, float]) -> None:
        self.sequences = {name: ConfidenceSequence(error) for name, error in errors.items()}
        self._pairs: dict[int, PairValues] = {}
        self._taken = 0

    def put(self, pair: Pair, values: Mapping[str, float | None]) -> None:
        """A pair as it is now. One that was left out is none."""
        if pair.state == PairState.SKIPPED.value:
            self._pairs.pop(pair.number, None)
            return
        known = {name: value for name, value in values.items() if value is not None}
        done = pair.state == PairState.DONE.value
        self._pairs[pair.number] = PairValues(pair.conversation, pair.enrolled_at, done, known)

    def advance(self) -> bool:
        """Take in the conversations that have closed since; whether there were any."""
        ordered = [self._pairs[number] for number in sorted(self._pairs)]
        found = observations(ordered, math.inf, _CLOSED)
        for values in found.values[self._taken :]:
            for name, value in values.items():
                if name in self.sequences:
                    self.sequences[name].add(value)
        changed, self._taken = len(found.values) > self._taken, len(found.values)
        return changed


class Standing:
    """The state of one run. ``reasons``: what is to be said beside the verdict."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._errors = {**alphas(spec.primary, spec.guards)}
        self._main = _Series({**self._errors, FIRST_TOKEN: min(self._errors.values())})
        self._noise = _Series(dict.fromkeys(spec.outcomes, min(self._errors.values())))
        self._beside: dict[int, dict[str, Any]] = {}
        self._whole: dict[int, bool] = {}
        self._primary: dict[int, float] = {}
        self._ended: dict[int, str] = {}
        self._conversations: dict[str, str] = {}
        self._voted: set[str] = set()
        self._shipped_at: int | None = None
        #: The number of the first pair whose cost counts: those before were at other prices.
        self.cost_from = 0

    @property
    def pairs(self) -> int:
        """Pairs that count."""
        return sum(state == PairState.DONE.value for state in self._ended.values())

    def put(self, pairs: Iterable[Pair]) -> None:
        """Pairs as they are now."""
        for pair in pairs:
            old = pair.number < self.cost_from
            self._main.put(pair, {**pair.outcomes, COST: None} if old else pair.outcomes)
            self._noise.put(pair, pair.noise)
            self._ended[pair.number] = pair.state
            self._conversations[pair.id] = pair.conversation
            if pair.state == PairState.DONE.value:
                self._beside[pair.number] = pair.extra
                self._whole[pair.number] = pair.whole
                value = pair.outcomes.get(self._spec.primary)
                if value is not None:
                    self._primary[pair.number] = value

    def advance(self) -> bool:
        """Take in what has closed; whether anything changed."""
        noise = self._noise.advance()
        return self._main.advance() or noise

    def vote(self, votes: Iterable[Showing]) -> None:
        """Votes of people in the order in which they came. A conversation is closed by its first one."""
        for vote in votes:
            conversation = self._conversations.get(vote.pair)
            if vote.kind != Kind.PAIR or vote.preferred is None or conversation is None or conversation in self._voted:
                continue
            self._voted.add(conversation)
            self._main.sequences[PEOPLE].add(_WORTH.get(vote.preferred, 0.0))

    def measured(self) -> list[Measured]:
        """The outcomes as they stand; of the guards those that anything is known of."""
        found = []
        for name in self._spec.outcomes:
            primary = name == self._spec.primary
            interval = self._main.sequences[name].interval
            # A cost that begins anew is a guard of which nothing is known, and no guard less.
            if primary or interval.n or (name == COST and self.cost_from):
                found.append(Measured(name, primary, self._spec.margin(name), interval))
        return found

    def verdict(self, not_comparable: str | None = None) -> tuple[Verdict, tuple[str, ...]]:
        """The joint verdict and why."""
        found = joint(self.measured(), not_comparable)
        return found.verdict, found.reasons

    def refined(self, verdict: Verdict) -> bool:
        """Whether nothing more is to be asked: ``ship`` waits for what the primary says by itself, within half as many
        pairs again."""
        if verdict is not Verdict.SHIP:
            return verdict in DECIDED
        self._shipped_at = self._shipped_at or self.pairs
        own = self.measured()[0]
        settled = verdict_of(own.interval, own.margin) is not OutcomeVerdict.UNDECIDED
        return settled or self.pairs >= 1.5 * self._shipped_at

    def document(self, run: Run, enrolment: Enrolment, state: str, said: Sequence[str]) -> dict[str, Any]:
        """What is kept as the run's result: ``status`` is what the command and the API show, the rest is for pages."""
        nothing = _nothing(enrolment) if not self._ended else None
        verdict, why = self.verdict(nothing)
        measured = self.measured()
        hidden = {item.outcome for item in measured} & {PEOPLE}
        variances = {name: sequence.variance for name, sequence in self._main.sequences.items()}
        # What people say is told to nobody before there is a verdict: it would lead those who still vote.
        blind = PEOPLE if verdict not in DECIDED else ""
        shown = [_outcome(_unknown(item) if item.outcome == blind else item) for item in measured]
        why = tuple(said for said in why if not blind or not said.startswith(f"{blind} "))
        first = self._main.sequences[FIRST_TOKEN].interval
        if first.n:
            shown.append(_outcome(Measured(FIRST_TOKEN, False, self._spec.margin(FIRST_TOKEN), first)))
        if self._spec.same:
            said = ("the candidate is the control: an A/A test, which checks the setup", *said)
        if self.cost_from:
            said = (f"a price has changed: cost counts from pair {self.cost_from + 1} on", *said)
        said = (*self._spec.notes, *said)
        status = {
            "name": self._spec.name,
            "kind": self._spec.settings.kind,
            "app": self._spec.settings.app,
            "state": "decided" if verdict in DECIDED else _state(state, enrolment),
            "pairs": self.pairs,
            "skipped": reasons_shown(enrolment.skipped),
            "cost_usd": run.spent_micro / 1e6,
            "outcomes": shown,
            "verdict": verdict.value,
            "more_pairs": None if nothing or blind in hidden else more_pairs(measured, variances, self._errors),
            "noise": {
                name: _noise(sequence) for name, sequence in self._noise.sequences.items() if sequence.interval.n
            },
            "reasons": [*said, *why],
        }
        trails = {
            name: [[p.n, p.mean, p.lower, p.upper] for p in seq.trail]
            for name, seq in self._main.sequences.items()
            if name != blind
        }
        return {"status": status, "trails": trails, "beside": self._sums()}

    def _sums(self) -> dict[str, Any]:
        """Costs, lengths and form by arm, and the primary outcome apart for whole and for redacted requests."""
        arms = {
            arm: [extra["arms"][arm] for extra in self._beside.values() if arm in extra.get("arms", {})] for arm in ARMS
        }
        total = self._totals(0)
        same = self._totals(self.cost_from) if self.cost_from else total
        ratios = [extra["length_ratio"] for extra in self._beside.values() if extra.get("length_ratio")]
        cost = self._main.sequences.get(COST)
        return {
            "arms": {arm: _means(each) | {"cost_usd": total[arm]} for arm, each in arms.items()},
            "total_cost_ratio": same[CANDIDATE] / same[CONTROL] if same[CONTROL] else None,
            "cost_ratio": ratio_of(cost.interval.mean) if cost is not None and cost.interval.mean is not None else None,
            "length_ratio": math.fsum(ratios) / len(ratios) if ratios else None,
            "whole": self._apart(True),
            "redacted": self._apart(False),
        }

    def _totals(self, first: int) -> dict[str, float]:
        """USD by arm, of the pairs from the number ``first`` on."""
        extras = [extra.get("arms", {}) for number, extra in self._beside.items() if number >= first]
        costs = {arm: [own[arm]["cost_usd"] for own in extras if arm in own] for arm in ARMS}
        return {arm: math.fsum(usd for usd in each if usd is not None) for arm, each in costs.items()}

    def _apart(self, whole: bool) -> dict[str, Any]:
        values = [value for number, value in self._primary.items() if self._whole.get(number) is whole]
        return {"pairs": len(values), "mean": math.fsum(values) / len(values) if values else None}


def _means(own: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Means over the answers of one arm."""
    found: dict[str, Any] = {"answers": len(own), "cut": sum(bool(each["cut"]) for each in own)}
    for name in ("characters", "lists", "marks", "seconds", "first_token", "tokens", "cached_tokens"):
        values = [float(each[name]) for each in own if each.get(name) is not None]
        found[name] = math.fsum(values) / len(values) if values else None
    return found


def _nothing(enrolment: Enrolment) -> str | None:
    """Why there is nothing to compare; ``None`` where nothing has come yet."""
    left_out = {reason: n for reason, n in enrolment.skipped.items() if reason != "thinned"}
    if not left_out:
        return None
    said = ", ".join(f"{reason} ({n})" for reason, n in sorted(left_out.items(), key=lambda item: -item[1]))
    return f"no sample can be asked again: {said}"


def _unknown(item: Measured) -> Measured:
    """An outcome of which only the number of observations is told."""
    return Measured(item.outcome, item.primary, item.margin, Interval(n=item.interval.n))


def _outcome(item: Measured) -> dict[str, Any]:
    shown: Interval = item.interval
    return {
        "outcome": item.outcome,
        "primary": item.primary,
        "mean": shown.mean,
        "lower": shown.lower,
        "upper": shown.upper,
        "n": shown.n,
        "verdict": verdict_of(shown, item.margin).value,
    }


def _noise(sequence: ConfidenceSequence) -> dict[str, Any]:
    shown = sequence.interval
    return {"mean": shown.mean, "lower": shown.lower, "upper": shown.upper, "n": shown.n}


def _state(state: str, enrolment: Enrolment) -> str:
    spent = state == RunState.RUNNING.value and (enrolment.paused or "").startswith((DAY_BUDGET, RUN_BUDGET))
    return _STATES[RunState.OUT_OF_BUDGET.value if spent else state]


def status_of(run: Run) -> dict[str, Any]:
    """What the command and the API show of a run, from what the worker has kept of it."""
    kept = (run.result or {}).get("status")
    if kept is None:
        kept = {
            "name": run.name,
            "kind": "shadow",
            "app": run.app,
            "state": "running",
            "pairs": 0,
            "skipped": {},
            "cost_usd": 0.0,
            "outcomes": [],
            "verdict": Verdict.UNDECIDED.value,
            "more_pairs": None,
            "noise": {},
            "reasons": ["no pair has ended yet"],
        }
    decided = kept["verdict"] in {verdict.value for verdict in DECIDED}
    if run.state == RunState.RUNNING.value:
        state = kept["state"]  # decided, or out of the day's budget
    else:
        state = "decided" if decided and run.state != RunState.STOPPED.value else _STATES[run.state]
    return {**kept, "state": state, "cost_usd": run.spent_micro / 1e6}
