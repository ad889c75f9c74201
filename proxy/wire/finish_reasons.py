"""Maps provider-specific endings in one place: finish reasons, and documents that are errors.

Sources of the finish reasons: the API references of OpenAI, Anthropic, Google, Mistral, Cohere, DeepSeek and Zhipu, and
the sources of vLLM, SGLang, TGI, llama.cpp, Ollama and Llama Stack, read in November 2026; the enumerations of watsonx
and of Bedrock's Titan.
"""

from __future__ import annotations

import re
from typing import Any

from proxy.exchange import FinishReason

_STOP, _LENGTH, _TOOLS = FinishReason.STOP, FinishReason.LENGTH, FinishReason.TOOL_CALLS
_FILTER, _REFUSAL = FinishReason.CONTENT_FILTER, FinishReason.REFUSAL
_INCOMPLETE, _ERROR = FinishReason.INCOMPLETE, FinishReason.ERROR

#: In lower case, with underscores. A word that is not here is ``other``.
_FINISH: dict[str, FinishReason] = {
    **dict.fromkeys(("stop", "end_turn", "stop_sequence", "completed", "complete", "eos", "eos_token"), _STOP),
    **dict.fromkeys(
        ("end", "normal", "stop_token", "stop_str", "stop_word", "finish", "finished", "eot", "eom"), _STOP
    ),
    **dict.fromkeys(("end_of_turn", "end_of_message", "end_of_text", "endoftext", "eos_token_id"), _STOP),
    **dict.fromkeys(("length", "max_tokens", "max_output_tokens", "max_completion_tokens", "model_length"), _LENGTH),
    **dict.fromkeys(("model_context_window_exceeded", "max_length", "time_limit", "max_new_tokens"), _LENGTH),
    **dict.fromkeys(("token_limit", "length_limit", "output_limit", "context_length", "out_of_tokens"), _LENGTH),
    **dict.fromkeys(("context_length_exceeded", "context_window_exceeded", "max_context_length"), _LENGTH),
    **dict.fromkeys(("tool_calls", "tool_call", "tool_use", "function_call", "function_calls"), _TOOLS),
    # Zhipu's word is ``sensitive``; Google's come in capitals.
    **dict.fromkeys(("content_filter", "content_filtered", "safety", "sensitive", "guardrail_intervened"), _FILTER),
    **dict.fromkeys(("blocklist", "prohibited_content", "spii", "recitation", "image_safety", "model_armor"), _FILTER),
    **dict.fromkeys(("safety_filter", "blocked", "moderation", "moderated", "guardrail", "guardrails"), _FILTER),
    **dict.fromkeys(("error_toxic", "data_inspection_failed", "image_prohibited_content", "image_recitation"), _FILTER),
    "refusal": _REFUSAL,
    **dict.fromkeys(("incomplete", "cancelled", "canceled", "user_cancel", "abort", "aborted"), _INCOMPLETE),
    # Anthropic: the turn goes on in another request.
    **dict.fromkeys(("pause_turn", "compaction"), _INCOMPLETE),
    **dict.fromkeys(("interrupted", "user_abort", "client_disconnect", "not_finished"), _INCOMPLETE),
    "repetition": _INCOMPLETE,  # vLLM, which ends what repeats itself
    **dict.fromkeys(("steered", "max_messages"), _INCOMPLETE),  # Responses: another response goes on
    **dict.fromkeys(("error", "failed", "network_error", "insufficient_system_resource", "server_error"), _ERROR),
    **dict.fromkeys(("internal_error", "upstream_error", "error_limit", "timeout", "rate_limit_exceeded"), _ERROR),
    **dict.fromkeys(("malformed_function_call", "malformed_response", "engine_overloaded"), _ERROR),
    "function_call_filter": _ERROR,
    **dict.fromkeys(("malformed_model_output", "malformed_tool_use"), _ERROR),
    **dict.fromkeys(("unexpected_tool_call", "too_many_tool_calls", "missing_thought_signature"), _ERROR),
}

#: How words end that are not in the table and tell of an error, and where the words of ``maxTokens`` meet.
_FAILED = ("error", "failure", "unavailable", "overloaded", "exception", "bad_gateway")
_WORDS_MEET = re.compile(r"(?<=[a-z])(?=[A-Z])")

#: What a document holds that is an answer, whatever else it says.
_ANSWERS = ("choices", "output", "content", "candidates", "delta", "response")
#: Values of ``code`` by which providers say that nothing is wrong.
_FINE = (0, 200, "0", "200", "success", "ok", "")
_LONGEST = 80
#: Members that hold an error.
_WRONG = ("detail", "errors", "fault", "exception", "err", "Error")
#: Members that only an error has: its type by the words of AWS and others, and its message.
_TYPES = ("error_type", "errorType", "__type")
_TELLING = ("error_message", "errorMessage", "error_msg", *_TYPES)
#: Types and levels of what a gateway tells beside an answer: that it queues, searches, or has taken another model.
_NOTES = frozenset(
    (
        *("info", "notice", "note", "warning", "warn", "status", "progress", "ping", "heartbeat", "keepalive"),
        *("keep_alive", "log", "debug", "trace", "metadata", "notification", "update", "queued"),
    )
)
#: How providers decline a prompt by an error without a word for it: MiniMax's numbers, DeepSeek's sentence, which is
#: always the same, and what OpenRouter tells of a text that was flagged.
_DECLINED_NUMBERS, _DECLINED_TEXT, _FLAGGED, _DECLINED = (
    (1026, 1027),
    "Content Exists Risk",
    "flagged_input",
    "content_filter",
)


def finish_of(word: str) -> FinishReason:
    """The provider's finish reason, mapped to ``FinishReason``.

    Some gateways send the type of an error as one, or the name of an enumeration's member (``FinishReason.STOP``,
    ``FINISH_REASON_STOP``), or join the words (``maxTokens``). Gemini's OpenAI form says which filter it was, and why
    (``content_filter: PROHIBITED_CONTENT``).
    """
    if found := _FINISH.get(word):
        return found
    what, colon, why = word[:_LONGEST].partition(": ")
    if colon:
        return found if (found := finish_of(why)) is not FinishReason.OTHER else finish_of(what)
    word = _WORDS_MEET.sub("_", word[:_LONGEST].rpartition(".")[2]).lower().replace("-", "_").replace(" ", "_")
    word = word.removeprefix("finish_reason_").removeprefix("stop_reason_")
    return _FINISH.get(word, FinishReason.ERROR if word.endswith(_FAILED) else FinishReason.OTHER)


def error_of(doc: dict[str, Any]) -> str | None:
    """The code of an error document, otherwise ``None``. Messages are never taken, because they can quote the request.

    ``{"error": ...}`` nearly everywhere; ``{"object": "error"}`` in older vLLM and servers derived from it; ``{"type":
    "error"}`` in Anthropic. If there is no answer beside it, also ``{"detail"}`` of FastAPI, ``{"code", "message"}`` of
    Alibaba, the inner object of OpenAI's error (``{"message", "type"}``), ``{"errors"}`` of Cloudflare,
    ``{"error_code"}`` of Baidu, ``{"base_resp"}`` of MiniMax, ``{"fault"}``; ``{"status": 500, "message"}`` and
    ``{"error_message"}``; the exceptions of AWS (``{"__type"}``, ``{"throttlingException": {...}}``) and RFC 9457's
    ``{"title", "status"}``. One message is a constant of its provider (DeepSeek), and quotes nothing.
    """
    if (error := doc.get("error")) and not (_is_blank(error) and any(doc.get(key) for key in (*_ANSWERS, "usage"))):
        return code_of(error)
    if doc.get("object") == "error" or doc.get("type") == "error":
        return code_of(doc)
    if any(doc.get(key) for key in _ANSWERS):
        return None
    if wrong := next((key for key in _WRONG if doc.get(key)), None):
        return code_of(doc[wrong])
    if thrown := next(
        (key for key in doc if key.endswith("Exception") and key.isidentifier() and doc[key] is not None), None
    ):
        return thrown[:_LONGEST]
    if isinstance(doc.get("error_code"), int | str) and doc["error_code"] not in _FINE:
        return code_of({"code": doc["error_code"]})
    if _tells(doc):
        return code_of(doc)
    base = doc.get("base_resp")
    if isinstance(base, dict) and _is_wrong(base.get("status_code")):
        return _DECLINED if base["status_code"] in _DECLINED_NUMBERS else "error"
    return None


def _is_blank(error: object) -> bool:
    """Whether an error object says nothing: some gateways put one beside every answer (BerriAI/litellm#18407)."""
    return isinstance(error, dict) and not any(error.values())


def _tells(doc: dict[str, Any]) -> bool:
    """Whether a document says beside a message, or by the name of it, that something is wrong."""
    if any(isinstance(doc.get(key), str) and _is_wrong(doc[key]) for key in _TELLING):
        return True
    if not any(isinstance(doc.get(key), str) for key in ("message", "msg", "title")):
        return False
    if _is_note(doc):
        return False
    if _is_wrong(doc.get("code")) or doc.get("success") is False or doc.get("ok") is False:
        return True
    said = (doc.get(key) for key in ("status", "statusCode", "status_code"))
    if any(one in ("error", "failed", "fail") or (isinstance(one, int) and one >= 400) for one in said):
        return True
    return isinstance(doc.get("type"), str) and doc["type"].lower().endswith("error")


def _is_note(doc: dict[str, Any]) -> bool:
    """Whether a document says by its type that it only tells of something, and by no number that this went wrong."""
    code, kinds = doc.get("code"), (doc.get("type"), doc.get("level"))
    return any(isinstance(kind, str) and kind.lower() in _NOTES for kind in kinds) and not (
        isinstance(code, int) and code >= 400
    )


def _is_wrong(code: object) -> bool:
    if isinstance(code, str):
        return code.lower() not in _FINE
    return isinstance(code, int) and not isinstance(code, bool) and code not in _FINE


def code_of(error: object) -> str:
    """The code or type of an error object; ``error`` if it has neither."""
    if isinstance(error, list):
        error = error[0] if error else None
    if isinstance(error, dict):
        metadata = error.get("metadata")
        if error.get("message") == _DECLINED_TEXT or (isinstance(metadata, dict) and _FLAGGED in metadata):
            return _DECLINED
        for key in ("code", "type", *_TYPES):
            if isinstance(error.get(key), str) and error[key]:
                return str(error[key])[:_LONGEST]
    return "error"
