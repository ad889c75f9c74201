"""Long streams: what is between the first and the last bytes is compressed, within the same memory."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from proxy.exchange import Exchange, Operation, Outcome
from proxy.observe.capture_buffer import Capture
from proxy.observe.packed import unpacked
from proxy.observe.sample_builder import build_sample
from proxy.observe.tap import Tap
from proxy.sample import Sample
from support import replies

CAP = 256_000
_WORDS = tuple(f"lamp{number} " for number in range(700))


def _chunks(number: int, seed: int = 1) -> list[bytes]:
    """A stream of chat as OpenAI sends it: each token repeats the id, the model and the fingerprint."""
    drawn = random.Random(seed)
    head = {
        "id": "chatcmpl-CkQ9aBcDeFgHiJkLmNoPqRsTuVwX",
        "object": "chat.completion.chunk",
        "created": 1_800_000_000,
        "model": "gpt-5.2-2025-12-11",
        "service_tier": "default",
        "system_fingerprint": "fp_a1b2c3d4e5",
    }
    found = []
    for _ in range(number):
        choice = {"index": 0, "delta": {"content": drawn.choice(_WORDS)}, "logprobs": None, "finish_reason": None}
        padding = f"{drawn.getrandbits(64):x}"
        found.append(replies.sse({**head, "choices": [choice], "usage": None, "obfuscation": padding}))
    end = {"index": 0, "delta": {}, "logprobs": None, "finish_reason": "stop"}
    found.append(replies.sse({**head, "choices": [end], "usage": None}))
    found.append(replies.sse({**head, "choices": [], "usage": replies.USAGE}))
    return [*found, b"data: [DONE]\n\n"]


def _tap(pieces: list[bytes], cap: int = CAP, kind: bytes = b"text/event-stream") -> Tap:
    tap = Tap(Operation.CHAT, cap)
    tap.request(b'{"model": "gpt-5.2", "messages": [{"role": "user", "content": "Which?"}], "stream": true}')
    tap.head(kind, b"")
    for at, piece in enumerate(pieces):
        tap.feed(piece, float(at))
    return tap


def _sample(tap: Tap) -> Sample:
    exchange = Exchange(
        request_id="r1", instance="p1", started_at=0.0, app="a", operation=Operation.CHAT, upstream="u",
        outcome=Outcome.OK, duration=1.0, status=200,
    )  # fmt: skip
    return build_sample(exchange, tap.content(), 1.0, "uniform")


def _said(pieces: list[bytes]) -> str:
    docs: list[Any] = [json.loads(piece[6:]) for piece in pieces if b"DONE" not in piece]
    return "".join(choice["delta"].get("content", "") for doc in docs for choice in doc["choices"])


@pytest.mark.parametrize("size", [1, 4, 1000])
def test_an_answer_of_thousands_of_chunks_is_whole(size: int) -> None:
    """Four thousand tokens, of which the capture could hold the first and the last four hundred, are one text."""
    pieces = _chunks(4000)
    joined = [b"".join(pieces[at : at + size]) for at in range(0, len(pieces), size)]
    assert sum(map(len, pieces)) > 4 * CAP
    tap = _tap(joined)
    facts, sample = tap.facts(), _sample(tap)
    assert (facts.finish_reason, facts.response_id) == ("stop", "chatcmpl-CkQ9aBcDeFgHiJkLmNoPqRsTuVwX")
    assert facts.usage is not None
    assert not sample.response_truncated
    assert sample.choices[0].text == _said(pieces)
    assert tap.content().size <= CAP + 1024


def test_what_does_not_fit_is_cut() -> None:
    """Of a stream that is longer than all that the memory can stand for, the first part and the end are kept."""
    pieces = _chunks(30_000)
    tap = _tap(pieces)
    sample, said = _sample(tap), _said(pieces)
    assert sample.response_truncated
    text = sample.choices[0].text
    assert 3000 < len(text.split()) < 12_000
    assert said.startswith(text[:20_000])
    assert said.endswith(text[-2000:])
    assert tap.facts().finish_reason == "stop"
    assert tap.content().size <= CAP + 1024


def test_what_cannot_be_made_smaller_is_kept_as_it_was() -> None:
    """Random bytes: the first and the last half, as without it. Whatever repeats is bounded by what it stands for."""
    random_bytes = random.Random(2).randbytes(3 * CAP)
    capture, plain = Capture(CAP), Capture(CAP)
    capture.packs = True
    for at in range(0, len(random_bytes), 1000):
        capture.add(random_bytes[at : at + 1000])
        plain.add(random_bytes[at : at + 1000])
    assert capture.packed() == ((), plain.head(), plain.tail())
    blank = Capture(CAP)
    blank.packs = True
    for _ in range(40):
        blank.add(bytes(1_000_000))
    blocks, first, last = blank.packed()
    assert len(unpacked(blocks)) <= 16 * CAP
    assert (first, last) == (b"", bytes(CAP // 2))


@pytest.mark.parametrize("size", [300, 5000, 127_000, 400_000, 5_000_000])
def test_bytes_come_out_as_they_went_in(size: int) -> None:
    """However a stream is cut, what is kept of it is the stream, and its two ends are what they were."""
    body = b"".join(_chunks(2500))[:900_000]
    capture, plain = Capture(CAP), Capture(CAP)
    capture.packs = True
    for at in range(0, len(body), size):
        capture.add(body[at : at + size])
        plain.add(body[at : at + size])
        if at % 9 == 0:
            assert sum(map(len, capture._head)) + sum(map(len, capture._tail)) <= CAP + size
    blocks, first, last = capture.packed()
    assert (unpacked(blocks) + first, last) == (body, b"")
    assert (capture.head(), capture.tail(), capture.begun()) == (plain.head(), plain.tail(), plain.begun())
    assert capture.truncated


def test_only_long_streams_are_compressed() -> None:
    """Neither a document, nor a stream that fits, nor a copy that was made small on purpose."""
    pieces = _chunks(500)
    assert _tap(pieces).content().packed == ()
    assert _tap(_chunks(3000), cap=60_000).content().packed == ()
    assert _tap([b'{"choices": [', bytes(2 * CAP)], kind=b"application/json").content().packed == ()


def test_a_stream_that_became_small_is_not_read_quickly() -> None:
    """How little is held says nothing of how much there is to read: its sample is built in a thread."""
    piece = replies.sse({"choices": [{"index": 0, "delta": {"content": "lamp " * 400}}]})
    content = _tap([piece] * 200).content()
    assert content.packed
    assert content.size < 150_000
    assert not content.short(150_000)
    assert _tap(_chunks(20)).content().short(16_384)
