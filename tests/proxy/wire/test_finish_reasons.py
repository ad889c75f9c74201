"""Providers' words for how an answer ended."""

from __future__ import annotations

from typing import Any

import pytest

from proxy.exchange import FinishReason
from proxy.wire.finish_reasons import error_of, finish_of


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("stop", FinishReason.STOP),
        ("STOP", FinishReason.STOP),
        ("model_length", FinishReason.LENGTH),
        ("MAX_TOKENS", FinishReason.LENGTH),
        ("tool-calls", FinishReason.TOOL_CALLS),
        ("sensitive", FinishReason.CONTENT_FILTER),
        ("SAFETY", FinishReason.CONTENT_FILTER),
        ("guardrail_intervened", FinishReason.CONTENT_FILTER),
        ("network_error", FinishReason.ERROR),
        ("insufficient_system_resource", FinishReason.ERROR),
        ("MALFORMED_FUNCTION_CALL", FinishReason.ERROR),
        ("UNEXPECTED_TOOL_CALL", FinishReason.ERROR),
        ("overloaded_error", FinishReason.ERROR),
        ("Rate-Limit-Error", FinishReason.ERROR),
        ("IMAGE_RECITATION", FinishReason.CONTENT_FILTER),
        ("pause_turn", FinishReason.INCOMPLETE),
        ("abort", FinishReason.INCOMPLETE),
        ("FinishReason.MAX_TOKENS", FinishReason.LENGTH),
        ("FINISH_REASON_STOP", FinishReason.STOP),
        ("FINISH_REASON_UNSPECIFIED", FinishReason.OTHER),
        ("context_length_exceeded", FinishReason.LENGTH),
        ("because", FinishReason.OTHER),
        ("repetition", FinishReason.INCOMPLETE),
        ("malformed_tool_use", FinishReason.ERROR),
        ("malformed_model_output", FinishReason.ERROR),
        ("service_unavailable", FinishReason.ERROR),
        ("server_overloaded", FinishReason.ERROR),
        ("ModelStreamErrorException", FinishReason.ERROR),
        ("TOKEN_LIMIT", FinishReason.LENGTH),
        ("out_of_tokens", FinishReason.LENGTH),
        ("maxTokens", FinishReason.LENGTH),
        ("end_of_turn", FinishReason.STOP),
        ("FINISH", FinishReason.STOP),
        ("stopSequence", FinishReason.STOP),
        ("STOP_REASON_STOP", FinishReason.STOP),
        ("toolUse", FinishReason.TOOL_CALLS),
        ("contentFilter", FinishReason.CONTENT_FILTER),
        ("blocked", FinishReason.CONTENT_FILTER),
        ("NOT_FINISHED", FinishReason.INCOMPLETE),
        ("content_filter: PROHIBITED_CONTENT", FinishReason.CONTENT_FILTER),
        ("content_filter: OTHER", FinishReason.CONTENT_FILTER),
        ("content_filter: RECITATION", FinishReason.CONTENT_FILTER),
        ("function_call_filter: MALFORMED_FUNCTION_CALL", FinishReason.ERROR),
        ("function_call_filter: NEW_WORD", FinishReason.ERROR),
        (": " * 300, FinishReason.OTHER),
    ],
)
def test_finish_reasons(word: str, reason: FinishReason) -> None:
    """Each provider's word has its meaning, in capitals, with hyphens and joined too; an unknown one is ``other``."""
    assert finish_of(word) is reason


@pytest.mark.parametrize(
    ("doc", "code"),
    [
        ({"error": {"code": "overloaded", "message": "busy"}}, "overloaded"),
        ({"error": {"code": 502, "type": "bad_gateway"}}, "bad_gateway"),
        ({"error": "busy"}, "error"),
        ({"status": 503, "message": "busy"}, "error"),
        ({"status": 429, "message": "busy", "type": "rate_limited"}, "rate_limited"),
        ({"error_message": "busy", "code": "overloaded"}, "overloaded"),
        ({"error": True, "message": "busy"}, "error"),
        ({"object": "error", "type": "BadRequestError", "message": "too long", "code": 400}, "BadRequestError"),
        ({"object": "error", "message": "worker died"}, "error"),
        ({"type": "error", "code": "server_error", "message": "gone"}, "server_error"),
        ({"detail": "no such engine"}, "error"),
        ({"detail": [{"type": "missing", "loc": ["body"]}]}, "missing"),
        ({"code": "Throttling", "message": "slow down", "request_id": "r"}, "Throttling"),
        ({"code": 1301, "msg": "not allowed"}, "error"),
        ({"success": False, "errors": [{"code": 7003, "message": "no route"}]}, "error"),
        ({"error_code": 18, "error_msg": "limit"}, "error"),
        ({"base_resp": {"status_code": 1008, "status_msg": "no money"}}, "error"),
        ({"fault": {"faultstring": "spike arrest"}}, "error"),
        ({"status": "error", "message": "no"}, "error"),
        ({"code": "c" * 300, "message": "x"}, "c" * 80),
        ({"statusCode": 502, "message": "no berth"}, "error"),
        ({"title": "No berth", "status": 503, "type": "about:blank"}, "about:blank"),
        ({"ok": False, "message": "no berth"}, "error"),
        ({"errorType": "Runtime.Exit", "errorMessage": "no berth"}, "Runtime.Exit"),
        ({"error_type": "Overloaded", "message": "no berth"}, "Overloaded"),
        ({"__type": "ThrottlingException", "message": "no berth"}, "ThrottlingException"),
        ({"modelStreamErrorException": {"message": "no berth"}}, "modelStreamErrorException"),
        ({"exception": "no berth"}, "error"),
        ({"err": {"code": "full"}}, "full"),
        ({"type": "status", "message": "no berth", "code": 503}, "status"),
    ],
)
def test_documents_that_are_errors(doc: dict[str, Any], code: str) -> None:
    """Errors of every shape are seen, by their code or type and never by their message."""
    assert error_of(doc) == code


@pytest.mark.parametrize(
    "doc",
    [
        {},
        {"error": None, "output": []},
        {"status": 200, "message": "fine"},
        {"error_message": None, "message": "fine"},
        {"error": {}, "choices": [{"message": {"content": "x"}}]},
        {"code": 0, "message": "success"},
        {"code": "Success", "message": ""},
        {"code": 1301, "message": "a warning", "choices": [{"delta": {"content": "x"}}]},
        {"error_msg": "success", "title": "Tides"},
        {"title": "Tides", "status": 200},
        {"statusCode": 200, "message": "fine"},
        {"it is no Exception": {"message": "x"}},
        {"throttlingException": None, "internalServerException": None},
        {"throttlingException": None, "choices": [{"delta": {"content": "x"}}]},
        {"detail": "high", "choices": [{"delta": {}}]},
        {"base_resp": {"status_code": 0, "status_msg": ""}, "choices": [{"delta": {}}]},
        {"type": "response.code_interpreter_call_code.done", "code": "print(6)"},
        {"type": "info", "message": "another model answers", "code": "fallback"},
        {"type": "status", "message": "in the queue", "code": 102},
        {"level": "Warning", "message": "long", "code": "context"},
    ],
)
def test_documents_that_are_none(doc: dict[str, Any]) -> None:
    """An answer, a success and a null are no errors, whatever else they say."""
    assert error_of(doc) is None


def test_the_bare_inside_of_an_error_is_one():
    """A message with the type of an error, and no wrapper around them; with another type it is no error."""
    assert error_of({"message": "no berth left", "type": "server_error"}) == "server_error"
    assert error_of({"message": "no berth left", "type": "harbour_note"}) is None


@pytest.mark.parametrize(
    ("doc", "code"),
    [
        ({"choices": None, "base_resp": {"status_code": 1026, "status_msg": "x"}}, "content_filter"),
        ({"choices": None, "base_resp": {"status_code": 1002, "status_msg": "x"}}, "error"),
        ({"error": {"message": "Content Exists Risk", "type": "invalid_request_error"}}, "content_filter"),
        ({"error": {"message": "Lamp Exists", "type": "invalid_request_error"}}, "invalid_request_error"),
        ({"error": {"code": 403, "metadata": {"flagged_input": "x", "reasons": []}}}, "content_filter"),
        ({"error": {"code": 403, "metadata": {"provider_name": "x"}}}, "error"),
    ],
)
def test_errors_that_decline_without_a_word_for_it(doc: dict[str, Any], code: str) -> None:
    """MiniMax has numbers, DeepSeek a sentence that is always the same, OpenRouter tells what was flagged."""
    assert error_of(doc) == code
