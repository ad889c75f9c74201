"""The commands that start processes, and what every process of ours does at its start and its end.

It stands on the composition root; nothing but ``proxy.cli`` imports it.
"""
