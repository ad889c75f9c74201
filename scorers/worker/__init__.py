"""Queue -> scorers -> store and metrics.

May import: every room but ``commands`` and ``rules``.

``app`` ``command``  the composition root, and ``sightglass worker``
``consumer``   claims what can be started, renews it, acknowledges it
``local``      one delivery for all scorers that compute: claimed, decoded and written once
``scoring``    a batch in one scorer's hands: run, kept, counted
``runner``     one scorer over one sample: result, time-out, another try
``pool`` ``process`` ``child`` ``process_protocol``  isolated scorer processes: many, one, its inside, what both say
``sinks``      what is done with rows, samples and results
``judging``    the judge in a worker
``exporter``   what is computed over all samples: rates, backlogs, the ledger, retention
``drift`` ``fitting`` ``tasks``  drift, calibrations and tasks on a clock
``lease``      which one of several workers does that
``health`` ``progress``  whether the worker gets on
``telemetry``  scores as OpenTelemetry events
"""
