"""The store: exchanges, samples, scores, results, labels and feedback in one SQL database, SQLite or PostgreSQL.

``tables`` is the schema. ``migrations`` bring a database up to it. ``engine`` opens a database. ``writes``, ``queries``
and ``ledger`` hold the statements. Other rooms use only the class ``store.Store``.
"""
