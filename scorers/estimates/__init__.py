"""Rates, costs and corrections over the store: what the console, the metrics and the reports show.

May import: ``statistics``, ``store``, ``score``, ``formats.aligned``.
"""
