"""``sightglass rules``: Prometheus rules for a user's own objectives. Neither the proxy nor the worker imports this.

``command``    the command
``document``   rule files
``burn``       how fast a budget may go, by tier
``recording``  shares with intervals
``objectives`` ``behaviour`` ``upstreams`` ``pipeline`` ``money`` ``experiments`` ``meta``  the alerts
``limits`` ``texts``  the numbers they fire at, and what they say
"""
