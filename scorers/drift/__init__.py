"""Drift: has a signal left its baseline, and what changed with it.

Pure but for ``monitor``: values in, values out; no clock, no I/O.
May import: ``statistics``, ``estimates``, ``store`` (``monitor`` alone), ``score``.

``signals``    one signal's life: learning, watching, drifted
``detector``   shares and quantiles, sequentially tested
``quantiles``  sketches of values
``baseline``   what healthy looks like by time of the week, and how surely
``causes`` ``upstream``  what changed, and when
``summary``    what a signal says
``simulate``   false alarms and delays on made-up traffic
``monitor``    signals over the store
"""
