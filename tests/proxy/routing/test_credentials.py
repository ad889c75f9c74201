"""Keys in request headers: found wherever they are, ours never sent on, the upstream's where it is expected."""

from __future__ import annotations

from typing import Any

import pytest

from proxy.config.settings import Client, Upstream
from proxy.errors import Refused
from proxy.exchange import Operation
from proxy.routing.credentials import Headers, Keys, credentials, key_header
from proxy.routing.target import make_target

OURS = b"ours-0123456789"
ALL = [
    (b"authorization", b"Bearer " + OURS),
    (b"authorization", b"bearer  " + OURS),
    (b"x-api-key", OURS),
    (b"api-key", OURS),
    (b"x-goog-api-key", OURS),
    (b"sec-websocket-protocol", b"realtime, openai-insecure-api-key." + OURS + b", openai-beta.realtime-v1"),
]


def _keys() -> Keys:
    return Keys((Client.model_validate({"key": OURS.decode(), "app": "bot"}),))


@pytest.mark.parametrize("header", ALL)
@pytest.mark.parametrize("other", [(b"x-api-key", b"dummy"), (b"authorization", b"Bearer dummy"), (b"x", b"1")])
def test_our_key_is_found_in_whichever_header_holds_it(header: tuple[bytes, bytes], other: tuple[bytes, bytes]) -> None:
    """Other keys beside it, before or behind, do not hide it."""
    assert _keys().authenticate([header, other]) == "bot"
    assert _keys().authenticate([other, header]) == "bot"


@pytest.mark.parametrize(
    "wrong",
    [b"", b"Bearer", b"Bearer ", b"Bearer " + OURS[:-1], b"Bearer " + OURS + b"x", b"\xff" * 100, b"Basic " + OURS],
)
def test_other_keys_are_401(wrong: bytes) -> None:
    """None, a wrong one or a part of one; the message holds no key. Without keys of ours nobody is asked."""
    with pytest.raises(Refused) as caught:
        _keys().authenticate([(b"authorization", wrong)] if wrong else [])
    assert (caught.value.status, caught.value.code) == (401, "invalid_api_key")
    assert OURS.decode() not in str(caught.value)
    assert Keys(()).authenticate([(b"authorization", wrong)]) is None


@pytest.mark.parametrize("header", [*ALL, (b"x-provider-key", OURS), (b"cookie", b"Bearer " + OURS)])
def test_our_key_stays_here(header: tuple[bytes, bytes]) -> None:
    """Also where no provider would look for it; what stands beside it in the header goes on."""
    kept = _keys().without_keys([header, (b"x", b"1")])
    assert OURS not in b"".join(value for _, value in kept)
    assert kept[-1] == (b"x", b"1")
    if header[0] == b"sec-websocket-protocol":
        assert kept[0] == (header[0], b"realtime, openai-beta.realtime-v1")


def test_a_subprotocol_that_is_a_key_and_nothing_else() -> None:
    """Nothing of its header is left."""
    assert _keys().without_keys([(b"sec-websocket-protocol", b"openai-insecure-api-key.x")]) == []


@pytest.mark.parametrize(
    ("headers", "keys"),
    [
        ([(b"authorization", b"Bearer abc")], [b"abc"]),
        ([(b"authorization", b"Basic abc")], [b"Basic abc"]),
        ([(b"x-api-key", b"Bearer abc")], [b"Bearer abc"]),
        ([(b"api-key", b"a b"), (b"x-api-key", b"c")], [b"a b", b"c"]),
        ([(b"sec-websocket-protocol", b"realtime")], []),
        ([(b"cookie", b"abc")], []),
    ],
)
def test_what_is_taken_for_a_key(headers: Headers, keys: list[bytes]) -> None:
    """All of them, in their order: none may be stored."""
    assert credentials(headers) == keys


@pytest.mark.parametrize(
    ("operation", "path", "base", "headers", "name"),
    [
        (Operation.CHAT, "/v1/chat/completions", "https://h.example/v1", [], b"authorization"),
        (Operation.MESSAGES, "/v1/messages", "https://h.example/v1", [], b"x-api-key"),
        (Operation.MESSAGES, "/v1/messages", "https://r.services.ai.azure.com/anthropic", [], b"x-api-key"),
        (Operation.MODELS, "/v1/models", "https://h.example", [(b"anthropic-version", b"1")], b"x-api-key"),
        (Operation.CHAT, "/v1/chat/completions", "https://h.example", [(b"anthropic-version", b"1")], b"authorization"),
        (Operation.CHAT, "/openai/deployments/d/chat/completions", "https://h.example", [], b"api-key"),
        (Operation.RESPONSES, "/v1/responses", "https://r.openai.azure.com/openai/v1", [], b"api-key"),
        (Operation.CHAT, "/v1/chat/completions", "https://models.inference.ai.azure.com", [], b"authorization"),
        (
            Operation.CHAT,
            "/v1beta/models/gemini-x:generateContent",
            "https://generativelanguage.googleapis.com",
            [],
            b"x-goog-api-key",
        ),
        (
            Operation.MESSAGES,
            "/v1/projects/p/locations/l/publishers/anthropic/models/c:rawPredict",
            "https://aiplatform.example",
            [],
            b"authorization",
        ),
        (Operation.OTHER, "/anything", "https://h.example", [], b"authorization"),
    ],
)
def test_the_operation_chooses_the_header(
    operation: Operation, path: str, base: str, headers: Any, name: bytes
) -> None:
    """Anthropic's and Azure's own, else ``Authorization``; the client's choice says nothing."""
    target = make_target(Upstream.model_validate({"name": "u", "base_url": base}))
    for more in ([], [(b"x-api-key", b"a")], [(b"api-key", b"a")], [(b"authorization", b"Bearer a")]):
        found, value = key_header(b"theirs", target, operation, path.encode(), [*headers, *more])
        assert found == name
        assert value == (b"Bearer theirs" if name == b"authorization" else b"theirs")
