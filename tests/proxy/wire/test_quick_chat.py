"""The quick reader of chat answers: what it takes it reads as the careful one does."""

from __future__ import annotations

import inspect
import json
import re
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from proxy.exchange import FinishReason, Usage
from proxy.wire import chat, quick_chat, usage
from proxy.wire.facts import Facts, load

_NUMBER = st.integers(-1, 40) | st.just(2**60) | st.none() | st.booleans() | st.just("7") | st.floats(0, 3)
_WORD = (
    st.none()
    | st.text(max_size=3)
    | st.just("w" * 300)
    | st.just(5)
    | st.sampled_from(["stop", "STOP", "refusal", "x"])
)
_DETAILS = (
    st.none()
    | st.just([])
    | st.dictionaries(
        st.sampled_from(["cached_tokens", "reasoning_tokens", "cached_creation_tokens", "audio_tokens", "a"]), _NUMBER
    )
)
_TIMINGS = st.fixed_dictionaries({}, optional=dict.fromkeys(("cache_n", "prompt_n", "predicted_n"), _NUMBER))


def _details(name: str) -> st.SearchStrategy[object]:
    counts = st.integers(0, 60)
    return st.none() | st.fixed_dictionaries({name: counts}, optional={"audio_tokens": st.just(0) | st.none()})


_COUNTS = {"prompt_tokens": st.integers(1, 40), "completion_tokens": st.integers(1, 40)}
_MESSAGE = (
    st.none()
    | st.just([])
    | st.fixed_dictionaries(
        {},
        optional={
            "refusal": _WORD,
            "tool_calls": st.sampled_from([None, [], [{}], [{"id": "c"}, {}], {"id": "c"}, [1], "x"]),
            "function_call": st.sampled_from([None, {}, {"name": "f"}]),
        },
    )
)
_CHOICE = st.fixed_dictionaries(
    {},
    optional={
        "finish_reason": _WORD,
        "message": _MESSAGE,
    },
)
#: What the quick way may take: the counts, a choice, and a few of everything that may stand beside them.
_USUAL = st.fixed_dictionaries(
    {
        "usage": st.fixed_dictionaries(
            _COUNTS,
            optional={
                "total_tokens": st.integers(0, 99),
                "prompt_tokens_details": _details("cached_tokens"),
                "x": _NUMBER,
                "completion_tokens_details": _details("reasoning_tokens"),
                "cost": st.none() | st.just(0.5),
            },
        ),
        "choices": st.lists(_CHOICE, max_size=2),
    },
    optional={"id": _WORD, "model": _WORD, "system_fingerprint": _WORD, "provider": _WORD, "timings": _TIMINGS},
)
_ANSWER = st.fixed_dictionaries(
    {},
    optional={
        "id": _WORD,
        "model": _WORD,
        "system_fingerprint": _WORD,
        "provider": _WORD,
        "error": st.none() | st.just({"code": "c"}) | st.just(""),
        "timings": st.none() | st.just(3) | _TIMINGS,
        "usage": st.none()
        | st.fixed_dictionaries(
            {},
            optional={
                "prompt_tokens": _NUMBER,
                "completion_tokens": _NUMBER,
                "total_tokens": _NUMBER,
                "prompt_audio_seconds": _NUMBER,
                "input_tokens": _NUMBER,
                "claude_cache_creation_1_h_tokens": _NUMBER,
                "prompt_cache_hit_tokens": _NUMBER,
                "cache_read_input_tokens": _NUMBER,
                "prompt_tokens_details": _DETAILS,
                "completion_tokens_details": _DETAILS,
                "output_tokens_details": _DETAILS,
                "input_tokens_details": _DETAILS,
            },
        ),
        "choices": st.none()
        | st.lists(
            st.just(7)
            | st.fixed_dictionaries(
                {},
                optional={
                    "finish_reason": _WORD,
                    "message": _MESSAGE,
                },
            ),
            max_size=2,
        ),
    },
)


@given(_USUAL | _ANSWER)
def test_the_quick_facts_are_the_careful_ones(answer: dict[str, Any]) -> None:
    """Whatever the quick way takes, it reads as the careful way does; what it leaves it does not touch."""
    data = json.dumps(answer).encode()
    quick, careful = Facts(), Facts()
    taken = quick_chat.facts_of_bytes(data, quick)
    chat.facts_of_document(load(data), careful)
    # Objects that later events would be merged with; an answer that is whole has none.
    careful._counted = careful._timed = None
    assert quick == (careful if taken else Facts())
    if taken:
        event("taken")


#: Every text in the reader of usage: all words that it knows are among them.
_WORDS = sorted(set(re.findall(r'"(\w{2,60})"', inspect.getsource(usage))))


@pytest.mark.parametrize("value", [1, 0, None, "7", "x", True, {"tokens": 3, "web_search_requests": 2}, [{"a": 1}]])
@pytest.mark.parametrize("holder", [None, "prompt_tokens_details", "completion_tokens_details"])
def test_no_word_of_usage_is_lost_the_quick_way(holder: str | None, value: object) -> None:
    """Usage with one more word that the careful reader knows is read as it reads it, or left to it."""
    taken = 0
    for word in _WORDS:
        counts: dict[str, Any] = {
            "prompt_tokens": 50,
            "completion_tokens": 70,
            "total_tokens": 120,
            "prompt_tokens_details": {"cached_tokens": 2},
            "completion_tokens_details": {"reasoning_tokens": 3},
        }
        (counts if holder is None else counts[holder])[word] = value
        answer = {"id": "c1", "choices": [{"finish_reason": "stop"}], "usage": counts}
        quick, careful = Facts(), Facts()
        if not quick_chat.facts_of_bytes(json.dumps(answer).encode(), quick):
            continue
        chat.facts_of_document(answer, careful)
        shown = [(one.usage, one.service_tier, one.speed, one.geo, one.iterations, one.written_for_is_told, one.calls)
                 for one in (quick, careful)]  # fmt: skip
        assert shown[0] == shown[1], word
        taken += 1
    assert taken > 5


def test_the_usual_answer_takes_the_quick_way() -> None:
    """With usage, details, a refusal of null and fields that nobody knows."""
    counts = {
        "prompt_tokens": 9,
        "completion_tokens": 4,
        "total_tokens": 13,
        "prompt_tokens_details": {"cached_tokens": 2},
    }
    choice = {"index": 0, "message": {"role": "assistant", "content": "a", "refusal": None}, "finish_reason": "stop"}
    answer = {"id": "c1", "model": "m", "x": [1], "choices": [choice], "usage": counts}
    facts = Facts()
    assert quick_chat.facts_of_bytes(json.dumps(answer).encode(), facts)
    assert (facts.usage, facts.finish_reason, facts.choices) == (Usage(7, 2, 0, 4, 0), FinishReason.STOP, 1)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"\xff", b'{"choices":[],"usage":{}}', b"[" * 100_000, b'{"a":' * 50_000]
)
def test_the_quick_way_leaves_what_it_cannot_read(data: bytes) -> None:
    """Nothing, half a document, another type, no text, no counts, a nest."""
    facts = Facts()
    assert not quick_chat.facts_of_bytes(data, facts)
    assert facts == Facts()
