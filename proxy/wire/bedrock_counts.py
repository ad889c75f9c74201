"""What Bedrock says of an ``InvokeModel`` beside the answer, and in the words of its models.

In the head: ``x-amzn-bedrock-input-token-count`` (without what was cached), ``-output-token-count``,
``-cache-read-input-token-count``, ``-cache-write-input-token-count``, and the tier (``X-Amzn-Bedrock-Service-Tier``,
botocore 1.44.8). In the document, without an object of their own: Llama's ``prompt_token_count`` and
``generation_token_count``, Titan's ``inputTextTokenCount`` and a ``tokenCount`` for each result.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from proxy.wire.facts import Facts, items
from proxy.wire.usage import count

_PREFIX, _TIER = b"x-amzn-bedrock-", b"service-tier"
#: The head's words for what usage counts, in those of Converse.
_WORDS = {
    b"input-token-count": "inputTokens",
    b"output-token-count": "outputTokens",
    b"cache-read-input-token-count": "cacheReadInputTokens",
    b"cache-write-input-token-count": "cacheWriteInputTokens",
}
_LONGEST_TIER = 40


def take_head(headers: Iterable[tuple[bytes, bytes]], facts: Facts) -> None:
    """Take the tier from a head, and usage if the answer itself did not tell it."""
    told: dict[str, Any] = {}
    for name, value in headers:
        lower = name.lower()
        if not lower.startswith(_PREFIX):
            continue
        word = lower[len(_PREFIX) :]
        if word == _TIER and not facts.service_tier:
            facts.service_tier = value.decode("latin-1")[:_LONGEST_TIER] or None
        elif known := _WORDS.get(word):
            told[known] = value.decode("latin-1")
    if told and facts.usage is None:
        facts.take_usage(told)


def counts_of(doc: dict[str, Any]) -> dict[str, int] | None:
    """Usage of an answer of Llama or Titan in the words of Converse; ``None`` of any other."""
    taken = count(doc, "prompt_token_count", "inputTextTokenCount")
    given = count(doc, "generation_token_count", "totalOutputTextTokenCount")
    if given is None and "results" in doc:
        given = sum(count(result, "tokenCount") or 0 for result in items(doc, "results"))
    if taken is None:
        return None
    return {"inputTokens": taken, "outputTokens": given or 0}
