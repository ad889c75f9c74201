"""The figures that a signal reports: the ratios compared, medians of quantities, the causes of an alarm. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from scorers.drift.causes import Cause, rank
from scorers.drift.quantiles import log_value, quantile, score_value
from scorers.drift.signals import Kind, Signal, State, pooled

#: The categories of a mix that are not named individually.
REST = "(rest)"


def recent(signal: Signal) -> dict[int, float]:
    """Counts by cell of the last two blocks. After an alarm, everything since then is included too."""
    return pooled({0: pooled(signal.before), 1: pooled(signal.now)})


def ratios(signal: Signal) -> tuple[float | None, float | None]:
    """The ratio that is compared, in the baseline and now, in [0, 1]; ``None`` while there are no values.

    For a share it is the share itself, for a quantity the share above the baseline's 90th percentile, for a shape the
    mean score, and for a mix the share of the category that moved most.
    """
    before, after = pooled(signal.base), recent(signal)
    if signal.kind is Kind.MIX:
        moved = _moved(signal)
        cell = moved[1] if moved else max(before, key=lambda cell: before[cell], default=0)
        return _share_of(before, {cell}), _share_of(after, {cell})
    if signal.kind is Kind.SHAPE:
        return _mean(before), _mean(after)
    if signal.state is State.LEARNING and signal.kind is Kind.QUANTILE:
        return None, None
    cut = signal.cuts[-1] if signal.cuts else 0
    above = {cell for cell in (*before, *after) if cell > cut}
    return _share_of(before, above), _share_of(after, above)


def medians(signal: Signal) -> tuple[float | None, float | None]:
    """For a quantity, the median in the baseline and now, in its unit (s, USD)."""
    if signal.kind is not Kind.QUANTILE:
        return None, None
    before, after = pooled(signal.base), recent(signal)
    return (
        log_value(quantile(before, 0.5)) if before else None,
        log_value(quantile(after, 0.5)) if after else None,
    )


def causes(signal: Signal) -> list[Cause]:
    """What explains the shift of a signal that has drifted, best first; empty when nothing does."""
    if signal.state is not State.DRIFTED:
        return []
    if signal.kind is not Kind.MIX:
        return rank(signal.tables)
    moved = _moved(signal)
    if moved is None:
        return []
    tables = signal.tables
    names = [signal.names[cell] if 0 <= cell < len(signal.names) else REST for cell in moved]
    at = tables.before_at if tables.before else tables.now_at
    dimension = signal.name.removeprefix("mix.")
    return [Cause(dimension=dimension, whose="mix", from_=names[0], to=names[1], at=at, share=1.0)]


def _moved(signal: Signal) -> tuple[int, int] | None:
    """The categories whose shares fell and rose most."""
    before, after = pooled(signal.base), recent(signal)
    whole, now = sum(before.values()), sum(after.values())
    if not whole or not now:
        return None
    change = {cell: after.get(cell, 0.0) / now - before.get(cell, 0.0) / whole for cell in sorted({*before, *after})}
    return min(change, key=lambda cell: change[cell]), max(change, key=lambda cell: change[cell])


def _share_of(counts: Mapping[int, float], cells: set[int]) -> float | None:
    total = sum(counts.values())
    return min(1.0, sum(counts.get(cell, 0.0) for cell in cells) / total) if total else None


def _mean(counts: Mapping[int, float]) -> float | None:
    total = sum(counts.values())
    return sum(score_value(cell) * weight for cell, weight in counts.items()) / total if total else None
