"""Asking again: requests of ours, off the way of a request, from one budget and with one ledger.

``source``   from a stored sample to a request that may be asked again, or why not
``recipient`` whom requests of ours go to: the upstream, its key, its price, consent
``manners``  production first: when asking must wait; keys and prices of upstreams
``client``   one question to an OpenAI-compatible endpoint: retries, limits, what an answer is and costs
``streaming`` a streamed answer as a whole, and when its first token came
``run_store``     where a run is kept: in the store, or in a file where there is none
``engine``   a run's asks, some at once: reserve, ask, judge the answer, settle
May import: ``scorers.store``, ``scorers.judge`` (what a status means), the shared rooms of ``proxy``.
"""
