"""Paths of providers' own wires, beside those that OpenAI and Anthropic gave the field.

Gemini: ``/v1beta/models/NAME:generateContent``, also under ``/v1`` and under Vertex's ``/v1/projects/P/locations/L``;
Ollama: ``/api/chat``, ``/api/generate``; both are read. Cohere ``/v2/chat`` and Bedrock ``/model/ID/converse`` are
counted with their model. Vertex serves Anthropic's wire under ``:rawPredict``.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from urllib.parse import unquote

#: Google's custom methods: the resource, a colon, the method.
_GOOGLE = re.compile(r"(?:^|/)(?:models|tunedModels|endpoints)/([^/:]+):([A-Za-z]+)$")
_BEDROCK = re.compile(r"(?:^|/)model/([^/]+)/(?:converse|converse-stream|invoke|invoke-with-response-stream)$")
_GENERATE = ("generateContent", "streamGenerateContent")
_RAW = ("rawPredict", "streamRawPredict")
_EMBED = ("embedContent", "batchEmbedContents")


class Native(StrEnum):
    """Wires that are read, and are none of the common ones."""

    GEMINI = "gemini"
    OLLAMA_CHAT = "ollama_chat"
    OLLAMA_GENERATE = "ollama_generate"


@lru_cache(maxsize=1024)
def native_of(path: str) -> Native | None:
    """The wire of a request's path, where it is one of these."""
    trimmed = path.rstrip("/")
    if trimmed == "/api/chat":
        return Native.OLLAMA_CHAT
    if trimmed == "/api/generate":
        return Native.OLLAMA_GENERATE
    return Native.GEMINI if _method(trimmed) in _GENERATE else None


@lru_cache(maxsize=1024)
def is_raw_messages(path: str) -> bool:
    """Whether Vertex is asked for a message of Anthropic's."""
    return "/publishers/anthropic/" in path and _method(path) in _RAW


@lru_cache(maxsize=1024)
def is_embedding(path: str) -> bool:
    """Whether Gemini is asked for vectors."""
    return _method(path) in _EMBED


@lru_cache(maxsize=1024)
def is_google(path: str) -> bool:
    """Whether a path calls a method of Google's on one model, whichever."""
    return _GOOGLE.search(path) is not None


@lru_cache(maxsize=1024)
def model_in(path: str) -> str | None:
    """The model that a path names, in Google's and Bedrock's forms and as Azure's deployment, which stands for it."""
    found = _GOOGLE.search(path.rstrip("/")) or _BEDROCK.search(path.rstrip("/"))
    if found is not None:
        return unquote(found[1])[:256]
    parts = [part for part in path.split("/") if part]
    return parts[2] if parts[:2] == ["openai", "deployments"] and len(parts) > 2 else None


def _method(path: str) -> str:
    found = _GOOGLE.search(path)
    return found[2] if found is not None else ""
