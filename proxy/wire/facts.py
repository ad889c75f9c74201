"""Shared by all readers: safe access to untrusted JSON, disjoint token usage, mapped finish reasons.

A provider can send anything, so nothing here raises on a wrong type. ``Facts`` collects what the events of one answer
say.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

import msgspec
import orjson

from proxy.exchange import FinishReason, Usage, UsageDetails
from proxy.wire.finish_reasons import code_of, error_of, finish_of
from proxy.wire.usage import (
    MOST_TOOLS,
    TOTAL,
    Dropped,
    beyond,
    count,
    counts_of_timings,
    merged,
    number,
    usage_of,
    with_timings,
    written_for_is_told,
)

_SURROGATE = re.compile("[\ud800-\udfff]")
#: Surrogates that stand for bytes that are no UTF-8, and the others.
_ESCAPED_BYTE, _HALF = re.compile("[\udc80-\udcff]"), re.compile("[\ud800-\udc7f\udd00-\udfff]")
_BOM = b"\xef\xbb\xbf"
#: What some servers send as the finish reason until there is one.
_UNFINISHED = ("", "null")
#: Vertex says the tier of an answer among the counts of its tokens.
_TRAFFIC = {"ON_DEMAND_FLEX": "flex", "ON_DEMAND_PRIORITY": "priority", "ON_DEMAND_OFFPEAK": "offpeak"}
#: How the data of an event begins that is no JSON and tells of an error.
_ERROR = re.compile(rb"\s*(?:\[ERROR\b|error:)", re.IGNORECASE)
_DONE = re.compile(rb"\s*data:\s*\[DONE\]\s*\Z")
_LONGEST_DONE = 64
#: A document of more bytes that is no JSON in the strict sense is not read a second time.
_LENIENT = 4_000_000


@dataclass(init=False)
class Facts:
    """The facts of one answer, collected from a document or from events.

    Defaults are stored only on the class, because there is one instance per request. ``terminated``: the end marker was
    seen. ``called``: the answer calls tools. ``deferred``: the answer will come later. ``whole``: all of it was read,
    so anything not found is absent.
    """

    response_id: str | None = None
    model: str | None = None
    fingerprint: str | None = None
    provider: str | None = None
    usage: Usage | None = None
    finish_reason: FinishReason | None = None
    refusal: bool = False
    choices: int = 0
    error: str | None = None
    terminated: bool = False
    deferred: bool = False
    whole: bool = False
    called: bool = False
    #: The choices of a stream, by their places, that have ended in calls.
    ended_in_calls: frozenset[int] = frozenset()
    #: Which price list the answer is under: OpenAI's and Anthropic's ``service_tier``, Anthropic's ``speed`` and
    #: ``inference_geo``; each as the provider says it.
    service_tier: str | None = None
    speed: str | None = None
    geo: str | None = None
    effort: str | None = None
    refusal_category: str | None = None
    #: Calls of tools that the provider ran, where the answer shows them and usage does not count them.
    calls: dict[str, int] = field(default_factory=dict)
    #: What of usage was over a bound; ``None``: nothing.
    dropped: Dropped | None = None
    #: Of a list of models: when each is shut down, Unix seconds; ``None`` while that is not announced.
    shutdowns: dict[str, float | None] | None = None
    #: Models of that list that were too many to be read.
    shutdowns_dropped: int = 0
    _counted: dict[str, Any] | None = None
    _timed: dict[str, Any] | None = None

    def __init__(self) -> None:
        self.calls = {}

    @property
    def answered(self) -> bool:
        """Whether there is any kind of answer: a choice, a finish reason, an error, or a deferred answer."""
        return bool(self.choices or self.finish_reason or self.error or self.deferred)

    def identify(self, doc: dict[str, Any]) -> None:
        """Take id, model, fingerprint and provider from the document, if present."""
        # Every event of a stream repeats the first two, and few have the others.
        if doc.get("id") != self.response_id:
            self.response_id = text(doc, "id") or self.response_id
        if doc.get("model") != self.model:
            self.model = text(doc, "model") or self.model
        if doc.get("system_fingerprint"):
            self.fingerprint = text(doc, "system_fingerprint") or self.fingerprint
        if doc.get("provider"):
            self.provider = text(doc, "provider") or self.provider
        if doc.get("service_tier"):
            self.service_tier = text(doc, "service_tier") or self.service_tier

    def take_usage(self, value: object) -> None:
        """Merge a usage object of any provider with earlier ones.

        Any other value changes nothing; an answer without usage stays unmetered.
        """
        if not isinstance(value, dict):
            return
        tools, modalities = beyond(value)
        if tools or modalities:
            self._over().tool += tools
            self._over().modality += modalities
        self._counted = merged(self._counted, value, 0, self._over()) if self._counted is not None else value
        self.usage = usage_of(self._counted if self._timed is None else with_timings(self._counted, self._timed))
        self.service_tier = text(value, "service_tier") or text(value, "serviceTier") or self.service_tier
        if "trafficType" in value:
            self.service_tier = _TRAFFIC.get(text(value, "trafficType") or "", self.service_tier)
        self.speed = text(value, "speed") or self.speed
        self.geo = text(value, "inference_geo") or self.geo

    def take_total_as_input(self) -> None:
        """Take a total that stands alone for the input, of an answer that has no output (Voyage's embeddings)."""
        total = count(self._counted, *TOTAL) if self.usage is None and self._counted is not None else None
        if total is not None:
            self.usage = Usage(total)

    def take_output_as_image(self) -> None:
        """Take all output for that of pictures, of an answer that does not split it (OpenAI's images)."""
        usage = self.usage
        if usage is not None and usage.output and "output_tokens_details" not in (self._counted or {}):
            details = msgspec.structs.replace(usage.details or UsageDetails(), image_output=usage.output)
            self.usage = msgspec.structs.replace(usage, details=details)

    def take_calls(self, name: str, times: int) -> None:
        """Take how often the provider ran a tool, by the name that the provider gives it."""
        name = name[:64]
        if name in self.calls or len(self.calls) < MOST_TOOLS:
            self.calls[name] = times
        else:
            self._over().tool += 1

    def _over(self) -> Dropped:
        self.dropped = self.dropped or Dropped()
        return self.dropped

    def take_timings(self, value: object) -> None:
        """Take llama.cpp's ``timings``. Of what usage counts, usage is right."""
        self._timed = counts_of_timings(value) or self._timed
        if self._timed is not None:
            self.usage = usage_of(with_timings(self._counted, self._timed))

    @property
    def iterations(self) -> object:
        """The steps of the answer, as listed in its usage; ``None`` if it lists none."""
        return self._counted.get("iterations") if self._counted is not None else None

    @property
    def written_for_is_told(self) -> bool:
        """Whether usage reports the lifetime of cache writes."""
        return written_for_is_told(self._counted)

    def take_finish(self, value: object) -> None:
        """Take a provider's finish reason. Some servers write that there is none yet as an empty text or ``null``."""
        if isinstance(value, str) and value not in _UNFINISHED:
            reason = self.finish_reason = finish_of(value)
            if reason is FinishReason.CONTENT_FILTER or reason is FinishReason.REFUSAL:
                self.refusal = True

    def take_error(self, value: object) -> None:
        """Take an error object. Only its code or type is kept, because a message can quote the request."""
        if value:
            self.error = code_of(value)

    def read_error(self, doc: dict[str, Any]) -> None:
        """Take the error from a document that is an error of any provider; otherwise nothing."""
        self.error = error_of(doc) or self.error


def load(data: bytes | memoryview) -> Any:  # noqa: ANN401 - JSON from outside is any value
    """The JSON value in ``data``, or ``None``. Every text in the value is valid Unicode.

    Data that a strict parser rejects for a single character is read nevertheless; see ``load_pieces``.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return _mended(_lenient(data))


def load_whole(data: bytes) -> Any:  # noqa: ANN401 - JSON from outside is any value
    """Like ``load``, for a whole body. A gateway may put the end of a stream behind it (decolua/9router#3492)."""
    found = load(data)
    if found is None and (end := _DONE.search(data, max(0, len(data) - _LONGEST_DONE))):
        found = load(data[: end.start()])
    return found


def load_object(data: bytes) -> dict[str, Any] | None:
    """The JSON object in the data of an event, otherwise ``None``.

    Google writes an error as a list of one, and some servers as a text that begins with ``[ERROR]``.
    """
    doc = load(data)
    if isinstance(doc, dict):
        return doc
    if doc is None and _ERROR.match(data):
        return {"error": {"code": "error"}}
    first = doc[0] if isinstance(doc, list) and doc else None
    return first if isinstance(first, dict) and first.get("error") else None


def load_pieces(data: bytes) -> Any:  # noqa: ANN401 - JSON from outside is any value
    """Like ``load``, for a piece of text that was cut anywhere.

    Half a character is kept as a surrogate, so that ``mended`` can join it with its other half.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return _lenient(data)


def _lenient(data: bytes | memoryview) -> Any:  # noqa: ANN401 - JSON from outside is any value
    """The value if it has lone surrogates, control characters inside texts, NaN or infinity (as ``None``), or a BOM.

    Bytes that are not valid UTF-8 become surrogates.
    """
    if not 0 < len(data) <= _LENIENT:
        return None
    text = bytes(data).removeprefix(_BOM).decode("utf-8", "surrogateescape")
    try:
        return json.loads(text, strict=False, parse_constant=lambda name: None)
    except (ValueError, RecursionError):
        return None


def _mended(value: Any) -> Any:  # noqa: ANN401 - JSON from outside is any value
    """The value with every text ``mended``; ``None`` if it is nested too deeply."""
    try:
        return _each_mended(value)
    except RecursionError:
        return None


def _each_mended(value: Any) -> Any:  # noqa: ANN401 - JSON from outside is any value
    if isinstance(value, str):
        return mended(value)
    if isinstance(value, list):
        return [_each_mended(item) for item in value]
    if isinstance(value, dict):
        return {mended(key): _each_mended(item) for key, item in value.items() if isinstance(key, str)}
    return value


def mended(text: str) -> str:
    """``text`` as valid Unicode: adjacent surrogate halves are joined, any other surrogate becomes U+FFFD."""
    if text.isascii() or not _SURROGATE.search(text):
        return text
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    joined = _HALF.sub("\ufffd", joined)
    if _ESCAPED_BYTE.search(joined):
        joined = joined.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return joined


def text(doc: object, key: str) -> str | None:
    """``doc[key]`` if it is a non-empty string short enough to store."""
    value = doc.get(key) if isinstance(doc, dict) else None
    return value[:256] if isinstance(value, str) and value else None


def string(doc: object, key: str) -> str:
    """``doc[key]`` if it is a string of any length; otherwise the empty string."""
    value = doc.get(key) if isinstance(doc, dict) else None
    return value if isinstance(value, str) else ""


def items(doc: object, key: str) -> list[dict[str, Any]]:
    """The objects in the list ``doc[key]``."""
    value = doc.get(key) if isinstance(doc, dict) else None
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def child(doc: object, key: str) -> dict[str, Any]:
    """The object ``doc[key]``, or an empty one."""
    value = doc.get(key) if isinstance(doc, dict) else None
    return value if isinstance(value, dict) else {}


def place(doc: dict[str, Any], default: int) -> int:
    """``doc["index"]`` if it is a valid index of a choice, a call or a block; otherwise ``default``."""
    value = doc.get("index")
    if type(value) is int and 0 <= value < 128:
        return value
    value = number(value)
    return value if value is not None and value < 128 else default


def dump(value: object) -> bytes | None:
    """JSON of an external value; ``None`` if it is nested too deeply to be serialized."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        pass
    try:  # a text that holds half a character
        return orjson.dumps(_mended(value))
    except orjson.JSONEncodeError:
        return None
