"""Drift: detects that a signal has left its baseline, and finds what changed with it.

Pure except ``monitor``: no clock, no I/O.
May import: ``statistics``, ``estimates``, ``store`` (``monitor`` alone), ``score``.

``signals``    the states of one signal: learning, watching, drifted
``detector``   sequential tests of shares and quantiles
``quantiles``  sketches of values
``baseline``   the healthy range by time of the week, with its uncertainty
``causes`` ``upstream``  what changed, and when
``summary``    the figures that a signal reports
``simulate``   false alarms and delays on synthetic traffic
``monitor``    signals over the store
"""
