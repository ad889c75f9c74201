"""ollama: chat and generate, whole and streamed, a tool: newline-delimited JSON."""

from __future__ import annotations

import json
import sys

import ollama
import sentences as say


def main():
    """All of it at one address."""
    read = []
    client = ollama.Client(host=sys.argv[1])
    for questions, streamed in ((say.AMBER, False), (say.COBALT, True)):
        messages = [{"role": "system", "content": say.SYSTEM}]
        for question in questions:
            messages.append({"role": "user", "content": question})
            answer = client.chat(model=say.LLAMA, messages=messages, stream=streamed)
            text = "".join(part.message.content or "" for part in answer) if streamed else answer.message.content
            messages.append({"role": "assistant", "content": text})
            read.append(text)
    function = {"name": say.TOOL, "description": say.TOOL_ABOUT, "parameters": say.SCHEMA}
    tools = [{"type": "function", "function": function}]
    messages = [{"role": "user", "content": say.OCHRE}]
    called = client.chat(model=say.LLAMA, messages=messages, tools=tools).message
    messages += [called, {"role": "tool", "tool_name": say.TOOL, "content": say.RESULT}]
    read.append(
        [called.tool_calls[0].function.arguments, client.chat(model=say.LLAMA, messages=messages).message.content]
    )
    read.append(client.generate(model=say.LLAMA, prompt=say.PLACE, system=say.SYSTEM).response)
    parts = client.generate(model=say.LLAMA, prompt=say.AMBER[0], stream=True)
    read.append("".join(part.response or "" for part in parts))
    json.dump(read, sys.stdout, default=str)


main()
