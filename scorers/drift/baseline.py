"""The healthy range of a signal by time of the week, with its uncertainty.

Traffic differs between day and night and at weekends. So a baseline counts by stratum (six blocks of four hours,
weekdays and weekends apart, UTC), and traffic is compared stratum by stratum: an ordinary night is not drift. A
stratum's own share is shrunk towards the share over all strata. The less the strata differ, the stronger the shrinkage
(DerSimonian and Laird 1986).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache

DAY = 86400.0
#: Seconds of a block of hours; a day has six.
_HOURS = 4 * 3600.0
#: One-sided, 95 %. A bound that is missed is missed by little, and so small a drift takes months to an alarm: simulated
#: months have a tenth of the false tickets that the budget allows, and wider bounds cost delay.
Z = 1.6449
#: The key of the bounds for a stratum without baseline data.
UNSEEN = -1

Bounds = tuple[float, float]


def stratum(at: float) -> int:
    """The stratum of a time (Unix s): 0 to 5 on weekdays, 6 to 11 at weekends."""
    return _stratum(at // _HOURS)


@lru_cache(maxsize=256)
def _stratum(block: float) -> int:
    days, of_day = divmod(int(block), 6)
    return of_day + (6 if (days + 3) % 7 >= 5 else 0)


def wilson(p: float, n: float, z: float = Z) -> Bounds:
    """Wilson's bounds of a share ``p`` that was estimated from ``n`` values."""
    spread = z * z / n
    centre = (p + spread / 2) / (1 + spread)
    half = math.sqrt(spread * (p * (1 - p) + spread / 4)) / (1 + spread)
    return max(0.0, centre - half) if p > 0 else 0.0, min(1.0, centre + half) if p < 1 else 1.0


def spread_between(strata: Mapping[int, tuple[float, float]]) -> float:
    """The variance of the true shares between strata; ``strata``: (values, hits) of each."""
    total = math.fsum(n for n, _ in strata.values())
    p = (math.fsum(hits for _, hits in strata.values()) + 0.5) / (total + 1)
    degrees = sum(n > 0 for n, _ in strata.values()) - 1
    scale = total - math.fsum(n * n for n, _ in strata.values()) / total if total else 0.0
    if degrees < 1 or scale <= 0:
        return 0.0
    q = math.fsum(n * (hits / n - p) ** 2 for n, hits in strata.values() if n > 0) / (p * (1 - p))
    # Half a standard error of q on top: to believe in less variety than there is costs false alarms every night.
    return max(0.0, q - degrees + math.sqrt(degrees / 2)) * p * (1 - p) / scale


def bounds(strata: Mapping[int, tuple[float, float]], z: float = Z) -> dict[int, Bounds]:
    """Bounds of the healthy mean in each stratum, and in a stratum without data (``UNSEEN``).

    ``strata``: stratum -> (values, sum of the values, each in [0, 1]). Raises ``ValueError`` when there are none.
    """
    total = math.fsum(n for n, _ in strata.values())
    if total <= 0:
        raise ValueError("a baseline of nothing")
    raw = min(1.0, max(0.0, math.fsum(hits for _, hits in strata.values()) / total))
    p = (raw * total + 0.5) / (total + 1)  # a share of exactly 0 or 1 has some variance too
    between = spread_between(strata)
    whole = p * (1 - p) / total
    found: dict[int, Bounds] = {}
    for name, (n, hits) in [*strata.items(), (UNSEEN, (0.0, 0.0))]:
        within = p * (1 - p) / n if n > 0 else math.inf
        own = between / (between + within) if between else 0.0
        mean = own * (hits / n if n > 0 else 0.0) + (1 - own) * raw
        variance = (own * within if n > 0 else between) + (1 - own) ** 2 * whole
        found[name] = wilson(min(1.0, max(0.0, mean)), max(1.0, min(total, p * (1 - p) / variance)), z)
    return found


def expected(strata: Mapping[int, Mapping[int, float]], seen: Mapping[int, float]) -> tuple[dict[int, float], float]:
    """The baseline's shares by cell for traffic with ``seen`` values in each stratum, and the equivalent sample size.

    A stratum with fewer than 30 baseline values is filled up from all strata together. The size is that of a simple
    random sample that would estimate the shares equally well.
    """
    pooled: dict[int, float] = {}
    for counts in strata.values():
        for cell, count in counts.items():
            pooled[cell] = pooled.get(cell, 0.0) + count
    total = math.fsum(pooled.values())
    n = math.fsum(seen.values())
    shares = dict.fromkeys(pooled, 0.0)
    inverse = 0.0
    for name, count in seen.items():
        own = strata.get(name, {})
        size = math.fsum(own.values())
        lent = min(total, max(0.0, 30.0 - size))
        weight = count / n
        for cell, whole in pooled.items():
            shares[cell] += weight * (own.get(cell, 0.0) + lent * whole / total) / (size + lent)
        inverse += weight * weight / (size if size >= 30.0 else total)
    return shares, max(1.0, 1.0 / inverse if inverse else total)
