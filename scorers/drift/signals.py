"""The state machine of one signal: it learns a baseline, watches, and reports drift. Pure: values carry their own
times.

Shares (``refusal.refused``) and quantiles (``latency.*``, ``cost.*``: the shares above the baseline's median and 90th
percentile) go through the e-detector. Shapes of scores (``*.shape``) and mixes (``mix.*``) are compared by PSI at fixed
looks.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import lru_cache

import msgspec

from scorers.drift.baseline import DAY, UNSEEN, Bounds, bounds, expected, stratum
from scorers.drift.causes import BLOCK, Gathered, Tables
from scorers.drift.detector import Detector, fresh, threshold, update
from scorers.drift.quantiles import edges, log_cell, part_of, quantile, score_cell
from scorers.statistics.psi import psi, psi_threshold

#: No decision is made on fewer values.
LEAST = 30
#: Values of one look, by the traffic of a day; parts of a shape; categories of a mix, the rest taken together.
SMALLEST_LOOK, LARGEST_LOOK, PARTS, MAX_CATEGORIES = 50, 200, 5, 30
#: A category or part that the baseline expects fewer times in a look is taken together with the others like it.
_FEWEST = 2.0
QUANTILES = (0.5, 0.9)
#: Without a value for this long, and for this many usual intervals between values, the signal is stale.
STALE_SECONDS, STALE_GAPS = 3 * DAY, 50
#: Latencies of the same minutes have a common cause, so their mean over this many seconds counts as one value.
SPELL_SECONDS = 300.0
#: A latency baseline needs at least this many of them.
LEAST_SPELLS = 50

Counts = dict[int, dict[int, float]]


class State(StrEnum):
    """The state of a signal."""

    LEARNING = "learning"
    WATCHING = "watching"
    DRIFTED = "drifted"
    STALE = "stale"


class Kind(StrEnum):
    """How a signal is measured, derived from its name."""

    SHARE = "share"
    QUANTILE = "quantile"
    SHAPE = "shape"
    MIX = "mix"


@lru_cache(maxsize=4096)
def kind_of(name: str) -> Kind:
    """The kind of the signal with this name."""
    if name.startswith("mix."):
        return Kind.MIX
    if name.startswith(("latency.", "cost.")):
        return Kind.QUANTILE
    return Kind.SHAPE if name.endswith(".shape") else Kind.SHARE


class Plan(msgspec.Struct, frozen=True):
    """The parameters of all signals: the alarm budget, how many signals share it, what a baseline needs."""

    alarms_per_month: float = 1.0
    signals: int = 1
    min_days: float = 7.0
    min_samples: int = 500


class Value(msgspec.Struct, frozen=True):
    """One conversation's value for a signal. ``at``: Unix s. The value is a number, or for a mix a category."""

    at: float
    number: float = 0.0
    category: str = ""
    dimensions: Mapping[str, str] = {}


class Signal(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A signal's whole state; JSON of it survives a restart.

    ``base``: counts by stratum and cell while learning and after. ``cuts``: where its cells are parted. ``healthy``: of
    each stream of the detectors, the bounds by stratum. ``before``, ``now``: counts of the last two blocks; ``after``:
    since the alarm. ``spells``: of a latency, how many there were by stratum of the baseline; ``spell``: number, size
    and sums of the one that is open; ``words``: how many went through the detectors, or are in the window.
    ``simulated``: the baseline was made up for a demonstration.
    """

    name: str
    app: str
    model: str
    state: State = State.LEARNING
    since: float
    first_at: float
    last_at: float
    baseline_at: float | None = None
    n: float = 0.0
    base: Counts = {}
    names: list[str] = []
    cuts: list[int] = []
    healthy: list[dict[int, Bounds]] = []
    detectors: list[Detector] = []
    look: int = 0
    window: Counts = {}
    seen: int = 0
    spells: dict[int, int] = {}
    spell: list[float] = []
    words: int = 0
    statistic: float = 0.0
    threshold: float | None = None
    before: Counts = {}
    now: Counts = {}
    after: Counts = {}
    simulated: bool = False
    tables: Tables = msgspec.field(default_factory=Tables)

    @property
    def kind(self) -> Kind:
        """How the signal is measured."""
        return kind_of(self.name)

    @property
    def in_spells(self) -> bool:
        """Whether values are averaged over some minutes instead of used one by one."""
        return self.name.startswith("latency.")

    @property
    def per_day(self) -> float:
        """Values per day over the baseline. While the baseline covers less than a day, over everything seen so far."""
        return self._daily(self.n, self.seen)

    @property
    def words_per_day(self) -> float:
        """Detector inputs per day."""
        return self._daily(sum(self.spells.values()), self.words) if self.in_spells else self.per_day

    def _daily(self, base: float, since: float) -> float:
        span = (self.baseline_at or self.last_at) - self.first_at
        if self.baseline_at is not None and span >= DAY:
            return base / (span / DAY)
        return (base + since) / max(1.0, (self.last_at - self.first_at) / DAY)

    def complete(self, plan: Plan) -> bool:
        """Whether the learned values are enough for a baseline."""
        if self.n < plan.min_samples or self.last_at - self.first_at < plan.min_days * DAY:
            return False
        return not self.in_spells or sum(self.spells.values()) >= LEAST_SPELLS

    def state_at(self, now: float) -> State:
        """The state; stale if no value has arrived for days."""
        quiet = max(STALE_SECONDS, STALE_GAPS * DAY / self.per_day if self.per_day else 0.0)
        if self.state is State.WATCHING and now - self.last_at > quiet:
            return State.STALE
        return self.state

    def needed(self, plan: Plan) -> int:
        """How many values a baseline still lacks. Where only days are lacking, the values expected in them."""
        if self.state is not State.LEARNING:
            return 0
        missing = max(0.0, plan.min_samples - self.n)
        days = max(0.0, plan.min_days - (self.last_at - self.first_at) / DAY)
        spells = max(0, LEAST_SPELLS - sum(self.spells.values())) if self.in_spells else 0
        return math.ceil(max(missing, self.per_day * days, spells, 1.0))


def begin(name: str, app: str, model: str, at: float) -> Signal:
    """A signal without data, created at the time of its first value."""
    return Signal(name=name, app=app, model=model, since=at, first_at=at, last_at=at)


def observe(signal: Signal, value: Value, plan: Plan) -> bool:
    """Process one value; True when the signal drifts because of it."""
    return observe_all(signal, (value,), plan)


def observe_all(signal: Signal, values: Iterable[Value], plan: Plan) -> bool:
    """Process values in their order; True when the signal drifts because of one of them."""
    kind, gathered, drifted = signal.kind, Gathered(signal.tables), False
    rest = iter(values)
    if signal.state is State.LEARNING:
        _learn(signal, rest, plan, kind, gathered)
    for value in rest:
        if _compare(signal, value, plan, kind, gathered):
            drifted = True
    gathered.settle()
    return drifted


def _learn(signal: Signal, values: Iterator[Value], plan: Plan, kind: Kind, gathered: Gathered) -> None:
    """Take values into the baseline until there are no more, or it is complete."""
    base, in_spells = signal.base, signal.in_spells
    for value in values:
        at = value.at
        part = stratum(at)
        signal.last_at = max(signal.last_at, at)
        signal.first_at = min(signal.first_at, at)
        signal.n += 1
        _add(base, part, _cells(signal, value, kind))
        if in_spells and _next_spell(signal, at):
            signal.spells[part] = signal.spells.get(part, 0) + 1
        gathered.gather(True, _outcome(value, kind), value.dimensions, at)
        if signal.complete(plan):
            _freeze(signal)
            return


def _compare(signal: Signal, value: Value, plan: Plan, kind: Kind, gathered: Gathered) -> bool:
    """Compare one value with the baseline; True when the signal drifts because of it."""
    at = value.at
    cells = _cells(signal, value, kind)
    part = stratum(at)
    signal.last_at = max(signal.last_at, at)
    signal.first_at = min(signal.first_at, at)
    signal.seen += 1
    _add(signal.now, part, cells)
    if signal.state is State.DRIFTED:
        _add(signal.after, part, cells)
    gathered.gather(False, _outcome(value, kind), value.dimensions, at)
    drifted = _watch(signal, cells, at, plan)
    if drifted and signal.state is State.WATCHING:
        signal.state, signal.since = State.DRIFTED, at
        return True
    if signal.state is State.WATCHING and signal.tables.now >= BLOCK:
        gathered.settle()
        signal.tables.fold()
        signal.before, signal.now = signal.now, {}
    return False


def accept(signal: Signal, at: float, plan: Plan) -> None:
    """Make the current values, since the alarm if there was one, the baseline. It keeps learning if they are too
    few."""
    if signal.state is not State.LEARNING:
        kept: Counts = {}
        drifted = signal.state is State.DRIFTED
        for block in (signal.after,) if drifted else (signal.before, signal.now):
            for part, cells in block.items():
                _add(kept, part, cells)
        signal.base = kept
        signal.n = math.fsum(sum(cells.values()) for cells in kept.values())
        recent_at = signal.tables.before_at if signal.tables.before else signal.tables.now_at or at
        signal.first_at = signal.since if drifted else recent_at
        signal.tables.rebase()
        # The spells of what is kept were not counted apart: there were as many as its time has room for, in proportion.
        room = (signal.last_at - signal.first_at) / SPELL_SECONDS
        sizes = {part: sum(cells.values()) for part, cells in kept.items()} if signal.in_spells else {}
        signal.spells = {part: max(1, round(min(size, room * size / signal.n))) for part, size in sizes.items()}
    signal.state, signal.since, signal.baseline_at = State.LEARNING, at, None
    signal.before, signal.now, signal.after, signal.window, signal.seen = {}, {}, {}, {}, 0
    signal.spell, signal.words, signal.simulated = [], 0, False
    signal.cuts, signal.healthy, signal.detectors = [], [], []
    signal.statistic, signal.threshold = 0.0, None
    if signal.complete(plan):
        _freeze(signal)
        signal.since = at


def _cells(signal: Signal, value: Value, kind: Kind) -> dict[int, float]:
    if kind is Kind.SHARE:
        return {0: 1.0 - value.number, 1: value.number}
    if kind is Kind.QUANTILE:
        return {log_cell(value.number): 1.0}
    if kind is Kind.SHAPE:
        return {score_cell(value.number): 1.0}
    if value.category not in signal.names:
        if len(signal.names) >= MAX_CATEGORIES:
            return {-1: 1.0}
        signal.names.append(value.category)
    return {signal.names.index(value.category): 1.0}


def _outcome(value: Value, kind: Kind) -> float:
    """The outcome that causes are measured on: shares and scores as they are, quantities by their logarithm."""
    if kind is Kind.QUANTILE:
        return math.log(max(value.number, 1e-9))
    return value.number


def _add(counts: Counts, part: int, cells: Mapping[int, float]) -> None:
    own = counts.get(part)
    if own is None:
        own = counts[part] = {}
    for cell, weight in cells.items():
        own[cell] = own.get(cell, 0.0) + weight


def pooled(counts: Counts) -> dict[int, float]:
    """Counts by cell over all strata."""
    found: dict[int, float] = {}
    for cells in counts.values():
        for cell, weight in cells.items():
            found[cell] = found.get(cell, 0.0) + weight
    return found


def _freeze(signal: Signal) -> None:
    """Close the baseline, which is complete."""
    signal.state, signal.since, signal.baseline_at = State.WATCHING, signal.last_at, signal.last_at
    whole = pooled(signal.base)
    if signal.kind is Kind.SHARE:
        signal.cuts = [0]
    elif signal.kind is Kind.QUANTILE:
        signal.cuts = [quantile(whole, share) for share in QUANTILES]
    elif signal.kind is Kind.SHAPE:
        signal.cuts = edges(whole, PARTS)
    signal.look = round(min(LARGEST_LOOK, max(SMALLEST_LOOK, signal.per_day)))
    if signal.kind in (Kind.SHARE, Kind.QUANTILE):
        signal.healthy = [bounds(_above(signal, cut)) for cut in signal.cuts]
        signal.detectors = [fresh() for _ in signal.cuts]
    elif signal.kind is Kind.MIX:
        least = _FEWEST / signal.look * math.fsum(whole.values())
        signal.cuts = sorted(cell for cell, count in whole.items() if count >= least and cell >= 0)


def _above(signal: Signal, cut: int) -> dict[int, tuple[float, float]]:
    """Words by stratum of the baseline, and the sum of them: what share of the values is above ``cut``."""
    found = {}
    for part, cells in signal.base.items():
        size = sum(cells.values())
        words = signal.spells.get(part, 1) if signal.in_spells else size
        found[part] = (float(words), words / size * sum(weight for cell, weight in cells.items() if cell > cut))
    return found


def _next_spell(signal: Signal, at: float) -> list[float]:
    """Begin a spell at ``at`` unless one is open; returns the spell that ended, empty when none did.

    Before the first spell an empty one is returned as ended.
    """
    number = at // SPELL_SECONDS
    if signal.spell and number <= signal.spell[0]:
        return []
    ended, signal.spell = signal.spell or [number], [number]
    return ended


def _watch(signal: Signal, cells: Mapping[int, float], at: float, plan: Plan) -> bool:
    if signal.kind in (Kind.SHAPE, Kind.MIX):
        return _look(signal, cells, stratum(at), plan)
    if signal.kind is Kind.SHARE:
        above = [min(1.0, max(0.0, cells[1]))]
    else:
        above = [float(max(cells) > cut) for cut in signal.cuts]
    if signal.in_spells:
        ended = _next_spell(signal, at)
        size, *sums = signal.spell[1:] or [0.0] * (1 + len(above))
        signal.spell[1:] = [size + 1, *(total + x for total, x in zip(sums, above, strict=True))]
        if len(ended) < 2:
            return False
        above, at = [total / ended[1] for total in ended[2:]], ended[0] * SPELL_SECONDS
    part, total = stratum(at), 0.0
    signal.words += 1
    for x, healthy, detector in zip(above, signal.healthy, signal.detectors, strict=True):
        total += update(detector, x, *(healthy.get(part) or healthy[UNSEEN]))
    signal.statistic = total / len(signal.cuts)
    signal.threshold = threshold(signal.words_per_day, plan.signals, plan.alarms_per_month)
    return signal.words >= LEAST and signal.statistic >= signal.threshold


def _place(signal: Signal, cell: int) -> int:
    """The part of a shape, or the category of a mix, that a cell belongs to."""
    if signal.kind is Kind.SHAPE:
        return part_of(cell, signal.cuts)
    return signal.cuts.index(cell) if cell in signal.cuts else len(signal.cuts)


def _look(signal: Signal, cells: Mapping[int, float], part: int, plan: Plan) -> bool:
    """Fill the window; when it is full, test it once and begin a new one."""
    _add(signal.window, part, {_place(signal, cell): weight for cell, weight in cells.items()})
    signal.words += 1
    if signal.words < max(LEAST, signal.look):
        return False
    seen = {part: sum(counts.values()) for part, counts in signal.window.items()}
    parted: Counts = {}
    for own, counts in signal.base.items():
        for cell, weight in counts.items():
            _add(parted, own, {_place(signal, cell): weight})
    shares, size = expected(parted, seen)
    places = range(len(signal.cuts) + 1)
    counts = pooled(signal.window)
    looks = max(1.0, signal.per_day * 30.0 / signal.look)
    level = min(0.01, max(1e-9, plan.alarms_per_month / (max(1, plan.signals) * looks)))
    signal.statistic = psi([counts.get(i, 0.0) for i in places], [shares.get(i, 0.0) for i in places], size)
    signal.threshold = psi_threshold(signal.words, size, len(places), level)
    signal.window, signal.words = {}, 0
    return signal.statistic >= signal.threshold
