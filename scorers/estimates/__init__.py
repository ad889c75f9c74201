"""Rates, costs and corrections computed from the store, for the console, the metrics and the reports.

May import: ``statistics``, ``store``, ``score``, ``formats.aligned``.
"""
