"""The API surface: which operation a path asks for. Unknown paths are ``other``: forwarded, counted, never refused."""

from __future__ import annotations

from functools import lru_cache

from proxy.exchange import Operation
from proxy.wire.native import Native, is_embedding, is_google, is_raw_messages, native_of

_FAMILIES: dict[str, Operation] = {
    "completions": Operation.COMPLETIONS,
    "responses": Operation.RESPONSES,
    "messages": Operation.MESSAGES,
    "embeddings": Operation.EMBEDDINGS,
    "moderations": Operation.MODERATIONS,
    "models": Operation.MODELS,
    "audio": Operation.AUDIO,
    "images": Operation.IMAGES,
    "videos": Operation.VIDEOS,
    "files": Operation.FILES,
    "uploads": Operation.UPLOADS,
    "batches": Operation.BATCHES,
    "fine_tuning": Operation.FINE_TUNING,
    "vector_stores": Operation.VECTOR_STORES,
    "assistants": Operation.ASSISTANTS,
    "threads": Operation.THREADS,
    "conversations": Operation.CONVERSATIONS,
    "realtime": Operation.REALTIME,
}


@lru_cache(maxsize=1024)
def operation_of(path: str) -> Operation:
    """The operation of a request target's path, with or without ``/v1``, in OpenAI's, Azure's and Anthropic's forms,
    and in providers' own ones."""
    native = native_of(path)
    if native is not None:
        return Operation.COMPLETIONS if native is Native.OLLAMA_GENERATE else Operation.CHAT
    if is_google(path):
        if is_raw_messages(path):
            return Operation.MESSAGES
        return Operation.EMBEDDINGS if is_embedding(path) else Operation.OTHER
    parts = [part for part in path.split("/") if part]
    if parts[:2] == ["openai", "deployments"]:  # Azure: /openai/deployments/NAME/chat/completions
        parts = parts[3:]
    elif parts[:1] == ["openai"]:
        parts = parts[1:]
    if parts[:1] in (["v1"], ["v1beta"]):
        parts = parts[1:]
    if not parts:
        return Operation.OTHER
    if parts[0] == "chat":
        return Operation.CHAT if parts[1:2] == ["completions"] else Operation.OTHER
    return _FAMILIES.get(parts[0], Operation.OTHER)


@lru_cache(maxsize=1024)
def is_generation(method: str, path: str) -> bool:
    """Whether the request makes a model answer: a POST to the family itself, not to a stored object below it."""
    if method != "POST":
        return False
    if native_of(path) is not None or is_raw_messages(path):
        return True
    tail = path.rstrip("/").rsplit("/", 1)[-1]
    return tail in ("completions", "responses", "messages")


def is_model_list(path: str) -> bool:
    """Whether a path names the list of all models, in OpenAI's and Anthropic's form."""
    return path.rstrip("/") in ("/v1/models", "/models")
