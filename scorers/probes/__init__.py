"""Probes: attacks and hard questions, put to what an application's requests say, off production's path.

``battery``   batteries as data of our own words (``batteries/*.yaml``), and their shapes
``domain``    the nouns of an application, found by rule, and harmless filling text about them
``forms``     odd forms of a text: other alphabets, invisible characters, no words
``target``    what is probed: each distinct system prompt and tool set of the last days
``place``     from a template to a request: what is planted, and where the attack stands
``success``   whether an attack got through, or a right behaviour was shown
``conduct``   a run: its plan, its asks, its budget
``conclude``  the scorers that judge, and the stored result
``result``    the figures of a run, as JSON and for people
``change``    what is different from the run before, by version
May import: ``scorers.asking``, ``scorers.statistics``, ``scorers.suites``.
"""
