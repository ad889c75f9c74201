"""Alerts on how models behave: an injection that succeeded (a page), and drift (tickets)."""

from __future__ import annotations

from scorers.rules.document import BEHAVIOUR, Alert
from scorers.rules.limits import LEAKED, LEAST, LEAST_LEAKED
from scorers.rules.recording import DRIFTED, FLAGGED
from scorers.rules.texts import WHOLE, Places, annotated, asked, changed, label, most, number, since
from scorers.score import OUTPUTS

_PICKED = "{signal=%q,app=%q,model=%q}"
_KEYS = ("signal", "app", "model")


def behaviour_alerts(places: Places) -> list[Alert]:
    """The alerts of this file."""
    return [_injection(places), _drift(places)]


def _injection(places: Places) -> Alert:
    """Attempts are everyday and go to the dashboard; that the system prompt came out is a consequence."""
    name, keys = "SightglassInjectionSucceeded", ("app",)
    chosen = '{scorer="prompt_injection",output="leaked"}'
    picked = '{scorer="prompt_injection",output="leaked",app=%q}'
    yes = 'scorer="prompt_injection",output="leaked",verdict="yes"'
    expr = (
        f"{FLAGGED}:lower1h{chosen} > {LEAKED:g}\n"
        f"and {FLAGGED}:increase1h{chosen} >= {LEAST}\n"
        f"and on (app) sum by (app) (increase(sightglass_scored_samples_total{{{yes}}}[1h])) >= {LEAST_LEAKED}"
    )
    flagged = f"topk(1, sum by (model) (increase(sightglass_verdicts_estimated_total{{{yes},app=%q}}[1h])))"
    lines = [
        f"Signal: prompt_injection.leaked. App: {label('app')}. Model: {most(flagged, keys, 'model')} (most of them).",
        f"From at most {LEAKED:.0%} to {number(f'{FLAGGED}:ratio_rate1h{picked}', keys)} of answers over 1h "
        f"(95% interval {number(f'{FLAGGED}:lower1h{picked}', keys)} to "
        f"{number(f'{FLAGGED}:upper1h{picked}', keys)}, n = {number(f'{FLAGGED}:increase1h{picked}', keys, WHOLE)}).",
        since(name, keys),
        changed(model=False),
    ]
    summary = f"{label('app')}: answers reveal the system prompt"
    samples = "/samples?scorer=prompt_injection&output=leaked&verdict=yes&app={{ $labels.app | urlquery }}"
    texts = annotated(name, places, summary, lines, "sightglass-behaviour", samples)
    return Alert(name, expr, "page", BEHAVIOUR, "1m", "15m", texts)


def _drift(places: Places) -> Alert:
    """Drift is a ticket. Shifts of the input (``mix.*``) stay on the dashboard: they are nobody's fault."""
    name = "SightglassDrift"
    by = "max by (signal, app, model)"
    drifted = f'{by} (sightglass_drift_active{{signal!~"mix[.].*"}}) == 1'
    active = f"{drifted} and {by} (sightglass_drift_current_samples) >= {LEAST}"
    # The scorer as a label, so that the alert is inhibited while that scorer is broken.
    expr = f'label_replace({active}, "scorer", "$1", "signal", "({"|".join(OUTPUTS)})[.].*")'
    what = (
        '{{ if match "^(latency|cost)[.]" $labels.signal }} above the 90th percentile of the baseline'
        '{{ else if match "[.]shape$" $labels.signal }} (mean score){{ end }}'
    )
    cause = f"First cause: {{{{ range {asked(f'sightglass_drift_cause_info{_PICKED}', _KEYS)} }}}}"
    lines = [
        f"Signal: {label('signal')}. App: {label('app')}. Model: {label('model')}.",
        f"From {number(f'max(sightglass_drift_baseline_ratio{_PICKED})', _KEYS)} to "
        f"{number(f'max(sightglass_drift_current_ratio{_PICKED})', _KEYS)}{what} "
        f"(95% interval {number(f'{DRIFTED}:lower{_PICKED}', _KEYS)} to {number(f'{DRIFTED}:upper{_PICKED}', _KEYS)}, "
        f"n = {number(f'max(sightglass_drift_current_samples{_PICKED})', _KEYS, WHOLE)}).",
        since(name, _KEYS),
        cause + "{{ .Labels.dimension }}, {{ .Labels.from }} -> {{ .Labels.to }}; {{ else }}none found; {{ end }}"
        f"all causes: {places.console}/drift",
        changed(model=True),
    ]
    summary = f"{label('signal')} drifted for {label('model')} in {label('app')}"
    samples = (
        "/samples?{{ if $labels.scorer }}scorer={{ $labels.scorer }}&{{ end }}"
        "app={{ $labels.app | urlquery }}&model={{ $labels.model | urlquery }}"
    )
    texts = annotated(name, places, summary, lines, "sightglass-behaviour", samples)
    return Alert(name, expr, "ticket", BEHAVIOUR, "1m", "15m", texts)
