"""What looks after a service from outside: HEAD is answered where GET is, and errors have one shape everywhere."""

from __future__ import annotations

from collections.abc import Callable

from support import plain
from support.processes import Sightglass
from support.upstream import ScriptedUpstream


def test_health_and_metrics_answer_head(
    start_sightglass: Callable[..., Sightglass], upstream: ScriptedUpstream
) -> None:
    """The head of the answer to GET, without its body, on all three listeners; a token is asked for all the same."""
    running = start_sightglass(upstream.url, scorers={"refusal": {}}, console_token="an-admins-long-token")
    guarded = f"{running.console_url}/metrics"
    with plain.client() as client:
        pages = [f"{base}/-/{page}" for base in (running.url, running.console_url) for page in ("healthy", "ready")]
        for url in (*pages, running.metrics_url):
            whole, head = client.get(url), client.head(url)
            assert (head.status_code, head.content) == (200, b""), url
            assert head.headers["content-type"] == whole.headers["content-type"]
            assert int(head.headers["content-length"]) > 0
        assert client.head(guarded).status_code == 401
        assert client.head(guarded, headers={"authorization": "Bearer an-admins-long-token"}).status_code == 200
        unknown = client.get(running.metrics_url.replace("/metrics", "/elsewhere"))
        assert (unknown.status_code, set(unknown.json())) == (404, {"error"})
        assert client.post(f"{running.url}/-/ready").status_code == 405
    assert upstream.requests == []
