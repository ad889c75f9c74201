"""Keeps calibrations fitted: when there are first enough labels, when there are more, and when the scores move.

One worker does this at intervals. A fit belongs to one (scorer, output, model) over all applications.
"""

from __future__ import annotations

import msgspec

from scorers.estimates.correction import ALL, FitKey, counts, grouped, judged_of, with_all
from scorers.statistics.calibrate import FEWEST, Agreement, Fit, Judged, Method, agreement, fit, moved
from scorers.store.labelling import Cells, Key, LabelledScore
from scorers.store.store import Store

#: How long labels count, and the period of scores that a fit is for; in seconds.
LABELS_SECONDS, SCORES_SECONDS = 30 * 86_400.0, 7 * 86_400.0
#: A fit is repeated when there are this many more labels, as a share.
_MORE = 0.1


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """One calibration as the API returns it. ``fitted_at`` (Unix s), ``method`` and ``why`` are ``None`` before a
    fit."""

    scorer: str
    output: str
    model: str
    labels: int
    labels_needed: int
    agreement: Agreement | None
    method: Method | None
    fitted_at: float | None
    why: str | None
    stale: bool


def refit(store: Store, now: float) -> list[FitKey]:
    """Fit what is due at ``now`` (Unix s); returns the fits that changed. Blocking."""
    labels = _labels(store, now - LABELS_SECONDS, now)
    if not labels:
        return []
    cells = with_all(store.labelling.cells(now - SCORES_SECONDS, now, {key[:2] for key in labels}))
    known = _known(store)
    changed = []
    for key, rows in labels.items():
        own = cells.get(key)
        if own is None:
            continue
        name = (key[0], key[1], key[3])
        new = _due(known.get(name), rows, own, store, (key, now))
        if new is not None:
            store.labelling.save_fit(*name, msgspec.json.encode(new).decode())
            changed.append(name)
    return changed


def _due(before: Fit | None, rows: list[LabelledScore], own: Cells, store: Store, at: tuple[Key, float]) -> Fit | None:
    """A fit that should replace ``before``, or ``None``."""
    histogram = counts(own)
    if before is None:
        return fit(judged_of(rows, own.cells), histogram, "first")
    if not before.stale and moved(before.histogram, histogram):
        # The old meaning of a score says nothing now: only labels of the current scores count.
        key, now = at
        newer = _labels(store, now - SCORES_SECONDS, now).get(key, [])
        new = fit(judged_of(newer, own.cells), histogram, "histogram") if newer else None
        return new or msgspec.structs.replace(before, stale=True)
    if len(rows) >= before.labels * (1 + _MORE) or (before.stale and not moved(before.histogram, histogram)):
        return fit(judged_of(rows, own.cells), histogram, "labels")
    return None


def calibrations(store: Store, now: float) -> list[Calibration]:
    """Every labelled output, with its fit where there is one. Blocking."""
    known = store.labelling.fits()
    found = []
    for key, rows in sorted(_labels(store, now - LABELS_SECONDS, now).items()):
        scorer, output, _, model = key
        at, text = known.get((scorer, output, model), (None, None))
        own = msgspec.json.decode(text, type=Fit) if text is not None else None
        # Before the first fit it is unknown how the labelled samples were chosen by their scores.
        items = [Judged(row.value, row.said, row.truth, row.weight, row.conversation) for row in rows]
        found.append(
            Calibration(
                scorer=scorer,
                output=output,
                model=model,
                labels=len(rows),
                labels_needed=max(0, FEWEST - len(rows)),
                agreement=own.agreement if own else agreement(items),
                method=own.method if own else None,
                fitted_at=at,
                why=own.why if own else None,
                stale=own.stale if own else False,
            )
        )
    return found


def _labels(store: Store, since: float, until: float) -> dict[Key, list[LabelledScore]]:
    """The labels of each output and model over all applications."""
    rows = grouped(store.labelling.rows(since, until))
    return {key: own for key, own in rows.items() if key[2] == ALL}


def _known(store: Store) -> dict[FitKey, Fit]:
    return {key: msgspec.json.decode(text, type=Fit) for key, (_, text) in store.labelling.fits().items()}
