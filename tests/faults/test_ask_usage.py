"""S06: token usage that a client did not ask for, asked for where the settings say so."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from support import replies
from support.proxying import CHAT, Proxy, Wire
from support.streams import DONE, SSE_HEAD, STREAM, TEXT, usage_chunk
from support.upstream import CUT, Recorded, ScriptedUpstream

ASKING: dict[str, dict[str, Any]] = {
    "stream": {**STREAM},
    "options": {**STREAM, "stream_options": {"include_obfuscation": False}},
    "by_itself": {**STREAM, "stream_options": {"include_usage": True}},
    "not_streamed": {**CHAT},
}


@pytest.fixture(scope="module")
def curious(provider: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A proxy that asks for usage; the model chooses between its upstreams, of which the second does not."""
    process = Proxy(
        tmp_path_factory.mktemp("curious"),
        "",
        upstreams=[
            {"name": "asked", "base_url": provider.url, "models": ["gpt-*"], "ask_usage": True},
            {"name": "plain", "base_url": provider.url, "models": ["*"]},
        ],
    )
    yield process
    process.finish()


def _as_asked(request: Recorded) -> Any:
    document = request.json()
    asked = (document.get("stream_options") or {}).get("include_usage")
    if not document.get("stream"):
        return replies.chat_json("Hi there.")
    return replies.stream([*TEXT, *([usage_chunk()] if asked else []), DONE])


@pytest.mark.parametrize("prefix", ["", "/upstreams/asked"])
@pytest.mark.parametrize("case", ASKING)
def test_s06_usage_is_asked_for_where_settings_say_so(
    curious: Proxy, provider: ScriptedUpstream, script: Any, case: str, prefix: str
) -> None:
    """The client gets what it would have got, byte for byte; the tokens are counted all the same."""
    script(_as_asked)
    answers = []
    for port, path in ((provider.port, ""), (curious.port, prefix)):
        with Wire(port) as wire:
            wire.post(ASKING[case], f"{path}/v1/chat/completions", ["Accept-Encoding: gzip"])
            answers.append(wire.answer())
    straight, through = answers
    assert (through.body, through.clean) == (straight.body, True)
    line = curious.line_of(through)
    assert (line["input_tokens"], line["output_tokens"]) == (20, 7)
    asked, sent = provider.requests
    changed = case in ("stream", "options")
    assert (sent.body != asked.body) is changed
    assert sent.header("accept-encoding") == (None if changed else "gzip")
    if changed:
        assert sent.json()["stream_options"]["include_usage"] is True
    sample = curious.sample_of(through)
    assert sample.choices[0].text == "Hi there."


def test_s06_usage_is_not_asked_of_another_upstream(curious: Proxy, provider: ScriptedUpstream, script: Any) -> None:
    """The other upstream's requests go as they came, and so do broken and coded answers of the first."""
    script(_as_asked)
    with Wire(curious.port) as wire:
        wire.post({**STREAM, "model": "llama"})
        assert wire.answer().clean
    assert json.loads(provider.requests[0].body) == {**STREAM, "model": "llama"}
    coded = gzip.compress(b"".join([*TEXT, usage_chunk(), DONE]))
    kind = {"content-type": "text/event-stream", "content-encoding": "gzip"}
    script(lambda r: replies.http(200, coded, kind))
    with Wire(curious.port) as wire:
        wire.post(STREAM)
        assert wire.answer().body == coded
    sized = b"".join([*TEXT, usage_chunk(), DONE])
    script(lambda r: replies.http(200, sized, {"content-type": "text/event-stream"}))
    with Wire(curious.port) as wire:
        wire.post(STREAM)
        answer = wire.answer()
        assert (answer.body, answer.clean) == (b"".join([*TEXT, DONE]), True)
    script([SSE_HEAD, replies.chunk(TEXT[0]), replies.chunk(usage_chunk()[:20]), 0.05, CUT])
    with Wire(curious.port) as wire:
        wire.post(STREAM)
        answer = wire.answer()
    assert (answer.body, answer.clean) == (TEXT[0] + usage_chunk()[:20], False)
