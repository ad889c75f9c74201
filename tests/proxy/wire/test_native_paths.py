"""Paths of providers' own wires: what they ask for, and the model that they name."""

from __future__ import annotations

import pytest

from proxy.exchange import Operation
from proxy.wire.native_paths import Native, model_in, native_of
from proxy.wire.operations import is_generation, operation_of

_VERTEX = "/v1/projects/harbour/locations/europe-west4/publishers"


@pytest.mark.parametrize(
    ("path", "native", "operation", "model"),
    [
        ("/v1beta/models/gemini-lamp:generateContent", Native.GEMINI, "chat", "gemini-lamp"),
        ("/v1/models/gemini-lamp:streamGenerateContent", Native.GEMINI, "chat", "gemini-lamp"),
        ("/models/gemini-lamp:generateContent", Native.GEMINI, "chat", "gemini-lamp"),
        ("/v1beta/tunedModels/lamp-7:generateContent", Native.GEMINI, "chat", "lamp-7"),
        (f"{_VERTEX}/google/models/gemini-lamp:streamGenerateContent", Native.GEMINI, "chat", "gemini-lamp"),
        ("/v1/projects/harbour/locations/l/endpoints/77:generateContent", Native.GEMINI, "chat", "77"),
        (f"{_VERTEX}/anthropic/models/claude-lamp@20260101:streamRawPredict", None, "messages", "claude-lamp@20260101"),
        (f"{_VERTEX}/mistralai/models/mistral-lamp:rawPredict", None, "chat", "mistral-lamp"),
        (f"{_VERTEX}/mistralai/models/mistral-lamp:streamRawPredict", None, "chat", "mistral-lamp"),
        ("/model/eu.anthropic.claude-lamp-v2%3A0/invoke", None, "messages", "eu.anthropic.claude-lamp-v2:0"),
        ("/model/anthropic.claude-lamp/invoke-with-response-stream", None, "messages", "anthropic.claude-lamp"),
        ("/backend-api/codex/responses", None, "responses", None),
        ("/model/meta.lamp-3%3A1/converse", Native.CONVERSE, "chat", "meta.lamp-3:1"),
        ("/bedrock/model/anthropic.claude-lamp/converse-stream", Native.CONVERSE, "chat", "anthropic.claude-lamp"),
        ("/v2/chat", Native.COHERE, "chat", None),
        ("/cohere/v2/chat", Native.COHERE, "chat", None),
        ("/api/chat", Native.OLLAMA_CHAT, "chat", None),
        ("/api/generate", Native.OLLAMA_GENERATE, "completions", None),
    ],
)
def test_what_is_read(path: str, native: Native | None, operation: str, model: str | None) -> None:
    """A POST to it makes a model answer; nothing else does."""
    assert (native_of(path), str(operation_of(path)), model_in(path)) == (native, operation, model)
    assert is_generation("POST", path)
    assert not is_generation("GET", path)


@pytest.mark.parametrize(
    ("path", "operation", "model"),
    [
        ("/v1beta/models/vectors-lamp:batchEmbedContents", "embeddings", "vectors-lamp"),
        ("/v1beta/models/gemini-lamp:countTokens", "other", "gemini-lamp"),
        ("/api/embed", "embeddings", None),
        ("/v1beta/models", "models", None),
        ("/v1beta/models/gemini-lamp", "models", None),
        ("/v1/chat", "other", None),
        ("/rooms/v2/chat", "other", None),
        ("/api/tags", "other", None),
        ("/api/chat/rooms", "other", None),
        ("/model/openai.gpt-oss-20b-1%3A0/invoke", "chat", "openai.gpt-oss-20b-1:0"),
        ("/model/meta.lamp-3/invoke-with-response-stream", "other", "meta.lamp-3"),
        ("/model/arn%3Aaws%3Abedrock%3Aeu%3A1%3Aprofile%2Fx/invoke", "other", "arn:aws:bedrock:eu:1:profile/x"),
        ("/model/x/unknown", "other", None),
        (f"{_VERTEX}/google/models/x:rawPredict", "other", "x"),
        (f"{_VERTEX}/anthropic/models/count-tokens:rawPredict", "other", "count-tokens"),
        (f"{_VERTEX}/mistralai/models/x:predict", "other", "x"),
        ("/backend-api/codex/responses/compact", "responses", None),
        ("/backend-api/codex/models", "models", None),
        ("/openai/deployments/prod-lamp/chat/completions", "chat", "prod-lamp"),
    ],
)
def test_what_is_counted(path: str, operation: str, model: str | None) -> None:
    """It keeps its operation, and its model where the path names it."""
    assert native_of(path) is None
    assert (operation_of(path), model_in(path)) == (Operation(operation), model)
