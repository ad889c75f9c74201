"""Request headers that the proxy reads: its own headers, the parent span, and session ids of clients."""

from __future__ import annotations

import re

#: W3C Trace Context: lower case and no zero id; only versions after 00 may say more.
_TRACEPARENT = re.compile(rb"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
#: Headers in which clients name a session, the most trusted first. Sources: Claude Code 2.1.332, Codex CLI 0.171.0 and
#: older releases of it, opencode 1.18.33 and OpenRouter's API reference (``x-session-id``), Open WebUI
#: (ENABLE_FORWARD_USER_INFO_HEADERS), LiteLLM, Helicone, xAI's API reference.
_SESSIONS = {
    name: place
    for place, name in enumerate(
        (
            *(b"x-claude-code-session-id", b"session-id", b"session_id", b"conversation_id"),
            *(b"x-session-id", b"x-opencode-session", b"x-session-affinity", b"x-conversation-id"),
            *(b"x-openwebui-chat-id", b"x-litellm-session-id", b"helicone-session-id", b"x-grok-conv-id"),
        )
    )
}


class Ours:
    """The values of the proxy's own request headers and of the session headers of clients."""

    __slots__ = (
        "app",
        "client_session",
        "counted",
        "judge",
        "no_store",
        "parent",
        "retries",
        "session",
        "task",
        "user",
    )

    def __init__(self) -> None:
        self.app: str | None = None
        self.session: str | None = None
        self.user: str | None = None
        self.task: str | None = None
        #: The id of a session as the client sends it by itself.
        self.client_session: str | None = None
        self.no_store = False
        self.judge = b""
        self.counted = b""
        self.retries = 0
        #: Trace id, span id and flags of the caller's span.
        self.parent: tuple[str, str, int] | None = None


def read_ours(headers: list[tuple[bytes, bytes]]) -> Ours:
    """The proxy's own headers, the SDK retry count and the trace parent."""
    ours = Ours()
    rank = len(_SESSIONS)
    for name, value in headers:
        place = _SESSIONS.get(name, rank)
        if place < rank and (told := value.decode("utf-8", "replace").strip()[:256]):
            rank, ours.client_session = place, told
        elif name.startswith(b"x-s"):
            text = value.decode("utf-8", "replace")[:256]
            if name == b"x-sightglass-app":
                ours.app = text
            elif name == b"x-sightglass-session-id":
                ours.session = text or None
            elif name == b"x-sightglass-user-id":
                ours.user = text or None
            elif name == b"x-sightglass-task-id":
                ours.task = text or None
            elif name == b"x-sightglass-no-store":
                ours.no_store = text.strip().lower() in ("1", "true", "yes")
            elif name == b"x-sightglass-judge":
                ours.judge = value
            elif name == b"x-sightglass-counted":
                ours.counted = value
            elif name == b"x-stainless-retry-count" and text.isdigit():
                ours.retries = min(int(text[:4]), 1000)
        elif name == b"traceparent":
            ours.parent = _parent(value)
    return ours


def _parent(value: bytes) -> tuple[str, str, int] | None:
    match = _TRACEPARENT.fullmatch(value)
    if match is None or (match[1] == b"00" and match[5]):
        return None
    return match[2].decode(), match[3].decode(), int(match[4], 16)
