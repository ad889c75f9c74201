"""The clients that people use, each against a scripted provider that knows the truth: directly and through us.

``catalogue`` names them, ``programs`` are what they run, ``provider`` answers every wire and writes down what is true
of each answer, ``observe`` runs one, ``compare`` holds what the proxy observed against the truth, and ``table`` makes
docs/clients.md of it.
"""
