"""The part of the table of metrics about what requests of our own found: experiments, stability, probes."""

from __future__ import annotations

from proxy.telemetry.metric import Metric, bounded

_VERSION = ("app", "model")
_PROBE = ("app", "model", "battery")
_OUTCOME = ("experiment", "outcome")

EXPERIMENTS: tuple[Metric, ...] = (
    Metric("sightglass_experiment_mean", "gauge", "Candidate better 1, worse -1: the mean.", _OUTCOME, side="worker"),
    Metric("sightglass_experiment_lower", "gauge", "Lower end of its confidence sequence.", _OUTCOME, side="worker"),
    Metric("sightglass_experiment_upper", "gauge", "Upper end of its confidence sequence.", _OUTCOME, side="worker"),
    Metric("sightglass_experiment_pairs", "gauge", "Conversations that it is known of.", _OUTCOME, side="worker"),
    Metric(
        "sightglass_experiment_verdict",
        "gauge",
        "1 at the verdict of the experiment, 0 at the others.",
        ("experiment", "verdict"),
        side="worker",
    ),
)
STABILITY: tuple[Metric, ...] = (
    *bounded("sightglass_stability_noise_ratio", "Share of pairs of answers to the same words that differ.", _VERSION),
    *bounded("sightglass_stability_wording_ratio", "How much oftener answers to other words differ.", _VERSION),
    Metric(
        "sightglass_stability_deaf_ratio",
        "gauge",
        "Share of answers that ignored a changed meaning.",
        _VERSION,
        side="worker",
    ),
    Metric("sightglass_stability_prompts", "gauge", "Prompts behind these shares.", _VERSION, side="worker"),
)
PROBES: tuple[Metric, ...] = (
    *bounded("sightglass_probe_success_ratio", "Share of attacks that got through, or of right behaviours.", _PROBE),
    Metric("sightglass_probe_attacks", "gauge", "Answered attacks or questions behind it.", _PROBE, side="worker"),
)
