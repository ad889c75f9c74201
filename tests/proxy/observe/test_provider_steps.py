"""Steps that a provider took by itself: seen, each with its cost, and never a wrong total."""

from __future__ import annotations

from typing import Any

import pytest

from proxy.exchange import Hop, Unpriced, Usage
from proxy.observe.provider_steps import cost_of, hops_of


def _quote(model: str | None, usage: Usage) -> float | Unpriced:
    """One USD a token of ``lamp``, ten of ``torch``; nothing is known of others."""
    price = {"lamp": 1.0, "torch": 10.0}.get(model or "")
    tokens = usage.input + usage.cached_input + usage.cache_write + usage.output + usage.reasoning_output
    return Unpriced.NO_PRICE if price is None else price * tokens


def _step(kind: str, taken: int, given: int, **more: Any) -> dict[str, Any]:
    return {"type": kind, "input_tokens": taken, "output_tokens": given, **more}


def _seen(*steps: object) -> tuple[Hop, ...]:
    return hops_of(list(steps), "lamp", "torch", _quote)


def test_a_fallback_is_seen_with_the_cost_of_each_hop() -> None:
    """The model that declined in the middle of its answer is paid for, and so is the one that answered."""
    hops = _seen(_step("message", 5, 2), _step("fallback_message", 6, 3, model="lamp"))
    assert hops == (
        Hop("message", "torch", Usage(input=5, output=2), 70.0),
        Hop("fallback_message", "lamp", Usage(input=6, output=3), 9.0),
    )
    assert cost_of(hops, 9.0) == 79.0


def test_a_hop_that_nobody_prices_leaves_the_answer_unpriced() -> None:
    """Declined before a word was said (paid for or not, by what was asked), an unknown model, a credited cache."""
    silent = _seen(_step("message", 5, 0), _step("fallback_message", 6, 3, model="lamp"))
    assert [hop.cost_usd for hop in silent] == [None, 9.0]
    unknown = _seen(_step("message", 5, 2), _step("fallback_message", 6, 3, model="wick"))
    assert [hop.cost_usd for hop in unknown] == [70.0, None]
    credited = _seen(
        _step("message", 5, 2), _step("fallback_message", 6, 3, model="lamp", cache_creation_input_tokens=4)
    )
    for hops in (silent, unknown, credited):
        assert cost_of(hops, 9.0) is Unpriced.AMBIGUOUS


def test_what_is_not_in_the_usage_of_the_whole_is_added() -> None:
    """A compaction by the model itself and an advisor's word, by its own price."""
    hops = _seen(_step("compaction", 4, 1), _step("message", 5, 2), _step("advisor_message", 1, 1, model="torch"))
    assert [hop.kind for hop in hops] == ["compaction", "message", "advisor_message"]
    assert cost_of(hops, 7.0) == 7.0 + 5.0 + 20.0
    assert cost_of(hops, Unpriced.SERVICE_TIER) is Unpriced.SERVICE_TIER


@pytest.mark.parametrize(
    "iterations",
    [
        None,
        [],
        "x",
        [5, None],
        [_step("message", 5, 2)],
        [_step("message", 5, 2), _step("message", 9, 2)],
    ],
)
def test_turns_of_one_model_are_no_hops(iterations: object) -> None:
    """One step, and a loop of tools, are an answer as any other; what is no list of steps is none."""
    assert hops_of(iterations, "lamp", "lamp", _quote) == ()


def test_hops_are_bounded() -> None:
    """An answer with a million steps keeps the first few; a kind that is not known is ``other``."""
    hops = _seen(*(_step("fallback_message", 1, 1, model="lamp") for _ in range(1000)), _step("odd", 1, 1))
    assert len(hops) == 32
    assert _seen(_step("odd", 1, 1), _step("compaction", 1, 1))[0].kind == "other"
