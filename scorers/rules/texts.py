"""What alerts say, as Prometheus's templates: from what to what, since when, what changed, where to look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

PERCENT, WHOLE, MONEY, TIME = "humanizePercentage", 'printf "%.0f"', 'printf "%.2f"', "humanizeTimestamp"


@dataclass(frozen=True, slots=True)
class Places:
    """Where links go: URLs without a final slash. ``runbook`` is the page with a section for each alert; in the
    repository, until ``--runbook-url`` says where it is published."""

    console: str = "http://127.0.0.1:8082"
    grafana: str = "http://127.0.0.1:3000"
    runbook: str = "docs/operations.md"


def label(name: str) -> str:
    """The alert's label."""
    return f"{{{{ $labels.{name} }}}}"


def asked(query: str, labels: Sequence[str] = ()) -> str:
    """A template's query: each ``%q`` in it is replaced by one of the alert's labels."""
    if not labels:
        return f"query `{query}`"
    return f"printf `{query}` {' '.join(f'$labels.{name}' for name in labels)} | query"


def number(query: str, labels: Sequence[str] = (), shown: str = PERCENT, absent: str = "unknown") -> str:
    """The one number that a query gives."""
    told = f"{{{{ . | first | value | {shown} }}}}"
    return f"{{{{ with {asked(query, labels)} }}}}{told}{{{{ else }}}}{absent}{{{{ end }}}}"


def most(query: str, labels: Sequence[str], name: str) -> str:
    """The value of label ``name`` on the first series that a query gives."""
    return (
        f'{{{{ with {asked(query, labels)} }}}}{{{{ . | first | label "{name}" }}}}{{{{ else }}}}unknown{{{{ end }}}}'
    )


def since(alert: str, labels: Sequence[str], fixed: str = "") -> str:
    """When its condition began to hold. Prometheus keeps that in a series of its own from the second evaluation on."""
    matchers = ",".join([f'alertname="{alert}"', *([fixed] if fixed else []), *(f"{name}=%q" for name in labels)])
    return "Since: " + number(f"ALERTS_FOR_STATE{{{matchers}}}", labels, TIME, "just now")


def changed(model: bool) -> str:
    """What changed within a day: at the provider, in the prompts, here. ``model``: only of the alert's model."""
    chosen, labels = ("{model=%q}", ["model"]) if model else ("", [])
    series = f"max by (model, kind) (sightglass_upstream_change_timestamp_seconds{chosen})"
    upstream = asked(f"sort_desc(topk(5, {series} > time() - 86400))", labels)
    ours = asked("max(sightglass_config_reload_timestamp_seconds) > time() - 86400")
    each = "{{ .Labels.kind }} of {{ .Labels.model }} at {{ .Value | humanizeTimestamp }}; "
    told = "Sightglass started or reloaded its configuration at {{ .Value | humanizeTimestamp }}"
    return (
        f"Changes in the last day: {{{{ range {upstream} }}}}{each}{{{{ else }}}}"
        f"no change at the provider; {{{{ end }}}}"
        f"{{{{ range {ours} }}}}{told}{{{{ else }}}}no restart of Sightglass{{{{ end }}}}"
    )


def annotated(
    alert: str, places: Places, summary: str, lines: Sequence[str], dashboard: str, samples: str = ""
) -> dict[str, str]:
    """The annotations of one alert. ``dashboard`` is a uid; ``samples`` the console's path with its query."""
    found = {"summary": summary, "description": "\n".join(lines)}
    if samples:
        found["samples_url"] = f"{places.console}{samples}"
    found["dashboard_url"] = f"{places.grafana}/d/{dashboard}"
    found["runbook_url"] = f"{places.runbook}#{alert.lower()}"
    return found
