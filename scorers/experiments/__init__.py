"""Experiments on live traffic: a candidate against production, asked with the same requests, never served.

``spec``      what the configuration asks for: outcomes, guards, margins
``enrol``     from stored samples to pairs: consent, prices, one observation a conversation
``ask``       both arms of a pair, with their money; who waits, and who is paused
``outcomes``  from two answers to outcomes, and the noise between control and what was served
``pairwise``  the judge compares two answers in both orders
``close``     a pair that both arms have ended: scorers, judge, cost, time
``forecast``  what a verdict takes, before anything is asked
``parts``     what all experiments of a worker share
``standing``  sequences, verdicts, and the JSON of ``status``
``people``    raters: progress, agreement, votes by arm
``conduct``   one experiment from its start to its verdict

May import: ``scorers.asking``, ``scorers.judge``, ``scorers.statistics``, ``scorers.store``, the nouns. Nothing of
production imports it; the worker runs it.
"""
