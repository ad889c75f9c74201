"""Pure numerics: shares with intervals, prediction-powered inference, calibration, stability index, and experiments.

No store, no clock, no I/O. May import: nothing else of ours.

``agreement``  whether people who judged the same items agree
``betting``    confidence sequences: intervals that may be looked at after each observation
``enrolment``  from pairs of answers to observations, one a conversation
``joint``      the verdict over a primary outcome and guards
``planning``   how many conversations a verdict takes
"""
