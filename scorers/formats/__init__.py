"""Forms of files: recorded samples as people and tools write them, to a Sample and back; aligned tables.

May import: ``score``, ``reading`` and the proxy's nouns and redaction.
"""
