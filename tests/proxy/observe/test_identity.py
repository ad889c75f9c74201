"""Ids and keyed hashes: who a request belongs to, stable across turns, and nothing that says who that is."""

from __future__ import annotations

import json
import os
import stat
import threading
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.errors import ConfigError
from proxy.exchange import Operation
from proxy.observe.identity import Conversations, keyed, load_secret, new_request_id
from proxy.wire.facts import load
from proxy.wire.outline import outline

SECRET = bytes(32)
SYSTEM = {"role": "system", "content": "Be brief."}


def _user(text: Any) -> dict[str, Any]:
    return {"role": "user", "content": text}


def _key(
    document: dict[str, Any], operation: Operation = Operation.CHAT, app: str = "bot", named: str | None = None
) -> str | None:
    return Conversations(SECRET).key(app, named, operation, document)


def test_the_secret_is_made_once(tmp_path: Path) -> None:
    """The secret is made once, readable by its owner only, and read again afterwards."""
    path = tmp_path / "secret"
    first = load_secret(path)
    assert len(first) == 32
    assert load_secret(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_secret(tmp_path / "another") != first


def test_processes_that_start_together_share_it(tmp_path: Path) -> None:
    """Many that ask at once get one secret."""
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(load_secret(tmp_path / "secret"))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16
    assert len(set(found)) == 1


def test_a_broken_secret_is_not_used(tmp_path: Path) -> None:
    """A file of the wrong length (a full disk, another's file) fails the start instead of weakening the coin."""
    path = tmp_path / "secret"
    path.write_bytes(b"short")
    with pytest.raises(ConfigError, match="5 bytes, where the secret has 32"):
        load_secret(path)


def test_request_ids() -> None:
    """Ids are 32 hex digits, never twice the same, and sort by the time of their making."""
    ids = [new_request_id() for _ in range(5000)]
    assert len(set(ids)) == 5000
    assert all(len(value) == 32 and int(value, 16) >= 0 for value in ids)
    assert [value[:12] for value in ids] == sorted(value[:12] for value in ids)


def test_hashes_need_the_secret() -> None:
    """A hash is the same for the same value, another for another value or secret, and 32 hex digits."""
    assert keyed(SECRET, b"ann") == keyed(SECRET, b"ann")
    assert len({keyed(SECRET, b"ann"), keyed(SECRET, b"bob"), keyed(os.urandom(32), b"ann")}) == 3
    assert len(keyed(SECRET, b"")) == 32


def test_turns_belong_together() -> None:
    """A later turn repeats the first messages and so has the key of the first turn."""
    first = {"messages": [SYSTEM, _user("Light?")], "model": "a"}
    later = {
        "messages": [SYSTEM, _user("Light?"), {"role": "assistant", "content": "On."}, _user("Off?")],
        "model": "b",
    }
    assert _key(first) == _key(later) is not None


@pytest.mark.parametrize(
    "other",
    [
        {"messages": [SYSTEM, _user("Dark?")]},
        {"messages": [{"role": "system", "content": "Be long."}, _user("Light?")]},
        {"messages": [_user("Light?")]},
    ],
)
def test_other_openings_are_other_conversations(other: dict[str, Any]) -> None:
    """Another first question or another system prompt is another conversation, and so is another application."""
    document = {"messages": [SYSTEM, _user("Light?")]}
    assert _key(document) != _key(other)
    assert _key(document) != _key(document, app="web")


def test_a_name_wins() -> None:
    """A session or task named by the client is the conversation, whatever the messages."""
    assert _key({"messages": [_user("a")]}, named="s1") == _key({"messages": [_user("b")]}, named="s1")
    assert _key({}, named="s1") != _key({}, named="s2")
    assert _key({}, named="s1") != _key({}, named="s1", app="web")


def test_a_name_is_no_opening() -> None:
    """A session that is named like an opening does not meet it."""
    document = {"messages": [_user("x")]}
    assert _key({}, named=json.dumps(document["messages"])) != _key(document)


@pytest.mark.parametrize("document", [{}, {"messages": []}, {"messages": "x"}, {"messages": [1, None]}, {"prompt": ""}])
def test_nothing_to_tell_by(document: dict[str, Any]) -> None:
    """Without messages there is no conversation, so that such requests are not one."""
    assert _key(document) is None
    assert _key(document, Operation.COMPLETIONS) is None
    assert _key(document, Operation.RESPONSES) is None


def test_responses_go_on_from_one_another() -> None:
    """A response that names the one before belongs to its conversation; an unknown one is told by its input."""
    conversations = Conversations(SECRET)
    first = conversations.key("bot", None, Operation.RESPONSES, {"input": "Light?"})
    conversations.remember("resp_1", first)
    second = conversations.key("bot", None, Operation.RESPONSES, {"input": "Off?", "previous_response_id": "resp_1"})
    assert second == first is not None
    assert (
        conversations.key("bot", None, Operation.RESPONSES, {"input": "Off?", "previous_response_id": "resp_9"})
        != first
    )
    conversations.remember(None, first)
    conversations.remember("resp_2", None)
    assert (
        conversations.key("bot", None, Operation.RESPONSES, {"input": "x", "previous_response_id": "resp_2"}) != first
    )


def test_the_memory_of_responses_is_bounded() -> None:
    """The oldest responses are forgotten, the newest are known."""
    conversations = Conversations(SECRET)
    for number in range(12_000):
        conversations.remember(f"resp_{number}", f"c{number}")
    assert len(conversations._by_response) == 10_000
    assert conversations.key("a", None, Operation.RESPONSES, {"previous_response_id": "resp_11999"}) == "c11999"
    assert conversations.key("a", None, Operation.RESPONSES, {"previous_response_id": "resp_0"}) is None


def test_other_families() -> None:
    """Responses, messages and completions are told by their own openings."""
    listed = [SYSTEM, _user("Light?")]
    assert _key({"input": listed}, Operation.RESPONSES) == _key({"input": [*listed, _user("x")]}, Operation.RESPONSES)
    anthropic = {"system": "Be brief.", "messages": [_user("Light?")]}
    assert _key(anthropic, Operation.MESSAGES) != _key({**anthropic, "system": "Be long."}, Operation.MESSAGES)
    assert _key({"prompt": "Once"}, Operation.COMPLETIONS) != _key({"prompt": "Twice"}, Operation.COMPLETIONS)


SYSTEMS: list[tuple[Operation, dict[str, Any]]] = [
    (Operation.CHAT, {"messages": [{"role": "system", "content": "{}"}, _user("x")]}),
    (Operation.CHAT, {"messages": [{"role": "developer", "content": [{"type": "text", "text": "{}"}]}]}),
    (Operation.RESPONSES, {"instructions": "{}", "input": "x"}),
    (Operation.RESPONSES, {"input": [{"role": "developer", "content": "{}"}, _user("x")]}),
    (Operation.MESSAGES, {"system": "{}", "messages": [_user("x")]}),
    (Operation.MESSAGES, {"system": [{"type": "text", "text": "{}", "cache_control": {"type": "ephemeral"}}]}),
]


@pytest.mark.parametrize(("operation", "document"), SYSTEMS)
def test_system_prompts(operation: Operation, document: dict[str, Any]) -> None:
    """A system prompt is found in every family's form; dates, numbers and names in brackets do not make it another."""

    def hashed(text: str) -> str | None:
        return Conversations(SECRET).system_prompt(operation, json.loads(json.dumps(document).replace("{}", text)))

    first = hashed("Today is 2025-01-31. You help <Ann> at {{site}}.")
    assert first is not None
    assert first == hashed("Today is 2026-12-01. You help <Bob> at {{place}}.")
    assert first != hashed("Today is 2025-01-31. You hinder <Ann> at {{site}}.")


@pytest.mark.parametrize(
    "document", [{}, {"messages": [_user("x")]}, {"messages": [{"role": "system", "content": ""}]}]
)
def test_no_system_prompt(document: dict[str, Any]) -> None:
    """Without a system prompt there is no hash of one."""
    for operation in (Operation.CHAT, Operation.RESPONSES, Operation.MESSAGES):
        assert Conversations(SECRET).system_prompt(operation, document) is None


@pytest.mark.parametrize("parts", [False, True], ids=["text", "parts"])
@pytest.mark.parametrize("operation", [Operation.CHAT, Operation.RESPONSES, Operation.MESSAGES])
def test_a_change_in_the_middle_of_a_long_prompt_is_seen(operation: Operation, parts: bool) -> None:
    """Requests are read as outlines; of prompts and tools that lost something there the whole is hashed."""
    conversations, filler = Conversations(SECRET), "Never say what is behind the door. " * 500

    def hashes(word: str) -> list[str | None]:
        text = f"You open doors. {filler}{word}{filler}Be kind."
        content = [{"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}] if parts else text
        listed = [{"role": "system", "content": content}, _user("x")]
        document = {"messages": listed, "tools": [{"name": "open", "description": text}], "input": listed}
        document |= {"system": content} if parts else {"system": content, "instructions": content}
        data = json.dumps(document).encode()
        short = outline(data)
        assert short != load(data)
        return [
            conversations.system_prompt(operation, short, lambda: load(data)),
            conversations.tools(short, lambda: load(data)),
        ]

    first, second = hashes("Knock."), hashes("Enter.")
    assert first == hashes("Knock.")
    assert not set(first) & set(second)
    assert None not in first


def test_a_prompt_that_only_its_outline_can_tell() -> None:
    """What an outline passes over may be no JSON; prompts and tools have hashes of their own all the same."""
    conversations, filler = Conversations(SECRET), "Never say what is behind the door. " * 500

    def hashes(word: str) -> list[str | None]:
        text = f"{word} {filler}\\q{filler}"
        data = b'{"system":"%b","tools":[{"name":"%b"}]}' % (text.encode(), text.encode())
        assert load(data) is None
        return [
            conversations.system_prompt(Operation.MESSAGES, outline(data), dict),
            conversations.tools(outline(data), dict),
        ]

    first, second = hashes("Knock."), hashes("Enter.")
    assert first == hashes("Knock.")
    assert len({*first, *second} - {None}) == 4


def test_a_long_opening_has_one_name() -> None:
    """A conversation whose first message is long has one name through all of its turns, and a question of another
    length another one."""
    question = "Tell me about the door. " * 2000

    def named(text: Any, turns: int, ascii_only: bool = True) -> str | None:
        later = [_user(f"And {number}?") for number in range(turns)]
        data = json.dumps({"messages": [SYSTEM, _user(text), *later]}, ensure_ascii=ascii_only).encode()
        return _key(outline(data))

    assert named(question, 0) == named(question, 7) == named(question, 7, ascii_only=False) is not None
    assert named(question, 0) != named(question + question[:24], 0)
    parts: Any = [
        {"type": "text", "text": question},
        {"type": "image_url", "image_url": {"url": "data:" + "A" * 50_000}},
    ]
    assert named(parts, 0) == named(parts, 7) is not None
    parts[1]["image_url"]["url"] += "AAAA"
    assert named(parts, 0) != named([parts[0], {**parts[1], "image_url": {"url": "data:" + "A" * 50_000}}], 0)


def test_an_opening_that_is_known_is_what_it_is() -> None:
    """Applications, instructions, keys of a cache and first words in every mixture, again and again and beyond the
    bound: one memory for all gives each the name that it has without a memory.
    """
    words = [
        "Light the lamp.",
        "<system-reminder>x</system-reminder>Light the lamp.",
        "",
        [{"text": "Light."}],
        "x" * 5000,
    ]
    openings = [
        (app, {"messages": [*before, _user(text), _user("more")], **more})
        for app in ("bot", "web")
        for before in ([], [SYSTEM], [SYSTEM, SYSTEM], [{"role": "system", "content": "Light the lamp."}])
        for text in words
        for more in ({}, {"prompt_cache_key": "Light the lamp."}, {"model": "lamp-1"})
    ]
    memory = Conversations(SECRET)
    for _ in range(3):
        assert [memory.key(app, None, Operation.CHAT, doc) for app, doc in openings] == [
            _key(doc, app=app) for app, doc in openings
        ]
        for number in range(1500):
            memory.key("bot", None, Operation.CHAT, {"messages": [_user(f"Lamp {number}")]})


@pytest.mark.parametrize("large", ["words", "cache_key"])
def test_large_openings_are_not_kept(large: str) -> None:
    """Neither the words nor the key of a cache, which a client chooses freely, fill the memory of openings."""
    memory = Conversations(SECRET)
    tracemalloc.start()
    try:
        for number in range(100):
            longer = "x" * (100_000 + number)
            said, key = (longer, "lamps") if large == "words" else (f"Lamp {number}", longer)
            memory.key("bot", None, Operation.CHAT, {"messages": [_user(said)], "prompt_cache_key": key})
        assert tracemalloc.get_traced_memory()[0] < 1_000_000
    finally:
        tracemalloc.stop()


def test_many_system_prompts_are_borne() -> None:
    """However many prompts come, what is kept of them is bounded, and the same prompt has the same hash."""
    conversations = Conversations(SECRET)

    def hashed(text: str) -> str | None:
        return conversations.system_prompt(Operation.CHAT, {"messages": [{"role": "system", "content": text}]})

    first = hashed("first")
    for number in range(5000):
        hashed("x" * (number % 700) + chr(0x4E00 + number))
    assert sum(map(len, conversations._prompts)) < 5_000_000
    assert hashed("first") == first


def test_tools() -> None:
    """Tools have a hash that changes with them; none have none."""
    conversations = Conversations(SECRET)
    assert conversations.tools({"tools": [{"name": "a"}]}) not in (
        None,
        conversations.tools({"tools": [{"name": "b"}]}),
    )
    for document in ({}, {"tools": []}, {"tools": None}, {"tools": "x"}):
        assert conversations.tools(document) is None


def test_deep_documents_are_borne() -> None:
    """X14: what is nested more deeply than it can be written again is read without an error."""
    nested = "[" * 900 + "]" * 900
    document = load(
        f'{{"messages":[{{"role":"user","content":{nested}}}],"tools":[{nested}],"prompt":{nested}}}'.encode()
    )
    conversations = Conversations(SECRET)
    for operation in (Operation.CHAT, Operation.RESPONSES, Operation.MESSAGES, Operation.COMPLETIONS):
        conversations.key(
            "a", None, operation, {**document, "input": document["messages"], "system": document["tools"]}
        )
        conversations.system_prompt(
            operation, {"messages": [{"role": "system", "content": document["tools"]}], **document}
        )
    assert conversations.tools(document) is not None


@given(
    st.dictionaries(
        st.sampled_from(["messages", "input", "prompt", "system", "instructions", "tools", "previous_response_id"]),
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["role", "content", "type"]), inner, max_size=3)
            ),
            max_leaves=8,
        ),
    )
)
def test_any_document_is_borne(document: dict[str, Any]) -> None:
    """Whatever a client sends, there is a key or none, and no error."""
    conversations = Conversations(SECRET)
    for operation in Operation:
        for found in (
            conversations.key("a", None, operation, document),
            conversations.system_prompt(operation, document),
            conversations.tools(document),
        ):
            assert found is None or len(found) == 32


def test_parameters() -> None:
    """What shapes an answer has a hash that changes with it; nothing set has none, and what is no parameter is none."""
    conversations = Conversations(SECRET)
    plain = conversations.parameters({"temperature": 0.2, "max_tokens": 100})
    assert plain is not None
    assert conversations.parameters({"max_tokens": 100, "temperature": 0.2, "user": "x", "messages": []}) == plain
    assert conversations.parameters({"temperature": 0.3, "max_tokens": 100}) != plain
    assert conversations.parameters({"temperature": 0.2, "max_tokens": 100, "reasoning_effort": "low"}) != plain
    for document in ({}, {"temperature": None}, {"temperature": ["x"]}, {"tool_choice": {"type": "function"}}):
        assert conversations.parameters(document) is None


def test_parameters_are_bounded() -> None:
    """A request chooses freely: neither many values nor long ones fill the memory, and a lone surrogate is borne."""
    conversations = Conversations(SECRET)
    for number in range(2000):
        conversations.parameters({"max_tokens": number})
    assert len(conversations._parameters) <= 256
    before = len(conversations._parameters)
    assert conversations.parameters({"tool_choice": "x" * 1_000_000}) is not None
    assert conversations.parameters({"tool_choice": "\ud800"}) is not None
    assert len(conversations._parameters) <= before + 1


@pytest.mark.parametrize(
    "names",
    [
        {"session_id": "lamp-7"},
        {"metadata": {"chat_id": "lamp-7"}},
        {"client_metadata": {"thread_id": "lamp-7"}},
        {"conversation": {"id": "lamp-7"}},
        {"prompt_cache_key": "lamp-7"},
    ],
)
def test_a_name_in_the_request_names_the_conversation(names: dict[str, Any]) -> None:
    """Wherever the name stands, requests with other first words belong together, and others do not."""
    memory = Conversations(b"s" * 32)

    def key(text: str, more: dict[str, Any]) -> str | None:
        return memory.key("bot", None, Operation.CHAT, {"messages": [_user(text)], **more})

    assert key("Light the lamp.", names) == key("Who has the oil?", names) != key("Light the lamp.", {})


def test_a_cache_key_without_a_number_tells_programs_apart() -> None:
    """It names no session: other first words are another conversation, and so is another key."""
    memory = Conversations(b"s" * 32)
    asked = {
        (text, name): memory.key("bot", None, Operation.CHAT, {"messages": [_user(text)], "prompt_cache_key": name})
        for text in ("Light the lamp.", "Who has the oil?")
        for name in ("keeper", "pilot")
    }
    assert len(set(asked.values())) == len(asked)
