"""Each provider's form of an answer, read whole and in pieces: what was said, how it ended, and when it began."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.exchange import Exchange, Outcome
from proxy.observe.sample_builder import build_sample
from proxy.observe.tap import Tap
from proxy.record.finish import outcome_of
from support.forms import FORMS, Form

EACH = pytest.mark.parametrize("form", FORMS, ids=[form.name for form in FORMS])


def _seen(form: Form, cuts: tuple[int, ...] = ()) -> dict[str, Any]:
    """What a tap and a builder make of the form's bytes, cut at these places."""
    recording = form.recording()
    tap, body = Tap(form.operation, 256_000), recording.body()
    tap.request(recording.request)
    tap.head(form.content_type.encode(), b"")
    for start, end in pairwise(sorted({0, *(cut % (len(body) + 1) for cut in cuts), len(body)})):
        tap.feed(body[start:end], 1.0)
    facts = tap.facts()
    outcome = outcome_of(200, facts, tap.is_sse)
    exchange = _exchange(form, outcome)
    sample = build_sample(exchange, tap.content(), 1.0, "uniform")
    choice = sample.choices[0] if sample.choices else None
    return {
        "text": choice.text if choice else None,
        "reasoning": choice.reasoning if choice else "",
        "calls": choice.tool_calls if choice else (),
        "outcome": outcome,
        "end": tap.stream_end(facts) if tap.is_sse else None,
        "finish": facts.finish_reason,
        "visible": tap.first_token is not None,
        "thinks": tap.first_reasoning is not None,
        "undecodable": sample.undecodable,
    }


def _exchange(form: Form, outcome: Outcome) -> Exchange:
    return Exchange(
        request_id="r",
        instance="i",
        started_at=0.0,
        app="bot",
        operation=form.operation,
        upstream="up",
        outcome=outcome,
        duration=1.0,
        status=200,
    )


def _right(form: Form) -> dict[str, Any]:
    names = ("text", "reasoning", "calls", "outcome", "end", "finish", "visible", "thinks")
    return {**{name: getattr(form, name) for name in names}, "undecodable": None}


@EACH
def test_what_is_observed_of_a_form(form: Form) -> None:
    """Text, reasoning, calls, outcome, end and finish reason of each form are right."""
    assert _seen(form) == _right(form)


@EACH
@given(cuts=st.lists(st.integers(0, 10**6), max_size=40))
@settings(max_examples=20)
def test_a_form_does_not_depend_on_its_pieces(form: Form, cuts: list[int]) -> None:
    """However the bytes of a form are cut, the same is observed."""
    assert _seen(form, tuple(cuts)) == _right(form)


@EACH
def test_a_form_byte_by_byte(form: Form) -> None:
    """A form that comes one byte at a time is observed as one that comes whole."""
    assert _seen(form, tuple(range(len(form.recording().body())))) == _right(form)
