"""The console listener: the operations page, its JSON API, the worker's ``/metrics`` and health.

May import: every room but ``worker``, ``commands`` and ``rules``.

``app``        puts it together
``auth``       decides who gets in, before any route is looked at
``roles`` ``sessions`` ``throttle``  roles and tokens, signed-in browsers, wrong tokens in a row
``api``        the JSON API that reads
``write_api``    the JSON API that writes
``quality``    the JSON API about calibration, the judge and labels
``query_params``      query parameters that all lists take
``pages``      the overview and the lists, for people
``labelling``  the pages of one sample, one request, the ledger, and of labels
``drift`` ``drift_board``  drift as JSON and as a page
``ab`` ``raters``  blind comparison of answers, and those who do it
``experiment_pages`` ``sequence_chart``  experiments as pages, with their pictures
``asked_again``  stability and probes as JSON and as pages
``unavailable``  what the log says while the store is away
``views`` ``highlights`` ``labels``  numbers, highlighted sentences and words of the pages
"""
