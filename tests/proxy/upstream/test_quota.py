"""What an answer says of the quota that is left, by its headers, and when the Exchange says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.upstream.fast_head import Head, read_plain
from proxy.upstream.quota import quota_left
from support import replies
from support.proxying import Proxy, post
from support.upstream import ScriptedUpstream

ASK = {"model": "m-9", "messages": [{"role": "user", "content": "Is the gate shut?"}]}
LIMITS = {"x-ratelimit-limit-requests": "200", "x-ratelimit-remaining-requests": "30"}


@pytest.mark.parametrize(
    ("headers", "left"),
    [
        (LIMITS, 0.15),
        ({**LIMITS, "x-ratelimit-limit-tokens": "1000", "x-ratelimit-remaining-tokens": "40"}, 0.04),
        ({"X-RateLimit-Limit-Tokens": "10", "X-RateLimit-Remaining-Tokens": "10"}, 1.0),
        ({"anthropic-ratelimit-requests-limit": "50", "anthropic-ratelimit-requests-remaining": "5"}, 0.1),
        ({"x-ratelimit-remaining-requests": "0"}, 0.0),
        ({"x-ratelimit-remaining-requests": "7"}, None),
        ({"x-ratelimit-limit-requests": "7"}, None),
        ({"x-ratelimit-limit-requests": "many", "x-ratelimit-remaining-requests": "-1"}, None),
        ({"x-ratelimit-reset-requests": "6s"}, None),
        ({}, None),
    ],
)
def test_the_smallest_share_counts(headers: dict[str, str], left: float | None) -> None:
    """Of all kinds of quota the one with the least left counts; what cannot be read says nothing."""
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    assert quota_left(Head(200, b"OK", pairs)) == left
    lines = b"".join(b"%b: %b\r\n" % pair for pair in [*pairs, (b"content-length", b"2")])
    plain = read_plain(b"HTTP/1.1 200 OK\r\n" + lines + b"\r\n")
    assert plain is not None
    assert quota_left(plain) == left


@pytest.mark.parametrize(
    ("own_key", "apps", "left"),
    [
        (None, {"gate": {"send_to": ["scripted"]}}, 0.15),
        ("own", {"gate": {"send_to": ["scripted"]}}, None),
        (None, {}, None),
    ],
)
def test_the_exchange_says_it_where_the_quota_is_shared(
    tmp_path: Path, own_key: str | None, apps: dict[str, object], left: float | None
) -> None:
    """A shared key: the row carries the share that is left. A key of our own, or nobody to ask about: it does not."""
    with ScriptedUpstream(lambda request: replies.http(200, b"{}", LIMITS)) as provider:
        upstream = {"name": "scripted", "base_url": provider.url, "api_key": "k", "offpath_api_key": own_key}
        offpath = {"budget_usd_per_day": 1, "apps": apps}
        proxy = Proxy(tmp_path, provider.url, upstreams=[upstream], apps=["gate"], offpath=offpath)
        try:
            response = post(f"{proxy.url}/v1/chat/completions", ASK)
            exchange = proxy.sample_of(response).exchange
        finally:
            proxy.finish()
    assert exchange.quota_left == left
