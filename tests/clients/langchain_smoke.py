"""langchain-openai as people use it: ``langchain_smoke.py URL...`` prints what an application reads at each URL."""

from __future__ import annotations

import asyncio
import importlib.metadata
import json
import sys
from typing import Any

from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel


class Place(BaseModel):
    """A structured output."""

    place: str
    metres: float


@tool
def find(what: str) -> str:
    """Find a thing."""
    return what


async def _stream(model: ChatOpenAI) -> str:
    return "".join([str(chunk.content) async for chunk in model.astream("Where is the lamp?")])


def forms(url: str) -> dict[str, Any]:
    """One request of each form."""
    model = ChatOpenAI(model="gpt-4o-mini", base_url=url, api_key="sk-test", max_retries=0)
    answer = model.invoke("Where is the lamp?")
    place = model.with_structured_output(Place).invoke("Where is the lamp?")
    vectors = OpenAIEmbeddings(
        model="text-embedding-3-small", base_url=url, api_key="sk-test", check_embedding_ctx_length=False
    )
    return {
        "invoke": [answer.content, answer.usage_metadata],
        "stream": "".join(str(chunk.content) for chunk in model.stream("Where is the lamp?")),
        "async": asyncio.run(_stream(model)),
        "tools": model.bind_tools([find]).invoke("Where is the lamp?").tool_calls,
        "structured": place.model_dump(),
        "embeddings": vectors.embed_documents(["a lamp"]),
    }


def main() -> None:
    """Each URL after the other."""
    found = [forms(url) for url in sys.argv[1:]]
    json.dump({"version": importlib.metadata.version("langchain-openai"), "read": found}, sys.stdout, default=str)


main()
