"""Multi-window burn rates: how many times too fast a budget is spent, and from which factor on somebody is told.

A tier says: this share of a month's budget is gone within its long window. The factor follows, share * month / window
(Google's SRE Workbook, chapter 5); an alert needs the factor over the long window and, so that it ends soon after the
cause, over the short one. Over all requests being bad the factor is 1 / (1 - objective): a tier above that can never
fire, however bad it gets, and is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

_HOUR = 3600.0
#: The budget's period.
PERIOD = 30 * 24 * _HOUR
_UNITS = {"m": 60.0, "h": _HOUR, "d": 24 * _HOUR}


class Unreachable(Exception):
    """A tier that can never fire for an objective; the message is one phrase."""


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier: ``budget`` is the share of the month's budget that is gone within ``long``."""

    severity: str
    long: str
    short: str
    budget: float
    wait: str
    keep: str

    @property
    def factor(self) -> float:
        """How many times faster than allowed the budget is spent."""
        return self.budget * PERIOD / seconds(self.long)

    def threshold(self, share: float) -> float:
        """The share of bad events above which the tier fires, for an objective of ``share`` good ones.

        Raises ``Unreachable`` when more than all of the events would have to be bad.
        """
        bad = round(self.factor * (1.0 - share), 6)
        if bad >= 1.0:
            highest = 1.0 / (1.0 - share)
            raise Unreachable(
                f"the {self.long} tier ({self.severity} at {self.factor:g} times too fast) can never fire for an "
                f"objective of {share:g}: with every event bad it is {highest:.3g} times"
            )
        return bad


#: From what must be looked at now to what can wait for the week.
TIERS = (
    Tier("page", "1h", "5m", 0.02, "2m", "5m"),
    Tier("page", "6h", "30m", 0.05, "5m", "15m"),
    Tier("ticket", "1d", "2h", 0.10, "15m", "1h"),
    Tier("ticket", "3d", "6h", 0.10, "1h", "1h"),
)
LONG = tuple(tier.long for tier in TIERS)
WINDOWS = tuple(dict.fromkeys(window for tier in TIERS for window in (tier.short, tier.long)))


def seconds(window: str) -> float:
    """A window as Prometheus writes it (``5m``, ``1h``, ``3d``) in seconds."""
    return float(window[:-1]) * _UNITS[window[-1]]


def reachable(share: float) -> tuple[list[tuple[Tier, float]], list[str]]:
    """The tiers of an objective with their thresholds, and a sentence for each that is refused."""
    kept: list[tuple[Tier, float]] = []
    refused: list[str] = []
    for tier in TIERS:
        try:
            kept.append((tier, tier.threshold(share)))
        except Unreachable as error:
            refused.append(str(error))
    return kept, refused
