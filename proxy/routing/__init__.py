"""Chooses the upstream and the application from the request head: routes, targets, client keys, allowed hosts.

Pure: nothing here opens a socket.
May import: ``proxy.config``, ``proxy.wire``, ``proxy.net``.
"""
