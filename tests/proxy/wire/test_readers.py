"""What all families of readers have in common."""

from __future__ import annotations

import pytest

from proxy.exchange import Operation
from proxy.wire.facts import Facts
from proxy.wire.native_paths import Native
from proxy.wire.readers import READERS
from proxy.wire.sse import decode

FULL = b'{"error": {"code": "harbour_full", "status": "HARBOUR_FULL", "message": "no berth left"}}'


def _error(operation: Operation | Native, body: bytes) -> str | None:
    facts = Facts()
    READERS[operation].facts_of_events(decode(body), facts)
    return facts.error


@pytest.mark.parametrize("operation", READERS)
@pytest.mark.parametrize("form", [b"data: %s\n\n", b"data: [%s]\n\n", b"[%s]\n\n", b"[{\n%s\n]\n", b"{\n%s"])
def test_an_error_in_a_stream_in_any_form(operation: Operation | Native, form: bytes) -> None:
    """As data or bare, in one line or in several, alone or as the one element of a list."""
    written = form % (FULL[1:].replace(b", ", b",\n") if form.count(b"{") else FULL)
    found = _error(operation, written)
    assert found is not None
    assert found.lower() == "harbour_full"


@pytest.mark.parametrize("operation", READERS)
@pytest.mark.parametrize("data", [b"[DONE]", b"[]", b"[7]", b"[{}]", b'[{"error": null}]', b"[", b"[" * 100_000])
def test_a_list_that_is_no_error(operation: Operation | Native, data: bytes) -> None:
    """The end of a stream, and whatever else comes as a list, is no error."""
    assert _error(operation, b"data: " + data + b"\n\n") is None
