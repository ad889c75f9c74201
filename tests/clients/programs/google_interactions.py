"""google-genai's interactions: a dialogue that Google keeps, one that is streamed, a function with its result."""

from __future__ import annotations

import json
import sys

import sentences as say
from google import genai
from google.genai import types


def _streamed(events):
    """The text of a stream, and the interaction that it ends with."""
    pieces, last = [], None
    for event in events:
        if event.event_type == "step.delta" and event.delta.type == "text":
            pieces.append(event.delta.text)
        if event.event_type == "interaction.completed":
            last = event.interaction
    return "".join(pieces), last


def main():
    """All of it at one address."""
    read = []
    client = genai.Client(api_key=say.KEY, http_options=types.HttpOptions(base_url=sys.argv[1]))
    kept = {}
    for question in say.AMBER:
        found = client.interactions.create(model=say.GEMINI, input=question, system_instruction=say.SYSTEM, **kept)
        kept = {"previous_interaction_id": found.id}
        read.append(found.output_text)
    kept = {}
    for question in say.COBALT:
        text, found = _streamed(client.interactions.create(model=say.GEMINI, input=question, stream=True, **kept))
        kept = {"previous_interaction_id": found.id}
        read.append(text)
    tools = [{"type": "function", "name": say.TOOL, "description": say.TOOL_ABOUT, "parameters": say.SCHEMA}]
    asked = [{"type": "user_input", "content": [{"type": "text", "text": say.OCHRE}]}]
    called = client.interactions.create(model=say.GEMINI, input=asked, tools=tools, store=False)
    [call] = [step for step in called.steps if step.type == "function_call"]
    asked.append({"type": "function_call", "id": call.id, "name": call.name, "arguments": call.arguments})
    asked.append({"type": "function_result", "call_id": call.id, "name": call.name, "result": say.RESULT})
    answer = client.interactions.create(model=say.GEMINI, input=asked, tools=tools, store=False)
    read.append([call.arguments, answer.output_text])
    json.dump(read, sys.stdout)


main()
