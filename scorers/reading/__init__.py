"""From a sample to measures: text, language, evidence, signs, n-grams, features. Pure functions.

The scorers decide; this room only reads.
May import: ``score`` and the proxy's nouns; no store, no network.
"""
