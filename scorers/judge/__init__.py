"""The LLM judge: a second opinion on a budgeted subset, and what no cheap scorer can tell.

May import: ``reading``, ``store``, ``score``, and the proxy's transport and prices.

``scorer``    one sample's way through all of this
``selection``    which samples the judge is asked about, with which probability
``budget``    USD a day, reserved and settled in the store
``rubrics`` ``prompt``  what is asked, and the messages
``client`` ``answer``   the endpoint, and strict reading of what it says
``controls``  items with known answers: a judge that moves is told from an application that does
``cost_plan``      what a judge would cost
``judge_metrics``     its cost and agreement as metrics
"""
