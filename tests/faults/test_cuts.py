"""STREAMING that breaks off: what the client sees is what it would see without us."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest

from support import replies
from support.proxying import CHAT, KEY, Proxy, Wire
from support.upstream import CLOSE, CUT, STALL, ScriptedUpstream, Step

STREAM = {**CHAT, "stream": True}
SSE_HEAD = replies.head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"})
_TEXT = [
    replies.sse({"id": "c1", "model": "m", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": end}]})
    for text, end in (("Hi ", None), ("there.", "stop"))
]
_SIZED = replies.head(200, {"content-type": "application/json", "content-length": "50"})
CUTS: dict[str, list[Step]] = {
    "fin_between_events": [SSE_HEAD, replies.chunk(_TEXT[0]), 0.05, CLOSE],
    "rst_between_events": [SSE_HEAD, replies.chunk(_TEXT[0]), 0.05, CUT],
    "rst_mid_event": [SSE_HEAD, replies.chunk(_TEXT[0]), replies.chunk(_TEXT[1][:20]), 0.05, CUT],
    "fin_mid_chunk": [SSE_HEAD, replies.chunk(_TEXT[0]), b"ff\r\ndata: ", 0.05, CLOSE],
    "short_content_length": [_SIZED + b'{"half":', 0.05, CLOSE],
    "only_a_head": [_SIZED, CLOSE],
}


@pytest.mark.parametrize("case", CUTS)
def test_s10_a_truncated_answer_is_visibly_truncated(proxy: Proxy, script: Any, case: str) -> None:
    """The client never sees a clean end, and nothing that the provider did not send; the record is marked."""
    script(CUTS[case])
    with Wire(proxy.port) as wire:
        wire.post(STREAM)
        answer = wire.answer()
        assert not answer.clean
        assert wire.closed(2)
    line = proxy.line_of(answer)
    if "content_length" in case or case == "only_a_head":
        assert answer.body in (b'{"half":', b"")
        assert line["outcome"] == "upstream_error"
        return
    assert (line["outcome"], line["stream_end"]) == ("stream_incomplete", "upstream_cut")
    assert answer.body.startswith(_TEXT[0])
    assert b"[DONE]" not in answer.body
    assert b"".join(_TEXT).startswith(answer.body) or case == "fin_mid_chunk"
    assert b"error" not in answer.body
    sample = proxy.sample_of(answer)
    assert sample.exchange.outcome.value == "stream_incomplete"
    assert sample.choices[0].text.startswith("Hi ")


def test_s10_a_stalled_stream_is_cut(proxy: Proxy, script: Any) -> None:
    """After the idle time-out between two events: no clean end, and no frame of ours."""
    script([SSE_HEAD, replies.chunk(_TEXT[0]), STALL])
    with Wire(proxy.port) as wire:
        wire.post(STREAM)
        answer = wire.answer()
    assert (answer.clean, answer.body) == (False, _TEXT[0])
    assert proxy.line_of(answer)["stream_end"] == "idle_timeout"


def test_s10_a_frame_where_nothing_else_would_show_the_cut(proxy: Proxy, script: Any) -> None:
    """A client of HTTP/1.0 takes the end of the connection for that of the stream: a frame tells it, between events."""
    script([SSE_HEAD, replies.chunk(_TEXT[0]), 0.05, CUT])
    body = json.dumps(STREAM).encode()
    with Wire(proxy.port) as wire:
        wire.send(b"POST /v1/chat/completions HTTP/1.0\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        answer = wire.answer()
    frame = json.loads(answer.body.removeprefix(_TEXT[0]).removeprefix(b"data: "))
    assert frame["error"]["code"] == "stream_incomplete"


def test_s10_clients_see_what_they_would_see_without_us(proxy: Proxy, provider: ScriptedUpstream, script: Any) -> None:
    """A stream that breaks off raises the same exception in the real client, whether we stand between or not: code that
    asks again after a broken connection goes on working."""
    script([SSE_HEAD, replies.chunk(_TEXT[0]), 0.05, CLOSE])
    seen = []
    for url in (provider.url, proxy.url):
        client = openai.OpenAI(base_url=url + "/v1", api_key=KEY, max_retries=0)
        with pytest.raises(Exception) as caught:
            for _ in client.chat.completions.create(**STREAM):
                pass
        seen.append((type(caught.value), type(caught.value.__cause__), str(caught.value)))
    assert seen[0] == seen[1]
    assert not issubclass(seen[0][0], openai.APIStatusError)


_EVENT = replies.sse({"choices": [{"index": 0, "delta": {"content": "Hi "}}]})
_SSE = {"content-type": "text/event-stream"}


@pytest.mark.parametrize(
    "steps",
    [
        [replies.head(200, {**_SSE, "content-length": "400"}) + _EVENT, 0.05, CLOSE],
        [
            replies.head(200, {**_SSE, "transfer-encoding": "chunked", "content-encoding": "gzip"})
            + replies.chunk(b"\x1f\x8b\x08\x00\n\n"),
            0.05,
            CLOSE,
        ],
    ],
    ids=["a length was promised", "compressed"],
)
def test_s10_no_frame_where_it_would_pass_for_the_answer(proxy: Proxy, script: Any, steps: list[Step]) -> None:
    """A stream with a length, or a compressed one, is cut as it is."""
    script(steps)
    with Wire(proxy.port) as wire:
        wire.post({**CHAT, "stream": True})
        answer = wire.answer()
        assert not answer.clean
        assert b"error" not in answer.body
        assert wire.closed(2)
    assert proxy.line_of(answer)["outcome"] == "stream_incomplete"
