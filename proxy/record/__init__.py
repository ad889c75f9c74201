"""Records a finished request as one Exchange, exactly once, off the request's path.

``progress``  the state of a request until it is recorded
``batching``  finished requests wait for others
``finish``    their recording, step by step
``templates``  what requests that are alike share
``costs`` ``cleaning``  what answers cost, and what may stand in a row

May import: ``publish``, ``observe``, ``telemetry``. Nothing here may block.
"""
