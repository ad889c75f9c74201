"""Live stability: the same request asked several times, and in other words. How much does the answer change?

``compare``  whether two answers are different: what scorers say, tool calls, JSON, numbers and names, text last
May import: ``scorers.asking``, ``scorers.rewrites``, ``scorers.statistics``.
"""
