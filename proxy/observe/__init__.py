"""The observed copy of a request, and what is read from it: facts, ids, usage, cost and a Sample.

Bounded and without I/O. The bytes on the wire are never changed.
May import: ``wire``, ``redact``, ``config``, and the nouns ``exchange`` and ``sample``.
"""
