"""google-genai: chats whole and streamed, a function, a schema: the native Gemini wire."""

from __future__ import annotations

import json
import sys

import sentences as say
from google import genai
from google.genai import types


def main():
    """All of it at one address."""
    read = []
    client = genai.Client(api_key=say.KEY, http_options=types.HttpOptions(base_url=sys.argv[1]))
    config = types.GenerateContentConfig(system_instruction=say.SYSTEM, temperature=0.2)
    chat = client.chats.create(model=say.GEMINI, config=config)
    read += [chat.send_message(question).text for question in say.AMBER]
    chat = client.chats.create(model=say.GEMINI, config=config)
    read += ["".join(chunk.text or "" for chunk in chat.send_message_stream(question)) for question in say.COBALT]
    function = types.FunctionDeclaration(name=say.TOOL, description=say.TOOL_ABOUT, parameters_json_schema=say.SCHEMA)
    tools = types.GenerateContentConfig(tools=[types.Tool(function_declarations=[function])])
    contents = [types.Content(role="user", parts=[types.Part(text=say.OCHRE)])]
    called = client.models.generate_content(model=say.GEMINI, contents=contents, config=tools)
    contents.append(called.candidates[0].content)
    result = types.Part.from_function_response(name=say.TOOL, response={"result": say.RESULT})
    contents.append(types.Content(role="user", parts=[result]))
    answer = client.models.generate_content(model=say.GEMINI, contents=contents, config=tools)
    read.append([called.function_calls[0].args, answer.text])
    json.dump(read, sys.stdout)


main()
