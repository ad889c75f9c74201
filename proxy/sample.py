"""A sampled Exchange with its content: the versioned wire format of the queue.

Encoded as JSON by msgspec. Unknown fields are ignored and missing fields take their defaults, so a worker of version N
reads samples of N-1 and N+1. Text is redacted before a ``Sample`` is built from traffic.
"""

from __future__ import annotations

from typing import Any

import msgspec
import orjson

from proxy.exchange import Exchange

#: Raised only when a reader of the older version would misread the newer one.
WIRE_VERSION = 1
#: The stratum of samples that did not come through the proxy: they are scored, and are in no rate of production.
IMPORTED = "imported"


class ToolCall(msgspec.Struct, frozen=True, omit_defaults=True):
    """A tool call of the model. ``arguments`` is the JSON text as sent, joined if it was streamed."""

    name: str
    arguments: str = ""
    id: str | None = None


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message in OpenAI chat format, with its content joined to text.

    ``role``: system, developer, user, assistant, tool. ``documents`` holds file or document parts with their text.
    ``other_parts`` names the kinds of parts without text (image, audio, file), whose bytes are never kept.
    """

    role: str
    content: str = ""
    name: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    documents: tuple[str, ...] = ()
    other_parts: tuple[str, ...] = ()


class Choice(msgspec.Struct, frozen=True, omit_defaults=True):
    """One answer of the model. ``reasoning`` is kept for human readers and never scored."""

    index: int = 0
    text: str = ""
    refusal: str = ""
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str | None = None


class Sample(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One exchange with its content and the probability with which sampling kept it.

    ``probability`` is in (0, 1]; ``stratum`` is ``uniform`` or the name of the capped stratum that kept it.
    ``contexts`` are documents given outside the messages: results of the provider's tools, and those of recorded
    samples. ``off_wire`` names evidence that the answer may rest on but that never crossed the wire
    (previous_response_id, hosted_search, hosted_tool, item_reference, files).
    ``system_documents``: the configuration says that system and developer messages of this application hold documents.
    ``answer_tools`` names the tools that the request forced, whose call is the answer.
    ``parameters`` are those of the request that may be sent again, under the names of chat completions. ``replayable``
    says why the request cannot be asked again as it was (``proxy.wire.replay.REASONS``); empty: it is whole; ``None``:
    an older program wrote the sample, so nothing is known.
    ``truncated`` says that the tap's cap cut the request or the response; ``undecodable`` why there is no text.
    """

    id: str
    exchange: Exchange
    probability: float = 1.0
    stratum: str = "uniform"
    messages: tuple[Message, ...] = ()
    tools: tuple[msgspec.Raw, ...] = ()
    # A ``msgspec.Raw`` or None. Not so typed: msgspec reads ``Raw | None`` as null alone and refuses every other value.
    response_format: Any = None
    contexts: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    off_wire: tuple[str, ...] = ()
    system_documents: bool = False
    answer_tools: tuple[str, ...] = ()
    request_truncated: bool = False
    response_truncated: bool = False
    undecodable: str | None = None
    labels: dict[str, str] = {}
    parameters: dict[str, Any] = {}
    replayable: tuple[str, ...] | None = None
    wire_version: int = WIRE_VERSION

    def __post_init__(self) -> None:
        if self.response_format is not None and not isinstance(self.response_format, msgspec.Raw):
            msgspec.structs.force_setattr(self, "response_format", msgspec.Raw(_encoder.encode(self.response_format)))


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Sample)


def encode(sample: Sample) -> bytes:
    """The sample as UTF-8 JSON. Raises ``ValueError`` (orjson.JSONEncodeError) for text that is not valid Unicode."""
    # Long texts are most of it, and orjson writes those in an eighth of the time; what is JSON already it takes as is.
    schema = sample.response_format
    if not sample.tools and schema is None:
        return orjson.dumps(msgspec.to_builtins(sample))
    document = msgspec.to_builtins(msgspec.structs.replace(sample, tools=(), response_format=None))
    document["tools"] = [orjson.Fragment(bytes(tool)) for tool in sample.tools]
    document["response_format"] = None if schema is None else orjson.Fragment(bytes(schema))
    return orjson.dumps(document)


def decode(data: bytes) -> Sample:
    """The sample in ``data``. Raises ``ValueError`` (msgspec.DecodeError) if it is not a sample."""
    try:
        return _decoder.decode(data)
    except RecursionError:
        raise msgspec.DecodeError("nested too deeply") from None
