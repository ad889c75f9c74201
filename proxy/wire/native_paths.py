"""Paths of provider-specific APIs, beside the common OpenAI and Anthropic paths.

Gemini: ``/v1beta/models/NAME:generateContent``, also under ``/v1`` and under Vertex's ``/v1/projects/P/locations/L``.
Interactions: ``/v1beta/interactions``, also under Vertex's ``/v1/projects/P/locations/L``. Ollama: ``/api/chat``,
``/api/generate``. Cohere: ``/v2/chat``. Bedrock: ``/model/ID/converse`` and ``converse-stream``.
Vertex serves Anthropic's and Mistral's APIs under ``:rawPredict``, and Bedrock Anthropic's and OpenAI's under
``/model/ID/invoke`` (docs.aws.amazon.com, "OpenAI models", read in November 2026).
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from urllib.parse import unquote

#: Google's custom methods: the resource, a colon, the method.
_GOOGLE = re.compile(r"(?:^|/)(?:models|tunedModels|endpoints)/([^/:]+):([A-Za-z]+)$")
_BEDROCK = re.compile(r"(?:^|/)model/([^/]+)/(converse|converse-stream|invoke|invoke-with-response-stream)$")
_INVOKE = ("invoke", "invoke-with-response-stream")
_INTERACTIONS = re.compile(r"(?:^|/)v1(?:(?:alpha|beta)[0-9]?)?/(?:projects/[^/]+/locations/[^/]+/)?interactions$")
#: What may stand before Cohere's own path: nothing, or its name at a gateway.
_BEFORE_COHERE = ("", "/cohere")
_GENERATE = ("generateContent", "streamGenerateContent")
_RAW = ("rawPredict", "streamRawPredict")
_EMBED = ("embedContent", "batchEmbedContents")
_OLLAMA_EMBED = ("/api/embed", "/api/embeddings")
#: Publishers on Vertex whose own API is behind it, and what stands in the place of a model and makes none answer.
_ANTHROPIC, _MISTRAL = "/publishers/anthropic/", "/publishers/mistralai/"
_NO_MODEL = "count-tokens"


class Native(StrEnum):
    """Provider-specific APIs that are read."""

    GEMINI = "gemini"
    INTERACTIONS = "interactions"
    COHERE = "cohere"
    CONVERSE = "converse"
    OLLAMA_CHAT = "ollama_chat"
    OLLAMA_GENERATE = "ollama_generate"


@lru_cache(maxsize=1024)
def native_of(path: str) -> Native | None:
    """The API of a request path, if it is one of these."""
    trimmed = path.rstrip("/")
    if trimmed == "/api/chat":
        return Native.OLLAMA_CHAT
    if trimmed == "/api/generate":
        return Native.OLLAMA_GENERATE
    if trimmed.endswith("/v2/chat") and trimmed.removesuffix("/v2/chat") in _BEFORE_COHERE:
        return Native.COHERE
    if trimmed.endswith("/interactions") and _INTERACTIONS.search(trimmed) is not None:
        return Native.INTERACTIONS
    if (found := _BEDROCK.search(trimmed)) is not None and found[2] not in _INVOKE:
        return Native.CONVERSE
    return Native.GEMINI if _method(trimmed) in _GENERATE else None


@lru_cache(maxsize=1024)
def is_raw_messages(path: str) -> bool:
    """Whether this is an Anthropic message request to Vertex or to Bedrock.

    On Bedrock the name of the model tells whose words it takes; a profile of one's own does not.
    """
    if (found := _BEDROCK.search(path.rstrip("/"))) is not None:
        return found[2] in _INVOKE and "anthropic." in unquote(found[1])
    return _ANTHROPIC in path and _method(path) in _RAW and model_in(path) != _NO_MODEL


@lru_cache(maxsize=1024)
def is_bedrock(path: str) -> bool:
    """Whether a path asks a model of Bedrock's."""
    return "/model/" in path and _BEDROCK.search(path.rstrip("/")) is not None


@lru_cache(maxsize=1024)
def is_raw_chat(path: str) -> bool:
    """Whether this is a chat request in OpenAI's words: to Mistral's models on Vertex, or to OpenAI's on Bedrock."""
    if (found := _BEDROCK.search(path.rstrip("/"))) is not None:
        return found[2] in _INVOKE and "openai." in unquote(found[1])
    return _MISTRAL in path and _method(path) in _RAW


@lru_cache(maxsize=1024)
def is_embedding(path: str) -> bool:
    """Whether this is an embedding request of Gemini's or Ollama's."""
    return _method(path) in _EMBED or path.rstrip("/") in _OLLAMA_EMBED


@lru_cache(maxsize=1024)
def is_google(path: str) -> bool:
    """Whether a path calls any Google method on one model."""
    return _GOOGLE.search(path) is not None


@lru_cache(maxsize=1024)
def model_in(path: str) -> str | None:
    """The model named in a path, in Google's and Bedrock's form.

    For Azure, the deployment name stands for the model.
    """
    found = _GOOGLE.search(path.rstrip("/")) or _BEDROCK.search(path.rstrip("/"))
    if found is not None:
        return unquote(found[1])[:256]
    parts = [part for part in path.split("/") if part]
    return parts[2] if parts[:2] == ["openai", "deployments"] and len(parts) > 2 else None


def _method(path: str) -> str:
    found = _GOOGLE.search(path)
    return found[2] if found is not None else ""
