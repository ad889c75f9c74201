"""Drift signals over the store: updates states with new observations, reports them, and accepts new baselines.

Each step is one transaction over the feed and the states (``Store.drift``). It can be repeated after a failure, and the
console may accept a baseline from another process at the same time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

import msgspec

from proxy.config.settings import Settings
from proxy.telemetry.label_values import OTHER
from scorers.drift.causes import Cause
from scorers.drift.signals import (
    Kind,
    Plan,
    Signal,
    State,
    Value,
    accept,
    begin,
    kind_of,
    observe_all,
)
from scorers.drift.summary import causes, medians, ratios, recent
from scorers.drift.upstream import KINDS, Upstream
from scorers.drift.values import Dimensions, Key, dimensions_of, values_of
from scorers.estimates.model_names import ModelNames
from scorers.estimates.rates import ALL
from scorers.store.drift import DriftTurn, Voice, voice_of
from scorers.store.records import DriftState, Observation
from scorers.store.store import Store

#: Signals that are kept at most: eleven series each, and the instance stays below 10,000.
MAX_SIGNALS = 500
#: Lines of the feed in one transaction: other writers wait for tens of milliseconds.
BATCH = 600
_UPSTREAM = "upstream"
_signals, _upstreams = msgspec.json.Decoder(Signal), msgspec.json.Decoder(Upstream)


class SignalView(msgspec.Struct, frozen=True, kw_only=True):
    """A signal as it is reported. Times are Unix s. ``baseline`` and ``current`` are ratios (``signals.ratios``).

    ``samples``: conversations in the baseline while it is learned, and since then afterwards. ``per_day``: how many
    come per day. ``current_samples``: those behind ``current``. ``baseline_median`` and ``current_median`` of
    quantities are in ``unit``. ``simulated``: the baseline is synthetic.
    """

    signal: str
    app: str
    model: str
    state: State
    since: float
    baseline: float | None
    current: float | None
    samples: int
    current_samples: int
    samples_needed: int
    statistic: float
    threshold: float | None
    causes: list[Cause]
    baseline_at: float | None
    last_at: float
    per_day: float
    unit: str
    baseline_median: float | None
    current_median: float | None
    simulated: bool = False


class Models:
    """Which models have signals of their own: those Settings name, or as many as they let; the rest is ``other``."""

    def __init__(self, settings: Settings) -> None:
        self._names = ModelNames.of(settings)
        self._listed = bool(settings.models.allow)

    def name(self, model: str, known: set[str], answered: bool = True) -> str:
        """The name under which ``model`` is watched. A new model that ``answered`` is added to ``known`` if there is a
        place.

        Names that clients request and no provider serves are ``other``.
        """
        if model in self._names.known or (model in known and not self._listed):
            return model
        others = len(known - self._names.known - {OTHER})
        if not answered or not self._names.admits(model, others):
            return OTHER
        known.add(model)
        return model


class Advanced(msgspec.Struct, frozen=True):
    """The result of one batch: lines taken, signals that drifted, signals that exceeded the limit."""

    lines: int
    drifted: list[Key]
    refused: int


def advance(store: Store, settings: Settings) -> Advanced:
    """Process one batch of new observations. Blocking. Raises ``StoreUnavailable``; then no line was taken."""
    if not store.drift_waits():  # an idle worker takes nobody's turn to write
        return Advanced(0, [], 0)
    return store.drift(lambda turn: _Turn(turn, settings).run())


def observe_values(
    store: Store, settings: Settings, app: str, model: str, values: Sequence[tuple[str, float, float]]
) -> list[Key]:
    """Let signals see values that come from no request of production: signal, number in [0, 1], Unix s. Returns those
    that drifted. Blocking. Raises ``StoreUnavailable``; then none was seen."""

    def turn_of(turn: DriftTurn) -> list[Key]:
        own = _Turn(turn, settings)
        return own.see_all([((name, app, model), Value(at=at, number=number)) for name, number, at in values])

    return store.drift(turn_of)


class _Turn:
    """One batch within its transaction."""

    def __init__(self, turn: DriftTurn, settings: Settings) -> None:
        self._turn = turn
        self._settings = settings
        names = turn.names()
        self._known = {name[:3] for name in names if name[0] != _UPSTREAM}
        self._models = {model for signal, _, model, _ in names if signal == _UPSTREAM}
        self._watched = sum(watched for *_, watched in names)

    def run(self) -> Advanced:
        observations, lines = self._turn.take(BATCH)
        if not lines:
            return Advanced(0, [], 0)
        allowed = Models(self._settings)
        # As the model has a place, or is ``other``.
        named = [(seen, allowed.name(seen.model, self._models, seen.facts.answered)) for seen in observations]
        voices = self._turn.voices(
            {
                voice_of(conversation, name)
                for conversation, model in {(seen.conversation, model) for seen, model in named}
                if conversation
                for name in (model, ALL)
            }
        )
        fresh: list[tuple[Key, Value]] = []
        upstreams: dict[str, list[tuple[dict[str, str], float]]] = defaultdict(list)
        for seen, model in named:
            dimensions = dimensions_of(seen.facts)
            if seen.told and seen.facts.answered:
                upstreams[model].append((dimensions.sent, seen.at))
            if seen.conversation:
                own, of_all = (voices[voice_of(seen.conversation, name)] for name in (model, ALL))
                fresh += self._first_words(seen, model, dimensions, own, of_all)
            else:
                fresh += values_of(seen, model, dimensions)
        self._turn.note(voices)
        drifted, refused = self._observe(fresh)
        self._see(upstreams)
        return Advanced(lines, drifted, refused)

    @staticmethod
    def _first_words(
        seen: Observation, model: str, dimensions: Dimensions, own: Voice, of_all: Voice
    ) -> list[tuple[Key, Value]]:
        """The values for signals that the conversation has not been counted in. ``own``: its voice for the model."""
        found = values_of(seen, model, dimensions, own.signals, of_all.signals)
        for voice, name in ((own, model), (of_all, ALL)):
            if signals := [key[0] for key, _ in found if key[2] == name]:
                voice.add(signals)
        return found

    def see_all(self, values: Sequence[tuple[Key, Value]]) -> list[Key]:
        """Let each signal see its values; those that drifted."""
        return self._observe(values)[0]

    def _observe(self, fresh: Sequence[tuple[Key, Value]]) -> tuple[list[Key], int]:
        values: dict[Key, list[Value]] = defaultdict(list)
        for key, value in fresh:
            values[key].append(value)
        signals = {
            (state.signal, state.app, state.model): _signals.decode(state.state) for state in self._turn.states(values)
        }
        plan = plan_of(self._settings, self._watched)
        drifted: list[Key] = []
        refused = set()
        for key, own in values.items():
            signal = signals.get(key)
            if signal is None:
                if len(self._known) >= MAX_SIGNALS:
                    refused.add(key)
                    continue
                self._known.add(key)
                signal = signals[key] = begin(*key, own[0].at)
            if observe_all(signal, own, plan):
                drifted.append(key)
        self._turn.save([state_row(signal) for signal in signals.values()])
        return drifted, len(refused)

    def _see(self, upstreams: dict[str, list[tuple[dict[str, str], float]]]) -> None:
        keys = [(_UPSTREAM, "", model) for model in upstreams]
        known = {state.model: _upstreams.decode(state.state) for state in self._turn.states(keys)}
        for model, requests in upstreams.items():
            upstream = known.setdefault(model, Upstream())
            for sent, alike in groupby(requests, key=itemgetter(0)):
                first, *others = alike
                upstream.see(sent, first[1], 1 + len(others))
        states = [
            DriftState(_UPSTREAM, "", model, False, msgspec.json.encode(upstream).decode())
            for model, upstream in known.items()
        ]
        self._turn.save(states)


def plan_of(settings: Settings, watched: int) -> Plan:
    """The alarm budget and the requirements of a baseline. ``watched`` signals share the budget."""
    drift = settings.drift
    return Plan(drift.false_alarms_per_month, watched, drift.baseline.min_days, drift.baseline.min_samples)


def state_row(signal: Signal) -> DriftState:
    """The signal in the form that the store keeps."""
    watched = signal.state is not State.LEARNING
    return DriftState(signal.name, signal.app, signal.model, watched, msgspec.json.encode(signal).decode())


# --- what is told, what is accepted ----------------------------------------------------------------------------------


def views(store: Store, settings: Settings, now: float) -> list[SignalView]:
    """The state of every signal at ``now`` (Unix s), ordered by signal, app, model. Blocking."""
    return views_of(store.drift_states(), settings, now)


def views_of(states: Sequence[DriftState], settings: Settings, now: float) -> list[SignalView]:
    """The same of states that were read before."""
    signals = [state for state in states if state.signal != _UPSTREAM]
    plan = plan_of(settings, sum(state.watched for state in signals))
    return [_view(_signals.decode(state.state), plan, now) for state in signals]


def _view(signal: Signal, plan: Plan, now: float) -> SignalView:
    learning = signal.state is State.LEARNING
    baseline, current = ratios(signal)
    before, after = medians(signal)
    unit = {Kind.QUANTILE: "USD" if signal.name.startswith("cost.") else "s"}.get(kind_of(signal.name), "ratio")
    return SignalView(
        signal=signal.name,
        app=signal.app,
        model=signal.model,
        state=signal.state_at(now),
        since=signal.since,
        baseline=baseline,
        current=current,
        samples=round(signal.n) if learning else signal.seen,
        current_samples=round(sum(recent(signal).values())),
        samples_needed=signal.needed(plan),
        statistic=signal.statistic,
        threshold=signal.threshold,
        causes=causes(signal),
        baseline_at=signal.baseline_at,
        last_at=signal.last_at,
        per_day=signal.per_day,
        unit=unit,
        baseline_median=before,
        current_median=after,
        simulated=signal.simulated,
    )


def changes_of(states: Sequence[DriftState]) -> dict[tuple[str, str], float]:
    """(model, kind) -> Unix s of the last upstream change of the model."""
    found: dict[tuple[str, str], float] = {}
    for state in states:
        if state.signal == _UPSTREAM:
            changed = _upstreams.decode(state.state).changed
            found |= {(state.model, kind): changed[kind] for kind in KINDS if kind in changed}
    return found


class Chosen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which signals to accept: those with this name, app and model; what is left out matches all that have drifted."""

    signal: str | None = None
    app: str | None = None
    model: str | None = None

    def matches(self, state: DriftState) -> bool:
        """Whether a signal is among them."""
        wanted = (self.signal, self.app, self.model)
        return all(
            want in (None, own) for want, own in zip(wanted, (state.signal, state.app, state.model), strict=True)
        )


def accept_baseline(store: Store, settings: Settings, chosen: Chosen, now: float) -> list[Key]:
    """Make the current values the baseline of the chosen signals; returns which. Blocking.

    A signal that is named is accepted in any state; otherwise only if it has drifted.
    """

    def step(turn: DriftTurn) -> list[Key]:
        states = [state for state in turn.states() if state.signal != _UPSTREAM]
        plan = plan_of(settings, sum(state.watched for state in states))
        changed = []
        for state in states:
            if chosen.matches(state):
                signal = _signals.decode(state.state)
                if chosen.signal is not None or signal.state is State.DRIFTED:
                    accept(signal, now, plan)
                    changed.append(signal)
        turn.save([state_row(signal) for signal in changed])
        return [(signal.name, signal.app, signal.model) for signal in changed]

    return store.drift(step)
