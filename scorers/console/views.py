"""What the pages show: numbers as people read them, bars, tables. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from proxy.exchange import Decision
from proxy.sample import IMPORTED
from scorers.console import labels
from scorers.estimates.rates import ALL, Rate
from scorers.score import OUTPUTS, Result, Score
from scorers.store.ledger import PENDING, Ledger
from scorers.store.neighbours import LabelRecord
from scorers.store.records import Failure, Failures

#: Ends of the rates' common scale: the first that holds every interval is taken.
_SCALES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0)
_KEEP = "\n\t"
_MANY_ERRORS = 0.01
OUTPUT_NAMES = sorted({output for outputs in OUTPUTS.values() for output in outputs})


def inert(text: str) -> str:
    """``text`` with control and direction characters made visible, so that it cannot repaint what is around it."""
    return "".join(
        char if char in _KEEP or unicodedata.category(char) not in ("Cc", "Cf", "Cs") else f"⟨{ord(char):04X}⟩"
        for char in text.replace("\r\n", "\n")
    )


def percent(share: float | None) -> str:
    """A share as people read it, ``3.2 %`` in one piece; a dash when there is none."""
    if share is None:
        return "–"
    if 0.0 < share < 0.0005:
        return "<\u00a00.1\u00a0%"
    return f"{100 * share:.1f}\u00a0%" if share < 0.0995 else f"{100 * share:.0f}\u00a0%"


def dollars(amount: float | None) -> str:
    """USD as people read it, small amounts with their first three digits; a dash when there is none."""
    if amount is None:
        return "–"
    return (
        f"${amount:,.2f}" if amount >= 1 or amount == 0 else f"${amount:.3g}" if amount >= 0.001 else f"${amount:.6f}"
    )


def lasted(seconds: float) -> str:
    """A length of time: in milliseconds below a second, so that a fast answer is not 0."""
    return (
        f"{seconds:,.1f} s"
        if seconds >= 9.95
        else f"{seconds:.2f} s"
        if seconds >= 0.9995
        else f"{1000 * seconds:.0f} ms"
    )


def moment(seconds: float) -> str:
    """Unix seconds as a UTC time."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def clock(seconds: float) -> str:
    """Unix seconds as day and time in UTC, without the year: for lists of what is recent."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%d %b %H:%M:%S")


def iso(seconds: float) -> str:
    """Unix seconds as ISO 8601."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def words(name: str) -> str:
    """An enumeration's name for people: ``not_applicable`` as ``not applicable``."""
    return name.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Bar:
    """A rate with the places of its interval and point on a scale of 0 to 100."""

    rate: Rate
    left: float
    width: float
    point: float


@dataclass(frozen=True, slots=True)
class RateTable:
    """Rates on one scale; ``scale`` is the share at the right end."""

    bars: list[Bar]
    scale: float
    calibrated: bool


def rate_table(rates: list[Rate]) -> RateTable:
    """The rates, all applications first within each output, on the smallest scale that holds the shares well."""
    # Nearly empty rows reach to 100 % and would flatten the rest, so the points and half-known intervals decide.
    needed = max((min(rate.upper or 0.0, 3 * (rate.ratio or 0.0) + 0.05) for rate in rates), default=0.0)
    scale = next((end for end in _SCALES if needed <= end), 1.0)
    ordered = sorted(rates, key=lambda rate: (rate.scorer, rate.output, rate.model, rate.app != ALL, rate.app))
    return RateTable([_bar(rate, scale) for rate in ordered], scale, all(rate.calibrated for rate in rates))


def _bar(rate: Rate, scale: float) -> Bar:
    lower, upper = min(rate.lower or 0.0, scale), min(rate.upper or 0.0, scale)
    point = min(rate.ratio or 0.0, scale)
    return Bar(rate, 100 * lower / scale, 100 * (upper - lower) / scale, 100 * point / scale)


@dataclass(frozen=True, slots=True)
class Table:
    """Counts: a name, its cells in the order of ``columns``, and their sum."""

    columns: list[str]
    rows: list[tuple[str, list[int], int]]


def _table(counts: dict[str, dict[str, int]], order: list[str]) -> Table:
    present = {name for row in counts.values() for name in row}
    columns = [name for name in order if name in present]
    rows = []
    for name, row in sorted(counts.items()):
        cells = [row.get(column, 0) for column in columns]
        rows.append((name, cells, sum(cells)))
    return Table(columns, rows)


def ledger_tables(ledger: Ledger) -> tuple[Table, Table]:
    """The ledger as two tables: of the proxies (their sum first when there are several; what was imported last,
    in no sum), and of the scorers."""
    proxies = _table(ledger["proxies"], [decision.value for decision in Decision])
    own = [row for row in proxies.rows if row[0] != IMPORTED]
    rest = [row for row in proxies.rows if row[0] == IMPORTED]
    if len(own) > 1:
        total = [sum(cells[i] for _, cells, _ in own) for i in range(len(proxies.columns))]
        own = [("all instances", total, sum(total)), *own]
    return Table(proxies.columns, own + rest), _table(
        ledger["scorers"], [*(result.value for result in Result), PENDING]
    )


# --- the ledger ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Share:
    """One decision's part of all requests: where its bar begins and how wide it is, both of 100."""

    name: str
    count: int
    left: float
    width: float


def decision_shares(proxies: Table) -> list[Share]:
    """What became of all requests, side by side. Imported samples are no requests."""
    if not proxies.rows or proxies.rows[0][0] == IMPORTED:
        return []
    _, cells, total = proxies.rows[0]  # of all instances, where there are several
    found, left = [], 0.0
    for name, count in zip(proxies.columns, cells, strict=True):
        if count:
            width = 100 * count / max(1, total)
            found.append(Share(name, count, left, width))
            left += width
    return found


@dataclass(frozen=True, slots=True)
class Balance:
    """Samples handed to the scorers, and of each scorer (name, samples with a result, samples that wait)."""

    published: int
    scorers: list[tuple[str, int, int]]

    @property
    def closed(self) -> bool:
        """Whether nothing waits."""
        return not self.unseen and all(waiting == 0 for _, _, waiting in self.scorers)

    @property
    def unseen(self) -> int:
        """Samples that no scorer has seen, imported ones included: they are still in the queue, or were lost with
        it."""
        return max(0, self.published - max((done + waiting for _, done, waiting in self.scorers), default=0))

    @property
    def waiting(self) -> int:
        """What the slowest scorer has before it."""
        return max((waiting for _, _, waiting in self.scorers), default=0)


def waits(health: Mapping[str, object]) -> str:
    """What of a worker waits for the end of an outage, in words; empty where nothing does."""
    groups = health.get("waiting")
    return ", ".join(map(str, groups)) if isinstance(groups, list) else ""


def balance(ledger: Ledger) -> Balance:
    """The balance of the samples."""
    published = sum(counts.get(Decision.PUBLISHED.value, 0) for counts in ledger["proxies"].values())
    rows = []
    for name, counts in sorted(ledger["scorers"].items()):
        waiting = counts.get(PENDING, 0)
        rows.append((name, sum(counts.values()) - waiting, waiting))
    return Balance(published, rows)


# --- failed requests -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Errors:
    """Failed requests of a window as the overview shows them. A request whose client left is listed, and is no error.

    Every request is counted, none is sampled, so that the share has no interval. ``kept``: seconds, where the rows of
    requests are kept for less than the window.
    """

    requests: int
    errors: int
    groups: list[Failure]
    kept: float | None

    @property
    def share(self) -> float | None:
        """Errors among all requests; ``None`` without any request."""
        return self.errors / self.requests if self.requests else None

    @property
    def many(self) -> bool:
        """Whether the tile stands out."""
        return (self.share or 0.0) >= _MANY_ERRORS


def errors_of(found: Failures, window: float, retention: float) -> Errors:
    """What the overview shows of the failures in a window; both times in seconds."""
    return Errors(found.requests, found.failed - found.left, found.groups, retention if retention < window else None)


# --- one sample ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """An output with its score of each choice, the newest version first, and the labels that it has."""

    scorer: str
    output: str
    scores: list[Score]
    labels: list[LabelRecord]

    @property
    def flagged(self) -> bool:
        """Whether any choice was flagged."""
        return any(score.verdict is not None and score.verdict.value == "yes" for score in self.scores)


def score_rows(scores: Sequence[Score], labels: Sequence[LabelRecord]) -> list[ScoreRow]:
    """The outputs that have a value or a label, the flagged ones first."""
    rows: dict[tuple[str, str], ScoreRow] = {}
    for score in scores:
        if score.value is not None:
            key = (score.scorer, score.output)
            rows.setdefault(key, ScoreRow(*key, [], [])).scores.append(score)
    for label in labels:
        key = (label.scorer, label.output)
        rows.setdefault(key, ScoreRow(*key, [], [])).labels.append(label)
    return sorted(rows.values(), key=lambda row: (not row.flagged, row.scorer, row.output))


def unscored(scores: Sequence[Score], results: dict[str, str]) -> list[tuple[str, list[str], str]]:
    """(scorer, outputs without a value for one and the same reason, that reason in words). Where a scorer has no score
    at all: no outputs, and its result."""
    found: dict[tuple[str, str], list[str]] = {}
    for score in scores:
        if score.unscored_reason is not None:
            why = labels.reason(score.unscored_reason.value, score.scorer, score.output)
            outputs = found.setdefault((score.scorer, why), [])
            if score.output not in outputs:
                outputs.append(score.output)
    scored = {score.scorer for score in scores}
    for scorer, result in results.items():
        if scorer not in scored:
            found[scorer, labels.result(result)] = []
    return [(scorer, outputs, why) for (scorer, why), outputs in found.items()]
