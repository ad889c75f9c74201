#!/usr/bin/env bash
# openai-agents 0.24.0 and pydantic-ai-slim 2.68.0 with openai 3.57.0, Python 3.11 or newer. A provider whose chat
# completion has no usage, as many self-hosted ones send it.
#
# Behaviour: both frameworks add up what their runs used. openai-agents says one request of 0 input and 0 output tokens:
# nothing tells that from a free one, and a limit on tokens is never reached. pydantic-ai says that one request was not
# measured (RunUsage.unmeasured_requests).
#
# Seen:
#   openai-agents: requests 1, total tokens 0, entries 0
#   pydantic-ai: requests 1, unmeasured 1
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check openai-agents==0.24.0 \
    'pydantic-ai-slim[openai]==2.68.0' openai==3.57.0 2>/dev/null
cat >"$folder/ask.py" <<'PY'
import asyncio
import http.server
import json
import threading

from agents import Agent, OpenAIChatCompletionsModel, Runner, set_tracing_disabled
from openai import AsyncOpenAI
from pydantic_ai import Agent as Other
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider


class Provider(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        choice = {"index": 0, "message": {"role": "assistant", "content": "On the shelf."}, "finish_reason": "stop"}
        answer = {"id": "c1", "object": "chat.completion", "created": 1, "model": "lamp", "choices": [choice]}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()


async def main():
    set_tracing_disabled(True)
    async with AsyncOpenAI(base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key="k") as client:
        agent = Agent(name="keeper", model=OpenAIChatCompletionsModel(model="lamp", openai_client=client))
        one = (await Runner.run(agent, "Where?")).context_wrapper.usage
        other = (await Other(OpenAIChatModel("lamp", provider=OpenAIProvider(openai_client=client))).run("Where?")).usage
        other = other() if callable(other) else other
    print(f"openai-agents: requests {one.requests}, total tokens {one.total_tokens}, entries {len(one.request_usage_entries)}")
    print(f"pydantic-ai: requests {other.requests}, unmeasured {other.unmeasured_requests}")
    assert (one.requests, one.total_tokens, len(one.request_usage_entries)) == (1, 0, 0)
    assert (other.requests, other.unmeasured_requests) == (1, 1)


asyncio.run(main())
PY
"$folder/venv/bin/python" "$folder/ask.py"
