"""Long requests with pictures, sound and files: what was said in them is read, and the payloads make room for it."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

import pytest

from proxy.exchange import Exchange, Operation, Outcome
from proxy.observe.request_body import Asked
from proxy.observe.sample_builder import build_sample
from proxy.observe.tap import Tap
from proxy.sample import Sample
from proxy.wire.native_paths import Native
from proxy.wire.payloads import Payloads

_NOISE = random.Random(32)
PNG, JPEG, PDF, WAV = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    b"\xff\xd8\xff\xe0\0\x10JFIF",
    b"%PDF-1.7\n",
    b"RIFF$\0\1\0WAVEfmt ",
)
QUESTION = "What does the sign on the western pier say?"


def _payload(size: int, begin: bytes = PNG) -> str:
    return base64.b64encode(begin + _NOISE.randbytes(size)).decode()


def _filtered(body: bytes, piece: int, before: int = 0) -> bytes:
    payloads = Payloads(body[:before])
    pieces = [body[at : at + piece] for at in range(before, len(body), piece)]
    return b"".join([body[:before], *map(payloads.feed, pieces)])


_ONE = _payload(4000)
_LINES = "\r\n".join(_ONE[at : at + 76] for at in range(0, len(_ONE), 76))
_BODY = json.dumps({"a": _ONE, "b": [{"url": f"data:image/png;base64,{_ONE}"}, {"text": QUESTION}], "é": "ü\n" * 99})
WRITTEN = {
    "plain": _BODY,
    "with slashes escaped": _BODY.replace("/", "\\/"),
    "with signs escaped": _BODY.replace("+", "\\u002B"),
    "in lines": json.dumps({"a": _LINES, "b": [{"url": _LINES}, {"text": QUESTION}]}),
    "in a string of JSON": json.dumps(
        {"a": json.dumps({"b": json.dumps({"c": _ONE, "d": 1}), "e": _ONE}), "text": QUESTION}
    ),
}


@pytest.mark.parametrize("written", WRITTEN)
def test_the_rest_stays_valid_however_it_comes(written: str) -> None:
    """However payloads are written and wherever the reads end, the rest is JSON in which only payloads are shorter."""
    body = WRITTEN[written].encode()
    for piece in (1, 3, 7, 100, 511, 2048, 3000, 10**6):
        for before in (0, 77) if piece < 100 else (0, 1, 6, 20, 77, 300, *range(2100, 2112)):
            rest = _filtered(body, piece, before)
            assert len(rest) < len(body) * 0.75
            assert _shape(json.loads(rest)) == _shape(json.loads(body))


def _shape(value: Any) -> Any:
    """A value without its payloads; strings of JSON are read."""
    if isinstance(value, dict):
        return {key: _shape(one) for key, one in value.items()}
    if isinstance(value, list):
        return list(map(_shape, value))
    if isinstance(value, str) and value.startswith("{"):
        return _shape(json.loads(value))
    return len(value) > 60 and value[:60] if isinstance(value, str) and value[:30] in _BODY else value


@pytest.mark.parametrize(
    "kept",
    [
        json.dumps({"text": "The harbour opens at six. " * 900}),
        json.dumps({"text": "灯塔在西边的码头上。" * 900}, ensure_ascii=False),
        json.dumps({"code": "print(\"lamp\", 'on')\n" * 900}),
        json.dumps({"file_data": "data:text/plain;base64," + base64.b64encode(b"The lamp is on. " * 900).decode()}),
        json.dumps({"data": base64.b64encode(b"name,lamp\nwest,on\n" * 900).decode()}),
        json.dumps({"input": [[7, 1, 2.5, -1e-3] * 900]}, separators=(",", ":")),
        json.dumps({"text": "lamp" * 2000, "more": "LAMP_" * 2000, "number": int("7" * 3000)}),
    ],
)
def test_what_says_something_stays(kept: str) -> None:
    """Prose, code, tables and texts that are sent as base64 are no payloads, nor are numbers."""
    for piece in (100, 3000, 10**6):
        assert _filtered(kept.encode(), piece) == kept.encode()


def _picture(size: int) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64," + _payload(size, JPEG)}}


def _in_base64(kind: str, type_: str, data: str) -> dict[str, Any]:
    return {"type": kind, "source": {"type": "base64", "media_type": type_, "data": data}}


def _text(text: str = QUESTION) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _said(role: str, *parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": role, "content": list(parts)}


_LONG_TEXT = "It was a calm night and nothing of note was seen. " * 1500
_OLD = [
    _said("user", _text("Which pier is it?"), _picture(90_000)),
    {"role": "assistant", "content": "The western one."},
]
_SCHEMA = {"type": "object", "properties": {"lamp": {"type": "string"}}}
_TOOLS = [
    {"type": "function", "function": {"name": f"switch_{number}", "parameters": _SCHEMA}} for number in range(200)
]
CHATS = {
    "first": [_said("user", _picture(1_000_000), _text())],
    "last": [_said("user", _text(), _picture(1_000_000))],
    "several": [_said("user", _picture(400_000), _text("One."), _picture(300_000), _picture(99_000), _text())],
    "in the middle of long texts": [*_OLD, _said("user", _text(_LONG_TEXT), _picture(500_000), _text())],
    "in each turn": [*(_OLD * 9), _said("user", _text())],
    "sound": [
        _said(
            "user", {"type": "input_audio", "input_audio": {"format": "wav", "data": _payload(700_000, WAV)}}, _text()
        )
    ],
    "a file": [
        _said("user", {"type": "file", "file": {"filename": "a.pdf", "file_data": _payload(700_000, PDF)}}, _text())
    ],
}


def _sample(body: dict[str, Any], operation: Operation | Native = Operation.CHAT, piece: int = 65_536) -> Sample:
    tap, data = Tap(operation, 256_000), json.dumps(body).encode()
    for at in range(0, len(data), piece):
        tap.request(data[at : at + piece])
    tap.head(b"application/json", b"")
    tap.feed(b"{}", 1.0)
    exchange = Exchange(
        request_id="r1", instance="p1", started_at=0.0, app="a", operation=Operation.CHAT, upstream="u",
        outcome=Outcome.OK, duration=1.0, status=200,
    )  # fmt: skip
    assert tap.content().size < 300_000
    assert len(data) > 256_000
    return build_sample(exchange, tap.content(), 1.0, "uniform")


@pytest.mark.parametrize("name", CHATS)
@pytest.mark.parametrize("piece", [1460, 65_536])
def test_a_chat_with_payloads_is_whole(name: str, piece: int) -> None:
    """A request that is longer than the capture by its payloads alone has all of its messages, tools and parameters."""
    messages = [{"role": "system", "content": "Be brief."}, *CHATS[name]]
    sample = _sample({"messages": messages, "model": "lamp-1", "max_tokens": 50, "tools": _TOOLS}, piece=piece)
    assert not sample.request_truncated
    assert sample.undecodable is None
    assert [one.role for one in sample.messages] == [one["role"] for one in messages]
    assert sample.messages[-1].content.endswith(QUESTION)
    parts = [part for one in messages for part in one["content"] if isinstance(part, dict)]
    assert sum(len(one.other_parts) for one in sample.messages) == sum(part["type"] != "text" for part in parts)
    assert len(sample.tools) == 200
    assert sample.parameters == {"max_tokens": 50}
    assert sample.replayable == ("not_text",)


FAMILIES: dict[str, tuple[Operation | Native, dict[str, Any]]] = {
    "messages": (
        Operation.MESSAGES,
        {
            "messages": [
                _said(
                    "user",
                    _in_base64("image", "image/png", _payload(400_000)),
                    _in_base64("document", "application/pdf", _payload(400_000, PDF)),
                    _text(),
                )
            ]
        },
    ),
    "responses": (
        Operation.RESPONSES,
        {
            "input": [
                _said(
                    "user",
                    {"type": "input_image", "image_url": "data:image/png;base64," + _payload(400_000)},
                    {"type": "input_file", "file_data": "data:application/pdf;base64," + _payload(400_000, PDF)},
                    {"type": "input_text", "text": QUESTION},
                )
            ]
        },
    ),
    "gemini": (
        Native.GEMINI,
        {
            "contents": [
                {
                    "role": "user",
                    "parts": [
                        {"inlineData": {"mimeType": "image/png", "data": _payload(400_000)}},
                        {"inline_data": {"mime_type": "audio/pcm", "data": _payload(400_000, b"\0" * 400)}},
                        {"text": QUESTION},
                    ],
                }
            ]
        },
    ),
    "converse": (
        Native.CONVERSE,
        {
            "messages": [
                _said(
                    "user",
                    {"image": {"format": "png", "source": {"bytes": _payload(400_000)}}},
                    {"document": {"format": "pdf", "name": "a", "source": {"bytes": _payload(400_000, PDF)}}},
                    {"text": QUESTION},
                )
            ]
        },
    ),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_is_whole(family: str) -> None:
    """The forms of pictures, sound and files of each wire."""
    operation, body = FAMILIES[family]
    sample = _sample({**body, "model": "lamp-1"}, operation)
    assert not sample.request_truncated
    assert [one.content for one in sample.messages] == [QUESTION]
    assert len(sample.messages[0].other_parts) == 2
    assert "not_text" in (sample.replayable or ())


def test_what_no_part_explains_is_cut() -> None:
    """Where the payload stood in a text, the sample says that it is not what was sent."""
    told = f"What is in this? {_ONE}"
    sample = _sample({"messages": [{"role": "user", "content": _payload(300_000)}, {"role": "user", "content": told}]})
    assert sample.messages[-1].content == told
    assert sample.replayable == ("cut",)


def test_texts_beyond_the_capture_are_cut_as_before() -> None:
    """Payloads make room; more text than there is room for is still a request of which a part is missing."""
    sample = _sample({"messages": [_said("user", _picture(300_000), _text(_LONG_TEXT * 4))]})
    assert sample.request_truncated
    assert sample.messages == ()


def test_a_conversation_keeps_its_opening() -> None:
    """The opening by which a conversation is known is the same before and after payloads are left out."""
    first = _said("user", _text("Which pier is it?"), _picture(110_000))
    openings = []
    for more in ([], [_said("user", _picture(60_000))], [_said("user", _picture(900_000)), _said("user", _text())]):
        asked = Asked(256_000)
        asked.add(json.dumps({"messages": [first, *more]}).encode())
        openings.append(asked.opening(asked.document())["messages"][0])
    assert openings[1:] == openings[:-1]
