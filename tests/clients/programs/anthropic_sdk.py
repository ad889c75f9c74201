"""anthropic: messages whole and streamed, a tool, a token count, an error."""

from __future__ import annotations

import json
import sys

import anthropic
import sentences as say


def main():
    """All of it at one address."""
    read = []
    with anthropic.Anthropic(base_url=sys.argv[1], api_key=say.KEY, max_retries=0) as client:
        ask = {"model": say.CLAUDE, "max_tokens": 200, "system": say.SYSTEM}
        messages = []
        for question in say.AMBER:
            messages.append({"role": "user", "content": question})
            answer = client.messages.create(**ask, messages=messages).content[0].text
            messages.append({"role": "assistant", "content": answer})
            read.append(answer)
        messages = []
        for question in say.COBALT:
            messages.append({"role": "user", "content": [{"type": "text", "text": question}]})
            with client.messages.stream(**ask, messages=messages) as stream:
                answer = stream.get_final_text()
            messages.append({"role": "assistant", "content": answer})
            read.append(answer)
        tools = [{"name": say.TOOL, "description": say.TOOL_ABOUT, "input_schema": say.SCHEMA}]
        messages = [{"role": "user", "content": say.OCHRE}]
        for _ in range(2):
            with client.messages.stream(**ask, messages=messages, tools=tools) as stream:
                content = stream.get_final_message().content
            messages.append(
                {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in content]}
            )
            results = [
                {"type": "tool_result", "tool_use_id": block.id, "content": say.RESULT}
                for block in content
                if block.type == "tool_use"
            ]
            messages.append({"role": "user", "content": results})
            read.append([getattr(block, "text", None) or block.input for block in content])
        read.append(client.messages.count_tokens(model=say.CLAUDE, messages=messages[:1]).input_tokens)
        try:
            client.messages.create(**{**ask, "model": "missing"}, messages=messages[:1])
        except anthropic.NotFoundError as error:
            read.append(error.status_code)
    json.dump(read, sys.stdout)


main()
