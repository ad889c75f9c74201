"""pydantic-ai: history over chat and Responses, a tool, a stream, an answer in a form by a forced tool."""

from __future__ import annotations

import asyncio
import json
import sys

import sentences as say
from openai import AsyncOpenAI
from pydantic import BaseModel
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider


class Place(BaseModel):
    """Where a thing is."""

    place: str


async def main():
    """All of it at one address."""
    read = []
    async with AsyncOpenAI(base_url=sys.argv[1], api_key=say.KEY, max_retries=0) as client:
        provider = OpenAIProvider(openai_client=client)
        for maker in (OpenAIChatModel, OpenAIResponsesModel):
            agent = Agent(maker(say.MODEL, provider=provider), instructions=say.SYSTEM)
            agent.tool_plain(find_item)
            history = None
            for question in say.AMBER:
                result = await agent.run(question, message_history=history)
                history = result.all_messages()
                read.append(result.output)
            async with agent.run_stream(say.COBALT[0]) as stream:
                read.append(await stream.get_output())
            read.append((await agent.run(say.OCHRE)).output)
        formed = Agent(OpenAIChatModel(say.MODEL, provider=provider), output_type=Place)
        read.append((await formed.run(say.PLACE)).output.place)
    json.dump(read, sys.stdout)


def find_item(what: str) -> str:
    """Finds an item in the stock list."""
    return say.RESULT


asyncio.run(main())
