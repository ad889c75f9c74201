"""What a finished request leaves behind: one Exchange, recorded once, off the request's path.

May import: ``publish``, ``observe``, ``telemetry``; nothing here may wait.
"""
