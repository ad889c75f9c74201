"""Cases of task suites: the noun, its assertions, and the files that hold it. No I/O but those files.

``fields``      words for a wrong value: where it is, what was expected, what was found
``assertions``  what an answer may be asked for, and how each kind is written
``case``        ``Case``: one line of JSON to a value and back
``suite``       ``Suite``: cases under one name, whose version is a hash of their content
``folder``      a suite as files: one JSONL file, or a folder of JSONL with a manifest
May import: ``scorers.score`` and the shared rooms of ``proxy``.
"""
