"""Alerts on the way of samples: dropped, late, given up, a component out of order. Traffic itself is not touched."""

from __future__ import annotations

from collections.abc import Sequence

from scorers.rules.document import PIPELINE, Alert
from scorers.rules.limits import BEHIND_SECONDS, DROPPED, LEAST
from scorers.rules.texts import WHOLE, Places, annotated, label, number, since


def pipeline_alerts(places: Places) -> list[Alert]:
    """The alerts of this file."""
    return [_dropped(places), _behind(places), _dead(places), _degraded(places), _rows(places), _telemetry(places)]


def _ticket(name: str, expr: str, places: Places, summary: str, said: str, keys: Sequence[str] = ()) -> Alert:
    lines = [said, since(name, keys)]
    texts = annotated(name, places, summary, lines, "sightglass-pipeline")
    return Alert(name, expr, "ticket", PIPELINE, "5m", "15m", texts)


def _dropped(places: Places) -> Alert:
    decisions = "sum(increase(sightglass_sampling_decisions_total[15m]))"
    dropped = 'sum by (decision) (increase(sightglass_sampling_decisions_total{decision=~"dropped_.*"}[15m]))'
    return _ticket(
        "SightglassSamplesDropped",
        f"{dropped} / on () group_left () {decisions} > {DROPPED:g}\nand on () {decisions} >= {LEAST}",
        places,
        f"samples are lost: {label('decision')}",
        f"{{{{ $value | humanizePercentage }}}} of requests lost their sample over 15m ({label('decision')}, "
        f"n = {number(decisions, shown=WHOLE)}). Requests were still answered. Rates are based on fewer samples.",
        ("decision",),
    )


def _behind(places: Places) -> Alert:
    return _ticket(
        "SightglassScoringBehind",
        f"max by (scorer) (sightglass_queue_oldest_age_seconds) > {BEHIND_SECONDS}",
        places,
        f"{label('scorer')} is behind",
        f"The oldest sample that {label('scorer')} has not finished is {{{{ $value | humanizeDuration }}}} old "
        f"({number('sum(sightglass_queue_depth{scorer=%q})', ('scorer',), WHOLE)} wait).",
        ("scorer",),
    )


def _dead(places: Places) -> Alert:
    return _ticket(
        "SightglassDeadLetters",
        "max by (group) (sightglass_dead_letters) > 0",
        places,
        f"dead letters of {label('group')}",
        f"{label('group')} gave up on {{{{ $value }}}} items. "
        f"`sightglass dead list --group {label('group')}` shows why.",
        ("group",),
    )


def _degraded(places: Places) -> Alert:
    return _ticket(
        "SightglassDegraded",
        "max by (component, instance) (sightglass_degraded) == 1",
        places,
        f"{label('component')} does not work at {label('instance')}",
        f"{label('component')} is out of order at {label('instance')}. Requests are still forwarded.",
        ("component", "instance"),
    )


def _rows(places: Places) -> Alert:
    return _ticket(
        "SightglassRowsDropped",
        "sum(increase(sightglass_rows_dropped_total[15m])) > 0",
        places,
        "rows of requests are lost",
        '{{ $value | printf "%.0f" }} rows of requests did not reach the queue over 15m. '
        "They are missing from the ledger.",
    )


def _telemetry(places: Places) -> Alert:
    return _ticket(
        "SightglassTelemetryDropped",
        "sum by (signal, reason) (increase(sightglass_telemetry_dropped_total[15m])) > 0",
        places,
        f"OpenTelemetry {label('signal')} are lost: {label('reason')}",
        f'{{{{ $value | printf "%.0f" }}}} {label("signal")} did not reach the collector over 15m ({label("reason")}).',
        ("signal", "reason"),
    )
