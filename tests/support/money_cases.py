"""Cases of the alerts on money: healthy, bad but few, and bad; what is said."""

from __future__ import annotations

from support.alerting import Case

_REASON = 'sightglass_unpriced_reasons_total{model="lamp-1",reason="%s"}'
_END = 'sightglass_model_shutdown_timestamp_seconds{upstream="openai",model="lamp-1"}'
_ASKED = 'sightglass_requests_total{app="bot",upstream="openai",operation="chat",model="lamp-1",outcome="ok"}'
_VERDICT = 'sightglass_experiment_verdict{experiment="thrifty",verdict="%s"}'
_PAIRS = 'sightglass_experiment_pairs{experiment="thrifty",outcome="refusal.refused"}'
_YEAR, _WEEK = 365 * 86400, 7 * 86400

CASES = [
    Case(
        alert="SightglassUnpriced",
        healthy={_REASON % "no_price": 0, _REASON % "service_tier": 0},
        few={_REASON % "no_price": 0, _REASON % "service_tier": 0.4},
        bad={_REASON % "no_price": 0, _REASON % "service_tier": 6},
        labels={"severity": "ticket", "category": "pipeline", "model": "lamp-1", "reason": "service_tier"},
        summary="lamp-1 is unpriced: service_tier",
        description=[
            "240 answers of lamp-1 over 1h have no known cost (service_tier). They are missing from every cost total. "
            "`sightglass prices check` prints the line to add.",
            "Since: 1970-01-01 00:24:00 +0000 UTC",
        ],
        dashboard="sightglass-cost-latency",
        after=90,
    ),
    Case(
        alert="SightglassModelShutdown",
        healthy={_END: _YEAR, _ASKED: 5},
        few={_END: _WEEK, _ASKED: 0},
        bad={_END: _WEEK, _ASKED: 5},
        labels={"severity": "ticket", "category": "pipeline", "upstream": "openai", "model": "lamp-1"},
        summary="lamp-1 is about to be shut down",
        description=[
            "openai shuts lamp-1 down in 6d 23h 1m 0s. Requests of the last day still asked for it.",
            "Since: 1970-01-01 00:20:00 +0000 UTC",
        ],
        dashboard="sightglass-cost-latency",
        after=90,
    ),
    Case(
        alert="SightglassModelShutdown",
        healthy={_END: _YEAR, _ASKED: 5},
        few={_END: 600, _ASKED: 0},
        bad={_END: 600, _ASKED: 5},
        labels={"severity": "ticket", "category": "pipeline", "upstream": "openai", "model": "lamp-1"},
        summary="lamp-1 may be shut down already",
        description=[
            "The day on which openai shuts lamp-1 down has passed. Requests of the last day still asked for it.",
            "Since: 1970-01-01 00:20:00 +0000 UTC",
        ],
        dashboard="sightglass-cost-latency",
        after=90,
    ),
    Case(
        alert="SightglassExperimentDecided",
        healthy={_VERDICT % "undecided": 1, _VERDICT % "ship": 0, _PAIRS: 412},
        few={_VERDICT % "undecided": 1, _VERDICT % "ship": 0, _PAIRS: 12},
        bad={_VERDICT % "undecided": 0, _VERDICT % "ship": 1, _PAIRS: 412},
        labels={"severity": "ticket", "category": "pipeline", "experiment": "thrifty", "verdict": "ship"},
        summary="thrifty is decided: ship",
        description=[
            "Experiment thrifty says ship after 412 conversations. Production is unchanged; act on it, or take the "
            "experiment out of the configuration.",
            "Since: 1970-01-01 00:20:00 +0000 UTC",
        ],
        dashboard="sightglass-behaviour",
        after=90,
    ),
]
