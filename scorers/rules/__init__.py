"""``sightglass rules``: Prometheus rules for a user's own objectives. Neither the proxy nor the worker imports this.

``burn`` (how fast a budget may go, by tier), ``recording`` (shares with intervals), ``texts`` (what alerts say),
``objectives``, ``behaviour``, ``pipeline`` and ``meta`` (the alerts), ``document`` (rule files), ``command``.
"""
