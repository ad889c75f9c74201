"""The commands over queue and store: ``score``, ``label``, ``export``, ``import``, ``report``, ``dead``, ``drift``.

Each prints plain text or JSON, and one clear line for an error.
May import: every room but ``worker``.
"""
