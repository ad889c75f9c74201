"""The data listener: HTTP/1.1 from applications, straight from the socket to the forwarder.

A server framework would cost more on this path than it gives (``docs/internals/performance.md``), and hides what a
transparent proxy must see: reason phrases, upgrades, who closed first.
May import: ``config``, ``net``, and the nouns.

``server``          listeners, the clock of all connections, draining
``http``            one client connection: framing, keep-alive, pipelining
``reader``          bytes to requests, without I/O
``heads``           request heads that were parsed before
``methods``         methods that the parser does not know
``handling``        the interface of whoever serves a request
``control_routes``  our own endpoints below ``/-/``, through Litestar
``linger``          whether the other side of a socket has gone
"""
