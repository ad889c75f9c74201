"""Forms of files: recorded samples as people and tools write them, cases of other evaluation tools, aligned tables.

``recorded``, ``intake``  recorded samples, to a Sample and back, and on their way into the queue
``suites``, ``answers``   a file of any format to cases of a suite and back; its answers as recorded samples
``table``                 the formats by name, and what a file is by its beginning
``form``, ``rows``        what a format is; ``Row``, what crosses between formats and suites
``files``, ``chat``, ``assertions``  what readers share: JSON, YAML and CSV with lines; messages; promptfoo's words
``braintrust``, ...       one small file a format; ``inspect_messages``  messages in Inspect's form

May import: ``score``, ``reading``, ``cases`` and the proxy's nouns and redaction.
"""
