"""The LLM judge: a second opinion on a budgeted subset, and what no cheap scorer can tell.

One sample's way: ``scorer`` asks ``choose`` with which probability each rubric is asked, ``purse`` for the money,
``prompt`` for the messages and ``client`` for the answer, which ``answer`` reads strictly. ``controls`` sends items
with known answers the same way, so that a judge that moves is told from an application that does.
"""
