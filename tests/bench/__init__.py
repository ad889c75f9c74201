"""``make bench``: what a request costs in Sightglass, against nginx as reverse proxy on the same work in the same run.

``cells``        the work: who sends what, how often, and what must be reached
``contenders``   nginx and ``sightglass proxy``, each with one process that serves
``nginx``        nginx's two configurations: the fast upstream, and the reverse proxy
``upstream``     the upstream that streams, and that reads large bodies to their end
``load``         wrk with ``load.lua``; ``streams`` and ``latency`` are clients of our own
``evaluate``     all of ``serve`` until every scorer has had its sample, in its parts
``cpu``          CPU seconds of a process tree
``figures``      medians and ratios, the table, the JSON
"""
