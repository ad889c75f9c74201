"""Answers that a gateway puts into an object of its own: ``{"success": true, "data": {"choices": [...]}}``.

Cline's API and gateways made of web frameworks do that (decolua/9router#3387, smallmain/vscode-unify-chat-provider#71),
and Cloudflare's REST API puts what its models say under ``result``.
"""

from __future__ import annotations

from typing import Any

#: What a document holds that is an answer by itself, of every family.
_ANSWERS = ("choices", "output", "content", "candidates", "steps")
#: Under which names an answer stands in an envelope.
_ENVELOPES = ("data", "result", "response", "body")
#: An error inside is the answer, too.
_INSIDE = (*_ANSWERS, "error")
#: Members by which an event says that it tells of something else: a step, a tool, that all is well.
_NAMED = ("type", "event", "object")


def opened(doc: dict[str, Any]) -> dict[str, Any]:
    """The answer in an envelope, with what stands beside it there; any other document as it is."""
    if any(doc.get(name) for name in _ANSWERS):
        return doc
    for name in _ENVELOPES:
        inner = doc.get(name)
        if isinstance(inner, dict) and any(inner.get(member) for member in _INSIDE):
            return {**doc, **inner}
    return doc


def opened_event(doc: dict[str, Any]) -> dict[str, Any]:
    """Like ``opened``, for an event of a chat stream: only what holds choices is a piece of the answer.

    An error is one if the event has no name of its own: gateways tell in the same stream what a tool of theirs found.
    """
    if "choices" in doc:
        return doc
    for name in _ENVELOPES:
        inner = doc.get(name)
        if isinstance(inner, dict) and (isinstance(inner.get("choices"), list) or _fails(doc, inner)):
            return {**doc, **inner}
    return doc


def _fails(doc: dict[str, Any], inner: dict[str, Any]) -> bool:
    names = (doc[member] for member in _NAMED if doc.get(member))
    return bool(inner.get("error")) and all(isinstance(name, str) and "error" in name.lower() for name in names)
