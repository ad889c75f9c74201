"""openai-agents: a session of two turns over Responses, a tool, and the same over chat completions."""

from __future__ import annotations

import asyncio
import json
import sys

import sentences as say
from agents import Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner, function_tool, set_tracing_disabled
from openai import AsyncOpenAI


@function_tool
def find_item(what: str) -> str:
    """Finds an item in the stock list."""
    return say.RESULT


async def main():
    """All of it at one address."""
    set_tracing_disabled(True)
    read = []
    async with AsyncOpenAI(base_url=sys.argv[1], api_key=say.KEY, max_retries=0) as client:
        for maker in (OpenAIResponsesModel, OpenAIChatCompletionsModel):
            model = maker(model=say.MODEL, openai_client=client)
            agent = Agent(name="keeper", instructions=say.SYSTEM, model=model, tools=[find_item])
            items = []
            for question in say.AMBER:
                items.append({"role": "user", "content": question})
                result = await Runner.run(agent, items)
                items = result.to_input_list()
                read.append(result.final_output)
            streamed = Runner.run_streamed(agent, say.OCHRE)
            async for _ in streamed.stream_events():
                pass
            read.append(streamed.final_output)
    json.dump(read, sys.stdout)


asyncio.run(main())
