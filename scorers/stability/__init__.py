"""Live stability: the same request asked several times, and in other words. How much does the answer change?

``plan``      which requests are asked again, and in which words
``conduct``   the run: what it costs, the asks
``verdicts``  what scorers say of an answer
``result``    noise, wording and control from the answers
``beside``    the prompts whose answers change with the wording, for people
``compare``  whether two answers are different: what scorers say, tool calls, JSON, numbers and names, text last
May import: ``scorers.asking``, ``scorers.rewrites``, ``scorers.statistics``.
"""
