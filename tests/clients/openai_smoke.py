"""The openai package as people use it: ``openai_smoke.py URL...`` prints what an application reads at each URL."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import openai
from pydantic import BaseModel

MODEL = "gpt-4o-mini"
KEY = "sk-test"
QUESTION: Any = [{"role": "user", "content": "Where is the lamp?"}]
TOOL: Any = {
    "type": "function",
    "function": {"name": "find", "parameters": {"type": "object", "properties": {"what": {"type": "string"}}}},
}


class Place(BaseModel):
    """A structured output."""

    place: str
    metres: float


def _arguments(chunks: list[Any]) -> str:
    calls = [call for chunk in chunks for choice in chunk.choices for call in choice.delta.tool_calls or []]
    return "".join(call.function.arguments or "" for call in calls)


def _text(chunks: list[Any]) -> str:
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


def sync_forms(url: str) -> dict[str, Any]:
    """One request of each form, one after the other."""
    read: dict[str, Any] = {}
    with openai.OpenAI(base_url=url, api_key=KEY, max_retries=0) as client:
        chat = client.chat.completions
        read["chat"] = chat.create(model=MODEL, messages=QUESTION).model_dump()
        read["stream"] = _text(list(chat.create(model=MODEL, messages=QUESTION, stream=True)))
        usage = chat.create(model=MODEL, messages=QUESTION, stream=True, stream_options={"include_usage": True})
        read["usage"] = [chunk.usage.model_dump() for chunk in usage if chunk.usage]
        read["tools"] = chat.create(model=MODEL, messages=QUESTION, tools=[TOOL]).model_dump()
        read["tools_stream"] = _arguments(list(chat.create(model=MODEL, messages=QUESTION, tools=[TOOL], stream=True)))
        parsed = chat.parse(model=MODEL, messages=QUESTION, response_format=Place).choices[0].message.parsed
        read["structured"] = parsed.model_dump() if parsed else None
        read["responses"] = client.responses.create(model=MODEL, input="Where?").output_text
        with client.responses.stream(model=MODEL, input="Where?") as stream:
            read["responses_stream"] = [event.type for event in stream] + [stream.get_final_response().output_text]
        file = client.files.create(file=("lamps.jsonl", b'{"lamp": "\xc3\xa9"}\n' * 2000), purpose="batch")
        read["upload"] = file.id
        read["download"] = client.files.content(file.id).read().hex()[:64]
        read["models"] = [model.id for model in client.models.list()]
        try:
            chat.create(model="missing", messages=QUESTION)
        except openai.NotFoundError as error:
            read["error"] = [error.code, error.request_id, str(error)]
        raw = chat.with_raw_response.create(model=MODEL, messages=QUESTION)
        read["raw"] = [raw.status_code, raw.headers["x-request-id"], raw.text]
    return read


async def async_forms(url: str) -> dict[str, Any]:
    """The same client's other half."""
    read: dict[str, Any] = {}
    async with openai.AsyncOpenAI(base_url=url, api_key=KEY, max_retries=0) as client:
        chat = client.chat.completions
        read["chat"] = (await chat.create(model=MODEL, messages=QUESTION)).model_dump()
        read["stream"] = _text([c async for c in await chat.create(model=MODEL, messages=QUESTION, stream=True)])
        tools = await chat.create(model=MODEL, messages=QUESTION, tools=[TOOL], stream=True)
        read["tools"] = _arguments([chunk async for chunk in tools])
        async with chat.stream(model=MODEL, messages=QUESTION, response_format=Place) as stream:
            final = (await stream.get_final_completion()).choices[0].message.parsed
            read["structured"] = final.model_dump() if final else None
        answers = [client.responses.create(model=MODEL, input="Where?") for _ in range(5)]
        read["together"] = [answer.output_text for answer in await asyncio.gather(*answers)]
        read["upload"] = (await client.files.create(file=("a.txt", b"x" * 300_000), purpose="user_data")).id
    return read


def main() -> None:
    """Each URL after the other."""
    found = [{"sync": sync_forms(url), "async": asyncio.run(async_forms(url))} for url in sys.argv[1:]]
    json.dump({"version": openai.__version__, "read": found}, sys.stdout)


main()
