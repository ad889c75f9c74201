"""Token usage of any provider, made disjoint. Sans-I/O.

The field names are those of OpenAI (chat and responses), Anthropic, Gemini, Mistral, DeepSeek, Moonshot, xAI and
OpenRouter, and those of Bedrock's Converse, watsonx and Vercel's AI SDK, which gateways pass on. Usage from several
events is merged field by field, and only then read.

Sources: openai-python 3.57.0 ``CompletionUsage`` and ``ResponseUsage``; anthropic-sdk-python 2.14.0 ``Usage`` and
``BetaUsage``; ai.google.dev ``UsageMetadata``; openrouter.ai "Usage Accounting".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import islice
from typing import Any

from proxy.exchange import Usage, UsageDetails
from proxy.wire.reasoning_tokens import output_beside

_INPUT = (
    *("prompt_tokens", "input_tokens", "promptTokenCount", "inputTokens", "promptTokens", "inputTokenCount"),
    *("prompt_token_count", "input_token_count"),
)
_OUTPUT = (
    *("completion_tokens", "output_tokens", "candidatesTokenCount", "outputTokens", "completionTokens"),
    *("outputTokenCount", "candidates_token_count", "generated_token_count"),
)
#: Objects in which Cohere counts: what it bills, and all that the model read and wrote. What is billed is reported
#: where both are there (OpenTelemetry's GenAI conventions).
_APART = ("billed_units", "tokens")
TOTAL = ("total_tokens", "totalTokenCount", "totalTokens", "total_token_count")
_IN_DETAILS = ("prompt_tokens_details", "input_tokens_details", "input_token_details", "prompt_token_details")
_OUT_DETAILS = (
    *("completion_tokens_details", "output_tokens_details", "output_token_details"),
    "completion_token_details",
)
_REASONING = ("reasoning_tokens", "reasoningTokens")
#: Words in which tokens read from a cache, or written to one, are counted inside the input.
_CACHED = (
    *("cached_tokens", "prompt_cache_hit_tokens", "cachedContentTokenCount", "num_cached_tokens"),
    *("cache_read_tokens", "cachedInputTokens", "cached_content_token_count", "cache_read"),
)
_WRITTEN = (
    *("cache_write_tokens", "cache_creation_tokens", "cache_creation_input_tokens"),
    *("cached_creation_tokens", "cache_creation"),
)
#: Words of Anthropic and of Bedrock: beside ``input_tokens``, and inside ``prompt_tokens`` where a gateway adds them.
_READ_BESIDE = ("cache_read_input_tokens", "cacheReadInputTokens", "cacheReadInputTokenCount")
_WRITTEN_BESIDE = ("cache_creation_input_tokens", "cacheWriteInputTokens", "cacheWriteInputTokenCount")
#: Where usage says for how long was written, by the words of Anthropic, OpenAI and LiteLLM.
_WRITTEN_FOR = ("cache_creation", "cache_write_tokens_details", "cache_creation_token_details")
_ONE_HOUR, _TWELVE_HOURS = "ephemeral_1h_input_tokens", "ttl_12h_tokens"
#: Bedrock lists what was written by its time to live.
_WRITTEN_LIST = "cacheDetails"
#: New API says it without an object: for an hour, and for five minutes.
_WRITTEN_FLAT = ("claude_cache_creation_1_h_tokens", "claude_cache_creation_5_m_tokens")
#: Counters of tools that a provider ran by itself, and how price lists call them; ``None``: free of charge.
_CALLS: dict[str, str | None] = {
    "web_search_requests": "web_search",
    "web_fetch_requests": None,
    "tool_search_requests": None,
    "code_execution_requests": "code_execution",
}
#: xAI counts cost in ticks.
_TICKS_PER_USD = 1e10
_MODALITIES = ("audio", "image", "video")
#: Lists of counts by modality (Gemini), of the input and of the output.
_BY_MODALITY = ("promptTokensDetails", "candidatesTokensDetails")
#: What of the input came from a cache, by modality: Gemini's list, and OpenAI's object in the details of the input.
_CACHED_LIST, _CACHED_SPLIT = "cacheTokensDetails", "cached_tokens_details"
#: Nothing deeper is merged, and no list of counts is longer: what comes from outside is bounded.
_DEEPEST, _MOST = 4, 64
#: Members of usage, and of each object in it, that are kept when it comes in several events.
_WIDEST = 256
#: Names of tools that are kept of one answer.
MOST_TOOLS = 64
#: Where usage counts calls of tools by their names; the last is Mistral's.
_TOOL_COUNTERS = ("server_tool_use", "server_tool_use_details", "connectors")


@dataclass(slots=True)
class Dropped:
    """What was over a bound and is not kept, counted each time that it came: members of usage, names of tools, counts
    by modality, steps of the provider, and the usage of background responses that are no longer waited for."""

    member: int = 0
    tool: int = 0
    modality: int = 0
    step: int = 0
    response: int = 0


def count(doc: dict[str, Any], *keys: str) -> int | None:
    """The value of the first of these keys that holds a token count, also as ``5.0`` or ``"5"``."""
    for key in keys:
        value = number(doc.get(key))
        if value is not None:
            return value
    return None


def _counted(doc: dict[str, Any], keys: tuple[str, ...]) -> int | None:
    """Like ``count``; where that is 0, the first of these keys that is not. Some gateways fill one family of words."""
    found = count(doc, *keys)
    return next((other for key in keys if (other := count(doc, key))), 0) if found == 0 else found


def number(value: object) -> int | None:
    """A count below 2**53: an integer, also written as ``"5"`` or ``5.0``; otherwise ``None``."""
    if isinstance(value, str):
        value = int(value) if value.isascii() and value.isdigit() and len(value) < 17 else None
    elif isinstance(value, float):
        value = int(value) if value.is_integer() else None
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else None


def written_for_is_told(value: dict[str, Any] | None) -> bool:
    """Whether usage reports the lifetime of cache writes."""
    if value is None:
        return False
    holders = (value, _details(value, _IN_DETAILS))
    told = any(isinstance(holder.get(key), dict) for holder in holders for key in _WRITTEN_FOR)
    return told or bool(_counted(value, _WRITTEN_FLAT)) or isinstance(value.get(_WRITTEN_LIST), list)


def beyond(value: dict[str, Any]) -> tuple[int, int]:
    """How many names of tools and how many counts by modality in usage are not kept, because there are too many."""
    counters = (value.get(holder) for holder in _TOOL_COUNTERS)
    tools = sum(max(0, len(said) - MOST_TOOLS) for said in counters if isinstance(said, dict))
    return tools, sum(max(0, len(said) - _MOST) for key in _BY_MODALITY if isinstance(said := value.get(key), list))


def merged(
    known: dict[str, Any], said: dict[str, Any], depth: int = 0, dropped: Dropped | None = None
) -> dict[str, Any]:
    """Both usages merged field by field. Counts are cumulative and are never added.

    The later value wins, unless it is empty (``null``, 0, an empty list), or is not a token count where one is known.
    ``dropped`` counts the members that are not kept.
    """
    result = dict(known) if len(known) <= _WIDEST else dict(islice(known.items(), _WIDEST))
    lost = len(known) - len(result)
    if count(said, "input_tokens") == 0 and _beside(said) and not _beside(known):
        result.pop("input_tokens", None)  # the whole prompt was said first; now it is split, and all of it was cached
    if not count(said, *TOTAL) and any(_differs(known, said, keys) for keys in (_INPUT, _OUTPUT)):
        for key in TOTAL:  # it was that of other counts
            result.pop(key, None)
    for key, value in said.items():
        if len(result) >= _WIDEST and key not in result:
            lost += 1
            continue
        before = result.get(key)
        if isinstance(value, dict) and isinstance(before, dict) and depth < _DEEPEST:
            result[key] = merged(before, value, depth + 1, dropped)
        elif not before or (value and (count(said, key) or not (_is_count(key) and count(known, key)))):
            result[key] = value
    if dropped is not None:
        dropped.member += lost
    return result


def _differs(known: dict[str, Any], said: dict[str, Any], keys: tuple[str, ...]) -> bool:
    """Whether ``said`` has another count of the same kind than ``known``."""
    now = count(said, *keys)
    return bool(now) and now != count(known, *keys)


def counts_of_timings(value: object) -> dict[str, Any] | None:
    """llama.cpp's ``timings`` in the words of usage: ``cache_n`` of the prompt were cached, ``prompt_n`` were not.

    ``None`` unless all three counts are there; older versions do not say what was cached.
    """
    if not isinstance(value, dict):
        return None
    cached, read, written = (count(value, key) for key in ("cache_n", "prompt_n", "predicted_n"))
    if cached is None or read is None or written is None:
        return None
    details = {"cached_tokens": cached}
    return {"prompt_tokens": cached + read, "completion_tokens": written, "prompt_tokens_details": details}


def with_timings(counted: dict[str, Any] | None, timed: dict[str, Any]) -> dict[str, Any]:
    """Usage with what ``counts_of_timings`` adds. Nothing, if more was cached than there was by usage."""
    if counted is None:
        return timed
    taken = _counted(counted, _INPUT)
    fits = taken is None or timed["prompt_tokens_details"]["cached_tokens"] <= taken
    return merged(timed, counted) if fits else counted


def _beside(value: dict[str, Any]) -> int:
    return (count(value, *_READ_BESIDE) or 0) + (count(value, *_WRITTEN_BESIDE) or 0)


def _is_count(key: str) -> bool:
    return key.endswith(("tokens", "Tokens", "TokenCount", "token_count", "requests"))


def usage_of(value: object) -> Usage | None:
    """Usage with disjoint types; ``None`` if it does not count what the model read, or counts nothing at all.

    An answer can have no output, but no output comes of no input: where that is not counted, or as 0, it is the rest of
    a total, and without a total it is unknown (Ollama, of a prompt that it had in its cache). A total alone gives no
    information about either.
    """
    if not isinstance(value, dict):
        return None
    counted_in, counted_out = _counted(value, _INPUT), _counted(value, _OUTPUT)
    if counted_in is None and counted_out is None:
        apart = (held for key in _APART if isinstance(held := value.get(key), dict))
        told = next((held for held in apart if count(held, *_INPUT, *_OUTPUT) is not None), None)
        return usage_of({**value, **told}) if told is not None else None
    if not counted_in and counted_out and not _counts_cache(value):
        counted_in = (count(value, *TOTAL) or 0) - counted_out - (count(value, "thoughtsTokenCount") or 0)
        if counted_in <= 0:
            return None
    taken, given, total = (counted_in or 0) + _brought(value), counted_out or 0, None
    if counted_in is not None and (counted_out is not None or "thoughtsTokenCount" in value):
        total = count(value, *TOTAL)
    inside, outside = _details(value, _IN_DETAILS), _details(value, _OUT_DETAILS)
    taken += _heard(value, inside, taken, given, total)
    taken, read, written = _cache(value, inside, taken, given, total)
    # SGLang and Perplexity say it without details.
    reasoning = count(outside, "reasoning_tokens", "thinking_tokens", "reasoning") or count(value, *_REASONING) or 0
    if "thoughtsTokenCount" in value:  # Gemini: beside the candidates, always
        output, reasoning = given, count(value, "thoughtsTokenCount") or 0
    else:
        output, reasoning = output_beside(taken, given, reasoning, total)
    return Usage(
        max(0, taken - read - written),
        read,
        written,
        output,
        reasoning,
        _priced_apart(value, inside, outside, (read, written)),
    )


def _brought(value: dict[str, Any]) -> int:
    """Tokens that tools of the provider brought into the prompt, counted beside it by Gemini and Mistral."""
    return (count(value, "toolUsePromptTokenCount") or 0) + (count(value, "connector_tokens") or 0)


def _counts_cache(value: dict[str, Any]) -> bool:
    """Whether usage counts tokens read from a cache, or written to one: the input beside them was counted, too."""
    return bool(_beside(value) or count(value, *_CACHED) or count(_details(value, _IN_DETAILS), *_CACHED, *_WRITTEN))


def _heard(value: dict[str, Any], inside: dict[str, Any], taken: int, given: int, total: int | None) -> int:
    """Tokens of audio that the input does not count and the total does (Mistral)."""
    beside = total - taken - given if total is not None else 0
    if beside <= 0:
        return 0
    heard = count(inside, "audio_tokens") or (beside if count(value, "prompt_audio_seconds") else 0)
    return heard if heard == beside else 0


def _details(value: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return next((found for key in keys if isinstance(found := value.get(key), dict) and found), {})


def _cache(
    value: dict[str, Any], inside: dict[str, Any], taken: int, given: int, total: int | None
) -> tuple[int, int, int]:
    """All input tokens, tokens read from a cache, tokens written to one.

    Each is counted once, even if reported twice.
    """
    read = count(inside, *_CACHED) or count(value, *_CACHED) or 0
    written = _counted(inside, _WRITTEN) or count(value, "cache_write_tokens") or 0
    read_beside, written_beside = count(value, *_READ_BESIDE) or 0, count(value, *_WRITTEN_BESIDE) or 0
    beside = read_beside + written_beside
    if beside:
        read, written = max(read, read_beside), max(written, written_beside)
        # In OpenAI's shape they are inside, unless they do not fit or the total says that they are not.
        openai = "prompt_tokens" in value or bool(inside) or (total is not None and "inputTokens" not in value)
        told = total is not None and total == taken + beside + given != taken + given
        if not openai or beside > taken or told:
            taken += read + written
    elif taken < (count(inside, *_CACHED) or 0):  # OpenAI's words, but Anthropic's input for the whole prompt
        taken += read + written
    read = min(read, taken)
    return taken, read, min(written, taken - read)


def _priced_apart(
    value: dict[str, Any], inside: dict[str, Any], outside: dict[str, Any], cached: tuple[int, int]
) -> UsageDetails | None:
    """The items with a separate price, and those that nobody sees; ``None`` if there are none.

    ``cached``: tokens read from a cache, and written to one.
    """
    tokens: dict[str, int] = {}
    read, written = cached
    for holder in (value, inside):
        for key in _WRITTEN_FOR if written else ():
            split = holder.get(key)
            if isinstance(split, dict):
                tokens["cache_write_1h"] = min(written, count(split, _ONE_HOUR) or 0)
                tokens["cache_write_12h"] = min(written, count(split, _TWELVE_HOURS) or 0)
    if written and (flat := count(value, _WRITTEN_FLAT[0])):
        tokens["cache_write_1h"] = min(written, flat)
    if written and _WRITTEN_LIST in value:
        tokens["cache_write_1h"] = min(written, _written_for(value[_WRITTEN_LIST], "1h"))
    heard, said = _BY_MODALITY
    for kind in _MODALITIES:
        tokens[f"{kind}_input"] = count(inside, f"{kind}_tokens") or _modality(value, heard, kind)
        tokens[f"{kind}_output"] = count(outside, f"{kind}_tokens") or _modality(value, said, kind)
    tokens["rejected_output"] = count(outside, "rejected_prediction_tokens") or 0
    calls = _calls(value)
    stated, unclear = _stated(value)
    if stated is None and any(beyond(value)):  # what is not kept may have a price of its own
        unclear = unclear or "too_many_counts"
    if not any(tokens.values()) and not calls and stated is None and not unclear:
        return None
    apart = _cached_apart(value, inside, read) if any(tokens[f"{kind}_input"] for kind in _MODALITIES) else None
    return UsageDetails(**tokens, cached_apart=apart, calls=calls, stated_usd=stated, ambiguous=unclear)


def _cached_apart(value: dict[str, Any], inside: dict[str, Any], read: int) -> dict[str, int] | None:
    """Tokens read from a cache by their kind, if usage says it of all of them: Gemini, and OpenAI's Realtime."""
    listed, split = value.get(_CACHED_LIST), inside.get(_CACHED_SPLIT)
    if not read:
        return None
    if isinstance(listed, list) and len(listed) <= _MOST:
        told = sum(count(part, "tokenCount") or 0 for part in listed if isinstance(part, dict))
        kinds = {kind: _modality(value, _CACHED_LIST, kind) for kind in _MODALITIES}
    elif isinstance(split, dict):
        told = sum(count(split, f"{kind}_tokens") or 0 for kind in ("text", *_MODALITIES))
        kinds = {kind: count(split, f"{kind}_tokens") or 0 for kind in _MODALITIES}
    else:
        return None
    return {kind: found for kind, found in kinds.items() if found} if told == read else None


def _written_for(listed: object, ttl: str) -> int:
    """Tokens written for one time to live (Bedrock)."""
    parts = listed[:_MOST] if isinstance(listed, list) else []
    return sum(count(part, "inputTokens") or 0 for part in parts if isinstance(part, dict) and part.get("ttl") == ttl)


def _modality(value: dict[str, Any], key: str, kind: str) -> int:
    """Token counts by modality (Gemini)."""
    found = value.get(key)
    parts = found[:_MOST] if isinstance(found, list) else []
    return sum(
        count(part, "tokenCount") or 0
        for part in parts
        if isinstance(part, dict) and str(part.get("modality")).lower() == kind
    )


def _calls(value: dict[str, Any]) -> dict[str, int]:
    """Calls of tools that the provider ran and bills per call. An unknown tool is counted under its own name."""
    calls: dict[str, int] = {}
    for holder in _TOOL_COUNTERS:
        said = value.get(holder)
        for name, times in islice(said.items(), MOST_TOOLS) if isinstance(said, dict) else ():
            if isinstance(times, int) and not isinstance(times, bool) and times > 0:
                called = _CALLS.get(name, str(name)[:64])
                if called is not None:
                    calls[called] = max(calls.get(called, 0), times)
    for name in ("num_sources_used", "num_server_side_tools_used", "num_search_queries"):  # xAI, Perplexity
        if times := count(value, name):
            calls[name] = times
    search = value.get("plugins")  # Qwen
    if isinstance(search, dict) and isinstance(search.get("search"), dict):
        calls["plugin_search"] = count(search["search"], "count") or 1
    return calls


def _stated(value: dict[str, Any]) -> tuple[float | None, str | None]:
    """The cost of the answer in USD as stated by the provider, or why it is unclear."""
    if value.get("fallback_credit"):
        return None, "fallback_credit"
    ticks = count(value, "cost_in_usd_ticks")
    if ticks is not None:
        return ticks / _TICKS_PER_USD, None
    cost, details = value.get("cost"), value.get("cost_details")
    if isinstance(cost, dict):
        return _amount(cost.get("total_cost")), None
    paid = _amount(cost)
    if paid is None or not (isinstance(details, dict) or isinstance(value.get("is_byok"), bool)):
        return None, None  # a bare number: nobody says of what, or in which currency
    if not value.get("is_byok"):
        return paid, None
    # The key is the customer's own: OpenRouter's fee is ``cost``, the provider's bill stands beside it.
    upstream = _amount(details.get("upstream_inference_cost")) if isinstance(details, dict) else None
    return (paid + upstream, None) if upstream is not None else (None, "own_key")


def _amount(value: object) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0:
        return float(value)
    return None
