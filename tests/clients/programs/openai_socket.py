"""openai-python over WebSocket: Responses of two turns and a tool in one session, and a realtime session."""

from __future__ import annotations

import json
import sys

import openai
import sentences as say


def respond(connection, **more):
    """One response: its text, or its call's arguments."""
    connection.response.create(model=say.MODEL, **more)
    text = ""
    for event in connection:
        if event.type == "response.output_text.delta":
            text += event.delta
        elif event.type == "response.completed":
            return text, event.response
    return text, None


def realtime(client, read):
    """A realtime session in text."""
    with client.realtime.connect(model="gpt-realtime") as connection:
        connection.session.update(
            session={"type": "realtime", "instructions": say.SYSTEM, "output_modalities": ["text"]}
        )
        for question in say.COBALT:
            content = [{"type": "input_text", "text": question}]
            connection.conversation.item.create(item={"type": "message", "role": "user", "content": content})
            connection.response.create()
            text = ""
            for event in connection:
                if event.type == "response.output_text.delta":
                    text += event.delta
                elif event.type == "response.done":
                    break
            read.append(text)


def main():
    """All of it at one address."""
    read = []
    with openai.OpenAI(base_url=sys.argv[1], api_key=say.KEY, max_retries=0) as client:
        with client.responses.connect() as connection:
            previous = None
            for question in say.AMBER:
                text, response = respond(
                    connection, instructions=say.SYSTEM, input=question, previous_response_id=previous
                )
                previous = response.id
                read.append(text)
            tool = {"type": "function", "name": say.TOOL, "description": say.TOOL_ABOUT, "parameters": say.SCHEMA}
            items = [{"role": "user", "content": say.OCHRE}]
            _, called = respond(connection, input=items, tools=[tool])
            call = called.output[0]
            items += [call.model_dump(exclude_none=True)]
            items.append({"type": "function_call_output", "call_id": call.call_id, "output": say.RESULT})
            read.append([call.arguments, respond(connection, input=items, tools=[tool])[0]])
        realtime(client, read)
    json.dump(read, sys.stdout)


main()
