"""Where a request goes and whose it is, from its head alone: routes, upstream targets, client keys, allowed hosts.

Pure: nothing here opens a socket.
May import: ``proxy.config``, ``proxy.wire``, ``proxy.net``.
"""
