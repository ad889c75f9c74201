"""cohere: ``/v2/chat`` whole and streamed with a history, a tool whole and streamed."""

from __future__ import annotations

import json
import sys

import cohere
import sentences as say


def main():
    """All of it at one address."""
    client, read = cohere.ClientV2(api_key=say.KEY, base_url=sys.argv[1]), []
    for questions, streamed in ((say.AMBER, False), (say.COBALT, True)):
        history = [{"role": "system", "content": say.SYSTEM}]
        for question in questions:
            history.append({"role": "user", "content": question})
            if streamed:
                events = client.chat_stream(model=say.COMMAND, messages=history)
                text = "".join(event.delta.message.content.text for event in events if event.type == "content-delta")
            else:
                text = client.chat(model=say.COMMAND, messages=history).message.content[0].text
            history.append({"role": "assistant", "content": text})
            read.append(text)
    function = {"name": say.TOOL, "description": say.TOOL_ABOUT, "parameters": say.SCHEMA}
    asked = {"model": say.COMMAND, "tools": [{"type": "function", "function": function}]}
    history = [{"role": "user", "content": say.OCHRE}]
    called = client.chat(messages=history, **asked).message
    for event in client.chat_stream(messages=history, **asked):
        if event.type == "tool-call-delta":
            read.append(event.delta.message.tool_calls.function.arguments)
    history.append({"role": "assistant", "tool_plan": called.tool_plan, "tool_calls": called.tool_calls})
    history.append({"role": "tool", "tool_call_id": called.tool_calls[0].id, "content": say.RESULT})
    read.append(client.chat(messages=history, **asked).message.content[0].text)
    json.dump(read, sys.stdout)


main()
