"""Usage of every provider's form: each token counted once, in one type, whatever words it comes in."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.exchange import Usage, UsageDetails
from proxy.wire import chat, quick_chat
from proxy.wire.facts import Facts
from proxy.wire.usage import merged, usage_of

#: The same answer as providers and gateways say it: 20 tokens in, 300 read from a cache, 80 written to one, 7 out.
FORMS: dict[str, dict[str, Any]] = {
    # anthropic-sdk-python 2.14.0, Usage
    "anthropic": {
        "input_tokens": 20,
        "cache_read_input_tokens": 300,
        "cache_creation_input_tokens": 80,
        "output_tokens": 7,
    },
    # openai-python 3.57.0, CompletionUsage
    "openai chat": {
        "prompt_tokens": 400,
        "completion_tokens": 7,
        "total_tokens": 407,
        "prompt_tokens_details": {"cached_tokens": 300, "cache_write_tokens": 80},
    },
    # openai-python 3.57.0, ResponseUsage
    "openai responses": {
        "input_tokens": 400,
        "input_tokens_details": {"cached_tokens": 300, "cache_write_tokens": 80},
        "output_tokens": 7,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 407,
    },
    # LiteLLM: OpenAI's shape, and Anthropic's words again beside it
    "a gateway that says it twice": {
        "prompt_tokens": 400,
        "completion_tokens": 7,
        "total_tokens": 407,
        "prompt_tokens_details": {"cached_tokens": 300, "cache_creation_tokens": 80},
        "cache_read_input_tokens": 300,
        "cache_creation_input_tokens": 80,
    },
    "a gateway whose details lack the write": {
        "prompt_tokens": 400,
        "completion_tokens": 7,
        "prompt_tokens_details": {"cached_tokens": 300},
        "cache_read_input_tokens": 300,
        "cache_creation_input_tokens": 80,
    },
    "a gateway whose details are all zero": {
        "prompt_tokens": 400,
        "completion_tokens": 7,
        "total_tokens": 407,
        "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "cache_read_input_tokens": 300,
        "cache_creation_input_tokens": 80,
    },
    "a gateway that leaves the cache out of the prompt": {
        "prompt_tokens": 20,
        "completion_tokens": 7,
        "total_tokens": 27,
        "cache_read_input_tokens": 300,
        "cache_creation_input_tokens": 80,
    },
    "a gateway whose total alone has the cache": {
        "prompt_tokens": 20,
        "completion_tokens": 7,
        "total_tokens": 407,
        "cache_read_input_tokens": 300,
        "cache_creation_input_tokens": 80,
    },
    "a gateway with Responses and Anthropic's words": {
        "input_tokens": 400,
        "output_tokens": 7,
        "total_tokens": 407,
        "cache_read_input_tokens": 300,
        "cache_creation_input_tokens": 80,
    },
    "New API": {
        "prompt_tokens": 400,
        "completion_tokens": 7,
        "total_tokens": 407,
        "prompt_tokens_details": {"cached_tokens": 300, "cached_creation_tokens": 80},
        "input_tokens": 0,
        "output_tokens": 0,
        "input_tokens_details": None,
    },
    "numbers as text and with a point": {
        "input_tokens": "20",
        "cache_read_input_tokens": 300.0,
        "cache_creation_input_tokens": "80",
        "output_tokens": 7.0,
    },
    "details under a name without an s": {
        "prompt_tokens": 400,
        "completion_tokens": 7,
        "total_tokens": 407,
        "prompt_token_details": {"num_cached_tokens": 300, "cache_write_tokens": 80},
    },
}


@pytest.mark.parametrize("form", FORMS)
def test_each_token_is_counted_once(form: str) -> None:
    """Whether the cache is inside the input or beside it, said once or twice: the types are disjoint and complete."""
    assert usage_of(FORMS[form]) == Usage(input=20, cached_input=300, cache_write=80, output=7)


@pytest.mark.parametrize(
    ("usage", "right"),
    [
        # Gemini behind OpenAI's shape: the total is all that tells
        ({"prompt_tokens": 6, "completion_tokens": 40, "total_tokens": 946}, Usage(6, 0, 0, 40, 900)),
        # xAI: said, and beside
        (
            {
                "prompt_tokens": 6,
                "completion_tokens": 40,
                "total_tokens": 946,
                "completion_tokens_details": {"reasoning_tokens": 900},
            },
            Usage(6, 0, 0, 40, 900),
        ),
        # OpenAI: said, and inside
        (
            {
                "prompt_tokens": 6,
                "completion_tokens": 940,
                "total_tokens": 946,
                "completion_tokens_details": {"reasoning_tokens": 900},
            },
            Usage(6, 0, 0, 40, 900),
        ),
        # Anthropic: inside, in a word of its own
        (
            {"input_tokens": 6, "output_tokens": 940, "output_tokens_details": {"thinking_tokens": 900}},
            Usage(6, 0, 0, 40, 900),
        ),
        # Gemini native: beside the candidates, always; what a tool brought is input
        (
            {
                "promptTokenCount": 5,
                "toolUsePromptTokenCount": 1,
                "candidatesTokenCount": 40,
                "thoughtsTokenCount": 900,
                "totalTokenCount": 946,
            },
            Usage(6, 0, 0, 40, 900),
        ),
        ({"promptTokenCount": 6, "thoughtsTokenCount": 900, "totalTokenCount": 906}, Usage(6, 0, 0, 0, 900)),
        (
            {"promptTokenCount": 6, "cachedContentTokenCount": 4, "candidatesTokenCount": 1, "totalTokenCount": 7},
            Usage(2, 4, 0, 1, 0),
        ),
        # a cache that is inside and a total that has a hidden thought
        (
            {
                "prompt_tokens": 50,
                "completion_tokens": 5,
                "total_tokens": 75,
                "prompt_tokens_details": {"cached_tokens": 30},
            },
            Usage(20, 30, 0, 5, 20),
        ),
        # a total that is too small tells nothing; without a count of what came out it is no thought
        ({"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 9}, Usage(9, 0, 0, 4, 0)),
        ({"prompt_tokens": 9, "total_tokens": 12}, Usage(9, 0, 0, 0, 0)),
        # Moonshot: beside the details
        ({"prompt_tokens": 9, "completion_tokens": 4, "cached_tokens": 8}, Usage(1, 8, 0, 4, 0)),
        # more cached than the prompt, in the details: Anthropic's counts in OpenAI's words, so beside; written ones too
        (
            {"prompt_tokens": 9, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 12}},
            Usage(9, 12, 0, 4, 0),
        ),
        (
            {
                "prompt_tokens": 9,
                "completion_tokens": 4,
                "total_tokens": 28,
                "prompt_tokens_details": {"cached_tokens": 12, "cache_write_tokens": 3},
            },
            Usage(9, 12, 3, 4, 0),
        ),
        # two families of words, and one of them empty
        (
            {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 13, "input_tokens": 9, "output_tokens": 4},
            Usage(9, 0, 0, 4, 0),
        ),
        # Mistral: sound beside the prompt, told by its tokens or by its seconds alone; a total without it is no sound
        (
            {
                "prompt_tokens": 4,
                "completion_tokens": 2,
                "total_tokens": 206,
                "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 200},
            },
            Usage(204, 0, 0, 2, 0, UsageDetails(audio_input=200)),
        ),
        (
            {"prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 206, "prompt_audio_seconds": 16},
            Usage(204, 0, 0, 2, 0),
        ),
        (
            {"prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 206, "prompt_audio_seconds": None},
            Usage(4, 0, 0, 2, 200),
        ),
        (
            {
                "prompt_tokens": 204,
                "completion_tokens": 2,
                "total_tokens": 256,
                "prompt_tokens_details": {"audio_tokens": 200},
            },
            Usage(204, 0, 0, 2, 50, UsageDetails(audio_input=200)),
        ),
        # Bedrock's words, with caches beside the input, whatever the total holds
        ({"inputTokens": 8, "outputTokens": 4, "totalTokens": 12}, Usage(8, 0, 0, 4, 0)),
        (
            {"inputTokens": 8, "outputTokens": 4, "totalTokens": 42, "cacheReadInputTokens": 30},
            Usage(8, 30, 0, 4, 0),
        ),
        (
            {"inputTokens": 40, "outputTokens": 4, "totalTokens": 44, "cacheReadInputTokens": 30},
            Usage(40, 30, 0, 4, 0),
        ),
        (
            {"inputTokenCount": 8, "outputTokenCount": 4, "cacheWriteInputTokenCount": 30},
            Usage(8, 0, 30, 4, 0),
        ),
        # the AI SDK's, with caches and thinking inside
        (
            {"inputTokens": 40, "outputTokens": 9, "totalTokens": 49, "reasoningTokens": 5, "cachedInputTokens": 30},
            Usage(10, 30, 0, 4, 5),
        ),
        ({"promptTokens": 8, "completionTokens": 4}, Usage(8, 0, 0, 4, 0)),
        # watsonx, and Google's words in Python's form
        ({"input_token_count": 8, "generated_token_count": 4}, Usage(8, 0, 0, 4, 0)),
        ({"prompt_token_count": 8, "candidates_token_count": 4, "total_token_count": 20}, Usage(8, 0, 0, 4, 8)),
        ({"prompt_tokens": 9, "completion_tokens": 4, "cache_read_tokens": 6}, Usage(3, 6, 0, 4, 0)),
        # more cached than there was: bounded
        ({"prompt_tokens": 9, "completion_tokens": 4, "cached_tokens": 12}, Usage(0, 9, 0, 4, 0)),
    ],
)
def test_hidden_thinking_and_caches(usage: dict[str, Any], right: Usage) -> None:
    """The sum of the types is the provider's own total, also where only the total has the thinking."""
    assert usage_of(usage) == right


def _details(**usage: Any) -> UsageDetails | None:
    found = usage_of({"prompt_tokens": 90, "completion_tokens": 60, **usage})
    assert found is not None
    return found.details


def test_what_has_a_price_of_its_own() -> None:
    """Long cache writes, tokens of sound and pictures, and calls of the provider's tools are told apart."""
    assert _details(
        prompt_tokens_details={"audio_tokens": 30, "image_tokens": 4, "text_tokens": 56},
        completion_tokens_details={"audio_tokens": 20, "image_tokens": 2},
    ) == UsageDetails(audio_input=30, image_input=4, audio_output=20, image_output=2)
    predicted = {"accepted_prediction_tokens": 20, "rejected_prediction_tokens": 30}
    assert _details(completion_tokens_details=predicted) == UsageDetails(rejected_output=30)
    assert _details(completion_tokens_details={**predicted, "rejected_prediction_tokens": 0}) is None
    assert _details(input_token_details={"audio_tokens": 30}) == UsageDetails(audio_input=30)
    assert _details(
        cache_creation_input_tokens=50,
        cache_creation={"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 40},
    ) == UsageDetails(cache_write_1h=40)
    assert _details(
        prompt_tokens_details={
            "cache_write_tokens": 50,
            "cache_write_tokens_details": {"ttl_30m_tokens": 20, "ttl_12h_tokens": 30},
        }
    ) == UsageDetails(cache_write_12h=30)
    assert _details(
        server_tool_use={"web_search_requests": 3, "web_fetch_requests": 2, "star_gazing_requests": 1}
    ) == UsageDetails(calls={"web_search": 3, "star_gazing_requests": 1})
    assert _details(num_sources_used=4, plugins={"search": {"count": 2}}) == UsageDetails(
        calls={"num_sources_used": 4, "plugin_search": 2}
    )
    gemini = {"promptTokenCount": 90, "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 70}, 5]}
    assert usage_of(gemini) == Usage(90, details=UsageDetails(audio_input=70))


def test_ordinary_usage_has_no_details() -> None:
    """Zeros and nulls are nothing of their own."""
    assert (
        _details(
            prompt_tokens_details={"audio_tokens": 0, "cached_tokens": 5},
            completion_tokens_details=None,
            server_tool_use={"web_search_requests": 0},
            cache_creation={"ephemeral_1h_input_tokens": 0},
            cost=None,
        )
        is None
    )


@pytest.mark.parametrize(
    ("said", "stated", "ambiguous"),
    [
        ({"cost": 0.0123, "cost_details": {"upstream_inference_cost": None}, "is_byok": False}, 0.0123, None),
        ({"cost": 0.0005, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.01}}, 0.0105, None),
        ({"cost": 0.0005, "is_byok": True}, None, "own_key"),
        ({"cost_in_usd_ticks": 25_000_000}, 0.0025, None),
        ({"cost": {"input_tokens_cost": 0.1, "request_cost": 0.2, "total_cost": 0.3}}, 0.3, None),
        ({"cost": 0.7}, None, None),  # of what, and in which currency?
        ({"cost": "0.7", "is_byok": False}, None, None),
        ({"cost": -1, "is_byok": False}, None, None),
        ({"cost": True, "is_byok": False}, None, None),
    ],
)
def test_what_the_provider_says_it_cost(said: dict[str, Any], stated: float | None, ambiguous: str | None) -> None:
    """The provider's own bill is taken where its form tells that it is one."""
    found = _details(**said)
    if stated is None and ambiguous is None:
        assert found is None
    else:
        assert found is not None
        assert found.stated_usd == (None if stated is None else pytest.approx(stated))
        assert found.ambiguous == ambiguous


def test_fields_do_not_wipe_one_another() -> None:
    """What one event says stays when a later one is silent, null or zero about it; a later count replaces it."""
    facts = Facts()
    facts.take_usage({"input_tokens": 12, "cache_read_input_tokens": 500, "output_tokens": 1, "service_tier": "batch"})
    facts.take_usage({"output_tokens": 30, "output_tokens_details": {"thinking_tokens": 20}})
    facts.take_usage({"input_tokens": 0, "cache_read_input_tokens": None, "output_tokens": 31})
    facts.take_usage({"input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 0})
    facts.take_usage(None)
    assert facts.usage == Usage(input=12, cached_input=500, output=11, reasoning_output=20)
    assert facts.service_tier == "batch"


def test_a_late_chunk_of_zeros_wipes_nothing() -> None:
    """Some gateways close a stream with an empty usage object in the full form."""
    facts = Facts()
    facts.take_usage({"prompt_tokens": 8, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 6}})
    facts.take_usage(
        {
            "prompt_tokens": 0,
            "completion_tokens": 0,
            "total_tokens": 0,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": None,
        }
    )
    assert facts.usage == Usage(input=2, cached_input=6, output=5)


def test_a_prompt_that_is_split_later() -> None:
    """Servers that say the whole prompt first and its split into cached and other tokens later: the split counts, also
    where nothing but the cache is left of it. A zero after a split wipes nothing."""
    for rest in (0, 40):
        facts = Facts()
        facts.take_usage({"input_tokens": 9040, "output_tokens": 0})
        facts.take_usage({"input_tokens": rest, "cache_read_input_tokens": 9040 - rest, "output_tokens": 7})
        assert facts.usage == Usage(input=rest, cached_input=9040 - rest, output=7)
        facts.take_usage({"input_tokens": 0, "cache_read_input_tokens": 9040 - rest, "output_tokens": 8})
        assert facts.usage == Usage(input=rest, cached_input=9040 - rest, output=8)


def test_counts_are_cumulative() -> None:
    """Usage in every chunk (vLLM's continuous_usage_stats, xAI) is that of the last one, never a sum."""
    facts = Facts()
    for out in range(1, 9):
        facts.take_usage({"prompt_tokens": 40, "completion_tokens": out, "total_tokens": 40 + out})
    assert facts.usage == Usage(input=40, output=8)


@pytest.mark.parametrize("last", [{}, {"total_tokens": 0}, {"total_tokens": None}])
def test_an_early_total_is_that_of_its_own_counts(last):
    """A total that came with other counts says nothing of the last ones: what it has more is no thinking. One that
    comes with the same counts, or with none, stays."""
    facts = Facts()
    facts.take_usage({"prompt_tokens": 11, "completion_tokens": 0, "total_tokens": 411})
    facts.take_usage({"prompt_tokens": 11, "completion_tokens": 30, **last})
    assert facts.usage == Usage(input=11, output=30)
    for later in ({"completion_tokens": 30}, {"prompt_tokens_details": None}):
        facts = Facts()
        facts.take_usage({"prompt_tokens": 11, "completion_tokens": 30, "total_tokens": 50})
        facts.take_usage(later)
        assert facts.usage == Usage(input=11, output=30, reasoning_output=9)


def test_sound_that_only_seconds_tell_is_for_the_careful_reader():
    """The quick reader does not know what the seconds mean, and leaves the answer."""
    said = {"prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 206, "prompt_audio_seconds": 16}
    answer = {"choices": [{"finish_reason": "stop", "message": {"content": "Lit."}}], "usage": said}
    assert not quick_chat.facts_of_bytes(json.dumps(answer).encode(), Facts())
    said["prompt_audio_seconds"] = None
    assert quick_chat.facts_of_bytes(json.dumps(answer).encode(), Facts())


COUNT = st.one_of(st.integers(-3, 10**6), st.none(), st.booleans(), st.floats(), st.sampled_from(["7", "", "x"]))
WORDS = [
    "prompt_tokens", "completion_tokens", "input_tokens", "output_tokens", "total_tokens", "cached_tokens",
    "cache_read_input_tokens", "cache_creation_input_tokens", "reasoning_tokens", "audio_tokens", "cache_write_tokens",
    "promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "totalTokenCount", "ephemeral_1h_input_tokens",
    "cost", "is_byok", "web_search_requests",
]  # fmt: skip
HOLDERS = ["prompt_tokens_details", "completion_tokens_details", "cache_creation", "server_tool_use", "cost_details"]
ANY_USAGE = st.dictionaries(st.sampled_from(WORDS), COUNT).flatmap(
    lambda flat: st.dictionaries(
        st.sampled_from(HOLDERS), st.one_of(COUNT, st.dictionaries(st.sampled_from(WORDS), COUNT))
    ).map(lambda deep: {**flat, **deep})
)


@given(ANY_USAGE, ANY_USAGE)
def test_whatever_a_provider_counts(first: dict[str, Any], second: dict[str, Any]) -> None:
    """No form raises, none counts below zero, and no part is larger than what it is a part of."""
    for value in (first, second, merged(first, second)):
        usage = usage_of(value)
        if usage is None:
            continue
        assert min(usage.input, usage.cached_input, usage.cache_write, usage.output, usage.reasoning_output) >= 0
        if usage.details is not None:
            assert usage.details.cache_write_1h <= usage.cache_write
            assert usage.details.stated_usd is None or usage.details.stated_usd >= 0


@pytest.mark.parametrize(("thought", "output"), [(30, 10), (900, 40)])
def test_reasoning_that_is_told_without_details(thought, output):
    """SGLang counts reasoning inside the completion, Perplexity more than fits in it; neither has details. The quick
    reader leaves such an answer to the careful one."""
    said = {"prompt_tokens": 8, "completion_tokens": 40, "total_tokens": 48, "reasoning_tokens": thought}
    assert usage_of(said) == Usage(8, 0, 0, output, thought)
    answer = {"choices": [{"finish_reason": "stop", "message": {"content": "Lit."}}], "usage": said}
    assert not quick_chat.facts_of_bytes(json.dumps(answer).encode(), Facts())


def test_new_api_says_flatly_for_how_long_was_written():
    """What was written for an hour is a part of what was written; either of its two words tells the lifetime."""
    facts = Facts()
    facts.take_usage(
        {"prompt_tokens": 60, "completion_tokens": 2, "prompt_tokens_details": {"cached_creation_tokens": 50}}
    )
    assert not facts.written_for_is_told
    facts.take_usage({"claude_cache_creation_1_h_tokens": 30, "claude_cache_creation_5_m_tokens": 20})
    assert facts.written_for_is_told
    assert facts.usage == Usage(10, 0, 50, 2, 0, UsageDetails(cache_write_1h=30))


TIMED = {"cache_n": 70, "prompt_n": 20, "predicted_n": 6, "prompt_ms": 11.5}


@pytest.mark.parametrize(
    ("usage", "timings", "right"),
    [
        (None, TIMED, Usage(20, 70, 0, 6)),
        ({"prompt_tokens": 90, "completion_tokens": 6, "total_tokens": 96}, TIMED, Usage(20, 70, 0, 6)),
        ({"prompt_tokens": 90, "completion_tokens": 8}, TIMED, Usage(20, 70, 0, 8)),
        # usage says it itself, or says that so much cannot be
        (
            {"prompt_tokens": 90, "completion_tokens": 6, "prompt_tokens_details": {"cached_tokens": 60}},
            TIMED,
            Usage(30, 60, 0, 6),
        ),
        ({"prompt_tokens": 50, "completion_tokens": 6}, TIMED, Usage(50, 0, 0, 6)),
        # older versions do not say what was cached; what is no count is none
        (None, {"prompt_n": 20, "predicted_n": 6}, None),
        (None, {**TIMED, "cache_n": -1}, None),
        (None, "fast", None),
    ],
)
def test_timings_of_llama_cpp(usage, timings, right):
    """``timings`` tell what was cached, and stand in for usage that is missing, whichever of the two comes first."""
    answer = {
        "choices": [{"finish_reason": "stop", "message": {"content": "Lit."}}],
        "usage": usage,
        "timings": timings,
    }
    whole, late, early = Facts(), Facts(), Facts()
    chat.facts_of_document(answer, whole)
    late.take_usage(usage)
    late.take_timings({"cache_n": 0, "prompt_n": 1, "predicted_n": 1} if right and usage is None else None)
    late.take_timings(timings)
    early.take_timings(timings)
    early.take_usage(usage)
    assert whole.usage == late.usage == early.usage == right
    quick = Facts()
    if quick_chat.facts_of_bytes(json.dumps(answer).encode(), quick):
        assert quick.usage == right


def test_the_tier_of_an_answer_of_vertex():
    """``trafficType`` names the tier of an answer that was cheaper or faster; any other traffic is of no tier."""
    tiers = {"ON_DEMAND_FLEX": "flex", "ON_DEMAND_PRIORITY": "priority", "ON_DEMAND_OFFPEAK": "offpeak"}
    for said, tier in (*tiers.items(), ("ON_DEMAND", None), (7, None)):
        facts = Facts()
        facts.take_usage({"promptTokenCount": 9, "candidatesTokenCount": 4, "trafficType": said})
        assert facts.service_tier == tier


@pytest.mark.parametrize("inside", [False, True])
def test_usage_in_many_events_takes_linear_time(inside: bool) -> None:
    """Each event names members that nobody knows: what is kept of them is bounded, and the counts are read."""

    def said(members: dict[str, Any]) -> dict[str, Any]:
        return {"completion_tokens_details": members} if inside else members

    wide = said({f"early{number}": 1 for number in range(20_000)})
    begun = time.process_time()
    known = merged({"prompt_tokens": 5, "completion_tokens": 2}, wide)
    for number in range(20_000):
        known = merged(known, {"completion_tokens": number + 3, **said({f"k{number}": 1})})
    assert time.process_time() - begun < 2
    kept = known["completion_tokens_details"] if inside else known
    assert len(kept) < 1_000
    assert usage_of(known) == Usage(5, 0, 0, 20_002, 0)


@pytest.mark.parametrize("inside", [False, True])
def test_members_of_usage_that_are_not_kept_are_counted(inside: bool) -> None:
    """Those of the first event beyond the bound, and each that comes later while there is no room; no known one."""
    facts = Facts()
    for said in ({f"early{number}": 1 for number in range(300)}, {"late": 1, "early7": 2}, {"late": 1}):
        facts.take_usage({"completion_tokens": 3, "completion_tokens_details": said} if inside else said)
    assert facts.dropped is not None
    assert (facts.dropped.member, facts.dropped.tool) == (300 - 256 + 2, 0)


def test_names_of_tools_that_are_not_kept_are_counted() -> None:
    """A provider's own tools are kept by name up to a bound."""
    facts = Facts()
    tools = {f"tool{number}_requests": 1 for number in range(70)}
    facts.take_usage({"input_tokens": 3, "output_tokens": 1, "server_tool_use": tools})
    assert facts.usage is not None and facts.usage.details is not None and len(facts.usage.details.calls) == 64
    assert facts.dropped is not None
    assert (facts.dropped.member, facts.dropped.tool) == (0, 6)


def test_ordinary_usage_drops_nothing() -> None:
    """In one event or in several."""
    facts = Facts()
    for output in (1, 2, 3):
        facts.take_usage(
            {"prompt_tokens": 5, "completion_tokens": output, "prompt_tokens_details": {"cached_tokens": 1}}
        )
    assert facts.dropped is None or (facts.dropped.member, facts.dropped.tool) == (0, 0)
