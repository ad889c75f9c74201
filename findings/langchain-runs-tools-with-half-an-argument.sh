#!/usr/bin/env bash
# langchain 1.5.2 (langchain-core 1.8.3, langgraph 1.2.24, langchain-openai 1.7.4) with openai 3.57.0, and beside it
# pydantic-ai-slim 2.68.0, Python 3.11 or newer. An answer that reaches its limit of tokens (finish_reason "length") within
# the arguments of a tool call, so that their JSON ends in the middle of a string.
# Asked in one piece, langchain puts the call among `invalid_tool_calls` and runs nothing. As a stream (`stream`, an agent
# with stream_mode "messages", or streaming=True) the pieces are read with a parser that closes what is open: half a path
# becomes a whole one, `invalid_tool_calls` is empty, and the agent runs the tool with it. pydantic-ai runs nothing in either
# case and asks the model again.
# Consequence: a tool is run on something that the model never named, with no sign of it but the finish_reason.
# Output seen:
#   langchain agent, one piece: nothing ran
#   langchain agent, stream: ran with /srv/archive/2019
#   pydantic-ai, one piece: nothing ran
#   pydantic-ai, stream: nothing ran
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check langchain==1.5.2 langchain-core==1.8.3 \
    langchain-openai==1.7.4 langgraph==1.2.24 openai==3.57.0 'pydantic-ai-slim[openai]==2.68.0' 2>/dev/null
cat >"$work/check.py" <<'PROGRAM'
import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from langchain.agents import create_agent
from langchain_openai import ChatOpenAI
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

# What the model was about to name: /srv/archive/2019-drafts.
HALF = '{"path": "/srv/archive/2019'
CALL = {"id": "call_1", "type": "function", "function": {"name": "list_folder", "arguments": HALF}}
BASE = {"id": "c1", "created": 1750000000, "model": "m"}
USAGE = {"prompt_tokens": 10, "completion_tokens": 12, "total_tokens": 22}


def chunk(delta, end=None):
    return {**BASE, "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": end}]}


def whole(message, end):
    choice = {"index": 0, "message": message, "finish_reason": end}
    return [{**BASE, "object": "chat.completion", "choices": [choice], "usage": USAGE}]


def done(stream):
    """What follows the tool's result."""
    message = {"role": "assistant", "content": "Done."}
    if stream:
        return [chunk(message), chunk({}, "stop")]
    return whole(message, "stop")


def cut(stream):
    if stream:
        return [chunk({"role": "assistant", "content": None, "tool_calls": [{"index": 0, **CALL}]}), chunk({}, "length")]
    message = {"role": "assistant", "content": None, "tool_calls": [CALL]}
    return whole(message, "length")


class Provider(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        stream = bool(asked.get("stream"))
        answer = done(stream) if any(message["role"] == "tool" for message in asked["messages"]) else cut(stream)
        if stream:
            body = b"".join(b"data: %b\n\n" % json.dumps(event).encode() for event in answer) + b"data: [DONE]\n\n"
        else:
            body = json.dumps(answer[0]).encode()
        self.send_response(200)
        self.send_header("content-type", "text/event-stream" if stream else "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_address[1]}/v1"
ran = []


def list_folder(path: str) -> str:
    """List the files of a folder."""
    ran.append(path)
    return "no files"


def said(name, work):
    ran.clear()
    try:
        work()
        error = ""
    except Exception as failure:
        error = f"{type(failure).__name__}, "
    print(f"{name}: {error}{'ran with ' + ', '.join(ran) if ran else 'nothing ran'}")


question = {"messages": [{"role": "user", "content": "What is in the drafts of 2019?"}]}
model = ChatOpenAI(model="m", base_url=url, api_key="not-a-key", max_retries=0)
agent = create_agent(model, tools=[list_folder])
said("langchain agent, one piece", lambda: agent.invoke(question))
said("langchain agent, stream", lambda: list(agent.stream(question, stream_mode="messages")))

other = Agent(OpenAIChatModel("m", provider=OpenAIProvider(base_url=url, api_key="not-a-key")), tools=[list_folder])


async def streamed():
    async with other.run_stream("What is in the drafts of 2019?") as result:
        await result.get_output()


said("pydantic-ai, one piece", lambda: other.run_sync("What is in the drafts of 2019?"))
said("pydantic-ai, stream", lambda: asyncio.run(streamed()))
PROGRAM
seen=$(LANGSMITH_TRACING=false "$work/venv/bin/python" -W ignore "$work/check.py" 2>/dev/null)
echo "$seen"
[ "$seen" = "langchain agent, one piece: nothing ran
langchain agent, stream: ran with /srv/archive/2019
pydantic-ai, one piece: nothing ran
pydantic-ai, stream: nothing ran" ]
