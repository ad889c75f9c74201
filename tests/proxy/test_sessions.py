"""Sessions of clients: one conversation each, whatever the client sends beside what a person wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from proxy.exchange import Operation
from proxy.observe.identity import Conversations
from proxy.observe.request_body import Asked
from proxy.observe.request_headers import read_ours
from proxy.observe.sampler import coin
from proxy.observe.tap import Tap
from proxy.wire.messages import request as messages_request
from proxy.wire.native_paths import Native
from support import replies
from support.proxying import Proxy, Wire
from support.upstream import ScriptedUpstream

SECRET = bytes(32)
CAP = 20_000
ID = "0c1d2e3f-1111-4222-8333-444455556666"
OTHER = "9a8b7c6d-1111-4222-8333-444455556666"
Turns = list[tuple[Operation, dict[str, Any]]]


def _key(operation: Operation, document: dict[str, Any], named: str | None = None) -> str | None:
    """The key of a request as the proxy tells it, from bytes, with a cap that long requests exceed."""
    asked = Asked(CAP)
    data = json.dumps(document).encode()
    for start in range(0, len(data), 1000):
        asked.add(data[start : start + 1000])
    return Conversations(SECRET).key("a", named, operation, asked.opening(asked.document()))


def _reminder(text: str) -> dict[str, Any]:
    return {"type": "text", "text": f"<system-reminder>\n{text}\n</system-reminder>"}


def _claude(question: str, turns: int, session: str | None, old: bool = False) -> dict[str, Any]:
    """A turn of Claude Code's: reminders that change, a mark of the cache that moves on, a version with a suffix."""
    first = [_reminder(f"{900 - turns} tokens left."), {"type": "text", "text": question}]
    if turns == 0:
        first[1] = {**first[1], "cache_control": {"type": "ephemeral"}}
    messages: list[dict[str, Any]] = [{"role": "user", "content": first}]
    for number in range(turns):
        messages.append({"role": "assistant", "content": [{"type": "text", "text": f"Done: {number}. " * 30}]})
        messages.append(
            {"role": "user", "content": [_reminder("Be tidy."), {"type": "text", "text": f"And {number}?"}]}
        )
    billing = f"x-anthropic-billing-header: cc_version=2.1.332.{turns:03x}; cc_entrypoint=cli; cch={turns * 7:05x};"
    document: dict[str, Any] = {"model": "m", "messages": messages}
    document["system"] = [{"type": "text", "text": billing}, {"type": "text", "text": "You mend ferries."}]
    document["tools"] = [{"name": "look", "input_schema": {"properties": {"metadata": {"type": "object"}}}}]
    if session is not None:
        new = json.dumps({"device_id": "d", "account_uuid": "", "session_id": session})
        document["metadata"] = {"user_id": f"user_ab_account__session_{session}" if old else new}
    return document


def _codex(question: str, turns: int, session: str | None) -> dict[str, Any]:
    """A turn of Codex CLI's: set-up messages before the first question."""
    given: list[dict[str, Any]] = [
        {
            "role": "developer",
            "content": [{"type": "input_text", "text": "You mend ferries. Skills: /tmp/x1/skills/a"}],
        },
        {
            "role": "user",
            "content": [{"type": "input_text", "text": "<environment_context><cwd>/s</cwd></environment_context>"}],
        },
        {"role": "user", "content": [{"type": "input_text", "text": question}]},
    ]
    for number in range(turns):
        given.append({"type": "function_call_output", "call_id": f"c{number}", "output": "row " * 200})
    return {"model": "m", "input": given, **({"prompt_cache_key": session} if session else {})}


def _aider(question: str, turns: int, session: str | None) -> dict[str, Any]:
    """A turn of aider's, which names no session: a constant first message, and files that change."""
    messages = [
        {"role": "system", "content": "Act as an expert."},
        {"role": "user", "content": "I am not sharing the full contents of any files with you yet."},
        {"role": "assistant", "content": "Ok."},
        {"role": "user", "content": question},
    ]
    for number in range(turns):
        messages += [{"role": "assistant", "content": "Changed. " * 60}, {"role": "user", "content": f"And {number}?"}]
    return {"model": "m", "messages": messages}


CLIENTS = [
    (Operation.MESSAGES, _claude),
    (Operation.RESPONSES, _codex),
    (Operation.CHAT, _aider),
]


@pytest.mark.parametrize(("operation", "client"), CLIENTS, ids=["claude", "codex", "aider"])
@pytest.mark.parametrize("session", [ID, None])
def test_all_turns_of_a_session_are_one_conversation(operation: Operation, client: Any, session: str | None) -> None:
    """From the first turn to those beyond the cap; another first question, or another id, is another one."""
    keys = {_key(operation, client("Why is the last row lost?", turns, session)) for turns in (0, 1, 5, 60, 200)}
    assert len(keys) == 1
    assert None not in keys
    assert len(json.dumps(client("Why?", 200, session))) > CAP
    other = client("Which row is it?", 0, OTHER if session else None)
    assert _key(operation, other) not in keys


@pytest.mark.parametrize("old", [False, True])
def test_the_session_of_a_user_s_id(old: bool) -> None:
    """Claude Code names its session inside the id of the user, in two forms; the questions do not matter then."""
    one, two = (_key(Operation.MESSAGES, _claude(text, 0, ID, old)) for text in ("Why?", "Which?"))
    assert one == two == _key(Operation.MESSAGES, _claude("Where?", 0, ID, not old))
    assert one != _key(Operation.MESSAGES, _claude("Why?", 0, OTHER, old))
    plain = {"messages": [{"role": "user", "content": "Why?"}], "metadata": {"user_id": "ann"}}
    more = {"messages": [{"role": "user", "content": "Which?"}], "metadata": {"user_id": "ann"}}
    assert _key(Operation.MESSAGES, plain) != _key(Operation.MESSAGES, more)


IDS: list[dict[str, Any]] = [
    {"conversation": "conv_1"},
    {"conversation": {"id": "conv_1"}},
    {"session_id": "s-1"},
    {"metadata": {"session_id": "s-1"}},
    {"metadata": {"conversation_id": "s-1"}},
    {"metadata": {"sessionId": "s-1"}},
    {"threadId": "s-1"},
    {"client_metadata": {"session_id": ID}},
    {"prompt_cache_key": ID},
    {"prompt_cache_key": "ses_ddd5b7fd1ffeqMZJiGgEUJA0X7"},
    {"prompt_cache_key": "session-7"},
]


@pytest.mark.parametrize("named", IDS, ids=json.dumps)
def test_ids_in_the_request(named: dict[str, Any]) -> None:
    """Requests with one id are one conversation; with another, or none, they are not."""
    one, two = ({"input": text, **named} for text in ("When was it lit?", "And when was it put out?"))
    assert _key(Operation.RESPONSES, one) == _key(Operation.RESPONSES, two)
    changed = json.loads(json.dumps(named).replace("1", "2").replace("7", "8"))
    assert _key(Operation.RESPONSES, {**one, **changed}) != _key(Operation.RESPONSES, one)
    assert _key(Operation.RESPONSES, {"input": one["input"]}) != _key(Operation.RESPONSES, one)


@pytest.mark.parametrize("constant", ["ferry-desk", "ferry-desk-v2", "ferry-desk-2026-11", "ferry gpt-5.4 prompt"])
def test_one_cache_for_a_program_makes_no_session(constant: str) -> None:
    """A key that says nothing but program, version, date or model is shared by its conversations, which stay apart."""
    one, two = ({"input": text, "prompt_cache_key": constant} for text in ("Why?", "Which?"))
    assert _key(Operation.RESPONSES, one) != _key(Operation.RESPONSES, two)
    assert _key(Operation.RESPONSES, one) == _key(Operation.RESPONSES, {**one, "model": "another"})


HEADERS = [
    b"x-claude-code-session-id",
    b"session-id",
    b"session_id",
    b"x-session-id",
    b"x-session-affinity",
    b"x-openwebui-chat-id",
]


@pytest.mark.parametrize("header", HEADERS)
def test_headers_in_which_clients_name_sessions(header: bytes) -> None:
    """Each is read; an empty one names nothing."""
    assert read_ours([(b"accept", b"*/*"), (header, b" s1 ")]).client_session == "s1"
    assert read_ours([(header, b"")]).client_session is None


def test_the_order_of_trust() -> None:
    """Our own name, then a client's header by its rank, then ids in the request, then the first messages."""
    ours = read_ours([(b"x-session-affinity", b"b"), (b"session-id", b"a"), (b"x-sightglass-session-id", b"o")])
    assert (ours.session, ours.client_session) == ("o", "a")
    held = {"input": "Why?", "conversation": "conv_1", "prompt_cache_key": ID, "metadata": {"session_id": "s1"}}
    assert _key(Operation.RESPONSES, held, "o") == _key(Operation.RESPONSES, {}, "o")
    assert _key(Operation.RESPONSES, held) == _key(Operation.RESPONSES, {"conversation": "conv_1"})
    del held["conversation"]
    assert _key(Operation.RESPONSES, held) == _key(Operation.RESPONSES, {"session_id": "s1"})
    del held["metadata"]
    assert _key(Operation.RESPONSES, held) == _key(Operation.RESPONSES, {"prompt_cache_key": ID})
    # One id has one name, wherever it stands.
    assert _key(Operation.RESPONSES, held) == _key(Operation.RESPONSES, {}, ID)


def test_a_socket_names_a_session_without_ids() -> None:
    """What comes through one socket is one conversation, unless the requests say better."""
    conversations = Conversations(SECRET)

    def key(document: dict[str, Any]) -> str | None:
        return conversations.key("a", None, Operation.RESPONSES, document, "socket-1")

    assert key({"input": "Why?"}) == key({"input": "Which?"}) == _key(Operation.RESPONSES, {}, "socket-1")
    assert key({"input": "Why?", "prompt_cache_key": ID}) != key({"input": "Why?"})


def test_requests_that_clients_make_are_no_conversation() -> None:
    """A constant message of a client does not bind many sessions together; with a person's words behind it it may."""
    for made in ("Warmup", "Generate a title for this conversation:\n", "<system-reminder>\nx\n</system-reminder>"):
        document = {"messages": [{"role": "user", "content": made}]}
        assert _key(Operation.CHAT, document) is None
        asked = [*document["messages"], {"role": "user", "content": "Why is the last row lost?"}]
        assert _key(Operation.CHAT, {"messages": asked}) is not None
        assert _key(Operation.CHAT, {"messages": asked}) == _key(Operation.CHAT, {"messages": asked[1:]})


def test_a_native_wire_has_conversations_too() -> None:
    """In Gemini's own words a session's turns are one conversation, also beyond the cap; what was not seen is none."""

    def key(system: str, question: str, turns: int) -> str | None:
        contents = [{"role": "user", "parts": [{"text": question}]}]
        for number in range(turns):
            contents += [{"role": "model", "parts": [{"text": f"Row {number}. " * 90}]}, {"parts": [{"text": "And?"}]}]
        tap = Tap(Native.GEMINI, CAP)
        tap.request(json.dumps({"systemInstruction": {"parts": [{"text": system}]}, "contents": contents}).encode())
        opening = tap.opening(tap.request_document())
        return Conversations(SECRET).key("a", None, Operation.CHAT, opening)

    keys = {key("Mend.", "Why?", turns) for turns in (0, 4, 8, 90)}
    assert len(keys) == 1
    assert None not in keys
    assert key("Mend.", "Which?", 90) not in keys
    assert key("Mend. " * 3000, "Why?", 0) is None


def test_what_was_not_seen_makes_no_conversation_of_many() -> None:
    """Where instructions or reminders are longer than what was captured, sessions without ids are not taken for one."""
    long = "Mend ferries. " * 1000
    for messages in (
        [{"role": "system", "content": long}, {"role": "user", "content": "Why?"}],
        [
            {"role": "system", "content": "Mend."},
            {"role": "user", "content": [_reminder(long), {"type": "text", "text": "Why?"}]},
        ],
        [{"role": "user", "content": f"<system-reminder>{long}</system-reminder>\nWhy?"}],
    ):
        assert _key(Operation.CHAT, {"messages": [*messages, {"role": "assistant", "content": long}]}) is None
        assert _key(Operation.CHAT, {"messages": messages}) is None
    said = {"role": "user", "content": long}
    assert (
        _key(Operation.CHAT, {"messages": [said]}) == _key(Operation.CHAT, {"messages": [said, said, said]}) is not None
    )


def test_pictures_open_conversations() -> None:
    """A turn of pictures alone is a person's, and other pictures are another conversation."""

    def asked(picture: str, **more: Any) -> dict[str, Any]:
        part = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{picture}"}, **more}
        return {"messages": [{"role": "user", "content": [part]}]}

    assert _key(Operation.CHAT, asked("AAAA")) == _key(Operation.CHAT, asked("AAAA", cache_control={"type": "e"}))
    assert _key(Operation.CHAT, asked("AAAA")) != _key(Operation.CHAT, asked("BBBB"))


def test_one_program_has_one_hash() -> None:
    """The system prompt's hash is the same in every session and turn of a client, also beyond the cap."""
    for operation, client in CLIENTS:
        hashes = set()
        for turns, session in ((0, ID), (3, OTHER), (200, ID)):
            asked = Asked(CAP)
            asked.add(json.dumps(client("Why?", turns, session)).encode())
            opening = asked.opening(asked.document())
            hashes.add(Conversations(SECRET).system_prompt(operation, opening, asked.whole))
            assert Conversations(SECRET).tools(opening, asked.whole) is not None or operation is not Operation.MESSAGES
        assert len(hashes) == 1
        assert None not in hashes


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Proxy, ScriptedUpstream]]:
    """A proxy that keeps half of the conversations and captures little of each request."""
    with ScriptedUpstream(lambda request: replies.chat_json("The gulls.")) as upstream:
        proxy = Proxy(
            tmp_path_factory.mktemp("sessions"),
            upstream.url,
            limits={"capture_bytes": CAP},
            sampling={"rate": 0.5, "always": {"new_system_prompt": 0}},
        )
        yield proxy, upstream
        proxy.finish()


def test_late_turns_stay_with_their_session_s_coin(sessions: tuple[Proxy, ScriptedUpstream]) -> None:
    """Over sockets: of a session whose requests outgrow the cap all turns are kept, or none."""
    proxy, _ = sessions
    seen = set()
    for number in range(12):
        decisions = []
        for turns in (0, 2, 80):
            with Wire(proxy.port) as wire:
                wire.post(_aider(f"Why is row {number} lost?", turns, None))
                decisions.append(proxy.line_of(wire.answer())["decision"])
        assert len(set(decisions)) == 1, decisions
        seen.add(decisions[0])
    assert seen == {"published", "sampled_out"}


@pytest.mark.parametrize("header", ["X-Claude-Code-Session-Id", "session-id", "x-session-id"])
def test_a_client_s_header_is_a_conversation(sessions: tuple[Proxy, ScriptedUpstream], header: str) -> None:
    """Over sockets: different questions under one id share the coin that the secret gives to it."""
    proxy, _ = sessions
    secret = (proxy.data_dir / "secret").read_bytes()
    for number in range(6):
        key = Conversations(secret).key("other", f"{header}-{number}", Operation.CHAT, {})
        for turn in range(2):
            with Wire(proxy.port) as wire:
                wire.post(_aider(f"Question {turn}", 0, None), headers=[f"{header}: {header}-{number}"])
                line = proxy.line_of(wire.answer())
            assert (line["decision"] == "published") == (coin(secret, str(key)) < 0.5)


def test_a_thread_that_the_provider_keeps() -> None:
    """Anthropic's SDK lets the provider keep the turns: what goes on names the message before, and sends no more."""
    conversations = Conversations(SECRET)
    opening = {"messages": [{"role": "user", "content": "When?"}], "thread": {"type": "create"}}
    first = conversations.key("a", None, Operation.MESSAGES, opening)
    conversations.remember("msg_1", first)
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "At nine."}]}
    more = {"messages": [result], "thread": {"type": "continue", "previous_message_id": "msg_1"}}
    assert first is not None
    assert conversations.key("a", None, Operation.MESSAGES, more) == first
    assert messages_request(more).off_wire == ["previous_response_id"]
    assert messages_request(opening).off_wire == []
    assert conversations.key("a", None, Operation.MESSAGES, {**more, "thread": "msg_1"}) != first
