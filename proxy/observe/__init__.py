"""The copy of a request that is kept for observation, and what is read from it: facts, ids, usage, cost, a Sample.

Bounded and without I/O. The bytes on the wire are never touched.
May import: ``wire``, ``redact``, ``config``, and the nouns ``exchange`` and ``sample``.
"""
