"""Queue -> scorers -> store and metrics.

May import: every room but ``commands`` and ``rules``.

``app`` ``command``  the composition root, and ``sightglass worker``
``consumer``   claims items that can be started, renews their leases, acknowledges them
``local``      one delivery for all computing scorers: claimed, decoded and written once
``scoring``    one scorer over a batch: run, stored, counted
``runner``     one scorer on one sample: result, time-out, retry
``pool`` ``process`` ``child`` ``process_protocol``  isolated scorer processes: the pool, one process, its main, frames
``sinks``      where rows, samples and results go
``judging``    the judge in a worker
``exporter``   what is computed over all samples: rates, backlogs, the ledger, retention
``drift`` ``fitting`` ``tasks``  drift, calibrations and tasks, at intervals
``outage``     one line in the log for each outage of the store
``lease``      which one of several workers does that
``health`` ``progress``  whether the worker makes progress
``telemetry``  scores as OpenTelemetry events
"""
