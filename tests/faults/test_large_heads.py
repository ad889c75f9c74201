"""P14: heads that are larger than allowed, of requests and of responses."""

from __future__ import annotations

from typing import Any

import pytest

from support import plain, replies
from support.proxying import CHAT, Proxy, Wire, post
from support.upstream import ScriptedUpstream

HUGE = {
    "100_kb_in_all": [f"X-{number}: {'v' * 1000}" for number in range(100)],
    "one_of_64_kb": ["X-Long: " + "v" * 65536],
    "megabytes": [f"X-{number}: {'v' * 60000}" for number in range(40)],
}


@pytest.mark.parametrize("case", HUGE)
def test_p14_large_request_heads_are_431(proxy: Proxy, provider: ScriptedUpstream, script: Any, case: str) -> None:
    """A client's head beyond 64 KB is answered with 431 and goes nowhere; the process lives."""
    script(lambda r: replies.http(200, b"{}"))
    with Wire(proxy.port) as wire:
        try:
            wire.request("GET", "/v1/models", None, HUGE[case])
        except ConnectionError:
            pass
        else:
            assert wire.answer().status == 431
    assert provider.requests == []
    assert plain.get(proxy.url + "/v1/models").status_code == 200


@pytest.mark.parametrize("case", HUGE)
def test_p14_large_response_heads_are_502(proxy: Proxy, script: Any, case: str) -> None:
    """An upstream's head beyond 64 KB is a 502; the process lives and the connection is not used again."""
    lines = "\r\n".join(["HTTP/1.1 200 OK", *HUGE[case], "Content-Length: 2", "", "ok"])
    script([lines.encode()])
    response = post(proxy.url, CHAT)
    assert (response.status_code, response.headers["x-sightglass-error"]) == (502, "1")
    script(lambda r: replies.chat_json("fine"))
    assert post(proxy.url, CHAT).status_code == 200
