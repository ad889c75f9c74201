"""Labelled data sets: their readers, pairs that belong together, and the figures of a scorer over them.

Used to fit and to measure; nothing at run time imports it.
May import: ``score`` and the proxy's nouns.
"""
