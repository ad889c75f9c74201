"""Rates corrected by human labels, both in a window that has labels and in one that has none.

With ``FEWEST`` labels in the window, the rate is the labels' rate, refined by the scores (PPI++). Otherwise the fitted
calibration is used: the mean calibrated score plus its error according to the labels. This requires that a score means
what it meant when it was labelled. So it ends when the scores' histogram has moved away from the fit's histogram; the
rate is then the flagged share again.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from scorers.estimates.model_names import Label
from scorers.statistics.calibrate import FEWEST, Fit, Judged, moved, probability
from scorers.statistics.ppi import Labelled, corrected, wilson
from scorers.statistics.weighted_share import Estimate, t_quantile
from scorers.store.labelling import Cells, Key, LabelledScore, cells_of
from scorers.store.records import Tally
from scorers.store.store import Store
from scorers.store.tallies.tables import CELLS

#: The name for all applications together. No application can have it.
ALL = "all"
#: Labels that a stratum of the scores needs before it is weighted separately.
_STRATUM = 5
#: (scorer, output, model)
FitKey = tuple[str, str, str]


def weighted(rows: Sequence[LabelledScore], cells: Sequence[float]) -> list[tuple[LabelledScore, float]]:
    """The labels, with weights that add up, in each stratum of the score, to the weight scored there.

    As far as is known, samples were chosen for labelling by their scores at most. So labels are a random part of each
    stratum, whether a session with known probabilities chose them or a person looking for trouble.
    """
    by_cell: dict[int, list[LabelledScore]] = defaultdict(list)
    for row in rows:
        by_cell[cell(row.value)].append(row)
    found: list[tuple[LabelledScore, float]] = []
    stratum: list[LabelledScore] = []
    pending: list[list[LabelledScore]] = []
    sizes: list[float] = []
    size = 0.0
    for index, scored in enumerate(cells):
        stratum, size = stratum + by_cell[index], size + scored
        if len(stratum) >= _STRATUM and size > 0:
            pending.append(stratum)
            sizes.append(size)
            stratum, size = [], 0.0
    if pending:  # the remainder at the top joins the stratum below it
        pending[-1], sizes[-1] = pending[-1] + stratum, sizes[-1] + size
    else:
        pending, sizes = [stratum], [size]
    for members, scored in zip(pending, sizes, strict=True):
        base = [row.weight / (row.chosen or 1.0) for row in members]
        scale = scored / math.fsum(base) if members and scored > 0 else 0.0
        for row, weight in zip(members, base, strict=True):
            if scale > 0:
                found.append((row, weight * scale))
    return found


def cell(score: float) -> int:
    """The cell of a score."""
    return min(CELLS - 1, int(score * CELLS))


def together(cells: Iterable[Cells]) -> Cells:
    """The sums over several applications or models. Their conversations are assumed to be different."""
    parts = list(cells)
    moments = parts[0].moments
    for part in parts[1:]:
        moments += part.moments
    return Cells(moments, [math.fsum(column) for column in zip(*(part.cells for part in parts), strict=True)])


def grouped(rows: Iterable[LabelledScore]) -> dict[Key, list[LabelledScore]]:
    """Labels by key, and by key over all applications."""
    found: dict[Key, list[LabelledScore]] = defaultdict(list)
    for row in rows:
        scorer, output, app, model = row.key
        for name in (app, ALL):
            found[scorer, output, name, model].append(row)
    return dict(found)


def with_all(cells: Mapping[Key, Cells]) -> dict[Key, Cells]:
    """The cells, and the cells of each model over all applications."""
    parts: dict[Key, list[Cells]] = defaultdict(list)
    for (scorer, output, _, model), own in cells.items():
        parts[scorer, output, ALL, model].append(own)
    return {**cells, **{key: together(own) for key, own in parts.items()}}


def correct(
    store: Store,
    since: float,
    until: float,
    tallies: Iterable[Tally],
    imported: bool = False,
    label: Label = str,
) -> dict[Key, Estimate]:
    """The rates of samples that started in [since, until), Unix s, that labels can correct. Blocking.

    ``tallies``: those of the same samples. ``label``: maps a model to the name it is counted under.
    """
    fits = {} if imported else _fits(store)
    labels = grouped(_named(row, label) for row in store.labelling.rows(since, until, imported))
    enough = {key for key, rows in labels.items() if len(rows) >= FEWEST}
    outputs = {key[:2] for key in enough} | {key[:2] for key in fits}
    if not outputs:
        return {}
    cells = with_all(_under(label, cells_of(it for it in tallies if (it.scorer, it.output) in outputs)))
    found: dict[Key, Estimate] = {}
    for key, own in cells.items():
        fit = fits.get((key[0], key[1], key[3]))
        if key in enough:
            rows = weighted(labels[key], own.cells)
            items = [Labelled(row.truth, row.value, weight, row.conversation) for row, weight in rows]
            result = corrected(items, own.moments)
            if result is not None:
                found[key] = result.found
        elif fit is not None and not fit.stale:
            carried = carry_over(fit, own)
            if carried is not None:
                found[key] = carried
    return found


def _named(row: LabelledScore, label: Label) -> LabelledScore:
    scorer, output, app, model = row.key
    return msgspec.structs.replace(row, key=(scorer, output, app, label(model)))


def _under(label: Label, cells: Mapping[Key, Cells]) -> dict[Key, Cells]:
    """The cells by the names that models are counted under."""
    parts: dict[Key, list[Cells]] = defaultdict(list)
    for (scorer, output, app, model), own in cells.items():
        parts[scorer, output, app, label(model)].append(own)
    return {key: together(own) for key, own in parts.items()}


def _fits(store: Store) -> dict[FitKey, Fit]:
    return {key: msgspec.json.decode(text, type=Fit) for key, (_, text) in store.labelling.fits().items()}


def counts(own: Cells) -> list[float]:
    """The cells as numbers of independent answers, so that a change can be distinguished from chance."""
    moments = own.moments
    voices = moments.w**2 / moments.ww if moments.ww > 0 else 0.0
    return [weight / moments.w * voices for weight in own.cells] if moments.w > 0 else list(own.cells)


def carry_over(fit: Fit, own: Cells) -> Estimate | None:
    """The rate of a window without labels, from the fitted calibration; ``None`` when the scores have moved away
    from it."""
    now = counts(own)
    n = math.fsum(now)
    if n < 2 or moved(fit.histogram, now):
        return None
    values = [probability(fit, (index + 0.5) / CELLS) for index in range(CELLS)]
    mean = math.fsum(count * value for count, value in zip(now, values, strict=True)) / n
    spread = math.fsum(count * (value - mean) ** 2 for count, value in zip(now, values, strict=True)) / n
    variance = spread / n + fit.error_variance
    ratio = min(1.0, max(0.0, mean + fit.error))
    effective = max(1.0, ratio * (1 - ratio) / variance) if variance > 0 and 0 < ratio < 1 else float(fit.labels)
    effective = min(effective, n + fit.labels)
    lower, upper = wilson(ratio, effective, t_quantile(fit.labels - 1))
    return Estimate(ratio, min(lower, ratio), max(upper, ratio), effective)


def judged_of(rows: Sequence[LabelledScore], cells: Sequence[float]) -> list[Judged]:
    """Labels in the form that a calibration takes, weighted."""
    return [Judged(row.value, row.said, row.truth, weight, row.conversation) for row, weight in weighted(rows, cells)]
