"""The alert on experiments: one is decided, so nothing more is asked for it and somebody may act."""

from __future__ import annotations

from scorers.rules.document import PIPELINE, Alert
from scorers.rules.texts import WHOLE, Places, annotated, label, number, since

_DASHBOARD = "sightglass-behaviour"


def experiment_alerts(places: Places) -> list[Alert]:
    """The alerts of this file."""
    name, keys = "SightglassExperimentDecided", ("experiment", "verdict")
    pairs = "max(sightglass_experiment_pairs{experiment=%q})"
    lines = [
        f"Experiment {label('experiment')} says {label('verdict')} after "
        f"{number(pairs, ('experiment',), WHOLE)} conversations. Production is unchanged; act on it, or take the "
        "experiment out of the configuration.",
        since(name, keys),
    ]
    return [
        Alert(
            name,
            'max by (experiment, verdict) (sightglass_experiment_verdict{verdict=~"ship|do_not_ship"}) == 1',
            "ticket",
            PIPELINE,
            "0m",
            "15m",
            annotated(name, places, f"{label('experiment')} is decided: {label('verdict')}", lines, _DASHBOARD),
        )
    ]
