"""Rewrites by rule: the same request in other words, and one control whose meaning is another on purpose. No I/O.

``vocabulary``  closed lists of words: what may begin a request, what is never touched
``guard``       what a rewrite may not touch, and the check that it did not
``asking_part`` which part of a user turn asks; the rest is material
``verb``        a family: another verb of the same meaning
``politeness``  a family: "please" and "thank you", there or not
``layout``      a family (``format``): line breaks, labels, bullets, the mark at the end
``order``       a family: the order of documents without numbers
``typo``        a family: two neighbouring letters of one long word exchanged
``control``     the control: a demand that changes the meaning
``rewrite``     one prompt, one family, one seed: the rewritten messages, or why there are none
May import: ``scorers.reading``.
"""
