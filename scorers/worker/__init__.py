"""Queue -> scorers -> store and metrics.

``consumer``  claims what can be started, renews it, acknowledges it
``runner``    one scorer over one sample: result, time-out, another try; scorers that wait on the loop
``pool``      scorers that compute: isolated processes, seen from the worker (``process``), from inside (``child``)
``scoring``   a batch in one scorer's hands: run, kept, counted
``sinks``     what is done with rows, samples and results: store, counters
``exporter``  what is computed over all samples: rates, backlogs, the ledger, retention
``lease``     which one of several workers does that
``health``    whether the worker gets on
``app``       the composition root of the worker process
"""
