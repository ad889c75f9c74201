"""Chat messages as files of other tools have them, to OpenAI's form and back.

OpenAI's: ``content`` is a text, a list of parts or null; a call is ``{"id", "type", "function"}`` where ``function`` is
``{"name", "arguments"}`` with ``arguments`` as JSON text. Inspect's calls hold the name in ``function`` and
``arguments`` as an object.
"""

from __future__ import annotations

import orjson

from scorers.formats.rows import Answer, Json, Losses, Message, Wrong, as_text, items, wrong

#: How closely an image is to be looked at.
DETAILS = ("auto", "low", "high")
ROLES = ("system", "developer", "user", "assistant", "tool", "function")


def messages(value: Json, field: str) -> tuple[Message, ...]:
    """A list of chat messages. Raises ``Wrong`` with the path of what is none."""
    if not isinstance(value, list):
        raise wrong(field, "text or a list of messages", value)
    if not value:
        raise Wrong(field, "expected at least one message, found an empty list")
    return tuple(_message(item, f"{field}[{place}]") for place, item in enumerate(value))


def _message(item: Json, field: str) -> Message:
    if not isinstance(item, dict):
        raise wrong(field, "an object with role and content", item)
    role, content, calls = item.get("role"), item.get("content"), item.get("tool_calls")
    if role not in ROLES:
        found = repr(role[:40]) if isinstance(role, str) else "none" if role is None else "something else"
        raise Wrong(f"{field}.role", f"expected one of {', '.join(ROLES)}, found {found}")
    if content is not None and not isinstance(content, str):
        if not isinstance(content, list):
            raise wrong(f"{field}.content", "text or a list of parts", content)
        for place, part in enumerate(content):
            if not isinstance(part, dict | str):
                raise wrong(f"{field}.content[{place}]", "a part", part)
        item = {**item, "content": [_part(part) for part in content]}
    if calls is None:
        return dict(item)
    if not isinstance(calls, list):
        raise wrong(f"{field}.tool_calls", "a list", calls)
    return {**item, "tool_calls": [call(one, f"{field}.tool_calls[{place}]") for place, one in enumerate(calls)]}


def _part(part: dict[str, Json] | str) -> Json:
    """A part of content as chat completions have it, also where it stands in the form of Responses."""
    if not isinstance(part, dict):
        return part
    kind, url = part.get("type"), part.get("image_url")
    if kind in ("input_text", "output_text"):
        return {"type": "text", "text": part.get("text")}
    if kind == "input_image" and isinstance(url, str):
        detail = {"detail": part["detail"]} if part.get("detail") in DETAILS else {}
        return {"type": "image_url", "image_url": {"url": url, **detail}}
    return part


def call(value: Json, field: str) -> Json:
    """A tool call in OpenAI's form, from that or from Inspect's. Raises ``Wrong``."""
    if not isinstance(value, dict):
        raise wrong(field, "an object", value)
    function = value.get("function")
    if isinstance(function, str):
        arguments = value.get("arguments") or {}
        if value.get("type") == "custom":
            told = arguments.get("input") if isinstance(arguments, dict) and len(arguments) == 1 else arguments
            custom = {"name": function, "input": as_text(arguments if told is None else told)}
            return {**({"id": value["id"]} if value.get("id") else {}), "type": "custom", "custom": custom}
        function = {"name": function, "arguments": as_text(arguments)}
    if not isinstance(function, dict):
        if "function" in value or value.get("type", "function") == "function":
            raise wrong(f"{field}.function", "an object with name and arguments", function)
        return value  # another type of tool; its own fields stand as they are
    if not isinstance(function.get("name"), str):
        raise wrong(f"{field}.function.name", "text", function.get("name"))
    function = {**function, "arguments": as_text(function.get("arguments", "{}"))}
    return {**({"id": value["id"]} if value.get("id") else {}), "type": "function", "function": function}


def given(value: Json, field: str) -> str | tuple[Message, ...]:
    """An input: text or messages, or an object with ``messages``; any other value as its JSON text.

    Raises ``Wrong`` where there is none.
    """
    if value is None:
        raise Wrong(field, "expected text or a list of messages, found none")
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and isinstance(value.get("messages"), list):
        return messages(value["messages"], f"{field}.messages")
    if isinstance(value, list) and value and all(isinstance(item, dict) and "role" in item for item in value):
        return messages(value, field)
    if isinstance(value, dict | list) and value:
        return as_text(value)
    raise wrong(field, "text or a list of messages", value)


def beside(value: Json, field: str, losses: Losses) -> tuple[Json, ...]:
    """The tools beside the messages of an input, as clients log a request; what else stands there is counted.

    Tools that a provider runs itself are no part of a case.
    """
    if not isinstance(value, dict) or not isinstance(value.get("messages"), list):
        return ()
    found = items(value, "tools", f"{field}.")
    found += [{"type": "function", "function": one} for one in items(value, "functions", f"{field}.")]
    for key in value:
        if key not in ("messages", "tools", "functions") and value[key] not in (None, "", [], {}):
            losses.lost(f"{field}.{key[:60]}", "has no place in a case")
    kept = [one for one in found if isinstance(one, dict) and one.get("type") in ("function", "custom")]
    if len(kept) < len(found):
        losses.lost(f"{field}.tools", "is run by the provider itself, which nothing asks again")
    return tuple(kept)


def wanted(value: Json) -> tuple[Json, tuple[Json, ...]]:
    """What is expected, and assertions: of an assistant's message, as traces hold answers, its text and its calls."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        value = value[0].get("message") if isinstance(value[0].get("message"), dict) else value
    if not is_answer(value):
        return value, ()
    calls = [call(one, "tool_calls") for one in value.get("tool_calls") or ()]
    checks = tuple(
        {"tool_called": {"name": one["function"]["name"], "arguments": arguments_of(one)}}
        for one in calls
        if isinstance(one.get("function"), dict)
    )
    return spoken(value.get("content")) or value.get("refusal") or None, checks


def is_answer(value: Json) -> bool:
    """Whether a value is a message of an assistant: its role beside a content or calls."""
    return (
        isinstance(value, dict)
        and value.get("role") == "assistant"
        and isinstance(value.get("content"), str | list | None)
        and isinstance(value.get("tool_calls"), list | None)
        and isinstance(value.get("refusal"), str | None)
    )


def answer(value: Json, field: str, *, model: str = "", error: str = "") -> Answer:
    """What a task has returned: text, a message, a list of choices (as completions have them), calls, or an object."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        if isinstance(value[0].get("message"), dict):
            value = value[0]["message"]
        elif all(isinstance(one, dict) and "function" in one for one in value):
            value = {"role": "assistant", "tool_calls": value}
    if isinstance(value, dict) and value.get("role") == "assistant":
        return said(value, field, model=model, error=error)
    return Answer("" if value is None else as_text(value), model=model, error=error)


def said(message: Message, field: str, *, model: str = "", error: str = "") -> Answer:
    """What an assistant's message says: its text parts, one after another, and its calls."""
    calls = message.get("tool_calls") or []
    if not isinstance(calls, list):
        raise wrong(f"{field}.tool_calls", "a list", calls)
    found = tuple(call(one, f"{field}.tool_calls[{place}]") for place, one in enumerate(calls))
    return Answer(spoken(message.get("content")), found, model, error)


def spoken(content: Json) -> str:
    """The text of a message's content."""
    if isinstance(content, list):
        said = (part.get("text") if isinstance(part, dict) else part for part in content)
        return "".join(part for part in said if isinstance(part, str))
    return content if isinstance(content, str) else ""


def arguments_of(one: Json) -> Json:
    """The arguments of a call as an object, or their text where they are none."""
    try:
        return orjson.loads(one["function"]["arguments"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return one.get("function", {}).get("arguments") if isinstance(one.get("function"), dict) else None
