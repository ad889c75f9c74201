"""The anthropic package as people use it: ``anthropic_smoke.py URL...`` prints what an application reads at each."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import anthropic

ASK: Any = {
    "model": "claude-sonnet-4-5",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Where is the lamp?"}],
}
TOOL: Any = {"name": "find", "input_schema": {"type": "object", "properties": {"what": {"type": "string"}}}}


def sync_forms(url: str) -> dict[str, Any]:
    """One request of each form."""
    read: dict[str, Any] = {}
    with anthropic.Anthropic(base_url=url, api_key="sk-ant-test", max_retries=0) as client:
        read["message"] = client.messages.create(**ASK).model_dump()
        with client.messages.stream(**ASK) as stream:
            read["stream"] = ["".join(stream.text_stream), stream.get_final_message().usage.output_tokens]
        read["events"] = [event.type for event in client.messages.create(**ASK, stream=True)]
        read["tools"] = client.messages.create(**ASK, tools=[TOOL]).model_dump()
        read["count"] = client.messages.count_tokens(model=ASK["model"], messages=ASK["messages"]).input_tokens
        try:
            client.messages.create(**{**ASK, "model": "missing"})
        except anthropic.NotFoundError as error:
            read["error"] = [error.status_code, str(error)]
    return read


async def async_forms(url: str) -> dict[str, Any]:
    """The same client's other half."""
    async with anthropic.AsyncAnthropic(base_url=url, api_key="sk-ant-test", max_retries=0) as client:
        async with client.messages.stream(**ASK) as stream:
            text = "".join([piece async for piece in stream.text_stream])
        return {"message": (await client.messages.create(**ASK)).model_dump(), "stream": text}


def main() -> None:
    """Each URL after the other."""
    found = [{"sync": sync_forms(url), "async": asyncio.run(async_forms(url))} for url in sys.argv[1:]]
    json.dump({"version": anthropic.__version__, "read": found}, sys.stdout)


main()
