"""The configuration: one YAML file and the environment, validated once at start, frozen afterwards.

Also what settings are made of: kinds of value, configured patterns, tokens, and the data folder.
May import: ``proxy.errors``.
"""
