"""Maps an Exchange to OpenTelemetry's conventions for generative AI (v1.41): names and attributes, no content.

Pure. Values that a request can choose freely (paths, models, errors) are bounded before they become a span name or a
metric attribute.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proxy.exchange import Exchange, Operation, Outcome

Attributes = dict[str, str | bool | int | float | tuple[str, ...]]

#: Histogram boundaries that the conventions give.
DURATION_BOUNDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
TOKEN_BOUNDS = tuple(4**power for power in range(14))
CHUNK_BOUNDS = (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)

OPERATIONS = {
    Operation.CHAT: "chat",
    Operation.RESPONSES: "chat",
    Operation.MESSAGES: "chat",
    Operation.COMPLETIONS: "text_completion",
    Operation.EMBEDDINGS: "embeddings",
}
_ROUTES: dict[Operation, str] = {operation: f"/v1/{operation.value}" for operation in Operation}
_ROUTES |= {Operation.CHAT: "/v1/chat/completions", Operation.OTHER: ""}
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"})
_PROVIDERS = (
    ("api.openai.com", "openai"),
    (".openai.azure.com", "azure.ai.openai"),
    (".services.ai.azure.com", "azure.ai.inference"),
    ("api.anthropic.com", "anthropic"),
    ("generativelanguage.googleapis.com", "gcp.gemini"),
    ("aiplatform.googleapis.com", "gcp.vertex_ai"),
    (".amazonaws.com", "aws.bedrock"),
    ("api.deepseek.com", "deepseek"),
    ("api.groq.com", "groq"),
    ("api.mistral.ai", "mistral_ai"),
    ("api.perplexity.ai", "perplexity"),
    ("api.x.ai", "x_ai"),
    ("api.cohere.com", "cohere"),
)
#: Parameter of a request's body -> attribute and type. Numbers only: whatever is text may be content.
_PARAMETERS: tuple[tuple[str, str, type], ...] = (
    ("temperature", "gen_ai.request.temperature", float),
    ("top_p", "gen_ai.request.top_p", float),
    ("top_k", "gen_ai.request.top_k", float),
    ("frequency_penalty", "gen_ai.request.frequency_penalty", float),
    ("presence_penalty", "gen_ai.request.presence_penalty", float),
    ("max_tokens", "gen_ai.request.max_tokens", int),
    ("max_completion_tokens", "gen_ai.request.max_tokens", int),
    ("max_output_tokens", "gen_ai.request.max_tokens", int),
    ("seed", "gen_ai.request.seed", int),
    ("n", "gen_ai.request.choice.count", int),
)


def parameters(document: Mapping[str, Any]) -> Attributes:
    """The ``gen_ai.request.*`` attributes from a request body."""
    found: Attributes = {}
    for key, name, kind in _PARAMETERS:
        value = document.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**53:
            found[name] = kind(value)
    if document.get("stream") is True:
        found["gen_ai.request.stream"] = True
    return found


def provider_of(host: str, upstream: str) -> str:
    """The provider name of the conventions, by host. For unknown hosts, the name of the upstream."""
    host = host.lower()
    for known, name in _PROVIDERS:
        if host == known.lstrip(".") or host.endswith(known if known.startswith(".") else "." + known):
            return name
    return upstream


def method_of(method: str) -> str:
    """The HTTP method, or ``_OTHER`` if it is not registered."""
    return method if method in _METHODS else "_OTHER"


def server_name(method: str, exchange: Exchange) -> str:
    """The name of the server span, for example ``POST /v1/chat/completions``. Ids in the path are left out."""
    return f"{method_of(method)} {_ROUTES[exchange.operation]}".strip().replace("_OTHER", "HTTP")


def client_name(method: str, exchange: Exchange) -> str:
    """The name of the client span: ``chat gpt-4o``, or the method if the request is not inference."""
    operation = OPERATIONS.get(exchange.operation)
    if operation is None:
        return method_of(method).replace("_OTHER", "HTTP")
    return f"{operation} {exchange.model_asked}" if exchange.model_asked else operation


def error_type(exchange: Exchange) -> str | None:
    """Why a request failed, from a closed set: a status of 400 or above, or an outcome."""
    if exchange.outcome in (Outcome.OK, Outcome.CLIENT_DISCONNECTED):
        return None
    if exchange.status is not None and exchange.status >= 400:
        return str(exchange.status)
    return exchange.outcome.value


def server_attributes(method: str, path: str, exchange: Exchange) -> Attributes:
    """Attributes of the server span. ``path`` has no query."""
    found: Attributes = {
        "http.request.method": method_of(method),
        "url.scheme": "http",
        "url.path": path,
        "http.request.body.size": exchange.request_bytes,
        "http.response.body.size": exchange.response_bytes,
        "sightglass.request_id": exchange.request_id,
        "sightglass.app": exchange.app,
        "sightglass.upstream": exchange.upstream,
        "sightglass.outcome": exchange.outcome.value,
    }
    if _ROUTES[exchange.operation]:
        found["http.route"] = _ROUTES[exchange.operation]
    if exchange.status is not None:
        found["http.response.status_code"] = exchange.status
    if exchange.overhead is not None:
        found["sightglass.overhead"] = exchange.overhead
    if exchange.cost_usd is not None:
        found["sightglass.cost_usd"] = exchange.cost_usd
    failure = error_type(exchange)
    if failure is not None and not (failure.startswith("4") and failure.isdigit()):
        found["error.type"] = failure
    return found


def client_attributes(exchange: Exchange, host: str, port: int) -> Attributes:
    """Attributes of the client span, without the request parameters."""
    found: Attributes = {"server.address": host, "server.port": port}
    operation = OPERATIONS.get(exchange.operation)
    if operation is not None:
        found["gen_ai.operation.name"] = operation
        found["gen_ai.provider.name"] = provider_of(host, exchange.upstream)
    texts = (
        ("gen_ai.request.model", exchange.model_asked),
        ("gen_ai.response.model", exchange.model_served),
        ("gen_ai.response.id", exchange.response_id),
        ("gen_ai.conversation.id", exchange.session_id),
        ("openai.response.system_fingerprint", exchange.system_fingerprint),
        ("error.type", error_type(exchange)),
    )
    found.update((name, value) for name, value in texts if value is not None)
    if exchange.finish_reason is not None:
        found["gen_ai.response.finish_reasons"] = (exchange.finish_reason.value,)
    if exchange.status is not None:
        found["http.response.status_code"] = exchange.status
    if exchange.streamed and exchange.first_chunk is not None:
        found["gen_ai.response.time_to_first_chunk"] = exchange.first_chunk
    if (usage := exchange.usage) is not None:
        # The conventions' input counts everything that went in, cached or not; the output includes reasoning.
        found["gen_ai.usage.input_tokens"] = usage.input + usage.cached_input + usage.cache_write
        found["gen_ai.usage.output_tokens"] = usage.output + usage.reasoning_output
        found["gen_ai.usage.cache_read.input_tokens"] = usage.cached_input
        if usage.cache_write:
            found["gen_ai.usage.cache_creation.input_tokens"] = usage.cache_write
        if usage.reasoning_output:
            found["gen_ai.usage.reasoning.output_tokens"] = usage.reasoning_output
    return found
