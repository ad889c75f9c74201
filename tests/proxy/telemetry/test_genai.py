"""Exchanges in the words of the conventions: names that stay bounded, attributes that hold no content."""

from __future__ import annotations

from typing import Any

import pytest

from proxy.exchange import Exchange, FinishReason, Operation, Outcome, Usage
from proxy.telemetry import genai


def exchange(**changes: Any) -> Exchange:
    """A finished chat completion."""
    base: dict[str, Any] = {
        "request_id": "r1",
        "instance": "i1",
        "started_at": 1000.0,
        "app": "lamps",
        "operation": Operation.CHAT,
        "upstream": "near",
        "outcome": Outcome.OK,
        "duration": 0.5,
        "model_asked": "lamp-1",
        "model_served": "lamp-1-2026",
        "status": 200,
    }
    return Exchange(**base | changes)


@pytest.mark.parametrize(
    ("method", "operation", "server", "client"),
    [
        ("POST", Operation.CHAT, "POST /v1/chat/completions", "chat lamp-1"),
        ("POST", Operation.RESPONSES, "POST /v1/responses", "chat lamp-1"),
        ("POST", Operation.MESSAGES, "POST /v1/messages", "chat lamp-1"),
        ("POST", Operation.COMPLETIONS, "POST /v1/completions", "text_completion lamp-1"),
        ("POST", Operation.EMBEDDINGS, "POST /v1/embeddings", "embeddings lamp-1"),
        ("GET", Operation.FILES, "GET /v1/files", "GET"),
        ("PUT", Operation.OTHER, "PUT", "PUT"),
        ("BREW", Operation.OTHER, "HTTP", "HTTP"),
    ],
)
def test_names_of_spans(method: str, operation: Operation, server: str, client: str) -> None:
    """Method and route at the edge, operation and model upstream; nothing of what a path may hold."""
    made = exchange(operation=operation)
    assert (genai.server_name(method, made), genai.client_name(method, made)) == (server, client)


def test_every_operation_has_a_route() -> None:
    """No operation is without a name, and what is none has no route."""
    for operation in Operation:
        found = genai.server_attributes("POST", "/x", exchange(operation=operation)).get("http.route")
        assert (found is None) == (operation is Operation.OTHER)


@pytest.mark.parametrize(
    ("host", "provider"),
    [
        ("api.openai.com", "openai"),
        ("eu.api.openai.com", "openai"),
        ("API.OpenAI.com", "openai"),
        ("lamps.openai.azure.com", "azure.ai.openai"),
        ("api.anthropic.com", "anthropic"),
        ("bedrock-runtime.eu-west-1.amazonaws.com", "aws.bedrock"),
        ("notapi.openai.com.example", "near"),
        ("fakeapi.openai.com", "near"),
        ("127.0.0.1", "near"),
    ],
)
def test_providers(host: str, provider: str) -> None:
    """Known hosts have the conventions' names, all others the upstream's own."""
    assert genai.provider_of(host, "near") == provider


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, None),
        ({"outcome": Outcome.CLIENT_DISCONNECTED}, None),
        ({"outcome": Outcome.RATE_LIMITED, "status": 429}, "429"),
        ({"outcome": Outcome.CLIENT_ERROR, "status": 400}, "400"),
        ({"outcome": Outcome.UPSTREAM_ERROR, "status": 200, "error": "any word of the provider"}, "upstream_error"),
        ({"outcome": Outcome.STREAM_INCOMPLETE, "status": 200}, "stream_incomplete"),
        ({"outcome": Outcome.TIMEOUT, "status": None}, "timeout"),
    ],
)
def test_why_it_failed(changes: dict[str, Any], wanted: str | None) -> None:
    """A status or an outcome, never a provider's own word, which has no bound."""
    assert genai.error_type(exchange(**changes)) == wanted


def test_a_clients_error_is_not_the_edges() -> None:
    """A 4xx fails the upstream's span and not that of the edge; a 5xx fails both."""
    for status, edge in ((404, None), (503, "503")):
        made = exchange(outcome=Outcome.UPSTREAM_ERROR, status=status)
        assert genai.server_attributes("POST", "/x", made).get("error.type") == edge
        assert genai.client_attributes(made, "h", 1)["error.type"] == str(status)


def test_tokens_are_put_together_again() -> None:
    """Our types are disjoint; the conventions' input counts the cached ones, their output the reasoning."""
    made = exchange(usage=Usage(input=10, cached_input=5, cache_write=3, output=7, reasoning_output=2))
    found = genai.client_attributes(made, "h", 1)
    assert found["gen_ai.usage.input_tokens"] == 18
    assert found["gen_ai.usage.output_tokens"] == 9
    assert found["gen_ai.usage.cache_read.input_tokens"] == 5
    assert found["gen_ai.usage.cache_creation.input_tokens"] == 3
    assert found["gen_ai.usage.reasoning.output_tokens"] == 2
    assert not [name for name in genai.client_attributes(exchange(), "h", 1) if "usage" in name], (
        "unmetered is not zero"
    )


def test_what_is_not_known_is_not_said() -> None:
    """Attributes without a value are left out."""
    bare = exchange(model_asked=None, model_served=None, status=None, operation=Operation.OTHER)
    assert genai.client_attributes(bare, "h", 1) == {"server.address": "h", "server.port": 1}
    full = exchange(finish_reason=FinishReason.STOP, response_id="x", streamed=True, first_chunk=0.1)
    found = genai.client_attributes(full, "h", 1)
    assert found["gen_ai.response.finish_reasons"] == ("stop",)
    assert found["gen_ai.response.time_to_first_chunk"] == 0.1


def test_parameters_are_numbers_alone() -> None:
    """Temperature and its like; text, which may be content, and values of a wrong kind are passed over."""
    document = {
        "temperature": 1,
        "top_p": 0.5,
        "max_completion_tokens": 9,
        "seed": True,
        "n": "three",
        "presence_penalty": None,
        "frequency_penalty": 10**400,
        "stop": ["secret"],
        "user": "secret",
        "stream": True,
    }
    assert genai.parameters(document) == {
        "gen_ai.request.temperature": 1.0,
        "gen_ai.request.top_p": 0.5,
        "gen_ai.request.max_tokens": 9,
        "gen_ai.request.stream": True,
    }
    assert genai.parameters({"max_tokens": float("inf"), "temperature": float("nan"), "stream": 1}) == {}


def test_boundaries_are_those_of_the_conventions() -> None:
    """Powers of two from a hundredth, powers of four from one."""
    assert tuple(round(0.01 * 2**power, 2) for power in range(14)) == genai.DURATION_BOUNDS
    assert (genai.TOKEN_BOUNDS[0], genai.TOKEN_BOUNDS[-1], len(genai.TOKEN_BOUNDS)) == (1, 67108864, 14)
