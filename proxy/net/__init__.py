"""What both sides of the proxy need of the network: header lines and file descriptors.

May import: ``proxy.config``.
"""
