"""Alerts on what answers cost: answers whose cost is not known, and models that are about to be shut down."""

from __future__ import annotations

from scorers.rules.document import PIPELINE, Alert
from scorers.rules.limits import LEAST, SHUTDOWN_SECONDS
from scorers.rules.texts import Places, annotated, label, since

_DASHBOARD = "sightglass-cost-latency"


def money_alerts(places: Places) -> list[Alert]:
    """The alerts of this file."""
    return [_unpriced(places), _shutdown(places)]


def _unpriced(places: Places) -> Alert:
    name, keys = "SightglassUnpriced", ("model", "reason")
    lines = [
        f'{{{{ $value | printf "%.0f" }}}} answers of {label("model")} over 1h have no known cost '
        f"({label('reason')}). They are missing from every cost total. "
        "`sightglass prices check` prints the line to add.",
        since(name, keys),
    ]
    return Alert(
        name,
        f"sum by (model, reason) (increase(sightglass_unpriced_reasons_total[1h])) >= {LEAST}",
        "ticket",
        PIPELINE,
        "5m",
        "15m",
        annotated(name, places, f"{label('model')} is unpriced: {label('reason')}", lines, _DASHBOARD),
    )


def _shutdown(places: Places) -> Alert:
    """Only of a model that is asked for: a list names many that nobody uses."""
    name, keys = "SightglassModelShutdown", ("upstream", "model")
    by = "by (upstream, model)"
    left = f"max {by} (sightglass_model_shutdown_timestamp_seconds) - time()"
    asked_for = f"sum {by} (increase(sightglass_requests_total[1d])) > 0"
    ahead = "{{ if ge $value 0.0 }}"
    said = (
        f"{ahead}{label('upstream')} shuts {label('model')} down in {{{{ $value | humanizeDuration }}}}"
        f"{{{{ else }}}}The day on which {label('upstream')} shuts {label('model')} down has passed{{{{ end }}}}. "
        "Requests of the last day still asked for it."
    )
    lines = [said, since(name, keys)]
    summary = f"{label('model')} {ahead}is about to be shut down{{{{ else }}}}may be shut down already{{{{ end }}}}"
    return Alert(
        name,
        f"{left} < {SHUTDOWN_SECONDS}\nand on (upstream, model) {asked_for}",
        "ticket",
        PIPELINE,
        "5m",
        "15m",
        annotated(name, places, summary, lines, _DASHBOARD),
    )
