"""mistralai: history whole and streamed, a tool."""

from __future__ import annotations

import json
import sys

import sentences as say

try:
    from mistralai.client import Mistral
except ImportError:
    from mistralai import Mistral


def main():
    """All of it at one address."""
    read = []
    with Mistral(api_key=say.KEY, server_url=sys.argv[1]) as client:
        for questions, streamed in ((say.AMBER, False), (say.COBALT, True)):
            history = [{"role": "system", "content": say.SYSTEM}]
            for question in questions:
                history.append({"role": "user", "content": question})
                if streamed:
                    parts = client.chat.stream(model=say.MODEL, messages=history)
                    text = "".join(part.data.choices[0].delta.content or "" for part in parts if part.data.choices)
                else:
                    text = client.chat.complete(model=say.MODEL, messages=history).choices[0].message.content
                history.append({"role": "assistant", "content": text})
                read.append(text)
        function = {"name": say.TOOL, "description": say.TOOL_ABOUT, "parameters": say.SCHEMA}
        tools = [{"type": "function", "function": function}]
        history = [{"role": "user", "content": say.OCHRE}]
        called = client.chat.complete(model=say.MODEL, messages=history, tools=tools).choices[0].message
        history.append(called)
        history.append({"role": "tool", "tool_call_id": called.tool_calls[0].id, "content": say.RESULT})
        answer = client.chat.complete(model=say.MODEL, messages=history, tools=tools)
        read.append(answer.choices[0].message.content)
    json.dump(read, sys.stdout)


main()
