"""The data listener: HTTP/1.1 from applications, straight from the socket to the forwarder.

A server framework would cost more on this path than it gives (``docs/internals/performance.md``). It also hides what a
transparent proxy must see: reason phrases, upgrades, who closed first.

``http``     one client connection: bytes to httptools and back, framing, keep-alive
``own``      our own endpoints below ``/-/``, through Litestar
``server``   listeners, the clock of all connections, draining
"""
