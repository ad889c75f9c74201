"""Records a finished request as one Exchange, exactly once, off the request's path.

May import: ``publish``, ``observe``, ``telemetry``. Nothing here may block.
"""
