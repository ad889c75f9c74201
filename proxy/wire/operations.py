"""The API surface: which operation a path requests. Unknown paths are ``other``: forwarded, counted, never refused."""

from __future__ import annotations

import re
from functools import lru_cache

from proxy.exchange import Operation
from proxy.wire.native_paths import Native, is_embedding, is_google, is_raw_chat, is_raw_messages, native_of

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


#: How paths end that ask for a chat, whatever stands before; the second is Mistral's.
_CHATS = (["chat", "completions"], ["agents", "completions"])
#: The same of completions: Mistral's and DeepSeek's, which fill in the middle.
_COMPLETIONS = (["fim", "completions"], ["beta", "completions"])
#: Families of objects with a usage of their own: Anthropic's and OpenAI's agents, evaluations.
_KEPT = frozenset(("sessions", "dreams", "agents", "deployments", "evals"))
#: What families stand behind, beside a version: the second is ChatGPT's, for Codex.
_PREFIXES = ("openai", "codex")
#: Versions of an interface as paths hold them: v1, v1beta, v2alpha3, v1p1beta1.
_VERSION = re.compile(r"v[0-9]{1,3}(\.[0-9]{1,3})?((p[0-9]+)?(alpha|beta|preview)[0-9]{0,3})?")


def is_version(segment: str) -> bool:
    """Whether a path segment is an API version."""
    return _VERSION.fullmatch(segment) is not None


@lru_cache(maxsize=1024)
def operation_of(path: str) -> Operation:
    """The operation of a request path, in the forms of OpenAI, Azure and Anthropic and in native forms.

    ``/v1`` is optional, and a provider's own prefix may precede it (``/api/v3``, ``/v1beta/openai``).
    """
    native = native_of(path)
    if native is not None:
        return Operation.COMPLETIONS if native is Native.OLLAMA_GENERATE else Operation.CHAT
    if is_raw_messages(path):
        return Operation.MESSAGES
    if is_raw_chat(path):
        return Operation.CHAT
    if is_google(path):
        return Operation.EMBEDDINGS if is_embedding(path) else Operation.OTHER
    parts = [part for part in path.split("/") if part]
    if parts[-2:] in _CHATS:
        return Operation.CHAT
    if parts[-2:] in _COMPLETIONS:
        return Operation.COMPLETIONS
    if parts == ["models", "embeddings"] or is_embedding(path):  # Azure's model inference; Ollama's own
        return Operation.EMBEDDINGS
    if parts[:2] == ["openai", "deployments"]:  # Azure: /openai/deployments/NAME/chat/completions
        return _family(parts[3:])
    places = [0, *(at + 1 for at, part in enumerate(parts) if part in _PREFIXES or is_version(part))]
    found = [it for it in (_family(parts[at:]) for at in places) if it is not Operation.OTHER]
    # A model may stand before what it is asked for: /models/NAME/v1/completions.
    return next((it for it in found if it is not Operation.MODELS), found[0] if found else Operation.OTHER)


def _family(parts: list[str]) -> Operation:
    """The family that ``parts`` begin with, after skipping a version and ``openai``."""
    start = next((at for at, part in enumerate(parts) if part != "openai" and not is_version(part)), len(parts))
    parts = parts[start:]
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
    if native_of(path) is not None or is_raw_messages(path) or is_raw_chat(path):
        return True
    tail = path.rstrip("/").rsplit("/", 1)[-1]
    return tail in ("completions", "responses", "messages")


@lru_cache(maxsize=1024)
def is_stored(method: str, path: str) -> bool:
    """Whether a request that is only counted reads or changes an object that its provider keeps.

    Such objects hold the usage of all that was done for them: sessions of agents, runs of evaluations. What xAI has
    deferred is read once, and is an answer.
    """
    if method != "POST":
        return "/deferred-completion/" not in path
    return not _KEPT.isdisjoint(path.split("/"))


@lru_cache(maxsize=1024)
def is_compaction(method: str, path: str) -> bool:
    """Whether the request makes a model sum up earlier turns, which only the provider reads (OpenAI)."""
    return method == "POST" and path.rstrip("/").endswith("/responses/compact")


def is_model_list(path: str) -> bool:
    """Whether a path names the list of all models, in the form of OpenAI and Anthropic."""
    return path.rstrip("/") in ("/v1/models", "/models")
