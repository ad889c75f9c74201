"""Requests to servers on this machine, which speak no TLS. ``httpx.get`` reads all certificates for each call, 30 ms of
CPU: a test asks hundreds of times.
"""

from __future__ import annotations

import ssl
from functools import partial

import httpx

#: Trusts nobody, which is read at once; and nothing of the environment.
_HERE = {"verify": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), "trust_env": False}

client = partial(httpx.Client, **_HERE)
get = partial(httpx.get, **_HERE)
post = partial(httpx.post, **_HERE)
delete = partial(httpx.delete, **_HERE)
head = partial(httpx.head, **_HERE)
request = partial(httpx.request, **_HERE)
stream = partial(httpx.stream, **_HERE)
