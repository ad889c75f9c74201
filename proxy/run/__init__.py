"""The commands that start processes, and the startup and shutdown steps that all processes share.

This room uses the composition root. Only ``proxy.cli`` imports it.
"""
