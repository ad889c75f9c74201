"""Drift: has a signal left its baseline, and what changed with it. Pure: values in, values out; no clock, no I/O.

``detector`` (shares and quantiles, sequential), ``psi`` (shapes and mixes, at fixed looks), ``quantiles`` (sketches of
values), ``baseline`` (what healthy looks like by time of the week, and how surely), ``causes`` (what changed),
``signals`` (one signal's life: learning, watching, drifted), ``telling`` (what it says), ``simulate`` (false alarms and
delays on made-up traffic).
"""
