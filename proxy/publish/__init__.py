"""Samples and feedback on their way into the queue: a bounded ring, emptied in the background.

May import: ``observe``, ``queue``, ``redact``, ``telemetry.instruments``.
"""
