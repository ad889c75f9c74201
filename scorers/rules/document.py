"""Rules as values, and as the files that Prometheus reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import yaml

#: Alerts about a scorer's verdicts are of this category: they are inhibited while their scorer is broken.
BEHAVIOUR, OBJECTIVE, PIPELINE, META = "behaviour", "objective", "pipeline", "meta"


@dataclass(frozen=True, slots=True)
class Record:
    """A recording rule."""

    name: str
    expr: str

    def as_rule(self) -> dict[str, object]:
        """As Prometheus writes it."""
        return {"record": self.name, "expr": self.expr}


@dataclass(frozen=True, slots=True)
class Alert:
    """An alerting rule. Its labels are stable: what changes from one evaluation to the next stands in the texts."""

    name: str
    expr: str
    severity: str
    category: str
    wait: str
    keep: str
    annotations: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)

    def as_rule(self) -> dict[str, object]:
        """As Prometheus writes it."""
        return {
            "alert": self.name,
            "expr": self.expr,
            "for": self.wait,
            "keep_firing_for": self.keep,
            "labels": {"severity": self.severity, "category": self.category, **self.labels},
            "annotations": dict(self.annotations),
        }


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks, so that a person can read them."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def render(name: str, rules: Sequence[Record | Alert], interval: str, notes: Sequence[str] = ()) -> str:
    """One rule file with one group; ``notes`` stand in its head."""
    head = ["Written by `sightglass rules`; write it again instead of changing it.", *notes]
    group = {"name": f"sightglass-{name}", "interval": interval, "rules": [rule.as_rule() for rule in rules]}
    body = yaml.dump({"groups": [group]}, Dumper=_Dumper, sort_keys=False, width=10_000, allow_unicode=True)
    return "".join(f"# {line}\n" for line in head) + body
