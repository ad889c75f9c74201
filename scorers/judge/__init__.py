"""The LLM judge: a second opinion on a subset of samples within a budget, and outputs that no cheap scorer can produce.

May import: ``reading``, ``store``, ``score``, and the proxy's transport and prices.

``scorer``    processes one sample with all of the following
``selection``    which samples the judge is asked about, with which probability
``budget``    USD per day, reserved and settled in the store
``rubrics`` ``prompt``  what is asked, and the messages
``client`` ``answer``   the endpoint, and strict parsing of its answer
``forms``     what to send where an endpoint refuses a request as it is; also for ``scorers.asking``
``still_there``    whether a question may still be sent, or its user was forgotten meanwhile
``waiting``   how long a refusal asks to wait
``controls``  items with known answers: they separate a change of the judge from a change of the application
``cost_plan``      an estimate of what a judge would cost
``judge_metrics``     its cost and agreement as metrics
"""
