"""The cheap look at a name: it may ask for a closer one, but it never passes over what would be taken out."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from proxy.config.settings import Redaction
from proxy.redact import Redactor
from proxy.redact.key_table import RECOGNISERS
from proxy.redact.recogniser import Recogniser

REDACTOR = Redactor(Redaction())
_PIECES = ("4111111111111111", "0301234567", "+49", "-", "_", ".", " ", "@example.org", "\\n", "%2B", "x", "30", "5500")
_ids = st.lists(st.sampled_from(_PIECES) | st.text("aZ09-_5+.(", max_size=6), max_size=6).map("".join)


@settings(max_examples=600, deadline=None)
@given(_ids)
@example("4111111111111111")
@example("order-4111111111111111")
@example("0301234567")
@example("DE89370400440532013000")
@example("resp-(030)1234567")
@example("é0301234567")
def test_what_is_plain_is_left_as_it_is(value: str) -> None:
    """Telephone numbers, cards and accounts in ids, at their beginning, behind a hyphen, and with other characters."""
    if REDACTOR.is_plain(value):
        assert REDACTOR.text(value, {}) == value


@pytest.mark.parametrize("row", RECOGNISERS, ids=lambda row: row.kind + row.example[:8])
def test_no_key_is_plain(row: Recogniser) -> None:
    """Each key of the table, alone and behind what ids begin with."""
    key = row.example
    for value in (key, f"chatcmpl-{key}", f"msg_{key}"):
        assert not REDACTOR.is_plain(value) or REDACTOR.text(value, {}) == value
    assert not REDACTOR.is_plain(key)
    beside = {"chatcmpl-Bx4LmQzR7TfW4nYc8HsJ3dLp6Gg", "gen-1751234567-kQ7vXz2mRb9TfW4n"}
    assert REDACTOR.plain({key, *beside}) == beside


@pytest.mark.parametrize(
    "value",
    [
        "chatcmpl-Bx4LmQzR7TfW4nYc8HsJ3dLp6Gg",
        "chatcmpl-lamp0123456789",
        "gen-1751234567-kQ7vXz2mRb9TfW4n",
        "0b3c9a5e-52d1-4c8a-9d55-7c1f1e0e7a11",
        "msg_01Kq7vXz2mRb9TfW4nYc8HsJ",
    ],
)
def test_ids_of_providers_are_plain(value: str) -> None:
    """One look does for them, those with long numbers included."""
    assert REDACTOR.is_plain(value)
    assert REDACTOR.text(value, {}) == value


def test_a_look_knows_the_secrets_and_the_operator_s_patterns() -> None:
    """The caller's own key makes an id that is not plain, and a pattern of the operator any."""
    assert not REDACTOR.is_plain("resp_lamplight42", ("lamplight",))
    assert not Redactor(Redaction(patterns=("lamp[0-9]+",))).is_plain("resp_lamp7")
    assert not Redactor(Redaction(builtin=False, patterns=("lamp[0-9]+",))).is_plain("resp_lamp7")
