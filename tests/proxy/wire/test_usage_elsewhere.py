"""Usage in the words of Cohere, Bedrock and LangChain."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy.exchange import Operation, Usage
from proxy.observe.tap import Tap
from proxy.wire.usage import usage_of, written_for_is_told


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ({"billed_units": {"input_tokens": 5, "output_tokens": 8}, "tokens": {"input_tokens": 71}}, Usage(5, 0, 0, 8)),
        ({"tokens": {"input_tokens": 71.0, "output_tokens": 8.0}, "billed_units": None}, Usage(71, 0, 0, 8)),
        ({"tokens": {"input_tokens": "71", "output_tokens": "8"}, "cached_tokens": 64}, Usage(7, 64, 0, 8)),
        ({"billed_units": {"search_units": 1}}, None),
        ({"billed_units": {"input_tokens": 5}, "prompt_tokens": 9, "completion_tokens": 1}, Usage(9, 0, 0, 1)),
        ({"tokens": [], "billed_units": 3}, None),
    ],
)
def test_what_cohere_counts_apart(said: dict[str, Any], right: Usage | None) -> None:
    """What it bills, and without that what the model read and wrote; where chat's own words are there, those."""
    assert usage_of(said) == right


@pytest.mark.parametrize(
    ("listed", "hour"),
    [
        ([{"ttl": "1h", "inputTokens": 200}, {"ttl": "5m", "inputTokens": 100}], 200),
        ([{"ttl": "1h", "inputTokens": 900}, None, {"ttl": "1h"}], 300),
        ("1h", 0),
    ],
)
def test_what_bedrock_writes_for_an_hour(listed: Any, hour: int) -> None:
    """Bedrock lists cache writes by their time to live, and what lives for an hour has a price of its own."""
    found = usage_of({"inputTokens": 5, "outputTokens": 6, "cacheWriteInputTokens": 300, "cacheDetails": listed})
    assert found is not None and (found.input, found.cache_write, found.output) == (5, 300, 6)
    assert (found.details.cache_write_1h if found.details else 0) == hour
    assert written_for_is_told({"cacheDetails": listed}) == bool(hour)


def test_details_in_the_words_of_langchain() -> None:
    """Servers built on it pass on its details: inside the input, and inside the output."""
    details = {
        "input_token_details": {"cache_read": 64, "cache_creation": 10},
        "output_token_details": {"reasoning": 2},
    }
    assert usage_of({"input_tokens": 100, "output_tokens": 6, **details}) == Usage(26, 64, 10, 4, 2)


@pytest.mark.parametrize("operation", [Operation.CHAT, Operation.OTHER])
def test_what_cohere_counts_in_meta(operation: Operation) -> None:
    """The older form of its answers."""
    meta = {"api_version": {"version": "1"}, "billed_units": {"input_tokens": 5, "output_tokens": 8}}
    tap = Tap(operation, 10_000)
    tap.head(b"application/json", b"")
    tap.feed(json.dumps({"id": "a", "choices": [], "meta": meta}).encode(), 1.0)
    assert tap.facts().usage == Usage(5, 0, 0, 8)


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ({"completion_tokens": 12}, None),
        ({"prompt_tokens": 0, "completion_tokens": 12, "total_tokens": 12}, None),
        ({"prompt_tokens": None, "completion_tokens": 12, "total_tokens": 21}, Usage(9, output=12)),
        ({"candidatesTokenCount": 12, "thoughtsTokenCount": 5, "totalTokenCount": 26}, Usage(9, 0, 0, 12, 5)),
        ({"output_tokens": 12, "cache_read_input_tokens": 9}, Usage(0, 9, 0, 12)),
        ({"prompt_tokens": 9}, Usage(9)),
        ({"prompt_tokens": 0, "completion_tokens": 0}, Usage()),
    ],
)
def test_output_without_input(said: dict[str, Any], right: Usage | None) -> None:
    """No output comes of no input: what is not counted is unknown, unless a total or the cache tells it."""
    assert usage_of(said) == right


def _in_cache(details: Any, read: int = 30) -> dict[str, Any]:
    heard = [{"modality": "TEXT", "tokenCount": 60}, {"modality": "AUDIO", "tokenCount": 40}]
    counts = {"promptTokenCount": 100, "candidatesTokenCount": 5, "cachedContentTokenCount": read}
    return {**counts, "promptTokensDetails": heard, "cacheTokensDetails": details}


def _in_realtime(split: Any) -> dict[str, Any]:
    inside = {"text_tokens": 60, "audio_tokens": 40, "cached_tokens": 30, "cached_tokens_details": split}
    return {"input_tokens": 100, "output_tokens": 5, "total_tokens": 105, "input_token_details": inside}


@pytest.mark.parametrize(
    ("said", "apart"),
    [
        (_in_cache([{"modality": "TEXT", "tokenCount": 20}, {"modality": "AUDIO", "tokenCount": 10}]), {"audio": 10}),
        (_in_cache([{"modality": "TEXT", "tokenCount": 30}]), {}),
        (_in_cache([{"modality": "AUDIO", "tokenCount": 10}]), None),  # of the others nothing is told
        (_in_cache(None), None),
        (_in_cache([{"modality": "TEXT", "tokenCount": 1}] * 1000), None),
        (_in_cache([{"modality": "TEXT", "tokenCount": 30}], read=0), None),
        (_in_realtime({"text_tokens": 20, "audio_tokens": 10}), {"audio": 10}),
        (_in_realtime({"text_tokens": 20, "audio_tokens": 4, "image_tokens": 6}), {"audio": 4, "image": 6}),
        (_in_realtime({"audio_tokens": "many"}), None),
        (_in_realtime(None), None),
    ],
)
def test_what_of_a_cache_was_sound(said: dict[str, Any], apart: dict[str, int] | None) -> None:
    """By its kind, where usage says it of every token that came from the cache."""
    usage = usage_of(said)
    assert usage is not None
    assert usage.details is not None
    assert (usage.details.audio_input, usage.details.cached_apart) == (40, apart)
