"""Refusal and clarification as two-by-two tables: was the event due, and did it happen. From the judge's rates.

``over`` (``needless``) is the share with the event among answers where it was not due. ``under`` (``missed``) is the
share without it among answers where it was due. Each comes with the share of answers to which it can apply.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from scorers.estimates.rates import Rate

#: Scorer -> the output whose event was not due, and the one whose event was.
PAIRS = {"refusal": ("over_refused", "under_refused"), "clarification": ("needless", "missed")}


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of error: its share with the 95 % interval, the number of judged samples, and the applicable share."""

    output: str
    ratio: float | None
    lower: float | None
    upper: float | None
    judged: int
    applicable_ratio: float | None
    calibrated: bool


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """One scorer's two-by-two table for one (app, model). ``due_ratio``: the share of answers in which the event was
    due.

    ``cells`` are shares of all judged answers and add up to 1; ``None`` where one side was never judged.
    """

    scorer: str
    app: str
    model: str
    over: Side | None
    under: Side | None
    due_ratio: float | None
    cells: dict[str, float] | None


def tables(rates: Iterable[Rate]) -> list[Table]:
    """The tables that these rates hold, ordered by scorer, app, model."""
    by_key = {(rate.scorer, rate.output, rate.app, rate.model): rate for rate in rates}
    places = sorted({(s, app, model) for s, output, app, model in by_key if output in PAIRS.get(s, ())})
    return [
        _table(place, *(by_key.get((place[0], output, *place[1:])) for output in PAIRS[place[0]])) for place in places
    ]


def _table(place: tuple[str, str, str], over: Rate | None, under: Rate | None) -> Table:
    scorer, app, model = place
    free, due = _applicable(over), _applicable(under)
    total = free + due
    cells = None
    if total > 0:
        over_share, under_share = (over and over.ratio) or 0.0, (under and under.ratio) or 0.0
        cells = {
            "not_due_happened": free / total * over_share,
            "not_due_not_happened": free / total * (1 - over_share),
            "due_happened": due / total * (1 - under_share),
            "due_not_happened": due / total * under_share,
        }
    return Table(
        scorer=scorer,
        app=app,
        model=model,
        over=_side(over),
        under=_side(under),
        due_ratio=due / total if total > 0 else None,
        cells=cells,
    )


def _applicable(rate: Rate | None) -> float:
    return (rate.applicable_ratio or 0.0) if rate is not None and rate.ratio is not None else 0.0


def _side(rate: Rate | None) -> Side | None:
    if rate is None:
        return None
    return Side(
        output=rate.output,
        ratio=rate.ratio,
        lower=rate.lower,
        upper=rate.upper,
        judged=rate.judged,
        applicable_ratio=rate.applicable_ratio,
        calibrated=rate.calibrated,
    )
