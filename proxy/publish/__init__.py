"""Publishes samples and feedback to the queue: a bounded ring buffer, emptied in the background.

May import: ``observe``, ``queue``, ``redact``, ``telemetry.instruments``.
"""
