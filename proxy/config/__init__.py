"""The configuration: one YAML file and the environment, validated once at startup and frozen afterwards.

This room also holds the building blocks of settings: value types, configured patterns, tokens and the data folder.
May import: ``proxy.errors``.
"""
