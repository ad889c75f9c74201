"""The rows of ``/api/rates``: shares with intervals over a window, for each application and for all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum

import msgspec

from proxy.telemetry.label_values import OTHER
from scorers.estimates.correction import ALL, correct
from scorers.estimates.model_names import Label, ModelNames
from scorers.score import HINTS, JUDGE_OUTPUTS
from scorers.statistics.weighted_share import Estimate, Moments, estimate
from scorers.store.records import OptOut, Tally
from scorers.store.store import Store

__all__ = ["ALL", "Rate", "Window", "compute", "compute_between"]

Key = tuple[str, str, str, str]


class Window(StrEnum):
    """The windows for which rates are computed; all end now."""

    HOUR = "1h"
    DAY = "24h"
    WEEK = "7d"

    @property
    def seconds(self) -> float:
        """The window's length in seconds."""
        return {"1h": 3600.0, "24h": 86400.0, "7d": 604800.0}[self.value]


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """One share: among the applicable answers, how often the event happened; ``None`` while nothing is scored.

    ``scored`` counts samples, ``judged`` those with a judge's verdict, ``labelled`` those with a human one.
    ``applicable_ratio`` is the share of answers to which the event can apply. ``opted_out_ratio`` is the share of
    requests that opted out of observation. Not ``calibrated``: the ratio counts what the scorer flags, not the event
    itself.
    """

    scorer: str
    output: str
    app: str
    model: str
    ratio: float | None
    lower: float | None
    upper: float | None
    scored: int
    applicable_ratio: float | None
    judged: int = 0
    labelled: int = 0
    calibrated: bool = False
    opted_out_ratio: float | None = None


class _Sums:
    """The sums of one row."""

    def __init__(self) -> None:
        self.moments = Moments()
        self.samples = 0
        self.not_applicable = 0.0
        self.judged = 0
        self.labelled = 0

    def add(self, tally: Tally) -> None:
        self.moments += Moments(tally.clusters, tally.w, tally.y, tally.ww, tally.wy, tally.yy, squares=tally.squares)
        self.samples += tally.samples
        self.not_applicable += tally.not_applicable
        self.judged += tally.judged


def _opted_out(counts: Iterable[OptOut], label: Label) -> dict[tuple[str, str], float]:
    requests: dict[tuple[str, str], int] = defaultdict(int)
    opted: dict[tuple[str, str], int] = defaultdict(int)
    for count in counts:
        for app in (count.app, ALL):
            requests[app, label(count.model)] += count.requests
            opted[app, label(count.model)] += count.opted_out
    return {key: opted[key] / n for key, n in requests.items() if n}


def _rate(key: Key, sums: _Sums, opted_out: float | None, corrected: Estimate | None) -> Rate:
    scorer, output, app, model = key
    found = corrected or estimate(sums.moments)
    applicable = sums.moments.w + sums.not_applicable
    return Rate(
        scorer=scorer,
        output=output,
        app=app,
        model=model,
        ratio=found.ratio if found else None,
        lower=found.lower if found else None,
        upper=found.upper if found else None,
        scored=sums.samples,
        applicable_ratio=sums.moments.w / applicable if applicable > 0 else None,
        judged=sums.samples if (scorer, output) in JUDGE_OUTPUTS else sums.judged,
        labelled=sums.labelled,
        calibrated=corrected is not None,
        opted_out_ratio=opted_out,
    )


def compute(
    store: Store, window: Window, now: float, names: ModelNames | None = None, settled: bool = False
) -> list[Rate]:
    """The rates of samples that started in the ``window`` that ends at ``now`` (Unix s); see ``compute_between``."""
    return compute_between(store, now - window.seconds, now, names=names, settled=settled)


def compute_between(
    store: Store,
    since: float,
    until: float,
    imported: bool = False,
    names: ModelNames | None = None,
    settled: bool = False,
) -> list[Rate]:
    """The rates of samples that started in [since, until), Unix s, ordered by their keys.

    Only samples of traffic, or with ``imported`` only imported ones: the two are never mixed. There is a row for each
    (scorer, output, app, model) with a score, scored or unscored, and one for each model over all applications. Models
    without a place among ``names`` share the row of ``other``. A verdict ``unsure`` counts as an answer without the
    event. Outputs that are hints have no row. ``settled``: of what the tallies hold, see ``Store.tallies``. Blocking.
    """
    tallies = store.tallies(since, until, imported, settled)
    label = (names or ModelNames()).labels(_answers(tallies))
    sums: dict[Key, _Sums] = defaultdict(_Sums)
    for tally in tallies:
        if (tally.scorer, tally.output) in HINTS:
            continue
        for app in (tally.app, ALL):
            sums[tally.scorer, tally.output, app, label(tally.model)].add(tally)
    for (scorer, output, own, model), n in store.labelled(since, until, imported).items():
        for app in (own, ALL):
            if (key := (scorer, output, app, label(model))) in sums:
                sums[key].labelled += n
    opted = {} if imported else _opted_out(store.opt_outs(since, until, settled), label)
    corrected = correct(store, since, until, tallies, imported, label)
    return [_rate(key, sums[key], opted.get((key[2], key[3])), corrected.get(key)) for key in sorted(sums)]


def own_names(store: Store, since: float, until: float, names: ModelNames) -> frozenset[str]:
    """The models of samples in [since, until), Unix s, whose rates stand under their own names. Blocking."""
    answers = _answers(store.tallies(since, until))
    label = names.labels(answers)
    return frozenset(name for name in answers if label(name) == name) - {OTHER}


def _answers(tallies: Iterable[Tally]) -> dict[str, int]:
    """Model -> scores of answered requests. A name that a client invented has none."""
    found: dict[str, int] = defaultdict(int)
    for tally in tallies:
        found[tally.model] += tally.answered
    return found
