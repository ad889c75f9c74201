"""Inspect's messages, to OpenAI's form and back.

Inspect refuses a whole file for one message that it does not know: a content that is null, the roles ``developer`` and
``function``, a call or an image in OpenAI's form. So messages leave in Inspect's form. Where that does not tell all of
one, the message stands whole beside it, for our import; it counts there as long as nobody has changed what Inspect has.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

from scorers.formats.chat import DETAILS, messages
from scorers.formats.files import parse
from scorers.formats.rows import OURS, Json, Losses, Message, as_text, wrong

#: What a log of Inspect has in place of what it keeps among its attachments.
_ATTACHED = "attachment://"
#: Where our import finds the messages of which Inspect's form does not tell all, by their places.
MESSAGES = "messages"
_ROLES = {"developer": "system", "function": "tool"}


def to_inspect(given: Sequence[Message], losses: Losses) -> tuple[list[Message], dict[str, Json]]:
    """Messages as inspect_ai reads them, and those to be kept beside them, by their places."""
    untold: set[str] = set()
    found = [_to_inspect(message, untold) for message in given]
    back = from_inspect(found, "input", Losses())
    kept: dict[str, Json] = {str(n): one for n, one in enumerate(given) if back[n] != one}
    for field in sorted(untold):
        losses.kept(field)
    return found, kept


def restored(found: tuple[Message, ...], metadata: Mapping[str, Json]) -> tuple[Message, ...]:
    """Messages from Inspect, in place of which those count that our export has kept. Raises ``Wrong``."""
    held = metadata.get(OURS)
    kept = held.get(MESSAGES) if isinstance(held, dict) else None
    if not isinstance(kept, dict):
        return found
    return tuple(_original(message, kept.get(str(place)), place) for place, message in enumerate(found))


def _original(message: Message, kept: Json, place: int) -> Message:
    if not isinstance(kept, dict):
        return message
    (original,) = messages([kept], f"metadata.{OURS}.{MESSAGES}.{place}")
    same = from_inspect([_to_inspect(original, set())], "input", Losses()) == (message,)
    return original if same else message


def _to_inspect(message: Message, untold: set[str]) -> Message:
    role, content = message["role"], message.get("content")
    if role in _ROLES:
        untold.add(f"input: role {role}")
        role = _ROLES[role]
    parts = content or "" if isinstance(content, str | None) else [_to_part(part, untold) for part in content]
    made: Message = {"role": role, "content": [part for part in parts if part] if isinstance(parts, list) else parts}
    if message.get("tool_calls"):
        made["tool_calls"] = [_to_call(one, untold) for one in message["tool_calls"]]
    if message.get("tool_call_id"):
        made["tool_call_id"] = message["tool_call_id"]
    if role == "tool" and message.get("name"):
        made["function"] = message["name"]
    untold |= {f"input: {key}" for key in message if key not in (*made, "name", "function")}
    if message.get("name") and role != "tool":
        untold.add("input: name")
    return made


def _to_part(part: Json, untold: set[str]) -> Json:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    if part.get("type") == "text" and isinstance(part.get("text"), str):
        untold |= {f"input: {key} of a text" for key in part if key not in ("type", "text")}
        return {"type": "text", "text": part["text"]}
    if part.get("type") == "image_url":
        image = part.get("image_url")
        url = image.get("url") if isinstance(image, dict) else image
        if isinstance(url, str):
            detail = image.get("detail") if isinstance(image, dict) else None
            return {"type": "image", "image": url, **({"detail": detail} if detail in DETAILS else {})}
    untold.add(f"input: part {str(part.get('type'))[:40]}")
    return None


def _to_call(one: Json, untold: set[str]) -> Json:
    """A call in Inspect's form. One that it cannot hold leaves without its arguments, so that what the tool said has
    its call."""
    custom, function = one.get("custom"), one.get("function")
    made = {"id": one.get("id") or "", "type": "function"}
    if isinstance(custom, dict):
        return {**made, "type": "custom", "function": custom["name"], "arguments": {"input": custom.get("input", "")}}
    if not isinstance(function, dict):
        untold.add(f"input: a call of type {str(one.get('type'))[:40]}")
        return {**made, "function": str(one.get("name") or one.get("type") or "unknown"), "arguments": {}}
    made["function"] = function["name"]
    told = function.get("arguments") or "{}"
    arguments: Json = None
    with contextlib.suppress(ValueError, TypeError):
        arguments = parse(told)
    if not isinstance(arguments, dict):
        untold.add("input: a tool call whose arguments are no JSON object")
        return {**made, "arguments": {}, "parse_error": "its arguments are no JSON object"}
    if as_text(arguments) != told:
        untold.add("input: white space and order inside the arguments of a tool call")
    return {**made, "arguments": arguments}


def from_inspect(value: Json, field: str, losses: Losses, attachments: Json = None) -> tuple[Message, ...]:
    """Inspect's messages in OpenAI's form; reasoning is left out, ids and sources of its own as well.

    ``attachments``: what a log keeps beside its messages, by hash: images, and files inside of them.
    """
    if not isinstance(value, list):
        raise wrong(field, "text or a list of messages", value)
    found: list[Json] = []
    for message in value:
        if not isinstance(message, dict):
            found.append(message)
            continue
        kept = {key: message[key] for key in ("role", "content", "tool_calls", "tool_call_id") if key in message}
        if isinstance(kept.get("content"), list):
            made = [_from_part(part, losses, attachments) for part in kept["content"]]
            kept["content"] = [part for part in made if part is not None]
        if message.get("role") == "tool" and message.get("function"):
            kept["name"] = message["function"]
        found.append(kept)
    return messages(found, field)


def _from_part(part: Json, losses: Losses, attachments: Json) -> Json:
    if not isinstance(part, dict):
        return part
    if part.get("type") == "reasoning":
        return None
    if part.get("type") == "text":
        return {"type": "text", "text": part.get("text")}
    if part.get("type") == "image" and isinstance(part.get("image"), str):
        url = part["image"]
        if url.startswith(_ATTACHED):
            held = attachments.get(url.removeprefix(_ATTACHED)) if isinstance(attachments, dict) else None
            if not isinstance(held, str):
                losses.lost("input: an image", "is named by the log and is not in it")
            url = held if isinstance(held, str) else url
        detail = part.get("detail")
        more = {"detail": detail} if isinstance(detail, str) and detail != "auto" else {}
        return {"type": "image_url", "image_url": {"url": url, **more}}
    losses.noted(f"input: part {str(part.get('type'))[:40]}", "stands as Inspect has it, which few endpoints read")
    return part
