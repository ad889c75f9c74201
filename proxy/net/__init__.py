"""Network helpers shared by both sides of the proxy: header lines and file descriptors.

May import: ``proxy.config``.
"""
