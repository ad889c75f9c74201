"""Exports telemetry: the table of Prometheus metrics, the access log, OpenTelemetry.

Each sink is one small file, fed from finished Exchanges.
May import: ``observe``, ``redact``, ``config``, and the nouns.
"""
