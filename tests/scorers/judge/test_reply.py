"""What a judge's endpoint may send: servers write usage, calls and refusals in more ways than one."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from proxy.config.settings import Judge
from scorers.judge.client import JudgeClient, JudgeFailed, Reply
from scorers.score import Reason
from support import replies
from support.upstream import ScriptedUpstream

_USAGE: dict[str, Any] = {"prompt_tokens": 10, "completion_tokens": 2}
_COST = (10 * 1.0 + 2 * 2.0) / 1e6


def _completion(usage: Any = _USAGE, finish: Any = "stop", **message: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": "Six.", **message}, "finish_reason": finish}
    return {"id": "j", "choices": [choice], "usage": usage}


async def _asked(body: bytes) -> Reply:
    with ScriptedUpstream(lambda request: replies.http(200, body)) as server:
        settings = Judge.model_validate({"base_url": server.url, "model": "m", "price": {"input": 1.0, "output": 2.0}})
        client = JudgeClient(settings, "guard")
        try:
            return await client.ask([{"role": "user", "content": "When?"}], {})
        finally:
            await client.close()


@pytest.mark.parametrize(
    "document",
    [
        _completion(),
        _completion({"prompt_tokens": "10", "completion_tokens": "2"}),
        _completion({"prompt_tokens": 10.0, "completion_tokens": 2.0}),
        _completion({"input_tokens": 10, "output_tokens": 2}),
        _completion({**_USAGE, "prompt_tokens_details": []}),
        _completion({**_USAGE, "prompt_tokens_details": {"cached_tokens": 4}}),
        _completion(refusal=False),
        _completion(refusal=[]),
        _completion(tool_calls={}),
        _completion(finish=0),
        _completion(content=[{"type": "text", "text": "Six."}]),
        {"success": True, "result": _completion()},
        {**_completion(), "error": None},
    ],
)
async def test_a_reply_in_any_form(document: dict[str, Any]) -> None:
    """The text, its tokens and its cost, which the budget is charged with, are the same in each."""
    assert await _asked(orjson.dumps(document)) == Reply("Six.", 12, pytest.approx(_COST))


@pytest.mark.parametrize(
    "usage",
    [
        *(None, [], {}, ""),
        {"prompt_tokens": 0, "completion_tokens": 0},
        {"prompt_tokens": 10, "completion_tokens": 0},
        {"prompt_tokens": 10, "completion_tokens": 10**15},
    ],
)
async def test_a_reply_without_usage(usage: Any) -> None:
    """Its cost is not known, whatever stands in the place of usage; also where that cannot be so."""
    assert await _asked(orjson.dumps(_completion(usage))) == Reply("Six.", 0, None)


async def test_what_is_around_a_reply() -> None:
    """The end of a stream behind it, and half a character inside it, are no reason to pay for nothing."""
    assert (await _asked(orjson.dumps(_completion()) + b"\n\ndata: [DONE]\n\n")).content == "Six."
    assert (await _asked(orjson.dumps(_completion()).replace(b"Six.", b"Six\\ud83d."))).content == "Six\ufffd."


@pytest.mark.parametrize("body", [b"[]", b'{"choices": null}', b'{"choices": "Six."}', b"[" * 100_000, b"Six."])
async def test_what_is_no_completion(body: bytes) -> None:
    """It is typed; nothing of it is quoted."""
    with pytest.raises(JudgeFailed, match="not a completion") as failed:
        await _asked(body)
    assert failed.value.reason is Reason.UNPARSEABLE
