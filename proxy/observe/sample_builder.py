"""Builds a Sample from captured bytes: decoded, read by the operation's reader, redacted. Off the request's path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from proxy.exchange import Exchange, Operation
from proxy.observe.tap import Content
from proxy.redact import Patience, Redactor
from proxy.sample import Choice, Message, Sample, ToolCall
from proxy.wire import chat, sse
from proxy.wire.content import RequestContent
from proxy.wire.echo import echoed, without_echo
from proxy.wire.envelope import opened
from proxy.wire.facts import load, load_whole, mended
from proxy.wire.hosted_tools import of_answer, shows_signs
from proxy.wire.payloads import may_lack
from proxy.wire.readers import READERS, Reader
from proxy.wire.replay import CUT, NO_CONTENT, REDACTED, obstacles, parameters_of

#: Requests whose answers do not show what the provider ran.
_CHAT = (Operation.CHAT, Operation.COMPLETIONS)


def build_sample(exchange: Exchange, content: Content, probability: float, stratum: str) -> Sample:
    """The sample of one exchange, not yet redacted. Unreadable parts are marked, never guessed."""
    reader = READERS[content.operation]
    undecodable = content.undecodable
    request, parameters, blocked, alone, prompts = RequestContent(), {}, [CUT], False, list[str]()
    if content.request_truncated:
        undecodable = undecodable or "request_truncated"
    else:
        asked = load(content.request)
        if isinstance(asked, dict):
            request, alone = reader.request(asked), content.operation is Operation.CHAT and chat.asks_for_one(asked)
            parameters, blocked = parameters_of(asked), obstacles(asked, request, content.operation in _CHAT)
            if content.left_out and CUT not in blocked and may_lack(_texts(request.messages)):
                blocked = [CUT, *blocked]
            prompts = echoed(asked) if "echo" in asked and content.operation in _CHAT else []
        else:
            undecodable = undecodable or "request_not_json"
    choices: list[Choice] = []
    docs: list[object] = []
    if content.undecodable is None:
        said, last = content.answer()
        if content.sse:
            events = sse.decode(said) + sse.decode(last)
            choices = [_mended(choice) for choice in reader.stream(events)]
            docs = _telling(events) if shows_signs(said) or shows_signs(last) else []
        else:
            doc = load_whole(said) if not last else None
            if isinstance(doc, dict):
                doc = opened(doc)
                choices, docs = reader.response(doc), [doc]
            elif last:
                undecodable = undecodable or "response_truncated"
            elif said.strip():
                undecodable = undecodable or "response_not_json"
    if alone and len(choices) > 1:
        choices = chat.one_answer(choices)
    if prompts:
        choices = without_echo(asked, prompts, choices)
    if exchange.status is not None and exchange.status >= 400:
        choices = []  # an error is no answer, whatever its form
    request.tools += _found_tools(reader, request, docs)
    ran = of_answer(docs)
    return Sample(
        id=exchange.request_id,
        exchange=exchange,
        probability=probability,
        stratum=stratum,
        messages=tuple(request.messages),
        tools=tuple(request.tools),
        response_format=request.response_format,
        choices=tuple(choices),
        contexts=(*request.contexts, *ran.results),
        off_wire=tuple(dict.fromkeys([*request.off_wire, *ran.off_wire])),
        answer_tools=tuple(request.answer_tools),
        request_truncated=content.request_truncated,
        response_truncated=bool(content.response_tail) or (content.answer_left_out and may_lack(_answers(choices))),
        undecodable=undecodable,
        parameters=parameters,
        replayable=tuple(blocked if request.messages else [*blocked, NO_CONTENT]),
    )


def _texts(messages: Iterable[Message]) -> Iterator[str]:
    for message in messages:
        yield message.content
        yield from message.documents
        yield from (call.arguments for call in message.tool_calls)


def _answers(choices: Iterable[Choice]) -> Iterator[str]:
    for choice in choices:
        yield choice.text
        yield from (call.arguments for call in choice.tool_calls)


def _telling(events: list[sse.Event]) -> list[object]:
    """Stream events that can hold more than the answer text, such as results of tools that the provider ran."""
    return [load(event.data) for event in events if shows_signs(event.data)]


def _found_tools(reader: Reader, request: RequestContent, docs: Iterable[object]) -> list[msgspec.Raw]:
    """Tools that the provider found by a search that the request allowed."""
    if not request.tools or not any(b"tool_search" in bytes(tool) for tool in request.tools):
        return []
    return [tool for tool in reader.found_tools(docs) if tool not in request.tools]


def _mended(choice: Choice) -> Choice:
    """A choice assembled from pieces, as valid Unicode."""
    calls = tuple(ToolCall(mended(call.name), mended(call.arguments), call.id) for call in choice.tool_calls)
    text, refusal, reasoning = mended(choice.text), mended(choice.refusal), mended(choice.reasoning)
    return msgspec.structs.replace(choice, text=text, refusal=refusal, reasoning=reasoning, tool_calls=calls)


def build_redacted(
    exchange: Exchange,
    content: Content,
    kept: tuple[float, str],
    redactor: Redactor,
    secrets: tuple[str, ...],
    patience: Patience | None = None,
) -> Sample:
    """The redacted sample, safe to leave the process. If the redactor raises, the sample must not leave."""
    return redacted(build_sample(exchange, content, *kept), redactor, secrets, patience)


def redacted(built: Sample, redactor: Redactor, secrets: tuple[str, ...], patience: Patience | None = None) -> Sample:
    """A built sample without what must not leave the process. Raises like ``build_redacted``."""
    cleaned = redactor.sample(built, secrets, patience)
    if cleaned is built:
        return built
    asked = ("messages", "tools", "response_format", "parameters")
    if built.replayable is None or all(getattr(built, name) == getattr(cleaned, name) for name in asked):
        return cleaned
    return msgspec.structs.replace(cleaned, replayable=(REDACTED, *built.replayable))
