"""Haystack: history whole and streamed, a tool."""

from __future__ import annotations

import json
import sys

import sentences as say
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.dataclasses import ChatMessage
from haystack.tools import Tool
from haystack.utils import Secret


def main():
    """All of it at one address."""
    read, common = [], {"model": say.MODEL, "api_base_url": sys.argv[1], "api_key": Secret.from_token(say.KEY)}
    for questions, callback in ((say.AMBER, None), (say.COBALT, lambda chunk: None)):
        model = OpenAIChatGenerator(**common, streaming_callback=callback, max_retries=0)
        history = [ChatMessage.from_system(say.SYSTEM)]
        for question in questions:
            history.append(ChatMessage.from_user(question))
            history.append(model.run(messages=history)["replies"][0])
            read.append(history[-1].text)
    tool = Tool(name=say.TOOL, description=say.TOOL_ABOUT, parameters=say.SCHEMA, function=lambda what: say.RESULT)
    model = OpenAIChatGenerator(**common, tools=[tool], max_retries=0)
    history = [ChatMessage.from_user(say.OCHRE)]
    called = model.run(messages=history)["replies"][0]
    history += [called, ChatMessage.from_tool(say.RESULT, origin=called.tool_calls[0])]
    read.append([called.tool_calls[0].arguments, model.run(messages=history)["replies"][0].text])
    json.dump(read, sys.stdout)


main()
