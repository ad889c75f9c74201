"""The console listener: the operations page, its JSON API, the worker's ``/metrics`` and health.

``gate`` decides who gets in, before any route is looked at; ``api`` and ``pages`` are the routes; ``views`` prepares
what pages show; ``app`` puts it together.
"""
