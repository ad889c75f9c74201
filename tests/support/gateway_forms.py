"""More forms: answers in a gateway's envelope or in frames, and calls beside a reason that says nothing of them."""

from __future__ import annotations

from typing import Any

from proxy.exchange import FinishReason, Operation, Outcome, StreamEnd
from proxy.sample import ToolCall
from support import aws
from support.exchanges import events
from support.frames import DONE, JSON, Form, block, chunks, completion, message, piece, text_block, whole

CHAT, MESSAGES = Operation.CHAT, Operation.MESSAGES
BEDROCK = "docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html"
CLINE = "github.com/decolua/9router/pull/3387"
OVMS = "github.com/openvinotoolkit/model_server/issues/3927"
TIDE = ToolCall("tide_at", '{"port": "Orme"}', "call_t")
_CALL = {"id": "call_t", "type": "function", "function": {"name": "tide_at", "arguments": '{"port": "Orme"}'}}
_USE: dict[str, Any] = {"type": "tool_use", "id": "call_t", "name": "tide_at"}
_TOOLS = FinishReason.TOOL_CALLS


def _said(name: str, source: str, doc: dict[str, Any], **fields: Any) -> Form:
    right: dict[str, Any] = {"text": "Six.", "end": None, "content_type": JSON, "visible": False, **fields}
    return Form(name, source, CHAT, whole(doc), **right)


def _wrapped(name: str, doc: dict[str, Any], **fields: Any) -> Form:
    return _said(f"envelope-{name}", CLINE, doc, **fields)


_SIX = completion({"content": "Six."})
_CLAUDE: list[dict[str, Any]] = [
    {"type": "message_start", "message": {"id": "msg_b", "model": "keeper-1", "usage": {"input_tokens": 9}}},
    *block(0, {"type": "thinking", "thinking": ""}, {"type": "thinking_delta", "thinking": "Ferries."}),
    *text_block(1, "I ", "look."),
    *block(2, {**_USE, "input": {}}, {"type": "input_json_delta", "partial_json": '{"port": "Orme"}'}),
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 12}},
    {"type": "message_stop", "amazon-bedrock-invocationMetrics": {"inputTokenCount": 9, "outputTokenCount": 12}},
]
_BEGUN = chunks({"content": "The six "}, finish=None, done=False)
_BLANK = {"error": {"message": "", "type": "", "param": "", "code": None}}
GATEWAY_FORMS = (
    _wrapped("data", {"success": True, "data": _SIX}),
    _wrapped("data-last", {"data": _SIX, "code": 0, "message": "success", "choices": None}),
    _wrapped("result", {"result": _SIX, "success": True, "errors": [], "messages": []}),
    _wrapped(
        "error",
        {"success": False, "data": {"error": {"code": "full"}}},
        text=None,
        outcome=Outcome.UPSTREAM_ERROR,
        finish=None,
    ),
    Form(
        "envelope-stream",
        "github.com/smallmain/vscode-unify-chat-provider/pull/71",
        CHAT,
        (
            *events(
                [
                    {"data": {"id": "c", "model": "m", "choices": [{"index": 0, "delta": {"content": "Six."}}]}},
                    {"data": {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}},
                ]
            ),
            DONE,
        ),
        "Six.",
    ),
    *(
        Form(
            f"{name}-event-between",
            "docs.openwebui.com/features/plugin/development/events",
            CHAT,
            (
                *chunks({"content": "The six "}, finish=None, done=False),
                *events([doc]),
                *chunks({"content": "o'clock."}),
            ),
            "The six o'clock.",
        )
        for name, doc in {
            "tool-result": {"type": "tool_result", "result": {"error": "no such file", "id": "t", "model": "grep"}},
            "status": {"event": "status", "data": {"error": {"message": "asked again"}}},
            "object": {"object": "trace", "response": {"output": "done", "error": "none"}},
        }.items()
    ),
    Form(
        "envelope-error-event",
        "github.com/smallmain/vscode-unify-chat-provider/pull/71",
        CHAT,
        (
            *chunks({"content": "The"}, finish=None, done=False),
            *events([{"type": "error", "data": {"error": {"a": 1}}}]),
        ),
        "The",
        outcome=Outcome.UPSTREAM_ERROR,
        end=StreamEnd.ERROR_EVENT,
        finish=None,
    ),
    _said("error-that-says-nothing-beside-an-answer", "github.com/BerriAI/litellm/issues/18407", {**_SIX, **_BLANK}),
    Form(
        "error-that-says-nothing-in-every-chunk",
        "github.com/BerriAI/litellm/issues/18407",
        CHAT,
        (
            *events(
                [
                    {"choices": [{"index": 0, "delta": {"content": "Six."}, "finish_reason": None}], **_BLANK},
                    {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], **_BLANK},
                    {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2}, **_BLANK},
                ]
            ),
            DONE,
        ),
        "Six.",
    ),
    Form(
        "error-that-says-nothing-alone",
        "github.com/BerriAI/litellm/issues/18407",
        CHAT,
        tuple(
            events([{"choices": [{"index": 0, "delta": {"content": "Six."}, "finish_reason": None}], **_BLANK}, _BLANK])
        ),
        "Six.",
        outcome=Outcome.UPSTREAM_ERROR,
        end=StreamEnd.ERROR_EVENT,
        finish=None,
    ),
    Form(
        "document-with-the-end-of-a-stream",
        "github.com/decolua/9router/issues/3492",
        CHAT,
        (*whole(_SIX), b"\n", DONE),
        "Six.",
        end=None,
        visible=False,
    ),
    Form(
        "bedrock-invoke",
        BEDROCK,
        MESSAGES,
        tuple(map(aws.chunk, _CLAUDE)),
        "I look.",
        finish=_TOOLS,
        reasoning="Ferries.",
        calls=(TIDE,),
        content_type=aws.FRAMES,
        thinks=True,
    ),
    Form(
        "bedrock-exception",
        BEDROCK,
        MESSAGES,
        (*map(aws.chunk, _CLAUDE[:-5]), aws.frame("modelStreamErrorException", {"message": "busy"}, exception=True)),
        "I look.",
        outcome=Outcome.UPSTREAM_ERROR,
        end=StreamEnd.ERROR_EVENT,
        finish=None,
        reasoning="Ferries.",
        content_type=aws.FRAMES,
        thinks=True,
    ),
    Form(
        "lines-of-chunks",
        "github.com/ndjson/ndjson-spec",
        CHAT,
        tuple(
            event.removeprefix(b"data: ").removesuffix(b"\n")
            for event in chunks({"content": "The six "}, {"content": "o'clock."}, done=False)
        ),
        "The six o'clock.",
        end=StreamEnd.NO_TERMINATOR,
        content_type="application/x-ndjson",
        request={"stream": True},
    ),
    Form(
        "no-blank-lines",
        "github.com/rexxars/eventsource-parser/pull/31",
        CHAT,
        tuple(event.replace(b"\n\n", b"\n") for event in chunks({"content": "The six "}, {"content": "o'clock."})),
        "The six o'clock.",
    ),
    _said(
        "stop-with-calls",
        OVMS,
        completion({"content": None, "tool_calls": [_CALL]}),
        text="",
        finish=_TOOLS,
        calls=(TIDE,),
    ),
    _said(
        "stop-with-a-remark-and-calls",
        OVMS,
        completion({"content": "Six.", "tool_calls": [_CALL]}, "end_turn"),
        finish=_TOOLS,
        calls=(TIDE,),
    ),
    _said(
        "stop-with-one-call-without-its-list",
        OVMS,
        completion({"content": None, "tool_calls": _CALL}),
        text="",
        finish=_TOOLS,
        calls=(TIDE,),
    ),
    _said("stop-without-calls", OVMS, completion({"content": "Six.", "tool_calls": []})),
    Form(
        "stop-after-streamed-calls",
        OVMS,
        CHAT,
        chunks(
            {"content": "I look."},
            piece(index=0, id="call_t", type="function", function={"name": "tide_at", "arguments": '{"port": '}),
            piece(index=0, function={"arguments": '"Orme"}'}),
        ),
        "I look.",
        finish=_TOOLS,
        calls=(TIDE,),
    ),
    Form(
        "messages-end-turn-after-a-call",
        OVMS,
        Operation.MESSAGES,
        message(
            text_block(0, "I look."),
            block(
                1,
                {"type": "tool_use", "id": "call_t", "name": "tide_at", "input": {}},
                {"type": "input_json_delta", "partial_json": '{"port": "Orme"}'},
            ),
        ),
        "I look.",
        finish=_TOOLS,
        calls=(TIDE,),
    ),
    Form(
        "messages-end-turn-with-a-call",
        OVMS,
        Operation.MESSAGES,
        whole({"id": "m", "content": [{**_USE, "input": {"port": "Orme"}}], "stop_reason": "end_turn"}),
        "",
        end=None,
        content_type=JSON,
        visible=False,
        finish=_TOOLS,
        calls=(ToolCall("tide_at", '{"port":"Orme"}', "call_t"),),
    ),
    Form(
        "messages-end-turn-behind-a-tool-of-the-provider",
        OVMS,
        Operation.MESSAGES,
        message(block(0, {**_USE, "type": "server_tool_use", "input": {}}), text_block(1, "Six.")),
        "Six.",
    ),
    Form(
        "calls-in-the-whole-message-behind-the-deltas",
        OVMS,
        CHAT,
        (
            *chunks({"content": "I look."}, finish=None, done=False),
            *events(
                [{"choices": [completion({"content": "I look.", "tool_calls": [_CALL]}, "tool_calls")["choices"][0]]}]
            ),
            DONE,
        ),
        "I look.",
        finish=_TOOLS,
        calls=(TIDE,),
    ),
    Form(
        "stop-after-an-answer-behind-calls",
        OVMS,
        CHAT,
        chunks(piece(index=0, **_CALL), {"content": "Six."}),
        "Six.",
        calls=(TIDE,),
    ),
)
