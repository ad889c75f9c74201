"""A sample in which one look finds nothing is left as it is. The look never passes over what would be taken out."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from proxy.config.settings import Redaction
from proxy.exchange import Exchange, Operation, Outcome
from proxy.redact import Patience, Redactor
from proxy.redact.key_table import RECOGNISERS
from proxy.redact.recogniser import Recogniser
from proxy.sample import Choice, Message, Sample, ToolCall

REDACTOR = Redactor(Redaction())
OWN_KEY = "lamplight-9931"
_EXCHANGE = Exchange(
    request_id="r-1",
    instance="i-1",
    started_at=1.75e9,
    app="lamps",
    operation=Operation.CHAT,
    upstream="harbour",
    outcome=Outcome.OK,
    duration=0.5,
)
PLAIN = Sample(
    id="r-1",
    exchange=_EXCHANGE,
    messages=(Message("system", "Be brief."), Message("user", "How wide is the lock?")),
    choices=(Choice(0, "Nine metres.", finish_reason="stop"),),
    parameters={"temperature": 0.2, "top_p": 1, "max_tokens": 300},
    replayable=(),
)
_PIECES = ("The lock", " ", "\n", "", "a@b.example", "+49 30 1234567", "4111 1111 1111 1111", "Zoë", OWN_KEY, "pin:")
_texts = st.lists(st.sampled_from(_PIECES) | st.text("aZ09-_@+.é", max_size=5), max_size=4).map("".join)
_roles = st.sampled_from(("user", "assistant", "guest a@b.example", "pilot"))
_parameters = st.dictionaries(
    st.sampled_from(("temperature", "max_tokens", "seed", "tool_choice", "a@b.example")),
    st.sampled_from((0.2, 1, True, 300, 4111111111111111, "auto", "a@b.example")),
    max_size=2,
)


def _closely(sample: Sample, secrets: tuple[str, ...] = ()) -> Sample:
    """The sample redacted text by text, as for a caller whose time is bounded."""
    return REDACTOR.sample(sample, secrets, Patience(10**9))


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(_roles, _texts), max_size=3), st.lists(_texts, max_size=2), _texts, _texts, _parameters)
@example([("user", "sk-"), ("user", "abcdefghijklmnopqrstuvwx")], [], "", "", {})
@example([("user", "Hello")], ["Hello"], OWN_KEY, "", {})
@example([("user", "Hello")], [], "", "", {"max_tokens": 4111111111111111})
def test_a_look_at_all_texts_changes_nothing(
    said: list[tuple[str, str]], contexts: list[str], answer: str, refusal: str, parameters: dict[str, Any]
) -> None:
    """Signs in any text, at its ends and split over two, give what a look at each text alone gives."""
    sample = Sample(
        id="r-1",
        exchange=_EXCHANGE,
        messages=tuple(Message(role, text) for role, text in said),
        contexts=tuple(contexts),
        choices=(Choice(0, answer, refusal, refusal[::-1], finish_reason=refusal or None),),
        parameters=parameters,
    )
    assert REDACTOR.sample(sample, (OWN_KEY,)) == _closely(sample, (OWN_KEY,))


@pytest.mark.parametrize("row", RECOGNISERS, ids=lambda row: row.kind + row.example[:8])
def test_a_key_among_plain_texts_is_found(row: Recogniser) -> None:
    """Each key of the table, in the last of three texts."""
    sample = msgspec.structs.replace(PLAIN, choices=(Choice(0, row.example),))
    assert REDACTOR.sample(sample) == _closely(sample)
    assert row.example not in REDACTOR.sample(sample).choices[0].text


def test_what_is_plain_is_the_same_sample() -> None:
    """Without a sign, and without a credential of its request, nothing is made anew."""
    assert REDACTOR.sample(PLAIN) is PLAIN
    assert REDACTOR.sample(PLAIN, ("lock?",)) is PLAIN  # too short for a credential
    assert REDACTOR.sample(PLAIN, ("How wide is the lock",)).messages[1].content == "[API_KEY_1]?"


@pytest.mark.parametrize(
    "more",
    [
        {"tools": (msgspec.Raw(b'{"name":"a@b.example"}'),)},
        {"response_format": msgspec.Raw(b'{"name":"a@b.example"}')},
        {"answer_tools": ("a@b.example",)},
        {"parameters": {"stop": ["a@b.example"]}},
        {"messages": (Message("user", "Hello", name="a@b.example"),)},
        {"messages": (Message("tool", "Hello", tool_call_id="a@b.example"),)},
        {"messages": (Message("user", "Hello", documents=("a@b.example",)),)},
        {"messages": (Message("assistant", "", tool_calls=(ToolCall("mail", '{"to":"a\\u0040b.example"}'),)),)},
        {"choices": (Choice(0, "Hello", tool_calls=(ToolCall("mail", '{"to":"a\\u0040b.example"}'),)),)},
        {"choices": (Choice(0, "Hello", reasoning="a@b.example"),)},
    ],
)
def test_every_place_of_a_sample_is_looked_at(more: dict[str, Any]) -> None:
    """An address in a member that most samples do not have."""
    sample = msgspec.structs.replace(PLAIN, **more)
    assert REDACTOR.sample(sample) == _closely(sample) != sample


@pytest.mark.parametrize("text", ["４１１１ １１１１ １１１１ １１１１", "пароль: zimt7nelken9"])
def test_texts_in_other_scripts_are_looked_at_one_by_one(text: str) -> None:
    """Digits and names of secrets beyond ASCII have no sign for the one look."""
    sample = msgspec.structs.replace(PLAIN, choices=(Choice(0, text),))
    assert REDACTOR.sample(sample) == _closely(sample) != sample


def test_an_operator_s_pattern_is_looked_for_in_each_text() -> None:
    """No look at all texts together knows it."""
    own = Redactor(Redaction(patterns=("loc[k]",)))
    assert own.sample(PLAIN).messages[1].content == "How wide is the [CUSTOM_1]?"
