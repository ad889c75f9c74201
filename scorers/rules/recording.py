"""Recording rules: shares of bad events over the windows of the tiers, each with its number and its 95 % interval."""

from __future__ import annotations

from scorers.rules.burn import LONG, WINDOWS
from scorers.rules.document import Record

MISSED = "app_signal:sightglass_objective_missed"
FLAGGED = "app_output:sightglass_verdict_yes"
DRIFTED = "signal:sightglass_drift_current"
_Z = 1.959964


def wilson(share: str, number: str, sign: str) -> str:
    """One end (``-`` lower, ``+`` upper) of the 95 % Wilson interval of a share of ``number`` events, as PromQL."""
    half = f"{_Z} * sqrt(({share} * (1 - {share}) + {_Z * _Z / 4:.6f} / {number}) / {number})"
    return f"({share} + {_Z * _Z / 2:.6f} / {number} {sign} {half}) / (1 + {_Z * _Z:.6f} / {number})"


def _family(stem: str, by: str, bad: str, total: str, counted: str) -> list[Record]:
    """Shares of ``bad`` in ``total`` over every window; over the long ones with its number and interval."""
    records = []
    for window in WINDOWS:
        whole = f"sum by ({by}) (rate({total}[{window}]))"
        # Where nothing was bad there is no series of it, and the share is 0.
        records.append(
            Record(
                f"{stem}:ratio_rate{window}", f"(sum by ({by}) (rate({bad}[{window}])) or 0 * {whole}) / ({whole} > 0)"
            )
        )
    for window in LONG:
        share, number = f"{stem}:ratio_rate{window}", f"{stem}:increase{window}"
        records.append(Record(number, f"sum by ({by}) (increase({counted}[{window}]))"))
        for name, sign in (("lower", "-"), ("upper", "+")):
            records.append(Record(f"{stem}:{name}{window}", wilson(share, f"({number} > 0)", sign)))
    return records


def objectives() -> list[Record]:
    """Missed latency objectives, by application and signal. Every request is counted."""
    total = "sightglass_objective_total"
    return _family(MISSED, "app, signal", f'{total}{{result="missed"}}', total, total)


def verdicts() -> list[Record]:
    """Flagged answers, by application and output.

    The share is weighted and so estimates all traffic; its number is that of the uniform stratum alone, since what
    rare strata add is many samples for little weight.
    """
    total = "sightglass_verdicts_estimated_total"
    counted = 'sightglass_scored_samples_total{stratum="uniform"}'
    return _family(FLAGGED, "scorer, output, app", f'{total}{{verdict="yes"}}', total, counted)


def drift() -> list[Record]:
    """The interval of what a signal shows now; ``max``, because two workers show it while one takes over."""
    by = "max by (signal, app, model)"
    share, number = f"{by} (sightglass_drift_current_ratio)", f"({by} (sightglass_drift_current_samples) > 0)"
    return [Record(f"{DRIFTED}:{name}", wilson(share, number, sign)) for name, sign in (("lower", "-"), ("upper", "+"))]
