"""Numbers in, numbers out: shares with intervals, prediction-powered inference, calibration, stability index.

Pure: no store, no clock, no I/O.
May import: nothing else of ours.
"""
