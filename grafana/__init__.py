"""Sightglass's dashboards, as Python that generates Grafana's classic JSON (schema 39: Grafana 10.4 to 13)."""
