"""The console listener: the operations page, its JSON API, the worker's ``/metrics`` and health.

``gate`` decides who gets in, before any route is looked at; ``api``, ``changes`` and ``drift`` are the routes of
machines, ``pages`` (overview, lists) and ``desk`` (one sample, one request, the ledger, labels) those of people;
``views``, ``board`` (drift), ``marks`` (named sentences) and ``words`` prepare them; ``app`` puts it together.
"""
