"""Usage of answers that are not read as a whole: without a reader, cut, or in frames of their own.

Bedrock's streams are frames of binary heads and JSON. The JSON of ``converse-stream`` stands there as it is, so that it
is found like that of a cut document. ``invoke-with-response-stream`` puts each event of the model into base64, and
behind the last one what Bedrock counts, for every model (docs.aws.amazon.com, "InvokeModelWithResponseStream").
"""

from __future__ import annotations

import re
from base64 import b64decode
from typing import Any

from proxy.wire import sse
from proxy.wire.bedrock_counts import counts_of
from proxy.wire.facts import Facts, child, load
from proxy.wire.messages import BEDROCK

_TIER = re.compile(rb'"service_tier"\s*:\s*"(\w{1,40})"')
#: Signs that the provider ran tools that are paid for by the call; how often, a part of an answer does not tell.
_RAN = re.compile(
    rb'"type"\s*:\s*"(?:web_search|file_search|code_interpreter|image_generation(?!\.)|shell)|"container"\s*:\s*\{'
)
#: Bytes of a usage object, the provider's own steps and their caches included.
_LONGEST_USAGE = 8000
_USAGE = re.compile(rb'"usage"\s*:\s*\{')
#: Where usage begins; of Cohere's older streams; and how many are tried: that of Bedrock's guards counts no tokens.
_COUNTS, _BILLED, _TRIED = re.compile(rb'"usage(?:Metadata)?"\s*:\s*(\{)'), re.compile(rb'"billed_units"\s*:\s*(\{)'), 4
#: How a document begins that soon tells its id, and where it says why the answer ended. In a text the quotation marks
#: are escaped, so that no answer can say so itself.
_ID = re.compile(
    rb'\s*\{(?:\s*"[a-z_]{1,40}"\s*:\s*(?:"[^"\\]{0,200}"|[\w.-]{1,40})\s*,){0,12}\s*"id"\s*:\s*"([^"\\]{1,256})"'
)
_GEMINI_ID = re.compile(rb'"responseId"\s*:\s*"([^"\\]{1,256})"')
_FINISH = re.compile(rb'"(?:finish_reason|stop_reason|finishReason)"\s*:\s*"([A-Za-z_.]{1,80})"')
#: The same of a response, which says it before its output.
_RESPONSE, _OUTPUT = re.compile(rb'"object"\s*:\s*"response"'), re.compile(rb'"output"\s*:\s*\[')
_FINAL = re.compile(rb'"type"\s*:\s*"response\.(completed|incomplete|failed|cancelled|done)"')
_STATUS = re.compile(rb'"status"\s*:\s*"(completed|incomplete|failed|cancelled)"')
_CALL = re.compile(rb'"type"\s*:\s*"(?:function_call|custom_tool_call)"')
_REASON = re.compile(rb'"incomplete_details"\s*:\s*\{\s*"reason"\s*:\s*"(\w{1,80})"')
#: What Ollama counts behind its embeddings.
_OLLAMA = re.compile(rb'"prompt_eval_count"\s*:\s*(\d{1,15})\s*\}\s*\Z')
#: An event of a model in a frame of Bedrock's.
_FRAMED = re.compile(rb'"bytes"\s*:\s*"([A-Za-z0-9+/]+={0,2})"')


def take_plain(doc: object, facts: Facts) -> None:
    """Facts of an answer whose operation has no reader."""
    if isinstance(doc, dict):
        facts.identify(doc)
        # The second comes from Gemini, for embeddings, the third from Cohere, and the last from Bedrock and Ollama.
        facts.take_usage(
            doc.get("usage") or doc.get("usageMetadata") or doc.get("meta") or counts_of(doc) or _embedded(doc)
        )


def _embedded(doc: dict[str, Any]) -> dict[str, Any] | None:
    """Usage of embeddings of Ollama, which counts what it read beside them."""
    return {"input_tokens": doc["prompt_eval_count"]} if "prompt_eval_count" in doc else None


def take_early_usage(head: bytes, end: bytes, facts: Facts) -> None:
    """The last usage of a stream whose final events have none.

    Some providers send usage before a long event. The event with the usage can also be longer than the capture.
    """
    found = None
    for found in _USAGE.finditer(end):  # noqa: B007 - the last one is wanted
        pass
    if found is None:
        take_torn(head, end, facts)  # in the words of Gemini
        return
    begin = end.rfind(b"data:", 0, found.start())
    for event in sse.decode(end[max(0, begin) : _line_end(end, found.end())] + b"\n\n"):
        doc = load(event.data)
        for holder in (doc, child(doc, "response"), child(doc, "message")):
            facts.take_usage(holder.get("usage") if isinstance(holder, dict) else None)
    if facts.usage is None:
        take_torn(head, end, facts)


def take_torn(head: bytes, tail: bytes, facts: Facts) -> None:
    """Tier, paid tools and usage of a document whose middle or beginning is missing."""
    tier = _TIER.search(tail) or _TIER.search(head)
    if tier:
        facts.service_tier = tier[1].decode()
    if _RAN.search(tail) or _RAN.search(head):
        facts.calls["unknown"] = 1
    found = [match.start(1) for match in _COUNTS.finditer(tail)] or [match.start(1) for match in _BILLED.finditer(tail)]
    for brace in found[: -_TRIED - 1 : -1]:
        facts.take_usage(_object_at(tail, brace))
        if facts.usage is not None:
            return
    if embedded := _OLLAMA.search(tail):
        facts.take_usage({"input_tokens": embedded[1].decode()})


def _object_at(data: bytes, brace: int) -> object:
    """The JSON object that begins at ``brace``."""
    depth = 0
    for position in range(brace, min(len(data), brace + _LONGEST_USAGE)):
        depth += {123: 1, 125: -1}.get(data[position], 0)
        if depth == 0:
            return load(data[brace : position + 1])
    return None


def take_ends(head: bytes, tail: bytes, facts: Facts) -> None:
    """The id of an answer whose middle is missing, and why it ended."""
    if begun := _ID.match(head) or _GEMINI_ID.search(tail):
        facts.response_id = begun[1].decode("utf-8", "replace")
    output = _OUTPUT.search(head)
    if output is not None and _RESPONSE.search(head, 0, output.start()):
        ended = _REASON.search(head, 0, output.start()) or _STATUS.search(head, 0, output.start())
    else:
        ended = _FINISH.search(tail) or _FINISH.search(head)
    if ended:
        facts.take_finish(ended[1].decode())
        facts.choices = max(1, facts.choices)


def take_torn_event(begun: bytes, tail: bytes, facts: Facts) -> None:
    """How an answer ended whose last event is longer than what is kept of the end of its stream.

    ``begun``: the beginning of the event in which ``tail`` begins. Pictures come in such events, and the last event of
    a response repeats all that was asked and answered.
    """
    torn, line_end, _ = tail.partition(b"\n")
    if not line_end and not torn.rstrip().endswith(b"}"):
        return  # the stream ended inside of it
    ends = list(_FINISH.finditer(torn))
    if final := _FINAL.search(begun):
        told = _REASON.search(begun, final.end()) or _STATUS.search(begun, final.end()) or final
        called = told[1] == b"completed" and _CALL.search(tail)
        facts.take_finish("tool_calls" if called else told[1].decode())
        facts.terminated = True
    elif ends:
        facts.take_finish(ends[-1][1].decode())
        facts.terminated |= b"finishReason" in ends[-1][0]  # Gemini's streams have no other end
    else:
        return
    facts.choices = max(1, facts.choices)


def take_framed(head: bytes, tail: bytes, facts: Facts) -> None:
    """Usage of a stream of Bedrock's. ``tail``: its last bytes, which may begin inside a frame."""
    docs = [load(b64decode(piece)) for data in (head, tail) for piece in _whole_base64(data)]
    for doc in docs:
        for holder in (child(doc, "message"), doc if isinstance(doc, dict) else {}):
            facts.take_usage(holder.get("usage"))
    counted = [child(doc, BEDROCK) for doc in docs]
    if facts.usage is None:
        facts.take_usage(next(filter(None, counted), None))
    if not docs:
        take_torn(head, tail or head, facts)


def _whole_base64(data: bytes) -> list[bytes]:
    return [piece for piece in _FRAMED.findall(data) if len(piece) % 4 == 0]


def _line_end(data: bytes, start: int) -> int:
    found = [at for at in (data.find(b"\n", start), data.find(b"\r", start)) if at >= 0]
    return min(found, default=len(data))
