"""openai-python: chat and Responses, whole and streamed, a tool, a structured answer, embeddings, an error."""

from __future__ import annotations

import json
import sys

import openai
import sentences as say

TOOL = {"name": say.TOOL, "description": say.TOOL_ABOUT, "parameters": say.SCHEMA}
FORM = {
    "type": "object",
    "properties": {"place": {"type": "string"}},
    "required": ["place"],
    "additionalProperties": False,
}


def chat(client, read, counts=True):
    """Two dialogues of two turns, one whole and one streamed; a tool; a form."""
    ask = client.chat.completions.create
    messages = [{"role": "system", "content": say.SYSTEM}]
    for question in say.AMBER:
        messages.append({"role": "user", "content": question})
        answer = ask(model=say.MODEL, messages=messages).choices[0].message.content
        messages.append({"role": "assistant", "content": answer})
        read.append(answer)
    messages = [{"role": "system", "content": say.SYSTEM}]
    for number, question in enumerate(say.COBALT):
        messages.append({"role": "user", "content": question})
        options = {"stream_options": {"include_usage": True}} if number and counts else {}
        chunks = ask(model=say.MODEL, messages=messages, stream=True, **options)
        answer = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        messages.append({"role": "assistant", "content": answer})
        read.append(answer)
    messages = [{"role": "user", "content": say.OCHRE}]
    tools = [{"type": "function", "function": TOOL}]
    called = ask(model=say.MODEL, messages=messages, tools=tools).choices[0].message
    call = called.tool_calls[0]
    messages += [called.model_dump(exclude_none=True), {"role": "tool", "tool_call_id": call.id, "content": say.RESULT}]
    read.append(
        [call.function.arguments, ask(model=say.MODEL, messages=messages, tools=tools).choices[0].message.content]
    )
    form = {"type": "json_schema", "json_schema": {"name": "place", "schema": FORM, "strict": True}}
    question = [{"role": "user", "content": say.PLACE}]
    read.append(ask(model=say.MODEL, messages=question, response_format=form).choices[0].message.content)


def responses(client, read):
    """A conversation by previous_response_id, one by its items, and a tool."""
    create, previous = client.responses.create, None
    for question in say.AMBER:
        answer = create(model=say.MODEL, instructions=say.SYSTEM, input=question, previous_response_id=previous)
        previous = answer.id
        read.append(answer.output_text)
    items = []
    for question in say.COBALT:
        items.append({"role": "user", "content": question})
        with client.responses.stream(model=say.MODEL, instructions=say.SYSTEM, input=items) as stream:
            answer = stream.get_final_response().output_text if list(stream) else ""
        items.append({"role": "assistant", "content": answer})
        read.append(answer)
    items = [{"role": "user", "content": say.OCHRE}]
    tools = [{"type": "function", **TOOL}]
    called = create(model=say.MODEL, input=items, tools=tools).output
    items += [item.model_dump(exclude_none=True) for item in called]
    items.append({"type": "function_call_output", "call_id": called[0].call_id, "output": say.RESULT})
    read.append([called[0].arguments, create(model=say.MODEL, input=items, tools=tools).output_text])


def main():
    """All of it at one address."""
    read = []
    with openai.OpenAI(base_url=sys.argv[1], api_key=say.KEY, max_retries=0) as client:
        chat(client, read)
        responses(client, read)
        read.append(
            client.embeddings.create(model=say.EMBEDDER, input=["lamp"], encoding_format="float").data[0].embedding
        )
        read.append([model.id for model in client.models.list()])
        try:
            client.chat.completions.create(model="missing", messages=[{"role": "user", "content": say.AMBER[0]}])
        except openai.NotFoundError as error:
            read.append(error.code)
    json.dump(read, sys.stdout)


if __name__ == "__main__":
    main()
