"""Pure numerics: shares with intervals, prediction-powered inference, calibration, stability index.

No store, no clock, no I/O. May import: nothing else of ours.
"""
