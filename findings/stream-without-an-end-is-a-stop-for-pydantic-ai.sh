#!/usr/bin/env bash
# pydantic-ai-slim 2.68.0, langchain-openai 1.7.4 (langchain-core 1.8.3) and litellm 1.110.2, each with openai 3.57.0,
# Python 3.11 or newer. A streamed chat completion that breaks off: some text, then no finish_reason and no [DONE], and the
# body ends as a body without a length does, with its connection. Proxies and servers that are restarted leave such ones.
# Each reads the same bytes as something else. pydantic-ai takes the half answer and says that the model stopped by itself
# (finish_reason "stop"); langchain takes it without an end; litellm raises an error. The openai package itself just ends.
# Consequence: whoever counts answers that were cut by their finish_reason counts none of them with pydantic-ai.
# Output seen:
#   openai: 'Take two table', end None
#   pydantic-ai: 'Take two table', end 'stop'
#   langchain: 'Take two table', end None
#   litellm: MidStreamFallbackError
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check openai==3.57.0 'pydantic-ai-slim[openai]==2.68.0' \
    langchain-openai==1.7.4 langchain-core==1.8.3 litellm==1.110.2 2>/dev/null
cat >"$work/check.py" <<'PROGRAM'
import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import litellm
import openai
from langchain_openai import ChatOpenAI
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

DELTAS = [{"role": "assistant", "content": "Take two"}, {"content": " table"}]


class Provider(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        for delta in DELTAS:
            event = {"id": "c1", "object": "chat.completion.chunk", "created": 1750000000, "model": "m"}
            event["choices"] = [{"index": 0, "delta": delta, "finish_reason": None}]
            self.wfile.write(b"data: %b\n\n" % json.dumps(event).encode())

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_address[1]}/v1"
asked = [{"role": "user", "content": "How many tablets?"}]


def by_openai():
    client = openai.OpenAI(base_url=url, api_key="not-a-key", max_retries=0)
    text, end = "", None
    for event in client.chat.completions.create(model="m", messages=asked, stream=True):
        text, end = text + (event.choices[0].delta.content or ""), event.choices[0].finish_reason or end
    return text, end


def by_pydantic_ai():
    agent = Agent(OpenAIChatModel("m", provider=OpenAIProvider(base_url=url, api_key="not-a-key")))

    async def run():
        async with agent.run_stream(asked[0]["content"]) as result:
            return await result.get_output(), result.response.finish_reason

    return asyncio.run(run())


def by_langchain():
    whole = None
    for piece in ChatOpenAI(model="m", base_url=url, api_key="not-a-key", max_retries=0).stream(asked):
        whole = piece if whole is None else whole + piece
    return whole.content, whole.response_metadata.get("finish_reason")


def by_litellm():
    pieces = litellm.completion(model="openai/m", api_base=url, api_key="not-a-key", messages=asked, stream=True)
    answer = litellm.stream_chunk_builder(list(pieces)).choices[0]
    return answer.message.content, answer.finish_reason


for name, read in {
    "openai": by_openai, "pydantic-ai": by_pydantic_ai, "langchain": by_langchain, "litellm": by_litellm
}.items():
    try:
        text, end = read()
        print(f"{name}: {text!r}, end {end!r}")
    except Exception as failure:
        print(f"{name}: {type(failure).__name__}")
PROGRAM
export LITELLM_LOCAL_MODEL_COST_MAP=True LITELLM_LOG=ERROR LANGSMITH_TRACING=false
seen=$("$work/venv/bin/python" -W ignore "$work/check.py" 2>/dev/null | grep -E '^(openai|pydantic-ai|langchain|litellm): ')
echo "$seen"
[ "$seen" = "openai: 'Take two table', end None
pydantic-ai: 'Take two table', end 'stop'
langchain: 'Take two table', end None
litellm: MidStreamFallbackError" ]
