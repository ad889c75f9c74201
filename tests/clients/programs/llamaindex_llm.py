"""llama-index-llms-openai: history whole and streamed, a tool, Responses."""

from __future__ import annotations

import json
import sys

import sentences as say
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai import OpenAI, OpenAIResponses


def find_item(what: str) -> str:
    """Finds an item in the stock list."""
    return say.RESULT


def main():
    """All of it at one address."""
    read, common = [], {"model": say.MODEL, "api_base": sys.argv[1], "api_key": say.KEY, "max_retries": 0}
    for model in (OpenAI(**common), OpenAIResponses(**common)):
        for questions, streamed in ((say.AMBER, False), (say.COBALT, True)):
            history = [ChatMessage(role="system", content=say.SYSTEM)]
            for question in questions:
                history.append(ChatMessage(role="user", content=question))
                if streamed:
                    text = "".join(part.delta or "" for part in model.stream_chat(history))
                else:
                    text = model.chat(history).message.content
                history.append(ChatMessage(role="assistant", content=text))
                read.append(text)
        tool = FunctionTool.from_defaults(find_item)
        answer = model.predict_and_call([tool], say.OCHRE)
        read.append(str(answer))
    json.dump(read, sys.stdout)


main()
