"""Alerts on upstreams: one that fails requests, and one that refuses them for rate limits. Every request is counted."""

from __future__ import annotations

from dataclasses import dataclass

from scorers.rules.document import OBJECTIVE, Alert
from scorers.rules.limits import LEAST, RATE_LIMITED, RATE_LIMITED_LONG, UPSTREAM_FAILING, UPSTREAM_FAILING_LONG
from scorers.rules.texts import WHOLE, Places, annotated, changed, label, number, since

_KEYS = ("upstream", "app", "model")
_PICKED = "upstream=%q,app=%q,model=%q"


@dataclass(frozen=True, slots=True)
class _Rule:
    """One rule: above this share of ``outcomes`` over ``window``. It is a tier of its alert, named by its window.

    The share must be as high over ``short`` too, a window that is shorter than ``wait``: a burst that lasts no longer
    than the difference of the two fires nothing.
    """

    alert: str
    outcomes: str
    share: float
    window: str
    short: str
    severity: str
    wait: str
    keep: str
    signal: str
    summary: str


def upstream_alerts(places: Places) -> list[Alert]:
    """The alerts of this file."""
    return [_alert(rule, places) for rule in (*_FAILING, *_LIMITED)]


#: Window, short window, severity, wait and keep of the tiers of an alert: now, and for long.
_TIERS = (("10m", "3m", "page", "5m", "5m"), ("1h", "10m", "ticket", "15m", "15m"))
_FAILING = tuple(
    _Rule(
        "SightglassUpstreamFailing",
        'outcome=~"upstream_error|timeout|stream_incomplete"',
        share,
        *tier,
        signal="failed requests",
        summary=f"{label('upstream')} fails requests of {label('app')} for {label('model')}",
    )
    for share, tier in zip((UPSTREAM_FAILING, UPSTREAM_FAILING_LONG), _TIERS, strict=True)
)
#: Clients try again after a 429, so that a few hurt nobody. Sightglass answers none of its own.
_LIMITED = tuple(
    _Rule(
        "SightglassUpstreamRateLimited",
        'outcome="rate_limited"',
        share,
        *tier,
        signal="requests refused for rate limits (429)",
        summary=f"{label('upstream')} refuses requests of {label('app')} for {label('model')}: rate limits",
    )
    for share, tier in zip((RATE_LIMITED, RATE_LIMITED_LONG), _TIERS, strict=True)
)


def _share(outcomes: str, window: str) -> tuple[str, str]:
    """The share of these outcomes, and the number of requests, over a window."""
    by = f"sum by ({', '.join(_KEYS)})"
    total = f"{by} (increase(sightglass_requests_total[{window}]))"
    return f"{by} (increase(sightglass_requests_total{{{outcomes}}}[{window}])) / {total}", total


def _alert(rule: _Rule, places: Places) -> Alert:
    window, bad = rule.window, rule.outcomes
    share, total = _share(bad, window)
    soon = _share(bad, rule.short)[0]
    expr = f"{share} > {rule.share:g}\nand {total} >= {LEAST}\nand {soon} > {rule.share:g}"
    before = (
        f"sum(increase(sightglass_requests_total{{{_PICKED},{bad}}}[1d] offset 1h)) / "
        f"(sum(increase(sightglass_requests_total{{{_PICKED}}}[1d] offset 1h)) > 0)"
    )
    # Both queries of the division take the same labels.
    twice = (*_KEYS, *_KEYS)
    sizes = f"sum(increase(sightglass_requests_total{{{_PICKED}}}[{window}]))"
    lines = [
        f"Signal: {rule.signal}. Upstream: {label('upstream')}. App: {label('app')}. Model: {label('model')}.",
        f"From {number(before, twice, absent='no requests')} the day before to "
        f"{{{{ $value | humanizePercentage }}}} over {window} "
        f"(n = {number(sizes, _KEYS, WHOLE)}; every request is counted).",
        since(rule.alert, _KEYS, f'tier="{window}"'),
        changed(model=True),
    ]
    texts = annotated(rule.alert, places, rule.summary, lines, "sightglass-overview")
    return Alert(rule.alert, expr, rule.severity, OBJECTIVE, rule.wait, rule.keep, texts, {"tier": window})
