"""A small model of claims against evidence, fitted on labels of one's own traffic (``make distill``).

``alignment.py`` puts each word of a claim beside the word of the documents that says it best, ``network.py`` weighs
these pairs, ``card.py`` says how well a model did on what it had not seen and whether it may be used, and ``scorer.py``
runs it in place of groundedness's own head for ``ungrounded``. It is fitted by ``scorers.models.train.distilled``.
"""
