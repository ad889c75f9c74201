"""What is kept: exchanges, samples, scores, results, labels, feedback; one SQL store, on SQLite or PostgreSQL.

``tables`` is the schema, ``migrations`` brings a database to it, ``engine`` opens one, ``writes``, ``queries`` and
``ledger`` hold the statements, and ``store.Store`` is the one class that others use.
"""
