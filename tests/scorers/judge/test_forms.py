"""What is sent where an endpoint refuses a request as it is."""

from __future__ import annotations

from typing import Any

import pytest

from scorers.judge.forms import Attempts, Forms, Ladder

WORDS = ("store", "seed", "temperature", "max_completion_tokens", "response_format", "json_schema", "effort")
SCHEMA = {"type": "json_schema", "json_schema": {"name": "n"}}
BODY: dict[str, Any] = {
    "messages": [],
    "max_tokens": 9,
    "store": False,
    "seed": 1,
    "temperature": 0,
    "response_format": SCHEMA,
    "effort": "low",
}
LADDERS = (
    Ladder(then=("store", "seed"), settings=("temperature", "effort")),
    Ladder(first=("temperature",), then=("response_format", "effort"), settings=("seed",)),
    Ladder(),
)


def sent(forms: Forms, said: bytes, most: int = 50) -> list[dict[str, Any]]:
    """What is sent to an endpoint that refuses all of it with ``said``."""
    attempts = Attempts(forms, BODY)
    found = [attempts.sent]
    while attempts.refused(said):
        found.append(attempts.sent)
        assert len(found) < most, "it is asked without end"
    return found


@pytest.mark.parametrize("ladder", LADDERS)
@pytest.mark.parametrize("said", [b"", b"no", *(word.encode() for word in WORDS), " ".join(WORDS).encode()])
@pytest.mark.parametrize("known", [False, True])
def test_an_endpoint_that_refuses_everything_is_asked_a_few_times(ladder: Ladder, said: bytes, known: bool) -> None:
    """Whatever its error says, such as the whole request, and whether or not it has answered another one before."""
    forms = Forms(ladder)
    if known:
        Attempts(forms, BODY).answered()
    found = sent(forms, said)
    assert len(found) <= 7
    assert len({repr(each) for each in found}) == len(found), "nothing is sent twice"
    assert (forms.form.left_out, forms.settled) == ((), known), "what was refused changes no other request"


def test_what_a_schema_is_refused_for_is_asked_for_without_it_first() -> None:
    """Then as any JSON, and then not at all; all else stays."""
    forms = Forms(LADDERS[1])
    found = sent(forms, b"'response_format' of type 'json_schema' is not supported")
    assert [each.get("response_format") for each in found][:3] == [SCHEMA, {"type": "json_object"}, None]
    assert all({"temperature", "effort", "max_completion_tokens"} <= set(each) for each in found[:3])


def test_a_form_that_another_request_has_found_is_taken() -> None:
    """Two begin at once: the one that is refused later goes to the form in which the other was answered, without what
    its own error named."""
    forms = Forms(LADDERS[0])
    first, second = Attempts(forms, BODY), Attempts(forms, BODY)
    assert second.refused(b"temperature")
    assert first.refused(b"store")
    first.answered()
    assert second.refused(b"store")
    assert set(BODY) - set(second.sent) == {"store", "temperature", "max_tokens"}
    second.answered()
    assert forms.form.left_out == ("store",), "the next request has its temperature again"
