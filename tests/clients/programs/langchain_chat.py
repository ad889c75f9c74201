"""langchain-openai: history, a stream, a tool, a structured answer, Responses, embeddings."""

from __future__ import annotations

import json
import sys

import sentences as say
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel


class Place(BaseModel):
    """Where a thing is."""

    place: str


@tool
def find_item(what: str) -> str:
    """Finds an item in the stock list."""
    return what


def main():
    """All of it at one address."""
    read, common = [], {"model": say.MODEL, "base_url": sys.argv[1], "api_key": say.KEY, "max_retries": 0}
    model = ChatOpenAI(**common)
    history = [SystemMessage(say.SYSTEM)]
    for question in say.AMBER:
        history.append(HumanMessage(question))
        history.append(model.invoke(history))
        read.append(history[-1].content)
    history = [SystemMessage(say.SYSTEM)]
    for question in say.COBALT:
        history.append(HumanMessage(question))
        text = "".join(chunk.text for chunk in model.stream(history))
        history.append(AIMessage(text))
        read.append(text)
    bound = model.bind_tools([find_item])
    history = [HumanMessage(say.OCHRE)]
    history.append(bound.invoke(history))
    history.append(ToolMessage(say.RESULT, tool_call_id=history[-1].tool_calls[0]["id"]))
    read.append([history[1].tool_calls[0]["args"], bound.invoke(history).content])
    read.append(model.with_structured_output(Place).invoke(say.PLACE).place)
    responses = ChatOpenAI(**common, use_responses_api=True)
    history = [SystemMessage(say.SYSTEM), HumanMessage(say.COBALT[0])]
    read.append(responses.invoke(history).text)
    vectors = OpenAIEmbeddings(
        model=say.EMBEDDER, base_url=sys.argv[1], api_key=say.KEY, check_embedding_ctx_length=False
    )
    read.append(vectors.embed_documents(["a lamp"]))
    json.dump(read, sys.stdout)


main()
