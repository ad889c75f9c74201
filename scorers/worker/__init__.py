"""Queue -> scorers -> store and metrics.

``consumer``  claims what can be started, renews it, acknowledges it
``runner``    one scorer over one sample: timeout, crash, result
``sinks``     what is done with results: store, counters
``exporter``  what is computed from the store: rates, backlogs, retention
``app``       the composition root of the worker process
"""
