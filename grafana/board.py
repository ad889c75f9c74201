"""A dashboard: rows of panels, variables, links to the other dashboards, and annotations of upstream changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from grafana.panels import SOURCE, Json, Panel

_WIDE = 24


@dataclass(frozen=True, slots=True)
class Row:
    """A row under a heading. Panels wrap when the row is full. ``height`` is in Grafana's grid units (30 px)."""

    title: str
    panels: Sequence[Panel]
    height: int = 8


@dataclass(frozen=True, slots=True)
class Variable:
    """A choice of label values. ``query`` is Prometheus's ``label_values(...)``."""

    name: str
    title: str
    query: str
    multi: bool = True
    chosen: str = ""

    def as_json(self) -> Json:
        """The variable in Grafana's templating format."""
        everything: Json = {"selected": True, "text": ["All"], "value": ["$__all"]}
        one: Json = {"selected": True, "text": self.chosen, "value": self.chosen}
        return {
            "name": self.name,
            "label": self.title,
            "type": "query",
            "datasource": SOURCE,
            "definition": self.query,
            "query": {"query": self.query, "refId": f"variable-{self.name}"},
            "refresh": 2,
            "sort": 1,
            "multi": self.multi,
            "includeAll": self.multi,
            "allValue": ".*" if self.multi else None,
            "current": everything if self.multi else one,
            "hide": 0,
            "options": [],
            "regex": "",
            "skipUrlSync": False,
        }


APP = Variable("app", "Application", "label_values(sightglass_requests_total, app)")
MODEL = Variable("model", "Model", "label_values(sightglass_requests_total, model)")


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard."""

    uid: str
    title: str
    description: str
    rows: Sequence[Row]
    variables: Sequence[Variable] = field(default_factory=tuple)
    span: str = "now-24h"

    def as_json(self) -> Json:
        """The classic model, as a file for provisioning."""
        return {
            "uid": self.uid,
            "title": f"Sightglass / {self.title}",
            "description": self.description,
            "tags": ["sightglass"],
            "schemaVersion": 39,
            "version": 1,
            "editable": True,
            "graphTooltip": 1,
            "refresh": "30s",
            "time": {"from": self.span, "to": "now"},
            "timezone": "browser",
            "fiscalYearStartMonth": 0,
            "weekStart": "",
            "liveNow": False,
            "links": [_LINKS],
            "annotations": {"list": [_CHANGES]},
            "templating": {"list": [_DATASOURCE, *(variable.as_json() for variable in self.variables)]},
            "panels": self._panels(),
        }

    def _panels(self) -> list[Json]:
        found: list[Json] = []
        top = 0
        for row in self.rows:
            found.append(_heading(len(found) + 1, row.title, top))
            top, left = top + 1, 0
            for panel in row.panels:
                if left + panel.width > _WIDE:
                    top, left = top + row.height, 0
                grid = {"x": left, "y": top, "w": panel.width, "h": row.height}
                found.append(panel.as_json(len(found) + 1, grid))
                left += panel.width
            top += row.height
        return found


def _heading(number: int, title: str, top: int) -> Json:
    grid = {"x": 0, "y": top, "w": _WIDE, "h": 1}
    return {"id": number, "type": "row", "title": title, "collapsed": False, "gridPos": grid, "panels": []}


_DATASOURCE: Json = {
    "name": "datasource",
    "label": "Data source",
    "type": "datasource",
    "query": "prometheus",
    "current": {},
    "hide": 0,
    "includeAll": False,
    "multi": False,
    "options": [],
    "refresh": 1,
    "regex": "",
    "skipUrlSync": False,
}
_LINKS: Json = {
    "title": "Sightglass",
    "type": "dashboards",
    "tags": ["sightglass"],
    "asDropdown": False,
    "includeVars": True,
    "keepTime": True,
    "targetBlank": False,
    "icon": "external link",
    "tooltip": "",
    "url": "",
}
_CHANGES: Json = {
    "name": "Upstream changes",
    "datasource": SOURCE,
    "enable": True,
    "hide": False,
    "iconColor": "#8F3BB8",
    "expr": "sightglass_upstream_change_timestamp_seconds * 1000",
    "useValueForTime": True,
    "step": "60s",
    "titleFormat": "{{model}}",
    "textFormat": "{{kind}} changed",
    "tagKeys": "kind",
}
